//! Strings: searching, cutting, replacing, joining.

use regorus::Value;

use super::{
    Answer, Builtin, Error, MAX_TEXT, array, beyond, builtin, elements, failed, integer, object, operand,
    pairs, string, type_name, wrong,
};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("concat", 2, concat),
    builtin("contains", 2, |a| test(a, "contains", |s, t| s.contains(t))),
    builtin("endswith", 2, |a| test(a, "endswith", |s, t| s.ends_with(t))),
    builtin("gate.internal.template_string", 1, template_string),
    builtin("indexof", 2, |a| Ok(positions("indexof", a)?.first().map_or(Value::from(-1_i64), Value::clone))),
    builtin("indexof_n", 2, |a| Ok(Value::from(positions("indexof_n", a)?))),
    builtin("lower", 1, |a| Ok(Value::from(string("lower", a, 1)?.chars().map(lower).collect::<String>()))),
    builtin("replace", 3, replace),
    builtin("split", 2, split),
    builtin("startswith", 2, |a| test(a, "startswith", |s, t| s.starts_with(t))),
    builtin("strings.any_prefix_match", 2, |a| {
        any_match(a, "strings.any_prefix_match", |s, t| s.starts_with(t))
    }),
    builtin("strings.any_suffix_match", 2, |a| {
        any_match(a, "strings.any_suffix_match", |s, t| s.ends_with(t))
    }),
    builtin("strings.count", 2, count),
    builtin("strings.replace_n", 2, replace_n),
    builtin("strings.reverse", 1, |a| {
        Ok(Value::from(string("strings.reverse", a, 1)?.chars().rev().collect::<String>()))
    }),
    builtin("strings.split_n", 3, split_n),
    builtin("substring", 3, substring),
    builtin("trim", 2, |a| trim("trim", a, |s, cut| s.trim_matches(|c| cut.contains(c)))),
    builtin("trim_left", 2, |a| trim("trim_left", a, |s, cut| s.trim_start_matches(|c| cut.contains(c)))),
    builtin("trim_prefix", 2, |a| trim("trim_prefix", a, |s, cut| s.strip_prefix(cut).unwrap_or(s))),
    builtin("trim_right", 2, |a| trim("trim_right", a, |s, cut| s.trim_end_matches(|c| cut.contains(c)))),
    builtin("trim_space", 1, |a| Ok(Value::from(string("trim_space", a, 1)?.trim()))),
    builtin("trim_suffix", 2, |a| trim("trim_suffix", a, |s, cut| s.strip_suffix(cut).unwrap_or(s))),
    builtin("upper", 1, |a| Ok(Value::from(string("upper", a, 1)?.chars().map(upper).collect::<String>()))),
];

fn test(arguments: &[Value], name: &'static str, holds: fn(&str, &str) -> bool) -> Answer {
    Ok(Value::from(holds(string(name, arguments, 1)?, string(name, arguments, 2)?)))
}

fn trim(name: &'static str, arguments: &[Value], cut: for<'a> fn(&'a str, &str) -> &'a str) -> Answer {
    Ok(Value::from(cut(string(name, arguments, 1)?, string(name, arguments, 2)?)))
}

/// Go maps character by character: what has no single counterpart stays as it is.
fn lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ if c == '\u{130}' => 'i',
        _ => c,
    }
}

fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn strings<'a>(name: &'static str, value: &'a Value, number: usize) -> Result<Vec<&'a str>, Error> {
    let Some(all) = elements(value) else { return wrong(name, number, "one of {set, array}", value) };
    all.into_iter()
        .map(|element| match element {
            Value::String(text) => Ok(&**text),
            other => failed(
                name,
                format!(
                    "operand {number} must be {kind} of strings but got {kind} containing {}",
                    type_name(other),
                    kind = type_name(value)
                ),
            ),
        })
        .collect()
}

fn concat(arguments: &[Value]) -> Answer {
    let separator = string("concat", arguments, 1)?;
    let parts = strings("concat", operand(arguments, 2), 2)?;
    let length = parts.iter().map(|p| p.len().saturating_add(separator.len())).fold(0, usize::saturating_add);
    if length > MAX_TEXT.saturating_add(separator.len()) {
        return beyond("concat", "bytes in a string", MAX_TEXT);
    }
    Ok(Value::from(parts.join(separator)))
}

/// An interpolated string: strings as they are, everything else as `print` shows it. A part comes in a set, which is
/// empty where it is undefined.
fn template_string(arguments: &[Value]) -> Answer {
    let name = "gate.internal.template_string";
    let mut out = String::new();
    for part in array(name, arguments, 1)? {
        let shown = match part {
            Value::Set(set) => set.first(),
            other => Some(other),
        };
        match shown {
            Some(Value::String(text)) => out.push_str(text),
            Some(other) => out.push_str(&super::text::value_text(other)),
            None => out.push_str("<undefined>"),
        }
        if out.len() > MAX_TEXT {
            return beyond(name, "bytes in a string", MAX_TEXT);
        }
    }
    Ok(Value::from(out))
}

/// Where a string occurs, in characters; occurrences may overlap.
fn positions(name: &'static str, arguments: &[Value]) -> Result<Vec<Value>, Error> {
    let (base, search) = (string(name, arguments, 1)?, string(name, arguments, 2)?);
    if search.is_empty() {
        return failed(name, "empty search character");
    }
    let mut found = Vec::new();
    let finder = memchr::memmem::Finder::new(search);
    let (mut at, mut characters) = (0_usize, 0_usize);
    while let Some(rest) = base.get(at..) {
        let Some(next) = finder.find(rest.as_bytes()) else { break };
        characters = characters.saturating_add(rest.get(..next).map_or(0, |skipped| skipped.chars().count()));
        found.push(Value::from(characters));
        let step = rest.get(next..).and_then(|r| r.chars().next()).map_or(1, char::len_utf8);
        at = at.saturating_add(next).saturating_add(step);
        characters = characters.saturating_add(1);
        if name == "indexof" {
            break;
        }
    }
    Ok(found)
}

fn replace(arguments: &[Value]) -> Answer {
    let name = "replace";
    let (text, old, new) =
        (string(name, arguments, 1)?, string(name, arguments, 2)?, string(name, arguments, 3)?);
    match replaced(text, &[(old, new)]) {
        Some(out) => Ok(Value::from(out)),
        None => beyond(name, "bytes in a string", MAX_TEXT),
    }
}

fn replace_n(arguments: &[Value]) -> Answer {
    let name = "strings.replace_n";
    let mut patterns = Vec::new();
    for (old, new) in pairs(object(name, arguments, 1)?) {
        match (old, new) {
            (Value::String(old), Value::String(new)) => patterns.push((&**old, &**new)),
            (Value::String(_), _) => {
                return failed(name, "operand 1 non-string value found in pattern object");
            }
            _ => return failed(name, "operand 1 non-string key found in pattern object"),
        }
    }
    match replaced(string(name, arguments, 2)?, &patterns) {
        Some(out) => Ok(Value::from(out)),
        None => beyond(name, "bytes in a string", MAX_TEXT),
    }
}

/// Replaces in one pass, at each place the first pattern that fits there. An empty pattern fits everywhere, but once
/// only.
fn replaced(text: &str, patterns: &[(&str, &str)]) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    let mut after_empty = false;
    loop {
        let fit = patterns.iter().find(|(old, _)| rest.starts_with(old) && !(old.is_empty() && after_empty));
        after_empty = fit.is_some_and(|(old, _)| old.is_empty());
        if let Some((old, new)) = fit {
            out.push_str(new);
            rest = rest.get(old.len()..).unwrap_or_default();
        } else {
            let Some(c) = rest.chars().next() else { break };
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        if out.len() > MAX_TEXT {
            return None;
        }
    }
    Some(out)
}

/// Go's `strings.Split`: into characters by an empty separator.
fn cut<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    if separator.is_empty() {
        return text.split("").filter(|part| !part.is_empty()).collect();
    }
    text.split(separator).collect()
}

fn values(parts: &[&str]) -> Value {
    Value::from(parts.iter().map(|part| Value::from(*part)).collect::<Vec<_>>())
}

fn split(arguments: &[Value]) -> Answer {
    Ok(values(&cut(string("split", arguments, 1)?, string("split", arguments, 2)?)))
}

fn split_n(arguments: &[Value]) -> Answer {
    let name = "strings.split_n";
    let parts = cut(string(name, arguments, 1)?, string(name, arguments, 2)?);
    let n = integer(name, arguments, 3)?;
    let count = usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX).min(parts.len());
    let kept = if n >= 0 { parts.get(..count) } else { parts.get(parts.len().saturating_sub(count)..) };
    Ok(values(kept.unwrap_or_default()))
}

fn count(arguments: &[Value]) -> Answer {
    let (text, search) = (string("strings.count", arguments, 1)?, string("strings.count", arguments, 2)?);
    if search.is_empty() {
        return Ok(Value::from(text.chars().count().saturating_add(1)));
    }
    Ok(Value::from(text.matches(search).count()))
}

fn substring(arguments: &[Value]) -> Answer {
    let name = "substring";
    let base = string(name, arguments, 1)?;
    let (offset, length) = (integer(name, arguments, 2)?, integer(name, arguments, 3)?);
    let Ok(offset) = usize::try_from(offset) else { return failed(name, "negative offset") };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    Ok(Value::from(base.chars().skip(offset).take(length).collect::<String>()))
}

fn any_match(arguments: &[Value], name: &'static str, holds: fn(&str, &str) -> bool) -> Answer {
    let side = |number| match operand(arguments, number) {
        Value::String(text) => Ok(vec![&**text]),
        value @ (Value::Array(_) | Value::Set(_)) => strings(name, value, number),
        other => wrong(name, number, "one of {string, set, array}", other),
    };
    let (texts, bases) = (side(1)?, side(2)?);
    Ok(Value::from(texts.iter().any(|text| bases.iter().any(|base| holds(text, base)))))
}
