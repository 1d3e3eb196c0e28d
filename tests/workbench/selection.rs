//! Includes and excludes of rules: which selector wins, what is refused, and that nothing passes for want of rules.

use gate::config::{Selectable, Selection};
use proptest::prelude::*;
use serde_json::Value;

use super::{always, project, run, write};
use crate::cli::{decide, rule};

fn counts(include: &[&str], exclude: &[&str], code: &str, terms: &[&str]) -> bool {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let mut selection = Selection::default();
    selection.extend(&texts(include), &texts(exclude));
    let collections = ["minimal".to_owned()];
    selection.excluded(Selectable { gate: "security", code, collections: &collections, terms }).is_none()
}

#[test]
fn the_more_specific_selector_wins() {
    for (include, exclude, code, terms, expected) in [
        (vec![], vec![], "SEC-001", vec![], true),
        (vec![], vec!["security"], "SEC-001", vec![], false),
        (vec!["*"], vec!["security.*"], "SEC-001", vec![], false),
        (vec!["security.SEC-001"], vec!["security"], "SEC-001", vec![], true),
        (vec!["security.SEC-001"], vec!["gate.security"], "SEC-002", vec![], false),
        (vec!["SEC-001"], vec!["security", "*", "@minimal"], "SEC-001", vec![], true),
        (vec!["@minimal"], vec![], "SEC-001", vec![], true),
        (vec!["@other"], vec![], "SEC-001", vec![], false),
        // Weights of several selectors are added up: 1 + 10 against 10.
        (vec!["*", "@minimal"], vec!["security"], "SEC-001", vec![], true),
        (vec!["@minimal"], vec!["security"], "SEC-001", vec![], false),
        (vec!["*"], vec!["security.SEC-001:CVE-1"], "SEC-001", vec!["CVE-1"], false),
        (vec!["*"], vec!["security.SEC-001:CVE-1"], "SEC-001", vec!["CVE-2"], true),
        (vec!["*"], vec!["security.SEC-001:CVE-1"], "SEC-001", vec![], true),
        (vec!["security:CVE-1"], vec!["security.SEC-001"], "SEC-001", vec!["CVE-1"], false),
        (vec!["security.SEC-001:CVE-1"], vec!["security.SEC-001"], "SEC-001", vec!["CVE-1"], true),
        (vec!["*:CVE-1"], vec!["security"], "SEC-001", vec!["CVE-1"], true),
    ] {
        assert_eq!(
            counts(&include, &exclude, code, &terms),
            expected,
            "{include:?} {exclude:?} {code} {terms:?}"
        );
    }
}

proptest! {
    #[test]
    fn another_exclude_never_brings_a_rule_back_and_another_include_never_takes_one_out(
        include in proptest::collection::vec(selector(), 0..4),
        exclude in proptest::collection::vec(selector(), 0..4),
        more in selector(),
    ) {
        let with = |list: &[&'static str]| [list, &[more]].concat();
        let before = counts(&include, &exclude, "SEC-001", &["CVE-1"]);
        prop_assert!(before || !counts(&include, &with(&exclude), "SEC-001", &["CVE-1"]));
        // The first include ends that everything counts, so it is no further one.
        if !include.is_empty() {
            prop_assert!(!before || counts(&with(&include), &exclude, "SEC-001", &["CVE-1"]));
        }
    }
}

fn selector() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "*",
        "@minimal",
        "@other",
        "security",
        "performance",
        "security.SEC-001",
        "SEC-001",
        "SEC-002",
        "security:CVE-1",
        "security.SEC-001:CVE-1",
        "*:CVE-2",
    ])
}

fn with(config: &str, modules: &[(&str, &str)]) -> (i32, Value) {
    let folder = project(modules);
    write(folder.path(), "gate.yaml", config);
    let mut arguments = vec!["reports"];
    if !modules.is_empty() {
        arguments.extend(["--policy", "policy"]);
    }
    decide(folder.path(), &arguments)
}

#[test]
fn an_excluded_rule_is_shown_with_its_selector_and_no_other_rule_changes() {
    let module = always("TEAM-001", "");
    let modules = [("policy/own.rego", module.as_str())];
    let (code, blocked) = with("version: 1\n", &modules);
    assert_eq!(code, 1);
    let (code, allowed) = with("environments:\n  development:\n    exclude: [security.TEAM-001]\n", &modules);
    assert_eq!(code, 0, "{}", allowed["reason"]);
    let excluded = rule(&allowed, "TEAM-001");
    assert_eq!(excluded["status"], "off");
    assert_eq!(excluded["note"], "excluded by `security.TEAM-001`");
    assert_eq!(excluded["excluded"][0]["selector"], "security.TEAM-001");
    let statuses = |decision: &Value| -> Vec<(Value, Value)> {
        let gates = decision["gates"].as_array().unwrap().iter();
        let rules = gates.flat_map(|gate| gate["rules"].as_array().unwrap());
        rules.filter(|r| r["code"] != "TEAM-001").map(|r| (r["code"].clone(), r["status"].clone())).collect()
    };
    assert_eq!(statuses(&blocked), statuses(&allowed));
}

#[test]
fn a_term_takes_out_single_results() {
    let module = "package gate.security

# METADATA
# title: Terms
# custom:
#   code: TEAM-001
deny contains {\"code\": \"TEAM-001\", \"msg\": term, \"term\": term} if {
	input.schema
	some term in [\"CVE-1\", \"CVE-2\"]
}
";
    let modules = [("policy/own.rego", module)];
    let (code, one) = with("exclude: [\"security.TEAM-001:CVE-1\"]\n", &modules);
    assert_eq!(code, 1);
    let rule_ = rule(&one, "TEAM-001");
    assert_eq!(rule_["verdicts"].as_array().unwrap().len(), 1);
    assert_eq!(rule_["verdicts"][0]["message"], "CVE-2");
    assert_eq!(rule_["excluded"][0]["message"], "CVE-1");
    let (code, both) = with("exclude: [\"security.TEAM-001:CVE-1\", \"TEAM-001:CVE-2\"]\n", &modules);
    assert_eq!(code, 0, "{}", both["reason"]);
    assert_eq!(rule(&both, "TEAM-001")["note"], "2 results excluded by `TEAM-001:CVE-2`");
}

#[test]
fn a_selector_that_means_no_rule_is_an_error_with_the_nearest_name() {
    for (config, message, help) in [
        ("exclude: [security.SEC-01]\n", "selector `security.SEC-01` means no rule", "`security.SEC-"),
        ("exclude: [secuirty]\n", "selector `secuirty` means no rule", "`security`"),
        ("include: [\"@minimal\"]\n", "selector `@minimal` means no rule", "custom.collections"),
        ("exclude: [EVD-001]\n", "`EVD-001` is a rule of gate itself", "evidence"),
        ("exclude: [security.EVD-003]\n", "`security.EVD-003` is a rule of gate itself", "evidence"),
        ("exclude: [\"security:\"]\n", "`security:` names no term", "colon"),
        ("environments:\n  staging:\n    exclude: [nothing]\n", "selector `nothing` means no rule", ""),
    ] {
        let (code, decision) = with(config, &[]);
        assert_eq!(code, 2, "{config}");
        let error = &decision["errors"][0];
        assert!(error["message"].as_str().unwrap().starts_with(message), "{error}");
        assert!(error["help"].as_str().unwrap().contains(help), "{error}");
        assert!(error["line"].as_u64().unwrap() > 0, "{error}");
    }
}

#[test]
fn a_gate_without_any_rule_left_is_an_error_and_never_a_pass() {
    for config in [
        "exclude: [security]\n",
        "exclude: [\"*\"]\n",
        "include: [code_quality, integration, performance, accessibility, deployment]\n",
        "environments:\n  development:\n    exclude: [security]\n",
        "environments:\n  production:\n    exclude: [security]\n",
    ] {
        let (code, decision) = with(config, &[]);
        assert_eq!(code, 2, "{config}: {}", decision["reason"]);
        let message = decision["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("without a rule in environment"), "{message}");
    }
    let (code, decision) =
        with("environments:\n  development:\n    gates: { security: off }\n    exclude: [security]\n", &[]);
    assert_eq!(code, 0, "{}", decision["reason"]);
}

#[test]
fn the_list_of_rules_shows_what_is_excluded() {
    let folder = project(&[("gate.yaml", "exclude: [SEC-001]\n")]);
    let (code, text, _) = run(folder.path(), &["rules"]);
    assert_eq!(code, 0);
    assert!(text.contains("excluded by `SEC-001`"), "{text}");
}
