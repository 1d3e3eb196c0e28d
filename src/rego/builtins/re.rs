//! Regular expressions, in Go's syntax; see [`re_syntax`](super::re_syntax).

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use regex::Regex;
use regorus::Value;

use super::{
    Answer, Builtin, Error, MAX_STEPS, MAX_TEXT, beyond, builtin, failed, integer, operand, re_syntax, string,
};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("re_match", 2, |a| matches("re_match", a)),
    builtin("regex.find_all_string_submatch_n", 3, submatches),
    builtin("regex.find_n", 3, find_n),
    builtin("regex.globs_match", 2, globs_match),
    builtin("regex.is_valid", 1, |a| {
        Ok(Value::from(
            matches!(operand(a, 1), Value::String(text) if compiled("regex.is_valid", text).is_ok()),
        ))
    }),
    builtin("regex.match", 2, |a| matches("regex.match", a)),
    builtin("regex.replace", 3, replace),
    builtin("regex.split", 2, split),
    builtin("regex.template_match", 4, template_match),
];

/// Compiled expressions that are kept.
const KEPT: usize = 256;

static COMPILED: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);

/// The expression, compiled now or before.
pub(super) fn compiled(name: &'static str, pattern: &str) -> Result<Regex, Error> {
    if let Some(known) = COMPILED.lock().ok().and_then(|kept| kept.get(pattern).cloned()) {
        return Ok(known);
    }
    let translated = match re_syntax::translated(pattern) {
        Ok(translated) => translated,
        Err(reason) => return failed(name, format!("`{pattern}` is no regular expression: {reason}")),
    };
    let regex = match Regex::new(&translated) {
        Ok(regex) => regex,
        Err(error) => return failed(name, format!("`{pattern}` is no regular expression: {error}")),
    };
    if let Ok(mut kept) = COMPILED.lock() {
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(pattern.to_owned(), regex.clone());
    }
    Ok(regex)
}

fn matches(name: &'static str, arguments: &[Value]) -> Answer {
    let (pattern, text) = (string(name, arguments, 1)?, string(name, arguments, 2)?);
    Ok(Value::from(compiled(name, pattern)?.is_match(text)))
}

/// How many: all of them for a negative number.
fn limit(n: i64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn find_n(arguments: &[Value]) -> Answer {
    let name = "regex.find_n";
    let (pattern, text) = (string(name, arguments, 1)?, string(name, arguments, 2)?);
    let count = limit(integer(name, arguments, 3)?);
    let found = compiled(name, pattern)?;
    Ok(Value::from(found.find_iter(text).take(count).map(|m| Value::from(m.as_str())).collect::<Vec<_>>()))
}

fn submatches(arguments: &[Value]) -> Answer {
    let name = "regex.find_all_string_submatch_n";
    let (pattern, text) = (string(name, arguments, 1)?, string(name, arguments, 2)?);
    let count = limit(integer(name, arguments, 3)?);
    let found = compiled(name, pattern)?;
    let all = found.captures_iter(text).take(count).map(|captures| {
        let groups = captures.iter().map(|group| Value::from(group.map_or("", |g| g.as_str())));
        Value::from(groups.collect::<Vec<_>>())
    });
    Ok(Value::from(all.collect::<Vec<_>>()))
}

fn replace(arguments: &[Value]) -> Answer {
    let name = "regex.replace";
    let (text, pattern) = (string(name, arguments, 1)?, string(name, arguments, 2)?);
    let replacement = string(name, arguments, 3)?;
    let mut out = String::new();
    let mut at = 0;
    for captures in compiled(name, pattern)?.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(text.get(at..whole.start()).unwrap_or_default());
        captures.expand(replacement, &mut out);
        at = whole.end();
        if out.len() > MAX_TEXT {
            return beyond(name, "bytes in a string", MAX_TEXT);
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Ok(Value::from(out))
}

fn split(arguments: &[Value]) -> Answer {
    let name = "regex.split";
    let (pattern, text) = (string(name, arguments, 1)?, string(name, arguments, 2)?);
    let found = compiled(name, pattern)?;
    if !pattern.is_empty() && text.is_empty() {
        return Ok(Value::from(vec![Value::from("")]));
    }
    let mut parts = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for separator in found.find_iter(text) {
        end = separator.start();
        // An empty match at the very beginning cuts nothing off.
        if separator.end() != 0 {
            parts.push(Value::from(text.get(begin..end).unwrap_or_default()));
        }
        begin = separator.end();
    }
    if end != text.len() {
        parts.push(Value::from(text.get(begin..).unwrap_or_default()));
    }
    Ok(Value::from(parts))
}

fn template_match(arguments: &[Value]) -> Answer {
    let name = "regex.template_match";
    let (template, text) = (string(name, arguments, 1)?, string(name, arguments, 2)?);
    let (start, end) = (string(name, arguments, 3)?, string(name, arguments, 4)?);
    let ([start], [end]) = (start.as_bytes(), end.as_bytes()) else {
        return failed(name, "a delimiter has to be exactly one character long");
    };
    let mut pattern = String::from("^");
    let (mut level, mut from) = (0_usize, 0_usize);
    for (i, byte) in template.bytes().enumerate() {
        let next = i.saturating_add(1);
        if byte == *start {
            level = level.saturating_add(1);
            if level == 1 {
                pattern.push_str(&regex::escape(template.get(from..i).unwrap_or_default()));
                from = next;
            }
        } else if byte == *end {
            let Some(outer) = level.checked_sub(1) else { return failed(name, "unbalanced braces") };
            level = outer;
            if level == 0 {
                let inner = template.get(from..i).unwrap_or_default();
                compiled(name, &format!("^{inner}$"))?;
                pattern.push_str(&format!("({inner})"));
                from = next;
            }
        }
    }
    if level != 0 {
        return failed(name, "unbalanced braces");
    }
    pattern.push_str(&regex::escape(template.get(from..).unwrap_or_default()));
    pattern.push('$');
    Ok(Value::from(compiled(name, &pattern)?.is_match(text)))
}

/// What one place of a glob of [`globs_match`] may be, and whether it may be repeated.
#[derive(Clone, Debug, PartialEq)]
struct Token {
    class: Class,
    repeat: Repeat,
}

#[derive(Clone, Debug, PartialEq)]
enum Class {
    Any,
    Of(Vec<(char, char)>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Repeat {
    Once,
    Plus,
    Star,
}

impl Token {
    fn meets(&self, other: &Self) -> bool {
        match (&self.class, &other.class) {
            (Class::Of(a), Class::Of(b)) => {
                a.iter().any(|(al, ah)| b.iter().any(|(bl, bh)| al <= bh && bl <= ah))
            }
            _ => true,
        }
    }
}

const GLOBS: &str = "regex.globs_match";

fn tokens(glob: &str) -> Result<Vec<Token>, Error> {
    let bad = |reason: &str| failed(GLOBS, format!("`{glob}` is invalid: {reason}"));
    let mut all: Vec<Token> = Vec::new();
    let mut rest = glob.chars().peekable();
    while let Some(c) = rest.next() {
        let class = match c {
            '\\' => match rest.next() {
                Some(c) => Class::Of(vec![(c, c)]),
                None => return bad("it ends with an escape character"),
            },
            '.' => Class::Any,
            ']' | '+' | '*' => return bad("a special character is out of place"),
            '[' => {
                let mut ranges: Vec<(char, char)> = Vec::new();
                let mut previous = None;
                loop {
                    match rest.next() {
                        None => return bad("`[` without `]`"),
                        Some(']') => break,
                        Some('-') => {
                            let high = match rest.next() {
                                Some('\\') => rest.next(),
                                Some(']' | '-') => None,
                                other => other,
                            };
                            match (previous.take(), high) {
                                (Some(low), Some(high)) if low <= high => ranges.push((low, high)),
                                _ => return bad("a range is malformed"),
                            }
                        }
                        Some(c) => {
                            let c = if c == '\\' { rest.next() } else { Some(c) };
                            let Some(c) = c else { return bad("it ends with an escape character") };
                            ranges.push((c, c));
                            previous = Some(c);
                        }
                    }
                }
                Class::Of(ranges)
            }
            c => Class::Of(vec![(c, c)]),
        };
        let repeat = match rest.next_if(|c| matches!(c, '+' | '*')) {
            Some('+') => Repeat::Plus,
            Some(_) => Repeat::Star,
            None => Repeat::Once,
        };
        match all.last_mut() {
            Some(last) if last.class == class && repeat != Repeat::Once && last.repeat != Repeat::Once => {
                if repeat == Repeat::Plus {
                    last.repeat = Repeat::Plus;
                }
            }
            _ => all.push(Token { class, repeat }),
        }
    }
    Ok(all)
}

fn globs_match(arguments: &[Value]) -> Answer {
    let (a, b) = (tokens(string(GLOBS, arguments, 1)?)?, tokens(string(GLOBS, arguments, 2)?)?);
    let mut steps = 0;
    Ok(Value::from(intersect(&a, &b, &mut steps)?))
}

fn step(steps: &mut usize) -> Result<(), Error> {
    *steps = steps.saturating_add(1);
    if *steps > MAX_STEPS { beyond(GLOBS, "steps", MAX_STEPS) } else { Ok(()) }
}

/// Whether a text fits both, as far as OPA's search finds one: it does not look for repetitions of nothing at an end.
fn intersect(a: &[Token], b: &[Token], steps: &mut usize) -> Result<bool, Error> {
    step(steps)?;
    let (mut a, mut b) = (a, b);
    while let (Some((x, after_x)), Some((y, after_y))) = (a.split_first(), b.split_first()) {
        match (x.repeat, y.repeat) {
            (Repeat::Once, Repeat::Once) if !x.meets(y) => return Ok(false),
            (Repeat::Once, Repeat::Once) => (a, b) = (after_x, after_y),
            (Repeat::Plus, _) => return plus(x, after_x, b, steps),
            (Repeat::Star, _) => return star(x, after_x, b, steps),
            (_, Repeat::Plus) => return plus(y, after_y, a, steps),
            (_, Repeat::Star) => return star(y, after_y, a, steps),
        }
    }
    Ok(a.is_empty() && b.is_empty())
}

fn plus(x: &Token, after: &[Token], other: &[Token], steps: &mut usize) -> Result<bool, Error> {
    let Some((y, rest)) = other.split_first() else { return Ok(false) };
    if !x.meets(y) {
        return Ok(false);
    }
    if star(x, after, rest, steps)? {
        return Ok(true);
    }
    Ok(y.repeat != Repeat::Once && intersect(after, other, steps)?)
}

fn star(x: &Token, after: &[Token], other: &[Token], steps: &mut usize) -> Result<bool, Error> {
    let next = after.first();
    for (i, token) in other.iter().enumerate() {
        step(steps)?;
        if next.is_some_and(|next| token.meets(next))
            && intersect(after, other.get(i..).unwrap_or_default(), steps)?
        {
            return Ok(true);
        }
        if !token.meets(x) {
            return Ok(false);
        }
    }
    Ok(next.is_none())
}
