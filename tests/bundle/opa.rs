//! Real OPA reads what gate writes and signs, and the other way round.

use std::path::Path;
use std::process::Command;

use super::{all_keys, all_text, gate, policy_folder, tool, works};

fn opa(program: &Path, folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    (output.status.success(), all_text(&output))
}

#[test]
fn opa_loads_and_verifies_what_gate_builds_and_signs() {
    let Some(program) = tool("opa") else { return };
    let folder = policy_folder();
    works(folder.path(), &["bundle", "build", "policy", "-o", "b.tar.gz", "--revision", "1.2"]);
    let (ok, text) = opa(&program, folder.path(), &["eval", "-b", "b.tar.gz", "-f", "raw", "data.team.big"]);
    assert!(ok && text.trim() == "12345678901234567890", "{text}");
    for (name, algorithm) in all_keys(folder.path()) {
        let (private, public) = (format!("{name}.pem"), format!("{name}.pub"));
        works(
            folder.path(),
            &["bundle", "sign", "b.tar.gz", "--key", &private, "--alg", algorithm, "-o", "s.tar.gz"],
        );
        let verify = |key: &str| {
            let arguments = [
                "build",
                "-b",
                "s.tar.gz",
                "--verification-key",
                key,
                "--signing-alg",
                algorithm,
                "-o",
                "out.tar.gz",
            ];
            opa(&program, folder.path(), &arguments)
        };
        let (ok, text) = verify(&public);
        assert!(ok, "{algorithm}: {text}");
        let other = if name == "rsa" { "ec.pub" } else { "rsa.pub" };
        assert!(!verify(other).0, "{algorithm}: the oracle verifies anything");
    }
}

#[test]
fn gate_verifies_what_opa_builds_and_signs() {
    let Some(program) = tool("opa") else { return };
    let folder = policy_folder();
    for (name, algorithm) in all_keys(folder.path()) {
        // Of the shared secret OPA wants the text, or the file's name.
        let (private, public) = (format!("{name}.pem"), format!("{name}.pub"));
        let (ok, text) = opa(
            &program,
            folder.path(),
            &[
                "build",
                "-b",
                "policy",
                "-o",
                "o.tar.gz",
                "--signing-key",
                &private,
                "--signing-alg",
                algorithm,
                "--revision",
                "o1",
            ],
        );
        assert!(ok, "{algorithm}: {text}");
        let (code, text) =
            gate(folder.path(), &["bundle", "verify", "o.tar.gz", "--key", &public, "--alg", algorithm]);
        assert_eq!(code, 0, "{algorithm}: {text}");
    }
    let text = works(folder.path(), &["bundle", "inspect", "o.tar.gz"]);
    assert!(text.contains("o1") && text.contains("gate.security") && text.contains("team.limit"), "{text}");
}

#[test]
fn gate_verifies_a_folder_that_opa_signed() {
    let Some(program) = tool("opa") else { return };
    let folder = policy_folder();
    all_keys(folder.path());
    let at = folder.path().join("policy");
    let (ok, text) = opa(
        &program,
        &at,
        &["sign", "-b", ".", "--signing-key", "../rsa.pem", "--signing-alg", "RS256", "-o", "."],
    );
    assert!(ok, "{text}");
    let all = gate::bundle::Selection { tests: true, signatures: true, ..Default::default() };
    let files = gate::bundle::read_paths(&[&at], &all).unwrap();
    let key = std::fs::read(folder.path().join("rsa.pub")).unwrap();
    let expected = gate::bundle::Expected {
        key: gate::bundle::VerificationKey::read(&key, None).unwrap(),
        key_id: String::new(),
        scope: String::new(),
    };
    // OPA signs every file of the folder, also what is no policy.
    let error = gate::bundle::verify(&files, &expected).unwrap_err().to_string();
    assert!(error.contains("README.md"), "{error}");
    std::fs::remove_file(at.join("README.md")).unwrap();
    std::fs::remove_file(at.join(".signatures.json")).unwrap();
    let (ok, text) = opa(
        &program,
        &at,
        &["sign", "-b", ".", "--signing-key", "../rsa.pem", "--signing-alg", "RS256", "-o", "."],
    );
    assert!(ok, "{text}");
    let files = gate::bundle::read_paths(&[&at], &all).unwrap();
    assert_eq!(gate::bundle::verify(&files, &expected).unwrap().files, 4);
}
