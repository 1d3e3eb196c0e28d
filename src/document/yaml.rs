//! YAML: several documents, anchors, merge keys, and the scalars of YAML 1.1 as the Kubernetes tools read them.

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use saphyr_parser::{Event, Marker, ScalarStyle, Span, Tag};
use serde_json::{Map, Value};

use super::{Parser, scalar};
use crate::read::{Limits, ParseError};

pub(super) const PARSER: Parser = Parser {
    id: "yaml",
    files: "*.yaml, *.yml, standard input",
    claims: |_, extension| matches!(extension, "yaml" | "yml"),
    parse,
};

/// What all values of a file may weigh once its aliases are expanded.
const HEAVIEST: u64 = 256 << 20;
/// What a value weighs beside its own text.
const WEIGHT: u64 = 32;

/// One document as it is, several as an array.
fn parse(text: &str, limits: &Limits) -> Result<Value, ParseError> {
    let parts = parts(text);
    let several = parts.len() > 1;
    let mut reading = Reading { limits: *limits, weight: 0, values: 0 };
    let mut all = Vec::new();
    for (start, part) in parts {
        let documents = reading.part(part).map_err(|error| match error {
            ParseError { byte: Some(byte), .. } => ParseError { byte: Some(start + byte), ..error },
            whole => whole,
        })?;
        match documents.is_empty() {
            // A part with nothing but comments counts as a document, as it does for conftest.
            true if several => all.push(Value::Null),
            _ => all.extend(documents),
        }
    }
    match (several, all.len()) {
        (_, 0) => {
            Err(ParseError::whole("the file holds no document").help("write one, or leave the file out"))
        }
        (false, 1) => Ok(all.remove(0)),
        _ => Ok(Value::Array(all)),
    }
}

/// The text between lines of `---`, each with its offset.
fn parts(text: &str) -> Vec<(usize, &str)> {
    let separator = if text.contains("\r\n") { "\r\n---\r\n" } else { "\n---\n" };
    let mut parts = Vec::new();
    let mut start = 0;
    let mut from = 0;
    // Behind a directive the first separator ends the directives, not a document.
    let mut directives = text.starts_with('%');
    while let Some(found) = text.get(from..).and_then(|rest| rest.find(separator)) {
        let at = from + found;
        from = at + separator.len();
        if std::mem::take(&mut directives) {
            continue;
        }
        parts.push((start, text.get(start..at).unwrap_or_default()));
        start = from;
    }
    parts.push((start, text.get(start..).unwrap_or_default()));
    parts
}

/// What stands at the end of the message of a bracket that is not indented enough.
const INDENTATION: &str = "invalid indentation";
/// What is put in front of such a bracket.
const BLANKS: &str =
    "                                                                                                ";
/// How many such brackets are moved.
const MOST_BRACKETS: usize = 500;

/// Whether a closing bracket stands there, the first on its line and not moved yet.
fn closes(text: &str, at: usize) -> bool {
    let (Some(before), Some(after)) = (text.get(..at), text.get(at..)) else { return false };
    let line = before.rsplit('\n').next().unwrap_or_default();
    after.starts_with([']', '}']) && line.len() < BLANKS.len() && line.bytes().all(|b| b == b' ')
}

struct Reading {
    limits: Limits,
    weight: u64,
    values: u64,
}

/// A finished value with what it weighs and how many values it holds.
#[derive(Clone)]
struct Weighed {
    value: Value,
    weight: u64,
    values: u64,
}

type Events<'a> = saphyr_parser::Parser<'a, saphyr_parser::StrInput<'a>>;

struct Stream<'a, 'b> {
    text: &'a str,
    events: Events<'a>,
    anchors: HashMap<usize, Weighed>,
    reading: &'b mut Reading,
}

impl Reading {
    /// The documents of a part. A bracket that closes at the indentation of its key is against the letter of YAML
    /// and is everywhere: blanks are put in front of it, which mean nothing inside of brackets.
    fn part(&mut self, text: &str) -> Result<Vec<Value>, ParseError> {
        let (weight, values) = (self.weight, self.values);
        let mut patched = std::borrow::Cow::Borrowed(text);
        let mut inserted: Vec<usize> = Vec::new();
        loop {
            let error = match self.stream(&patched) {
                Ok(documents) => return Ok(documents),
                Err(error) => error,
            };
            let at = error.byte.unwrap_or(usize::MAX);
            if inserted.len() < MOST_BRACKETS && error.message.ends_with(INDENTATION) && closes(&patched, at)
            {
                inserted.push(at);
                patched.to_mut().insert_str(at, BLANKS);
                (self.weight, self.values) = (weight, values);
                continue;
            }
            // Places are those of the text as it was written.
            let before = inserted.iter().filter(|place| **place < at).count();
            let byte = error.byte.map(|byte| byte.saturating_sub(before.saturating_mul(BLANKS.len())));
            return Err(ParseError { byte, ..error });
        }
    }

    fn stream(&mut self, text: &str) -> Result<Vec<Value>, ParseError> {
        let events = saphyr_parser::Parser::new_from_str(text);
        let mut stream = Stream { text, events, anchors: HashMap::new(), reading: self };
        let mut documents = Vec::new();
        while let Some((event, span)) = stream.next()? {
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                Event::StreamEnd => break,
                event => {
                    let document = stream.node(event, span, 0)?;
                    documents.push(document.value);
                    // An anchor is known in its own document only.
                    stream.anchors.clear();
                }
            }
        }
        Ok(documents)
    }

    fn add(&mut self, weight: u64, values: u64) -> Result<(), String> {
        self.weight = self.weight.saturating_add(weight);
        self.values = self.values.saturating_add(values);
        if self.values > self.limits.elements {
            return Err(format!("more values than the limit of {}, aliases expanded", self.limits.elements));
        }
        if self.weight > HEAVIEST {
            return Err(format!("more than the limit of {} MiB, aliases expanded", HEAVIEST >> 20));
        }
        Ok(())
    }
}

impl<'a> Stream<'a, '_> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, ParseError> {
        match self.events.next() {
            None => Ok(None),
            Some(Ok(event)) => Ok(Some(event)),
            Some(Err(error)) => Err(self.fail(*error.marker(), format!("not valid YAML: {}", error.info()))),
        }
    }

    fn wanted(&mut self) -> Result<(Event<'a>, Span), ParseError> {
        self.next()?.ok_or_else(|| ParseError::whole("not valid YAML: the file ends too early"))
    }

    fn fail(&self, at: Marker, message: impl Into<String>) -> ParseError {
        let byte = self.text.char_indices().nth(at.index()).map_or(self.text.len(), |(byte, _)| byte);
        ParseError::at(byte, message)
    }

    /// The value that an event begins.
    fn node(&mut self, event: Event<'a>, span: Span, depth: u32) -> Result<Weighed, ParseError> {
        if depth > self.reading.limits.depth {
            let limit = self.reading.limits.depth;
            return Err(self.fail(span.start, format!("nesting is deeper than the limit of {limit}")));
        }
        let (anchor, done) = match event {
            Event::Alias(id) => {
                let Some(known) = self.anchors.get(&id).cloned() else {
                    return Err(
                        self.fail(span.start, "an alias of what it is itself a part of, or of nothing")
                    );
                };
                self.charge(span, known.weight, known.values)?;
                return Ok(known);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = resolve(&text, style, tag.as_deref()).map_err(|m| self.fail(span.start, m))?;
                let weight = WEIGHT.saturating_add(text.len() as u64);
                self.charge(span, weight, 1)?;
                (anchor, Weighed { value, weight, values: 1 })
            }
            Event::SequenceStart(anchor, _) => {
                self.charge(span, WEIGHT, 1)?;
                let mut items = Vec::new();
                let (mut weight, mut values) = (WEIGHT, 1_u64);
                loop {
                    let (event, at) = self.wanted()?;
                    if matches!(event, Event::SequenceEnd) {
                        break;
                    }
                    let item = self.node(event, at, depth + 1)?;
                    weight = weight.saturating_add(item.weight);
                    values = values.saturating_add(item.values);
                    items.push(item.value);
                }
                (anchor, Weighed { value: Value::Array(items), weight, values })
            }
            Event::MappingStart(anchor, _) => {
                self.charge(span, WEIGHT, 1)?;
                (anchor, self.mapping(depth)?)
            }
            _ => return Err(self.fail(span.start, "not valid YAML: expected a value")),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, done.clone());
        }
        Ok(done)
    }

    fn charge(&mut self, span: Span, weight: u64, values: u64) -> Result<(), ParseError> {
        self.reading.add(weight, values).map_err(|message| {
            self.fail(span.start, message).help("write out what the aliases stand for, or split the file")
        })
    }

    fn mapping(&mut self, depth: u32) -> Result<Weighed, ParseError> {
        let mut map = Map::new();
        let mut own: HashSet<String> = HashSet::new();
        let (mut weight, mut values) = (WEIGHT, 1_u64);
        loop {
            let (event, at) = self.wanted()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let is_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.node(event, at, depth + 1)?;
            let (event, value_at) = self.wanted()?;
            let value = self.node(event, value_at, depth + 1)?;
            weight = weight.saturating_add(key.weight).saturating_add(value.weight);
            values = values.saturating_add(key.values).saturating_add(value.values);
            if is_merge {
                let sources = match value.value {
                    Value::Array(sources) => sources,
                    one => vec![one],
                };
                let mut merged: Map<String, Value> = Map::new();
                // Of several, the first that has a key wins.
                let mut known: HashSet<String> = HashSet::new();
                for source in sources {
                    let Value::Object(source) = source else {
                        return Err(self.fail(value_at.start, "`<<` merges mappings, and this is none"));
                    };
                    merged.extend(source.into_iter().filter(|(key, _)| !known.contains(key)));
                    known.extend(merged.keys().cloned());
                }
                // What is merged stands above the keys in front of it and below those behind it.
                map.extend(merged);
                continue;
            }
            let key = match key.value {
                Value::String(key) => key,
                Value::Bool(key) => key.to_string(),
                Value::Number(key) => key.to_string(),
                _ => return Err(self.fail(at.start, "a key that is no text, number or boolean")),
            };
            if !own.insert(key.clone()) {
                return Err(self
                    .fail(at.start, format!("key `{key}` is written twice"))
                    .help("keep one of them: which one holds depends on who reads the file"));
            }
            map.insert(key, value.value);
        }
        Ok(Weighed { value: Value::Object(map), weight, values })
    }
}

/// The value of a scalar.
fn resolve(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let core = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
    match (tag, core) {
        (None, _) if style != ScalarStyle::Plain => Ok(Value::from(text)),
        (None, _) => plain(text),
        (_, Some("str" | "timestamp")) => Ok(Value::from(text)),
        (_, Some("binary")) => {
            let packed: String = text.split_ascii_whitespace().collect();
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(packed)
                .map_err(|error| format!("`!!binary` is not base64: {error}"))?;
            String::from_utf8(bytes)
                .map(Value::String)
                .map_err(|_| "`!!binary` that is not UTF-8 has no JSON value".to_owned())
        }
        (_, Some(wanted @ ("int" | "float" | "bool" | "null"))) => {
            let value = plain(text)?;
            let fits = match wanted {
                "int" => value.is_i64() || value.is_u64(),
                "float" => value.is_number(),
                "bool" => value.is_boolean(),
                _ => value.is_null(),
            };
            if fits { Ok(value) } else { Err(format!("`{text}` is no `!!{wanted}`")) }
        }
        // Tags of applications, such as CloudFormation's `!Ref`, are passed over.
        _ => Ok(Value::from(text)),
    }
}

/// A plain scalar by the rules of YAML 1.1.
fn plain(text: &str) -> Result<Value, String> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf"
        | "-.Inf" | "-.INF" => return Err(format!("`{text}` has no JSON value")),
        _ if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) => {
            number(&text.replace('_', "")).unwrap_or_else(|| Value::from(text))
        }
        _ => Value::from(text),
    })
}

fn number(text: &str) -> Option<Value> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = match lower.get(..2) {
        Some("0x") => (16, lower.get(2..)?),
        Some("0o") => (8, lower.get(2..)?),
        Some("0b") => (2, lower.get(2..)?),
        Some(two) if two.starts_with('0') => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    let is_digits = !body.is_empty() && body.chars().all(|c| c.is_digit(radix));
    if is_digits && let Ok(value) = u64::from_str_radix(body, radix) {
        return match (negative, i64::try_from(value)) {
            (false, _) => Some(Value::from(value)),
            (true, Ok(value)) => Some(Value::from(-value)),
            (true, Err(_)) if value == 1 << 63 => Some(Value::from(i64::MIN)),
            (true, Err(_)) => scalar::number(-(value as f64)),
        };
    }
    is_float(digits).then(|| text.parse::<f64>().ok().and_then(scalar::number)).flatten()
}

/// `.5`, `1.`, `1.5e-3`.
fn is_float(digits: &str) -> bool {
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let all = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.map(|e| e.strip_prefix(['+', '-']).unwrap_or(e));
    all(whole)
        && all(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|e| !e.is_empty() && all(e))
}
