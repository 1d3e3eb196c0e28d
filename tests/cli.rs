//! The real program: arguments, exit codes, what it prints and writes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Scrubs what the surroundings of the test would add.
pub(crate) fn clean(command: &mut Command) -> &mut Command {
    for name in [
        "GITHUB_ACTIONS",
        "GITHUB_SHA",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_OUTPUT",
        "GITLAB_CI",
        "TF_BUILD",
        "CIRCLECI",
        "BUILDKITE",
        "JENKINS_URL",
        "GATE_ENVIRONMENT",
        "GATE_CONFIG",
        "GATE_CONFIG_REF",
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "COLUMNS",
    ] {
        command.env_remove(name);
    }
    command
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn gate(folder: &Path, arguments: &[&str]) -> Output {
    clean(Command::new(assert_cmd::cargo::cargo_bin!("gate")).args(arguments).current_dir(folder))
        .output()
        .unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Evaluates in a folder and returns exit code and decision, which must agree.
pub(crate) fn decide(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = gate(folder, &[&["evaluate"], arguments, &["--output", "json"]].concat());
    let code = output.status.code().expect("an exit code");
    let decision: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}{}", stdout(&output), String::from_utf8_lossy(&output.stderr)));
    let wanted = match decision["outcome"].as_str().unwrap() {
        "allow" => 0,
        "block" => 1,
        _ => 2,
    };
    assert_eq!(code, wanted, "exit code and outcome agree");
    assert_eq!(decision["allowed"], code == 0);
    (code, decision)
}

/// The rule of a gate in a decision.
pub(crate) fn rule<'a>(decision: &'a Value, code: &str) -> &'a Value {
    decision["gates"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|gate| gate["rules"].as_array().unwrap())
        .find(|rule| rule["code"] == code)
        .unwrap_or_else(|| panic!("no rule {code}"))
}

fn gate_status<'a>(decision: &'a Value, name: &str) -> &'a str {
    decision["gates"].as_array().unwrap().iter().find(|g| g["name"] == name).unwrap()["status"]
        .as_str()
        .unwrap()
}

#[test]
fn the_red_pipeline_blocks_in_every_row_for_the_right_reasons() {
    let (code, decision) = decide(&root(), &["fixtures/pipeline/red"]);
    assert_eq!(code, 1, "{}", decision["reason"]);
    for (gate, codes) in [
        ("code_quality", &["CQ-101", "CQ-201", "CQ-202"][..]),
        ("security", &["SEC-001", "SEC-003"]),
        ("performance", &["PERF-003", "PERF-004", "PERF-006"]),
        ("accessibility", &["A11Y-001", "A11Y-002"]),
        ("integration", &["INT-001"]),
        ("deployment", &["DEP-001", "DEP-002"]),
    ] {
        assert_eq!(gate_status(&decision, gate), "fail", "{gate}");
        for code in codes {
            assert_eq!(rule(&decision, code)["status"], "fail", "{code}");
        }
    }
    assert!(
        decision["reason"].as_str().unwrap().starts_with("code_quality: "),
        "the first failing gate is named first"
    );
}

#[test]
fn the_green_pipeline_is_allowed_in_every_environment() {
    for environment in ["development", "staging", "production"] {
        let (code, decision) = decide(
            &root(),
            &["fixtures/pipeline/green", "--environment", environment, "--now", "2026-11-22T12:00:00Z"],
        );
        assert_eq!(code, 0, "{environment}: {}", decision["reason"]);
        for gate in decision["gates"].as_array().unwrap() {
            assert!(matches!(gate["status"].as_str().unwrap(), "pass" | "warn"), "{environment}: {gate:#}");
        }
    }
}

#[test]
fn the_same_evidence_gives_the_same_bytes_whatever_the_order_of_arguments() {
    let folder = root().join("fixtures/pipeline/red");
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_file() && !p.ends_with("SOURCE.tsv"))
        .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let run = |files: &[String]| {
        let mut arguments =
            vec!["evaluate", "--now", "2026-11-22T12:00:00Z", "-o", "json", "--commit", "1111111"];
        arguments.extend(files.iter().map(String::as_str));
        gate(&folder, &arguments).stdout
    };
    let first = run(&files);
    files.reverse();
    assert!(first == run(&files), "reversed");
    files.rotate_left(3);
    assert!(first == run(&files), "rotated");
}

#[test]
fn evidence_that_is_missing_blocks_and_the_remedy_names_the_ways_on() {
    let (code, decision) = decide(&root(), &["fixtures/pipeline/green/coverage.xml"]);
    assert_eq!(code, 1);
    assert_eq!(rule(&decision, "EVD-001")["status"], "pass", "code quality has its coverage");
    let remedy = decision["remedy"].as_array().unwrap();
    assert_eq!(remedy.len(), 3, "{remedy:?}");
    let (code, decision) =
        decide(&root(), &["fixtures/pipeline/green/coverage.xml", "--gate", "code_quality"]);
    assert_eq!((code, &decision["partial"]), (0, &Value::Bool(true)));
}

#[test]
fn a_gate_that_was_asked_and_has_no_evidence_is_no_allow() {
    let (code, _) = decide(&root(), &["fixtures/pipeline/green/coverage.xml", "--gate", "performance"]);
    assert_eq!(code, 1);
}

#[test]
fn nothing_at_all_is_no_allow() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _) = decide(folder.path(), &["."]);
    assert_eq!(code, 1, "an empty folder holds no evidence");
    let (code, decision) = decide(folder.path(), &[]);
    assert_eq!(code, 2);
    assert_eq!(decision["errors"][0]["code"], "usage");
    let (code, _) = decide(folder.path(), &["absent.xml"]);
    assert_eq!(code, 2);
    let (code, decision) = decide(folder.path(), &["*.xml"]);
    assert_eq!(code, 2);
    assert!(decision["reason"].as_str().unwrap().contains("matches no file"));
}

#[test]
fn unknown_names_are_errors_with_the_nearest_one() {
    let green = "fixtures/pipeline/green";
    for (arguments, near) in [
        (&[green, "--environment", "prodution"][..], "production"),
        (&[green, "--gate", "secuirty"], "security"),
        (&["fixtures/pipeline/green/coverage.xml", "--as", "cobertra"], "cobertura"),
    ] {
        let output = gate(&root(), &[&["evaluate"], arguments].concat());
        let text = format!("{}{}", stdout(&output), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(near), "{text}");
    }
    let output = gate(&root(), &["evaluate", green, "--output", "jsno"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `json`"));
}

#[test]
fn usage_errors_exit_2_and_help_exits_0() {
    assert_eq!(gate(&root(), &["evaluate", "--no-such-flag"]).status.code(), Some(2));
    assert_eq!(gate(&root(), &[]).status.code(), Some(2));
    assert_eq!(gate(&root(), &["--help"]).status.code(), Some(0));
    assert_eq!(gate(&root(), &["evaluate", "--help"]).status.code(), Some(0));
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_although_the_decision_is_allow() {
    let output =
        gate(&root(), &["evaluate", "fixtures/pipeline/green", "--quiet", "-o", "json=/proc/nowhere/x.json"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_reader_that_leaves_does_not_change_the_exit_code() {
    let mut child = clean(
        Command::new(assert_cmd::cargo::cargo_bin!("gate")).args(["evaluate", "fixtures/pipeline/red"]),
    )
    .current_dir(root())
    .stdout(Stdio::piped())
    .stderr(Stdio::null())
    .spawn()
    .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn in_github_actions_annotations_summary_and_outputs_are_written_by_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let (summary, outputs) = (folder.path().join("summary.md"), folder.path().join("output"));
    let output = clean(
        Command::new(assert_cmd::cargo::cargo_bin!("gate")).args(["evaluate", "fixtures/pipeline/red"]),
    )
    .current_dir(root())
    .env("GITHUB_ACTIONS", "true")
    .env("GITHUB_STEP_SUMMARY", &summary)
    .env("GITHUB_OUTPUT", &outputs)
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.lines().any(|line| line.starts_with("::error ")), "{text}");
    assert!(text.lines().filter(|line| line.starts_with("::error ")).count() <= 10);
    assert!(std::fs::read_to_string(summary).unwrap().contains("security"));
    assert!(std::fs::read_to_string(outputs).unwrap().contains("outcome=block"));
}

#[test]
fn in_gitlab_the_code_quality_report_is_written_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let red = root().join("fixtures/pipeline/red");
    let output = clean(Command::new(assert_cmd::cargo::cargo_bin!("gate")).arg("evaluate").arg(&red))
        .current_dir(folder.path())
        .env("GITLAB_CI", "true")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report = std::fs::read_to_string(folder.path().join("gl-code-quality-report.json")).unwrap();
    assert!(serde_json::from_str::<Value>(&report).unwrap().as_array().unwrap().len() > 5);
}

#[test]
fn quiet_prints_nothing() {
    let output = gate(&root(), &["evaluate", "fixtures/pipeline/red", "--quiet"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
}

#[test]
fn standard_input_is_evidence() {
    use std::io::Write as _;
    let mut child = clean(
        Command::new(assert_cmd::cargo::cargo_bin!("gate"))
            .args(["evaluate", "-", "--as", "bandit", "--gate", "security", "-o", "json"]),
    )
    .current_dir(root())
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let report = std::fs::read(root().join("fixtures/formats/bandit/red.json")).unwrap();
    child.stdin.take().unwrap().write_all(&report).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let decision: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(decision["evidence"][0]["name"], "-");
}

#[test]
fn init_writes_a_file_that_works_and_never_overwrites_one() {
    let folder = tempfile::tempdir().unwrap();
    let green = root().join("fixtures/pipeline/green");
    let reports = folder.path().join("reports");
    std::fs::create_dir(&reports).unwrap();
    for entry in std::fs::read_dir(green).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()) {
        std::fs::copy(&entry, reports.join(entry.file_name().unwrap())).unwrap();
    }
    let output = gate(folder.path(), &["init", "reports"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let (code, decision) = decide(folder.path(), &[]);
    assert_eq!(code, 0, "{}", decision["reason"]);
    assert_eq!(gate(folder.path(), &["init", "reports"]).status.code(), Some(2));
    assert_eq!(gate(folder.path(), &["init", "reports", "--force"]).status.code(), Some(0));
}

#[test]
fn inspect_tells_what_was_read_and_exits_2_when_something_was_not() {
    let output = gate(&root(), &["inspect", "fixtures/formats/bandit/red.json", "--output", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema"], "gate.inspect/v1");
    assert_eq!(report["files"][0]["counts"]["results"], 16);
    let schema: Value = serde_json::from_str(&gate::schemas::text("inspect").unwrap()).unwrap();
    jsonschema::validate(&schema, &report).unwrap();
    let output = gate(&root(), &["inspect", "README.md", "--output", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["files"][0]["error"]["message"], "no format recognises this file");
}

#[test]
fn the_decision_holds_to_its_schema() {
    let schema: Value = serde_json::from_str(&gate::schemas::text("decision").unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for path in ["fixtures/pipeline/red", "fixtures/pipeline/green", "README.md"] {
        let (_, decision) = decide(&root(), &[path]);
        validator.validate(&decision).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
}

#[test]
fn rules_formats_schema_completions_and_man_print() {
    for (arguments, word) in [
        (&["rules"][..], "SEC-001"),
        (&["rules", "--environment", "production", "--output", "json"], "\"SEC-001\""),
        (&["formats"], "cobertura"),
        (&["formats", "--output", "json"], "\"cobertura\""),
        (&["schema", "policy-input"], "gate policy input"),
        (&["completions", "bash"], "_gate"),
        (&["man"], ".TH gate"),
    ] {
        let output = gate(&root(), arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(stdout(&output).contains(word), "{arguments:?}");
    }
}

#[test]
fn a_policy_of_ones_own_judges_and_its_error_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let green = root().join("fixtures/pipeline/green").to_string_lossy().into_owned();
    let policy = folder.path().join("p.rego");
    let write = |text: &str| std::fs::write(&policy, text).unwrap();
    let run = || decide(folder.path(), &[&green, "--policy", "p.rego"]);
    write(
        "package gate.security\n\ndeny contains {\"code\": \"T-1\", \"msg\": \"no\"} if input.findings.total >= 0\n",
    );
    let (code, decision) = run();
    assert_eq!(code, 1);
    assert_eq!(rule(&decision, "T-1")["verdicts"][0]["message"], "no");
    write("package gate.security\n\ndeny contains \"x\" if {\n\tinput.findings.opne > 1\n}\n");
    let (code, decision) = run();
    assert_eq!(code, 2);
    assert_eq!((&decision["errors"][0]["line"], &decision["errors"][0]["column"]), (&4.into(), &2.into()));
    write("package gate.security\n\nx(n) := y(n)\n\ny(n) := x(n)\n\ndeny contains \"x\" if x(1) == 1\n");
    assert_eq!(run().0, 2);
    write("package gate.security\n\ndeny contains \"x\" if count(numbers.range(1, 1000000000000)) > 0\n");
    let (code, decision) = run();
    assert_eq!(code, 2, "{}", decision["reason"]);
}

#[test]
fn findings_of_a_raw_list_are_attached_by_id() {
    let folder = tempfile::tempdir().unwrap();
    let red = root().join("fixtures/pipeline/red").to_string_lossy().into_owned();
    std::fs::write(
        folder.path().join("p.rego"),
        "package gate.security\n\ndeny contains {\"code\": \"T-2\", \"msg\": f.message, \"findings\": [f.id]} if {\n\tsome f in input.findings.open\n\tf.category == \"secret\"\n}\n",
    )
    .unwrap();
    let (_, decision) = decide(folder.path(), &[&red, "--policy", "p.rego"]);
    let rule = rule(&decision, "T-2");
    assert!(!rule["verdicts"].as_array().unwrap().is_empty());
    for verdict in rule["verdicts"].as_array().unwrap() {
        assert_eq!(verdict["items_total"], 1);
        assert_eq!(verdict["items"][0]["kind"], "finding");
    }
}
