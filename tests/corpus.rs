//! Real tool outputs from elsewhere, with counts computed by another program from the formats' specifications.
//!
//! The files are not part of the project; where they are absent the test says so and passes.

use std::path::{Path, PathBuf};

use gate::format::{self, Declaration, Document};
use gate::read::{self, Limits};
use serde_json::Value;

/// Formats whose name in the manifest differs from gate's id.
const IDS: [(&str, &str); 8] = [
    ("bandit-json", "bandit"),
    ("semgrep-json", "semgrep"),
    ("trivy-json", "trivy"),
    ("gitleaks-json", "gitleaks"),
    ("junit-xml", "junit"),
    ("k6-summary", "k6"),
    ("cyclonedx-json", "cyclonedx"),
    ("cyclonedx-xml", "cyclonedx"),
];

/// Keys that have another name in the manifest.
const KEYS: [(&str, &str, &str); 5] = [
    ("cobertura", "lines_valid", "lines_valid_file_union"),
    ("cobertura", "lines_covered", "lines_covered_file_union"),
    ("cobertura", "branches_valid", "branches_valid_file_union"),
    ("cobertura", "branches_covered", "branches_covered_file_union"),
    ("sarif", "levels", "levels"),
];

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("GATE_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"), PathBuf::from);
    folder.join("MANIFEST.tsv").exists().then_some(folder)
}

fn read_file(path: &Path) -> Result<gate::model::Evidence, String> {
    let bytes = std::fs::read(path).unwrap();
    let text = read::decode(&bytes).map_err(|e| e.to_string())?;
    let name = path.file_name().unwrap().to_string_lossy();
    let format = format::detect(&name, &text, Limits::default()).map_err(|e| format!("{e:?}"))?;
    let declaration = Declaration::default();
    let document =
        Document { name: &name, text: &text, declaration: &declaration, limits: Limits::default() };
    format::parse(format, &document).map_err(|e| e.to_string())
}

#[test]
fn every_corpus_file_gives_the_counts_of_its_specification() {
    let Some(folder) = corpus() else {
        eprintln!("skipped: no corpus folder; set GATE_CORPUS to one with a MANIFEST.tsv");
        return;
    };
    let only = std::env::var("GATE_CORPUS_FORMAT").ok();
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let (mut compared, mut wrong) = (0, Vec::new());
    for row in manifest.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (path, kind) = (columns[0], columns[5]);
        let id = IDS.iter().find(|(name, _)| *name == kind).map_or(kind, |(_, id)| id);
        if format::by_id(id).is_none() || only.as_ref().is_some_and(|only| only != id) {
            continue;
        }
        let expected: Value = serde_json::from_str(columns[9]).unwrap();
        let refused = matches!(
            expected["expect"].as_str(),
            Some("malformed" | "unsupported-version" | "xxe-must-not-resolve")
        );
        let evidence = match (read_file(&folder.join(path)), refused) {
            (Ok(_), true) => {
                wrong.push(format!("{path}: read, but must be refused"));
                continue;
            }
            (Err(_), true) => {
                compared += 1;
                continue;
            }
            // What breaks its schema may be refused as well as read in part.
            (Err(_), false) if expected["expect"] == "schema-invalid" => {
                compared += 1;
                continue;
            }
            (Err(error), false) => {
                wrong.push(format!("{path}: {error}"));
                continue;
            }
            (Ok(evidence), false) => evidence,
        };
        if evidence.format != id {
            wrong.push(format!("{path}: recognised as {}, expected {id}", evidence.format));
            continue;
        }
        for (key, found) in &evidence.counts {
            let name =
                KEYS.iter().find(|(f, k, _)| *f == id && k == key).map_or(key.as_str(), |(_, _, name)| name);
            let Some(wanted) = expected.get(name).or_else(|| expected.get(key)) else { continue };
            compared += 1;
            if !same(wanted, found) {
                wrong.push(format!("{path}: {key} is {found}, expected {wanted}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} comparisons differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 0, "nothing was compared");
}

/// Equal as JSON, numbers by value, and absent counts of a map as zero. JaCoCo's counters are pairs or objects.
pub(crate) fn same(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Number(a), Value::Number(b)) => (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-9,
        (Value::Object(a), Value::Array(b)) => {
            b.len() == 2 && a.len() == 2 && same(&a["missed"], &b[0]) && same(&a["covered"], &b[1])
        }
        (Value::Object(a), Value::Object(b)) => {
            let zero = Value::from(0);
            a.keys().chain(b.keys()).all(|key| {
                let (a, b) = (a.get(key).unwrap_or(&zero), b.get(key).unwrap_or(&zero));
                same(a, b)
            })
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        _ => wanted == found,
    }
}
