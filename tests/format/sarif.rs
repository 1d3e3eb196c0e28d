//! Tests of the format `sarif`.

use gate::model::{Evidence, Finding, Severity, State, SuppressionKind};

use super::{detected, read_as, read_fixture};

/// Reads a file of the given runs.
fn runs(runs: &str) -> Evidence {
    read_as("sarif", &format!(r#"{{"version": "2.1.0", "runs": [{runs}]}}"#)).unwrap()
}

/// Reads one run of a driver with the given rules and results.
fn run(rules: &str, results: &str) -> Evidence {
    runs(&format!(r#"{{"results": [{results}], "tool": {{"driver": {{"name": "T", "rules": [{rules}]}}}}}}"#))
}

/// Reads one run of that driver.
fn run_of(driver: &str, rules: &str, results: &str) -> Evidence {
    runs(&format!(
        r#"{{"results": [{results}], "tool": {{"driver": {{"rules": [{rules}], "name": "{driver}"}}}}}}"#
    ))
}

fn severities(evidence: &Evidence) -> Vec<Severity> {
    evidence.findings.iter().map(|finding| finding.severity).collect()
}

fn rule_ids(evidence: &Evidence) -> Vec<&str> {
    evidence.findings.iter().map(|finding| &*finding.rule).collect()
}

fn warnings(evidence: &Evidence) -> Vec<&str> {
    evidence.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

fn incomplete(evidence: &Evidence) -> Vec<&str> {
    evidence.incomplete.iter().map(|reason| reason.code.as_str()).collect()
}

fn reasons(evidence: &Evidence) -> Vec<String> {
    evidence.skipped.iter().map(|s| format!("{}: {}", s.at, s.reason)).collect()
}

fn place(finding: &Finding) -> (&str, u32, u32, u32) {
    let location = finding.location.as_ref().unwrap();
    (&location.path, location.line, location.column, location.end_line)
}

// Severity: level, kind, scores.

#[test]
fn a_level_on_the_result_wins_over_the_rule() {
    let evidence = run(
        r#"{"id": "a", "defaultConfiguration": {"level": "error"}}"#,
        r#"{"ruleId": "a", "level": "note"}, {"ruleId": "a"}, {"ruleId": "a", "level": null}"#,
    );
    assert_eq!(severities(&evidence), [Severity::Low, Severity::High, Severity::High]);
    assert_eq!(evidence.counts["levels"]["note"], 1);
    assert_eq!(evidence.counts["levels"]["error"], 2);
}

#[test]
fn without_any_level_a_result_is_a_warning() {
    let evidence =
        run(r#"{"id": "a", "defaultConfiguration": {}}"#, r#"{"ruleId": "a"}, {"ruleId": "other"}"#);
    assert_eq!(severities(&evidence), [Severity::Medium, Severity::Medium]);
    assert!(evidence.warnings.is_empty(), "rules that nothing describes are normal: {:?}", evidence.warnings);
}

#[test]
fn a_level_that_the_standard_does_not_have_is_unknown_and_recorded() {
    let evidence = run(
        r#"{"id": "a", "defaultConfiguration": {"level": "critcal"}}"#,
        r#"{"level": "Error"}, {"level": ""}, {"level": 2}, {"ruleId": "a"}"#,
    );
    assert_eq!(severities(&evidence), [Severity::Unknown; 4]);
    assert_eq!(evidence.counts["failing"], 4);
    assert_eq!(
        reasons(&evidence),
        [
            "/runs/0/results/0/level (line 1, column 54): `Error` is not a level of SARIF",
            "/runs/0/results/1/level (line 1, column 74): `` is not a level of SARIF",
            "/runs/0/results/2/level (line 1, column 89): expected a string, found a number",
            "/runs/0/tool/driver/rules/0/defaultConfiguration/level (line 1, column 200): \
             `critcal` is not a level of SARIF",
        ]
    );
}

#[test]
fn only_results_of_kind_fail_are_findings() {
    let evidence = run(
        "",
        r#"{"ruleId": "a", "kind": "fail"}, {"kind": "pass"}, {"kind": "open", "level": "none"},
           {"kind": "informational"}, {"kind": "notApplicable"}, {"kind": "review"}"#,
    );
    assert_eq!(rule_ids(&evidence), ["a"]);
    assert_eq!(evidence.counts["results"], 6);
    assert_eq!(evidence.counts["failing"], 1);
    assert_eq!(evidence.counts["levels"]["none"], 5);
    assert!(evidence.warnings.is_empty());
}

#[test]
fn a_result_that_is_no_failure_but_has_a_level_is_told() {
    let evidence = run("", r#"{"ruleId": "a", "kind": "review", "level": "error"}"#);
    assert_eq!(warnings(&evidence), ["kind-contradicts-level"]);
    assert_eq!(evidence.counts["failing"], 0);
}

#[test]
fn a_kind_that_the_standard_does_not_have_is_a_finding_of_unknown_severity() {
    let evidence = run("", r#"{"kind": "Pass", "level": "note"}, {"kind": 1, "level": "note"}"#);
    assert_eq!(severities(&evidence), [Severity::Unknown; 2]);
    assert_eq!(evidence.skipped_total, 2);
}

#[test]
fn level_none_is_information() {
    let evidence = run("", r#"{"ruleId": "a", "level": "none"}"#);
    assert_eq!(severities(&evidence), [Severity::Info]);
    assert_eq!(evidence.counts["failing"], 0);
}

#[test]
fn the_worse_of_score_and_level_counts() {
    let evidence = run(
        r#"{"id": "a", "properties": {"security-severity": "9.8"}}, {"id": "b", "properties": {"security-severity": 2}}"#,
        r#"{"ruleId": "a", "level": "note"}, {"ruleId": "b", "level": "error"},
           {"ruleId": "b", "level": "note", "properties": {"security-severity": "7.5"}}"#,
    );
    assert_eq!(severities(&evidence), [Severity::Critical, Severity::High, Severity::High]);
    let scores: Vec<_> =
        evidence.findings.iter().map(|f| f.details.as_ref().unwrap().cvss.unwrap()).collect();
    assert_eq!(scores, [9.8, 2.0, 7.5]);
}

#[test]
fn a_score_that_is_none_is_unknown_and_recorded() {
    for (score, severity) in [
        (r#""11""#, Severity::Unknown),
        ("-1", Severity::Unknown),
        (r#""NaN""#, Severity::Unknown),
        (r#""8,1""#, Severity::Unknown),
        (r#""""#, Severity::Unknown),
        ("[]", Severity::Unknown),
        (r#""CRITICAL""#, Severity::Critical),
    ] {
        let result = format!(r#"{{"level": "note", "properties": {{"security-severity": {score}}}}}"#);
        let evidence = run("", &result);
        assert_eq!(severities(&evidence), [severity], "{score}");
        assert_eq!(evidence.skipped_total, 1, "{score}");
        assert!(evidence.findings[0].details.is_none(), "{score} is not a CVSS score");
    }
}

#[test]
fn severity_words_in_tags_only_raise() {
    let rules = r#"{"id": "a", "properties": {"tags": ["security", "CRITICAL"]}},
        {"id": "b", "properties": {"tags": ["LOW"]}},
        {"id": "c", "properties": {"tags": ["HIGH CONFIDENCE", "high"]}},
        {"id": "d", "properties": {"problem.severity": "error"}},
        {"id": "e", "properties": {"problem.severity": "recommendation", "severity": "whatever"}}"#;
    let results = r#"{"ruleId": "a", "level": "error"}, {"ruleId": "b", "level": "error"},
        {"ruleId": "c"}, {"ruleId": "d"}, {"ruleId": "e"}"#;
    let wanted = [Severity::Critical, Severity::High, Severity::Medium, Severity::High, Severity::Medium];
    assert_eq!(severities(&run(rules, results)), wanted);
}

#[test]
fn the_word_unknown_of_trivy_is_an_unknown_severity() {
    let rule =
        r#"{"id": "a", "properties": {"tags": ["vulnerability", "UNKNOWN"], "security-severity": "0.0"}}"#;
    let result = r#"{"ruleId": "a", "level": "note"}"#;
    assert_eq!(severities(&run_of("Trivy", rule, result)), [Severity::Unknown]);
    assert_eq!(severities(&run_of("Other", rule, result)), [Severity::Low]);
}

#[test]
fn the_issue_severity_is_read_of_bandit_only() {
    let result = r#"{"level": "warning", "properties": {"issue_severity": "HIGH"}},
        {"level": "warning", "properties": {"issue_severity": "UNDEFINED"}}"#;
    assert_eq!(severities(&run_of("Bandit", "", result)), [Severity::High, Severity::Unknown]);
    assert_eq!(severities(&run_of("kube-score", "", result)), [Severity::Medium; 2]);
}

// Which rule.

const TWO_RULES: &str = r#"{"id": "a", "guid": "0000000A-0000-0000-0000-000000000000", "defaultConfiguration": {"level": "error"}},
    {"id": "b", "defaultConfiguration": {"level": "note"}}"#;

#[test]
fn a_rule_is_found_by_index_guid_id_or_the_beginning_of_a_hierarchical_id() {
    let evidence = run(
        TWO_RULES,
        r#"{"ruleIndex": 0}, {"rule": {"index": 1}}, {"rule": {"guid": "0000000a-0000-0000-0000-000000000000"}},
           {"ruleId": "a"}, {"rule": {"id": "b"}}, {"ruleId": "a/x/y"}, {"ruleId": "a/b", "ruleIndex": -1},
           {"ruleId": "ab"}"#,
    );
    use Severity::{High, Low, Medium};
    assert_eq!(severities(&evidence), [High, Low, High, High, Low, High, High, Medium]);
    assert_eq!(rule_ids(&evidence), ["a", "b", "a", "a", "b", "a/x/y", "a/b", "ab"]);
    assert_eq!(evidence.skipped_total, 0);
    assert!(evidence.warnings.is_empty());
}

#[test]
fn an_index_out_of_range_is_an_unknown_severity_unless_the_id_is_known() {
    let evidence = run(
        TWO_RULES,
        r#"{"ruleIndex": 2, "ruleId": "x", "level": "note"}, {"ruleIndex": 7, "ruleId": "b"},
           {"ruleIndex": 4294967295}, {"ruleIndex": -2}, {"ruleIndex": 1.5}, {"ruleIndex": "0", "ruleId": "x"},
           {"rule": {"index": 0, "toolComponent": {"index": 3}}}, {"rule": [], "level": "note"}"#,
    );
    use Severity::{Low, Unknown};
    assert_eq!(severities(&evidence), [Unknown, Low, Unknown, Unknown, Unknown, Unknown, Unknown, Unknown]);
    assert_eq!(warnings(&evidence), ["rule-index-out-of-range"]);
    assert_eq!(
        evidence.warnings[0].message,
        "the rule of a result cannot be found by its index: `x` in run 1 (`T`) (and 5 more)"
    );
    let nowhere = "the index of the rule points at no rule";
    assert_eq!(evidence.skipped.iter().filter(|s| s.reason == nowhere).count(), 6);
    assert_eq!(evidence.skipped_total, 11, "{:?}", reasons(&evidence));
}

#[test]
fn an_index_and_an_id_that_disagree_are_told_and_the_worse_rule_counts() {
    let rules = r#"{"id": "a", "shortDescription": {"text": "A"}, "defaultConfiguration": {"level": "note"}},
        {"id": "b", "shortDescription": {"text": "B"}, "defaultConfiguration": {"level": "error"}}"#;
    let evidence = run(
        rules,
        r#"{"ruleIndex": 0, "ruleId": "b"}, {"ruleIndex": 1, "ruleId": "a"}, {"ruleIndex": 0, "ruleId": "c"},
           {"ruleIndex": 1, "ruleId": "a", "level": "note"}, {"ruleIndex": 0, "ruleId": "a/1"}"#,
    );
    use Severity::{High, Low};
    assert_eq!(severities(&evidence), [High, High, Low, Low, Low]);
    let titles: Vec<_> = evidence.findings.iter().map(|f| &*f.message).collect();
    assert_eq!(titles, ["B", "A", "A", "A", "A"], "the id is what people read");
    assert_eq!(warnings(&evidence), ["rule-index-contradicts-id"]);
    assert_eq!(
        evidence.warnings[0].message,
        "the index and the id of a rule disagree: `b` in run 1 (`T`) (and 3 more)"
    );
}

#[test]
fn rules_of_extensions_are_found_by_index_guid_and_name() {
    let evidence = runs(
        r#"{"results": [
            {"ruleId": "a", "rule": {"index": 0, "toolComponent": {"index": 0}}},
            {"rule": {"id": "a", "index": 0, "toolComponent": {"guid": "AA"}}},
            {"rule": {"id": "a", "toolComponent": {"name": "pack"}}},
            {"ruleId": "a", "rule": {"toolComponent": {"index": 0}}},
            {"ruleId": "only/here"}, {"ruleId": "a", "ruleIndex": 0}],
          "tool": {"extensions": [{"name": "pack", "guid": "aa", "rules": [
                {"id": "a", "defaultConfiguration": {"level": "note"}},
                {"id": "only", "defaultConfiguration": {"level": "error"}}]}],
            "driver": {"name": "T", "rules": [{"id": "a", "defaultConfiguration": {"level": "error"}}]}}}"#,
    );
    use Severity::{High, Low};
    assert_eq!(severities(&evidence), [Low, Low, Low, Low, High, High]);
}

#[test]
fn a_repeated_id_without_index_gets_the_worst_of_its_rules() {
    let evidence = run(
        r#"{"id": "a", "defaultConfiguration": {"level": "note"}}, {"id": "a", "defaultConfiguration": {"level": "error"}}"#,
        r#"{"ruleId": "a"}, {"ruleId": "a", "ruleIndex": 0}"#,
    );
    assert_eq!(severities(&evidence), [Severity::High, Severity::Low]);
}

#[test]
fn a_broken_rule_keeps_its_place() {
    let evidence = run(
        r#"5, null, {"id": "c", "defaultConfiguration": {"level": "error"}}"#,
        r#"{"ruleIndex": 2}, {"ruleIndex": 0}, {"ruleIndex": 1}"#,
    );
    assert_eq!(severities(&evidence), [Severity::High, Severity::Unknown, Severity::Unknown]);
    assert_eq!(evidence.skipped_total, 2);
}

#[test]
fn the_level_of_the_only_invocation_overrides_the_rule() {
    let overridden = |invocations: &str, result: &str| {
        let text = format!(
            r#"{{"results": [{result}], "invocations": [{invocations}],
                "tool": {{"driver": {{"name": "T", "rules": [{TWO_RULES}]}}}}}}"#
        );
        severities(&runs(&text))[0]
    };
    let one = r#"{"executionSuccessful": true, "ruleConfigurationOverrides": [
        {"descriptor": {"id": "a"}, "configuration": {"level": "note"}},
        {"descriptor": {"index": 1}, "configuration": {"level": "error"}},
        {"descriptor": {"id": "z"}, "configuration": {"level": "error"}}]}"#;
    let other = r#"{"executionSuccessful": true}"#;
    assert_eq!(overridden(one, r#"{"ruleId": "a/1"}"#), Severity::Low);
    assert_eq!(overridden(one, r#"{"ruleId": "a", "level": "error"}"#), Severity::High);
    assert_eq!(overridden(one, r#"{"ruleId": "b"}"#), Severity::High);
    assert_eq!(overridden(one, r#"{"ruleId": "z"}"#), Severity::High, "a rule that nothing describes");
    let both = format!("{one}, {other}");
    assert_eq!(overridden(&both, r#"{"ruleId": "a"}"#), Severity::High, "which of two is not said");
    let first = r#"{"ruleId": "a", "provenance": {"invocationIndex": 0}}"#;
    assert_eq!(overridden(&both, first), Severity::Low);
}

// What does not count.

#[test]
fn suppressions_are_told_but_never_in_force() {
    let evidence = run(
        "",
        r#"{"suppressions": [{"kind": "inSource", "justification": "tests only"}]},
           {"suppressions": [{"kind": "external", "status": "accepted"}]},
           {"suppressions": []}, {"suppressions": null}, {},
           {"suppressions": [{"kind": "inSource"}, {"kind": "external", "status": "rejected"}]},
           {"suppressions": [{"kind": "external", "status": "underReview"}]},
           {"suppressions": [{"kind": "external", "status": "Accepted"}]},
           {"suppressions": [7]}, {"suppressions": "all"}"#,
    );
    let told: Vec<_> = evidence.findings.iter().map(|f| f.suppression.as_deref()).collect();
    let kept: Vec<_> = told.iter().flatten().map(|s| (&*s.reason, s.kind, s.in_force)).collect();
    assert_eq!(
        kept,
        [("tests only", SuppressionKind::Tool, false), ("external", SuppressionKind::Tool, false)]
    );
    assert!(told[..2].iter().all(Option::is_some));
    assert!(evidence.findings.iter().all(Finding::is_open), "gate decides what counts");
    assert_eq!(evidence.counts["suppressed"], 2);
    assert_eq!(evidence.counts["failing"], 8);
    assert_eq!(evidence.counts["active_levels"]["warning"], 8);
    assert_eq!(evidence.skipped_total, 3, "{:?}", reasons(&evidence));
}

#[test]
fn only_the_baseline_state_absent_is_fixed() {
    let evidence = run(
        "",
        r#"{"baselineState": "absent"}, {"baselineState": "unchanged"}, {"baselineState": "updated"},
           {"baselineState": "new"}, {"baselineState": "Absent"}"#,
    );
    let states: Vec<_> = evidence.findings.iter().map(|f| f.state).collect();
    assert_eq!(states, [State::Fixed, State::New, State::New, State::New, State::New]);
    assert_eq!(evidence.counts["failing"], 4);
    assert_eq!(evidence.skipped_total, 1);
}

// Runs that are no complete analysis.

#[test]
fn results_that_are_absent_or_null_are_not_a_clean_run() {
    for results in ["", r#""results": null,"#, r#""results": {},"#] {
        let evidence = runs(&format!(r#"{{{results} "tool": {{"driver": {{"name": "T"}}}}}}"#));
        assert_eq!(incomplete(&evidence), ["results-absent"]);
        assert_eq!(evidence.counts["runs_results_null"], 1);
    }
    let evidence = runs(
        r#"{"results": [], "tool": {"driver": {"name": "T", "rules": [{"id": "a"}]}}}, {"tool": {}}, 5"#,
    );
    assert_eq!(incomplete(&evidence), ["results-absent"]);
    assert_eq!(
        evidence.incomplete[0].message,
        "`results` is absent or null: the analysis did not happen: run 2 (``) (and 1 more)"
    );
}

#[test]
fn a_file_without_runs_is_not_a_clean_run() {
    for text in [r#"{"version": "2.1.0", "runs": []}"#, r#"{"version": "2.1.0", "runs": null}"#] {
        assert_eq!(detected(text), Some("sarif"));
        assert_eq!(incomplete(&read_as("sarif", text).unwrap()), ["no-runs"]);
    }
}

#[test]
fn a_failed_execution_is_not_complete_whatever_else_is_there() {
    let evidence = runs(
        r#"{"tool": {"driver": {"name": "T", "rules": [{"id": "a"}]}}, "results": [],
            "invocations": [{"executionSuccessful": true},
                {"executionSuccessful": false, "exitCode": 137, "exitCodeDescription": "out of memory"}]}"#,
    );
    assert_eq!(incomplete(&evidence), ["execution-failed"]);
    assert_eq!(
        evidence.incomplete[0].message,
        "the tool says that its run failed: run 1 (`T`), exit code 137, out of memory"
    );
    assert_eq!(evidence.counts["execution_failed"], 1);
}

#[test]
fn an_execution_whose_outcome_cannot_be_read_failed_and_one_that_says_nothing_is_told() {
    let invoked = |invocation: &str| {
        runs(&format!(
            r#"{{"tool": {{"driver": {{"name": "T", "rules": [{{"id": "a"}}]}}}}, "results": [],
                "invocations": {invocation}}}"#
        ))
    };
    assert_eq!(incomplete(&invoked(r#"[{"executionSuccessful": "false"}]"#)), ["execution-failed"]);
    assert_eq!(incomplete(&invoked("[12]")), ["execution-failed"]);
    let silent = invoked("[{}]");
    assert_eq!((incomplete(&silent), warnings(&silent)), (vec![], vec!["execution-unsaid"]));
    let none = invoked("null");
    assert_eq!((incomplete(&none), warnings(&none)), (vec![], vec![]), "many tools write no invocation");
}

#[test]
fn results_in_other_files_are_missing() {
    let evidence = runs(
        r#"{"tool": {"driver": {"name": "T"}}, "results": [{}],
            "externalPropertyFileReferences": {"results": [{"location": {"uri": "more.sarif"}}]}}"#,
    );
    assert_eq!(incomplete(&evidence), ["results-elsewhere"]);
    let inline = r#"{"version": "2.1.0", "runs": [], "inlineExternalProperties": [{"results": [{}]}]}"#;
    assert_eq!(incomplete(&read_as("sarif", inline).unwrap()), ["no-runs", "results-elsewhere"]);
}

#[test]
fn no_rule_and_no_result_is_told() {
    assert_eq!(warnings(&run("", "")), ["no-rules"]);
    assert!(run(r#"{"id": "a"}"#, "").warnings.is_empty());
    assert!(run("", "{}").warnings.is_empty());
}

#[test]
fn a_notification_of_an_error_is_a_finding_of_unknown_severity() {
    let evidence = runs(
        r#"{"tool": {"driver": {"name": "T", "globalMessageStrings": {"boom": {"text": "broke on {0}"}}}},
            "results": [{}], "artifacts": [{"location": {"uri": "src/bad.c"}}],
            "invocations": [{"executionSuccessful": true,
                "toolConfigurationNotifications": [{"level": "error", "message": {"id": "boom", "arguments": ["x"]}}],
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": "no"}, "locations": [
                        {"physicalLocation": {"artifactLocation": {"index": 0}, "region": {"startLine": 3}}}]},
                    {"level": "fatal", "descriptor": {"id": "F1"}},
                    {"level": "warning", "message": {"text": "Could not disable a rule"}},
                    {"level": "warning", "message": {"text": "Failed to parse src/x.c"}},
                    {"descriptor": {"id": "Syntax error"}, "message": {"text": "at 1:2"}},
                    {"level": "note", "message": {"text": "Run started, syntax errors: 0"}},
                    null, 4]}]}"#,
    );
    let failures: Vec<_> = evidence.findings.iter().filter(|f| &*f.rule == Finding::TOOL_FAILURE).collect();
    let messages: Vec<_> = failures.iter().map(|f| &*f.message).collect();
    assert_eq!(
        messages,
        [
            "broke on x",
            "no",
            "F1",
            "Failed to parse src/x.c",
            "at 1:2",
            "the tool gives no reason",
            "the tool gives no reason"
        ]
    );
    assert!(failures.iter().all(|f| f.severity == Severity::Unknown && &*f.tool == "T"));
    assert_eq!(place(failures[1]), ("src/bad.c", 3, 0, 0));
    assert!(failures[0].location.is_none());
}

#[test]
fn a_file_that_semgrep_could_not_parse_is_a_finding_at_that_file() {
    let evidence = read_fixture("sarif", "semgrep-partial-parse.sarif");
    let failure = evidence.findings.iter().find(|f| &*f.rule == Finding::TOOL_FAILURE).unwrap();
    assert_eq!(failure.severity, Severity::Unknown);
    assert_eq!(place(failure), ("broken/bad.ts", 1, 0, 0));
    assert_eq!(&*failure.tool, "Semgrep OSS");
    assert_eq!(evidence.findings.len(), 2);
}

#[test]
fn a_file_that_eslint_could_not_parse_is_a_finding_and_a_failed_run() {
    let evidence = read_fixture("sarif", "eslint-parse-error.sarif");
    assert_eq!(incomplete(&evidence), ["execution-failed"]);
    assert_eq!(rule_ids(&evidence), [Finding::TOOL_FAILURE]);
    assert_eq!(place(&evidence.findings[0]), ("/app/shop/web/broken.ts", 1, 17, 0));
    assert_eq!(&*evidence.findings[0].message, "Parsing error: Expression expected.");
}

#[test]
fn a_clean_kube_score_run_lists_no_results_and_so_proves_nothing() {
    assert_eq!(incomplete(&read_fixture("sarif", "kube-score-green.sarif")), ["results-absent"]);
}

// Where.

#[test]
fn the_first_of_several_locations_counts_and_a_result_may_have_none() {
    let evidence = run(
        "",
        r#"{"locations": [{"physicalLocation": {"artifactLocation": {"uri": "./src/a%20b.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 3, "startColumn": 5, "endLine": 4, "snippet": {"text": "x"}}}},
              {"physicalLocation": {"artifactLocation": {"uri": "other.py"}}}]},
           {"locations": []}, {}, {"locations": [{"message": {"text": "somewhere"}}]},
           {"locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 0}}}]}"#,
    );
    assert_eq!(evidence.findings.len(), 5);
    assert_eq!(place(&evidence.findings[0]), ("src/a b.py", 3, 5, 4));
    assert!(evidence.findings[1..4].iter().all(|f| f.location.is_none()));
    assert_eq!(place(&evidence.findings[4]), ("a.py", 0, 0, 0), "line 0 is not said");
    assert_eq!(evidence.skipped_total, 0);
}

#[test]
fn artifacts_and_logical_locations_are_found_by_index() {
    let evidence = runs(
        r#"{"results": [
              {"locations": [{"physicalLocation": {"artifactLocation": {"index": 1}, "region": {"startLine": 2}},
                  "logicalLocations": [{"name": "f"}]}]},
              {"locations": [{"logicalLocations": [{"index": 0}]}]},
              {"locations": [{"logicalLocations": [{"name": "g", "fullyQualifiedName": "m.g"}, {"name": "h"}]}]},
              {"locations": [{"physicalLocation": {"artifactLocation": {"index": 9}}}]}],
            "artifacts": [{"location": {"uri": "a.c"}}, {"location": {"uri": "b.c", "index": 1}}],
            "logicalLocations": [{"fullyQualifiedName": "n.f"}], "tool": {"driver": {"name": "T"}}}"#,
    );
    assert_eq!(place(&evidence.findings[0]), ("b.c", 2, 0, 0));
    let symbols: Vec<_> =
        evidence.findings.iter().map(|f| f.location.as_ref().unwrap().symbol.as_deref()).collect();
    assert_eq!(symbols, [None, Some("n.f"), Some("m.g"), None]);
    assert_eq!(place(&evidence.findings[3]), ("", 0, 0, 0));
}

#[test]
fn absolute_paths_below_a_base_become_relative_also_when_the_base_comes_last() {
    let evidence = runs(
        r#"{"results": [
              {"locations": [{"physicalLocation": {"artifactLocation": {"uri": "file:///app/shop/src/a.py"}}}]},
              {"locations": [{"physicalLocation": {"artifactLocation": {"uri": "file:///app/shop-old/a.py"}}}]},
              {"locations": [{"physicalLocation": {"artifactLocation": {"uri": "src/a.py"}}}]}],
            "tool": {"driver": {"name": "T"}},
            "originalUriBaseIds": {"%SRCROOT%": {"uri": "file:///app/shop"}, "ROOT": {"uri": "file:///"},
                "SUB": {"uri": "src/", "uriBaseId": "%SRCROOT%"}}}"#,
    );
    let paths: Vec<_> = evidence.findings.iter().map(|f| place(f).0).collect();
    assert_eq!(paths, ["src/a.py", "/app/shop-old/a.py", "src/a.py"]);
}

// What it says.

#[test]
fn messages_are_taken_from_the_rule_and_filled_in() {
    let evidence = runs(
        r#"{"results": [
              {"ruleId": "a", "message": {"id": "default", "arguments": ["MD5", "x"]}},
              {"ruleId": "a", "message": {"text": "of {0}, {{1}} and {7}", "arguments": ["MD5"]}},
              {"ruleId": "a", "message": {"text": "see [the source](1) and [docs](https://x.example/(1)) {0}"}},
              {"ruleId": "a", "message": {"id": "shared"}}, {"ruleId": "a", "message": {"id": "nowhere"}},
              {"ruleId": "a", "message": {"markdown": "**bold**"}}, {"ruleId": "a"}, {"message": "text"}],
            "tool": {"driver": {"name": "T", "globalMessageStrings": {"shared": {"text": "for all"}},
                "rules": [{"id": "a", "shortDescription": {"text": "Weak."},
                    "messageStrings": {"default": {"text": "'{0}' is weak"}}}]}}}"#,
    );
    let messages: Vec<_> = evidence.findings.iter().map(|f| &*f.message).collect();
    assert_eq!(
        messages,
        [
            "'MD5' is weak",
            "of MD5, {1} and {7}",
            "see the source and [docs](https://x.example/(1)) {0}",
            "for all",
            "Weak.",
            "**bold**",
            "Weak.",
            ""
        ]
    );
    assert_eq!(evidence.skipped_total, 1);
}

#[test]
fn details_come_from_the_rule_and_are_shared_by_its_findings() {
    let evidence = run(
        r#"{"id": "CVE-2021-44228-log4j-core", "name": "n", "shortDescription": {"text": " Log4Shell "},
            "help": {"text": "Upgrade."}, "helpUri": "https://x.example/a",
            "properties": {"tags": ["external/cwe/cwe-020", "CWE-502: Deserialization", "security", "CWE-20"]},
            "relationships": [{"target": {"id": "400", "toolComponent": {"name": "CWE", "guid": "f"}}}]},
           {"id": "plain", "name": "Only a name"}"#,
        r#"{"ruleIndex": 0}, {"ruleIndex": 0}, {"ruleIndex": 1}, {"ruleId": "GHSA-jfh8-c2jp-5v3q"}, {"ruleId": "z"}"#,
    );
    let details = evidence.findings[0].details.as_ref().unwrap();
    assert_eq!(details.title.as_deref(), Some("Log4Shell"));
    assert_eq!(details.help.as_deref(), Some("Upgrade."));
    assert_eq!(details.url.as_deref(), Some("https://x.example/a"));
    assert_eq!(details.cwe.iter().map(|c| &**c).collect::<Vec<_>>(), ["CWE-20", "CWE-400", "CWE-502"]);
    assert_eq!(&*details.aliases[0], "CVE-2021-44228");
    assert_eq!(details.tags.len(), 4);
    assert!(std::sync::Arc::ptr_eq(details, evidence.findings[1].details.as_ref().unwrap()));
    assert_eq!(evidence.findings[2].details.as_ref().unwrap().title.as_deref(), Some("Only a name"));
    assert_eq!(&*evidence.findings[3].details.as_ref().unwrap().aliases[0], "GHSA-jfh8-c2jp-5v3q");
    assert!(evidence.findings[4].details.is_none());
}

#[test]
fn help_is_cut_at_a_character() {
    let help = "é".repeat(900);
    let evidence = run(&format!(r#"{{"id": "a", "help": {{"text": "x{help}"}}}}"#), r#"{"ruleId": "a"}"#);
    let kept = evidence.findings[0].details.as_ref().unwrap().help.clone().unwrap();
    assert_eq!(kept.len(), 999);
}

#[test]
fn trivy_names_the_package_in_its_message() {
    let message = r"Package: musl\nInstalled Version: 1.1.22-r3\nVulnerability CVE-2019-14697\nSeverity: CRITICAL\nFixed Version: 1.1.22-r4\nLink: x";
    let evidence = run_of(
        "Trivy",
        r#"{"id": "CVE-2019-14697"}"#,
        &format!(
            r#"{{"ruleId": "CVE-2019-14697", "message": {{"text": "{message}"}}}},
               {{"ruleId": "CVE-2019-14697", "message": {{"text": "Package: a\nInstalled Version: 1\nFixed Version: "}}}},
               {{"ruleId": "DS-1", "message": {{"text": "{message}"}}}}"#
        ),
    );
    let packages: Vec<_> =
        evidence.findings.iter().map(|f| f.details.as_ref().and_then(|d| d.package.clone())).collect();
    let musl = packages[0].as_ref().unwrap();
    assert_eq!((&*musl.name, &*musl.version), ("musl", "1.1.22-r3"));
    assert_eq!(musl.fixed_version.as_deref(), Some("1.1.22-r4"));
    assert_eq!(packages[1].as_ref().unwrap().fixed_version, None);
    assert_eq!(packages[2], None);
    assert_eq!(&*evidence.findings[1].details.as_ref().unwrap().aliases[0], "CVE-2019-14697");
}

// Secrets.

#[test]
fn what_a_secret_scanner_found_is_kept_nowhere() {
    for driver in ["gitleaks", "Gitleaks", "TruffleHog", "detect-secrets", "ggshield", "Trivy"] {
        let evidence = runs(&format!(
            r#"{{"results": [{{"ruleId": "pat", "ruleIndex": 0, "message":
                    {{"text": "Artifact: a\nSecret PAT\nMatch: KEY=hunter2\nhunter2", "arguments": ["hunter2"]}},
                    "locations": [{{"physicalLocation": {{"artifactLocation": {{"uri": "a"}},
                        "region": {{"startLine": 1, "snippet": {{"text": "hunter2"}}}}}}}}],
                    "partialFingerprints": {{"x": "hunter2"}}}}],
                "invocations": [{{"executionSuccessful": true, "commandLine": "hunter2",
                    "toolExecutionNotifications": [{{"level": "error", "message":
                        {{"text": "Match: hunter2"}}}}]}}],
                "tool": {{"driver": {{"rules": [{{"id": "pat", "shortDescription": {{"text": "A token"}},
                    "fullDescription": {{"text": "hunter2"}},
                    "help": {{"text": "Secret PAT\nMatch: hunter2"}}}}], "name": "{driver}"}}}}}}"#
        ));
        assert_eq!(evidence.findings.len(), 2, "{driver}");
        assert!(!format!("{evidence:?}").contains("hunter2"), "{driver}: {evidence:?}");
    }
    let evidence = run_of(
        "gitleaks",
        r#"{"id": "pat", "shortDescription": {"text": "A token"}}"#,
        r#"{"ruleId": "pat", "message": {"text": "hunter2"}}, {"ruleId": "other", "message": {"text": "hunter2"}}"#,
    );
    let messages: Vec<_> = evidence.findings.iter().map(|f| &*f.message).collect();
    assert_eq!(messages, ["A token", "other"]);
}

#[test]
fn a_rule_that_quotes_the_credential_keeps_what_is_in_front_of_it() {
    for (driver, rule, text, kept) in [
        ("Bandit", "B105", "Possible hardcoded password: 'hunter2: x'", "Possible hardcoded password"),
        ("ruff", "S106", "Possible hardcoded password: `hunter2`", "Possible hardcoded password"),
        (
            "ESLint",
            "no-secrets/no-secrets",
            "Found a string with entropy 4.3 : hunter2",
            "Found a string with entropy 4.3",
        ),
        ("Semgrep OSS", "rules.secrets.pat", "The key hunter2", "rules.secrets.pat"),
        ("Bandit", "B104", "Possible binding: all interfaces", "Possible binding: all interfaces"),
    ] {
        let result = format!(r#"{{"ruleId": "{rule}", "message": {{"text": "{text}"}}}}"#);
        let evidence = run_of(driver, "", &result);
        assert_eq!(&*evidence.findings[0].message, kept);
        assert!(!format!("{evidence:?}").contains("hunter2"), "{driver}");
    }
}

#[test]
fn a_trivy_secret_keeps_what_is_above_the_match() {
    let evidence = run_of(
        "Trivy",
        "",
        r#"{"ruleId": "pat", "message": {"text": "Artifact: a\nSecret PAT\nSeverity: HIGH\nMatch: KEY=****"}}"#,
    );
    assert_eq!(&*evidence.findings[0].message, "Artifact: a\nSecret PAT\nSeverity: HIGH");
}

// The file.

#[test]
fn producers_times_and_the_revision_are_read() {
    let evidence = runs(
        r#"{"tool": {"driver": {"name": "A", "version": "1", "semanticVersion": "1.0.0"}}, "results": [],
            "versionControlProvenance": [{"repositoryUri": "https://user:pw@git.example/o/n.git",
                "revisionId": "5DA53FBB2A0AAA12D648B73984ACC9AAC2E11C2A", "branch": "main"}],
            "invocations": [{"executionSuccessful": true, "endTimeUtc": "2026-01-02T00:00:00Z"}]},
           {"tool": {"driver": {"name": "B", "version": "2"}}, "results": [],
            "invocations": [{"executionSuccessful": true, "endTimeUtc": "2026-01-01T00:00:00Z"}]},
           {"tool": {"driver": {"name": "B", "version": "2"}}, "results": []}"#,
    );
    let producers: Vec<_> = evidence.producers.iter().map(|p| (&*p.name, p.version.as_deref())).collect();
    assert_eq!(producers, [("A", Some("1.0.0")), ("B", Some("2"))]);
    assert_eq!(evidence.produced_at.unwrap().to_string(), "2026-01-02T00:00:00Z");
    assert_eq!(evidence.subject.commit.as_deref(), Some("5da53fbb2a0aaa12d648b73984acc9aac2e11c2a"));
    assert_eq!(evidence.subject.repository.as_deref(), Some("git.example/o/n"));
    assert_eq!(evidence.subject.git_ref.as_deref(), Some("refs/heads/main"));
    assert_eq!(&*evidence.format_version, "2.1.0");
    assert_eq!(evidence.counts["runs"], 3);
    assert!(evidence.kinds.is_empty(), "what a run proves depends on its producer");
}

#[test]
fn several_commits_are_no_subject_and_a_revision_may_be_none() {
    let revision = |id: &str| {
        format!(
            r#"{{"tool": {{"driver": {{"name": "A"}}}}, "results": [{{}}],
                "versionControlProvenance": [{{"repositoryUri": "git@git.example:o/n", "revisionId": "{id}"}}]}}"#
        )
    };
    let two = runs(&format!("{}, {}", revision("aaaaaaa1"), revision("aaaaaaa2")));
    assert_eq!((two.subject.commit, &*two.warnings[0].code), (None, "several-commits"));
    let same = runs(&format!("{}, {}", revision("aaaaaaa1"), revision("aaaaaaa1")));
    assert_eq!(same.subject.commit.as_deref(), Some("aaaaaaa1"));
    assert_eq!(same.subject.repository.as_deref(), Some("git.example/o/n"));
    let odd = runs(&revision("trunk@42"));
    assert_eq!((odd.subject.commit, &*odd.warnings[0].code), (None, "revision-not-a-commit"));
}

#[test]
fn a_result_that_cannot_be_read_is_a_finding_of_unknown_severity() {
    let evidence = run("", r#"12, null, {"level": "note"}"#);
    assert_eq!(severities(&evidence), [Severity::Unknown, Severity::Unknown, Severity::Low]);
    assert_eq!(
        reasons(&evidence),
        [
            "/runs/0/results/0 (line 1, column 44): expected an object, found a number",
            "/runs/0/results/1 (line 1, column 48): expected an object, found null",
        ]
    );
    assert_eq!(evidence.counts["results"], 3);
}

#[test]
fn every_run_of_a_file_is_read() {
    let one = |name: &str, results: &str| {
        format!(
            r#"{{"tool": {{"driver": {{"name": "{name}", "rules": [{{"id": "r"}}]}}}}, "results": [{results}]}}"#
        )
    };
    let evidence =
        runs(&[one("A", r#"{"ruleId": "r"}"#), one("A", ""), one("B", r#"{"ruleId": "r"}"#)].join(","));
    let tools: Vec<_> = evidence.findings.iter().map(|f| &*f.tool).collect();
    assert_eq!(tools, ["A", "B"]);
}

#[test]
fn another_version_is_refused_by_its_name() {
    for version in ["2.0.0", "2.2.0", "2.1.0-rtm.5", "1.0.0"] {
        let text = format!(
            r#"{{"$schema": "http://json.schemastore.org/sarif-{version}", "version": "{version}", "runs": []}}"#
        );
        assert_eq!(detected(&text), Some("sarif"));
        let error = read_as("sarif", &text).unwrap_err();
        assert_eq!(error.message, format!("unsupported SARIF version `{version}`"));
        assert_eq!(error.help.as_deref(), Some("have the tool write SARIF 2.1.0, or convert the file"));
    }
    let absent = read_as("sarif", r#"{"runs": []}"#).unwrap_err();
    assert_eq!(absent.message, "`version` is absent, expected `2.1.0`");
    let schema = r#"{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": []}"#;
    assert_eq!(warnings(&read_as("sarif", schema).unwrap()), ["version-absent"]);
}

#[test]
fn a_file_is_recognised_by_its_content_in_any_order_of_keys() {
    let results = "{},".repeat(400_000) + "{}";
    let late = format!(
        r#"{{"runs": [{{"results": [{results}], "tool": {{"driver": {{"name": "T"}}}}}}], "version": "2.1.0"}}"#
    );
    assert_eq!(detected(&late), Some("sarif"), "the version comes after the first megabyte");
    assert_eq!(read_as("sarif", &late).unwrap().counts["results"], 400_001);
    assert_eq!(detected(r#"{"$schema": "https://x.example/SARIF-2.1.0.json", "runs": []}"#), Some("sarif"));
}

#[test]
fn files_that_look_alike_are_not_sarif() {
    for text in [
        r#"{"version": "2.1.0", "results": []}"#,
        r#"{"version": "1.4", "runs": []}"#,
        r#"{"name": "action", "runs": {"using": "node20"}}"#,
        r#"{"version": 2.1, "runs": []}"#,
        r#"[{"version": "2.1.0", "runs": []}]"#,
    ] {
        assert_eq!(detected(text), None, "{text}");
    }
}

#[test]
fn a_cut_off_file_is_an_error_at_any_byte() {
    let path = super::fixtures("sarif").join("semgrep-partial-parse.sarif");
    let text = std::fs::read_to_string(path).unwrap();
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        assert!(read_as("sarif", text.get(..end).unwrap()).is_err(), "cut at byte {end}");
    }
}

#[test]
fn malformed_json_is_an_error() {
    for text in [
        r#"{"version": "2.1.0", "runs": [],}"#,
        r#"{"version": "2.1.0", "runs": []} x"#,
        "{\"version\": \"2.1.0\", \"runs\": [{\"results\": [{\"message\": {\"text\": \"a\u{1}\"}}]}]}",
        r#"{"version": "2.1.0", "runs": [], "runs": []}"#,
        "[]",
    ] {
        assert!(read_as("sarif", text).is_err(), "{text}");
    }
}

#[test]
fn real_reports_say_what_their_tools_found() {
    let semgrep = read_fixture("sarif", "semgrep-red.sarif");
    let high = semgrep.findings.iter().filter(|f| f.severity == Severity::High).count();
    assert_eq!(high, 5, "the level is on the rule, which is found by its id");
    assert_eq!(&*semgrep.findings[0].details.as_ref().unwrap().cwe[0], "CWE-327");

    let trivy = read_fixture("sarif", "trivy-red.sarif");
    let critical = trivy.findings.iter().filter(|f| f.severity == Severity::Critical).count();
    assert_eq!(critical, 1, "trivy writes `error` for critical too");

    let gitleaks = read_fixture("sarif", "gitleaks-red.sarif");
    assert!(gitleaks.findings.iter().all(|f| !f.message.contains("ghp_")));

    let gosec = read_fixture("sarif", "gosec-red.sarif");
    assert!(gosec.findings.iter().all(|f| !f.details.as_ref().unwrap().cwe.is_empty()));

    let flake8 = read_fixture("sarif", "flake8-red.sarif");
    assert_eq!(place(&flake8.findings[0]), ("shop/app.py", 15, 101, 15));

    let jscpd = read_fixture("sarif", "jscpd-red.json");
    assert_eq!(jscpd.findings.iter().filter(|f| f.location.is_none()).count(), 1);

    let bandit = read_fixture("sarif", "bandit-red.sarif");
    assert_eq!(bandit.produced_at.unwrap().to_string(), "2026-11-21T07:47:38Z");
    assert_eq!(bandit.producers[0].version.as_deref(), Some("1.9.4"));

    for green in ["bandit", "semgrep", "trivy", "eslint", "ruff", "hadolint", "spotbugs", "pmd", "gosec"] {
        let evidence = read_fixture("sarif", &format!("{green}-green.sarif"));
        assert!(evidence.findings.is_empty() && evidence.incomplete.is_empty(), "{green}");
    }
}

#[test]
fn no_real_report_has_an_element_that_is_skipped() {
    for entry in std::fs::read_dir(super::fixtures("sarif")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if name != "SOURCE.tsv" {
            let evidence = read_fixture("sarif", &name);
            assert_eq!(evidence.skipped_total, 0, "{name}: {:?}", reasons(&evidence));
        }
    }
}

#[test]
fn a_run_without_tool_rules_and_results_is_incomplete() {
    assert_eq!(incomplete(&runs(r#"{"tool": {"driver": {}}, "results": []}"#)), ["no-tool"]);
    assert!(incomplete(&runs(r#"{"tool": {"driver": {"name": "x"}}, "results": []}"#)).is_empty());
}

#[test]
fn an_exit_code_speaks_where_the_success_is_not_said() {
    let with = |invocation: &str| {
        runs(&format!(
            r#"{{"tool": {{"driver": {{"name": "x"}}}}, "invocations": [{invocation}], "results": []}}"#
        ))
    };
    assert_eq!(incomplete(&with(r#"{"exitCode": 2}"#)), ["execution-failed"]);
    assert!(incomplete(&with(r#"{"exitCode": 0}"#)).is_empty());
    assert!(incomplete(&with(r#"{"exitCode": 1, "executionSuccessful": true}"#)).is_empty());
}
