//! `gate explain`: from a stored decision to the lines, thresholds and evidence behind it.

use serde_json::Value;

use super::{code, folder, json, records, stderr};
use crate::cli::{gate, root, stdout};

/// A decision over a report of a scanner and one of coverage, with its folder.
fn decided(config: &str) -> tempfile::TempDir {
    let folder = folder(&[("gate.yaml", config)]);
    for (from, to) in [("formats/trivy/config-red.json", "trivy.json"), ("formats/lcov", "")] {
        let from = root().join("fixtures").join(from);
        if !to.is_empty() {
            std::fs::copy(from, folder.path().join(to)).unwrap();
        }
    }
    let output = gate(
        folder.path(),
        &["evaluate", "trivy.json", "--gate", "security", "-q", "--output", "json=decision.json"],
    );
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    folder
}

const CONFIG: &str = "version: 1
environments:
  development:
    thresholds:
      security:
        max_findings: 2
";

#[test]
fn without_a_rule_every_rule_has_a_line() {
    let folder = decided(CONFIG);
    let decision: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("decision.json")).unwrap()).unwrap();
    let text = stdout(&gate(folder.path(), &["explain", "decision.json"]));
    assert!(text.starts_with("block: security: "), "{text}");
    for gate in decision["gates"].as_array().unwrap() {
        for rule in gate["rules"].as_array().unwrap() {
            let code = rule["code"].as_str().unwrap();
            assert!(text.lines().any(|line| line.trim_start().starts_with(code)), "{code}: {text}");
        }
    }
    let overview = json(&gate(folder.path(), &["explain", "decision.json", "--output", "json"]));
    assert_eq!(overview["outcome"], "block");
    assert!(overview["rules"].as_array().unwrap().iter().any(|rule| rule["code"] == "SEC-001"));
}

#[test]
fn a_rule_is_explained_by_its_lines_thresholds_and_evidence() {
    let folder = decided(CONFIG);
    let text = stdout(&gate(folder.path(), &["explain", "decision.json", "sec-001"]));
    assert!(text.starts_with("SEC-001 fail: "), "{text}");
    assert!(text.contains("rule policies/gate/security/security.rego:18"), "{text}");
    assert!(text.contains("deny contains {\"code\": \"SEC-001\""), "{text}");
    assert!(text.contains("security.max_findings = 2, set in gate.yaml:6"), "{text}");
    let at = |line: &str| root().join("policies/data.json").exists() && text.contains(line);
    assert!(at("security.block_severity = \"high\", set in policies/data.json:"), "{text}");
    assert!(text.contains("deployment.yaml:5: KSV-0006"), "{text}");
    assert!(text.contains("in trivy.json"), "{text}");
    assert!(text.contains("give the evidence with --evidence"), "{text}");
    let explanation =
        json(&gate(folder.path(), &["explain", "decision.json", "security.SEC-001", "--output", "json"]));
    assert_eq!(explanation["code"], "SEC-001");
    assert_eq!(explanation["measured"][0]["limit"], 2.0);
}

#[test]
fn the_line_that_a_threshold_names_is_the_one_that_sets_it() {
    let folder = decided(CONFIG);
    let explanation =
        json(&gate(folder.path(), &["explain", "decision.json", "SEC-001", "--output", "json"]));
    let shipped = std::fs::read_to_string(root().join("policies/data.json")).unwrap();
    for threshold in explanation["thresholds"].as_array().unwrap() {
        let (path, line) = threshold["set_in"].as_str().unwrap().rsplit_once(':').unwrap();
        let text = if path == "gate.yaml" { CONFIG } else { &shipped };
        let line = text.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap();
        let key = threshold["name"].as_str().unwrap().split_once('.').unwrap().1;
        assert!(line.contains(key), "{threshold}: {line}");
    }
}

#[test]
fn a_finding_is_explained_by_the_rules_that_name_it() {
    let folder = decided(CONFIG);
    let decision: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("decision.json")).unwrap()).unwrap();
    let rules = decision["gates"][1]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["code"] == "SEC-001").unwrap();
    let item = &rule["verdicts"][0]["items"][0];
    let id = item["id"].as_str().unwrap();
    let text = stdout(&gate(folder.path(), &["explain", "decision.json", id]));
    assert!(text.starts_with(&format!("finding {id}\n")), "{text}");
    assert!(text.contains("in trivy.json\n") && text.contains("SEC-001 fail"), "{text}");
}

#[test]
fn what_there_is_not_names_what_there_is() {
    let folder = decided(CONFIG);
    let output = gate(folder.path(), &["explain", "decision.json", "SEC-01"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("did you mean `SEC-"), "{}", stderr(&output));
    for (path, says) in [("nowhere.json", "cannot read the decision"), ("trivy.json", "is no decision")] {
        let output = gate(folder.path(), &["explain", path]);
        assert_eq!(code(&output), 2, "{path}");
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
    }
}

#[test]
fn other_policies_or_evidence_than_those_of_the_decision_are_noted() {
    let folder = decided(CONFIG);
    super::write(folder.path(), "gate.yaml", &CONFIG.replace("max_findings: 2", "max_findings: 3"));
    let text = stdout(&gate(folder.path(), &["explain", "decision.json", "SEC-001"]));
    assert!(text.contains("these are not the policies of the decision"), "{text}");
    super::write(
        folder.path(),
        "other.json",
        &std::fs::read_to_string(folder.path().join("trivy.json")).unwrap().replace("KSV-0006", "KSV-0007"),
    );
    let text =
        stdout(&gate(folder.path(), &["explain", "decision.json", "SEC-001", "--evidence", "other.json"]));
    assert!(text.contains("evidence `trivy.json` of the decision is not among what was given"), "{text}");
}

#[test]
fn a_rule_that_said_nothing_is_explained_by_where_it_stopped() {
    if !records() {
        eprintln!("skipped: the engine does not record");
        return;
    }
    let folder = decided(CONFIG);
    let explanation = json(&gate(
        folder.path(),
        &["explain", "decision.json", "SEC-003", "--evidence", "trivy.json", "--output", "json"],
    ));
    assert_eq!(explanation["status"], "pass");
    let rule = &explanation["rules"][0];
    assert_eq!(rule["fired"], false, "{explanation}");
    let stopped = &rule["stopped_at"][0];
    assert_eq!(stopped["path"], "policies/gate/security/security.rego");
    assert!(stopped["text"].as_str().unwrap().contains("lib.missed"), "{explanation}");
}
