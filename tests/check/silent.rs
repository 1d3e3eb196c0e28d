//! No false alarm: on the shipped policies, and on what OPA accepts.

use std::path::{Path, PathBuf};

use gate::rego::analyse::{Context, Severity, Source, check};
use gate::rego::ast::Version;

fn modules(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            modules(&path, found);
        } else if path.extension().is_some_and(|e| e == "rego") {
            found.push(path);
        }
    }
}

#[test]
fn shipped_policies_and_fixtures_have_no_error() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = assert_cmd::Command::cargo_bin("gate")
        .unwrap()
        .current_dir(root)
        .args(["check", "policies", "fixtures/policies", "--output", "json"])
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["summary"]["errors"], 0, "{report:#}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_opa_accepts_has_no_error() {
    let Some(opa) = super::opa() else { return };
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cache = home.join("go/pkg/mod/github.com/open-policy-agent");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(&cache).into_iter().flatten().flatten().map(|e| e.path()) {
        // The documentation's examples and those of conftest.
        modules(&folder.join("docs"), &mut files);
        modules(&folder.join("examples"), &mut files);
    }
    if files.is_empty() {
        eprintln!("skipped: no module cache with policies of others");
        return;
    }
    let (mut accepted, mut wrong) = (0, Vec::new());
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        if !std::process::Command::new(&opa).arg("check").arg(path).output().unwrap().status.success() {
            continue;
        }
        accepted += 1;
        match Source::read("a.rego", &text, Version::V1) {
            Ok(source) => wrong.extend(
                check(&[source], &Context::default())
                    .into_iter()
                    .filter(|d| d.severity == Severity::Error)
                    .map(|d| format!("{}:{}: {} {}", path.display(), d.span.start.line, d.code, d.message)),
            ),
            Err(error) => wrong.push(format!("{}:{}: {}", path.display(), error.place.line, error.message)),
        }
    }
    eprintln!("{} files, {accepted} accepted by opa, {} false alarms", files.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
