//! The policy workbench: annotations, selections, replay and the diff of policy sets.

mod annotations;
mod dev;
mod diff;
mod eval;
mod explain;
mod files;
mod replay;
mod selection;
mod test;
mod trace;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::cli::{gate, root};

/// A folder with the green pipeline in `reports/` and further files.
pub(crate) fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let reports = folder.path().join("reports");
    std::fs::create_dir(&reports).unwrap();
    for name in ["coverage.xml", "junit.xml", "bandit.json"] {
        std::fs::copy(root().join("fixtures/pipeline/green").join(name), reports.join(name)).unwrap();
    }
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
}

/// Writes a file, its folders included.
pub(crate) fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A module of gate `security` whose rule says something always.
pub(crate) fn always(code: &str, custom: &str) -> String {
    format!(
        "package gate.security\n\n# METADATA\n# title: Always says something\n# custom:\n#   code: {code}\n{custom}deny contains {{\"code\": \"{code}\", \"msg\": \"always\"}} if input.schema\n"
    )
}

/// Exit code, standard output and standard error.
pub(crate) fn told(output: &Output) -> (i32, String, String) {
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// Runs gate in a folder.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    told(&gate(folder, arguments))
}

/// A folder with files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
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
