//! JSON.

use std::cell::Cell;

use serde::de::DeserializeSeed;
use serde_json::Value;

use super::{Parser, build::Build};
use crate::read::{Limits, ParseError};

pub(super) const PARSER: Parser =
    Parser { id: "json", files: "*.json", claims: |_, extension| extension == "json", parse };

/// Parses JSON; a repeated key is an error, for which of the two holds depends on who reads it.
pub(super) fn parse(text: &str, limits: &Limits) -> Result<Value, ParseError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let left = Cell::new(limits.elements);
    Build { left: &left, depth: limits.depth }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| {
            let line = error.line();
            // Its own message ends in the place, which is shown in front.
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default().to_owned();
            ParseError::at(offset(text, line, error.column()), format!("not valid JSON: {message}"))
        })
}

/// The byte of a line and a byte column, both from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    start.saturating_add(column.saturating_sub(1)).min(text.len())
}
