//! The policy workbench: tests of policies, queries, explanations, and the loop around them.

mod dev;
mod eval;
mod explain;
mod files;
mod test;
mod trace;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::cli::gate;

/// A folder with files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}{}", String::from_utf8_lossy(&output.stdout), stderr(output)))
}

/// Whether the engine records what it reaches.
fn records() -> bool {
    let folder = folder(&[("a.rego", "package a\n\np if true\n")]);
    let output = gate(folder.path(), &["eval", "data.a.p", "-d", "a.rego", "--profile"]);
    !json(&output)["profile"].as_array().unwrap().is_empty()
}

/// `opa` with arguments in a folder, where it is installed.
fn opa(folder: &Path, arguments: &[&str]) -> Option<Output> {
    let program = crate::oracle::opa()?;
    Some(Command::new(program).args(arguments).current_dir(folder).output().unwrap())
}
