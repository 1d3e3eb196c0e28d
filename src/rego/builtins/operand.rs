//! What the functions ask of their operands and make of their answers.
//!
//! Nothing here knows what a function means.

use std::collections::BTreeMap;

use regorus::Value;

use super::{Error, type_name};

/// A result inside a function, whose error is a message without the function's name.
pub(super) type Fallible<T> = Result<T, String>;

/// The error of a function whose operands have no answer.
pub(super) fn failed(function: &'static str, message: impl Into<String>) -> Error {
    Error::Failed { function, message: message.into() }
}

fn wrong(function: &'static str, operand: usize, expected: &'static str, found: Option<&Value>) -> Error {
    Error::Type { function, operand, expected, found: type_name(found.unwrap_or(&Value::Undefined)) }
}

/// The operand of that number, from 1, as a string.
pub(super) fn string<'a>(
    function: &'static str,
    args: &'a [Value],
    operand: usize,
) -> Result<&'a str, Error> {
    match args.get(operand.saturating_sub(1)) {
        Some(Value::String(text)) => Ok(text),
        other => Err(wrong(function, operand, "string", other)),
    }
}

/// The operand of that number, from 1, as the pairs of an object.
pub(super) fn object<'a>(
    function: &'static str,
    args: &'a [Value],
    operand: usize,
) -> Result<impl Iterator<Item = (&'a Value, &'a Value)>, Error> {
    match args.get(operand.saturating_sub(1)) {
        Some(Value::Object(object)) => Ok(object.iter()),
        other => Err(wrong(function, operand, "object", other)),
    }
}

/// A field of an object; nothing where the value is no object.
pub(super) fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(object) => object.get(&Value::from(name)),
        _ => None,
    }
}

/// A field that is a string.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    match field(value, name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// An object of these fields.
pub(super) fn record<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::from(
        fields.into_iter().map(|(name, value)| (Value::from(name), value)).collect::<BTreeMap<_, _>>(),
    )
}
