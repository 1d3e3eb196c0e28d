//! Records of decisions on disk: written by `gate evaluate --record`, read by `gate replay` and `gate policy diff`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::output;
use super::setup::{Own, Setup};
use crate::format::Declaration;
use crate::ingest::{self, Content};
use crate::model::{Decision, Problem};
use crate::policy::UserModule;
use crate::report;
use crate::workbench::{RECORD_SCHEMA, Record, RecordedConfig, RecordedModule};

/// The files of a record.
pub(super) const DECISION: &str = "decision.json";
pub(super) const INPUT: &str = "input.json";
pub(super) const RECORD: &str = "record.json";
pub(super) const EVIDENCE: &str = "evidence";

/// A problem with a file.
pub(super) fn problem(file: &Path, message: impl std::fmt::Display, help: &str) -> Box<Problem> {
    Box::new(Problem {
        code: "usage".to_owned(),
        message: message.to_string(),
        file: file.to_string_lossy().into_owned(),
        help: help.to_owned(),
        ..Problem::default()
    })
}

/// The bytes of a decision's JSON report.
pub(super) fn bytes(decision: &Decision) -> String {
    report::by_id("json").map(|json| json.render(decision, &report::Options::default())).unwrap_or_default()
}

/// Writes the record of a decision into a folder of its own below `folder`.
pub(super) fn write(
    folder: &Path,
    decision: &Decision,
    input: &str,
    setup: &Setup,
    request: &ingest::Request,
) -> Result<PathBuf, Box<Problem>> {
    let id: String = decision.id.trim_start_matches("sha256:").chars().take(12).collect();
    let stamp: String = decision.evaluated_at.chars().filter(char::is_ascii_alphanumeric).collect();
    let folder = folder.join(format!("{stamp}-{}-{id}", decision.outcome.as_str()));
    let unwritable = |e: std::io::Error| problem(&folder, format!("cannot write the record: {e}"), "");
    let evidence = folder.join(EVIDENCE);
    std::fs::create_dir_all(&evidence).map_err(unwritable)?;
    let mut wanted: BTreeSet<String> = decision.evidence.iter().map(|file| file.sha256.clone()).collect();
    let mut failed = None;
    ingest::contents(request.inputs.clone(), request.limits, &mut |content: Content| {
        if failed.is_none() && wanted.remove(&content.sha256) {
            failed = std::fs::write(evidence.join(&content.sha256), &content.bytes).err();
        }
    });
    if let Some(error) = failed {
        return Err(unwritable(error));
    }
    if let Some(gone) = decision.evidence.iter().find(|file| wanted.contains(&file.sha256)) {
        return Err(problem(
            Path::new(&gone.name),
            "the evidence changed while the decision was recorded",
            "let the tools end before gate begins",
        ));
    }
    let record = Record {
        schema: RECORD_SCHEMA.to_owned(),
        gate_version: env!("CARGO_PKG_VERSION").to_owned(),
        decision: decision.id.clone(),
        root: std::env::current_dir().ok().map(|root| root.to_string_lossy().into_owned()),
        config: setup.config.path.as_ref().map(|path| RecordedConfig {
            path: path.to_string_lossy().into_owned(),
            text: setup.config.text.clone(),
        }),
        modules: setup
            .own
            .modules
            .iter()
            .map(|module| RecordedModule { path: module.path.clone(), text: module.text.clone() })
            .collect(),
        data: setup.own.data.clone(),
    };
    let record = serde_json::to_string_pretty(&record).unwrap_or_default() + "\n";
    // The decision comes last: a folder without it is no record yet.
    for (name, text) in [(INPUT, input), (RECORD, &record), (DECISION, &bytes(decision))] {
        output::write_file(&folder.join(name), text).map_err(unwritable)?;
    }
    Ok(folder)
}

/// Reads `record.json` of a folder.
pub(super) fn read(folder: &Path) -> Result<Record, Box<Problem>> {
    let path = folder.join(RECORD);
    let help = "records are written by `gate evaluate --record DIR`";
    let text =
        std::fs::read_to_string(&path).map_err(|e| problem(&path, format!("cannot read: {e}"), help))?;
    let record: Record =
        serde_json::from_str(&text).map_err(|e| problem(&path, format!("is no record: {e}"), help))?;
    if record.schema != RECORD_SCHEMA {
        let message = format!("is a record of layout `{}`, expected `{RECORD_SCHEMA}`", record.schema);
        return Err(problem(&path, message, "use the gate that wrote it"));
    }
    Ok(record)
}

/// The policies of a record.
pub(super) fn own(record: &Record) -> Own {
    Own {
        provenance: Default::default(),
        modules: record
            .modules
            .iter()
            .map(|module| UserModule { path: module.path.clone(), text: module.text.clone() })
            .collect(),
        data: record.data.clone(),
    }
}

/// The configuration of a record.
pub(super) fn config(record: &Record) -> Result<crate::config::Config, Box<Problem>> {
    let Some(recorded) = &record.config else { return Ok(crate::config::Config::default()) };
    let mut config =
        crate::config::parse(&recorded.text, &recorded.path).map_err(|e| Box::new(Problem::from(e)))?;
    config.base = Path::new(&recorded.path).parent().map(Path::to_owned).unwrap_or_default();
    Ok(config)
}

/// Reads a decision, telling one of another layout from one that is broken.
pub(super) fn decision(path: &Path, bytes: &[u8]) -> Result<Decision, Box<Problem>> {
    let help = "give the file that `gate evaluate --output json=FILE` wrote";
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|e| problem(path, format!("is no JSON: {e}"), help))?;
    let text = |key: &str| value.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    if text("schema") != crate::model::DECISION_SCHEMA {
        return Err(problem(path, format!("is no decision: its `schema` is `{}`", text("schema")), help));
    }
    serde_json::from_value(value.clone()).map_err(|e| {
        let here = env!("CARGO_PKG_VERSION");
        match text("gate_version") {
            there if there != here => problem(
                path,
                format!("was made by gate {there}, and gate {here} cannot read it: {e}"),
                &format!("use gate {there}"),
            ),
            _ => problem(path, format!("is no whole decision: {e}"), help),
        }
    })
}

/// Declared evidence that was required and not there.
pub(super) fn absent(decision: &Decision, declared: &[ingest::Declared]) -> Vec<(String, Declaration)> {
    let names = decision
        .evidence
        .iter()
        .map(|file| file.name.as_str())
        .chain(decision.ignored.iter().map(|file| file.name.as_str()))
        .chain(decision.errors.iter().map(|error| error.file.as_str()));
    ingest::absent(declared, names)
}
