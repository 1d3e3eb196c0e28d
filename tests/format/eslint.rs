//! Tests of the format `eslint`.

use gate::model::{Category, Finding, Kind, Severity, SuppressionKind};

use super::{detected, no_cut_is_read, read_as, read_fixture};

/// One file with these messages and suppressed messages.
fn file(messages: &str, suppressed: &str) -> String {
    format!(
        r#"[{{"filePath": "C:\\src\\a.js", "messages": [{messages}], "suppressedMessages": [{suppressed}],
            "source": "var key = 'hunter2'", "usedDeprecatedRules": []}}]"#
    )
}

/// A message of that rule.
fn message(rule: &str) -> String {
    format!(r#"{{"ruleId": {rule}, "severity": 1, "message": "m", "line": 3, "column": 4, "endLine": 5}}"#)
}

#[test]
fn a_real_report_is_read_with_places_and_severities() {
    let red = read_fixture("eslint", "red.json");
    assert_eq!((&red.counts["errors"], &red.counts["warnings"]), (&10.into(), &3.into()));
    let first = &red.findings[0];
    let place = first.location.as_ref().unwrap();
    assert_eq!((&*first.rule, first.severity), ("@typescript-eslint/no-unused-vars", Severity::High));
    assert_eq!((&*place.path, place.line, place.column), ("/app/shop/web/src/cart.ts", 1, 23));
    assert_eq!(red.findings[2].severity, Severity::Medium);
    assert!(red.warnings.is_empty() && red.skipped.is_empty(), "the totals of the entries agree");
    assert!(!format!("{red:?}").contains("import "), "no source is kept");
}

#[test]
fn files_without_messages_are_a_clean_and_complete_run() {
    let green = read_fixture("eslint", "green.json");
    assert_eq!(green.counts["files"], 4);
    assert!(green.findings.is_empty() && green.incomplete.is_empty());
    assert_eq!(green.kinds, [Kind::StaticAnalysis]);
}

#[test]
fn an_empty_array_that_is_declared_is_a_clean_run() {
    let clean = read_as("eslint", "[]").unwrap();
    assert!(clean.findings.is_empty() && clean.incomplete.is_empty());
    assert_eq!(detected("[]"), None);
    assert!(read_as("eslint", "null").is_err());
}

#[test]
fn metadata_gives_rules_their_title_and_page() {
    let red = read_fixture("eslint", "with-metadata.json");
    let finding = red.findings.iter().find(|f| &*f.rule == "@typescript-eslint/no-unused-vars").unwrap();
    let details = finding.details.as_ref().unwrap();
    assert_eq!(details.title.as_deref(), Some("Disallow unused variables"));
    assert_eq!(details.url.as_deref(), Some("https://typescript-eslint.io/rules/no-unused-vars"));
    assert_eq!(red.findings.len(), 13);
    let none = read_as("eslint", r#"{"results": null, "metadata": {"rulesMeta": {}}}"#).unwrap();
    assert_eq!(none.incomplete[0].code, "results-absent");
    assert!(none.kinds.is_empty());
}

#[test]
fn a_file_that_could_not_be_parsed_is_a_failure_of_the_tool() {
    let evidence = read_fixture("eslint", "parse-error.json");
    let failure = &evidence.findings[0];
    assert_eq!((&*failure.rule, failure.severity), (Finding::TOOL_FAILURE, Severity::Unknown));
    let place = failure.location.as_ref().unwrap();
    assert_eq!((&*place.path, place.line, place.column), ("/app/shop/web/broken.ts", 1, 17));
    assert_eq!(&*failure.message, "Parsing error: Expression expected.");
}

#[test]
fn a_message_without_rule_is_of_eslint_itself() {
    let evidence = read_as("eslint", &file(&message("null"), "")).unwrap();
    assert_eq!((&*evidence.findings[0].rule, evidence.findings[0].severity), ("eslint", Severity::Medium));
}

#[test]
fn suppressed_messages_stay_open_with_the_opinion_of_the_tool() {
    let suppressed = r#"{"ruleId": "no-eval", "severity": 2, "message": "m", "line": 1, "column": 1,
        "suppressions": [{"kind": "directive", "justification": "trusted"}, {"kind": "directive", "justification": ""}]}"#;
    let evidence = read_as("eslint", &file("", suppressed)).unwrap();
    assert_eq!((&evidence.counts["suppressed"], &evidence.counts["messages"]), (&1.into(), &0.into()));
    let finding = &evidence.findings[0];
    let suppression = finding.suppression.as_ref().unwrap();
    assert_eq!((suppression.kind, suppression.in_force), (SuppressionKind::Tool, false));
    assert_eq!(&*suppression.reason, "trusted");
    assert!(finding.is_open());
}

#[test]
fn the_plugin_decides_the_category() {
    for (rule, category) in [
        ("no-eval", Category::Lint),
        ("@typescript-eslint/no-explicit-any", Category::Lint),
        ("security/detect-eval-with-expression", Category::Sast),
        ("no-unsanitized/property", Category::Sast),
        ("@microsoft/sdl/no-inner-html", Category::Sast),
        ("jsx-a11y/alt-text", Category::Accessibility),
        ("prettier/prettier", Category::Format),
        ("complexity", Category::Complexity),
        ("max-depth", Category::Complexity),
    ] {
        let evidence = read_as("eslint", &file(&message(&format!("{rule:?}")), "")).unwrap();
        assert_eq!(evidence.findings[0].category, Some(category), "{rule}");
    }
}

#[test]
fn neither_source_nor_the_message_of_a_secret_rule_is_kept() {
    let text = file(&message(r#""no-secrets/no-secrets""#).replace(r#""m""#, r#""entropy 4: hunter2""#), "");
    let evidence = read_as("eslint", &text).unwrap();
    assert_eq!(evidence.findings[0].category, Some(Category::Secret));
    assert!(!format!("{evidence:?}").contains("hunter2"));
}

#[test]
fn a_severity_that_is_neither_one_nor_two_is_unknown() {
    for severity in ["3", "null", "true", r#""erorr""#, "1.5"] {
        let text =
            file(&message("null").replace(r#""severity": 1"#, &format!(r#""severity": {severity}"#)), "");
        assert_eq!(read_as("eslint", &text).unwrap().findings[0].severity, Severity::Unknown, "{severity}");
    }
}

#[test]
fn totals_that_contradict_the_messages_are_a_warning() {
    let text =
        r#"[{"filePath": "a.js", "messages": [], "errorCount": 3, "fatalErrorCount": 0, "warningCount": 0}]"#;
    assert_eq!(detected(text), Some("eslint"));
    assert_eq!(read_as("eslint", text).unwrap().warnings[0].code, "totals-contradict-messages");
}

#[test]
fn an_entry_that_is_no_file_is_recorded_and_counts_as_a_failure() {
    let text = r#"[{"filePath": "a.js", "messages": [], "fatalErrorCount": 0},
        {"source": "a.css", "warnings": []}, 5, {"filePath": "b.js", "messages": {}}]"#;
    let evidence = read_as("eslint", text).unwrap();
    assert_eq!(evidence.findings.len(), 3);
    assert!(evidence.findings.iter().all(|f| &*f.rule == Finding::TOOL_FAILURE));
    assert_eq!(&*evidence.findings[2].location.as_ref().unwrap().path, "b.js");
    let reasons: Vec<_> = evidence.skipped.iter().map(|s| &*s.reason).collect();
    assert_eq!(
        reasons,
        [
            "an entry without `messages`",
            "expected an object, found a number",
            "expected an array, found an object",
            "an entry without `messages`",
        ]
    );
}

#[test]
fn a_report_without_its_end_is_refused() {
    no_cut_is_read("eslint", "red.json");
    no_cut_is_read("eslint", "with-metadata.json");
}

#[test]
fn only_eslint_is_recognised() {
    for foreign in [
        // html-validate
        r#"[{"filePath": "a.html", "messages": [], "errorCount": 0, "fixableErrorCount": 0, "source": ""}]"#,
        // textlint
        r#"[{"messages": [], "filePath": "a.md"}]"#,
        // stylelint
        r#"[{"source": "a.css", "deprecations": [], "parseErrors": [], "errored": true, "warnings": []}]"#,
        r#"{"results": [], "metadata": {}}"#,
        r#"{"filePath": "a.js", "messages": [], "fatalErrorCount": 0}"#,
    ] {
        assert_ne!(detected(foreign), Some("eslint"), "{foreign}");
    }
}

#[test]
fn fatal_errors_that_are_claimed_and_not_listed_are_a_failure_of_the_tool() {
    let text =
        r#"[{"filePath": "a.js", "messages": [], "errorCount": 1, "fatalErrorCount": 1, "warningCount": 0}]"#;
    let evidence = read_as("eslint", text).unwrap();
    assert_eq!(evidence.warnings[0].code, "totals-contradict-messages");
    assert_eq!(&*evidence.findings[0].rule, gate::model::Finding::TOOL_FAILURE);
    assert_eq!(&*evidence.findings[0].location.as_ref().unwrap().path, "a.js");
}
