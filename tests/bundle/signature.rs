//! Signatures: what is verified, and what is never let through.

use gate::bundle::{
    Algorithm, ArchiveLimits, Claims, Expected, Files, SIGNATURES, SigningKey, VerificationKey, pack, sign,
    unpack, verify,
};

use super::{MODULE, all_keys, ec_key, gate, policy_folder, works};

fn files() -> Files {
    [("x.rego", MODULE), ("data.json", "{\"b\": 1.0, \"a\": [true]}"), (".manifest", "{\"revision\": \"1\"}")]
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
        .collect()
}

/// A signing key on P-256, and what it makes its signatures expect.
fn pair() -> (SigningKey, Expected) {
    let folder = tempfile::tempdir().unwrap();
    ec_key(folder.path());
    let key = SigningKey::read(&std::fs::read(folder.path().join("ec.pem")).unwrap(), None).unwrap();
    let expected =
        Expected { key: key.verification_key().unwrap(), key_id: String::new(), scope: String::new() };
    (key, expected)
}

#[test]
fn every_algorithm_signs_and_verifies_and_no_other_key_does() {
    let folder = policy_folder();
    let keys = all_keys(folder.path());
    works(folder.path(), &["bundle", "build", "policy", "-o", "b.tar.gz"]);
    for (name, algorithm) in &keys {
        let (private, public) = (format!("{name}.pem"), format!("{name}.pub"));
        works(
            folder.path(),
            &[
                "bundle", "sign", "b.tar.gz", "--key", &private, "--alg", algorithm, "--key-id", "k", "-o",
                "s.tar.gz",
            ],
        );
        let text =
            works(folder.path(), &["bundle", "verify", "s.tar.gz", "--key", &public, "--alg", algorithm]);
        assert!(text.contains(algorithm), "{text}");
        for (other, _) in keys.iter().filter(|(other, _)| other != name && *other != "secret") {
            let other = format!("{other}.pub");
            let (code, text) = gate(folder.path(), &["bundle", "verify", "s.tar.gz", "--key", &other]);
            assert_eq!(code, 1, "{algorithm} by {other}: {text}");
        }
    }
}

#[test]
fn a_file_that_is_changed_added_or_taken_out_is_noticed() {
    let (key, expected) = pair();
    let mut signed = files();
    sign(&mut signed, &key, &Claims::default()).unwrap();
    assert_eq!(verify(&signed, &expected).unwrap().files, 3);
    let same = "{ \"a\" : [ true ],\n\"b\": 1.0 }";
    signed.insert("data.json".to_owned(), same.as_bytes().to_vec());
    verify(&signed, &expected).expect("structured files are compared by content");
    for text in ["{\"a\": [true], \"b\": 1}", "{\"a\": [false], \"b\": 1.0}", "{}"] {
        let mut changed = signed.clone();
        changed.insert("data.json".to_owned(), text.as_bytes().to_vec());
        let error = verify(&changed, &expected).unwrap_err().to_string();
        assert!(error.contains("another digest"), "{text}: {error}");
    }
    let mut changed = signed.clone();
    changed.insert("x.rego".to_owned(), format!("{MODULE}\n").into_bytes());
    verify(&changed, &expected).unwrap_err();
    let mut added = signed.clone();
    added.insert("y.rego".to_owned(), b"package y\n".to_vec());
    assert!(verify(&added, &expected).unwrap_err().to_string().contains("not covered"));
    let mut less = signed.clone();
    less.remove("x.rego");
    assert!(verify(&less, &expected).unwrap_err().to_string().contains("not in the bundle"));
    let mut none = signed.clone();
    none.remove(SIGNATURES);
    assert!(verify(&none, &expected).unwrap_err().to_string().contains("not signed"));
    let mut two = signed.clone();
    two.insert(format!("a/{SIGNATURES}"), signed[SIGNATURES].clone());
    verify(&two, &expected).unwrap_err();
}

#[test]
fn scope_and_key_name_must_agree() {
    let (key, expected) = pair();
    let mut signed = files();
    sign(&mut signed, &key, &Claims { key_id: "k1".to_owned(), scope: "write".to_owned() }).unwrap();
    verify(&signed, &expected).expect_err("a scope that was not asked for");
    let expected = Expected { scope: "write".to_owned(), ..expected };
    assert_eq!(verify(&signed, &expected).unwrap().key_id, "k1");
    verify(&signed, &Expected { key_id: "k2".to_owned(), ..expected.clone() }).expect_err("another name");
    verify(&signed, &Expected { key_id: "k1".to_owned(), ..expected }).expect("its name");
}

/// The signature with one of its parts put otherwise.
fn forged(files: &Files, change: &dyn Fn(&mut Vec<String>)) -> Files {
    let text = String::from_utf8(files[SIGNATURES].clone()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut parts: Vec<String> =
        value["signatures"][0].as_str().unwrap().split('.').map(str::to_owned).collect();
    change(&mut parts);
    let mut files = files.clone();
    let text = serde_json::json!({"signatures": [parts.join(".")]}).to_string();
    files.insert(SIGNATURES.to_owned(), text.into_bytes());
    files
}

#[test]
fn a_forged_signature_is_refused_whatever_it_says_of_itself() {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let (key, expected) = pair();
    let mut signed = files();
    sign(&mut signed, &key, &Claims::default()).unwrap();
    for header in [
        "{\"alg\":\"none\"}",
        "{\"alg\":\"HS256\"}",
        "{\"alg\":\"RS256\"}",
        "{\"alg\":\"es256\"}",
        "{}",
        "{\"alg\":\"ES256\",\"x\":1}",
        "{\"alg\":\"ES256\",\"crit\":[\"x\"]}",
        "[]",
    ] {
        verify(&forged(&signed, &|parts| parts[0] = encode(header)), &expected).expect_err(header);
    }
    for mark in ["", "AAAA", "*"] {
        verify(&forged(&signed, &|parts| parts[2] = mark.to_owned()), &expected).expect_err(mark);
    }
    verify(&forged(&signed, &|parts| parts[1] = encode("{\"files\":[]}")), &expected).expect_err("payload");
    verify(&forged(&signed, &|parts| parts.truncate(2)), &expected).expect_err("two parts");
    for text in [
        "{}",
        "{\"signatures\": []}",
        "{\"signatures\": [\"a.b.c\", \"a.b.c\"]}",
        "[]",
        "{\"signatures\": [1]}",
    ] {
        let mut files = signed.clone();
        files.insert(SIGNATURES.to_owned(), text.as_bytes().to_vec());
        verify(&files, &expected).expect_err(text);
    }
    // The public key as a shared secret.
    let folder = tempfile::tempdir().unwrap();
    ec_key(folder.path());
    let public = std::fs::read(folder.path().join("ec.pub")).unwrap();
    SigningKey::read(&public, Some(Algorithm::HS256)).expect_err("a public key is no secret");
    VerificationKey::read(&public, Some(Algorithm::HS256)).expect_err("a public key is no secret");
    VerificationKey::read(&public, Some(Algorithm::RS256)).expect_err("a key of another kind");
    for (text, algorithm) in [
        ("", None),
        ("x", None),
        ("  \n", Some(Algorithm::HS256)),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", None),
    ] {
        VerificationKey::read(text.as_bytes(), algorithm).expect_err(text);
        SigningKey::read(text.as_bytes(), algorithm).expect_err(text);
    }
}

#[test]
fn an_unsigned_or_changed_bundle_exits_1_and_one_that_cannot_be_read_2() {
    let folder = policy_folder();
    ec_key(folder.path());
    works(folder.path(), &["bundle", "build", "policy", "-o", "b.tar.gz"]);
    let verify = |name: &str, key: &str| gate(folder.path(), &["bundle", "verify", name, "--key", key]);
    assert_eq!(verify("b.tar.gz", "ec.pub").0, 1, "unsigned");
    works(folder.path(), &["bundle", "sign", "b.tar.gz", "--key", "ec.pem"]);
    assert_eq!(verify("b.tar.gz", "ec.pub").0, 0);
    let (code, text) = verify("b.tar.gz", "ec.pem");
    assert_eq!(code, 2);
    assert!(text.contains("-pubout"), "{text}");
    let bytes = std::fs::read(folder.path().join("b.tar.gz")).unwrap();
    let mut files = unpack(&bytes, &ArchiveLimits::default()).unwrap();
    files.insert("sec/x.rego".to_owned(), b"package gate.security\n".to_vec());
    std::fs::write(folder.path().join("c.tar.gz"), pack(&files).unwrap()).unwrap();
    assert_eq!(verify("c.tar.gz", "ec.pub").0, 1);
    assert_eq!(verify("absent.tar.gz", "ec.pub").0, 2);
    assert_eq!(verify("policy", "ec.pub").0, 2);
    assert_eq!(verify("ec.pub", "ec.pub").0, 2);
    let digest = gate::bundle::digest(&bytes);
    assert_eq!(gate(folder.path(), &["bundle", "verify", "b.tar.gz", "--digest", &digest]).0, 0);
    let other = gate::bundle::digest(b"x");
    assert_eq!(gate(folder.path(), &["bundle", "verify", "b.tar.gz", "--digest", &other]).0, 1);
    assert_eq!(gate(folder.path(), &["bundle", "verify", "b.tar.gz"]).0, 2, "by nothing at all");
}
