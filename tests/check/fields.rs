//! Policies of gate against the schema of their input, and what can be known of them without running them.

use super::of_gate;

/// Codes and columns of lines of a body.
fn said(body: &str) -> Vec<&'static str> {
    let text = format!(
        "package gate.security\n# METADATA\n# title: t\n# custom:\n#   code: T-1\n#   remediation: r\ndeny contains {{\"code\": \"T-1\", \"msg\": \"m\"}} if {{\n{body}\n}}\n"
    );
    of_gate(&text).into_iter().map(|d| d.code).collect()
}

#[test]
fn unknown_fields_are_found_through_every_alias() {
    for body in [
        "input.findngs",
        "some f in input.findings.open\nf.sevrity == \"high\"",
        "f := input.findings.open[_]\nf.sevrity == \"high\"",
        "f = input.findings.open[_]\nf.sevrity == \"high\"",
        "every f in input.findings.open { f.sevrity == \"high\" }",
        "count([x | some x in input.findings.open; x.sevrity == \"high\"]) > 0",
        "all := [x | some x in input.findings.open]\nall[_].sevrity == \"high\"",
        "some s, n in input.findings.by_severity\ninput.findings.by_severity.hihg > n\ns",
        "input[\"findngs\"]",
    ] {
        assert!(said(body).contains(&"unknown-input-field"), "{body}: {:?}", said(body));
    }
}

#[test]
fn function_parameters_and_rules_carry_the_schema() {
    let text = "package gate.security\nimport input.findings as fs\ndeny contains {\"code\": \"T-1\"} if {\n\tsome f in list\n\tbad(f)\n\tfs.opne\n}\nlist := input.findings.open\nbad(x) if x.sevrity == \"high\"\n";
    let places: Vec<_> = of_gate(text)
        .into_iter()
        .filter(|d| d.code == "unknown-input-field")
        .map(|d| (d.span.start.line, d.help))
        .collect();
    assert_eq!(places, [(6, "did you mean `open`?".to_owned()), (9, "did you mean `severity`?".to_owned())]);
}

#[test]
fn metadata_says_what_the_input_is() {
    let block = "# METADATA\n# schemas:\n# - input: {type: object, properties: {user: {type: string}}}\n";
    for text in [format!("{block}package a\np if input.usr"), format!("package a\n{block}p if input.usr")] {
        assert_eq!(super::errors(&text), ["unknown-input-field"], "{text}");
        assert_eq!(super::errors(&text.replace("usr", "user")), Vec::<&str>::new());
    }
}

#[test]
fn known_fields_pass() {
    let body = "some f in input.findings.open\nf.severity in {\"high\", \"critical\"}\nf.line > 3\nstartswith(f.path, \"src/\")\ndata.gate.thresholds.security.max_findings >= 0\nwalk(f, [_, value])\nvalue.anything == 1";
    assert_eq!(said(body), Vec::<&str>::new());
}

#[test]
fn what_can_never_be_is_found() {
    for (body, code) in [
        ("some f in input.findings.open\nf.severity == \"HIGH\"", "wrong-word"),
        ("some f in input.findings.open\nf.severity in {\"hihg\"}", "wrong-word"),
        ("some f in input.findings.open\nf.severity == 3", "type-error"),
        ("some f in input.findings.open\nf.line < 3\nf.line > 5", "always-false"),
        ("some f in input.findings.open\nf.id == \"a\"\nf.id == \"b\"", "always-false"),
        ("false", "always-false"),
        ("1 > 2", "always-false"),
        ("data.gate.thresholds.security.max_findngs > 1", "unknown-data-path"),
        ("data.gate.lbi.x", "unknown-data-path"),
        ("time.now_ns() > 1", "not-repeatable"),
        ("http.send({}).status_code == 200", "network"),
        ("regex.match(\"(\", input.now)", "invalid-regex"),
        ("regex.match(\"\\\\d\", input.now)", "not-raw-regex"),
        ("sprintf(\"%s %s\", [1]) == \"\"", "sprintf-arguments"),
        ("walk(input, [_, a])\nwalk(input, [_, b])\na == b", "walk-repeated"),
        (
            "some f in input.findings.open\nsome c in input.components.list\nf.package == c.name",
            "big-product",
        ),
        ("count([x | some x in input.findings.open]) > 3", "count-exists"),
    ] {
        assert!(said(body).contains(&code), "{body}: {:?}", said(body));
    }
}

#[test]
fn modules_of_a_gate_are_held_to_its_conventions() {
    for (text, code) in [
        ("package gate.x\ndeny contains 1 if not unseen\nunseen if not input.now", "double-negation"),
        ("package gate.security\nallow := true", "misnamed-entry"),
        ("package gate.security\nhelp := 1", "no-entry-rule"),
        ("package gate.security\ndeny if input.now", "entry-not-a-set"),
        ("package gate.security\ndeny contains {\"code\": \"T-1\"} if input.now", "metadata-missing"),
        ("package gate.security\ndeny contains 1\nunused := 3", "unused-helper"),
        (
            "package gate.x\n# METADATA\n# custom: {code: A}\ndeny contains 1\n# METADATA\n# custom: {code: A}\ndeny contains 2",
            "duplicate-code",
        ),
        ("package gate.x_test\ntest_a if { x := 1 }", "test-without-assertion"),
        ("package gate.x_test\ntodo_test_a if input.x", "todo-test"),
        (
            "package gate.x_test\ntest_a if { count(data.gate.security.deny) == 0 with input as {\"findngs\": 1} }",
            "unknown-input-field",
        ),
        (
            "package gate.x\ndeny contains 1 if { true } \nf(x) := 1 if { x } else := 2 if { true } else := 3",
            "unreachable-else",
        ),
    ] {
        let codes: Vec<_> = of_gate(text).into_iter().map(|d| d.code).collect();
        assert!(codes.contains(&code), "{text}: {codes:?}");
    }
}

#[test]
fn a_comment_leaves_a_line_out() {
    let text = "package a\np if { # gate:ignore unused-variable\n\tx := 1 # gate:ignore unused-variable\n}\n";
    assert!(super::found(text).is_empty());
}
