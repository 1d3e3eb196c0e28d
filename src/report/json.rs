//! The decision itself, as JSON: `gate.decision/v1`.

use super::{Info, Options, Reporter, inert};
use crate::model::Decision;

/// The decision as JSON.
pub(super) struct Json;

impl Reporter for Json {
    fn info(&self) -> &'static Info {
        &Info { id: "json", title: "JSON, `gate.decision/v1`", file: "gate.json" }
    }

    fn render(&self, decision: &Decision, _: &Options) -> String {
        pretty(decision)
    }
}

/// Pretty JSON with a newline at its end, inert on a terminal.
pub(super) fn pretty<T: serde::Serialize>(value: &T) -> String {
    // Plain data with text keys: there is nothing in it that could not be written.
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|error| {
        serde_json::json!({ "outcome": "error", "allowed": false, "reason": error.to_string() }).to_string()
    });
    let mut text = inert::json(&text);
    text.push('\n');
    text
}
