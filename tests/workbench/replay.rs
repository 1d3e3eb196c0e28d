//! `gate replay`: a decision repeated to the byte, and every way in which it is not.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{always, project, run, write};

const NOW: &str = "2026-11-22T12:00:00Z";

/// Decides and keeps decision and record.
fn decided(folder: &Path, more: &[&str]) -> i32 {
    let arguments =
        [&["evaluate", "reports", "--now", NOW, "--quiet", "--output", "json=out/decision.json"], more]
            .concat();
    run(folder, &arguments).0
}

/// The only record below `records/`.
fn record(folder: &Path) -> PathBuf {
    let mut all = std::fs::read_dir(folder.join("records")).unwrap();
    let first = all.next().unwrap().unwrap().path();
    assert!(all.next().is_none());
    first
}

fn replayed(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let (code, out, err) = run(folder, &[&["replay"], arguments, &["--output", "json"]].concat());
    let value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
    (code, value)
}

fn places(replay: &Value) -> Vec<String> {
    let all = replay["differences"].as_array().unwrap().iter();
    all.map(|d| format!("{} {}", d["kind"].as_str().unwrap(), d["place"].as_str().unwrap())).collect()
}

#[test]
fn a_decision_is_repeated_to_the_byte() {
    let red = project(&[
        (
            "gate.yaml",
            "thresholds:\n  code_quality: { critical_line_coverage: \"85%\" }\nreport: { items: 3 }\n",
        ),
        ("policy/own.rego", &always("TEAM-001", "")),
        ("policy/data.json", "{\"team\": {\"name\": \"a\"}}"),
    ]);
    for more in [
        vec![],
        vec!["--policy", "policy"],
        vec!["--gate", "security", "--environment", "production"],
        vec!["--commit", "abcdef1234567", "--ref", "refs/heads/main"],
    ] {
        assert_ne!(decided(red.path(), &more), 2);
        let (code, replay) = replayed(red.path(), &["out/decision.json"]);
        assert_eq!((code, &replay["equal"]), (0, &Value::from(true)), "{more:?}: {replay:#}");
        let (code, text, _) = run(red.path(), &["replay", "out/decision.json"]);
        assert!(code == 0 && text.starts_with("EQUAL"), "{text}");
    }
}

#[test]
fn the_red_pipeline_and_packed_evidence_are_repeated_too() {
    let folder = tempfile::tempdir().unwrap();
    let red = crate::cli::root().join("fixtures/pipeline/red");
    let reports = folder.path().join("reports");
    std::fs::create_dir(&reports).unwrap();
    for entry in std::fs::read_dir(red).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()) {
        std::fs::copy(&entry, reports.join(entry.file_name().unwrap())).unwrap();
    }
    assert_eq!(decided(folder.path(), &["--record", "records"]), 1);
    assert_eq!(replayed(folder.path(), &["out/decision.json"]).0, 0);
    let record = record(folder.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let (code, replay) = replayed(elsewhere.path(), &[record.to_str().unwrap()]);
    assert_eq!(code, 0, "{replay:#}");
}

#[test]
fn a_record_needs_nothing_else() {
    let folder = project(&[
        (
            "gate.yaml",
            "policy: { paths: [policy] }\nevidence:\n  - { path: \"reports/*.xml\", suite: unit }\n",
        ),
        ("policy/own.rego", &always("TEAM-001", "#   effective_on: 2027-01-01\n")),
    ]);
    assert_eq!(decided(folder.path(), &["--record", "records"]), 0);
    let record = record(folder.path());
    for gone in ["reports", "policy"] {
        std::fs::remove_dir_all(folder.path().join(gone)).unwrap();
    }
    std::fs::remove_file(folder.path().join("gate.yaml")).unwrap();
    let (code, replay) = replayed(folder.path(), &[record.to_str().unwrap()]);
    assert_eq!(code, 0, "{replay:#}");
    let (code, _) = replayed(folder.path(), &[record.join("decision.json").to_str().unwrap()]);
    assert_eq!(code, 0);
}

#[test]
fn evidence_is_found_by_its_digest_wherever_it_lies() {
    let folder = project(&[]);
    decided(folder.path(), &[]);
    std::fs::rename(folder.path().join("reports"), folder.path().join("archive")).unwrap();
    std::fs::rename(folder.path().join("archive/bandit.json"), folder.path().join("archive/b.txt")).unwrap();
    let (code, replay) = replayed(folder.path(), &["out/decision.json", "--evidence", "archive"]);
    assert_eq!(code, 0, "{replay:#}");
}

#[test]
fn changed_and_missing_evidence_is_named() {
    let folder = project(&[]);
    decided(folder.path(), &[]);
    let path = folder.path().join("reports/bandit.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text + " ").unwrap();
    let (code, replay) = replayed(folder.path(), &["out/decision.json"]);
    assert_eq!(code, 1);
    assert_eq!(places(&replay)[0], "evidence reports/bandit.json");
    assert!(replay["differences"][0]["replayed"].as_str().unwrap().starts_with("changed: sha256 "));
    std::fs::remove_file(path).unwrap();
    let (code, replay) = replayed(folder.path(), &["out/decision.json"]);
    assert_eq!(code, 1);
    assert_eq!(places(&replay)[0], "evidence reports/bandit.json");
    assert_eq!(replay["differences"][0]["replayed"], "missing");
    assert!(places(&replay).iter().any(|place| place == "decision outcome"), "{:?}", places(&replay));
}

#[test]
fn a_decision_that_was_tampered_with_differs() {
    let folder = project(&[("policy/own.rego", &always("TEAM-001", ""))]);
    assert_eq!(decided(folder.path(), &["--policy", "policy"]), 1);
    let path = folder.path().join("out/decision.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let forged =
        text.replacen("\"block\"", "\"allow\"", 1).replacen("\"allowed\": false", "\"allowed\": true", 1);
    assert_ne!(text, forged);
    std::fs::write(&path, &forged).unwrap();
    let (code, replay) = replayed(folder.path(), &["out/decision.json"]);
    assert_eq!(code, 1);
    assert_eq!(places(&replay)[0], "file id");
    assert!(places(&replay).contains(&"decision outcome".to_owned()));
    // The same with an id that fits: the verdicts still do not follow from the evidence.
    let mut decision: gate::model::Decision = serde_json::from_str(&forged).unwrap();
    decision.id = gate::decide::id_of(&decision);
    std::fs::write(&path, serde_json::to_string_pretty(&decision).unwrap() + "\n").unwrap();
    let (code, replay) = replayed(folder.path(), &["out/decision.json"]);
    assert_eq!(code, 1);
    assert_eq!(places(&replay)[0], "decision outcome");
    assert_eq!(
        (replay["recorded_outcome"].as_str(), replay["replayed_outcome"].as_str()),
        (Some("allow"), Some("block"))
    );
}

#[test]
fn other_bytes_of_the_same_decision_differ_at_a_byte() {
    let folder = project(&[]);
    decided(folder.path(), &[]);
    let path = folder.path().join("out/decision.json");
    let value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    std::fs::write(&path, value.to_string()).unwrap();
    let (code, replay) = replayed(folder.path(), &["out/decision.json"]);
    assert_eq!(code, 1);
    assert_eq!(places(&replay), ["file byte 1"]);
}

#[test]
fn changed_policies_and_configuration_are_named_with_what_they_change() {
    let folder = project(&[("policy/own.rego", &always("TEAM-001", "")), ("gate.yaml", "version: 1\n")]);
    decided(folder.path(), &["--policy", "policy"]);
    write(folder.path(), "gate.yaml", "version: 1\nrules: { TEAM-001: warn }\n");
    let (code, replay) = replayed(folder.path(), &["out/decision.json"]);
    assert_eq!(code, 1);
    assert_eq!(places(&replay)[0], "config gate.yaml");
    assert!(places(&replay).iter().any(|p| p == "decision gates/security/rules/TEAM-001/status"));
    write(folder.path(), "gate.yaml", "version: 1\n");
    write(folder.path(), "policy/own.rego", &always("TEAM-001", "").replace("always\"", "other\""));
    let (code, replay) = replayed(folder.path(), &["out/decision.json"]);
    assert_eq!(code, 1);
    assert_eq!(places(&replay)[0], "policy digest");
    let (_, text, _) = run(folder.path(), &["replay", "out/decision.json"]);
    assert!(text.contains("gates/security/rules/TEAM-001/verdicts/always"), "{text}");
}

#[test]
fn a_configuration_that_came_later_is_not_used() {
    let folder = project(&[]);
    decided(folder.path(), &[]);
    write(folder.path(), "gate.yaml", "rules: { SEC-001: off }\n");
    assert_eq!(replayed(folder.path(), &["out/decision.json"]).0, 0);
}

#[test]
fn another_version_of_gate_is_said() {
    let folder = project(&[]);
    decided(folder.path(), &[]);
    let path = folder.path().join("out/decision.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let here = env!("CARGO_PKG_VERSION");
    let other = text.replacen(&format!("\"gate_version\": \"{here}\""), "\"gate_version\": \"0.0.1\"", 1);
    std::fs::write(&path, &other).unwrap();
    let (code, replay) = replayed(folder.path(), &["out/decision.json"]);
    assert_eq!(code, 1);
    let notes = replay["notes"].to_string();
    assert!(notes.contains("made by gate 0.0.1, repeated by gate"), "{notes}");
    std::fs::write(&path, other.replacen("\"evaluated_at\"", "\"decided_at\"", 1)).unwrap();
    let (code, _, err) = run(folder.path(), &["replay", "out/decision.json"]);
    assert!(code == 2 && err.contains("was made by gate 0.0.1, and gate"), "{err}");
}

#[test]
fn parts_of_a_record_that_were_changed_are_named() {
    let folder = project(&[("policy/own.rego", &always("TEAM-001", ""))]);
    decided(folder.path(), &["--policy", "policy", "--record", "records"]);
    let record = record(folder.path());
    let arguments = [record.to_str().unwrap()];
    assert_eq!(replayed(folder.path(), &arguments).0, 0);
    let input = record.join("input.json");
    let text = std::fs::read_to_string(&input).unwrap();
    std::fs::write(&input, text.replacen("\"total\":", "\"total\" :", 1)).unwrap();
    let (code, replay) = replayed(folder.path(), &arguments);
    assert_eq!((code, places(&replay)), (1, vec!["input input.json".to_owned()]));
    std::fs::write(&input, text).unwrap();
    let evidence = std::fs::read_dir(record.join("evidence")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&evidence, "{}").unwrap();
    let (code, replay) = replayed(folder.path(), &arguments);
    assert_eq!(code, 1);
    assert!(places(&replay)[0].starts_with("evidence reports/"), "{:?}", places(&replay));
    std::fs::remove_file(record.join("record.json")).unwrap();
    assert_eq!(run(folder.path(), &["replay", arguments[0]]).0, 2);
}

#[test]
fn what_cannot_be_repeated_is_an_error() {
    let folder = project(&[("no.json", "{}"), ("broken.json", "{")]);
    for file in ["no.json", "broken.json", "absent.json", "reports"] {
        let (code, out, err) = run(folder.path(), &["replay", file]);
        assert!(code == 2 && out.is_empty() && !err.is_empty(), "{file}: {out}{err}");
    }
    assert_eq!(decided(folder.path(), &["--gate", "nothing"]), 2);
    let (code, _, err) = run(folder.path(), &["replay", "out/decision.json"]);
    assert!(code == 2 && err.contains("ended before anything was judged"), "{err}");
}

#[test]
fn a_decision_that_cannot_be_recorded_does_not_go_on() {
    let folder = project(&[("records", "a file")]);
    assert_eq!(decided(folder.path(), &["--record", "records"]), 2);
}
