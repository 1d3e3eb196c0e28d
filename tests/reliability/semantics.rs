//! Cases 25 to 44: evidence that is well-formed and proves nothing, or something else.

use serde_json::{Value, json};

use super::{alone, beside_green, folder, green, run, sarif, warnings};
use crate::cli::{decide, rule};

/// Whether the gate security needs more than it has.
fn misses_its_scan(decision: &Value) -> bool {
    let security = decision["gates"].as_array().unwrap().iter().find(|g| g["name"] == "security").unwrap();
    security["missing_evidence"].to_string().contains("security_scan")
}

const HIGH: &str = r#"{"ruleId": "a", "level": "error", "message": {"text": "x"}}"#;

/// Case 25.
#[test]
fn required_evidence_that_is_absent_blocks_by_its_name() {
    let folder = folder(&[("gate.yaml", b"evidence:\n  - { path: \"out/*.sarif\", required: true }\n")]);
    let (code, decision) =
        decide(folder.path(), &[&green("bandit.json"), &green("coverage.xml"), &green("junit.xml")]);
    assert_eq!(code, 1);
    assert!(decision.to_string().contains("required evidence `out/*.sarif` matches no file"));
    let (code, decision) = decide(folder.path(), &["out/*.xml"]);
    assert_eq!(code, 2, "a pattern that is named is an argument that is wrong");
    assert!(decision["reason"].as_str().unwrap().contains("out/*.xml"));
}

/// Case 26.
#[test]
fn sarif_without_a_run_blocks() {
    for runs in ["[]", "null"] {
        let (code, decision) =
            alone("security", "s.sarif", &format!(r#"{{"version": "2.1.0", "runs": {runs}}}"#));
        assert_ne!(code, 0);
        assert!(code == 2 || misses_its_scan(&decision), "{runs}");
    }
    let (code, decision) = beside_green("s.sarif", r#"{"version": "2.1.0", "runs": []}"#, &[]);
    assert_eq!(code, 1, "also beside a scan that ran: {}", decision["reason"]);
}

/// Case 27. Trivy writes no invocations, which is no failed run.
#[test]
fn a_failed_execution_blocks_and_none_is_no_failure() {
    let with = |invocations: &str| {
        sarif(&format!(
            r#"{{"tool": {{"driver": {{"name": "Homemade", "rules": [{{"id": "a"}}]}}}}, "results": [] {invocations}}}"#
        ))
    };
    let (code, decision) =
        alone("security", "s.sarif", &with(r#", "invocations": [{"executionSuccessful": false}]"#));
    assert_eq!((code, &rule(&decision, "EVD-002")["status"]), (1, &"fail".into()));
    assert_eq!(alone("security", "s.sarif", &with("")).0, 0);
    let (code, decision) = alone("security", "s.sarif", &with(r#", "invocations": [{"exitCode": 0}]"#));
    assert_eq!(
        (code, warnings(&decision).len()),
        (0, 1),
        "told where the field is absent: {:?}",
        warnings(&decision)
    );
    for results in ["", r#""results": null,"#] {
        let text = sarif(&format!(r#"{{{results} "tool": {{"driver": {{"name": "Homemade"}}}}}}"#));
        assert_eq!(alone("security", "s.sarif", &text).0, 1, "results that are absent or null");
    }
}

/// Case 28. Real tools list only the rules that found something, so that it is told and left to a policy.
#[test]
fn a_run_without_rules_is_told_and_a_policy_can_refuse_it() {
    let policy =
        "package gate.security\n\ndeny contains \"no rules\" if input.evidence.warnings[\"no-rules\"] > 0\n";
    let text = run("", "");
    let folder = folder(&[("s.sarif", text.as_bytes()), ("p.rego", policy.as_bytes())]);
    let (code, decision) = decide(folder.path(), &["s.sarif", "--gate", "security"]);
    assert_eq!((code, warnings(&decision)), (0, vec!["no-rules"]));
    assert_eq!(decide(folder.path(), &["s.sarif", "--gate", "security", "--policy", "p.rego"]).0, 1);
    // Semgrep says itself which rules it had.
    let semgrep = r#"{"version": "1.0", "results": [], "errors": [{"level": "error", "message": "no rules"}], "paths": {"scanned": []}}"#;
    assert_eq!(alone("security", "s.json", semgrep).0, 1);
}

/// Case 29. Which versions are trusted is for a policy to say.
#[test]
fn a_policy_can_pin_the_version_of_a_tool() {
    let policy = "package gate.security\n\ndeny contains msg if {\n\tsome file in input.evidence.files\n\tsome producer in file.producers\n\tproducer.name == \"Homemade\"\n\tnot producer.version in {\"1.2.3\"}\n\tmsg := sprintf(\"%s: version %v\", [file.name, producer.version])\n}\n";
    for (version, wanted) in [(r#", "version": "1.2.3""#, 0), (r#", "version": "6.6.6""#, 1), ("", 1)] {
        let text = sarif(&format!(
            r#"{{"tool": {{"driver": {{"name": "Homemade", "rules": [{{"id": "a"}}]{version}}}}}, "results": []}}"#
        ));
        let folder = folder(&[("s.sarif", text.as_bytes()), ("p.rego", policy.as_bytes())]);
        let (code, decision) =
            decide(folder.path(), &["s.sarif", "--gate", "security", "--policy", "p.rego"]);
        assert_eq!(code, wanted, "{version}: {}", decision["reason"]);
    }
}

fn of_commit(commit: &str) -> String {
    sarif(&format!(
        r#"{{"tool": {{"driver": {{"name": "Homemade", "rules": [{{"id": "a"}}]}}}}, "results": [],
            "versionControlProvenance": [{{"repositoryUri": "https://e.example/a", "revisionId": "{commit}"}}]}}"#
    ))
}

/// Case 30.
#[test]
fn evidence_of_another_commit_is_no_evidence() {
    let text = of_commit("0123456789abcdef0123456789abcdef01234567");
    let folder = folder(&[("s.sarif", text.as_bytes())]);
    let judged = |commit: &str| decide(folder.path(), &["s.sarif", "--gate", "security", "--commit", commit]);
    let (code, decision) = judged("fedcba9876543210fedcba9876543210fedcba98");
    assert_eq!((code, misses_its_scan(&decision)), (1, true));
    assert_eq!(decision["evidence"][0]["subject_match"], "mismatch");
    assert_eq!(judged("0123456").0, 0);
}

/// Case 33.
#[test]
fn evidence_from_the_future_or_too_old_is_no_evidence() {
    let at = |time: &str| {
        let arguments = ["bandit.json", "--gate", "security", "--environment", "old", "--now", time];
        let folder = folder(&[
            ("gate.yaml", b"environments:\n  old:\n    extends: development\n    max_age: 24h\n    unknown_age: block\n"),
            ("bandit.json", br#"{"errors": [], "generated_at": "2026-11-22T12:00:00Z", "metrics": {"_totals": {"loc": 9}}, "results": []}"#),
            ("timeless.sarif", run(r#"{"id": "a"}"#, "").as_bytes()),
        ]);
        let timeless = decide(folder.path(), &[&["timeless.sarif"], &arguments[1..]].concat());
        assert_eq!(timeless.0, 1, "an unknown age does not do where it was said");
        decide(folder.path(), &arguments)
    };
    for (now, wanted) in [
        ("2026-11-22T12:00:00Z", 0),
        ("2026-11-22T11:56:00Z", 0),
        ("2026-11-22T11:54:00Z", 1),
        ("2026-11-23T11:59:00Z", 0),
        ("2026-11-23T12:00:02Z", 1),
    ] {
        let (code, decision) = at(now);
        assert_eq!(code, wanted, "{now}: {}", decision["reason"]);
        assert_eq!(misses_its_scan(&decision), wanted == 1);
    }
}

fn severities(decision: &Value) -> Vec<(String, u64)> {
    let all = decision["findings_by_severity"].as_array().unwrap();
    all.iter()
        .map(|s| (s["severity"].as_str().unwrap().to_owned(), s["count"].as_u64().unwrap()))
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn bandit(severity: &str) -> String {
    format!(
        r#"{{"errors": [], "generated_at": "2026-11-22T12:00:00Z", "metrics": {{}}, "results": [{{"test_id": "B1", "filename": "a.py" {severity}}}]}}"#
    )
}

/// Case 34. Case 35.
#[test]
fn a_severity_that_is_not_understood_counts_as_the_worst() {
    for word in ["\"Critcal\"", "\"\"", "null", "7", "[]", "{}", "\"СRITICAL\"", "\"critical \u{200b}\""] {
        let (code, decision) =
            alone("security", "b.json", &bandit(&format!(r#", "issue_severity": {word}"#)));
        assert_eq!((code, severities(&decision)), (1, vec![("unknown".to_owned(), 1)]), "{word}");
    }
    assert_eq!(alone("security", "b.json", &bandit("")).0, 1, "absent");
    for word in ["CRITICAL", "critical", "Critical"] {
        let (_, decision) = alone("security", "b.json", &bandit(&format!(r#", "issue_severity": "{word}""#)));
        assert_eq!(severities(&decision), [("critical".to_owned(), 1)], "{word}");
    }
    let level = |level: &str| {
        run(r#"{"id": "a"}"#, &format!(r#"{{"ruleId": "a", "level": {level}, "message": {{"text": "x"}}}}"#))
    };
    for word in ["\"Critcal\"", "\"\"", "7", "[]"] {
        let (code, decision) = alone("security", "s.sarif", &level(word));
        assert_eq!((code, severities(&decision)), (1, vec![("unknown".to_owned(), 1)]), "{word}");
    }
}

/// Case 36.
#[test]
fn the_worse_of_score_and_level_counts() {
    let note = r#"{"ruleId": "a", "level": "note", "message": {"text": "x"}}"#;
    let (code, decision) = alone(
        "security",
        "s.sarif",
        &run(r#"{"id": "a", "properties": {"security-severity": "9.8"}}"#, note),
    );
    assert_eq!((code, severities(&decision)), (1, vec![("critical".to_owned(), 1)]));
    let (code, decision) = alone(
        "security",
        "s.sarif",
        &run(r#"{"id": "a", "properties": {"security-severity": "1.0"}}"#, HIGH),
    );
    assert_eq!((code, severities(&decision)), (1, vec![("high".to_owned(), 1)]));
}

/// Case 37.
#[test]
fn a_suppression_in_a_report_is_shown_and_does_not_count() {
    let text = run(
        r#"{"id": "a"}"#,
        r#"{"ruleId": "a", "level": "error", "message": {"text": "x"}, "suppressions": [{"kind": "inSource", "status": "accepted", "justification": "trust me"}]}"#,
    );
    let (code, decision) = alone("security", "s.sarif", &text);
    assert_eq!((code, severities(&decision)), (1, vec![("high".to_owned(), 1)]));
    let folder =
        folder(&[("s.sarif", text.as_bytes()), ("gate.yaml", b"suppressions: { honour: [tool] }\n")]);
    assert_eq!(
        decide(folder.path(), &["s.sarif", "--gate", "security"]).0,
        0,
        "unless trusted configuration says so"
    );
}

/// Case 38.
#[test]
fn a_result_without_a_level_has_that_of_its_rule_else_the_default() {
    let result = r#"{"ruleId": "a", "message": {"text": "x"}}"#;
    for (rule, severity) in [
        (r#"{"id": "a", "defaultConfiguration": {"level": "error"}}"#, "high"),
        (r#"{"id": "a"}"#, "medium"),
        (r#"{"id": "b"}"#, "medium"),
    ] {
        let (_, decision) = alone("security", "s.sarif", &run(rule, result));
        assert_eq!(severities(&decision), [(severity.to_owned(), 1)], "{rule}");
    }
}

/// Case 39.
#[test]
fn a_clean_report_does_not_outweigh_another() {
    let (clean, red) = (run(r#"{"id": "a"}"#, ""), run(r#"{"id": "a"}"#, HIGH));
    let folder =
        folder(&[("a.sarif", clean.as_bytes()), ("b.sarif", red.as_bytes()), ("c.sarif", clean.as_bytes())]);
    for paths in [["a.sarif", "b.sarif", "c.sarif"], ["c.sarif", "b.sarif", "a.sarif"]] {
        let (code, decision) = decide(folder.path(), &[&paths[..], &["--gate", "security"]].concat());
        assert_eq!((code, severities(&decision)), (1, vec![("high".to_owned(), 1)]));
    }
}

/// Case 40. The coverage of changed lines is judged by rule CQ-104, which has tests beside it.
#[test]
fn coverage_of_nothing_is_not_full_coverage() {
    let text = "<coverage version=\"7\" line-rate=\"1\"><packages><package name=\"p\"><classes><class name=\"a\" filename=\"a.py\"><lines/></class></classes></package></packages></coverage>";
    let (code, decision) = alone("code_quality", "c.xml", text);
    assert_eq!(code, 1);
    assert_eq!(decision["evidence"][0]["incomplete"][0]["code"], "nothing-measured");
    assert_eq!(alone("code_quality", "t.info", "SF:a.c\nLF:0\nLH:0\nend_of_record\n").0, 1);
    let folder = folder(&[("gate.yaml", b"coverage: { critical_paths: [\"nowhere/**\"] }\n")]);
    let (code, decision) = decide(folder.path(), &[&green("coverage.xml"), "--gate", "code_quality"]);
    assert_eq!((code, &rule(&decision, "CQ-103")["status"]), (1, &"fail".into()));
}

/// Case 41.
#[test]
fn tests_that_were_all_skipped_or_are_none_are_no_tests() {
    for cases in ["", "<testcase name=\"a\"><skipped/></testcase><testcase name=\"b\"><skipped/></testcase>"]
    {
        let (code, decision) =
            alone("integration", "t.xml", &format!("<testsuite name=\"s\">{cases}</testsuite>"));
        assert_eq!(code, 1);
        assert_eq!(decision["evidence"][0]["incomplete"][0]["code"], "nothing-tested");
    }
}

/// Case 42.
#[test]
fn a_bill_of_materials_without_components_blocks() {
    for components in ["", r#", "components": []"#, r#", "components": null"#] {
        let text = format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1{components}}}"#);
        let (code, decision) = beside_green("bom.json", &text, &[]);
        assert_eq!(code, 1, "{}", decision["reason"]);
        let file = decision["evidence"].as_array().unwrap().iter().find(|e| e["name"] == "bom.json").unwrap();
        assert_eq!(file["incomplete"][0]["code"], "no-components");
    }
}

/// Case 43.
#[test]
fn a_bill_of_materials_of_another_artifact_is_no_evidence() {
    let (ours, other) = ("a".repeat(64), "b".repeat(64));
    let text = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "container", "name": "shop", "version": format!("sha256:{other}")}},
        "components": [{"type": "library", "name": "a", "version": "1"}]});
    let folder = folder(&[
        ("bom.json", text.to_string().as_bytes()),
        (
            "gate.yaml",
            b"environments:\n  x:\n    extends: development\n    gates: { security: { evidence: [sbom] } }\n",
        ),
    ]);
    let judged = |digest: &str| {
        decide(
            folder.path(),
            &["bom.json", "--gate", "security", "-e", "x", "--digest", &format!("sha256:{digest}")],
        )
    };
    let (code, decision) = judged(&ours);
    assert_eq!((code, &decision["evidence"][0]["subject_match"]), (1, &"mismatch".into()));
    let (code, decision) = judged(&other);
    assert_eq!(code, 0, "{}", decision["reason"]);
}

/// Case 44. An index that points nowhere leaves the severity unknown, and it is told.
#[test]
fn a_rule_that_is_named_by_its_index_is_found_and_one_out_of_range_is_unknown() {
    let rules = r#"{"id": "a", "defaultConfiguration": {"level": "note"}}, {"id": "b", "defaultConfiguration": {"level": "error"}}"#;
    let result = |index: i64| format!(r#"{{"ruleIndex": {index}, "message": {{"text": "x"}}}}"#);
    for (index, severity) in [(0, "low"), (1, "high"), (2, "unknown"), (999_999_999_999, "unknown")] {
        let (code, decision) = alone("security", "s.sarif", &run(rules, &result(index)));
        assert_eq!(severities(&decision), [(severity.to_owned(), 1)], "{index}");
        assert_eq!(code, i32::from(severity != "low"));
        assert_eq!(warnings(&decision).is_empty(), index < 2, "{:?}", warnings(&decision));
    }
}
