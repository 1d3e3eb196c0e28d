//! Values and strings as OPA prints them.

use std::sync::LazyLock;

use regex::Regex;
use regorus::Value;

use super::{decimal, pairs};

/// A value as OPA prints it: a set as `{1, 2}`, an empty one as `set()`.
pub(super) fn value_text(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, &mut out);
    out
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(_) => out.push_str(&decimal::text(value).unwrap_or_default()),
        Value::String(s) => out.push_str(&quoted(s, '"', false)),
        Value::Array(array) => write_list(array.iter(), ('[', ']'), out),
        Value::Set(set) if set.is_empty() => out.push_str("set()"),
        Value::Set(set) => write_list(set.iter_sorted(), ('{', '}'), out),
        Value::Object(_) => {
            out.push('{');
            for (i, (key, value)) in pairs(value).into_iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write_value(key, out);
                out.push_str(": ");
                write_value(value, out);
            }
            out.push('}');
        }
        Value::Undefined => out.push_str("<undefined>"),
    }
}

fn write_list<'a>(values: impl Iterator<Item = &'a Value>, (open, close): (char, char), out: &mut String) {
    out.push(open);
    for (i, value) in values.enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write_value(value, out);
    }
    out.push(close);
}

/// Whether Go prints a character as it is.
fn is_printable(c: char) -> bool {
    static PRINTABLE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\A[\p{L}\p{M}\p{N}\p{P}\p{S} ]\z").ok());
    if c.is_ascii() {
        return c == ' ' || c.is_ascii_graphic();
    }
    PRINTABLE.as_ref().is_some_and(|printable| printable.is_match(c.encode_utf8(&mut [0; 4])))
}

/// A string in Go's quotes.
pub(super) fn quoted(text: &str, quote: char, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            c if is_printable(c) && (c.is_ascii() || !ascii) => out.push(c),
            c if u32::from(c) < 0x80 => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push(quote);
    out
}
