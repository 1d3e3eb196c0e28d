//! `CODEOWNERS`: `{rules: [{pattern, owners: [{type, value}], comment, lineNumber}]}`.

use serde_json::{Value, json};

use super::Parser;
use crate::read::{Limits, ParseError};

pub(super) const PARSER: Parser =
    Parser { id: "codeowners", files: "CODEOWNERS", claims: |name, _| name == "codeowners", parse };

fn parse(text: &str, limits: &Limits) -> Result<Value, ParseError> {
    let mut rules = Vec::new();
    let mut at = 0;
    for (number, whole) in text.split_inclusive('\n').enumerate() {
        if number as u64 >= limits.elements {
            return Err(ParseError::at(at, "more lines than the limit"));
        }
        let line = whole.trim();
        if !line.is_empty() && !line.starts_with('#') {
            let rule = rule(line, number + 1);
            rules.push(rule.map_err(|message| ParseError::at(at, message))?);
        }
        at += whole.len();
    }
    let rules = if rules.is_empty() { Value::Null } else { Value::Array(rules) };
    Ok(json!({ "rules": rules }))
}

fn rule(line: &str, number: usize) -> Result<Value, String> {
    let (line, comment) = match line.split_once('#') {
        Some((line, comment)) => (line, comment.trim()),
        None => (line, ""),
    };
    let mut escaped = false;
    let end = line.find(|c: char| {
        let ends = matches!(c, ' ' | '\t') && !escaped;
        escaped = c == '\\';
        ends
    });
    let (pattern, owners) = line.split_at_checked(end.unwrap_or(line.len())).unwrap_or((line, ""));
    let allowed = |c: char| c.is_ascii_alphanumeric() || "*?./@_+-\\() \t".contains(c);
    if let Some(wrong) = pattern.chars().find(|c| !allowed(*c)) {
        return Err(format!("`{wrong}` in a pattern"));
    }
    if pattern.is_empty() {
        return Err("expected a pattern".to_owned());
    }
    let owners: Vec<Value> = owners.split_whitespace().map(owner).collect::<Result<_, _>>()?;
    Ok(json!({ "pattern": pattern, "owners": owners, "comment": comment, "lineNumber": number }))
}

/// `@user`, `@organisation/team` or an address.
fn owner(text: &str) -> Result<Value, String> {
    let word = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    let (kind, value) = match text.strip_prefix('@') {
        Some(name) => match name.split_once('/') {
            Some((organisation, team)) if word(organisation, "-") && word(team, "_-") => ("team", name),
            None if word(name, "-_") => ("username", name),
            _ => ("", name),
        },
        None => match text.split_once('@') {
            Some((user, host)) if word(user, "._%+-") && is_host(host) => ("email", text),
            _ => ("", text),
        },
    };
    match kind {
        "" => Err(format!("`{text}` is neither `@user`, `@organisation/team` nor an address")),
        kind => Ok(json!({ "type": kind, "value": value })),
    }
}

fn is_host(text: &str) -> bool {
    text.rsplit_once('.').is_some_and(|(host, top)| {
        !host.is_empty()
            && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
            && (2..=6).contains(&top.len())
            && top.chars().all(|c| c.is_ascii_alphabetic())
    })
}
