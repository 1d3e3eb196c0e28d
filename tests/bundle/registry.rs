//! Push and pull against a real registry on this machine, with conftest and OPA on the other side.
#![cfg(feature = "oci")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{all_text, ec_key, gate, policy_folder, tool, works};

/// A registry in memory, gone with this value.
struct Registry {
    child: Child,
    host: String,
}

impl Registry {
    fn start() -> Option<Self> {
        let program = tool("registry")?;
        let mut child = Command::new(program)
            .args(["-port", "0"])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .ok()?;
        let mut lines = BufReader::new(child.stderr.take()?).lines();
        let port = lines.find_map(|line| line.ok()?.rsplit_once("port ").map(|(_, port)| port.to_owned()));
        // What it says from now on must not fill its pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, host: format!("localhost:{}", port?) })
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn digest_in(text: &str) -> String {
    let (_, rest) = text.split_once("@sha256:").unwrap_or_else(|| panic!("no digest in {text}"));
    format!("sha256:{}", rest.chars().take(64).collect::<String>())
}

#[test]
fn what_is_pushed_is_pulled_byte_by_byte_and_a_digest_pins_it() {
    let Some(registry) = Registry::start() else { return };
    let folder = policy_folder();
    ec_key(folder.path());
    let reference = format!("{}/team/policy:1.2", registry.host);
    works(
        folder.path(),
        &["bundle", "build", "policy", "-o", "b.tar.gz", "--signing-key", "ec.pem", "--revision", "1.2"],
    );
    let digest = digest_in(&works(folder.path(), &["bundle", "push", &reference, "b.tar.gz"]));
    let again = digest_in(&works(folder.path(), &["bundle", "push", &reference, "b.tar.gz"]));
    assert_eq!(digest, again, "the same bundle has the same manifest");
    let text = works(folder.path(), &["bundle", "pull", &reference, "-o", "p.tar.gz", "--key", "ec.pub"]);
    assert_eq!(digest_in(&text), digest);
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert!(read("b.tar.gz") == read("p.tar.gz"));
    let exact = format!("{}/team/policy@{digest}", registry.host);
    works(folder.path(), &["bundle", "pull", &exact, "-o", "p.tar.gz"]);
    let other = format!("{}/team/policy@sha256:{}", registry.host, "0".repeat(64));
    assert_eq!(gate(folder.path(), &["bundle", "pull", &other, "-o", "q.tar.gz"]).0, 2);
    ec_key(folder.path());
    let (code, _) = gate(folder.path(), &["bundle", "pull", &reference, "-o", "q.tar.gz", "--key", "ec.pub"]);
    assert_eq!(code, 1, "another key");
    assert!(!folder.path().join("q.tar.gz").exists(), "what is not verified is not written");
}

#[test]
fn conftest_pulls_what_gate_pushes_and_the_other_way_round() {
    let (Some(registry), Some(conftest)) = (Registry::start(), tool("conftest")) else { return };
    let folder = policy_folder();
    let run = |arguments: &[&str]| {
        let output = Command::new(&conftest).args(arguments).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", all_text(&output));
    };
    works(folder.path(), &["bundle", "build", "policy", "-o", "b.tar.gz"]);
    let ours = format!("{}/team/ours:1", registry.host);
    works(folder.path(), &["bundle", "push", &ours, "b.tar.gz", "--format", "conftest"]);
    run(&["pull", "-p", "pulled", &format!("oci://{ours}")]);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("pulled/sec/x.rego"), read("policy/sec/x.rego"));
    assert!(read("pulled/data.json").contains("12345678901234567890"));
    std::fs::write(folder.path().join("policy/exceptions.json"), "{\"allowed\": [1]}").unwrap();
    let theirs = format!("{}/team/theirs:1", registry.host);
    run(&["push", &theirs]);
    works(folder.path(), &["bundle", "pull", &theirs, "-o", "t.tar.gz"]);
    let text = works(folder.path(), &["bundle", "inspect", "t.tar.gz"]);
    for wanted in ["sec/x.rego", "team.limit", "allowed", "team.big"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}

#[test]
fn opa_downloads_and_verifies_what_gate_pushes() {
    let (Some(registry), Some(opa)) = (Registry::start(), tool("opa")) else { return };
    let folder = policy_folder();
    ec_key(folder.path());
    let reference = format!("{}/team/policy:1", registry.host);
    works(folder.path(), &["bundle", "build", "policy", "-o", "b.tar.gz", "--signing-key", "ec.pem"]);
    works(folder.path(), &["bundle", "push", &reference, "b.tar.gz"]);
    let key = std::fs::read_to_string(folder.path().join("ec.pub")).unwrap();
    let config = serde_json::json!({
        "services": { "r": { "url": format!("http://{}", registry.host), "type": "oci" } },
        "bundles": { "p": { "service": "r", "resource": reference, "signing": { "keyid": "k" } } },
        "keys": { "k": { "algorithm": "ES256", "key": key } },
    });
    std::fs::write(folder.path().join("opa.json"), config.to_string()).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let mut child = Command::new(opa)
        .args(["run", "-s", "-c", "opa.json", "--addr", &address])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let asked = || {
        let mut stream = std::net::TcpStream::connect(&address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        write!(stream, "GET /v1/data/team/limit HTTP/1.0\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        text.contains("{\"result\":1.5}").then_some(())
    };
    let found = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        asked().is_some()
    });
    let _ = child.kill();
    let _ = child.wait();
    assert!(found, "opa did not load the bundle");
}

/// A server that answers each request with the next answer, and returns what it was asked.
fn server(answers: Vec<String>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let own = host.clone();
    let thread = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while reader.read_line(&mut head).unwrap() > 2 {}
            asked.push(head);
            let _ = stream.write_all(answer.replace("HOST", &own).as_bytes());
        }
        asked
    });
    (host, thread)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
}

fn pull(folder: &Path, host: &str) -> (i32, String) {
    let output = crate::cli::clean(
        Command::new(assert_cmd::cargo::cargo_bin!("gate"))
            .args(["bundle", "pull", &format!("{host}/a:1"), "-o", "p.tar.gz"])
            .current_dir(folder),
    )
    .env("DOCKER_CONFIG", folder)
    .env_remove("REGISTRY_AUTH_FILE")
    .env_remove("XDG_RUNTIME_DIR")
    .output()
    .unwrap();
    (output.status.code().unwrap(), all_text(&output))
}

#[test]
fn credentials_are_exchanged_for_a_token_as_the_registry_asks() {
    let folder = tempfile::tempdir().unwrap();
    let (host, thread) = server(vec![
        answer(
            "401 Unauthorized",
            "www-authenticate: Bearer realm=\"http://HOST/token\",service=\"reg\",scope=\"repository:a:pull\"\r\n",
            "",
        ),
        answer("200 OK", "", "{\"token\": \"abc\"}"),
        answer("404 Not Found", "", "{\"errors\": [{\"message\": \"no such\\u001b[31m thing\"}]}"),
    ]);
    // me:secret
    let config = serde_json::json!({"auths": {host.clone(): {"auth": "bWU6c2VjcmV0"}}});
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let (code, text) = pull(folder.path(), &host);
    let asked = thread.join().unwrap();
    assert_eq!(code, 2);
    assert!(text.contains("404") && text.contains("no such") && !text.contains('\u{1b}'), "{text}");
    assert!(!text.contains("secret") && !text.contains("abc"), "{text}");
    let lower: Vec<String> = asked.iter().map(|a| a.to_ascii_lowercase()).collect();
    assert!(!lower[0].contains("authorization"), "nothing is sent before it is asked for");
    assert!(asked[1].starts_with("GET /token?service=reg&scope=repository%3Aa%3Apull"), "{}", asked[1]);
    assert!(asked[1].contains("Basic bWU6c2VjcmV0"), "{}", asked[1]);
    assert!(asked[2].contains("Bearer abc"), "{}", asked[2]);
}

#[test]
fn a_credential_helper_is_asked() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let helper = folder.path().join("docker-credential-test");
    std::fs::write(&helper, "#!/bin/sh\nread host\necho '{\"Username\": \"me\", \"Secret\": \"secret\"}'\n")
        .unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(folder.path().join("config.json"), "{\"credsStore\": \"test\"}").unwrap();
    let (host, thread) = server(vec![
        answer("401 Unauthorized", "www-authenticate: Basic realm=\"x\"\r\n", ""),
        answer("403 Forbidden", "", ""),
    ]);
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let output = crate::cli::clean(
        Command::new(assert_cmd::cargo::cargo_bin!("gate"))
            .args(["bundle", "pull", &format!("{host}/a:1")])
            .current_dir(folder.path()),
    )
    .env("DOCKER_CONFIG", folder.path())
    .env("PATH", path)
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(thread.join().unwrap()[1].contains("Basic bWU6c2VjcmV0"));
}

#[test]
fn a_registry_that_gives_other_bytes_or_nothing_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = "{}";
    let wrong = "sha256:".to_owned() + &"1".repeat(64);
    let layer = serde_json::json!({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": wrong, "size": 2});
    let manifest = serde_json::json!({"layers": [layer]}).to_string();
    let image = serde_json::json!({"layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": wrong, "size": 2}]}).to_string();
    let huge = serde_json::json!({"layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": wrong, "size": 1_u64 << 40}]}).to_string();
    for (answers, about) in [
        (vec![answer("200 OK", "", &manifest), answer("200 OK", "", bytes)], "other bytes"),
        (vec![answer("200 OK", "", &manifest), answer("200 OK", "", "too many bytes")], "more than 2 bytes"),
        (vec![answer("200 OK", "", &image)], "no policy bundle"),
        (vec![answer("200 OK", "", &huge)], "more than the limit"),
        (vec![answer("200 OK", "", "not json")], "manifest"),
        (vec![answer("200 OK", "", "{}")], "no layers"),
        (vec![answer("401 Unauthorized", "", "")], "docker login"),
        (vec![answer("401 Unauthorized", "www-authenticate: Bearer realm=\"ftp://x\"\r\n", "")], "ftp://x"),
    ] {
        let (host, thread) = server(answers);
        let (code, text) = pull(folder.path(), &host);
        assert_eq!(code, 2, "{text}");
        assert!(text.contains(about), "{about}: {text}");
        thread.join().unwrap();
        assert!(!folder.path().join("p.tar.gz").exists());
    }
}

#[test]
fn what_is_no_reference_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for reference in [
        "policy",
        "policy:1",
        "team/policy",
        "a.example/UPPER",
        "a.example/../b",
        "a.example/b:",
        "a.example/b@sha256:12",
        "https://a.example/b",
        "a.example/b c",
    ] {
        let (code, text) = gate(folder.path(), &["bundle", "pull", reference]);
        assert_eq!(code, 2, "{reference}: {text}");
        assert!(!text.contains("cannot be reached"), "{reference}: {text}");
    }
}
