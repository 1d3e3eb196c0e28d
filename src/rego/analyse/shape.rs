//! What a term can be: its types, and the schema that it comes from.

use std::rc::Rc;

use serde_json::Value;

use super::builtins::kind;

/// What a term can be.
#[derive(Clone, Debug)]
pub(crate) enum Shape<'s> {
    /// Anything.
    Any,
    /// One of these types.
    Kind(u8),
    /// What these nodes of a schema describe.
    Schema(&'s Value, Vec<&'s Value>),
    /// A collection of the type, of such items.
    Of(u8, Rc<Shape<'s>>),
    /// A known string.
    Text(String),
    /// An object of these fields and no others.
    Fields(Rc<Vec<(String, Shape<'s>)>>),
}

impl PartialEq for Shape<'_> {
    /// Nodes of a schema are the same where they stand at the same place: their text is not compared.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, Self::Any) => true,
            (Self::Kind(a), Self::Kind(b)) => a == b,
            (Self::Of(a, x), Self::Of(b, y)) => a == b && (Rc::ptr_eq(x, y) || x == y),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Fields(a), Self::Fields(b)) => Rc::ptr_eq(a, b) || a == b,
            (Self::Schema(_, a), Self::Schema(_, b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| std::ptr::eq(*a, *b))
            }
            _ => false,
        }
    }
}

impl<'s> Shape<'s> {
    /// The schema at its root.
    pub(crate) fn root(schema: &'s Value) -> Self {
        Self::Schema(schema, vec![schema])
    }

    /// The types that it can have.
    pub(crate) fn bits(&self) -> u8 {
        match self {
            Self::Any => kind::ANY,
            Self::Kind(bits) | Self::Of(bits, _) => *bits,
            Self::Text(_) => kind::STRING,
            Self::Fields(_) => kind::OBJECT,
            Self::Schema(root, nodes) => nodes.iter().fold(0, |bits, node| bits | bits_of(root, node, 0)),
        }
    }

    /// Either of two.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Schema(root, mut nodes), Self::Schema(_, more)) => {
                for node in more {
                    if !nodes.iter().any(|known| std::ptr::eq(*known, node)) {
                        nodes.push(node);
                    }
                }
                Self::Schema(root, nodes)
            }
            (Self::Of(a, x), Self::Of(b, y)) => Self::Of(a | b, Rc::new((*x).clone().or((*y).clone()))),
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (a @ (Self::Kind(_) | Self::Text(_)), b @ (Self::Kind(_) | Self::Text(_))) => {
                Self::Kind(a.bits() | b.bits())
            }
            _ => Self::Any,
        }
    }

    /// What an unknown index leads to.
    pub(crate) fn item(&self) -> Self {
        match self {
            Self::Of(_, item) => (**item).clone(),
            Self::Schema(root, nodes) => {
                let mut found = Vec::new();
                for node in nodes.iter().flat_map(|node| alternatives(root, node)) {
                    match (node.get("additionalProperties"), node.get("items"), node.get("properties")) {
                        (_, Some(next), _) if next.is_object() => found.push(next),
                        (Some(next), None, None) if next.is_object() => found.push(next),
                        _ => return Self::Any,
                    }
                }
                if found.is_empty() { Self::Any } else { Self::Schema(root, found) }
            }
            _ => Self::Any,
        }
    }

    /// What a field leads to; else the fields that there are.
    pub(crate) fn field(&self, name: &str) -> Result<Self, Vec<String>> {
        let Self::Schema(root, nodes) = self else {
            return match self {
                Self::Fields(fields) => {
                    let found =
                        fields.iter().find(|(known, _)| known == name).map(|(_, shape)| shape.clone());
                    found.ok_or_else(|| fields.iter().map(|(known, _)| known.clone()).collect())
                }
                Self::Of(bits, item) if bits & kind::OBJECT != 0 => Ok((**item).clone()),
                Self::Kind(bits) if bits & (kind::OBJECT | kind::SET) == 0 && *bits != 0 => Err(Vec::new()),
                Self::Text(_) => Err(Vec::new()),
                _ => Ok(Self::Any),
            };
        };
        let (mut found, mut names, mut is_open) = (Vec::new(), Vec::new(), false);
        for node in nodes.iter().flat_map(|node| alternatives(root, node)) {
            let properties = node.get("properties").and_then(Value::as_object);
            let keys = node.pointer("/propertyNames/enum").and_then(Value::as_array);
            if let Some(keys) = keys
                && !keys.iter().any(|key| key.as_str() == Some(name))
            {
                names.extend(keys.iter().filter_map(Value::as_str).map(str::to_owned));
                continue;
            }
            let additional = node.get("additionalProperties");
            match (properties.and_then(|fields| fields.get(name)), additional) {
                (Some(next), _) => found.push(next),
                (None, Some(next)) if next.is_object() => found.push(next),
                (None, Some(Value::Bool(true))) => is_open = true,
                _ if properties.is_some() => {
                    names.extend(properties.into_iter().flat_map(|fields| fields.keys().cloned()));
                }
                _ if bits_of(root, node, 0) & kind::OBJECT == 0 => {}
                _ => is_open = true,
            }
        }
        if is_open {
            return Ok(Self::Any);
        }
        if found.is_empty() { Err(names) } else { Ok(Self::Schema(root, found)) }
    }

    /// The only strings that it can be, where the schema lists them.
    pub(crate) fn words(&self) -> Option<Vec<String>> {
        match self {
            Self::Text(text) => Some(vec![text.clone()]),
            Self::Schema(root, nodes) => {
                let mut words = Vec::new();
                for node in nodes.iter().flat_map(|node| alternatives(root, node)) {
                    if let Some(list) = node.get("enum").and_then(Value::as_array) {
                        words.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
                    } else if let Some(word) = node.get("const").and_then(Value::as_str) {
                        words.push(word.to_owned());
                    } else if bits_of(root, node, 0) & kind::STRING != 0 {
                        return None;
                    }
                }
                (!words.is_empty()).then_some(words)
            }
            _ => None,
        }
    }
}

/// A node without references and choices: what it can be.
fn alternatives<'s>(root: &'s Value, node: &'s Value) -> Vec<&'s Value> {
    let (mut found, mut open) = (Vec::new(), vec![(node, 0)]);
    while let Some((node, depth)) = open.pop() {
        if depth > 16 {
            continue;
        }
        if let Some(next) = node.get("$ref").and_then(Value::as_str) {
            open.extend(next.strip_prefix('#').and_then(|p| root.pointer(p)).map(|next| (next, depth + 1)));
        } else if let Some(choices) =
            ["anyOf", "oneOf"].iter().find_map(|name| node.get(name).and_then(Value::as_array))
        {
            open.extend(choices.iter().rev().map(|choice| (choice, depth + 1)));
        } else if node.get("type").and_then(Value::as_str) != Some("null") {
            found.push(node);
        }
    }
    found
}

fn bits_of(root: &Value, node: &Value, depth: u8) -> u8 {
    let bit = |name: &str| match name {
        "null" => kind::NULL,
        "boolean" => kind::BOOLEAN,
        "number" | "integer" => kind::NUMBER,
        "string" => kind::STRING,
        "array" => kind::ARRAY,
        "object" => kind::OBJECT,
        _ => kind::ANY,
    };
    if depth > 16 {
        return kind::ANY;
    }
    if let Some(next) = node.get("$ref").and_then(Value::as_str) {
        return next
            .strip_prefix('#')
            .and_then(|p| root.pointer(p))
            .map_or(kind::ANY, |next| bits_of(root, next, depth + 1));
    }
    for name in ["anyOf", "oneOf"] {
        if let Some(choices) = node.get(name).and_then(Value::as_array) {
            return choices.iter().fold(0, |bits, choice| bits | bits_of(root, choice, depth + 1));
        }
    }
    match node.get("type") {
        Some(Value::String(name)) => bit(name),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).fold(0, |bits, name| bits | bit(name))
        }
        _ => match (node.get("const"), node.get("enum")) {
            (Some(Value::String(_)), _) => kind::STRING,
            (None, Some(Value::Array(list))) if list.iter().all(Value::is_string) => kind::STRING,
            _ => kind::ANY,
        },
    }
}
