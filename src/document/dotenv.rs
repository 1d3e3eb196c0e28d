//! `.env`: an object of strings. A variable that the file does not define is empty: the environment that gate runs
//! in is no part of what is judged.

use serde_json::{Map, Value};

use super::Parser;
use crate::read::{Limits, ParseError};

pub(super) const PARSER: Parser = Parser {
    id: "dotenv",
    files: ".env, .env.*, *.env",
    claims: |name, extension| name == ".env" || name.starts_with(".env.") || extension == "env",
    parse,
};

fn parse(text: &str, limits: &Limits) -> Result<Value, ParseError> {
    let mut lines = lines(text).into_iter();
    let mut env = Map::new();
    while let Some((at, line)) = lines.next() {
        if env.len() as u64 >= limits.elements {
            return Err(ParseError::at(at, "more variables than the limit"));
        }
        let mut statement = line.trim().to_owned();
        if statement.is_empty() || statement.starts_with('#') {
            continue;
        }
        if let Some(quote) = open_quote(&statement) {
            let mut closed = false;
            for (_, more) in lines.by_ref() {
                statement.push('\n');
                statement.push_str(more);
                let end = more.rfind(quote);
                closed = end.is_some_and(|end| !more.get(..end).unwrap_or_default().ends_with('\\'));
                if closed {
                    break;
                }
            }
            if !closed {
                return Err(ParseError::at(at, format!("expected {quote} at the end of the value")));
            }
        }
        let Some((key, value)) = split(&statement) else {
            return Err(ParseError::at(at, "expected `NAME=value`").help("quote a value that holds `#`"));
        };
        let value = resolve(value.trim(), &env);
        env.insert(key.to_owned(), Value::String(value));
    }
    Ok(Value::Object(env))
}

/// Lines with their offsets; a carriage return ends one too.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        out.push((at, line.trim_end_matches(['\n', '\r'])));
        at += line.len();
    }
    out
}

/// The quote of a value that is not closed in its line.
fn open_quote(line: &str) -> Option<char> {
    let at = line.find('=').or_else(|| line.find(':')).filter(|at| *at > 0)?;
    let value = line.get(at + 1..)?.trim();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = value.get(1..)?.trim();
    let closed = inner.rfind(quote).is_some_and(|end| !inner.get(..end).unwrap_or_default().ends_with('\\'));
    (!closed).then_some(quote)
}

/// Name and value of `NAME=value`, `export NAME=value` and `NAME: value`, without a comment behind them.
fn split(statement: &str) -> Option<(&str, &str)> {
    let text = match statement.strip_prefix("export") {
        Some(rest) if rest.starts_with(char::is_whitespace) => rest.trim_start(),
        _ => statement,
    };
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')))?;
    let (key, rest) = text.split_at_checked(end).filter(|(key, _)| !key.is_empty())?;
    let value = match rest.trim_start().strip_prefix('=') {
        Some(value) => value.trim_start(),
        None => rest.strip_prefix(':').filter(|value| value.starts_with(char::is_whitespace))?.trim_start(),
    };
    let ends = |rest: &str| {
        let rest = rest.trim_start();
        rest.is_empty() || (rest.starts_with('#') && !rest.contains('\n'))
    };
    if let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let closing = value.rmatch_indices(quote).map(|(at, _)| at).filter(|at| *at > 0);
        for at in closing {
            if let Some((quoted, rest)) = value.split_at_checked(at + 1)
                && ends(rest)
            {
                return Some((key, quoted));
            }
        }
    }
    let bare = value.find(['#', '\n']).unwrap_or(value.len());
    let (bare, rest) = value.split_at_checked(bare)?;
    ends(rest).then_some((key, bare))
}

fn resolve(value: &str, env: &Map<String, Value>) -> String {
    let quoted = |quote: char| {
        value.strip_prefix(quote).and_then(|v| v.strip_suffix(quote)).filter(|_| value.len() >= 2)
    };
    if let Some(literal) = quoted('\'') {
        return literal.to_owned();
    }
    match quoted('"') {
        Some(inner) => variables(&unescaped(&inner.replace("\\n", "\n").replace("\\r", "\r")), env),
        None => variables(value, env),
    }
}

/// Without the backslashes, save those in front of `$`.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('$') | None) => out.push(c),
            ('\\', Some(next)) => {
                out.push(*next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

/// With `$NAME` and `${NAME}` replaced.
fn variables(text: &str, env: &Map<String, Value>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let mut length = 1;
        let after = from.get(1..).unwrap_or_default();
        let (brace, named) = match after.strip_prefix('{') {
            Some(named) => (1, named),
            None => (0, after),
        };
        let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let name_length = named.find(|c: char| !is_name(c)).unwrap_or(named.len());
        let name = named.get(..name_length).unwrap_or_default();
        length += brace + name_length;
        length += usize::from(from.get(length..).is_some_and(|rest| rest.starts_with('}')));
        let whole = from.get(..length).unwrap_or(from);
        match before.strip_suffix('\\') {
            Some(before) => {
                out.push_str(before);
                out.push_str(whole);
            }
            None => {
                out.push_str(before);
                match name {
                    "" => out.push_str(whole),
                    name => out.push_str(env.get(name).and_then(Value::as_str).unwrap_or_default()),
                }
            }
        }
        rest = from.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}
