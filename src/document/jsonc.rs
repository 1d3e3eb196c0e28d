//! JSON with comments.

use serde_json::Value;

use super::{Parser, json};
use crate::read::{Limits, ParseError};

pub(super) const PARSER: Parser =
    Parser { id: "jsonc", files: "*.jsonc", claims: |_, extension| extension == "jsonc", parse };

fn parse(text: &str, limits: &Limits) -> Result<Value, ParseError> {
    json::parse(&without_comments(text)?, limits)
}

/// The text with `//`, `#` and `/* */` comments as spaces, so that every place stays where it is.
fn without_comments(text: &str) -> Result<String, ParseError> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.char_indices().peekable();
    let blank = |out: &mut String, c: char| match c {
        '\n' | '\r' => out.push(c),
        _ => out.extend(std::iter::repeat_n(' ', c.len_utf8())),
    };
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        match (c, next) {
            ('"', _) => {
                out.push(c);
                let mut escaped = false;
                for (_, c) in chars.by_ref() {
                    out.push(c);
                    match c {
                        '\\' => escaped = !escaped,
                        '"' if !escaped => break,
                        _ => escaped = false,
                    }
                }
            }
            ('#', _) | ('/', Some('/')) => {
                blank(&mut out, c);
                while let Some((_, c)) = chars.next_if(|(_, c)| *c != '\n') {
                    blank(&mut out, c);
                }
            }
            ('/', Some('*')) => {
                blank(&mut out, c);
                let mut last = ' ';
                let mut opened = false;
                let mut closed = false;
                for (_, c) in chars.by_ref() {
                    blank(&mut out, c);
                    // The star that opens the comment does not close it.
                    if opened && last == '*' && c == '/' {
                        closed = true;
                        break;
                    }
                    last = if opened { c } else { ' ' };
                    opened = true;
                }
                if !closed {
                    return Err(ParseError::at(at, "a comment is not closed before the end of the file"));
                }
            }
            _ => out.push(c),
        }
    }
    Ok(out)
}
