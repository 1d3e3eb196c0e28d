//! Policies by conftest's conventions, over configuration files.

mod evaluate;
mod oracle;
mod parsers;
mod settings;

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

/// The folder of the fixtures.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/conftest")
}

/// Runs gate in a folder.
fn gate(folder: &Path, arguments: &[&str]) -> Output {
    assert_cmd::Command::cargo_bin("gate")
        .unwrap()
        .current_dir(folder)
        .env_clear()
        .args(arguments)
        .output()
        .unwrap()
}

/// The decision and exit code of `gate evaluate`.
fn decision(folder: &Path, arguments: &[&str]) -> (Value, i32) {
    let all: Vec<&str> = ["evaluate"].iter().chain(arguments).chain(&["--output", "json"]).copied().collect();
    let output = gate(folder, &all);
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{errors}"));
    (value, output.status.code().unwrap())
}

/// A folder with files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// Levels and messages of all verdicts of a row.
fn said(row: &Value) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = row["rules"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|rule| rule["verdicts"].as_array().unwrap())
        .map(|v| (v["level"].as_str().unwrap().to_owned(), v["message"].as_str().unwrap().to_owned()))
        .collect();
    all.sort();
    all
}
