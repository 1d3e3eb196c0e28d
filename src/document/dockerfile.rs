//! Dockerfiles: an array of one array of `{Cmd, SubCmd, JSON, Flags, Value, Stage}`, an entry per instruction or
//! comment. Variables and heredocs are not expanded.

use serde_json::{Value, json};

use super::Parser;
use crate::read::{Limits, ParseError};

pub(super) const PARSER: Parser = Parser {
    id: "dockerfile",
    files: "Dockerfile, Dockerfile.*, *.dockerfile",
    claims: |name, extension| {
        name == "dockerfile" || name.starts_with("dockerfile.") || extension == "dockerfile"
    },
    parse,
};

/// How the arguments of an instruction are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One text.
    Text,
    /// Words between spaces.
    Words,
    /// Words in which quotes hold.
    Quoted,
    /// A JSON array, else one text.
    ArrayOrText,
    /// A JSON array, else words.
    ArrayOrWords,
    /// `name=value` pairs as name, value, `=`; or one name and the rest of the line.
    Pairs,
    /// A type, then a JSON array or one text.
    Health,
    /// An instruction.
    Instruction,
}

const INSTRUCTIONS: [(&str, Form); 18] = [
    ("add", Form::ArrayOrWords),
    ("arg", Form::Quoted),
    ("cmd", Form::ArrayOrText),
    ("copy", Form::ArrayOrWords),
    ("entrypoint", Form::ArrayOrText),
    ("env", Form::Pairs),
    ("expose", Form::Words),
    ("from", Form::Words),
    ("healthcheck", Form::Health),
    ("label", Form::Pairs),
    ("maintainer", Form::Text),
    ("onbuild", Form::Instruction),
    ("run", Form::ArrayOrText),
    ("shell", Form::ArrayOrText),
    ("stopsignal", Form::Text),
    ("user", Form::Text),
    ("volume", Form::ArrayOrWords),
    ("workdir", Form::Text),
];

fn parse(text: &str, limits: &Limits) -> Result<Value, ParseError> {
    let mut lines = Lines { rest: text, at: 0 };
    let mut escape = '\\';
    let mut directives = true;
    let mut seen: Vec<String> = Vec::new();
    let mut comments: Vec<String> = Vec::new();
    let mut commands: Vec<Value> = Vec::new();
    let mut stages = 0_u64;
    while let Some((at, line)) = lines.take() {
        if commands.len() as u64 + comments.len() as u64 >= limits.elements {
            return Err(ParseError::at(at, "more instructions than the limit"));
        }
        let fail = |message: String| ParseError::at(at, message);
        let trimmed = line.trim_start();
        let found = directives.then(|| directive(trimmed)).flatten();
        directives = found.is_some();
        if let Some((name, value)) = found {
            if seen.contains(&name) {
                return Err(fail(format!("directive `{name}` is written twice")));
            }
            if name == "escape" {
                escape = match value {
                    "\\" => '\\',
                    "`" => '`',
                    other => return Err(fail(format!("`{other}` cannot be the escape character"))),
                };
            }
            seen.push(name);
            continue;
        }
        if is_comment(line) {
            match line.get(1..).unwrap_or_default().trim() {
                "" => comments.clear(),
                comment => comments.push(comment.to_owned()),
            }
            continue;
        }
        let (first, mut open) = continued(trimmed, escape);
        let mut statement = first.to_owned();
        if statement.is_empty() && !open {
            continue;
        }
        while open {
            let Some((_, line)) = lines.take() else { break };
            if is_comment(line) || line.trim_start().is_empty() {
                continue;
            }
            let (more, still_open) = continued(line, escape);
            statement.push_str(more);
            open = still_open;
        }
        let command = instruction(&statement, escape).map_err(fail)?;
        if command.can_hold_heredocs() {
            heredocs(&statement, &mut lines).map_err(fail)?;
        }
        stages += u64::from(command.name == "from");
        let stage = stages.saturating_sub(1);
        for comment in comments.drain(..) {
            commands.push(json!({
                "Cmd": "comment", "SubCmd": "", "JSON": false, "Flags": null, "Value": [comment], "Stage": stage,
            }));
        }
        commands.push(json!({
            "Cmd": command.name,
            "SubCmd": command.sub,
            "JSON": command.is_array,
            "Flags": command.flags,
            "Value": command.value,
            "Stage": stage,
        }));
    }
    if commands.is_empty() {
        return Err(ParseError::whole("the file holds no instruction"));
    }
    Ok(Value::Array(vec![Value::Array(commands)]))
}

struct Lines<'a> {
    rest: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    /// The next line without its end, and where it begins.
    fn take(&mut self) -> Option<(usize, &'a str)> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.find('\n').map_or(self.rest.len(), |end| end + 1);
        let (line, rest) = self.rest.split_at_checked(end)?;
        let at = self.at;
        self.at += end;
        self.rest = rest;
        Some((at, line.trim_end_matches(['\n', '\r'])))
    }
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// `# escape=...`, `# syntax=...` and `# check=...` in front of everything else.
fn directive(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.strip_prefix('#')?.split_once('=')?;
    let name = name.trim().to_ascii_lowercase();
    let value = value.trim();
    (matches!(name.as_str(), "escape" | "syntax" | "check") && !value.is_empty()).then_some((name, value))
}

/// A line without its continuation mark, and whether it had one.
fn continued(line: &str, escape: char) -> (&str, bool) {
    let trimmed = line.trim_end_matches([' ', '\t']);
    match trimmed.strip_suffix(escape) {
        Some(before) if !before.ends_with(escape) => (before, true),
        _ => (line, false),
    }
}

struct Command {
    name: String,
    sub: String,
    is_array: bool,
    flags: Option<Vec<String>>,
    value: Option<Vec<String>>,
}

impl Command {
    fn can_hold_heredocs(&self) -> bool {
        let name = if self.name == "onbuild" { self.sub.to_ascii_lowercase() } else { self.name.clone() };
        matches!(name.as_str(), "add" | "copy" | "run") && !self.is_array
    }
}

fn instruction(statement: &str, escape: char) -> Result<Command, String> {
    let (word, rest) = split(statement.trim());
    let name = word.to_lowercase();
    let Some((_, form)) = INSTRUCTIONS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = INSTRUCTIONS.iter().map(|(name, _)| *name).collect();
        return Err(match crate::suggest::nearest(&name, &known) {
            Some(near) => format!("unknown instruction `{word}`; did you mean `{}`?", near.to_uppercase()),
            None => format!("unknown instruction `{word}`"),
        });
    };
    let (flags, arguments) = match rest {
        Some(rest) => {
            let (flags, rest) = flags(rest, escape);
            (Some(flags), rest.trim().to_owned())
        }
        None => (None, String::new()),
    };
    let mut command = Command { name, sub: String::new(), is_array: false, flags, value: None };
    if *form == Form::Instruction {
        if arguments.is_empty() {
            return Err("ONBUILD needs an instruction".to_owned());
        }
        let (word, _) = split(&arguments);
        if word.eq_ignore_ascii_case("onbuild") {
            return Err("ONBUILD cannot hold ONBUILD".to_owned());
        }
        let inner = instruction(&arguments, escape)?;
        word.clone_into(&mut command.sub);
        command.is_array = inner.is_array;
        command.value = inner.value;
        return Ok(command);
    }
    let (value, is_array) = arguments_of(*form, &arguments, escape)?;
    if value.is_none() && !(is_array && matches!(command.name.as_str(), "cmd" | "entrypoint")) {
        let is_optional = matches!(command.name.as_str(), "cmd" | "entrypoint" | "run" | "expose");
        if !is_optional {
            return Err(format!("{} needs an argument", word.to_uppercase()));
        }
    }
    command.value = value;
    command.is_array = is_array;
    Ok(command)
}

/// The first word, and what follows it.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once(is_space) {
        Some((word, rest)) => (word, Some(rest.trim_start_matches(is_space))),
        None => (text, None),
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{b}' | '\u{c}' | '\r')
}

fn arguments_of(form: Form, text: &str, escape: char) -> Result<(Option<Vec<String>>, bool), String> {
    let one = || (!text.is_empty()).then(|| vec![text.to_owned()]);
    let spaced = || {
        let parts: Vec<String> = text.split(is_space).filter(|w| !w.is_empty()).map(str::to_owned).collect();
        (!parts.is_empty()).then_some(parts)
    };
    Ok(match form {
        Form::Text | Form::Instruction => (one(), false),
        Form::Words => (spaced(), false),
        Form::Quoted => (Some(words(text, escape)).filter(|words| !words.is_empty()), false),
        Form::ArrayOrText | Form::ArrayOrWords => match array(text)? {
            Some(items) => (Some(items).filter(|items| !items.is_empty()), true),
            None if form == Form::ArrayOrText => (one(), false),
            None => (spaced(), false),
        },
        Form::Pairs => (pairs(text, escape)?, false),
        Form::Health => {
            let (kind, rest) = split(text);
            if kind.is_empty() {
                return Ok((None, false));
            }
            let (command, is_array) = arguments_of(Form::ArrayOrText, rest.unwrap_or_default(), escape)?;
            (Some(std::iter::once(kind.to_owned()).chain(command.into_iter().flatten()).collect()), is_array)
        }
    })
}

/// The strings of a JSON array; nothing where the text is none.
fn array(text: &str) -> Result<Option<Vec<String>>, String> {
    if !text.starts_with('[') {
        return Ok(None);
    }
    let Ok(items) = serde_json::from_str::<Vec<Value>>(text) else { return Ok(None) };
    let strings: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
    strings.map(Some).ok_or_else(|| "expected strings only in the array".to_owned())
}

fn pairs(text: &str, escape: char) -> Result<Option<Vec<String>>, String> {
    let words = words(text, escape);
    let Some(first) = words.first() else { return Ok(None) };
    if !first.contains('=') {
        let (name, value) = split(text);
        let value = value.ok_or_else(|| format!("expected `name=value`, found `{name}`"))?;
        return Ok(Some(vec![name.to_owned(), value.to_owned(), String::new()]));
    }
    let mut out = Vec::new();
    for word in &words {
        let (name, value) =
            word.split_once('=').ok_or_else(|| format!("expected `name=value`, found `{word}`"))?;
        if name.is_empty() {
            return Err("a name is empty".to_owned());
        }
        out.extend([name.to_owned(), value.to_owned(), "=".to_owned()]);
    }
    Ok(Some(out))
}

/// Words between spaces, where quotes and escapes hold; both are kept.
fn words(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match quote {
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            None if c == escape => {
                // At the end of the line there is nothing to escape.
                if let Some(next) = chars.next() {
                    word.extend([c, next]);
                }
            }
            None => {
                quote = Some(c).filter(|c| matches!(c, '\'' | '"'));
                word.push(c);
            }
            Some('"') if c == escape => {
                if let Some(next) = chars.next() {
                    word.extend([c, next]);
                }
            }
            Some(open) => {
                if c == open {
                    quote = None;
                }
                word.push(c);
            }
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The `--name=value` words at the beginning, without quotes and escapes, and the rest.
fn flags(text: &str, escape: char) -> (Vec<String>, &str) {
    let mut flags = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if !rest.starts_with("--") {
            return (flags, rest);
        }
        let mut word = String::new();
        let mut quote: Option<char> = None;
        let mut end = rest.len();
        let mut chars = rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match quote {
                None if c.is_whitespace() => {
                    end = at;
                    break;
                }
                None if matches!(c, '\'' | '"') => quote = Some(c),
                Some(open) if c == open => quote = None,
                _ if c == escape => word.extend(chars.next().map(|(_, c)| c)),
                _ => word.push(c),
            }
        }
        rest = rest.get(end..).unwrap_or_default();
        if word == "--" {
            return (flags, rest);
        }
        flags.push(word);
    }
}

/// Passes over the heredocs that an instruction announces.
fn heredocs(statement: &str, lines: &mut Lines<'_>) -> Result<(), String> {
    for word in words(statement, '\\') {
        let Some(rest) = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<") else {
            continue;
        };
        let (tabs, rest) = match rest.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let name: String = rest.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
        if name.is_empty() || rest.contains('<') {
            continue;
        }
        loop {
            let Some((_, line)) = lines.take() else {
                return Err(format!("expected `{name}` at the end of the heredoc"));
            };
            let line = if tabs { line.trim_start_matches('\t') } else { line };
            if line == name {
                break;
            }
        }
    }
    Ok(())
}
