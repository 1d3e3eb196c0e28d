//! `gate evaluate` over configuration files: what fails, warns, is excepted, and what must never pass in silence.

use serde_json::{Value, json};

use super::{decision, fixtures, folder, gate, said};

/// Messages of a level.
fn of(row: &Value, level: &str) -> Vec<String> {
    said(row).into_iter().filter(|(l, _)| l == level).map(|(_, message)| message).collect()
}

/// A folder with one policy and one document.
fn one(policy: &str, document: &str) -> tempfile::TempDir {
    folder(&[("policy/a.rego", policy), ("a.yaml", document)])
}

fn deny(body: &str) -> String {
    format!("package main\n\n{body}\n")
}

#[test]
fn failures_warnings_exceptions_and_successes_are_counted_per_document() {
    let (found, code) = decision(&fixtures().join("workloads"), &["workloads.yaml", "--namespace", "main"]);
    assert_eq!(code, 1);
    assert_eq!(found["outcome"], "block");
    assert_eq!(found["policy"]["set"], "conftest");
    let row = &found["gates"][0];
    assert_eq!(row["name"], "main");
    assert_eq!(row["status"], "fail");
    assert_eq!(of(row, "fail"), ["shop runs as root"]);
    assert_eq!(of(row, "warn"), ["shop has no owner", "tool has no owner"]);
    // Two rules over three documents: one failure, two warnings, one exception, the rest passed.
    assert_eq!(row["report"]["passed"], 2);
    assert_eq!(row["report"]["documents"], 3);
    assert_eq!(
        row["report"]["exceptions"],
        json!([{
            "rule": "deny_root", "path": "workloads.yaml", "document": 2, "suppressed": ["tool runs as root"],
        }])
    );
}

#[test]
fn a_finding_names_its_file_document_and_line() {
    let (found, _) = decision(&fixtures().join("workloads"), &["workloads.yaml", "--namespace", "main"]);
    let rules = found["gates"][0]["rules"].as_array().unwrap();
    let verdict = &rules.iter().find(|rule| rule["code"] == "main.deny_root").unwrap()["verdicts"][0];
    assert_eq!(verdict["items"][0]["path"], "shop/deployment.yaml");
    assert_eq!(verdict["items"][0]["line"], 7);
    assert_eq!(verdict["items"][0]["symbol"], "number 1");
    assert_eq!(verdict["items"][0]["evidence"], json!(["workloads.yaml"]));
    assert_eq!(verdict["remediation"], "set runAsNonRoot");
    assert_eq!(verdict["details"], json!({ "team": "platform" }));
}

#[test]
fn every_report_can_be_written() {
    let folder_ = fixtures().join("workloads");
    for reporter in ["terminal", "sarif", "junit", "github", "tap", "markdown", "html", "gitlab"] {
        let output = gate(&folder_, &["evaluate", "workloads.yaml", "-n", "main", "-o", reporter]);
        assert_eq!(output.status.code(), Some(1), "{reporter}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("shop runs as root"), "{reporter}: {text}");
    }
    let output = gate(&folder_, &["evaluate", "workloads.yaml", "-n", "main", "-o", "sarif"]);
    let sarif: Value = serde_json::from_slice(&output.stdout).unwrap();
    let result = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(result.iter().any(|r| {
        let place = &r["locations"][0]["physicalLocation"];
        place["artifactLocation"]["uri"] == "shop/deployment.yaml"
            && place["region"]["startLine"] == 7
            && r["message"]["text"] == "shop runs as root"
    }));
    let output = gate(&folder_, &["evaluate", "workloads.yaml", "-n", "main"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("exceptions rule deny_root"), "exceptions are shown: {text}");
}

#[test]
fn warnings_block_only_when_asked() {
    let policy = deny("warn contains \"odd\" if input.odd");
    let there = one(&policy, "odd: true\n");
    let (found, code) = decision(there.path(), &["a.yaml", "--namespace", "main"]);
    assert_eq!((code, &found["gates"][0]["status"]), (0, &json!("warn")));
    let (found, code) = decision(there.path(), &["a.yaml", "--namespace", "main", "--fail-on-warn"]);
    assert_eq!((code, &found["gates"][0]["status"]), (1, &json!("fail")));
}

#[test]
fn all_in_order_is_an_allow() {
    let there = one(&deny("deny contains \"bad\" if input.bad"), "bad: false\n");
    let (found, code) = decision(there.path(), &["a.yaml", "--namespace", "main"]);
    assert_eq!((code, &found["outcome"]), (0, &json!("allow")));
    assert_eq!(found["gates"][0]["report"]["passed"], 1);
}

#[test]
fn the_conventions_hold_by_themselves_where_only_package_main_is_there_and_the_report_says_so() {
    let there = one(&deny("deny contains \"bad\" if input.bad"), "bad: true\n");
    let (found, code) = decision(there.path(), &["a.yaml", "--policy", "policy"]);
    assert_eq!(code, 1);
    let because = found["gates"][0]["report"]["conventions"].as_str().unwrap();
    assert!(because.contains("package main"), "{because}");
}

#[test]
fn a_package_of_a_gate_beside_it_keeps_the_conventions_away() {
    let there = folder(&[
        ("policy/a.rego", "package main\n\ndeny contains \"bad\" if data.bad\n"),
        (
            "policy/b.rego",
            "package gate.security\n\ndeny contains {\"code\": \"X\", \"msg\": \"m\"} if false\n",
        ),
        ("a.yaml", "bad: true\n"),
    ]);
    let (found, code) = decision(there.path(), &["a.yaml", "--policy", "policy"]);
    assert_eq!((code, &found["outcome"]), (2, &json!("error")));
    assert!(found["reason"].as_str().unwrap().contains("would never be asked"));
}

#[test]
fn a_namespace_without_rules_is_an_error_that_names_those_there_are() {
    let there = one(&deny("deny contains \"bad\" if input.bad"), "bad: true\n");
    let (found, code) = decision(there.path(), &["a.yaml", "--namespace", "mian"]);
    assert_eq!((code, &found["outcome"]), (2, &json!("error")));
    assert_eq!(found["errors"][0]["help"], "did you mean `main`?");
    let there = one("package main\n\nallow if input.good\n", "good: true\n");
    let (_, code) = decision(there.path(), &["a.yaml", "--namespace", "main"]);
    assert_eq!(code, 2);
    let (_, code) = decision(there.path(), &["a.yaml", "--all-namespaces"]);
    assert_eq!(code, 2);
    // One that is there does not make up for one that is not.
    let there = one(&deny("deny contains \"bad\" if input.bad"), "bad: false\n");
    let (_, code) = decision(there.path(), &["a.yaml", "-n", "main", "-n", "other"]);
    assert_eq!(code, 2);
}

#[test]
fn what_conftest_takes_for_a_success_in_silence_is_an_error() {
    for policy in [
        // No sets.
        "deny if input.bad",
        "deny := \"bad\" if input.bad",
        "deny := true if input.bad",
        "deny[key] := \"bad\" if some key in [\"a\"]",
        // Neither text nor an object with text in `msg`.
        "deny contains 5 if input.bad",
        "deny contains true if input.bad",
        "deny contains [\"bad\"] if input.bad",
        "deny contains {\"message\": \"bad\"} if input.bad",
        "deny contains {\"msg\": 5} if input.bad",
        // Names that are never asked.
        "deny_ contains \"bad\" if input.bad",
        "deny__x contains \"bad\" if input.bad",
        // Broken.
        "deny contains msg if input.bad",
        "deny contains \"bad\" if input.bad == nothing.such()",
        "deny contains \"bad\" if deny",
        "deny contains",
    ] {
        let there = one(&deny(policy), "bad: true\n");
        let (found, code) = decision(there.path(), &["a.yaml", "--namespace", "main"]);
        assert_eq!((code, &found["outcome"]), (2, &json!("error")), "{policy}");
    }
}

#[test]
fn an_empty_message_fails_all_the_same() {
    let there = one(&deny("deny contains \"\" if input.bad"), "bad: true\n");
    let (found, code) = decision(there.path(), &["a.yaml", "--namespace", "main"]);
    assert_eq!(code, 1, "{found}");
}

#[test]
fn arrays_serve_as_sets() {
    let there = one(&deny("deny := [msg | input.bad; msg := \"bad\"]"), "bad: true\n");
    let (found, code) = decision(there.path(), &["a.yaml", "--namespace", "main"]);
    assert_eq!((code, of(&found["gates"][0], "fail")), (1, vec!["bad".to_owned()]));
}

#[test]
fn nothing_to_judge_is_an_error() {
    let policy = deny("deny contains \"bad\" if input.bad");
    let there =
        folder(&[("policy/a.rego", &policy), ("empty/read.me", ""), ("a.json", "[]"), ("b.yaml", "# c\n")]);
    for arguments in [
        &["empty", "-n", "main"][..],
        &["a.json", "-n", "main"],
        &["b.yaml", "-n", "main"],
        &["missing.yaml", "-n", "main"],
        &["-n", "main"],
        &["a.json", "-n", "main", "--policy", "empty"],
        &["a.json", "-n", "main", "--policy", "missing"],
        &["b.yaml", "-n", "main", "--ignore", ".*"],
    ] {
        let (found, code) = decision(there.path(), arguments);
        assert_eq!((code, &found["outcome"]), (2, &json!("error")), "{arguments:?}");
    }
}

#[test]
fn one_broken_file_among_good_ones_is_an_error() {
    let policy = deny("deny contains \"bad\" if input.bad");
    let there = folder(&[("policy/a.rego", &policy), ("d/a.yaml", "a: 1\n"), ("d/b.yaml", "a: [1\n")]);
    let (found, code) = decision(there.path(), &["d", "-n", "main"]);
    assert_eq!(code, 2);
    assert_eq!(found["errors"][0]["file"], "d/b.yaml");
    assert!(found["errors"][0]["line"].as_u64().unwrap() > 0);
}

#[test]
fn exceptions_name_rules_without_their_first_part() {
    let policy = deny(
        "deny_a contains \"a\"\nwarn_b contains \"b\"\nviolation contains \"bare\"\ndeny_c_d contains \"cd\"\n\
         exception contains [\"a\", \"\", \"c_d\"]\nexception contains [\"b\"] if input.nothing\n",
    );
    let there = one(&policy, "x: 1\n");
    let (found, code) = decision(there.path(), &["a.yaml", "--namespace", "main"]);
    let row = &found["gates"][0];
    assert_eq!(code, 0, "{row:#}");
    assert_eq!(said(row), [("warn".to_owned(), "b".to_owned())]);
    let rules: Vec<&str> =
        row["report"]["exceptions"].as_array().unwrap().iter().map(|e| e["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["deny_a", "deny_c_d", "violation"]);
    assert_eq!(row["rules"][0]["note"], "excepted in 1 document");
}

#[test]
fn combined_documents_are_one_input_with_paths() {
    let policy = deny(
        "deny contains msg if {\n\tsome file in input\n\tfile.contents.kind == \"B\"\n\tmsg := sprintf(\"%s of %d\", [file.path, count(input)])\n}",
    );
    let there = folder(&[
        ("policy/a.rego", &policy),
        ("b.yaml", "kind: B\n---\nkind: C\n"),
        ("a.json", "{\"kind\": \"A\"}"),
    ]);
    let (found, code) = decision(there.path(), &["b.yaml", "a.json", "--combine"]);
    assert_eq!(code, 1);
    assert_eq!(of(&found["gates"][0], "fail"), ["b.yaml of 3"]);
    assert_eq!(found["gates"][0]["report"]["documents"], 1);
}

#[test]
fn namespaces_are_rows_patterns_match_and_the_others_are_shown_as_not_asked() {
    let there = folder(&[
        ("policy/a.rego", "package main\n\ndeny contains \"a\"\n"),
        ("policy/b.rego", "package team.web\n\ndeny contains \"b\"\n"),
        ("policy/c.rego", "package team.db\n\nwarn contains \"c\"\n"),
        ("policy/d.rego", "package lib\n\nhelp := 1\n"),
        ("a.yaml", "x: 1\n"),
    ]);
    let status = |arguments: &[&str]| -> Vec<String> {
        let (found, _) = decision(there.path(), arguments);
        let rows = found["gates"].as_array().unwrap();
        rows.iter().map(|row| format!("{} {}", row["name"], row["status"]).replace('"', "")).collect()
    };
    assert_eq!(status(&["a.yaml", "--all-namespaces"]), ["main fail", "team.db warn", "team.web fail"]);
    assert_eq!(status(&["a.yaml", "-n", "team.*"]), ["team.db warn", "team.web fail", "main off"]);
    assert_eq!(status(&["a.yaml", "-n", "main"]), ["main fail", "team.db off", "team.web off"]);
}

#[test]
fn data_lies_below_the_folders_it_is_in() {
    let policy = deny(
        "deny contains \"port\" if input.port in data.services.ports\ndeny contains \"top\" if data.top == 1\ndeny contains \"far\" if data.far.away.top == 1",
    );
    let there = folder(&[
        ("policy/a.rego", &policy),
        ("data/services/any-name.yaml", "ports: [22]\n"),
        ("data/top.json", "{\"top\": 1}"),
        ("a.yaml", "port: 22\n"),
    ]);
    let (found, _) = decision(there.path(), &["a.yaml", "-n", "main", "--data", "data"]);
    assert_eq!(of(&found["gates"][0], "fail"), ["port", "top"]);
    let (found, _) = decision(there.path(), &["a.yaml", "-n", "main", "-d", "far.away:data/top.json"]);
    assert_eq!(of(&found["gates"][0], "fail"), ["far"]);
    let (_, code) = decision(there.path(), &["a.yaml", "-n", "main", "--data", "policy"]);
    assert_eq!(code, 2, "no data is an error");
}

#[test]
fn policies_see_the_file_that_is_judged() {
    let policy = deny(
        "deny contains data.conftest.file.name\ndeny contains msg if { endswith(data.conftest.file.dir, \"/sub\"); msg := \"dir\" }",
    );
    let there = folder(&[("policy/a.rego", &policy), ("a.yaml", "x: 1\n"), ("sub/b.yaml", "x: 1\n")]);
    let (found, _) = decision(there.path(), &["a.yaml", "sub/b.yaml", "-n", "main"]);
    assert_eq!(of(&found["gates"][0], "fail"), ["a.yaml", "b.yaml", "dir"]);
}

#[test]
fn policies_in_rego_v0_run_when_said() {
    let policy = "package main\n\ndeny[msg] {\n  input.bad\n  msg := \"bad\"\n}\n";
    let there = one(policy, "bad: true\n");
    let (found, code) = decision(there.path(), &["a.yaml", "-n", "main", "--rego-version", "v0"]);
    assert_eq!((code, of(&found["gates"][0], "fail")), (1, vec!["bad".to_owned()]), "{found:#}");
    let (_, code) = decision(there.path(), &["a.yaml", "-n", "main"]);
    assert_eq!(code, 2, "v1 is the default");
    let (_, code) = decision(there.path(), &["a.yaml", "-n", "main", "--rego-version", "v2"]);
    assert_eq!(code, 2);
}

#[test]
fn errors_of_builtins_are_undefined_unless_asked_and_the_report_says_which() {
    let policy = deny("deny contains \"bad\" if startswith(input.number, \"a\")");
    let there = one(&policy, "number: 5\n");
    let (found, code) = decision(there.path(), &["a.yaml", "-n", "main"]);
    assert_eq!((code, &found["policy"]["strict_builtin_errors"]), (0, &json!(false)));
    let (found, code) = decision(there.path(), &["a.yaml", "-n", "main", "--show-builtin-errors"]);
    assert_eq!((code, &found["policy"]["strict_builtin_errors"]), (2, &json!(true)));
}

#[test]
fn configuration_inside_of_policies_can_be_parsed() {
    let policy = deny("deny contains msg if msg := parse_config(\"ini\", \"[a]\\nb = c\").a.b");
    let there = one(&policy, "x: 1\n");
    let (found, _) = decision(there.path(), &["a.yaml", "-n", "main"]);
    assert_eq!(of(&found["gates"][0], "fail"), ["c"]);
    for broken in ["parse_config(\"nothing\", \"\")", "parse_config(\"json\", \"{\")"] {
        let there = one(&deny(&format!("deny contains \"x\" if {broken}.a")), "x: 1\n");
        assert_eq!(decision(there.path(), &["a.yaml", "-n", "main"]).1, 2, "{broken}");
    }
}

#[test]
fn policies_read_files_beside_them_and_no_others() {
    let policy = |path: &str| deny(&format!("deny contains msg if msg := parse_config_file(\"{path}\").a"));
    let there = folder(&[
        ("policy/a.rego", &policy("more/b.yaml")),
        ("policy/more/b.yaml", "a: beside\n"),
        ("secret.yaml", "a: secret\n"),
        ("a.yaml", "x: 1\n"),
    ]);
    let (found, _) = decision(there.path(), &["a.yaml", "-n", "main"]);
    assert_eq!(of(&found["gates"][0], "fail"), ["beside"]);
    for path in ["../secret.yaml", "/etc/hostname", "more/none.yaml"] {
        std::fs::write(there.path().join("policy/a.rego"), policy(path)).unwrap();
        let (found, code) = decision(there.path(), &["a.yaml", "-n", "main"]);
        assert_eq!(code, 2, "{path}");
        assert!(found["reason"].as_str().unwrap().contains("cannot be had"), "{found:#}");
    }
    // What is judged may be read as well.
    std::fs::write(there.path().join("policy/a.rego"), policy("../secret.yaml")).unwrap();
    let (found, _) = decision(there.path(), &["secret.yaml", "-n", "main"]);
    assert_eq!(of(&found["gates"][0], "fail"), ["secret"]);
    let combined = deny(
        "deny contains msg if { some f in parse_combined_config_files([\"more/b.yaml\"]); msg := sprintf(\"%s %s\", [f.path, f.contents.a]) }",
    );
    std::fs::write(there.path().join("policy/a.rego"), combined).unwrap();
    let (found, _) = decision(there.path(), &["a.yaml", "-n", "main"]);
    assert_eq!(of(&found["gates"][0], "fail"), ["more/b.yaml beside"]);
}

#[test]
fn policies_that_do_not_end_are_stopped_and_nothing_is_allowed() {
    let policy = deny(
        "deny contains \"x\" if count([1 | some a in numbers.range(1, 9999); some b in numbers.range(1, 9999); a + b == 0]) > 0",
    );
    let there = folder(&[
        ("policy/a.rego", &policy),
        ("a.yaml", "x: 1\n"),
        ("gate.yaml", "version: 1\npolicy:\n  timeout: 1s\n"),
    ]);
    let (found, code) = decision(there.path(), &["a.yaml", "-n", "main"]);
    assert_eq!((code, &found["errors"][0]["code"]), (2, &json!("timeout")), "{found:#}");
}

#[test]
fn standard_input_is_yaml_unless_said_otherwise() {
    let there = folder(&[("policy/a.rego", &deny("deny contains \"bad\" if input.bad == 1"))]);
    for (text, parser) in [("bad: 1\n", None), ("{\"bad\": 1}", None), ("bad = 1\n", Some("toml"))] {
        let mut command = assert_cmd::Command::cargo_bin("gate").unwrap();
        command.current_dir(there.path()).env_clear().args(["evaluate", "-", "-n", "main"]);
        if let Some(parser) = parser {
            command.args(["--parser", parser]);
        }
        let output = command.write_stdin(text).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
    }
}

#[test]
fn files_that_no_parser_reads_are_listed_in_folders_and_errors_by_name() {
    let there = folder(&[
        ("policy/a.rego", &deny("deny contains \"bad\" if input.bad")),
        ("d/a.yaml", "x: 1\n"),
        ("d/b.cue", "x: 1\n"),
        ("d/.hidden/c.json", "{\"bad\": true}"),
    ]);
    let (found, code) = decision(there.path(), &["d", "-n", "main"]);
    assert_eq!(code, 1, "hidden folders are walked");
    assert_eq!(found["ignored"], json!([{ "name": "d/b.cue", "reason": "no parser reads it" }]));
    let (found, code) = decision(there.path(), &["d/b.cue", "-n", "main"]);
    assert_eq!(code, 2);
    assert!(found["errors"][0]["help"].as_str().unwrap().contains("there are: codeowners, dockerfile"));
    let (_, code) = decision(there.path(), &["d", "-n", "main", "--ignore", "hidden"]);
    assert_eq!(code, 0);
}

#[test]
fn decisions_are_the_same_from_run_to_run() {
    let there = fixtures().join("workloads");
    let arguments = ["workloads.yaml", "-n", "main", "--now", "2026-01-31T12:00:00Z"];
    assert_eq!(decision(&there, &arguments), decision(&there, &arguments));
}
