//! The JSON Schemas (draft 2020-12) of gate's documents, generated from the types that read and write them.

use serde_json::Value;

use crate::config::RawConfig;
use crate::inspect::Inspected;
use crate::model::Decision;
use crate::workbench::{Diff, Record, Replay};

/// The documents that have a schema.
pub const NAMES: [&str; 8] =
    ["policy-input", "decision", "config", "inspect", "evidence", "record", "replay", "policy-diff"];

/// The schema of a document, as text that ends in a line end.
pub fn text(name: &str) -> Option<String> {
    if name == "evidence" {
        return Some(include_str!("../schemas/evidence.v1.json").to_owned());
    }
    let settings = schemars::generate::SchemaSettings::draft2020_12;
    let schema: Value = match name {
        "policy-input" => crate::policy::input_schema(),
        "decision" => settings().for_serialize().into_generator().into_root_schema_for::<Decision>().into(),
        "inspect" => settings().for_serialize().into_generator().into_root_schema_for::<Inspected>().into(),
        "record" => settings().for_serialize().into_generator().into_root_schema_for::<Record>().into(),
        "replay" => settings().for_serialize().into_generator().into_root_schema_for::<Replay>().into(),
        "policy-diff" => settings().for_serialize().into_generator().into_root_schema_for::<Diff>().into(),
        "config" => settings().for_deserialize().into_generator().into_root_schema_for::<RawConfig>().into(),
        _ => return None,
    };
    Some(format!("{schema:#}\n"))
}
