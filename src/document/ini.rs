//! INI: an object of sections, numbers and booleans recognised; what stands in front of all sections is left out.

use serde_json::{Map, Value};

use super::{Parser, scalar};
use crate::read::{Limits, ParseError};

pub(super) const PARSER: Parser =
    Parser { id: "ini", files: "*.ini", claims: |_, extension| extension == "ini", parse };

/// The section of keys in front of all sections.
const UNNAMED: &str = "DEFAULT";

struct Lines<'a> {
    rest: std::str::SplitInclusive<'a, char>,
    at: usize,
    next: usize,
    left: u64,
}

impl<'a> Lines<'a> {
    fn take(&mut self) -> Result<Option<&'a str>, ParseError> {
        let Some(line) = self.rest.next() else { return Ok(None) };
        self.at = self.next;
        self.next += line.len();
        self.left =
            self.left.checked_sub(1).ok_or_else(|| ParseError::at(self.at, "more lines than the limit"))?;
        Ok(Some(line))
    }
}

fn parse(text: &str, limits: &Limits) -> Result<Value, ParseError> {
    let mut lines = Lines { rest: text.split_inclusive('\n'), at: 0, next: 0, left: limits.elements };
    let mut sections: Map<String, Value> = Map::new();
    let mut section = UNNAMED.to_owned();
    let mut count = 0_u64;
    while let Some(line) = lines.take()? {
        let at = lines.at;
        let line = line.trim_start();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let Some((name, _)) = rest.rsplit_once(']') else {
                return Err(ParseError::at(at, "expected `]` at the end of the section's name"));
            };
            if name.is_empty() {
                return Err(ParseError::at(at, "a section without a name"));
            }
            name.clone_into(&mut section);
            sections.entry(name.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            count = 0;
            continue;
        }
        let (key, rest) = key(line).map_err(|message| ParseError::at(at, message))?;
        let key = if key == "-" {
            count += 1;
            format!("#{count}")
        } else {
            key
        };
        let text = value(rest, &mut lines)?;
        let keys = sections.entry(section.clone()).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(keys) = keys {
            keys.insert(key, typed(text));
        }
    }
    sections.remove(UNNAMED);
    Ok(Value::Object(sections))
}

/// The name of a key, which may stand in quotes, and what follows its `=` or `:`.
fn key(line: &str) -> Result<(String, &str), String> {
    let quote = ["\"\"\"", "\"", "`"].into_iter().find(|quote| line.starts_with(quote));
    let (name, rest) = match quote {
        Some(quote) => {
            let inner = line.get(quote.len()..).unwrap_or_default();
            let (name, rest) =
                inner.split_once(quote).ok_or_else(|| format!("expected {quote} at the end of the key"))?;
            let (_, rest) = rest.split_once(['=', ':']).ok_or("expected `=` or `:` after the key")?;
            (name, rest)
        }
        None => line.split_once(['=', ':']).ok_or("expected `key = value`, found neither `=` nor `:`")?,
    };
    match name.trim() {
        "" => Err("a key without a name".to_owned()),
        name => Ok((name.to_owned(), rest)),
    }
}

fn value(rest: &str, lines: &mut Lines<'_>) -> Result<String, ParseError> {
    let at = lines.at;
    let line = rest.trim_start();
    for quote in ["\"\"\"", "`"] {
        let Some(inner) = line.strip_prefix(quote) else { continue };
        if let Some((value, _)) = inner.rsplit_once(quote) {
            return Ok(value.to_owned());
        }
        let mut value = inner.to_owned();
        while let Some(line) = lines.take()? {
            if let Some((end, _)) = line.rsplit_once(quote) {
                value.push_str(end);
                return Ok(value);
            }
            value.push_str(line);
        }
        return Err(ParseError::at(at, format!("expected {quote} at the end of the value")));
    }
    let line = line.trim_end();
    if let Some(first) = line.strip_suffix('\\') {
        let mut value = first.to_owned();
        while let Some(next) = lines.take()? {
            let next = next.trim();
            match next.strip_suffix('\\') {
                Some(more) => value.push_str(more),
                None => {
                    value.push_str(next);
                    break;
                }
            }
        }
        return Ok(value);
    }
    let line = line.split(['#', ';']).next().unwrap_or_default().trim();
    for quote in ['\'', '"'] {
        let inner = line.strip_prefix(quote).and_then(|l| l.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains(quote)) {
            return Ok(inner.to_owned());
        }
    }
    Ok(line.to_owned())
}

fn typed(text: String) -> Value {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite()).and_then(scalar::number);
    match (number, text.as_str()) {
        (Some(number), _) => number,
        (_, "t" | "T" | "TRUE" | "true" | "True") => Value::Bool(true),
        (_, "f" | "F" | "FALSE" | "false" | "False") => Value::Bool(false),
        _ => Value::String(text),
    }
}
