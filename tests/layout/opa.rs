//! `opa fmt` as the oracle, and properties that hold without it.

use std::path::{Path, PathBuf};
use std::process::Command;

use gate::rego::ast::Version;
use gate::rego::format_module;

use super::rego_below;
use crate::cli::root;
use crate::oracle::opa;

/// Modules that come with OPA and conftest, where Go has them.
fn foreign() -> Vec<PathBuf> {
    let Ok(output) = Command::new("go").args(["env", "GOMODCACHE"]).output() else { return Vec::new() };
    let cache =
        PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).join("github.com/open-policy-agent");
    ["opa@v1.22.0", "conftest@v0.71.1"].iter().flat_map(|name| rego_below(&cache.join(name))).collect()
}

fn own() -> Vec<PathBuf> {
    let mut files = rego_below(&root().join("policies"));
    files.extend(rego_below(&root().join("fixtures")));
    files
}

fn of_opa(opa: &Path, file: &Path) -> Option<String> {
    let output = Command::new(opa).arg("fmt").arg(file).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

#[test]
fn own_modules_are_laid_out_as_opa_does() {
    let Some(opa) = opa() else { return };
    for file in own() {
        let theirs = of_opa(&opa, &file).unwrap_or_else(|| panic!("opa rejects {}", file.display()));
        let ours = format_module(&std::fs::read_to_string(&file).unwrap(), Version::V1).unwrap();
        assert!(ours == theirs, "{}:\n{ours}\n--- opa:\n{theirs}", file.display());
    }
}

#[test]
fn modules_of_others_are_laid_out_as_opa_does() {
    let files = foreign();
    if files.is_empty() {
        eprintln!("skipped: Go has no sources of OPA and conftest here");
        return;
    }
    let Some(opa) = opa() else { return };
    let (mut accepted, mut other) = (0, Vec::new());
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let Some(theirs) = of_opa(&opa, &file) else { continue };
        accepted += 1;
        if format_module(&text, Version::V1).ok() != Some(theirs) {
            other.push(file);
        }
    }
    eprintln!("{} of {accepted} modules that OPA accepts are laid out alike", accepted - other.len());
    assert!(other.is_empty(), "{other:#?}");
}

#[test]
fn what_is_laid_out_stays_as_it_is() {
    for file in own().into_iter().chain(foreign()) {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for version in [Version::V1, Version::V0] {
            let Ok(once) = format_module(&text, version) else { continue };
            let twice = format_module(&once, version).unwrap();
            assert!(twice == once, "{}", file.display());
        }
    }
}
