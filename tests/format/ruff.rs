//! Tests of the format `ruff`.

use gate::model::{Category, Finding, Kind, Severity};

use super::{detected, no_cut_is_read, read_as, read_fixture};

/// One diagnostic of that code, with more keys.
fn diagnostic(code: &str, more: &str) -> String {
    format!(
        r#"[{{"code": {code}, "filename": "./a.py", "message": "m", "location": {{"row": 2, "column": 3}},
            "end_location": {{"row": 4, "column": 1}}, "noqa_row": 2, "fix": null{more}}}]"#
    )
}

#[test]
fn a_real_report_is_read_with_places_and_categories() {
    let red = read_fixture("ruff", "red.json");
    assert_eq!(red.counts["findings"], 41);
    assert_eq!(red.counts["by_prefix"]["S"], 14);
    assert_eq!(red.kinds, [Kind::StaticAnalysis]);
    let of = |category| red.findings.iter().filter(|f| f.category == Some(category)).count();
    assert_eq!((of(Category::Sast), of(Category::Complexity), of(Category::Lint)), (14, 1, 26));
    assert!(red.findings.iter().all(|f| f.severity == Severity::High));
    let first = &red.findings[0];
    let place = first.location.as_ref().unwrap();
    assert_eq!(
        (&*first.rule, &*place.path, place.line, place.column),
        ("E501", "/app/shop/shop/app.py", 15, 101)
    );
    let details = first.details.as_ref().unwrap();
    assert_eq!(details.title.as_deref(), Some("line-too-long"));
    assert_eq!(details.url.as_deref(), Some("https://docs.astral.sh/ruff/rules/line-too-long"));
    assert!(red.skipped.is_empty());
}

#[test]
fn an_empty_array_that_is_declared_is_a_clean_run_and_nothing_else_is() {
    let clean = read_as("ruff", "[]").unwrap();
    assert!(clean.findings.is_empty() && clean.incomplete.is_empty());
    assert_eq!(clean.kinds, [Kind::StaticAnalysis]);
    for text in ["{}", "null", "", "[] []"] {
        assert!(read_as("ruff", text).is_err(), "{text:?}");
    }
    assert_eq!(detected("[]"), None);
}

#[test]
fn a_file_that_could_not_be_parsed_or_opened_is_a_failure_of_the_tool() {
    let evidence = read_fixture("ruff", "syntax-error.json");
    assert_eq!(evidence.counts["syntax_errors"], 2);
    assert!(evidence.findings.iter().all(|f| &*f.rule == Finding::TOOL_FAILURE));
    for code in ["null", r#""E999""#, r#""E902""#, r#""invalid-syntax""#] {
        let evidence = read_as("ruff", &diagnostic(code, "")).unwrap();
        let finding = &evidence.findings[0];
        assert_eq!((&*finding.rule, finding.severity), (Finding::TOOL_FAILURE, Severity::Unknown), "{code}");
        assert_eq!(finding.location.as_ref().unwrap().line, 2);
    }
}

#[test]
fn severity_is_high_unless_it_is_written() {
    let severity = |more: &str| read_as("ruff", &diagnostic(r#""E501""#, more)).unwrap().findings[0].severity;
    assert_eq!(severity(""), Severity::High);
    assert_eq!(severity(r#", "severity": null"#), Severity::High);
    assert_eq!(severity(r#", "severity": "warning""#), Severity::Medium);
    assert_eq!(severity(r#", "severity": "wrning""#), Severity::Unknown);
}

#[test]
fn the_code_decides_the_category() {
    for (code, category) in [
        ("S608", Category::Sast),
        ("SIM102", Category::Lint),
        ("SLF001", Category::Lint),
        ("I001", Category::Lint),
        ("C901", Category::Complexity),
        ("unformatted", Category::Format),
    ] {
        let evidence = read_as("ruff", &diagnostic(&format!("{code:?}"), "")).unwrap();
        assert_eq!(evidence.findings[0].category, Some(category), "{code}");
    }
}

#[test]
fn a_quoted_password_is_not_kept() {
    let text = diagnostic(r#""S105""#, "").replace(r#""m""#, r#""Possible hardcoded password: \"hunter2\"""#);
    let evidence = read_as("ruff", &text).unwrap();
    assert_eq!(&*evidence.findings[0].message, "Possible hardcoded password");
}

#[test]
fn an_item_that_is_no_diagnostic_is_recorded_and_still_counts() {
    let evidence = read_as("ruff", r#"[7, {"RuleID": "x", "File": "y"}]"#).unwrap();
    assert!(evidence.findings.iter().all(|f| f.severity == Severity::Unknown));
    let reasons: Vec<_> = evidence.skipped.iter().map(|s| format!("{}: {}", s.at, s.reason)).collect();
    assert_eq!(
        reasons,
        [
            "/0 (line 1, column 2): expected an object, found a number",
            "/1 (line 1, column 5): a diagnostic without `message`",
        ]
    );
}

#[test]
fn a_place_of_another_type_is_recorded() {
    let text = diagnostic(r#""E501""#, "").replace(r#""row": 2"#, r#""row": "two""#);
    let evidence = read_as("ruff", &text).unwrap();
    assert_eq!(evidence.skipped[0].reason, "expected a number, found a string");
    assert_eq!(evidence.findings[0].location.as_ref().unwrap().line, 0);
}

#[test]
fn a_report_without_its_end_is_refused() {
    no_cut_is_read("ruff", "red.json");
}

#[test]
fn only_ruff_is_recognised() {
    assert_eq!(detected(&diagnostic(r#""E501""#, "")), Some("ruff"));
    for foreign in [
        r#"[{"code": "SC2086", "file": "a.sh", "line": 1, "message": "m", "fix": null}]"#,
        r#"[{"message-id": "C0114", "path": "a.py", "message": "m"}]"#,
        r#"{"code": "E501", "filename": "a", "message": "m", "location": {}, "end_location": {}, "fix": null}"#,
    ] {
        assert_ne!(detected(foreign), Some("ruff"), "{foreign}");
    }
}
