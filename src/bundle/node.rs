//! JSON and YAML documents with their numbers as written: what OPA hashes and merges.
//!
//! A number that went through a float would have another digest. A key that is given twice is an error: OPA takes
//! the last, and two readers of one document must not see two documents.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};
use yaml_serde::Value as Yaml;

use super::BundleError;
use crate::read::{Json, JsonKind, Limits, ParseError};

/// A document or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    /// As JSON writes it.
    Number(String),
    Text(String),
    Array(Vec<Node>),
    Object(BTreeMap<String, Node>),
}

/// Nesting beyond this is an error.
const DEPTH: u32 = 200;

impl Node {
    /// An object without keys.
    pub(super) fn empty() -> Self {
        Self::Object(BTreeMap::new())
    }

    /// Reads JSON.
    pub(super) fn json(text: &str, file: &str) -> Result<Self, BundleError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut json = Json::new(text, Limits { depth: DEPTH, ..Limits::default() });
        let node = value(&mut json, text).and_then(|node| json.finish().map(|()| node));
        node.map_err(|error| BundleError::of_json(error, text, file))
    }

    /// Reads YAML, of which JSON is a part.
    pub(super) fn yaml(text: &str, file: &str) -> Result<Self, BundleError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Ok(node) = Self::json(text, file) {
            return Ok(node);
        }
        let broken = |error: yaml_serde::Error| BundleError {
            line: error.location().map_or(0, |l| l.line() as u64),
            column: error.location().map_or(0, |l| l.column() as u64),
            ..BundleError::new(format!("the YAML cannot be read: {error}")).at(file)
        };
        let yaml = yaml_serde::from_str::<Yaml>(text).map_err(broken)?;
        of_yaml(yaml, 0).map_err(|message| BundleError::new(message).at(file))
    }

    /// Feeds a hash as OPA does: keys sorted, no white space, numbers as written.
    pub(super) fn feed(&self, sink: &mut dyn FnMut(&[u8])) {
        match self {
            Self::Null => sink(b"null"),
            Self::Bool(value) => sink(if *value { b"true" } else { b"false" }),
            Self::Number(text) => sink(text.as_bytes()),
            Self::Text(text) => sink(quoted(text).as_bytes()),
            Self::Array(items) => {
                sink(b"[");
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        sink(b",");
                    }
                    item.feed(sink);
                }
                sink(b"]");
            }
            Self::Object(fields) => {
                sink(b"{");
                for (i, (key, item)) in fields.iter().enumerate() {
                    if i > 0 {
                        sink(b",");
                    }
                    sink(quoted(key).as_bytes());
                    sink(b":");
                    item.feed(sink);
                }
                sink(b"}");
            }
        }
    }

    /// The document as JSON text: always the same for the same content.
    pub(super) fn text(&self) -> String {
        let mut bytes = Vec::new();
        self.feed(&mut |part| bytes.extend_from_slice(part));
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// The document as the policy engine takes it.
    pub(super) fn value(&self) -> Result<Value, String> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(text) => {
                serde_json::from_str(text).map_err(|_| format!("number `{text}` is out of range"))?
            }
            Self::Text(text) => Value::String(text.clone()),
            Self::Array(items) => Value::Array(items.iter().map(Self::value).collect::<Result<_, _>>()?),
            Self::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, item)| Ok((key.clone(), item.value()?)))
                    .collect::<Result<Map<_, _>, String>>()?,
            ),
        })
    }

    /// Merges another document into this one; where both have a value that is no object, its path is the error.
    pub(super) fn merge(&mut self, other: Self) -> Result<(), String> {
        match (self, other) {
            (Self::Object(into), Self::Object(from)) => {
                for (key, item) in from {
                    match into.get_mut(&key) {
                        None => {
                            into.insert(key, item);
                        }
                        Some(known) => known.merge(item).map_err(|below| match below.as_str() {
                            "" => key,
                            _ => format!("{key}.{below}"),
                        })?,
                    }
                }
                Ok(())
            }
            _ => Err(String::new()),
        }
    }
}

fn value(json: &mut Json<'_>, text: &str) -> Result<Node, ParseError> {
    Ok(match json.kind() {
        Some(JsonKind::Object) => {
            let mut fields = BTreeMap::new();
            json.object(|json, key| {
                let item = value(json, text)?;
                fields.insert(key.to_owned(), item);
                Ok(())
            })?;
            Node::Object(fields)
        }
        Some(JsonKind::Array) => {
            let mut items = Vec::new();
            json.array(|json, _| {
                items.push(value(json, text)?);
                Ok(())
            })?;
            Node::Array(items)
        }
        Some(JsonKind::String) => Node::Text(json.str()?.unwrap_or_default().into_owned()),
        Some(JsonKind::Bool) => Node::Bool(json.bool()?.unwrap_or_default()),
        Some(JsonKind::Number) => {
            let start = json.position();
            json.skip()?;
            Node::Number(text.get(start..json.position()).unwrap_or_default().trim_end().to_owned())
        }
        // What is no value at all is refused by the cursor itself.
        _ => {
            json.skip()?;
            Node::Null
        }
    })
}

fn of_yaml(yaml: Yaml, depth: u32) -> Result<Node, String> {
    if depth > DEPTH {
        return Err(format!("values nest more than {DEPTH} deep"));
    }
    Ok(match yaml {
        Yaml::Null => Node::Null,
        Yaml::Bool(value) => Node::Bool(value),
        Yaml::Number(number) => Node::Number(match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(n), _, _) => n.to_string(),
            (_, Some(n), _) => n.to_string(),
            (_, _, Some(n)) if n.is_finite() => float(n),
            _ => return Err(format!("number `{number}` has no place in JSON")),
        }),
        Yaml::String(text) => Node::Text(text),
        Yaml::Sequence(items) => {
            Node::Array(items.into_iter().map(|item| of_yaml(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        Yaml::Mapping(fields) => {
            let mut object = BTreeMap::new();
            for (key, item) in fields {
                let key = match of_yaml(key, depth + 1)? {
                    Node::Text(text) | Node::Number(text) => text,
                    Node::Bool(value) => value.to_string(),
                    Node::Null => "null".to_owned(),
                    Node::Array(_) | Node::Object(_) => return Err("a key must be a plain value".to_owned()),
                };
                let item = of_yaml(item, depth + 1)?;
                if object.contains_key(&key) {
                    return Err(format!("key `{key}` is given twice"));
                }
                object.insert(key, item);
            }
            Node::Object(object)
        }
        Yaml::Tagged(_) => return Err("a tagged value has no place in JSON".to_owned()),
    })
}

/// A float as Go writes it in JSON: plain up to 21 digits, else with an exponent of no leading zeros.
fn float(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{number:e}");
        return match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
            _ => text,
        };
    }
    format!("{number}")
}

/// A string in JSON with the escapes that Go's encoder uses.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || matches!(c, '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
