//! `gate eval`: the answers of `opa eval`, in its shapes, and queries about evidence.

use super::{code, folder, json, opa, records, stderr};
use crate::cli::{gate, root, stdout};

const POLICY: &str = "package c

p if {
	input.x == 1
	some y in [1, 2]
	y > 1
}

s contains v if some v in {3, 1, 2}

f(x) := x + 1
";

#[test]
fn answers_have_the_shape_that_opa_gives_them() {
    let folder = folder(&[
        ("c.rego", POLICY),
        ("data.json", r#"{"base": {"k": [1, null, "x"]}}"#),
        ("input.yaml", "x: 1\n"),
    ]);
    for query in [
        "data.c.p",
        "data.c.s",
        "data.base",
        "data.c.nope",
        "x := data.c.f(1); x > 1; [1, 2][i]",
        "false",
        "{3, 1, 2}",
        "1 == 2",
        "input.x",
        "some k, v in {\"a\": 1}",
        "data.base.k[i] == null",
        "{\"a\": {1, 2}}",
    ] {
        let arguments = ["eval", query, "-d", "c.rego", "-d", "data.json", "-i", "input.yaml"];
        let output = gate(folder.path(), &arguments);
        assert_eq!(code(&output), 0, "{query}: {}", stderr(&output));
        let ours = json(&output);
        let Some(theirs) = opa(folder.path(), &arguments) else { return };
        assert_eq!(ours, json(&theirs), "{query}");
    }
}

#[test]
fn every_format_prints_as_opa_does() {
    let folder = folder(&[]);
    for (format, query) in [
        ("values", "[1, {\"a\": 2}]"),
        ("bindings", "x := 1; y := \"b\""),
        ("raw", "\"plain\"; 1"),
        ("discard", "true"),
        ("pretty", "[\"a\", 1]"),
        ("pretty", "data.nothing"),
    ] {
        let arguments = ["eval", query, "--format", format];
        let ours = stdout(&gate(folder.path(), &arguments));
        let Some(theirs) = opa(folder.path(), &arguments) else { return };
        assert_eq!(ours.trim(), stdout(&theirs).trim(), "{format}: {query}");
    }
    let table = stdout(&gate(folder.path(), &["eval", "x := [1, 2][_]", "--format", "pretty"]));
    assert!(table.contains("│ x │") && table.contains("│ 2 │"), "{table}");
}

#[test]
fn exit_codes_are_those_of_opa() {
    let folder = folder(&[("broken.rego", "package a\n\np if {\n")]);
    for arguments in [
        &["eval", "data.x", "--fail"][..],
        &["eval", "true", "--fail"],
        &["eval", "false", "--fail"],
        &["eval", "data.x", "--fail-defined"],
        &["eval", "true", "--fail-defined"],
        &["eval", "data.x"],
        &["eval", "1 +"],
        &["eval", "x"],
        &["eval", "1 / 0"],
        &["eval", "1 / 0", "--strict-builtin-errors"],
        &["eval", "true", "-d", "broken.rego"],
        &["eval", "true", "-d", "nowhere"],
    ] {
        let ours = code(&gate(folder.path(), arguments));
        let Some(theirs) = opa(folder.path(), arguments) else { return };
        assert_eq!(ours, code(&theirs), "{arguments:?}");
    }
}

#[test]
fn an_error_is_told_in_json_and_never_defined() {
    let folder = folder(&[]);
    let output = gate(folder.path(), &["eval", "1 +"]);
    assert_eq!(code(&output), 2);
    let answer = json(&output);
    assert_eq!(answer["errors"][0]["code"], "rego_parse_error");
    assert_eq!(answer["errors"][0]["location"]["row"], 1);
    assert!(answer.get("result").is_none());
    for format in ["pretty", "values", "bindings", "raw", "discard"] {
        assert_eq!(code(&gate(folder.path(), &["eval", "1 +", "--format", format])), 2, "{format}");
    }
    let long =
        "count([1 | some a in numbers.range(1, 20000); some b in numbers.range(1, 20000); a + b == 0])";
    let output = gate(folder.path(), &["eval", long, "--timeout", "200ms"]);
    assert_eq!(code(&output), 2);
    assert!(json(&output).get("result").is_none());
}

#[test]
fn the_query_and_the_input_can_come_from_standard_input() {
    use std::io::Write as _;
    let ask = |arguments: &[&str], text: &str| {
        let mut child = crate::cli::clean(
            std::process::Command::new(assert_cmd::cargo::cargo_bin!("gate")).args(arguments),
        )
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        stdout(&child.wait_with_output().unwrap())
    };
    assert_eq!(ask(&["eval", "input.x", "--input", "-", "--format", "raw"], "{\"x\": \"y\"}"), "y\n");
    assert_eq!(ask(&["eval", "input.x", "-I", "--format", "raw"], "{\"x\": \"y\"}"), "y\n");
    assert_eq!(ask(&["eval", "--stdin", "--format", "raw"], "1 + 1"), "2\n");
}

#[test]
fn print_goes_to_standard_error() {
    let folder = folder(&[]);
    let output = gate(folder.path(), &["eval", "print(\"hello\"); true", "--format", "raw"]);
    assert!(stderr(&output).contains("hello"));
    assert_eq!(stdout(&output), "true true\n");
}

#[test]
fn evidence_is_asked_about_with_the_shipped_policies() {
    let evidence = "fixtures/formats/trivy/config-red.json";
    let value = |query: &str| {
        let output = gate(&root(), &["eval", query, "--evidence", evidence]);
        assert_eq!(code(&output), 0, "{query}: {}", stderr(&output));
        json(&output)["result"][0]["expressions"][0]["value"].clone()
    };
    assert_eq!(value("input.schema"), "gate.input/v1");
    let open = value("count(input.findings.open)");
    assert!(open.as_u64().unwrap() > 0, "lists are complete: {open}");
    assert_eq!(value("count(data.gate.security.deny) > 0"), true);
    assert_eq!(value("data.gate.thresholds.security.block_severity"), "high");
    let output = gate(&root(), &["eval", "input", "--evidence", "README.md"]);
    assert_eq!(code(&output), 2, "what is no evidence is no input");
}

#[test]
fn how_an_answer_came_about_is_shown() {
    let folder = folder(&[("c.rego", POLICY)]);
    let text = |how: &str| {
        stdout(&gate(
            folder.path(),
            &["eval", "data.c.p", "-d", "c.rego", "--explain", how, "--format", "pretty"],
        ))
    };
    if !records() {
        eprintln!("skipped: the engine does not record");
        return;
    }
    let fails = text("fails");
    assert!(fails.starts_with("c.rego:4: fail input.x == 1"), "{fails}");
    assert!(fails.ends_with("undefined\n"), "{fails}");
    assert!(text("full").contains("c.rego:4: "), "{}", text("full"));
    let profile =
        json(&gate(folder.path(), &["eval", "data.c.p", "-d", "c.rego", "--profile", "--coverage"]));
    assert_eq!(profile["profile"][0]["location"]["row"], 4);
    assert!(profile["coverage"]["files"]["c.rego"]["not_covered_lines"].as_u64().unwrap() > 0);
}
