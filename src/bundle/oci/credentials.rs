//! Credentials for registries, from where Docker and Podman keep them. They go to the registry and its token service
//! and nowhere else: into no error, no log and no report.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::bundle::BundleError;

/// Where credentials are looked for: files as Docker writes them, the first that has some for the registry.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The files, in order.
    pub files: Vec<PathBuf>,
}

impl Surroundings {
    /// The files that the environment names: `REGISTRY_AUTH_FILE`, `DOCKER_CONFIG`, else those of the home folder.
    pub fn of(get: &dyn Fn(&str) -> Option<String>) -> Self {
        let path = |name: &str| get(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let mut files = Vec::new();
        files.extend(path("REGISTRY_AUTH_FILE"));
        match path("DOCKER_CONFIG") {
            Some(folder) => files.push(folder.join("config.json")),
            None => {
                let home = path("HOME").or_else(|| path("USERPROFILE"));
                files.extend(home.map(|home| home.join(".docker").join("config.json")));
            }
        }
        files.extend(path("XDG_RUNTIME_DIR").map(|folder| folder.join("containers").join("auth.json")));
        Self { files }
    }

    /// The credentials for a registry.
    pub(super) fn find(&self, registry: &str) -> Result<Option<Credentials>, BundleError> {
        for file in &self.files {
            let shown = file.to_string_lossy();
            let text = match std::fs::read_to_string(file) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    return Err(BundleError::new(format!("cannot be read: {error}")).at(&shown));
                }
            };
            let value: Value = serde_json::from_str(&text).map_err(|error| BundleError {
                line: error.line() as u64,
                column: error.column() as u64,
                ..BundleError::new("expected JSON as Docker writes it").at(&shown)
            })?;
            if let Some(found) = of_file(&value, registry).map_err(|error| error.at(&shown))? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// Who asks.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credentials {
    /// Name and password.
    Password(String, String),
    /// A token that is exchanged for others.
    Identity(String),
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

impl Credentials {
    /// The header of name and password.
    pub(super) fn basic(&self) -> Option<String> {
        match self {
            Self::Password(name, password) => {
                Some(format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
            }
            Self::Identity(_) => None,
        }
    }
}

/// The names under which a registry is kept.
fn names(registry: &str) -> Vec<String> {
    let mut names = vec![registry.to_owned(), format!("https://{registry}"), format!("http://{registry}")];
    if registry == "registry-1.docker.io" {
        names.extend(["https://index.docker.io/v1/", "index.docker.io", "docker.io"].map(str::to_owned));
    }
    names
}

fn of_file(value: &Value, registry: &str) -> Result<Option<Credentials>, BundleError> {
    let names = names(registry);
    let helper = names
        .iter()
        .find_map(|name| value.get("credHelpers")?.get(name)?.as_str())
        .or_else(|| value.get("credsStore").and_then(Value::as_str))
        .filter(|helper| !helper.is_empty());
    if let Some(helper) = helper {
        for name in &names {
            if let Some(found) = ask(helper, name)? {
                return Ok(Some(found));
            }
        }
    }
    let entry = names.iter().find_map(|name| {
        let auths = value.get("auths")?;
        auths.get(name).or_else(|| auths.get(format!("{name}/")))
    });
    let Some(entry) = entry else { return Ok(None) };
    let text = |key: &str| entry.get(key).and_then(Value::as_str).filter(|t| !t.is_empty());
    if let Some(token) = text("identitytoken") {
        return Ok(Some(Credentials::Identity(token.to_owned())));
    }
    if let (Some(name), Some(password)) = (text("username"), text("password")) {
        return Ok(Some(Credentials::Password(name.to_owned(), password.to_owned())));
    }
    let Some(auth) = text("auth") else { return Ok(None) };
    let decoded = STANDARD.decode(auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.as_deref().and_then(|text| text.split_once(':')) {
        Some((name, password)) => {
            Ok(Some(Credentials::Password(name.to_owned(), password.trim_end_matches('\0').to_owned())))
        }
        None => Err(BundleError::new(format!("`auth` of `{registry}` is not base64 of `name:password`"))
            .help("log in again")),
    }
}

/// How long a helper may take.
const HELPER_TIME: Duration = Duration::from_secs(30);
/// What a helper may answer at most.
const HELPER_BYTES: u64 = 1 << 20;

/// Asks a credential helper.
fn ask(helper: &str, registry: &str) -> Result<Option<Credentials>, BundleError> {
    let is_plain = helper.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if !is_plain {
        return Err(BundleError::new(format!("`{helper}` is no name of a credential helper")));
    }
    let program = format!("docker-credential-{helper}");
    let lost = |what: &str| {
        BundleError::new(format!("the credential helper `{program}` {what}"))
            .help("install it, or log in without one")
    };
    let mut child = Command::new(Path::new(&program))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| lost(&format!("cannot be started: {error}")))?;
    if let Some(mut pipe) = child.stdin.take() {
        let _ = pipe.write_all(registry.as_bytes());
    }
    let stdout = child.stdout.take();
    let (sender, answer) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.map(|pipe| pipe.take(HELPER_BYTES).read_to_string(&mut text));
        let _ = sender.send(read.map(|read| read.map(|_| text)));
    });
    let answer = answer.recv_timeout(HELPER_TIME);
    if answer.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| lost(&format!("was lost: {error}")))?;
    let Ok(Some(Ok(text))) = answer else { return Err(lost("did not answer in time")) };
    // A helper that knows nothing of the registry says so and fails.
    if !status.success() {
        return Ok(None);
    }
    let value: Value = serde_json::from_str(&text).map_err(|_| lost("answered something else than JSON"))?;
    let field = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, secret) = (field("Username"), field("Secret"));
    Ok(match (name.as_str(), secret.is_empty()) {
        (_, true) => None,
        ("<token>", false) => Some(Credentials::Identity(secret)),
        _ => Some(Credentials::Password(name, secret)),
    })
}
