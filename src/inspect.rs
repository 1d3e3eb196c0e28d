//! What `gate inspect` tells, `gate.inspect/v1`: what the files say in their formats' own terms, before any policy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ingest::Collected;
use crate::model::{Ignored, Incomplete, Producer, Skipped, Warning};

/// The name of this version.
pub const INSPECT_SCHEMA: &str = "gate.inspect/v1";

/// What was recognised and read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "gate inspection", rename = "Inspection")]
pub struct Inspected {
    /// Always `gate.inspect/v1`.
    pub schema: String,
    /// Files, by path.
    pub files: Vec<InspectedFile>,
    /// Files of walked folders that no format claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<Ignored>,
}

/// One file: what was read of it, or why it was not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InspectedFile {
    /// As given.
    pub path: String,
    /// SHA-256 of the bytes that were parsed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sha256: String,
    /// How many bytes that were.
    #[serde(default)]
    pub bytes: u64,
    /// Format id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// Version of the format, empty when it has none.
    #[serde(default)]
    pub format_version: String,
    /// Tools that produced it.
    #[serde(default)]
    pub producers: Vec<Producer>,
    /// Counts in the format's own terms; absent when there is an error.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub counts: serde_json::Map<String, serde_json::Value>,
    /// Elements that could not be read, at most 100.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
    /// How many there are in all.
    #[serde(default)]
    pub skipped_total: u64,
    /// Odd things.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// Reasons why it is not a complete result.
    #[serde(default)]
    pub incomplete: Vec<Incomplete>,
    /// Why it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<InspectError>,
}

/// Why a file could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InspectError {
    /// What was expected and what was found.
    pub message: String,
    /// Line from 1, when there is a place.
    pub line: Option<u64>,
    /// Column from 1, when there is a place.
    pub column: Option<u64>,
    /// Byte from 0, when there is a place.
    pub byte: Option<u64>,
    /// What to do.
    pub help: String,
}

impl Inspected {
    /// From what was collected.
    pub fn of(collected: Collected) -> Self {
        let mut files: Vec<InspectedFile> = collected
            .evidence
            .into_iter()
            .map(|evidence| InspectedFile {
                path: evidence.name.to_string(),
                sha256: evidence.sha256,
                bytes: evidence.bytes,
                format: evidence.format.to_owned(),
                format_version: evidence.format_version.to_string(),
                producers: evidence.producers,
                counts: evidence.counts,
                skipped: evidence.skipped,
                skipped_total: evidence.skipped_total,
                warnings: evidence.warnings,
                incomplete: evidence.incomplete,
                error: None,
            })
            .collect();
        files.extend(collected.problems.into_iter().map(|problem| InspectedFile {
            path: problem.file,
            error: Some(InspectError {
                message: problem.message,
                line: (problem.line > 0).then_some(problem.line),
                column: (problem.column > 0).then_some(problem.column),
                byte: problem.byte,
                help: problem.help,
            }),
            ..InspectedFile::default()
        }));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { schema: INSPECT_SCHEMA.to_owned(), files, ignored: collected.ignored }
    }
}
