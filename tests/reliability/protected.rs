//! Case 56: a change that edits policies, waivers, thresholds or gate.yaml is judged by the protected ones.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{folder, green};
use crate::cli::{clean, decide, rule};

const POLICY: &str = "package gate.security

deny contains {\"code\": \"T-1\", \"msg\": \"no\"} if {
	input.findings.total >= 0
	not \"T-1\" in data.team.waived
}
";

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
        .args(["-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "git {arguments:?}: {text}");
    text.trim().to_owned()
}

/// A repository on a branch `change`, whose `main` is protected by its gate.yaml and denies.
fn repository(config: &str) -> tempfile::TempDir {
    let folder = folder(&[
        ("gate.yaml", config.as_bytes()),
        ("policy/x.rego", POLICY.as_bytes()),
        ("policy/x_test.rego", b"package x_test\n"),
        ("policy/team/data.json", br#"{"waived": []}"#),
    ]);
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "-m", "base"]);
    git(folder.path(), &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    git(folder.path(), &["checkout", "--quiet", "-b", "change"]);
    folder
}

const PLAIN: &str = "policy: { paths: [policy] }\n";
const PROTECTED: &str = "policy: { paths: [policy], protected: { ref: origin/main } }\n";

fn judged(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let bandit = green("bandit.json");
    decide(folder, &[&[bandit.as_str(), "--gate", "security"], arguments].concat())
}

const PIN: [&str; 2] = ["--config-ref", "origin/main"];

#[test]
fn a_change_of_anything_that_judges_it_is_ignored_and_said() {
    for (name, text) in [
        ("policy/x.rego", "package gate.security\n\ndeny contains \"x\" if input.findings.total < 0\n"),
        ("policy/team/data.json", r#"{"waived": ["T-1"]}"#),
        (
            "policy/more.rego",
            "package gate.security\n\ndeny contains {\"code\": \"T-1\", \"msg\": \"\"} if false\n",
        ),
        ("gate.yaml", "rules: { T-1: off }\npolicy: { paths: [policy] }\n"),
        ("gate.yaml", "environments: { development: { gates: { security: off } } }\n"),
        ("gate.yaml", "policy: { paths: [] }\n"),
        ("gate.yaml", "this is no configuration"),
    ] {
        let repository = repository(PLAIN);
        let at = repository.path();
        std::fs::write(at.join(name), text).unwrap();
        let (code, decision) = judged(at, &PIN);
        assert_eq!(code, 1, "{name}: {}", decision["reason"]);
        assert_eq!(rule(&decision, "T-1")["verdicts"][0]["message"], "no", "{name}");
        let policy = &decision["policy"];
        assert_eq!(policy["ignored"], serde_json::json!([name]), "{name}");
        assert_eq!(policy["sources"][0]["kind"], "protected_ref");
        assert_eq!(policy["sources"][0]["name"], "origin/main");
        assert_eq!(policy["sources"][0]["asked_by"], "command");
        assert_eq!(policy["sources"][0]["commit"], git(at, &["rev-parse", "main"]).as_str());
        // Committed, it changes nothing.
        git(at, &["add", "."]);
        git(at, &["commit", "--quiet", "-m", "change"]);
        let (code, again) = judged(at, &PIN);
        assert_eq!(code, 1, "{name}: {}", again["reason"]);
        for key in ["digest", "sources", "ignored", "modules"] {
            assert_eq!(again["policy"][key], policy[key], "{name}: {key}");
        }
    }
}

#[test]
fn what_a_change_takes_away_still_judges_it() {
    let repository = repository(PLAIN);
    let at = repository.path();
    std::fs::remove_file(at.join("gate.yaml")).unwrap();
    std::fs::remove_dir_all(at.join("policy")).unwrap();
    let (code, decision) = judged(at, &PIN);
    assert_eq!(code, 1, "{}", decision["reason"]);
    let ignored: Vec<&str> =
        decision["policy"]["ignored"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(ignored, ["gate.yaml", "policy/team/data.json", "policy/x.rego"]);
    let nested = at.join("a/b");
    std::fs::create_dir_all(&nested).unwrap();
    std::fs::write(nested.join("gate.yaml"), "policy: { paths: [] }\n").unwrap();
    let (code, decision) = judged(&nested, &PIN);
    assert_eq!(code, 1, "found upward in the ref: {}", decision["reason"]);
    assert!(decision["policy"]["ignored"].to_string().contains("a/b/gate.yaml"));
}

#[test]
fn nothing_is_ignored_where_nothing_differs() {
    let repository = repository(PLAIN);
    std::fs::write(repository.path().join("other.txt"), "x").unwrap();
    std::fs::write(repository.path().join("policy/readme.txt"), "x").unwrap();
    let (code, decision) = judged(repository.path(), &PIN);
    assert_eq!(code, 1);
    assert_eq!(decision["policy"]["ignored"], Value::Null);
    let (_, unpinned) = judged(repository.path(), &[]);
    assert_eq!(
        decision["policy"]["digest"], unpinned["policy"]["digest"],
        "the same policies, the same digest"
    );
    assert_eq!(decision["policy"]["modules"], unpinned["policy"]["modules"]);
}

#[test]
fn the_environment_pins_as_the_flag_does() {
    let repository = repository(PLAIN);
    std::fs::write(repository.path().join("gate.yaml"), "policy: { paths: [] }\n").unwrap();
    let bandit = green("bandit.json");
    let run = |value: &str| {
        clean(
            Command::new(assert_cmd::cargo::cargo_bin!("gate"))
                .args(["evaluate", &bandit, "--gate", "security"]),
        )
        .env("GATE_CONFIG_REF", value)
        .current_dir(repository.path())
        .output()
        .unwrap()
    };
    let output = run("refs/remotes/origin/main");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("gate.yaml and policies of refs/remotes/origin/main"), "{text}");
    assert!(text.contains("ignored, as it differs: gate.yaml"), "{text}");
    for wrong in ["", "origin/", "origin/absent", "-x", "HEAD:policy", "origin/main..HEAD", "@{u}"] {
        assert_eq!(run(wrong).status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn gate_yaml_may_name_the_ref_itself() {
    let repository = repository(PROTECTED);
    let at = repository.path();
    std::fs::write(at.join("policy/x.rego"), "package gate.security\n\ndeny contains \"x\" if false\n")
        .unwrap();
    let (code, decision) = judged(at, &[]);
    assert_eq!(code, 1, "{}", decision["reason"]);
    assert_eq!(decision["policy"]["sources"][0]["asked_by"], "gate.yaml");
    assert_eq!(decision["policy"]["ignored"], serde_json::json!(["policy/x.rego"]));
    std::fs::write(at.join("gate.yaml"), "policy: { paths: [policy], protected: { ref: origin/none } }\n")
        .unwrap();
    assert_eq!(judged(at, &[]).0, 2, "a ref that is not there");
    git(at, &["mv", "gate.yaml", "gate.yml"]);
    std::fs::write(at.join("gate.yml"), PROTECTED).unwrap();
    assert_eq!(judged(at, &[]).0, 2, "a file that is not in the ref");
}

#[test]
fn a_tag_cannot_take_the_place_of_a_branch() {
    let repository = repository(PLAIN);
    let at = repository.path();
    std::fs::write(at.join("gate.yaml"), "policy: { paths: [] }\n").unwrap();
    git(at, &["commit", "--quiet", "-am", "weaker"]);
    git(at, &["tag", "origin/main"]);
    let (code, decision) = judged(at, &PIN);
    assert_eq!(code, 2, "{}", decision["reason"]);
    assert!(decision["reason"].as_str().unwrap().contains("could be"), "{}", decision["reason"]);
    assert_eq!(judged(at, &["--config-ref", "refs/remotes/origin/main"]).0, 1);
}

#[test]
fn links_and_flags_do_not_lead_around_it() {
    let repository = repository(PLAIN);
    let at = repository.path();
    let outside = folder(&[("x.rego", b"package gate.security\n\ndeny contains \"x\" if false\n")]);
    // A folder of the working tree that leads out of it is still the ref's.
    std::fs::remove_dir_all(at.join("policy")).unwrap();
    std::os::unix::fs::symlink(outside.path(), at.join("policy")).unwrap();
    let (code, decision) = judged(at, &PIN);
    assert_eq!(code, 1, "{}", decision["reason"]);
    assert_eq!(rule(&decision, "T-1")["status"], "fail");
    std::fs::remove_file(at.join("policy")).unwrap();
    git(at, &["checkout", "--quiet", "--", "policy"]);
    // What flags name is the ref's too, where it lies inside.
    std::fs::write(at.join("mine.rego"), "package gate.security\n\ndeny contains \"y\" if true\n").unwrap();
    assert_eq!(judged(at, &[&PIN[..], &["--policy", "mine.rego"]].concat()).0, 2);
    std::fs::write(at.join("mine.yaml"), "{}\n").unwrap();
    assert_eq!(judged(at, &[&PIN[..], &["--config", "mine.yaml"]].concat()).0, 2);
    let absolute = at.join("mine.yaml").to_string_lossy().into_owned();
    assert_eq!(judged(at, &[&PIN[..], &["--config", &absolute]].concat()).0, 2);
    // What lies outside is not a change's to edit.
    let path = outside.path().to_string_lossy().into_owned();
    let (code, decision) = judged(at, &[&PIN[..], &["--policy", &path]].concat());
    assert_eq!(code, 1, "{}", decision["reason"]);
    // A link that is committed is an error rather than a way out.
    let elsewhere = self::repository(PLAIN);
    let at = elsewhere.path();
    std::os::unix::fs::symlink(outside.path().join("x.rego"), at.join("policy/link.rego")).unwrap();
    git(at, &["add", "."]);
    git(at, &["commit", "--quiet", "-m", "link"]);
    assert_eq!(judged(at, &["--config-ref", "change"]).0, 2);
}

#[test]
fn a_bundle_of_the_working_tree_needs_a_key_or_digest_of_the_ref() {
    let repository = repository(PLAIN);
    let at = repository.path();
    crate::bundle::ec_key(at);
    crate::bundle::works(at, &["bundle", "build", "policy", "-o", "b.tar.gz", "--signing-key", "ec.pem"]);
    crate::bundle::works(at, &["bundle", "build", "policy", "-o", "u.tar.gz"]);
    let bytes = std::fs::read(at.join("u.tar.gz")).unwrap();
    let digest = gate::bundle::digest(&bytes);
    let base = |config: &str| {
        git(at, &["checkout", "--quiet", "main"]);
        std::fs::write(at.join("gate.yaml"), config).unwrap();
        git(at, &["add", "gate.yaml", "ec.pub"]);
        git(at, &["commit", "--quiet", "--allow-empty", "-m", "base"]);
        git(at, &["update-ref", "refs/remotes/origin/main", "HEAD"]);
        judged(at, &PIN)
    };
    assert_eq!(base("policy: { bundle: u.tar.gz }\n").0, 2, "nothing vouches for it");
    assert_eq!(base(&format!("policy: {{ bundle: {{ path: u.tar.gz, digest: \"{digest}\" }} }}\n")).0, 1);
    let (code, decision) = base("policy: { bundle: { path: b.tar.gz, key: ec.pub } }\n");
    assert_eq!(code, 1, "{}", decision["reason"]);
    assert_eq!(decision["policy"]["sources"].as_array().unwrap().len(), 2);
    // The change brings a key and a bundle of its own.
    crate::bundle::ec_key(at);
    crate::bundle::works(at, &["bundle", "sign", "b.tar.gz", "--key", "ec.pem"]);
    assert_eq!(judged(at, &PIN).0, 2, "the key is the ref's");
    assert_eq!(
        judged(at, &[&PIN[..], &["--policy-bundle", "b.tar.gz", "--policy-key", "ec.pem"]].concat()).0,
        2
    );
}

#[test]
fn without_a_repository_there_is_no_protected_ref() {
    let folder = folder(&[("gate.yaml", PROTECTED.as_bytes()), ("policy/x.rego", POLICY.as_bytes())]);
    let (code, decision) = judged(folder.path(), &[]);
    assert_eq!(code, 2);
    assert!(decision["reason"].as_str().unwrap().contains("repository"), "{}", decision["reason"]);
    assert_eq!(judged(folder.path(), &PIN).0, 2);
}
