//! Cases 45 to 52: policies that say nothing, or something else than was meant.

use serde_json::Value;

use super::{alone, folder, green};
use crate::cli::decide;

/// Decides about good evidence by a module of the gate security.
fn judged(module: &str) -> (i32, Value) {
    let folder = folder(&[("p.rego", module.as_bytes())]);
    decide(folder.path(), &[&green("bandit.json"), "--gate", "security", "--policy", "p.rego"])
}

fn refused(module: &str) -> Value {
    let (code, decision) = judged(module);
    assert_eq!(code, 2, "{module}: {}", decision["reason"]);
    decision["errors"][0].clone()
}

/// Case 45.
#[test]
fn no_policy_at_all_is_an_error() {
    let folder = folder(&[("empty/readme.txt", b"none here"), ("other/a.rego", b"package mine\n\nx := 1\n")]);
    let bandit = green("bandit.json");
    for policy in [
        &["--policy", "empty"][..],
        &["--policy", "absent"],
        &["--no-shipped-policies"],
        &["--no-shipped-policies", "--policy", "other"],
    ] {
        let (code, decision) =
            decide(folder.path(), &[&[bandit.as_str(), "--gate", "security"], policy].concat());
        assert_eq!(code, 2, "{policy:?}: {}", decision["reason"]);
    }
}

/// Case 46.
#[test]
fn a_misspelt_package_or_rule_is_an_error_with_the_nearest_name() {
    let error = refused("package gate.secuirty\n\ndeny contains \"x\" if true\n");
    assert!(error["help"].as_str().unwrap().contains("gate.security"), "{error}");
    refused("package gate.security.nested\n\ndeny contains \"x\" if true\n");
    refused("package main\n\ndeny contains \"x\" if true\n");
    refused("package gate\n\nviolation contains \"x\" if true\n");
    let helper = "package gate.security.helpers\n\ndeny contains \"x\" if input.findings.total >= 0\n";
    let user = "package gate.security\n\nimport data.gate.security.helpers\n\ndeny contains x if some x in helpers.deny\n";
    let folder = folder(&[("p/a.rego", helper.as_bytes()), ("p/b.rego", user.as_bytes())]);
    let (code, _) = decide(folder.path(), &[&green("bandit.json"), "--gate", "security", "--policy", "p"]);
    assert_eq!(code, 1, "what another module refers to is asked");
    for name in ["denny", "dney", "denied", "Deny", "warnings"] {
        refused(&format!("package gate.security\n\n{name} contains \"x\" if true\n"));
    }
}

/// Case 47.
#[test]
fn an_entry_rule_that_is_undefined_or_no_set_is_an_error() {
    for rule in [
        "deny := \"true\"",
        "deny if input.findings.total >= 0",
        "deny if input.findings.total < 0",
        "deny := input.now if input.findings.total >= 0",
        "allow := \"true\"",
        "default deny := false",
        "deny := {\"a\": 1}",
    ] {
        refused(&format!("package gate.security\n\n{rule}\n"));
    }
    // Undefined, with nothing beside it that defines it.
    let folder =
        folder(&[("p.rego", b"package gate.security\n\ndeny := {\"x\"} if input.findings.total < 0\n")]);
    let arguments =
        [&green("bandit.json"), "--gate", "security", "--no-shipped-policies", "--policy", "p.rego"];
    assert_eq!(decide(folder.path(), &arguments).0, 2);
}

/// Case 48.
#[test]
fn a_misspelt_field_of_the_input_is_an_error_with_its_place() {
    let error = refused(
        "package gate.security\n\ndeny contains \"x\" if {\n\tnot input.findings.by_severity.hihg == 0\n}\n",
    );
    assert_eq!((&error["file"], &error["line"]), (&"p.rego".into(), &4.into()), "{error}");
    assert!(error["help"].as_str().unwrap().contains("high"), "{error}");
    for field in [
        "findings.by_severity.hihg",
        "findings.by_category.secrets",
        "findings.by_category_severity.sast.hihg",
        "findings.by_category_severity[_].hihg",
        "findings.by_state.old",
        "findings.tool_failures.performance",
        "evidence.kinds.security",
        "tests.by_kind.system.failed",
        "tests.all.fialed",
    ] {
        refused(&format!("package gate.security\n\ndeny contains \"x\" if input.{field} > 0\n"));
    }
}

/// Case 49. Whatever stands where a number should, the policies get a number or nothing.
#[test]
fn a_value_of_another_type_never_reaches_a_comparison() {
    let whole = std::fs::read_to_string(green("k6.json")).unwrap();
    for metric in ["\"p(95)\":", "\"rate\":", "\"fails\":", "\"passes\":"] {
        for value in ["\"0\"", "[]", "{}", "null", "true", "\"\""] {
            let (before, rest) = whole.split_once(metric).unwrap();
            let after = rest.get(rest.find([',', '}']).unwrap()..).unwrap();
            let (code, decision) =
                alone("performance", "k6.json", &format!("{before}{metric}{value}{after}"));
            // What is not about requests may be anything.
            let about = before.rsplit_once("http_req").is_some_and(|(_, since)| since.len() < 400);
            assert!(code != 0 || !about, "{metric} {value}: {}", decision["reason"]);
        }
    }
}

/// Case 50.
#[test]
fn an_error_of_a_builtin_is_an_error() {
    for body in [
        "to_number(\"9.8x\") > 7",
        "1 / 0 > 1",
        "json.unmarshal(\"{\") == 1",
        "time.parse_rfc3339_ns(\"x\") > 1",
        "regex.match(\"(\", \"x\")",
    ] {
        refused(&format!("package gate.security\n\ndeny contains \"x\" if {body}\n"));
    }
}

/// Case 51.
#[test]
fn network_clock_randomness_and_environment_are_errors_also_by_another_name() {
    for body in [
        "http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1\"}).status_code == 200",
        "opa.runtime().env.HOME == \"\"",
        "time.now_ns() > 0",
        "rand.intn(\"x\", 2) == 1",
        "uuid.rfc4122(\"x\") == \"\"",
        "count([1]) == 1 with count as http.send",
        "count([1]) == 1 with count as time.now_ns",
        "input.findings.total == 0 with time.now_ns as 5",
    ] {
        let error = refused(&format!("package gate.security\n\ndeny contains \"x\" if {body}\n"));
        assert_eq!((&error["code"], &error["line"]), (&"policy".into(), &3.into()), "{body}: {error}");
    }
}

/// Case 52.
#[test]
fn complete_rules_in_conflict_are_an_error() {
    refused(
        "package gate.security\n\nx := 1 if input.findings.total >= 0\n\nx := 2 if input.findings.total >= 0\n\ndeny contains \"x\" if x == 3\n",
    );
    refused("package gate.security\n\nf(_) := 1\n\nf(_) := 2\n\ndeny contains \"x\" if f(0) == 3\n");
}
