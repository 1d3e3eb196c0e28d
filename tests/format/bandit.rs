//! Tests of the format `bandit`.

use gate::model::{Finding, Severity};

use super::{detected, read_as, read_fixture};

#[test]
fn real_reports_give_the_counts_of_their_tool() {
    let red = read_fixture("bandit", "red.json");
    assert_eq!(red.counts["results"], 16);
    assert_eq!(red.counts["by_severity"]["HIGH"], 2);
    let green = read_fixture("bandit", "green.json");
    assert_eq!(green.counts["results"], 0);
    assert!(green.incomplete.is_empty(), "a clean scan is complete");
}

#[test]
fn a_file_that_bandit_could_not_parse_is_a_finding_of_unknown_severity() {
    let evidence = read_fixture("bandit", "syntax-error.json");
    let failure = evidence.findings.iter().find(|f| &*f.rule == Finding::TOOL_FAILURE).unwrap();
    assert_eq!(failure.severity, Severity::Unknown);
    assert_eq!(&*failure.location.as_ref().unwrap().path, "broken/bad.py");
}

#[test]
fn a_password_that_bandit_quotes_is_not_kept() {
    let red = read_fixture("bandit", "red.json");
    let found: Vec<_> = red.findings.iter().filter(|f| &*f.rule == "B105").collect();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|f| &*f.message == "Possible hardcoded password"), "{found:?}");
    assert!(!format!("{red:?}").contains("FAKEfake"));
}

#[test]
fn results_null_is_not_a_clean_scan() {
    let evidence = read_as(
        "bandit",
        r#"{"errors": [], "generated_at": "2026-01-01T00:00:00Z", "metrics": {}, "results": null}"#,
    )
    .unwrap();
    assert_eq!(evidence.incomplete[0].code, "results-absent");
}

#[test]
fn a_severity_that_is_no_word_of_bandit_is_unknown_and_a_broken_result_is_recorded() {
    let evidence = read_as(
        "bandit",
        r#"{"errors": [], "generated_at": "x", "metrics": {}, "results": [
            {"test_id": "B1", "issue_severity": "Critcal", "filename": "a.py", "line_number": "seven"}, 12]}"#,
    )
    .unwrap();
    assert_eq!(evidence.findings[0].severity, Severity::Unknown);
    let reasons: Vec<_> = evidence.skipped.iter().map(|s| format!("{}: {}", s.at, s.reason)).collect();
    assert_eq!(
        reasons,
        [
            "/results/0/line_number (line 2, column 95): expected a number, found a string",
            "/results/1 (line 2, column 105): expected an object, found a number",
        ]
    );
}

#[test]
fn another_report_with_results_is_not_bandit() {
    assert_ne!(detected(r#"{"results": [], "errors": [], "paths": {}, "version": "1"}"#), Some("bandit"));
}

#[test]
fn a_scan_of_no_line_of_code_proves_nothing() {
    for totals in [r#"{"_totals": {"loc": 0}}"#, "{}"] {
        let text = format!(r#"{{"errors": [], "generated_at": "x", "metrics": {totals}, "results": []}}"#);
        let evidence = read_as("bandit", &text).unwrap();
        assert_eq!(evidence.incomplete[0].code, "nothing-tested");
        assert!(evidence.kinds.is_empty());
    }
}
