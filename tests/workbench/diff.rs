//! `gate policy diff`: which verdicts of stored decisions change, and why.

use std::path::Path;

use serde_json::Value;

use super::{always, project, run, write};

/// Records a decision of the project for each commit.
fn recorded(folder: &Path, commits: &[&str], more: &[&str]) {
    for commit in commits {
        let arguments = ["evaluate", "reports", "--now", "2026-11-22T12:00:00Z", "--quiet"];
        let arguments = [&arguments[..], &["--record", "records/a", "--commit", commit], more].concat();
        let (code, _, err) = run(folder, &arguments);
        assert_ne!(code, 2, "{err}");
    }
}

fn diff(folder: &Path, old: &str, new: &str) -> (i32, Value) {
    let (code, out, err) =
        run(folder, &["policy", "diff", old, new, "--decisions", "records", "--output", "json"]);
    (code, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")))
}

fn rule<'a>(diff: &'a Value, code: &str) -> &'a Value {
    let found = diff["rules"].as_array().unwrap().iter().find(|rule| rule["code"] == code);
    found.unwrap_or_else(|| panic!("{code} is not in {diff:#}"))
}

const COMMITS: [&str; 3] = ["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"];

#[test]
fn the_same_policies_change_nothing() {
    let folder = project(&[("policy/own.rego", &always("TEAM-001", ""))]);
    recorded(folder.path(), &COMMITS, &["--policy", "policy"]);
    let (code, same) = diff(folder.path(), "policy", "policy");
    assert_eq!(code, 0, "{same:#}");
    assert_eq!(same["decisions"], 3);
    assert_eq!(same["recorded_otherwise"], 0);
    assert_eq!(same["rules"], serde_json::json!([]));
}

#[test]
fn a_rule_that_is_added_blocks_and_one_that_is_removed_lets_through_first() {
    let folder = project(&[("policy/own.rego", &always("TEAM-001", ""))]);
    recorded(folder.path(), &COMMITS, &[]);
    let (code, added) = diff(folder.path(), "shipped", "policy");
    assert_eq!(code, 1);
    assert_eq!(added["outcomes"], serde_json::json!([{"from": "allow", "to": "block", "count": 3}]));
    assert_eq!(rule(&added, "TEAM-001")["change"], "added");
    assert_eq!(rule(&added, "TEAM-001")["verdicts"][0]["from"], "none");
    let (code, removed) = diff(folder.path(), "policy", "shipped");
    assert_eq!(code, 1);
    assert_eq!(removed["outcomes"][0], serde_json::json!({"from": "block", "to": "allow", "count": 3}));
    assert_eq!(removed["recorded_otherwise"], 3);
    let arguments = ["policy", "diff", "policy", "shipped", "--decisions", "records"];
    let (code, text, _) = run(folder.path(), &arguments);
    assert_eq!(code, 1);
    assert!(text.starts_with("block -> allow: 3 decisions  would be let through\n"), "{text}");
    assert!(text.contains("security TEAM-001 fail -> none: always"), "{text}");
}

#[test]
fn a_new_policy_may_read_lists_that_the_old_one_did_not() {
    let module = "package gate.integration

# METADATA
# title: No test at all
# custom:
#   code: TEAM-009
deny contains {\"code\": \"TEAM-009\", \"msg\": sprintf(\"%d tests\", [n])} if {
	n := count([case | some case in input.tests.cases])
	n > 0
}
";
    let folder = project(&[("policy/own.rego", module)]);
    recorded(folder.path(), &COMMITS[..1], &[]);
    let (code, added) = diff(folder.path(), "shipped", "policy");
    assert_eq!(code, 1);
    let change = &added["changes"][0]["rules"][0];
    assert_eq!(change["code"], "TEAM-009");
    assert!(change["newly"][0].as_str().unwrap().ends_with(" tests"), "{change}");
}

#[test]
fn thresholds_modes_dates_and_excludes_are_given_as_reasons() {
    let folder = project(&[
        ("policy/own.rego", &always("TEAM-001", "")),
        ("old/gate.yaml", "policy: { paths: [../policy] }\n"),
        (
            "strict/gate.yaml",
            "policy: { paths: [../policy] }\nthresholds: { code_quality: { suite_line_coverage: { unit: \"100%\" } } }\n",
        ),
        ("mild/gate.yaml", "policy: { paths: [../policy] }\nrules: { TEAM-001: warn }\n"),
        ("without/gate.yaml", "policy: { paths: [../policy] }\nexclude: [TEAM-001]\n"),
        ("later/own.rego", &always("TEAM-001", "#   effective_on: 2027-01-01\n")),
    ]);
    recorded(folder.path(), &COMMITS[..1], &["--policy", "policy"]);
    let why =
        |old: &str, new: &str, code: &str| rule(&diff(folder.path(), old, new).1, code)["why"].to_string();
    let reasons = why("old", "strict", "CQ-101");
    assert!(reasons.contains("threshold code_quality.suite_line_coverage"), "{reasons}");
    assert_eq!(why("old", "mild", "TEAM-001"), "[\"mode: enforce -> warn\"]");
    assert_eq!(why("old/gate.yaml", "without", "TEAM-001"), "[\"excluded by `TEAM-001`\"]");
    let reasons = why("policy", "later", "TEAM-001");
    assert!(reasons.contains("effective_on: none -> 2027-01-01T00:00:00Z"), "{reasons}");
    assert_eq!(diff(folder.path(), "old", "without").1["outcomes"][0]["to"], "allow");
}

#[test]
fn settings_that_shape_the_input_are_said_not_to_be_compared() {
    let folder = project(&[
        ("old/gate.yaml", "version: 1\n"),
        ("new/gate.yaml", "environments: { development: { max_age: 24h } }\n"),
    ]);
    recorded(folder.path(), &COMMITS[..1], &[]);
    let (code, diff) = diff(folder.path(), "old", "new");
    assert_eq!(code, 0);
    assert!(diff["not_compared"][0].as_str().unwrap().contains("max_age"), "{diff:#}");
}

#[test]
fn a_policy_that_breaks_is_an_error_outcome_and_never_an_allow() {
    let module = "package gate.security

# METADATA
# title: Breaks
# custom:
#   code: TEAM-001
deny contains {\"code\": \"TEAM-001\", \"msg\": \"x\"} if to_number(input.now) > 1
";
    let folder = project(&[("policy/own.rego", module)]);
    recorded(folder.path(), &COMMITS, &[]);
    let (code, broken) = diff(folder.path(), "shipped", "policy");
    assert_eq!(code, 1);
    assert_eq!(broken["outcomes"], serde_json::json!([{"from": "allow", "to": "error", "count": 3}]));
}

#[test]
fn what_cannot_be_compared_is_an_error() {
    let folder =
        project(&[("policy/own.rego", &always("TEAM-001", "")), ("bad/own.rego", "package gate.securty\n")]);
    std::fs::create_dir(folder.path().join("records")).unwrap();
    let exit =
        |old: &str, new: &str| run(folder.path(), &["policy", "diff", old, new, "--decisions", "records"]);
    let (code, _, err) = exit("shipped", "policy");
    assert!(code == 2 && err.contains("holds no record of a decision"), "{err}");
    recorded(folder.path(), &COMMITS[..2], &[]);
    assert_eq!(exit("shipped", "bad").0, 2);
    assert_eq!(exit("shipped", "nowhere").0, 2);
    assert_eq!(exit("shipped", "shipped").0, 0);
    // One damaged record among good ones: the others are compared, and the exit code says that not all were.
    let first = std::fs::read_dir(folder.path().join("records/a")).unwrap().next().unwrap().unwrap().path();
    write(&first, "input.json", "{");
    let (code, text, _) = exit("shipped", "shipped");
    assert_eq!(code, 2);
    assert!(text.contains("is no policy input") && text.contains("1 decision compared"), "{text}");
}
