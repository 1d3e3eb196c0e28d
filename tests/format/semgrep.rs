//! Tests of the format `semgrep`.

use gate::model::{Category, Finding, Kind, Severity, SuppressionKind};

use super::{detected, no_cut_is_read, read_as, read_fixture};

/// A report with one result that has these keys under `extra`.
fn with_extra(extra: &str) -> String {
    format!(
        r#"{{"version": "1.0.0", "results": [{{"check_id": "a.b", "path": "./src/a.py",
            "start": {{"line": 3, "col": 5}}, "end": {{"line": 4, "col": 2}}, "extra": {{{extra}}}}}],
            "errors": [], "paths": {{"scanned": ["src/a.py"]}}}}"#
    )
}

#[test]
fn a_real_report_is_read_with_place_weakness_and_category() {
    let red = read_fixture("semgrep", "red.json");
    assert_eq!(red.counts["results"], 7);
    assert_eq!(red.counts["by_severity"]["ERROR"], 5);
    assert_eq!(&*red.producers[0].name, "Semgrep");
    assert_eq!(red.producers[0].version.as_deref(), Some("1.182.0"));
    let first = &red.findings[0];
    assert_eq!(&*first.rule, "shop.python.weak-hash");
    assert_eq!(&*first.message, "MD5 is not a password hash.");
    assert_eq!((first.category, first.severity), (Some(Category::Sast), Severity::Medium));
    let place = first.location.as_ref().unwrap();
    assert_eq!((&*place.path, place.line, place.column, place.end_line), ("shop/auth.py", 9, 12, 9));
    assert_eq!(first.details.as_ref().unwrap().cwe, ["CWE-327".into()]);
}

#[test]
fn a_clean_scan_is_complete_evidence() {
    let green = read_fixture("semgrep", "green.json");
    assert!(green.findings.is_empty() && green.incomplete.is_empty() && green.skipped.is_empty());
    assert_eq!(green.kinds, [Kind::SecurityScan]);
}

#[test]
fn a_scan_without_rules_is_a_failed_run_and_no_evidence() {
    let evidence = read_fixture("semgrep", "no-config.json");
    assert_eq!(evidence.incomplete[0].code, "execution-failed");
    assert!(evidence.kinds.is_empty());
    assert_eq!(evidence.findings.len(), 2);
    assert!(evidence.findings.iter().all(|f| &*f.rule == Finding::TOOL_FAILURE && f.location.is_none()));
}

#[test]
fn a_file_that_semgrep_could_not_parse_is_a_finding_without_its_code() {
    let evidence = read_fixture("semgrep", "partial-parse.json");
    let failure = evidence.findings.iter().find(|f| &*f.rule == Finding::TOOL_FAILURE).unwrap();
    assert_eq!(failure.severity, Severity::Unknown);
    assert_eq!(&*failure.message, "Syntax error at line broken/bad.ts:1");
    let place = failure.location.as_ref().unwrap();
    assert_eq!((&*place.path, place.line), ("broken/bad.ts", 1));
    assert!(evidence.incomplete.is_empty(), "the other files were scanned");
}

#[test]
fn a_span_gives_the_place_of_an_error() {
    let evidence = read_as(
        "semgrep",
        r#"{"results": [], "paths": {"scanned": ["a.js"]}, "errors": [{"level": "warn", "type": ["PartialParsing", []],
            "message": "m", "spans": [{"file": "a.js", "start": {"line": 7, "col": 1}}, {"file": "b.js"}]}]}"#,
    )
    .unwrap();
    let place = evidence.findings[0].location.as_ref().unwrap();
    assert_eq!((&*place.path, place.line), ("a.js", 7));
    assert!(evidence.skipped.is_empty());
}

#[test]
fn results_null_absent_or_of_another_type_are_not_a_clean_scan() {
    for results in [r#""results": null,"#, r#""results": {},"#, ""] {
        let text = format!(r#"{{"version": "1", {results} "errors": [], "paths": {{"scanned": ["a"]}}}}"#);
        let evidence = read_as("semgrep", &text).unwrap();
        assert_eq!(evidence.incomplete[0].code, "results-absent", "{results}");
        assert!(evidence.kinds.is_empty());
    }
}

#[test]
fn a_scan_of_no_file_proves_nothing() {
    let evidence =
        read_as("semgrep", r#"{"version": "1", "results": [], "errors": [], "paths": {"scanned": []}}"#)
            .unwrap();
    assert_eq!(evidence.incomplete[0].code, "nothing-tested");
    assert!(evidence.kinds.is_empty());
}

#[test]
fn every_severity_word_has_its_rank_and_an_unknown_one_ranks_highest() {
    for (word, severity) in [
        ("ERROR", Severity::High),
        ("WARNING", Severity::Medium),
        ("INFO", Severity::Low),
        ("CRITICAL", Severity::Critical),
        ("HIGH", Severity::High),
        ("MEDIUM", Severity::Medium),
        ("LOW", Severity::Low),
        ("Eror", Severity::Unknown),
    ] {
        let evidence = read_as("semgrep", &with_extra(&format!(r#""severity": "{word}""#))).unwrap();
        assert_eq!(evidence.findings[0].severity, severity, "{word}");
        assert_eq!(evidence.counts["by_severity"][word], 1);
    }
}

#[test]
fn an_ignored_result_stays_open_with_the_opinion_of_the_tool() {
    let evidence = read_as("semgrep", &with_extra(r#""severity": "ERROR", "is_ignored": true"#)).unwrap();
    assert_eq!(evidence.counts["ignored"], 1);
    let suppression = evidence.findings[0].suppression.as_ref().unwrap();
    assert_eq!((suppression.kind, suppression.in_force), (SuppressionKind::Tool, false));
    assert!(evidence.findings[0].is_open());
}

#[test]
fn weakness_may_be_one_string_and_the_rule_page_wins_over_references() {
    let evidence = read_as(
        "semgrep",
        &with_extra(
            r#""severity": "ERROR", "message": "m", "metadata": {"cwe": "cwe-79: Cross-site", "category": "correctness",
               "source": "https://rule", "references": ["https://one", "https://two"]}"#,
        ),
    )
    .unwrap();
    let finding = &evidence.findings[0];
    let details = finding.details.as_ref().unwrap();
    assert_eq!(details.cwe, ["CWE-79".into()]);
    assert_eq!(details.url.as_deref(), Some("https://rule"));
    assert_eq!(details.tags, ["correctness".into()]);
    assert_eq!(finding.category, None, "left to the classification");
    let evidence = read_as("semgrep", &with_extra(r#""metadata": {"references": "https://one"}"#)).unwrap();
    assert_eq!(evidence.findings[0].details.as_ref().unwrap().url.as_deref(), Some("https://one"));
}

#[test]
fn code_and_messages_of_secret_rules_are_not_kept() {
    let evidence = read_as(
        "semgrep",
        &with_extra(
            r#""severity": "ERROR", "message": "found hunter2", "lines": "pw = hunter2", "fix": "hunter2",
               "metavars": {"$X": {"abstract_content": "hunter2"}}, "metadata": {"secret_type": "password"}"#,
        ),
    )
    .unwrap();
    assert_eq!(evidence.findings[0].category, Some(Category::Secret));
    assert_eq!(&*evidence.findings[0].message, "secret found by the rule `a.b`");
    assert!(!format!("{evidence:?}").contains("hunter2"));
}

#[test]
fn a_finding_in_a_dependency_names_the_package() {
    let evidence = read_as(
        "semgrep",
        &with_extra(
            r#""severity": "HIGH", "metadata": {"category": "security"}, "sca_info": {"reachable": true,
               "dependency_match": {"found_dependency": {"package": "lodash", "version": "4.17.20"}}}"#,
        ),
    )
    .unwrap();
    assert_eq!(evidence.findings[0].category, Some(Category::Sca));
    let package = evidence.findings[0].details.as_ref().unwrap().package.clone().unwrap();
    assert_eq!((&*package.name, &*package.version), ("lodash", "4.17.20"));
}

#[test]
fn a_broken_result_is_recorded_and_still_counts() {
    let evidence = read_as(
        "semgrep",
        r#"{"version": "1", "errors": [], "paths": {}, "results": [12, {"extra": {"severity": 4}}]}"#,
    )
    .unwrap();
    assert_eq!(evidence.findings.len(), 2);
    assert!(evidence.findings.iter().all(|f| f.severity == Severity::Unknown));
    let reasons: Vec<_> = evidence.skipped.iter().map(|s| &*s.reason).collect();
    assert_eq!(
        reasons,
        [
            "expected an object, found a number",
            "expected a string, found a number",
            "a result without `check_id`"
        ]
    );
}

#[test]
fn skipped_rules_are_a_warning() {
    let evidence = read_as(
        "semgrep",
        r#"{"version": "1", "errors": [], "paths": {"scanned": ["a"]}, "results": [], "skipped_rules": [{}]}"#,
    )
    .unwrap();
    assert_eq!(evidence.warnings[0].code, "rules-skipped");
}

#[test]
fn a_report_without_its_end_is_refused() {
    no_cut_is_read("semgrep", "red.json");
    no_cut_is_read("semgrep", "green.json");
}

#[test]
fn only_semgrep_is_recognised() {
    assert_eq!(detected(r#"{"results": [], "errors": [], "paths": {}, "version": "1"}"#), Some("semgrep"));
    assert_eq!(detected(r#"{"results": null, "errors": [], "paths": {}}"#), Some("semgrep"));
    assert_eq!(detected(r#"{"results": [{"check_id": "a"}], "errors": []}"#), Some("semgrep"));
    for foreign in [
        r#"{"results": [], "errors": []}"#,
        r#"{"results": [], "errors": [], "paths": {}, "metrics": {}, "generated_at": "x"}"#,
        r#"{"results": {}, "errors": [], "paths": {}}"#,
        r#"{"results": [], "version": "1"}"#,
        r#"[{"results": [], "errors": [], "paths": {}}]"#,
    ] {
        assert_ne!(detected(foreign), Some("semgrep"), "{foreign}");
    }
}

#[test]
fn paths_without_a_scanned_file_prove_nothing() {
    for paths in ["{}", r#"{"scanned": null}"#, r#"{"scanned": []}"#] {
        let text = format!(r#"{{"version": "1.0.0", "results": [], "errors": [], "paths": {paths}}}"#);
        let evidence = read_as("semgrep", &text).unwrap();
        assert!(evidence.incomplete.iter().any(|i| i.code == "nothing-tested"), "{paths}");
        assert!(evidence.kinds.is_empty(), "{paths}");
    }
}
