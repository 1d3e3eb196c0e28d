//! YAML: writing as OPA does, in blocks with two spaces, keys in natural order.

use std::cmp::Ordering;

use regorus::Value;

use super::{decimal, elements, float_text, json, pairs, yaml};

/// A value as a YAML document.
pub(super) fn document(value: &Value) -> String {
    let mut out = String::new();
    node(value, 0, &mut out);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(object) => !object.is_empty(),
        Value::Array(array) => !array.is_empty(),
        Value::Set(set) => !set.is_empty(),
        _ => false,
    }
}

/// Writes a node whose first line begins where the text ends; further lines are indented.
fn node(value: &Value, indent: usize, out: &mut String) {
    let margin = " ".repeat(indent);
    match value {
        Value::Object(_) if is_block(value) => {
            let mut all: Vec<(String, &Value)> = pairs(value)
                .into_iter()
                .map(|(key, value)| match key {
                    Value::String(key) => (key.to_string(), value),
                    other => (json::marshalled(other, None), value),
                })
                .collect();
            all.sort_by(|(a, _), (b, _)| natural(a, b));
            for (i, (key, value)) in all.into_iter().enumerate() {
                if i > 0 {
                    out.push_str(&margin);
                }
                scalar(&key, None, out);
                out.push(':');
                if is_block(value) {
                    out.push('\n');
                    out.push_str(&margin);
                    out.push_str("  ");
                } else {
                    out.push(' ');
                }
                node(value, indent.saturating_add(2), out);
            }
        }
        Value::Array(_) | Value::Set(_) if is_block(value) => {
            for (i, element) in elements(value).unwrap_or_default().into_iter().enumerate() {
                if i > 0 {
                    out.push_str(&margin);
                }
                out.push_str("- ");
                node(element, indent.saturating_add(2), out);
            }
        }
        other => {
            match other {
                Value::Object(_) => out.push_str("{}"),
                Value::Array(_) | Value::Set(_) => out.push_str("[]"),
                Value::String(text) => {
                    scalar(text, Some(indent), out);
                    if text.contains('\n') && out.ends_with('\n') {
                        return;
                    }
                }
                Value::Number(_) => out.push_str(&number(other)),
                Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
                Value::Null | Value::Undefined => out.push_str("null"),
            }
            out.push('\n');
        }
    }
}

/// A number; as a floating-point one if it has more than 64 bits, as Go reads it.
fn number(value: &Value) -> String {
    let text = decimal::text(value).unwrap_or_default();
    let long = text.parse::<i64>().is_err() && text.parse::<u64>().is_err();
    match text.parse::<f64>() {
        Ok(float) if long && float.fract() == 0.0 => float_text::float_text(float, 'g', None),
        _ => text,
    }
}

/// Words that were booleans in YAML 1.1.
const OLD_BOOLEANS: [&str; 18] = [
    "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF", "=!",
    "!=",
];

/// Numbers to the base of 60, such as `1:30`.
fn is_sexagesimal(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.contains(':')
        && digits.split(':').skip(1).all(|part| {
            let whole = part.split('.').next().unwrap_or_default();
            matches!(whole.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'_')
        })
}

/// Dates, which are read as times elsewhere.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.get(..10).unwrap_or(text).split('-').collect();
    matches!(parts.as_slice(), [y, m, d]
        if y.len() == 4 && m.len() <= 2 && d.len() <= 2
            && parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit())))
}

fn is_odd(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}'..='\u{ffff}')
}

/// A string as scalar; `indent` is that of a block, which keys cannot be.
fn scalar(text: &str, indent: Option<usize>, out: &mut String) {
    let spaced_lines = text.contains(" \n") || text.ends_with(' ');
    let odd = text.chars().any(is_odd);
    if text.contains('\n') {
        match indent {
            Some(indent) if !odd && !spaced_lines => block(text, indent, out),
            _ => out.push_str(&double_quoted(text)),
        }
        return;
    }
    let special =
        yaml::is_special(text) || OLD_BOOLEANS.contains(&text) || is_sexagesimal(text) || is_date(text);
    if special || odd {
        out.push_str(&double_quoted(text));
    } else if is_plain(text) {
        out.push_str(text);
    } else {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    }
}

fn is_plain(text: &str) -> bool {
    let mut characters = text.chars();
    let (first, second) = (characters.next(), characters.next());
    let starts_well = match first {
        None
        | Some(
            ' ' | '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`',
        ) => false,
        Some('-' | '?' | ':') => !matches!(second, None | Some(' ')),
        _ => true,
    };
    starts_well
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("---")
        && !text.starts_with("...")
}

fn block(text: &str, indent: usize, out: &mut String) {
    let margin = " ".repeat(indent.max(2));
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    if !text.ends_with('\n') {
        out.push('-');
    } else if text.ends_with("\n\n") || text == "\n" {
        out.push('+');
    }
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.push_str(&margin);
            out.push_str(line);
        }
    }
    out.push('\n');
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\x0b' => out.push_str("\\v"),
            '\x0c' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\x1b' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            c if is_odd(c) && u32::from(c) <= 0xff => out.push_str(&format!("\\x{:02X}", u32::from(c))),
            c if is_odd(c) => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Letters before anything else where they differ, numbers by size.
fn natural(a: &str, b: &str) -> Ordering {
    let (x, y): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut digits = false;
    for (i, (p, q)) in x.iter().zip(&y).enumerate() {
        if p == q {
            digits = p.is_numeric();
            continue;
        }
        match (p.is_alphabetic(), q.is_alphabetic()) {
            (true, true) => return p.cmp(q),
            (true, false) => return if digits { Ordering::Less } else { Ordering::Greater },
            (false, true) => return if digits { Ordering::Greater } else { Ordering::Less },
            (false, false) => {}
        }
        let behind_number = (*p == '0' || *q == '0')
            && x.iter().take(i).rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
        let number = |all: &[char]| {
            let found: Vec<u32> = all.iter().skip(i).map_while(|c| c.to_digit(10)).collect();
            let start = u64::from(behind_number);
            (found.iter().fold(start, |n, d| n.wrapping_mul(10).wrapping_add(u64::from(*d))), found.len())
        };
        return number(&x).cmp(&number(&y)).then_with(|| p.cmp(q));
    }
    x.len().cmp(&y.len())
}
