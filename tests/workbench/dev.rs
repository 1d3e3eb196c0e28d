//! `gate dev`: one round over policies, tests and evidence, and another on each change.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{code, folder, write};
use crate::cli::{clean, gate, stdout};

const POLICY: &str = "package gate.security

deny contains {\"code\": \"OWN-1\", \"msg\": \"never\"} if input.findings.total < 0
";
const TEST: &str = "package own_test

import data.gate.security

test_nothing if count(security.deny) == 0 with input as {\"findings\": {\"total\": 1}}
";

#[test]
fn once_says_how_policies_tests_and_evidence_are() {
    let folder = folder(&[
        ("policies/own.rego", POLICY),
        ("policies/own_test.rego", TEST),
        ("gate.yaml", "version: 1\npolicy:\n  paths: [policies]\n"),
    ]);
    let output = gate(folder.path(), &["dev", "--once"]);
    let text = stdout(&output);
    assert_eq!(code(&output), 0, "{text}");
    assert!(text.contains("policies  ok: "), "{text}");
    assert!(text.contains("tests     1 of 1 pass"), "{text}");
    assert!(text.contains("evidence  none"), "{text}");
    assert!(!text.contains('\u{1b}'), "no screen where there is none");
}

#[test]
fn once_ends_with_the_worst_of_what_it_saw() {
    let folder = folder(&[
        ("policies/own.rego", POLICY),
        ("policies/own_test.rego", &TEST.replace("== 0", "== 1")),
        ("gate.yaml", "version: 1\npolicy:\n  paths: [policies]\n"),
    ]);
    let output = gate(folder.path(), &["dev", "--once"]);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).contains("data.own_test.test_nothing: FAIL"), "{}", stdout(&output));
    write(folder.path(), "policies/own.rego", "package gate.security\n\ndeny contains\n");
    let output = gate(folder.path(), &["dev", "--once"]);
    assert_eq!(code(&output), 2);
    assert!(stdout(&output).contains("tests     error: policies/own.rego:"), "{}", stdout(&output));
    write(folder.path(), "policies/own.rego", POLICY);
    write(folder.path(), "policies/own_test.rego", TEST);
    write(folder.path(), "empty.sarif", "{\"version\": \"2.1.0\", \"runs\": []}");
    let output = gate(folder.path(), &["dev", "--once", "--evidence", "empty.sarif"]);
    assert_ne!(code(&output), 0, "no evidence is never well: {}", stdout(&output));
}

#[test]
fn a_change_starts_another_round() {
    let folder = folder(&[("a_test.rego", "package a\n\ntest_a if false\n")]);
    let mut child = clean(
        Command::new(assert_cmd::cargo::cargo_bin!("gate")).args(["dev", "."]).current_dir(folder.path()),
    )
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let (sender, lines) = std::sync::mpsc::channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let deadline = Instant::now() + Duration::from_secs(60);
    let wait = |wanted: &str| {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match lines.recv_timeout(left) {
                Ok(line) if line.contains(wanted) => break,
                Ok(_) => {}
                Err(error) => panic!("{wanted} never came: {error}"),
            }
        }
    };
    wait("0 of 1 pass");
    wait("watching");
    write(folder.path(), "a_test.rego", "package a\n\ntest_a if true\n");
    wait("1 of 1 pass");
    child.kill().unwrap();
    let _ = child.wait();
}
