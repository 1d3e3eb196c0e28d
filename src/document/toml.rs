//! TOML.

use serde_json::{Map, Value};

use super::{Parser, scalar};
use crate::read::{Limits, ParseError};

pub(super) const PARSER: Parser =
    Parser { id: "toml", files: "*.toml", claims: |_, extension| extension == "toml", parse };

fn parse(text: &str, limits: &Limits) -> Result<Value, ParseError> {
    let table: ::toml::Table = text.parse().map_err(|error: ::toml::de::Error| {
        let message = format!("not valid TOML: {}", error.message());
        match error.span() {
            Some(span) => ParseError::at(span.start, message),
            None => ParseError::whole(message),
        }
    })?;
    let mut left = limits.elements;
    convert(::toml::Value::Table(table), limits.depth, &mut left).map_err(ParseError::whole)
}

fn convert(value: ::toml::Value, depth: u32, left: &mut u64) -> Result<Value, String> {
    use ::toml::Value as T;
    *left = left.checked_sub(1).ok_or("more values than the limit")?;
    let inner = || depth.checked_sub(1).ok_or_else(|| "nesting is deeper than the limit".to_owned());
    Ok(match value {
        T::String(text) => Value::String(text),
        T::Integer(number) => Value::from(number),
        T::Float(number) => scalar::number(number).ok_or_else(|| format!("`{number}` has no JSON value"))?,
        T::Boolean(yes) => Value::Bool(yes),
        // A date or time without an offset is taken as UTC: where the file is read says nothing about it.
        T::Datetime(time) => Value::from(rfc3339(&time)),
        T::Array(items) => {
            let depth = inner()?;
            Value::Array(items.into_iter().map(|item| convert(item, depth, left)).collect::<Result<_, _>>()?)
        }
        T::Table(table) => {
            let depth = inner()?;
            let mut map = Map::new();
            for (key, value) in table {
                map.insert(key, convert(value, depth, left)?);
            }
            Value::Object(map)
        }
    })
}

fn rfc3339(time: &::toml::value::Datetime) -> String {
    let text = time.to_string();
    match (time.date.is_some(), time.time.is_some(), time.offset.is_some()) {
        (true, true, false) => format!("{text}Z"),
        (true, false, _) => format!("{text}T00:00:00Z"),
        (false, ..) => format!("0000-01-01T{text}Z"),
        _ => text,
    }
}
