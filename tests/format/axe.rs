//! Tests of the format `axe`.

use gate::model::{Category, Evidence, Finding, Kind, Severity};

use super::{detected, read_as, read_fixture};

fn codes(evidence: &Evidence) -> Vec<&str> {
    evidence.incomplete.iter().map(|i| i.code.as_str()).collect()
}

/// A page with the given lists.
fn page(url: &str, violations: &str, passes: &str) -> String {
    format!(
        r#"{{"testEngine": {{"name": "axe-core", "version": "4.14.1"}}, "url": "{url}",
            "timestamp": "2026-11-21T07:33:49.076Z", "violations": [{violations}], "passes": [{passes}],
            "incomplete": [], "inapplicable": [{{"id": "x"}}]}}"#
    )
}

const PASS: &str = r#"{"id": "list", "nodes": []}"#;

#[test]
fn every_element_that_violates_a_rule_is_a_finding() {
    let evidence = read_fixture("axe", "red-home.json");
    assert_eq!(evidence.findings.len(), 24);
    assert_eq!(evidence.kinds, [Kind::Accessibility]);
    assert!(evidence.incomplete.is_empty() && evidence.skipped_total == 0);
    let finding = &evidence.findings[0];
    assert_eq!(&*finding.rule, "button-name");
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(finding.category, Some(Category::Accessibility));
    assert_eq!(&*finding.message, "Buttons must have discernible text");
    let place = finding.location.as_ref().unwrap();
    assert_eq!((&*place.path, place.symbol.as_deref()), ("http://127.0.0.1:8081/", Some("button")));
    let details = finding.details.as_ref().unwrap();
    assert!(
        details.url.as_ref().unwrap().starts_with("https://dequeuniversity.com/rules/axe/4.14/button-name")
    );
    assert!(details.tags.iter().any(|tag| &**tag == "wcag2a"));
    assert!(details.help.as_ref().unwrap().starts_with("Element does not have inner text"));
    let severities: Vec<_> = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low]
        .into_iter()
        .map(|s| evidence.findings.iter().filter(|f| f.severity == s).count())
        .collect();
    assert_eq!(severities, [3, 11, 10, 0]);
    let tested = &evidence.accessibility[0];
    assert_eq!((tested.rules_tested, tested.violations, tested.elements, tested.incomplete), (29, 11, 24, 0));
    assert_eq!(evidence.producers[0].version.as_deref(), Some("4.14.1"));
    assert_eq!(evidence.produced_at.unwrap().to_string(), "2026-11-21T07:32:46.754Z");
}

#[test]
fn a_clean_page_proves_accessibility() {
    let evidence = read_fixture("axe", "green-wcag-checkout.json");
    assert!(evidence.findings.is_empty() && evidence.incomplete.is_empty());
    assert_eq!(evidence.kinds, [Kind::Accessibility]);
    assert_eq!(evidence.accessibility[0].rules_tested, 15);
}

#[test]
fn a_page_on_which_no_rule_applied_proves_nothing() {
    let evidence = read_fixture("axe", "red-one-rule.json");
    assert_eq!(codes(&evidence), ["nothing-tested"]);
    assert!(evidence.kinds.is_empty());
}

#[test]
fn one_untested_page_among_others_makes_the_report_incomplete() {
    let text = format!("[{}, {}]", page("http://a/", "", PASS), page("http://b/", "", ""));
    assert_eq!(detected(&text), Some("axe"));
    let evidence = read_as("axe", &text).unwrap();
    assert_eq!(codes(&evidence), ["nothing-tested"]);
    assert!(evidence.incomplete[0].message.starts_with("http://b/"));
    assert_eq!(evidence.kinds, [Kind::Accessibility]);
    assert_eq!(evidence.accessibility.len(), 2);
    assert_eq!(evidence.producers.len(), 1);
}

#[test]
fn findings_stand_on_their_own_page_even_when_its_url_comes_last() {
    let violation = r#"{"id": "list", "impact": "serious", "nodes": [{"target": ["ul"]}]}"#;
    let late = format!(r#"{{"violations": [{violation}], "testEngine": {{}}, "url": "http://late/"}}"#);
    let text = format!("[{}, {late}]", page("http://a/", violation, ""));
    let evidence = read_as("axe", &text).unwrap();
    let paths: Vec<_> = evidence.findings.iter().map(|f| &*f.location.as_ref().unwrap().path).collect();
    assert_eq!(paths, ["http://a/", "http://late/"]);
}

#[test]
fn an_impact_that_is_no_word_of_axe_is_unknown() {
    let violation = |impact: &str, node: &str| {
        format!(r#"{{"id": "r", "impact": {impact}, "nodes": [{{"impact": {node}, "target": ["a"]}}]}}"#)
    };
    let violations = [
        violation("\"minor\"", "\"minor\""),
        violation("null", "null"),
        violation("\"Critical\"", "null"),
        violation("\"serious\"", "\"moderate\""),
        violation("\"minor\"", "\"grave\""),
        violation("3", "null"),
    ];
    let evidence = read_as("axe", &page("u", &violations.join(","), "")).unwrap();
    let severities: Vec<_> = evidence.findings.iter().map(|f| f.severity).collect();
    use Severity::{Low, Medium, Unknown};
    assert_eq!(severities, [Low, Unknown, Unknown, Medium, Unknown, Unknown]);
    assert_eq!(evidence.counts["impacts"]["null"], 2);
}

#[test]
fn a_violation_too_broken_to_read_still_counts() {
    let evidence = read_as("axe", &page("u", r#"7, {"id": "r", "nodes": "many"}"#, "")).unwrap();
    assert_eq!(evidence.findings.len(), 2);
    assert!(evidence.findings.iter().all(|f| f.severity == Severity::Unknown));
    assert_eq!(evidence.counts["violations"], 2);
    assert_eq!(evidence.skipped_total, 2);
}

#[test]
fn selectors_of_frames_and_shadow_roots_are_joined() {
    let violation =
        r##"{"id": "r", "nodes": [{"target": ["#frame", ["#host", ".inner"]]}, {"target": [["x", "y"]]}]}"##;
    let evidence = read_as("axe", &page("u", violation, "")).unwrap();
    let symbols: Vec<_> =
        evidence.findings.iter().map(|f| f.location.as_ref().unwrap().symbol.as_deref().unwrap()).collect();
    assert_eq!(symbols, ["#frame >> #host >>> .inner", "x >>> y"]);
}

#[test]
fn markup_of_elements_never_reaches_the_model() {
    let violation = r#"{"id": "r", "nodes": [{"html": "<input value=hunter2>", "target": ["input"],
        "any": [{"data": "hunter2", "relatedNodes": [{"html": "hunter2"}]}]}]}"#;
    assert!(!format!("{:?}", read_as("axe", &page("u", violation, "")).unwrap()).contains("hunter2"));
}

#[test]
fn undecided_rules_are_counted_but_no_findings_unless_axe_failed() {
    let text = |incomplete: &str| {
        page("http://a/", "", PASS)
            .replace(r#""incomplete": []"#, &format!(r#""incomplete": [{incomplete}]"#))
    };
    let evidence =
        read_as("axe", &text(r#"{"id": "color-contrast", "nodes": [{"any": [{"id": "c"}]}]}"#)).unwrap();
    assert!(evidence.findings.is_empty());
    assert_eq!(evidence.accessibility[0].incomplete, 1);
    for threw in [
        r#"{"id": "r", "nodes": [{"none": [{"id": "error-occurred"}]}]}"#,
        r#"{"id": "r", "error": {"name": "TypeError"}, "nodes": []}"#,
    ] {
        let evidence = read_as("axe", &text(threw)).unwrap();
        assert_eq!(&*evidence.findings[0].rule, Finding::TOOL_FAILURE);
        assert_eq!(evidence.findings[0].severity, Severity::Unknown);
        assert_eq!(&*evidence.findings[0].location.as_ref().unwrap().path, "http://a/");
    }
}

#[test]
fn violations_null_or_an_empty_list_of_pages_prove_nothing() {
    let null = page("u", "", PASS).replace(r#""violations": []"#, r#""violations": null"#);
    let evidence = read_as("axe", &null).unwrap();
    assert_eq!(codes(&evidence), ["results-absent"]);
    assert!(evidence.kinds.is_empty());
    let evidence = read_as("axe", "[]").unwrap();
    assert_eq!(codes(&evidence), ["nothing-tested"]);
    assert!(evidence.kinds.is_empty());
    let evidence = read_as("axe", "[12]").unwrap();
    assert_eq!((codes(&evidence), evidence.skipped_total), (vec!["results-absent"], 1));
}

#[test]
fn the_oldest_page_decides_the_age() {
    let old = page("a", "", PASS).replace("2026-11-21", "2025-01-02");
    let evidence = read_as("axe", &format!("[{}, {old}]", page("b", "", PASS))).unwrap();
    assert_eq!(evidence.produced_at.unwrap().to_string(), "2025-01-02T07:33:49.076Z");
}

#[test]
fn reports_of_other_tools_are_not_axe() {
    assert_eq!(detected(r#"[{"code": "WCAG2AA", "type": "error", "selector": "a", "runner": "axe"}]"#), None);
    assert_eq!(detected(r#"{"violations": [], "passes": []}"#), None);
    assert_eq!(detected(r#"{"testEngine": "axe", "violations": []}"#), None);
    assert_eq!(detected("[]"), None);
}

#[test]
fn a_report_that_is_cut_off_anywhere_is_an_error() {
    let text = page("u", r#"{"id": "r", "nodes": [{"target": ["a"]}]}"#, PASS);
    for end in 0..text.len() {
        assert!(read_as("axe", text.get(..end).unwrap()).is_err(), "cut at {end}");
    }
    assert!(read_as("axe", "\"text\"").is_err());
}

#[test]
fn the_empty_page_proves_nothing() {
    let evidence = read_as("axe", &page("about:blank", "", PASS)).unwrap();
    assert_eq!(evidence.incomplete[0].code, "page-failed");
    assert!(evidence.kinds.is_empty());
}
