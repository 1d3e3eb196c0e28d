//! Tests of the format `cobertura`.

use gate::model::{BranchHits, Count, Evidence, FileCoverage, Kind};

use super::{detected, read_as, read_fixture};

fn file<'a>(evidence: &'a Evidence, path: &str) -> &'a FileCoverage {
    let files = &evidence.coverage.as_ref().unwrap().files;
    files.iter().find(|f| &*f.path == path).unwrap_or_else(|| panic!("{path} is not among the files"))
}

fn codes(evidence: &Evidence) -> Vec<&str> {
    let warnings = evidence.warnings.iter().map(|w| w.code.as_str());
    warnings.chain(evidence.incomplete.iter().map(|i| i.code.as_str())).collect()
}

fn classes(attributes: &str, classes: &str) -> String {
    format!(
        "<coverage {attributes}><packages><package><classes>{classes}</classes></package></packages></coverage>"
    )
}

fn class(name: &str, lines: &str) -> String {
    format!("<class filename=\"{name}\"><methods/><lines>{lines}</lines></class>")
}

fn read(text: &str) -> Evidence {
    read_as("cobertura", text).unwrap()
}

#[test]
fn a_real_report_gives_lines_and_branches_per_file() {
    let evidence = read_fixture("cobertura", "red-coverage-py.xml");
    let app = file(&evidence, "shop/app.py");
    assert!(app.line_count.covered < app.line_count.valid);
    assert!(app.branch_count.valid > 0);
    assert_eq!(evidence.kinds, [Kind::Coverage]);
    assert!(evidence.produced_at.is_some(), "coverage.py writes milliseconds");
    assert!(codes(&evidence).is_empty());
}

#[test]
fn branches_that_were_not_measured_are_none() {
    let evidence = read_fixture("cobertura", "red-coverage-py-no-branch.xml");
    assert_eq!(evidence.counts["branches_valid"], 0);
    assert_eq!(Count { covered: 0, valid: 0 }.percent(), None);
}

#[test]
fn seconds_and_the_version_of_gcovr_are_read() {
    let evidence = read_fixture("cobertura", "red-gcovr.xml");
    assert_eq!(&*evidence.producers[0].name, "gcovr");
    assert_eq!(evidence.producers[0].version.as_deref(), Some("8.8"));
    assert!(evidence.produced_at.unwrap().as_second() > 1_700_000_000);
}

#[test]
fn a_file_in_several_classes_is_one_file_and_a_repeated_line_one_line() {
    let evidence = read(&classes(
        "line-rate='1'",
        &(class("a.cs", "<line number='1' hits='0'/><line number='2' hits='1'/>")
            + &class(
                "a.cs",
                "<line number='2' hits='0'/><line number='1' hits='4'/><line number='3' hits='0'/>",
            )),
    ));
    let hits: Vec<_> = file(&evidence, "a.cs").lines.iter().map(|l| (l.line, l.hits)).collect();
    assert_eq!(hits, [(1, 4), (2, 1), (3, 0)]);
}

#[test]
fn lines_of_methods_count_only_where_the_class_has_none() {
    let methods = "<methods><method><lines><line number='1' hits='1'/></lines></method><method><lines><line number='5' hits='0'/></lines></method></methods>";
    let both = format!(
        "<class filename='a.c'>{methods}<lines><line number='1' hits='1'/></lines></class><class filename='b.c'>{methods}</class>"
    );
    let evidence = read(&classes("line-rate='1'", &both));
    assert_eq!(file(&evidence, "a.c").line_count, Count { covered: 1, valid: 1 });
    assert_eq!(file(&evidence, "b.c").line_count, Count { covered: 1, valid: 2 });
    assert_eq!(file(&evidence, "a.c").function_count, Count { covered: 1, valid: 2 });
}

#[test]
fn totals_that_contradict_the_lines_are_a_warning() {
    let line = class("a.py", "<line number='1' hits='0'/>");
    for attributes in ["lines-valid='10' lines-covered='9'", "line-rate='0.9'", "line-rate='inf'"] {
        let evidence = read(&classes(attributes, &line));
        assert_eq!(codes(&evidence), ["totals-contradict-lines"], "{attributes}");
        assert_eq!(evidence.counts["lines_covered"], 0);
    }
    for attributes in ["lines-valid='1' lines-covered='0'", "line-rate='NaN'", "line-rate=''"] {
        assert!(codes(&read(&classes(attributes, &line))).is_empty(), "{attributes}");
    }
}

#[test]
fn a_report_without_lines_measured_nothing_whatever_it_claims() {
    let evidence =
        read("<coverage line-rate='0.9' lines-valid='100' lines-covered='90'><packages/></coverage>");
    assert_eq!(codes(&evidence), ["totals-contradict-lines", "nothing-measured"]);
    assert!(evidence.kinds.is_empty());
}

#[test]
fn branches_are_read_from_the_conditions_of_a_line() {
    let evidence = read(&classes(
        "line-rate='1'",
        &class(
            "a.js",
            "<line number='1' hits='1' branch='True' condition-coverage='50% (1/2)'/><line number='2' hits='1' branch='true'/>
             <line number='3' hits='1' branch='true' condition-coverage='100% (9/4)'/><line number='4' hits='1' condition-coverage='100% (0/0)'/>",
        ),
    ));
    assert_eq!(
        file(&evidence, "a.js").branches,
        [BranchHits { line: 1, covered: 1, valid: 2 }, BranchHits { line: 3, covered: 4, valid: 4 }]
    );
}

#[test]
fn huge_hits_are_cut_off_and_unusable_lines_recorded() {
    let evidence = read(&classes(
        "line-rate='1'",
        &class(
            "a.c",
            "<line number='1' hits='99999999999999999999999'/><line number='2' hits='-1'/><line number='x' hits='1'/>
             <line number='4'/><line hits='1'/><line number='6' hits='1.5'/>",
        ),
    ));
    let hits: Vec<_> = file(&evidence, "a.c").lines.iter().map(|l| (l.line, l.hits)).collect();
    assert_eq!(hits, [(1, u32::MAX), (2, 0), (4, 0), (6, 0)], "hits that cannot be read are no cover");
    assert_eq!(evidence.skipped_total, 5);
}

#[test]
fn a_class_without_a_file_name_is_recorded() {
    let evidence =
        read(&classes("line-rate='1'", "<class name='x'><lines><line number='1' hits='1'/></lines></class>"));
    assert_eq!(evidence.skipped[0].reason, "a class without `filename`");
    assert_eq!(codes(&evidence), ["lines-without-file", "nothing-measured"]);
}

#[test]
fn only_a_single_relative_source_stands_in_front_of_file_names() {
    let of = |sources: &str, name: &str| {
        let text = format!(
            "<coverage line-rate='1'><sources>{sources}</sources><packages><package><classes>{}</classes></package></packages></coverage>",
            class(name, "<line number='1' hits='1'/>")
        );
        read(&text).coverage.unwrap().files[0].path.to_string()
    };
    assert_eq!(of("<source>shop</source>", "app.py"), "shop/app.py");
    assert_eq!(of("<source>./shop/</source>", ".\\web\\app.py"), "shop/web/app.py");
    assert_eq!(of("<source>.</source>", "app.py"), "app.py");
    assert_eq!(of("<source/>", "app.py"), "app.py");
    assert_eq!(of("<source>/home/ci/shop</source>", "app.py"), "app.py");
    assert_eq!(of("<source>C:\\shop</source>", "app.py"), "app.py");
    assert_eq!(of("<source>--source</source>", "app.py"), "app.py");
    assert_eq!(of("<source>one</source><source>two</source>", "app.py"), "app.py");
    assert_eq!(of("<source>shop</source>", "/abs/app.py"), "/abs/app.py");
}

#[test]
fn an_external_dtd_is_never_fetched_and_an_entity_is_refused() {
    let body = classes("line-rate='1'", &class("a.py", "<line number='1' hits='1'/>"));
    let external = format!("<!DOCTYPE coverage SYSTEM 'http://127.0.0.1:1/coverage-04.dtd'>{body}");
    assert_eq!(detected(&external), Some("cobertura"));
    let entity = format!("<!DOCTYPE coverage [<!ENTITY xxe SYSTEM 'file:///etc/passwd'>]>{body}");
    assert!(read_as("cobertura", &entity).is_err());
}

#[test]
fn a_report_that_is_cut_off_is_an_error() {
    let whole = classes("line-rate='1'", &class("a.py", "<line number='1' hits='1'/>"));
    for cut in 1..whole.len() {
        assert!(read_as("cobertura", whole.get(..cut).unwrap()).is_err(), "{cut}");
    }
}

#[test]
fn other_reports_with_the_root_coverage_are_not_cobertura() {
    for other in [
        "<coverage generated='1'><project timestamp='1'><metrics/></project></coverage>",
        "<coverage version='1'><file path='a.py'><lineToCover lineNumber='1' covered='true'/></file></coverage>",
        "<CoverageSession/>",
    ] {
        assert_eq!(detected(other), None, "{other}");
    }
}

#[test]
fn lines_of_a_class_without_a_file_make_the_report_incomplete() {
    let lost = "<class name='x'><methods/><lines><line number='1' hits='0'/></lines></class>";
    let evidence = read(&classes("", &(class("a.py", "<line number='1' hits='1'/>") + lost)));
    assert_eq!(evidence.incomplete[0].code, "lines-without-file");
    let evidence = read(&classes("", &(class("a.py", "<line number='1' hits='1'/>") + "<class name='x'/>")));
    assert!(evidence.incomplete.is_empty(), "nothing was lost");
}
