//! What must never be allowed, and what must never bring gate down: a test for each case of the plan.

mod parsing;
mod policies;
mod protected;
mod reports;
mod semantics;

use std::path::Path;

use serde_json::Value;

use crate::cli::{decide, root};

/// A folder with files.
pub(crate) fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

/// The path of a report of the green pipeline.
pub(crate) fn green(file: &str) -> String {
    root().join("fixtures/pipeline/green").join(file).to_string_lossy().into_owned()
}

/// Decides about one report, beside reports in good order of everything that is needed otherwise.
pub(crate) fn beside_green(file: &str, text: &str, arguments: &[&str]) -> (i32, Value) {
    let folder = folder(&[(file, text.as_bytes())]);
    let others = ["coverage.xml", "junit.xml", "bandit.json"].map(green);
    let mut all: Vec<&str> = others.iter().map(String::as_str).collect();
    all.push(file);
    all.extend(arguments);
    decide(folder.path(), &all)
}

/// Decides about one report by one gate.
pub(crate) fn alone(gate: &str, file: &str, text: &str) -> (i32, Value) {
    let folder = folder(&[(file, text.as_bytes())]);
    decide(folder.path(), &[file, "--gate", gate])
}

/// The error of a file that cannot be read: no decision, and the file is named.
pub(crate) fn refused(folder: &Path, arguments: &[&str], file: &str) -> Value {
    let (code, decision) = decide(folder, arguments);
    assert_eq!(code, 2, "{}", decision["reason"]);
    let errors = decision["errors"].as_array().unwrap();
    let error = errors.iter().find(|e| e["file"] == file);
    error.unwrap_or_else(|| panic!("{file} is not among {errors:#?}")).clone()
}

/// SARIF of one run.
pub(crate) fn sarif(run: &str) -> String {
    format!(r#"{{"version": "2.1.0", "runs": [{run}]}}"#)
}

/// A run of a scanner with rules and results.
pub(crate) fn run(rules: &str, results: &str) -> String {
    sarif(&format!(
        r#"{{"tool": {{"driver": {{"name": "Homemade", "rules": [{rules}]}}}}, "results": [{results}]}}"#
    ))
}

/// Warnings of the only evidence file.
pub(crate) fn warnings(decision: &Value) -> Vec<&str> {
    let files = decision["evidence"].as_array().unwrap();
    files
        .iter()
        .flat_map(|file| file["warnings"].as_array().unwrap())
        .filter_map(|warning| warning["code"].as_str())
        .collect()
}
