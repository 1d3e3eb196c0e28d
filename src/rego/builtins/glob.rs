//! Globs: `*` and `?` stop at delimiters, `**` does not; `[a-c]`, `[!abc]` and `{one,other}` as usual.

use std::fmt::Write;

use regorus::Value;

use super::{Answer, Builtin, Error, builtin, failed, operand, re, string, wrong};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("glob.match", 3, glob_match),
    builtin("glob.quote_meta", 1, |a| {
        let mut out = String::new();
        for c in string("glob.quote_meta", a, 1)?.chars() {
            if matches!(c, '*' | '?' | '\\' | '[' | ']' | '{' | '}') {
                out.push('\\');
            }
            out.push(c);
        }
        Ok(Value::from(out))
    }),
];

const NAME: &str = "glob.match";

fn delimiters(value: &Value) -> Result<Vec<char>, Error> {
    let all = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(array) => array,
        other => return wrong(NAME, 2, "one of {array, null}", other),
    };
    if all.is_empty() {
        return Ok(vec!['.']);
    }
    all.iter()
        .map(|delimiter| {
            let Value::String(text) = delimiter else {
                return failed(NAME, "operand 2 must be array of strings");
            };
            let mut characters = text.chars();
            match (characters.next(), characters.next()) {
                (Some(one), None) => Ok(one),
                _ => failed(NAME, "operand 2 must be array of single characters"),
            }
        })
        .collect()
}

fn glob_match(arguments: &[Value]) -> Answer {
    let pattern = string(NAME, arguments, 1)?;
    let delimiters = delimiters(operand(arguments, 2))?;
    let text = string(NAME, arguments, 3)?;
    match expression(pattern, &delimiters) {
        Ok(expression) => Ok(Value::from(re::compiled(NAME, &expression)?.is_match(text))),
        Err(reason) => failed(NAME, format!("`{pattern}` is no glob: {reason}")),
    }
}

fn literal(c: char, out: &mut String) {
    let _ = write!(out, "\\x{{{:x}}}", u32::from(c));
}

/// The glob as a regular expression.
fn expression(pattern: &str, delimiters: &[char]) -> Result<String, &'static str> {
    let mut single = String::from("(?s:.)");
    if !delimiters.is_empty() {
        single = String::from("[^");
        delimiters.iter().for_each(|d| literal(*d, &mut single));
        single.push(']');
    }
    let mut out = String::from(r"\A(?:");
    let mut depth = 0_usize;
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => literal(rest.next().ok_or("trailing backslash")?, &mut out),
            '?' => out.push_str(&single),
            '*' if rest.next_if_eq(&'*').is_some() => out.push_str("(?s:.)*"),
            '*' => {
                let _ = write!(out, "(?:{single})*");
            }
            '{' => {
                depth = depth.saturating_add(1);
                out.push_str("(?:");
            }
            ',' if depth > 0 => out.push('|'),
            '}' if depth > 0 => {
                depth = depth.saturating_sub(1);
                out.push(')');
            }
            '[' => class(&mut rest, &mut out)?,
            other => literal(other, &mut out),
        }
    }
    if depth > 0 {
        return Err("unclosed `{`");
    }
    out.push_str(r")\z");
    Ok(out)
}

/// A class after its bracket: one range, or single characters.
fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) -> Result<(), &'static str> {
    let unclosed = "unclosed `[`";
    out.push('[');
    if rest.next_if_eq(&'!').is_some() {
        out.push('^');
    }
    let mut ahead = rest.clone();
    if let (Some(low), Some('-')) = (ahead.next(), ahead.next()) {
        let high = ahead.next().ok_or(unclosed)?;
        if high < low {
            return Err("a range ends before it begins");
        }
        if ahead.next() != Some(']') {
            return Err("`]` is expected after a range");
        }
        literal(low, out);
        out.push('-');
        literal(high, out);
        *rest = ahead;
    } else {
        let mut any = false;
        loop {
            match rest.next().ok_or(unclosed)? {
                ']' => break,
                '\\' => literal(rest.next().ok_or(unclosed)?, out),
                c => literal(c, out),
            }
            any = true;
        }
        if !any {
            return Err("an empty class");
        }
    }
    out.push(']');
    Ok(())
}
