//! The functions that conftest adds: `parse_config`, `parse_config_file` and `parse_combined_config_files`.
//!
//! No file is opened here: those that policies name were read before, and only those can be had. A text that
//! cannot be parsed is an error even where errors of builtin functions are tolerated.

use std::collections::BTreeMap;
use std::sync::Arc;

use regorus::{Extension, Value};

use crate::document;
use crate::read::{Limits, Place};

type Files = BTreeMap<String, Result<serde_json::Value, String>>;

/// Why a function has no value.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failed(String);

/// The functions with name and number of arguments.
pub(super) fn functions(files: &Files) -> [(String, u8, Box<dyn Extension>); 3] {
    let files = Arc::new(files.clone());
    let same = Arc::clone(&files);
    [
        ("parse_config".to_owned(), 2, Box::new(|arguments: Vec<Value>| Ok(parse_config(&arguments)?))),
        (
            "parse_config_file".to_owned(),
            1,
            Box::new(move |arguments: Vec<Value>| Ok(parse_config_file(&same, &arguments)?)),
        ),
        (
            "parse_combined_config_files".to_owned(),
            1,
            Box::new(move |arguments: Vec<Value>| Ok(parse_combined(&files, &arguments)?)),
        ),
    ]
}

fn parse_config(arguments: &[Value]) -> Result<Value, Failed> {
    let fail = |message: String| Failed(format!("parse_config: {message}"));
    let id = text(arguments.first()).map_err(fail)?;
    let content = text(arguments.get(1)).map_err(fail)?;
    let parser = document::by_id(&id)
        .ok_or_else(|| fail(format!("unknown parser `{id}`; {}", document::remedy(&id))))?;
    let value = parser.parse(&content, &Limits::default()).map_err(|error| {
        let place = error.byte.map(|byte| Place::of(&content, byte));
        let place = place.map(|place| format!(" at line {} column {}", place.line, place.column));
        fail(format!("{}{}", error.message, place.unwrap_or_default()))
    })?;
    to_rego(&value).map_err(fail)
}

fn parse_config_file(files: &Files, arguments: &[Value]) -> Result<Value, Failed> {
    let fail = |message: String| Failed(format!("parse_config_file: {message}"));
    let path = text(arguments.first()).map_err(fail)?;
    file(files, &path).and_then(|value| to_rego(&value)).map_err(fail)
}

fn parse_combined(files: &Files, arguments: &[Value]) -> Result<Value, Failed> {
    let fail = |message: String| Failed(format!("parse_combined_config_files: {message}"));
    let paths = arguments.first().and_then(|paths| paths.as_array().ok());
    let paths = paths.ok_or_else(|| fail("expected an array of paths".to_owned()))?;
    let mut combined = Vec::new();
    for path in paths.iter() {
        let path = text(Some(path)).map_err(fail)?;
        for contents in document::documents(file(files, &path).map_err(fail)?) {
            combined.push(serde_json::json!({ "path": path, "contents": contents }));
        }
    }
    to_rego(&serde_json::Value::Array(combined)).map_err(fail)
}

fn text(value: Option<&Value>) -> Result<String, String> {
    value
        .and_then(|value| value.as_string().ok())
        .map(|text| text.to_string())
        .ok_or_else(|| "expected text".to_owned())
}

fn file(files: &Files, path: &str) -> Result<serde_json::Value, String> {
    match files.get(path) {
        Some(parsed) => parsed.clone().map_err(|error| format!("`{path}`: {error}")),
        None => Err(format!(
            "`{path}` cannot be had: write the path as a literal that leads from the module to a file in the folder of the policies"
        )),
    }
}

fn to_rego(value: &serde_json::Value) -> Result<Value, String> {
    Value::from_json_str(&value.to_string()).map_err(|error| error.to_string())
}
