//! Where settings come from: flags, `conftest.toml`, and flags that do not go together.

use serde_json::json;

use super::{decision, folder};

const POLICY: &str = "package conf\n\ndeny contains \"bad\" if input.bad == data.bad\n";

#[test]
fn a_conftest_toml_alone_sets_the_conventions_and_its_settings_hold() {
    let there = folder(&[
        ("conftest.toml", "policy = \"rules\"\nnamespace = [\"conf\"]\ndata = [\"data\"]\nno-color = true\n"),
        ("rules/a.rego", POLICY),
        ("data/x.yaml", "bad: 1\n"),
        ("a.yaml", "bad: 1\n"),
    ]);
    let (found, code) = decision(there.path(), &["a.yaml"]);
    assert_eq!(code, 1, "{found:#}");
    assert!(found["gates"][0]["report"]["conventions"].as_str().unwrap().contains("conftest.toml"));
    // A flag stands above the file.
    let (_, code) = decision(there.path(), &["a.yaml", "--namespace", "main"]);
    assert_eq!(code, 2);
}

#[test]
fn a_gate_yaml_beside_a_conftest_toml_keeps_the_conventions_for_those_who_ask() {
    let there = folder(&[
        ("conftest.toml", "policy = \"rules\"\nnamespace = \"conf\"\n"),
        ("gate.yaml", "version: 1\n"),
        ("rules/a.rego", POLICY),
        ("a.yaml", "bad: 1\n"),
    ]);
    let (found, _) = decision(there.path(), &["a.yaml"]);
    assert_ne!(found["policy"]["set"], "conftest");
    let (found, _) = decision(there.path(), &["a.yaml", "-n", "conf"]);
    assert_eq!(found["policy"]["set"], "conftest");
}

#[test]
fn settings_that_are_unknown_wrong_or_not_had_are_errors_with_their_line() {
    for (text, line) in [
        ("polcy = \"rules\"\n", 1),
        ("policy = \"rules\"\nnamespace = 5\n", 2),
        ("update = [\"oci://example.org/x\"]\n", 1),
        ("capabilities = \"x.json\"\n", 1),
        ("policy = \n", 1),
        ("combine = \"yes\"\n", 1),
    ] {
        let there = folder(&[("conftest.toml", text), ("policy/a.rego", POLICY), ("a.yaml", "bad: 1\n")]);
        let (found, code) = decision(there.path(), &["a.yaml"]);
        assert_eq!(code, 2, "{text}");
        assert_eq!(found["errors"][0]["file"], "conftest.toml", "{text}");
        assert_eq!(found["errors"][0]["line"], json!(line), "{text}");
    }
}

#[test]
fn flags_that_do_not_belong_together_are_errors() {
    let there = folder(&[("policy/a.rego", POLICY), ("a.yaml", "bad: 1\n")]);
    for arguments in [
        &["a.yaml", "-n", "conf", "--gate", "security"][..],
        &["a.yaml", "-n", "conf", "--as", "bandit"],
        &["a.yaml", "--fail-on-warn"],
        &["a.yaml", "--data", "policy"],
        &["a.yaml", "--rego-version", "v0"],
        &["a.yaml", "-n", "conf", "--parser", "cue"],
        &["a.yaml", "-n", "conf", "--ignore", "("],
    ] {
        let (found, code) = decision(there.path(), arguments);
        assert_eq!(code, 2, "{arguments:?}");
        assert_eq!(found["errors"][0]["code"], "usage", "{arguments:?}");
        assert_ne!(found["errors"][0]["help"], "", "{arguments:?}");
    }
}
