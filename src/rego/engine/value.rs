//! Values of the interpreter from and to JSON and constants.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;
use serde_json::Value as Json;

use super::{Constant, Error, internal};
use crate::rego::ast::{Term, TermKind};
use crate::rego::builtins;

/// From JSON text, integers of any size kept.
pub(crate) fn from_text(text: &str) -> Result<Value, Error> {
    builtins::from_json(text).map_err(|error| internal(&error))
}

/// To JSON: sets as arrays in order.
pub(crate) fn to_json(value: &Value) -> Result<Json, Error> {
    serde_json::from_str(&builtins::to_json(value)).map_err(|error| internal(&error))
}

/// The value of a constant of a module.
pub(super) fn of_constant(constant: &Constant) -> Value {
    match constant {
        Constant::Term(term) => of_term(term),
        Constant::Json(json) => from_text(&json.to_string()).unwrap_or(Value::Undefined),
    }
}

fn of_term(term: &Term) -> Value {
    match &term.kind {
        TermKind::Null => Value::Null,
        TermKind::Bool(value) => Value::from(*value),
        TermKind::Number(text) => from_text(text).unwrap_or(Value::Undefined),
        TermKind::String(text) => Value::from(text.as_str()),
        TermKind::Array(items) => Value::from(items.iter().map(of_term).collect::<Vec<_>>()),
        TermKind::Set(items) => Value::from(items.iter().map(of_term).collect::<BTreeSet<_>>()),
        TermKind::Object(items) => {
            let pairs = items.iter().map(|(key, value)| (of_term(key), of_term(value)));
            Value::from(pairs.collect::<BTreeMap<_, _>>())
        }
        TermKind::Paren(inner) => of_term(inner),
        _ => Value::Undefined,
    }
}
