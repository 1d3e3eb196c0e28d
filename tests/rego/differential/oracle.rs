//! OPA as a server: modules are put and asked one by one.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gate::rego::ast::Version;
use serde_json::{Value, json};

pub(crate) enum Oracle {
    /// It does not compile the module.
    Refused(String),
    /// The package's document or the error, by input.
    Answers(Vec<Result<Value, String>>),
}

struct Server {
    child: Child,
    folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Opa {
    v1: Server,
    v0: Server,
}

pub(crate) fn program() -> Option<PathBuf> {
    let mut places: Vec<PathBuf> = std::env::var_os("GATE_OPA").map(PathBuf::from).into_iter().collect();
    if let Some(path) = std::env::var_os("PATH") {
        places.extend(std::env::split_paths(&path).map(|folder| folder.join("opa")));
    }
    if let Some(home) = std::env::var_os("HOME") {
        places.push(PathBuf::from(home).join("go/bin/opa"));
    }
    places.into_iter().find(|path| path.is_file())
}

impl Server {
    fn start(compatible: bool) -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let address = format!("unix://{}", folder.path().join("s").display());
        let mut command = Command::new(program()?);
        command.args(["run", "--server", "--log-level", "error", "--disable-telemetry", "--addr", &address]);
        if compatible {
            command.arg("--v0-compatible");
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let server = Self { child, folder };
        for _ in 0..400 {
            if server.request("GET", "/health", "").is_ok() {
                let base = super::generate::base().to_string();
                server.request("PUT", "/v1/data/base", &base).ok()?;
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        None
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Result<(u16, String), String> {
        let text = |error: std::io::Error| error.to_string();
        let mut stream = UnixStream::connect(self.folder.path().join("s")).map_err(text)?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).map_err(text)?;
        let head = format!("{method} {path} HTTP/1.0\r\nHost: opa\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).map_err(text)?;
        stream.write_all(body.as_bytes()).map_err(text)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(text)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or("no status")?;
        Ok((status, body.to_owned()))
    }
}

fn first_error(body: &str) -> String {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let first = value.pointer("/errors/0").unwrap_or(&value);
    let code = first.get("code").and_then(Value::as_str).unwrap_or_default();
    format!("{code}: {}", first.get("message").and_then(Value::as_str).unwrap_or(body))
}

impl Opa {
    pub(crate) fn start() -> Option<Self> {
        Some(Self { v1: Server::start(false)?, v0: Server::start(true)? })
    }

    /// Asks for the document `data.f` of a module `package f`.
    pub(crate) fn package(
        &mut self,
        text: &str,
        version: Version,
        inputs: &[Value],
    ) -> Result<Oracle, String> {
        let server = if version == Version::V0 { &self.v0 } else { &self.v1 };
        let (status, body) = server.request("PUT", "/v1/policies/f", text)?;
        if status != 200 {
            return Ok(Oracle::Refused(first_error(&body)));
        }
        let mut answers = Vec::new();
        for input in inputs {
            let (status, body) =
                server.request("POST", "/v1/data/f", &json!({ "input": input }).to_string())?;
            answers.push(if status == 200 {
                let value: Value = serde_json::from_str(&body).map_err(|e| e.to_string())?;
                Ok(value.get("result").cloned().unwrap_or(Value::Null))
            } else {
                Err(first_error(&body))
            });
        }
        Ok(Oracle::Answers(answers))
    }
}
