//! Reading of each format: the shipped fixtures and the traps that are known of it.

mod axe;
mod bandit;
mod cobertura;
mod cyclonedx;
mod eslint;
mod gate_evidence;
mod gitleaks;
mod jacoco;
mod junit;
mod k6;
mod lcov;
mod lighthouse;
mod mypy;
mod ruff;
mod sarif;
mod semgrep;
mod trivy;

use std::path::{Path, PathBuf};

use gate::format::{self, Declaration, Document};
use gate::model::Evidence;
use gate::read::{self, Limits, ParseError};

/// The folder of a format's fixtures.
pub(crate) fn fixtures(id: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats").join(id)
}

/// Reads a fixture of a format, which must be recognised as that format by its content.
pub(crate) fn read_fixture(id: &str, file: &str) -> Evidence {
    let bytes = std::fs::read(fixtures(id).join(file)).unwrap();
    let text = read::decode(&bytes).unwrap();
    let found = format::detect(file, &text, Limits::default()).unwrap_or_else(|e| panic!("{file}: {e:?}"));
    assert_eq!(found.info().id, id, "{file} is recognised as another format");
    read_as(id, &text).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// Reads a text as a format.
pub(crate) fn read_as(id: &str, text: &str) -> Result<Evidence, ParseError> {
    let declaration = Declaration::default();
    let document = Document { name: "test", text, declaration: &declaration, limits: Limits::default() };
    format::parse(format::by_id(id).unwrap(), &document)
}

/// The id of the format that a text is recognised as, if it is.
pub(crate) fn detected(text: &str) -> Option<&'static str> {
    format::detect("test", text, Limits::default()).ok().map(|f| f.info().id)
}

/// A fixture that lost its end, wherever it was cut off, must be refused.
pub(crate) fn no_cut_is_read(id: &str, file: &str) {
    let text = std::fs::read_to_string(fixtures(id).join(file)).unwrap();
    let text = text.trim_end();
    let step = (text.len() / 200).max(1);
    let tail = text.len().saturating_sub(40)..text.len();
    for cut in (0..text.len()).step_by(step).chain(tail).filter(|cut| text.is_char_boundary(*cut)) {
        assert!(
            read_as(id, text.get(..cut).unwrap()).is_err(),
            "{id}/{file} is read though cut off at byte {cut}"
        );
    }
}

/// Every fixture is named in the `SOURCE.tsv` beside it, with the counts of another program.
#[test]
fn every_fixture_is_read_with_the_counts_in_its_source_list() {
    let mut wrong = Vec::new();
    let folders = std::fs::read_dir(fixtures("")).unwrap();
    for folder in folders.map(|entry| entry.unwrap().path()) {
        let id = folder.file_name().unwrap().to_string_lossy().into_owned();
        let list = std::fs::read_to_string(folder.join("SOURCE.tsv")).unwrap_or_else(|e| panic!("{id}: {e}"));
        let mut named = vec!["SOURCE.tsv".to_owned()];
        for row in list.lines().skip(1) {
            let columns: Vec<&str> = row.split('\t').collect();
            let [file, _tool, _version, _command, _exit, counts] = columns[..] else { panic!("{id}: {row}") };
            named.push(file.to_owned());
            let counts: serde_json::Map<String, serde_json::Value> = serde_json::from_str(counts).unwrap();
            let evidence = read_fixture(&id, file);
            for (key, wanted) in counts {
                let found = evidence.counts.get(&key);
                if !found.is_some_and(|found| crate::corpus::same(&wanted, found)) {
                    wrong.push(format!("{id}/{file}: {key} is {found:?}, expected {wanted}"));
                }
            }
        }
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().file_name().to_string_lossy().into_owned();
            if !named.contains(&file) {
                wrong.push(format!("{id}/{file} is not in SOURCE.tsv"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
