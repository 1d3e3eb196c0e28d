//! conftest itself, where it can be found, says the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::parsers::same;
use super::{decision, fixtures, said};

/// conftest, or nothing with the reason printed.
fn conftest() -> Option<PathBuf> {
    let named = std::env::var_os("GATE_CONFTEST").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join("go/bin/conftest"));
    let found = named.into_iter().chain(home).find(|path| path.is_file()).or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join("conftest")).find(|path| path.is_file())
    });
    if found.is_none() {
        eprintln!("skipped: conftest is not installed (GATE_CONFTEST names it)");
    }
    found
}

/// conftest's own examples in the module cache of Go.
fn examples() -> Option<PathBuf> {
    let home = std::env::var_os("HOME")?;
    let cache = Path::new(&home).join("go/pkg/mod/github.com/open-policy-agent");
    let mut versions: Vec<PathBuf> = std::fs::read_dir(&cache)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("conftest@")))
        .collect();
    versions.sort();
    versions.pop().map(|version| version.join("examples")).filter(|path| path.is_dir())
}

/// Failures, warnings, number of exceptions and of successes.
type Counts = (Vec<String>, Vec<String>, u64, u64);

fn counts_of_conftest(result: &Value) -> Counts {
    let messages = |key: &str| {
        let results = result[key].as_array().cloned().unwrap_or_default();
        let mut all: Vec<String> = results.iter().map(|r| r["msg"].as_str().unwrap().to_owned()).collect();
        all.sort();
        all
    };
    let exceptions = result["exceptions"].as_array().map_or(0, Vec::len) as u64;
    (messages("failures"), messages("warnings"), exceptions, result["successes"].as_u64().unwrap_or(0))
}

fn counts_of_gate(row: &Value) -> Counts {
    let all = said(row);
    let of = |level: &str| all.iter().filter(|(l, _)| l == level).map(|(_, m)| m.clone()).collect();
    let exceptions = row["report"]["exceptions"].as_array().map_or(0, Vec::len) as u64;
    (of("fail"), of("warn"), exceptions, row["report"]["passed"].as_u64().unwrap_or(0))
}

/// What both say of one file: nothing where they agree.
fn disagreement(conftest: &Path, folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(conftest)
        .current_dir(folder)
        .args(["test", "--output", "json"])
        .args(arguments)
        .output()
        .unwrap();
    let expected: Result<Vec<Value>, _> = serde_json::from_slice(&output.stdout);
    let (found, code) = decision(folder, arguments);
    let Ok(expected) = expected else {
        // What conftest refuses must not be allowed here.
        return if code == 2 { Ok(()) } else { Err(format!("conftest refuses it, gate says {code}")) };
    };
    if code == 2 {
        return Err(format!("gate refuses it: {}", found["reason"]));
    }
    let expected: BTreeMap<String, Counts> = expected
        .iter()
        .map(|result| (result["namespace"].as_str().unwrap().to_owned(), counts_of_conftest(result)))
        .filter(|(_, counts)| *counts != Counts::default())
        .collect();
    let found: BTreeMap<String, Counts> = found["gates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["name"].as_str().unwrap().to_owned(), counts_of_gate(row)))
        .collect();
    if expected == found { Ok(()) } else { Err(format!("expected {expected:?}, found {found:?}")) }
}

/// Examples whose files no parser of gate reads.
const OTHER_PARSERS: [&str; 9] =
    ["cue", "edn", "hocon", "jenkins", "jsonnet", "nginx", "spdx", "textproto", "vcl"];
/// Examples whose policies the interpreter does not take, with the reason.
const NOT_TAKEN: [(&str, &str); 1] =
    [("combine", "a comprehension that binds a name which a later expression of the body binds too")];

#[test]
fn examples_of_conftest_come_out_as_conftest_says() {
    let Some(conftest) = conftest() else { return };
    let Some(examples) = examples() else {
        eprintln!("skipped: conftest's examples are not in the module cache");
        return;
    };
    let mut agreed = 0;
    let mut wrong = Vec::new();
    for (folder, policy) in policies(&examples) {
        let name = folder.strip_prefix(&examples).unwrap().to_string_lossy().into_owned();
        if OTHER_PARSERS.contains(&name.as_str()) {
            continue;
        }
        for file in files(&folder) {
            for combine in [false, true] {
                let mut arguments = vec![file.as_str(), "--policy", policy, "--all-namespaces"];
                if combine {
                    arguments.push("--combine");
                }
                match (
                    disagreement(&conftest, &folder, &arguments),
                    NOT_TAKEN.iter().find(|(n, _)| *n == name),
                ) {
                    (Ok(()), _) => agreed += 1,
                    (Err(_), Some((_, reason))) => eprintln!("skipped: {name}/{file}: {reason}"),
                    (Err(what), None) => wrong.push(format!("{name}/{file} {arguments:?}: {what}")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(agreed > 40, "only {agreed} comparisons");
}

/// Folders with a folder of policies.
fn policies(root: &Path) -> Vec<(PathBuf, &'static str)> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
            match entry.file_name().to_string_lossy().as_ref() {
                "policy" => found.push((folder.clone(), "policy")),
                "test" => found.push((folder.clone(), "test")),
                _ => open.push(entry.path()),
            }
        }
    }
    found.sort();
    found
}

fn files(folder: &Path) -> Vec<String> {
    const NO_CONFIGURATION: [&str; 3] = ["README.md", "Makefile", "conftest.toml"];
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !NO_CONFIGURATION.contains(&name.as_str()))
        .collect();
    names.sort();
    names
}

#[test]
fn fixtures_come_out_as_conftest_says() {
    let Some(conftest) = conftest() else { return };
    let workloads = fixtures().join("workloads");
    for arguments in [
        &["workloads.yaml", "--namespace", "main"][..],
        &["workloads.yaml", "--namespace", "m*"],
        &["workloads.yaml", "--namespace", "main", "--combine"],
    ] {
        assert_eq!(disagreement(&conftest, &workloads, arguments), Ok(()), "{arguments:?}");
    }
}

#[test]
fn parsed_fixtures_are_what_conftest_makes_of_them() {
    let Some(conftest) = conftest() else { return };
    let folder = fixtures().join("parsers");
    for entry in std::fs::read_dir(&folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".expected.json") {
            continue;
        }
        let output = Command::new(&conftest)
            .current_dir(&folder)
            .args(["parse", &name])
            .env_clear()
            .env("HOME", &folder)
            .output()
            .unwrap();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let expected = std::fs::read(folder.join(format!("{name}.expected.json"))).unwrap();
        assert!(same(&said, &serde_json::from_slice(&expected).unwrap()), "{name}");
    }
}
