//! Java properties: an object of strings; `${...}` stays as it is written.

use serde_json::{Map, Value};

use super::Parser;
use crate::read::{Limits, ParseError};

pub(super) const PARSER: Parser = Parser {
    id: "properties",
    files: "*.properties",
    claims: |_, extension| extension == "properties",
    parse,
};

type Chars<'a> = std::iter::Peekable<std::str::CharIndices<'a>>;

fn parse(text: &str, limits: &Limits) -> Result<Value, ParseError> {
    let mut chars = text.char_indices().peekable();
    let mut map = Map::new();
    loop {
        while chars.next_if(|(_, c)| is_blank(*c) || is_end(*c)).is_some() {}
        let Some((at, first)) = chars.peek().copied() else { break };
        if matches!(first, '#' | '!') {
            while chars.next_if(|(_, c)| !is_end(*c)).is_some() {}
            continue;
        }
        if map.len() as u64 >= limits.elements {
            return Err(ParseError::at(at, "more properties than the limit"));
        }
        let mut key = String::new();
        while let Some((at, c)) = chars.next_if(|(_, c)| !is_blank(*c) && !is_end(*c) && !is_mark(*c)) {
            if c == '\\' { key.push(escaped(&mut chars, at)?) } else { key.push(c) }
        }
        if key.is_empty() {
            return Err(ParseError::at(at, "a property without a name"));
        }
        while chars.next_if(|(_, c)| is_blank(*c)).is_some() {}
        chars.next_if(|(_, c)| is_mark(*c));
        while chars.next_if(|(_, c)| is_blank(*c)).is_some() {}
        let mut value = String::new();
        while let Some((at, c)) = chars.next_if(|(_, c)| !is_end(*c)) {
            if c != '\\' {
                value.push(c);
            } else if chars.peek().is_some_and(|(_, c)| is_end(*c)) {
                if chars.next().is_some_and(|(_, c)| c == '\r') {
                    chars.next_if(|(_, c)| *c == '\n');
                }
                while chars.next_if(|(_, c)| is_blank(*c)).is_some() {}
            } else {
                value.push(escaped(&mut chars, at)?);
            }
        }
        map.insert(key, Value::String(value));
    }
    Ok(Value::Object(map))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{c}' | '\t')
}

fn is_end(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

fn is_mark(c: char) -> bool {
    matches!(c, ':' | '=')
}

/// What a backslash and the next character stand for.
fn escaped(chars: &mut Chars<'_>, at: usize) -> Result<char, ParseError> {
    match chars.next().map(|(_, c)| c) {
        None => Err(ParseError::at(at, "a backslash at the end of the file")),
        Some('f') => Ok('\u{c}'),
        Some('n') => Ok('\n'),
        Some('r') => Ok('\r'),
        Some('t') => Ok('\t'),
        Some('u') => {
            let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
            let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4);
            let code = code.ok_or_else(|| ParseError::at(at, "expected four digits after `\\u`"))?;
            Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
        }
        Some(c) => Ok(c),
    }
}
