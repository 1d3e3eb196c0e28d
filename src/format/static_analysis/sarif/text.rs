//! Messages, and what must not be kept of them.

use std::borrow::Cow;

use crate::model::Text;
use crate::read::{Interner, Json, ParseError};

type Result<T> = std::result::Result<T, ParseError>;

/// Help longer than this is cut.
const LONGEST_HELP: usize = 1000;

/// A `message` (§3.11) that is resolved when the rules are known.
#[derive(Debug, PartialEq)]
pub(super) struct Reference {
    pub(super) id: Text,
    pub(super) arguments: Vec<String>,
}

/// A `message` (§3.11).
#[derive(Debug)]
pub(super) enum Message {
    Text(Text),
    Reference(Box<Reference>),
}

impl Message {
    /// Reads a message; a plain string is recorded as the wrong type it is.
    pub(super) fn read(j: &mut Json<'_>, interner: &mut Interner) -> Result<Option<Self>> {
        let (mut text, mut markdown, mut id, mut arguments) = (None, None, None, Vec::new());
        j.object(|j, key| {
            match key {
                "text" => text = j.text(interner)?,
                "markdown" => markdown = j.text(interner)?,
                "id" => id = j.text(interner)?,
                "arguments" => {
                    j.array(|j, _| {
                        arguments.push(j.str()?.unwrap_or_default().into_owned());
                        Ok(())
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(match (text.or(markdown), id) {
            (Some(text), _) => Some(Self::Text(match filled(&text, &arguments) {
                Cow::Borrowed(_) => text,
                Cow::Owned(filled) => interner.get(&filled),
            })),
            (None, Some(id)) => Some(Self::Reference(Box::new(Reference { id, arguments }))),
            (None, None) => None,
        })
    }
}

/// A message with its arguments in place (§3.11.5) and its links to related locations as plain words (§3.11.6).
pub(super) fn filled<'a>(text: &'a str, arguments: &[String]) -> Cow<'a, str> {
    let text = if arguments.is_empty() || !text.contains('{') {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(with_arguments(text, arguments))
    };
    if text.contains("](") { Cow::Owned(without_links(&text)) } else { text }
}

fn with_arguments(text: &str, arguments: &[String]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(&before.replace("}}", "}"));
        rest = after;
        if let Some(escaped) = rest.strip_prefix('{') {
            filled.push('{');
            rest = escaped;
            continue;
        }
        let argument = rest.split_once('}').and_then(|(number, after)| {
            let argument = arguments.get(number.parse::<usize>().ok()?)?;
            Some((argument, after))
        });
        match argument {
            Some((argument, after)) => {
                filled.push_str(argument);
                rest = after;
            }
            None => filled.push('{'),
        }
    }
    filled.push_str(&rest.replace("}}", "}"));
    filled
}

/// `[words](3)` becomes `words`; a link to anything but a number stays.
fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let target = after.split_once(')').filter(|(target, _)| {
            !target.is_empty() && target.len() <= 10 && target.bytes().all(|byte| byte.is_ascii_digit())
        });
        match (target, before.rsplit_once('[')) {
            (Some((_, after)), Some((before, words))) => {
                plain.push_str(before);
                plain.push_str(words);
                rest = after;
            }
            _ => {
                plain.push_str(before);
                plain.push_str("](");
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// The `text` of a multiformatMessageString (§3.12) or message.
pub(super) fn plain<'a>(j: &mut Json<'a>) -> Result<Option<Cow<'a, str>>> {
    let mut text = None;
    j.object(|j, key| {
        if key == "text" {
            text = j.str()?;
        }
        Ok(())
    })?;
    Ok(text)
}

/// The beginning of a help text.
pub(super) fn start_of_help(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST_HELP)).unwrap_or(text).trim()
}

/// The text up to the line in which Trivy quotes the secret, if there is one.
pub(super) fn without_match(text: &str) -> Option<&str> {
    let at = if text.starts_with("Match:") { 0 } else { text.find("\nMatch:")? };
    text.get(..at)
}

/// The value of a line `name: value`.
pub(super) fn line_value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.trim();
    (!value.is_empty()).then_some(value)
}

/// The CVE or GHSA that an id is, or starts with before a `-`.
pub(super) fn vulnerability(id: &str) -> Option<&str> {
    let parts = match id.get(..4)? {
        "CVE-" => 3,
        "GHSA" => 4,
        _ => return None,
    };
    let end = id.match_indices('-').nth(parts - 1).map_or(id.len(), |(at, _)| at);
    let name = id.get(..end)?;
    let plausible = match parts {
        3 => name.bytes().skip(4).all(|byte| byte.is_ascii_digit() || byte == b'-'),
        _ => name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
    };
    (plausible && name.matches('-').count() == parts - 1).then_some(name)
}

/// The CWE that a tag names: `CWE-89: SQL Injection`, `external/cwe/cwe-089`.
pub(super) fn cwe(tag: &str) -> Option<u32> {
    let tag = tag.strip_prefix("external/cwe/").unwrap_or(tag);
    if !tag.get(..4)?.eq_ignore_ascii_case("cwe-") {
        return None;
    }
    let digits = tag.get(4..)?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end)?.parse().ok()
}
