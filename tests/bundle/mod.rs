//! `gate bundle`, and policies that come from bundles.

mod archive;
mod opa;
mod policy;
mod registry;
mod signature;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::reliability::folder;

/// A program, on the path or where `go install` puts it.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>())
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    let found = on_path.or_else(|| {
        let output = Command::new("go").args(["env", "GOPATH"]).output().ok()?;
        let path = Path::new(String::from_utf8(output.stdout).ok()?.trim()).join("bin").join(name);
        path.is_file().then_some(path)
    });
    if found.is_none() {
        eprintln!("skipped: `{name}` is not installed");
    }
    found
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fn write_pair(folder: &Path, name: &str, private: &[u8], public: &[u8]) {
    std::fs::write(folder.join(format!("{name}.pem")), pem("PRIVATE KEY", private)).unwrap();
    std::fs::write(folder.join(format!("{name}.pub")), pem("PUBLIC KEY", public)).unwrap();
}

fn ecdsa(folder: &Path, name: &str, method: &'static EcdsaSigningAlgorithm) {
    let private = EcdsaKeyPair::generate_pkcs8(method, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(method, private.as_ref()).unwrap();
    let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    write_pair(folder, name, private.as_ref(), public.as_ref());
}

/// A key on P-256: `ec.pem` and `ec.pub`.
pub(crate) fn ec_key(folder: &Path) {
    ecdsa(folder, "ec", &ECDSA_P256_SHA256_FIXED_SIGNING);
}

/// A key of every kind, and the algorithms to try it with.
pub(crate) fn all_keys(folder: &Path) -> Vec<(&'static str, &'static str)> {
    ec_key(folder);
    ecdsa(folder, "p384", &ECDSA_P384_SHA384_FIXED_SIGNING);
    ecdsa(folder, "p521", &ECDSA_P521_SHA512_FIXED_SIGNING);
    let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).unwrap();
    let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    write_pair(folder, "ed", private.as_ref(), public.as_ref());
    let pair = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let private = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    write_pair(folder, "rsa", private.as_ref(), public.as_ref());
    std::fs::write(folder.join("secret.pem"), "a shared secret of more than 32 bytes, no newline").unwrap();
    std::fs::copy(folder.join("secret.pem"), folder.join("secret.pub")).unwrap();
    vec![
        ("ec", "ES256"),
        ("p384", "ES384"),
        ("p521", "ES512"),
        ("ed", "EdDSA"),
        ("rsa", "RS256"),
        ("rsa", "RS384"),
        ("rsa", "RS512"),
        ("rsa", "PS256"),
        ("secret", "HS256"),
    ]
}

/// A module that denies where the data says so.
pub(crate) const MODULE: &str = "package gate.security

deny contains {\"code\": \"T-1\", \"msg\": data.team.note} if input.findings.total >= data.team.limit
";

/// A folder `policy/` with a module, its test, and data with all that is odd about numbers and strings.
pub(crate) fn policy_folder() -> tempfile::TempDir {
    folder(&[
        ("policy/sec/x.rego", MODULE.as_bytes()),
        ("policy/sec/x_test.rego", b"package gate.security_test\n\ntest_x if true\n"),
        (
            "policy/team/data.yaml",
            "limit: 1.50\nnote: \"a<b> \\u2028 \\b é & 'c'\"\nlist: [1, 2e3, 0.1]\n".as_bytes(),
        ),
        (
            "policy/data.json",
            br#"{"team": {"big": 12345678901234567890, "one": 1.0, "thousand": 1e3, "none": null}}"#,
        ),
        ("policy/README.md", b"not policy\n"),
    ])
}

/// Runs gate and returns its exit code and everything it printed.
pub(crate) fn gate(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = crate::cli::gate(folder, arguments);
    (output.status.code().expect("an exit code"), all_text(&output))
}

pub(crate) fn all_text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs gate, which must succeed.
pub(crate) fn works(folder: &Path, arguments: &[&str]) -> String {
    let (code, text) = gate(folder, arguments);
    assert_eq!(code, 0, "{arguments:?}: {text}");
    text
}
