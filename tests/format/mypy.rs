//! Tests of the format `mypy`.

use gate::model::{Category, Finding, Kind, Severity};

use super::{detected, read_as, read_fixture};

/// One line of a report.
fn line(column: i32, code: &str, severity: &str) -> String {
    format!(
        r#"{{"file": "shop\\db.py", "line": 4, "column": {column}, "message": "m", "hint": null, "code": {code}, "severity": "{severity}"}}"#
    )
}

#[test]
fn a_real_report_is_read_with_columns_from_one() {
    let red = read_fixture("mypy", "red.jsonl");
    assert_eq!(red.counts["lines"], 24);
    assert_eq!(red.kinds, [Kind::StaticAnalysis]);
    assert!(red.findings.iter().all(|f| f.severity == Severity::High && f.category == Some(Category::Type)));
    let first = &red.findings[0];
    let place = first.location.as_ref().unwrap();
    assert_eq!((&*first.rule, &*place.path), ("no-untyped-def", "shop/pricing.py"));
    assert_eq!((place.line, place.column, place.end_line), (4, 1, 46));
    assert!(red.skipped.is_empty());
}

#[test]
fn one_line_end_that_is_declared_is_a_clean_run_and_an_empty_file_is_not() {
    for clean in ["\n", "\r\n", "  \n"] {
        let evidence = read_as("mypy", clean).unwrap();
        assert!(evidence.findings.is_empty() && evidence.incomplete.is_empty());
        assert_eq!(evidence.kinds, [Kind::StaticAnalysis]);
        assert_eq!(detected(clean), None);
    }
    for empty in ["", " "] {
        assert_eq!(read_as("mypy", empty).unwrap_err().message, "the file is empty");
    }
}

#[test]
fn a_note_is_no_error() {
    let text = line(0, "null", "note") + "\n" + &line(0, r#""misc""#, "error") + "\n";
    let evidence = read_as("mypy", &text).unwrap();
    assert_eq!(evidence.findings[0].severity, Severity::Info);
    assert_eq!(&*evidence.findings[0].rule, "mypy");
    assert_eq!(evidence.findings[1].severity, Severity::High);
    assert_eq!(&*evidence.findings[1].location.as_ref().unwrap().path, "shop/db.py");
}

#[test]
fn a_syntax_error_is_a_failure_of_the_tool() {
    for text in [line(0, r#""syntax""#, "error"), line(0, "null", "fatal")] {
        let evidence = read_as("mypy", &text).unwrap();
        let finding = &evidence.findings[0];
        assert_eq!((&*finding.rule, finding.severity), (Finding::TOOL_FAILURE, Severity::Unknown));
        assert_eq!(evidence.counts["syntax_errors"], 1);
    }
}

#[test]
fn a_place_that_mypy_does_not_know_is_none() {
    let evidence = read_as("mypy", &line(-1, "null", "error").replace("4", "-1")).unwrap();
    let place = evidence.findings[0].location.as_ref().unwrap();
    assert_eq!((place.line, place.column), (0, 0));
    assert!(evidence.skipped.is_empty());
}

#[test]
fn an_unknown_severity_and_a_line_without_message_rank_highest() {
    let text = line(0, "null", "eror") + "\n{}\n";
    let evidence = read_as("mypy", &text).unwrap();
    assert!(evidence.findings.iter().all(|f| f.severity == Severity::Unknown));
    assert_eq!(evidence.skipped[0].at, "line 2, column 1");
    assert_eq!(evidence.skipped[0].reason, "a line without `message`");
}

#[test]
fn a_hint_is_the_help() {
    let text = line(0, "null", "error").replace(r#""hint": null"#, r#""hint": "do this""#);
    let evidence = read_as("mypy", &text).unwrap();
    assert_eq!(evidence.findings[0].details.as_ref().unwrap().help.as_deref(), Some("do this"));
}

#[test]
fn a_last_line_without_its_end_and_text_between_lines_are_refused() {
    let one = line(0, "null", "error");
    for cut in 1..one.len() {
        let text = format!("{one}\n{}", one.get(..cut).unwrap());
        assert!(read_as("mypy", &text).is_err(), "{text}");
    }
    assert!(read_as("mypy", &format!("{one}\nFound 1 error in 1 file\n")).is_err());
    assert!(read_as("mypy", "[]").is_err());
}

#[test]
fn only_mypy_is_recognised() {
    let one = line(0, "null", "error");
    assert_eq!(detected(&format!("{one}\n{one}\n")), Some("mypy"));
    assert_eq!(detected(&one), Some("mypy"));
    for foreign in [
        r#"{"code":"U1000","severity":"error","location":{"file":"a.go","line":1,"column":2},"message":"m"}"#,
        r#"{"reason":"compiler-message","package_id":"a","message":{"code":null,"level":"warning"}}"#,
        r#"{"Time":"2026-01-01T00:00:00Z","Action":"run","Package":"p","Test":"T"}"#,
        r#"{"type":"Point","metric":"http_reqs","data":{"value":1}}"#,
        r#"{"SourceMetadata":{},"DetectorName":"AWS","Raw":"x"}"#,
        r#"{"file":"a.py","line":1,"column":2,"message":"m","severity":"error"}"#,
    ] {
        assert_ne!(detected(&format!("{foreign}\n{foreign}\n")), Some("mypy"), "{foreign}");
    }
}
