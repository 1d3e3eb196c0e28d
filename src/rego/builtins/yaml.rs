//! YAML: reading as OPA's parser does. The plain scalars are those of YAML 1.1 without its words for booleans.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use num_bigint::BigInt;
use regex::Regex;
use regorus::Value;
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::{
    Answer, Builtin, Error, MAX_ELEMENTS, beyond, builtin, decimal, failed, operand, pairs, string,
    yaml_write,
};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("yaml.is_valid", 1, |a| {
        Ok(Value::from(matches!(operand(a, 1), Value::String(text) if read("yaml.is_valid", text).is_ok())))
    }),
    builtin("yaml.marshal", 1, |a| Ok(Value::from(yaml_write::document(operand(a, 1))))),
    builtin("yaml.unmarshal", 1, |a| read("yaml.unmarshal", string("yaml.unmarshal", a, 1)?)),
];

/// Deepest nesting of a text; the parser has a limit of its own a little above.
const MAX_DEPTH: usize = 250;

/// A collection that is not at its end.
enum Open {
    Sequence(usize, Vec<Value>),
    Mapping(usize, BTreeMap<Value, Value>, Vec<Value>, Option<Value>),
}

struct Reader {
    name: &'static str,
    open: Vec<Open>,
    anchors: HashMap<usize, (Value, usize)>,
    /// Values made, those of aliases counted anew.
    made: usize,
    document: Option<Value>,
}

/// The first document of a text; an error if any part of it cannot be parsed.
fn read(name: &'static str, text: &str) -> Answer {
    let mut reader = Reader { name, open: Vec::new(), anchors: HashMap::new(), made: 0, document: None };
    let mut documents = 0_usize;
    for event in Parser::new_from_str(text) {
        match event {
            Ok((Event::DocumentStart(_), _)) => documents = documents.saturating_add(1),
            Ok((event, _)) if documents <= 1 => reader.event(event)?,
            Ok(_) => {}
            // The parser reads ahead, and has a limit of its own.
            Err(error) if error.to_string().contains("recursion limit") => {
                return beyond(name, "levels of nesting", MAX_DEPTH);
            }
            Err(error) => return failed(name, format!("invalid YAML: {error}")),
        }
    }
    Ok(reader.document.unwrap_or(Value::Null))
}

fn size(value: &Value) -> usize {
    let inner = match value {
        Value::Array(array) => array.iter().map(size).fold(0, usize::saturating_add),
        Value::Object(_) => pairs(value).into_iter().map(|(_, v)| size(v)).fold(0, usize::saturating_add),
        _ => 0,
    };
    inner.saturating_add(1)
}

impl Reader {
    fn event(&mut self, event: Event<'_>) -> Result<(), Error> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(self.name, &text, style == ScalarStyle::Plain, tag.as_deref())?;
                self.add(value, anchor, 1)?;
            }
            Event::SequenceStart(anchor, _) => self.open(Open::Sequence(anchor, Vec::new()))?,
            Event::MappingStart(anchor, _) => {
                self.open(Open::Mapping(anchor, BTreeMap::new(), Vec::new(), None))?;
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::Sequence(anchor, all)) => self.add(Value::from(all), anchor, 1)?,
                Some(Open::Mapping(anchor, mut all, merged, _)) => {
                    for source in &merged {
                        for (key, value) in pairs(source) {
                            all.entry(key.clone()).or_insert_with(|| value.clone());
                        }
                    }
                    self.add(Value::from(all), anchor, 1)?;
                }
                None => {}
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some((value, size)) => self.add(value, 0, size)?,
                None => return failed(self.name, "an alias of what is not at its end"),
            },
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, collection: Open) -> Result<(), Error> {
        if self.open.len() >= MAX_DEPTH {
            return beyond(self.name, "levels of nesting", MAX_DEPTH);
        }
        self.open.push(collection);
        Ok(())
    }

    fn add(&mut self, value: Value, anchor: usize, made: usize) -> Result<(), Error> {
        self.made = self.made.saturating_add(made);
        if self.made > MAX_ELEMENTS {
            return beyond(self.name, "values", MAX_ELEMENTS);
        }
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), size(&value)));
        }
        let name = self.name;
        match self.open.last_mut() {
            None => self.document = Some(value),
            Some(Open::Sequence(_, all)) => all.push(value),
            Some(Open::Mapping(_, _, _, key @ None)) => *key = Some(value),
            Some(Open::Mapping(_, all, merged, key)) => {
                let key = key.take().unwrap_or(Value::Null);
                if key == Value::from(MERGE) {
                    match &value {
                        Value::Object(_) => merged.push(value),
                        Value::Array(sources) if sources.iter().all(|s| matches!(s, Value::Object(_))) => {
                            merged.extend(sources.iter().cloned());
                        }
                        _ => return failed(name, "map merge requires map or sequence of maps as the value"),
                    }
                    return Ok(());
                }
                let key = match key {
                    Value::String(_) => key,
                    Value::Bool(b) => Value::from(if b { "true" } else { "false" }),
                    Value::Number(_) => Value::from(decimal::text(&key).unwrap_or_default()),
                    _ => return failed(name, "a key must be a string, a number or a boolean"),
                };
                if all.insert(key.clone(), value).is_some() {
                    return failed(name, format!("mapping key {key} is already defined"));
                }
            }
        }
        Ok(())
    }
}

/// What the merge key `<<` is while its mapping is read; no text can be the same.
const MERGE: &str = "\u{0}<<\u{0}";

static FLOAT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\A[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z").ok());

fn scalar(name: &'static str, text: &str, plain: bool, tag: Option<&Tag>) -> Answer {
    let tag = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
    match tag {
        Some("str") => return Ok(Value::from(text)),
        Some("binary") => {
            use base64::Engine;
            let compact: String = text.split_whitespace().collect();
            return match base64::engine::general_purpose::STANDARD.decode(compact) {
                Ok(bytes) => Ok(Value::from(super::encoding::text_of(&bytes))),
                Err(_) => failed(name, "!!binary value contains invalid base64 data"),
            };
        }
        None if !plain => return Ok(Value::from(text)),
        _ => {}
    }
    match resolved(text) {
        Some(value) => Ok(value),
        None if NOT_FINITE.contains(&text) => failed(name, "a number that is not finite has no JSON"),
        None if matches!(tag, Some("int" | "float" | "bool" | "null")) => {
            failed(name, format!("`{text}` does not fit its tag"))
        }
        None if plain && text == "<<" => Ok(Value::from(MERGE)),
        None => Ok(Value::from(text)),
    }
}

const NOT_FINITE: [&str; 12] =
    [".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"];

/// Whether a plain scalar of this text is something else than a string.
pub(super) fn is_special(text: &str) -> bool {
    NOT_FINITE.contains(&text) || resolved(text).is_some()
}

/// The value of a plain scalar that is no string.
fn resolved(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return None;
    }
    let bare = text.replace('_', "");
    if let Some(integer) = integer(&bare) {
        return Some(integer);
    }
    if !FLOAT.as_ref()?.is_match(&bare) {
        return None;
    }
    let float: f64 = bare.parse().ok()?;
    float.is_finite().then(|| {
        // Whole numbers come out of JSON as integers.
        if float.fract() == 0.0 && float.abs() < 1e21 {
            Value::from_numeric_string(&format!("{float:.0}")).unwrap_or(Value::from(float))
        } else {
            Value::from(float)
        }
    })
}

/// An integer of Go's notations, of 64 bits.
fn integer(text: &str) -> Option<Value> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(hex) = lower.strip_prefix("0x") {
        (16, hex)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        (2, binary)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        (8, octal)
    } else if let Some(octal) = lower.strip_prefix('0').filter(|rest| !rest.is_empty()) {
        (8, octal)
    } else {
        (10, lower.as_str())
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let size = u64::from_str_radix(digits, radix).ok()?;
    let value = BigInt::from(size) * if sign.is_empty() { 1 } else { -1 };
    (value >= BigInt::from(i64::MIN)).then(|| decimal::from_integer(&value))
}
