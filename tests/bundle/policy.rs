//! Decisions by policies of a bundle.

use serde_json::Value;

use super::{ec_key, policy_folder, works};
use crate::cli::{decide, rule};
use crate::reliability::green;

/// A folder with an unsigned bundle `b.tar.gz` whose rule denies, a signed one `s.tar.gz`, and keys.
fn bundles() -> tempfile::TempDir {
    let folder = policy_folder();
    let limit = "limit: 0\nnote: no\n";
    std::fs::write(folder.path().join("policy/team/data.yaml"), limit).unwrap();
    ec_key(folder.path());
    works(folder.path(), &["bundle", "build", "policy", "-o", "b.tar.gz", "--revision", "1.2"]);
    works(
        folder.path(),
        &["bundle", "sign", "b.tar.gz", "--key", "ec.pem", "--key-id", "team", "-o", "s.tar.gz"],
    );
    folder
}

fn judged(folder: &tempfile::TempDir, arguments: &[&str]) -> (i32, Value) {
    decide(folder.path(), &[&[green("bandit.json").as_str(), "--gate", "security"], arguments].concat())
}

#[test]
fn a_bundle_judges_and_the_decision_says_which() {
    let folder = bundles();
    let (code, decision) = judged(&folder, &["--policy-bundle", "b.tar.gz"]);
    assert_eq!(code, 1, "{}", decision["reason"]);
    assert_eq!(rule(&decision, "T-1")["verdicts"][0]["message"], "no");
    assert_eq!(rule(&decision, "T-1")["defined_in"], "b.tar.gz!sec/x.rego:3");
    let source = &decision["policy"]["sources"][0];
    assert_eq!(source["kind"], "bundle");
    assert_eq!(source["revision"], "1.2");
    assert_eq!((&source["signature"], &source["key_id"]), (&"".into(), &"".into()));
    let bytes = std::fs::read(folder.path().join("b.tar.gz")).unwrap();
    assert_eq!(source["digest"], gate::bundle::digest(&bytes));
    let (_, decision) = judged(&folder, &["--policy-bundle", "s.tar.gz", "--policy-key", "ec.pub"]);
    let source = &decision["policy"]["sources"][0];
    assert_eq!((&source["signature"], &source["key_id"]), (&"ES256".into(), &"team".into()));
    assert!(source["key_digest"].as_str().unwrap().starts_with("sha256:"));
    let text = crate::bundle::gate(
        folder.path(),
        &["evaluate", &green("bandit.json"), "--policy-bundle", "s.tar.gz", "--policy-key", "ec.pub"],
    )
    .1;
    assert!(text.contains("signed by ES256 team"), "{text}");
}

#[test]
fn key_and_digest_are_demanded_and_nothing_falls_back() {
    let folder = bundles();
    let other = gate::bundle::digest(b"other");
    for arguments in [
        &["--policy-bundle", "b.tar.gz", "--policy-key", "ec.pub"][..],
        &["--policy-bundle", "s.tar.gz"],
        &["--policy-bundle", "s.tar.gz", "--policy-key", "ec.pem"],
        &["--policy-bundle", "s.tar.gz", "--policy-key", "absent.pub"],
        &["--policy-bundle", "b.tar.gz", "--policy-digest", &other],
        &["--policy-bundle", "b.tar.gz", "--policy-digest", "latest"],
        &["--policy-bundle", "absent.tar.gz"],
        &["--policy-bundle", "policy"],
        &["--policy-bundle", "ec.pub"],
    ] {
        let (code, decision) = judged(&folder, arguments);
        assert_eq!(code, 2, "{arguments:?}: {}", decision["reason"]);
    }
    let config = |text: &str| {
        std::fs::write(folder.path().join("gate.yaml"), text).unwrap();
        judged(&folder, &[])
    };
    let bytes = std::fs::read(folder.path().join("s.tar.gz")).unwrap();
    let digest = gate::bundle::digest(&bytes);
    let full =
        format!("{{ path: s.tar.gz, key: ec.pub, key_id: team, algorithm: ES256, digest: \"{digest}\" }}");
    for (setting, wanted) in [
        ("b.tar.gz", 1),
        (full.as_str(), 1),
        ("s.tar.gz", 2),
        ("{ path: s.tar.gz, key: ec.pub, key_id: other }", 2),
        ("{ path: s.tar.gz, key: ec.pub, algorithm: RS256 }", 2),
        ("{ path: s.tar.gz, key: ec.pub, scope: write }", 2),
        ("{ path: s.tar.gz, kee: ec.pub }", 2),
        ("{ key: ec.pub }", 2),
    ] {
        let (code, decision) = config(&format!("policy: {{ bundle: {setting} }}\n"));
        assert_eq!(code, wanted, "{setting}: {}", decision["reason"]);
    }
}

#[test]
fn the_whole_policy_set_can_be_pinned() {
    let folder = bundles();
    let config = |text: String| {
        std::fs::write(folder.path().join("gate.yaml"), text).unwrap();
        judged(&folder, &[])
    };
    let (_, decision) = config("policy: { bundle: b.tar.gz }\n".to_owned());
    let digest = decision["policy"]["digest"].as_str().unwrap().to_owned();
    assert_eq!(config(format!("policy: {{ bundle: b.tar.gz, digest: \"{digest}\" }}\n")).0, 1);
    let (code, decision) = config(format!("policy: {{ digest: \"{digest}\" }}\n"));
    assert_eq!(code, 2);
    assert!(decision["reason"].as_str().unwrap().contains("expected"), "{}", decision["reason"]);
}

#[test]
fn a_bundle_of_the_old_language_is_refused_with_the_way_on() {
    let folder = bundles();
    std::fs::write(folder.path().join("policy/.manifest"), "{\"revision\": \"\", \"rego_version\": 0}")
        .unwrap();
    works(folder.path(), &["bundle", "build", "policy", "-o", "old.tar.gz"]);
    let (code, decision) = judged(&folder, &["--policy-bundle", "old.tar.gz"]);
    assert_eq!(code, 2);
    assert!(decision["errors"][0]["help"].as_str().unwrap().contains("v0-v1"), "{}", decision["errors"]);
}
