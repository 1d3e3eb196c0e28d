//! Every report of every shared decision, as it stands.

use gate::report::{Options, REPORTERS};

use super::{decisions, large, red, render};

#[test]
fn every_report_says_of_every_decision_what_it_said_before() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for reporter in REPORTERS {
            for (name, decision) in decisions() {
                let text = reporter.render(&decision, &Options::default());
                insta::assert_snapshot!(format!("{}-{name}", reporter.info().id), text);
            }
        }
    });
}

#[test]
fn ids_and_file_names_of_reports_differ() {
    for field in [|i: &gate::report::Info| i.id, |i: &gate::report::Info| i.file] {
        let mut names: Vec<&str> = REPORTERS.iter().map(|reporter| field(reporter.info())).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), REPORTERS.len());
    }
}

#[test]
fn same_decision_gives_same_bytes() {
    for reporter in REPORTERS {
        let options = Options::default();
        assert_eq!(reporter.render(&red(), &options), reporter.render(&red(), &options));
    }
}

#[test]
fn every_report_ends_with_one_newline() {
    for reporter in REPORTERS {
        for (name, decision) in decisions() {
            let text = reporter.render(&decision, &Options::default());
            let id = reporter.info().id;
            let quiet = id == "github" && decision.allowed;
            assert!(quiet || text.ends_with('\n') && !text.ends_with("\n\n"), "{id} of {name}");
        }
    }
}

#[test]
fn a_million_findings_are_told_of_in_bounded_reports_with_the_true_total() {
    let decision = large(1_000);
    for id in ["terminal", "markdown", "github-summary", "html", "junit", "tap"] {
        let text = render(id, &decision);
        assert!(text.contains("1,000,000"), "{id} does not give the total");
        let most = match id {
            "terminal" | "junit" | "tap" => 30_000,
            "markdown" => 60_000,
            _ => 1 << 20,
        };
        assert!(text.len() < most, "{id} has {} bytes", text.len());
    }
    assert!(render("sarif", &decision).contains("1000011"), "SARIF does not give the total");
}
