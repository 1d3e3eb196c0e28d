//! The record of a decision, `gate.record/v1`: everything that it takes to repeat it beside decision and evidence.
//!
//! A record is a folder: `record.json` (this), `decision.json` (the decision's bytes), `input.json` (the policy input
//! with all of its lists) and `evidence/<sha256>` (the texts that were read).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The name of this version.
pub const RECORD_SCHEMA: &str = "gate.record/v1";

/// What a decision was made with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(title = "gate decision record")]
pub struct Record {
    /// Always `gate.record/v1`.
    pub schema: String,
    /// Version of gate.
    pub gate_version: String,
    /// Id of the decision.
    pub decision: String,
    /// Folder that absolute paths in evidence were made relative to.
    pub root: Option<String>,
    /// The configuration; null when there was none.
    pub config: Option<RecordedConfig>,
    /// Policy modules that are not shipped.
    pub modules: Vec<RecordedModule>,
    /// Policy data beside them.
    pub data: Map<String, Value>,
}

/// A configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RecordedConfig {
    /// Its path as it was found.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A policy module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RecordedModule {
    /// Its path as given.
    pub path: String,
    /// Its text.
    pub text: String,
}
