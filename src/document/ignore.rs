//! `.gitignore` and `.dockerignore`: an array of one array of `{Kind, Value, Original}`, an entry per line.

use serde_json::{Value, json};

use super::Parser;
use crate::read::{Limits, ParseError};

pub(super) const PARSER: Parser = Parser {
    id: "ignore",
    files: ".gitignore, .dockerignore",
    claims: |_, extension| matches!(extension, "gitignore" | "dockerignore"),
    parse,
};

fn parse(text: &str, limits: &Limits) -> Result<Value, ParseError> {
    if text.split('\n').count() as u64 > limits.elements {
        return Err(ParseError::whole("more lines than the limit"));
    }
    let entries: Vec<Value> = text.split('\n').map(entry).collect();
    Ok(Value::Array(vec![Value::Array(entries)]))
}

fn entry(line: &str) -> Value {
    let trimmed = line.trim_end_matches(' ');
    // A space behind a backslash belongs to the pattern.
    let end = if trimmed.ends_with('\\') { line.len().min(trimmed.len() + 1) } else { trimmed.len() };
    let pattern = line.get(..end).unwrap_or(line);
    let (kind, value) = if pattern.is_empty() {
        ("Empty", line.to_owned())
    } else if let Some(comment) = pattern.strip_prefix('#') {
        ("Comment", comment.trim().to_owned())
    } else if let Some(negated) = pattern.strip_prefix('!') {
        ("NegatedPath", unescaped(negated))
    } else {
        ("Path", unescaped(pattern))
    };
    json!({ "Kind": kind, "Value": value, "Original": line })
}

/// A backslash goes, two become one.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' || chars.next_if_eq(&'\\').is_some() {
            out.push(c);
        }
    }
    out
}
