//! The command: exit codes, layouts, `--fix`.

use assert_cmd::Command;
use serde_json::Value;

fn gate(folder: &std::path::Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("gate")
        .unwrap()
        .current_dir(folder)
        .arg("check")
        .args(arguments)
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn a_typo_is_shown_with_caret_and_remedy() {
    let folder = folder(&[(
        "a.rego",
        "package gate.security\n\ndeny contains f.id if {\n\tsome f in input.findngs.open\n}\n",
    )]);
    let (code, out, _) = gate(folder.path(), &[]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("error[unknown-input-field]: `input.findngs` does not exist"), "{out}");
    assert!(out.contains(" --> a.rego:4:18\n"), "{out}");
    assert!(out.contains("4 |  some f in input.findngs.open\n  |                  ^^^^^^^\n  = help: did you mean `findings`?\n"), "{out}");
}

#[test]
fn all_files_are_reported_sorted_and_syntax_errors_too() {
    let folder = folder(&[
        ("b.rego", "package b\np if q(1)\n"),
        ("a.rego", "package a\np if\n"),
        ("c.rego", "package c\np := 1\n"),
    ]);
    let (code, out, _) = gate(folder.path(), &["--output", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let codes: Vec<_> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| (d["path"].as_str().unwrap(), d["code"].as_str().unwrap()))
        .collect();
    assert_eq!(codes, [("a.rego", "syntax-error"), ("b.rego", "unknown-function")]);
    assert_eq!(code, 1);
}

#[test]
fn warnings_fail_only_when_strict() {
    let folder = folder(&[("a.rego", "package a\np if { x := 1 }\n")]);
    assert_eq!(gate(folder.path(), &["a.rego"]).0, 0);
    assert_eq!(gate(folder.path(), &["--strict"]).0, 1);
    assert_eq!(gate(folder.path(), &["--strict", "--disable", "unused-variable"]).0, 0);
}

#[test]
fn what_cannot_run_ends_in_2() {
    let empty = folder(&[]);
    assert_eq!(gate(empty.path(), &[]).0, 2);
    assert_eq!(gate(empty.path(), &["missing.rego"]).0, 2);
    let other = folder(&[("a.txt", "x")]);
    assert_eq!(gate(other.path(), &["a.txt"]).0, 2);
    let latin = folder(&[]);
    std::fs::write(latin.path().join("a.rego"), b"package a\xff").unwrap();
    assert_eq!(gate(latin.path(), &[]).0, 2);
}

#[test]
fn machine_layouts_can_be_read() {
    let folder = folder(&[("a.rego", "package a\np if q(1)\n")]);
    let (_, sarif, _) = gate(folder.path(), &["--output", "sarif"]);
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "unknown-function");
    assert_eq!(sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"], 2);
    let (_, github, _) = gate(folder.path(), &["--output", "github"]);
    assert!(
        github
            .starts_with("::error title=unknown-function,file=a.rego,line=2,col=6::there is no function `q`"),
        "{github}"
    );
}

#[test]
fn fix_mends_what_needs_no_thought() {
    let folder = folder(&[
        ("a.rego", "package a\n\nimport data.b\n\np = 1\n\nq if regex.match(\"a\\\\d\", input.x)\n"),
        ("old.rego", "package old\n\ndeny[msg] {\n\tmsg := \"no\"\n\tinput.x\n}\n\nallow { input.y }\n"),
    ]);
    let (code, out, _) = gate(folder.path(), &["--fix", "--strict"]);
    assert_eq!(code, 0, "{out}");
    let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(text("a.rego"), "package a\n\n\np := 1\n\nq if regex.match(`a\\d`, input.x)\n");
    assert_eq!(
        text("old.rego"),
        "package old\n\ndeny contains msg if {\n\tmsg := \"no\"\n\tinput.x\n}\n\nallow if { input.y }\n"
    );
}

#[test]
fn lints_are_listed() {
    let (code, out, _) = gate(std::path::Path::new("."), &["--list"]);
    assert_eq!(code, 0);
    assert_eq!(out.lines().count(), gate::rego::analyse::lint::LINTS.len());
}

#[test]
fn the_stub_is_a_policy_that_opa_accepts_with_the_schema() {
    let folder = folder(&[]);
    let run =
        |arguments: &[&str]| Command::cargo_bin("gate").unwrap().args(arguments).output().unwrap().stdout;
    std::fs::create_dir(folder.path().join("schemas")).unwrap();
    std::fs::write(folder.path().join("schemas/input.json"), run(&["schema", "policy-input"])).unwrap();
    std::fs::write(folder.path().join("a.rego"), run(&["schema", "policy-input", "--rego"])).unwrap();
    let (code, out, _) = gate(folder.path(), &["--strict"]);
    assert_eq!(code, 0, "{out}");
    let Some(opa) = super::opa() else { return };
    let check = || {
        std::process::Command::new(&opa)
            .current_dir(folder.path())
            .args(["check", "--schema", "schemas", "a.rego"])
            .output()
            .unwrap()
    };
    let output = check();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(folder.path().join("a.rego")).unwrap();
    std::fs::write(folder.path().join("a.rego"), text.replace("finding.kev", "finding.kve")).unwrap();
    assert!(!check().status.success());
}
