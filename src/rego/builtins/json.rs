//! JSON: reading and writing texts, and taking parts out of a document.

use std::collections::BTreeMap;

use regorus::Value;

use super::{
    Answer, Builtin, Error, builtin, decimal, elements, failed, json_read, object, operand, pairs, string,
    type_name, wrong,
};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("json.filter", 2, |a| {
        let tree = tree("json.filter", a)?;
        Ok(filtered(object("json.filter", a, 1)?, &tree).unwrap_or_else(Value::new_object))
    }),
    builtin("json.is_valid", 1, |a| {
        Ok(Value::from(matches!(operand(a, 1), Value::String(text) if is_valid(text))))
    }),
    builtin("json.marshal", 1, |a| Ok(Value::from(marshalled(operand(a, 1), None)))),
    builtin("json.marshal_with_options", 2, marshal_with_options),
    builtin("json.remove", 2, |a| {
        let tree = tree("json.remove", a)?;
        Ok(removed(object("json.remove", a, 1)?, &tree))
    }),
    builtin("json.unmarshal", 1, |a| read("json.unmarshal", string("json.unmarshal", a, 1)?)),
];

fn is_valid(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The value of a JSON text.
pub(super) fn read(function: &'static str, text: &str) -> Answer {
    json_read::read(text).or_else(|reason| failed(function, format!("invalid JSON: {reason}")))
}

/// How a text is laid out: what stands before each line and for each level.
pub(super) struct Layout {
    prefix: String,
    indent: String,
}

/// A value as JSON text, in Go's spelling.
pub(super) fn marshalled(value: &Value, layout: Option<&Layout>) -> String {
    let mut out = String::new();
    write(value, layout, 0, &mut out);
    out
}

fn line(layout: Option<&Layout>, level: usize, out: &mut String) {
    if let Some(layout) = layout {
        out.push('\n');
        out.push_str(&layout.prefix);
        for _ in 0..level {
            out.push_str(&layout.indent);
        }
    }
}

fn write(value: &Value, layout: Option<&Layout>, level: usize, out: &mut String) {
    let inner = level.saturating_add(1);
    match value {
        Value::Null | Value::Undefined => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(_) => out.push_str(&decimal::text(value).unwrap_or_default()),
        Value::String(text) => write_string(text, out),
        Value::Array(_) | Value::Set(_) => {
            let all = match value {
                Value::Set(_) => super::order::sorted(value),
                _ => super::elements(value).unwrap_or_default(),
            };
            out.push('[');
            for (i, element) in all.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(layout, inner, out);
                write(element, layout, inner, out);
            }
            if !all.is_empty() {
                line(layout, level, out);
            }
            out.push(']');
        }
        Value::Object(_) => {
            // By the texts of the keys, which may be values of any kind.
            let all: BTreeMap<String, &Value> = pairs(value)
                .into_iter()
                .map(|(key, value)| match key {
                    Value::String(key) => (key.to_string(), value),
                    other => (marshalled(other, None), value),
                })
                .collect();
            out.push('{');
            for (i, (key, value)) in all.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(layout, inner, out);
                write_string(key, out);
                out.push_str(if layout.is_some() { ": " } else { ":" });
                write(value, layout, inner, out);
            }
            if !all.is_empty() {
                line(layout, level, out);
            }
            out.push('}');
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn marshal_with_options(arguments: &[Value]) -> Answer {
    let name = "json.marshal_with_options";
    let mut layout = Layout { prefix: String::new(), indent: "\t".to_owned() };
    let (mut pretty, mut implied) = (None, false);
    for (key, value) in pairs(object(name, arguments, 2)?) {
        match (key, value) {
            (Value::String(key), Value::String(text)) if matches!(&**key, "prefix" | "indent") => {
                implied = true;
                let slot = if &**key == "prefix" { &mut layout.prefix } else { &mut layout.indent };
                *slot = text.to_string();
            }
            (Value::String(key), Value::Bool(asked)) if &**key == "pretty" => pretty = Some(*asked),
            (Value::String(key), other) => {
                return failed(
                    name,
                    format!(
                        "operand 2 has an unknown key or a wrong type: `{key}` of type {}",
                        type_name(other)
                    ),
                );
            }
            _ => return failed(name, "operand 2 has a key that is no string"),
        }
    }
    let value = operand(arguments, 1);
    Ok(Value::from(if pretty.unwrap_or(implied) {
        format!("{}{}", layout.prefix, marshalled(value, Some(&layout)))
    } else {
        marshalled(value, None)
    }))
}

/// A path, written as JSON pointer or as array of its steps.
pub(super) fn path(function: &'static str, value: &Value) -> Result<Vec<Value>, Error> {
    match value {
        Value::String(text) if text.is_empty() => Ok(Vec::new()),
        Value::String(text) => Ok(text
            .trim_start_matches('/')
            .split('/')
            .map(|step| Value::from(step.replace("~1", "/").replace("~0", "~")))
            .collect()),
        Value::Array(steps) => Ok(steps.to_vec()),
        other => failed(
            function,
            format!(
                "operand 2 must be one of {{set, array}} containing string paths or array of path segments but got {}",
                type_name(other)
            ),
        ),
    }
}

/// Paths as a tree; a leaf is the end of a path.
struct Tree(BTreeMap<Value, Option<Tree>>);

fn tree(function: &'static str, arguments: &[Value]) -> Result<Tree, Error> {
    let paths = operand(arguments, 2);
    let Some(all) = elements(paths) else { return wrong(function, 2, "one of {set, array}", paths) };
    let mut root = Tree(BTreeMap::new());
    for one in all {
        root.insert(&path(function, one)?);
    }
    Ok(root)
}

impl Tree {
    fn insert(&mut self, path: &[Value]) {
        let Some((step, rest)) = path.split_first() else { return };
        if rest.is_empty() {
            self.0.insert(step.clone(), None);
        } else if let Some(inner) = self.0.entry(step.clone()).or_insert_with(|| Some(Self(BTreeMap::new())))
        {
            inner.insert(rest);
        }
    }

    /// What the tree says of an element: `None` nothing, `Some(None)` that it is named.
    fn at(&self, key: &Value) -> Option<Option<&Self>> {
        self.0.get(key).map(Option::as_ref)
    }
}

fn removed(value: &Value, tree: &Tree) -> Value {
    let kept = |key: &Value, value: &Value| match tree.at(key) {
        None => Some(value.clone()),
        Some(None) => None,
        Some(Some(inner)) => Some(removed(value, inner)),
    };
    match value {
        Value::Object(_) => {
            super::make_object(pairs(value).into_iter().filter_map(|(k, v)| Some((k.clone(), kept(k, v)?))))
        }
        Value::Set(set) => super::make_set(set.iter().filter_map(|v| kept(v, v))),
        Value::Array(array) => Value::from(
            array
                .iter()
                .enumerate()
                .filter_map(|(i, v)| kept(&Value::from(i.to_string()), v))
                .collect::<Vec<_>>(),
        ),
        other => other.clone(),
    }
}

/// The named parts; nothing where the value has none of them.
fn filtered(value: &Value, tree: &Tree) -> Option<Value> {
    let kept = |key: &Value, value: &Value| match tree.at(key) {
        None => None,
        Some(None) => Some(value.clone()),
        Some(Some(inner)) => filtered(value, inner),
    };
    match value {
        Value::Object(_) => Some(super::make_object(
            pairs(value).into_iter().filter_map(|(k, v)| Some((k.clone(), kept(k, v)?))),
        )),
        Value::Set(set) => Some(super::make_set(set.iter().filter_map(|v| kept(v, v)))),
        Value::Array(array) => Some(Value::from(
            array
                .iter()
                .enumerate()
                .filter_map(|(i, v)| kept(&Value::from(i.to_string()), v))
                .collect::<Vec<_>>(),
        )),
        other => Some(other.clone()),
    }
}
