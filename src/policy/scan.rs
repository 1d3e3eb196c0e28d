//! A look at a Rego module's text before it is parsed: rules with their metadata, references to the input, calls.
//!
//! It knows tokens, not grammar, and errs towards seeing more references than there are. It never decides
//! whether a module is valid, and never follows a name to what it stands for: the syntax tree does.

use super::annotation::{Metadata, Scope};

/// One token.
#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
    start: usize,
    line: u32,
    column: u32,
    /// Whether it is the first on its line.
    first: bool,
    /// Depth of open brackets of all kinds before it.
    depth: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    String,
    Number,
    Mark,
}

impl Token<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    fn is(&self, text: &str) -> bool {
        self.kind != Kind::String && self.text == text
    }
}

/// A place in a module, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// One rule, from its metadata to the next rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) at: At,
    /// The block of scope `rule` above it.
    pub(super) metadata: Option<Metadata>,
    /// Blocks of scope `document` above it.
    pub(super) document: Vec<Metadata>,
    /// Bytes of the whole rule, its metadata included.
    pub(super) span: std::ops::Range<usize>,
    /// Functions that it calls, as written: `f`, `lib.f`, `data.a.f`.
    pub(super) calls: Vec<(String, At)>,
    /// Whether the head is that of a function.
    pub(super) is_function: bool,
    /// Whether the head can only be true or false, or is a default value.
    pub(super) is_boolean: bool,
    /// Whether it is a default value.
    pub(super) is_default: bool,
    /// String literals that stand as value of a key `code`.
    pub(super) codes: Vec<String>,
}

/// One step of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A known name.
    Field(String),
    /// An index or variable.
    Any,
}

/// A module's text, looked through.
#[derive(Clone, Debug, Default)]
pub(super) struct Module {
    pub(super) package: Vec<String>,
    pub(super) package_at: At,
    /// Blocks above `package`, of scope `package` or `subpackages`.
    pub(super) package_metadata: Vec<Metadata>,
    /// Imports as local name and path.
    pub(super) imports: Vec<(String, String)>,
    pub(super) rules: Vec<Rule>,
    pub(super) input_refs: Vec<(Vec<Step>, At)>,
    pub(super) data_refs: Vec<(Vec<Step>, At)>,
    /// Dotted names as written, such as `http.send`.
    pub(super) names: Vec<(String, At)>,
    /// The deepest nesting of `[` and `{`, and where.
    pub(super) deepest: (u32, At),
    pub(super) metadata_errors: Vec<(String, At)>,
}

/// Looks through a module.
pub(super) fn scan(text: &str) -> Module {
    let (tokens, blocks) = tokens(text);
    let mut module = Module::default();
    let mut nesting = 0_u32;
    for (i, token) in tokens.iter().enumerate() {
        if token.is("[") || token.is("{") {
            nesting += 1;
            if nesting > module.deepest.0 {
                module.deepest = (nesting, at(token));
            }
        } else if token.is("]") || token.is("}") {
            nesting = nesting.saturating_sub(1);
        }
        if token.kind == Kind::Word && !after_dot(&tokens, i) {
            if token.text == "input" {
                module.input_refs.push((reference(&tokens, i), at(token)));
            } else if token.text == "data" {
                module.data_refs.push((reference(&tokens, i), at(token)));
            } else if let Some(name) = spelt(&tokens, i) {
                module.names.push((name, at(token)));
            }
        }
    }
    heads(text, &tokens, blocks, &mut module);
    module
}

fn at(token: &Token<'_>) -> At {
    At { line: token.line, column: token.column }
}

fn after_dot(tokens: &[Token<'_>], i: usize) -> bool {
    i.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|t| t.is("."))
}

/// The steps after `input`: only what directly adjoins belongs to the reference.
fn reference(tokens: &[Token<'_>], start: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut i = start;
    while let (Some(here), Some(next)) = (tokens.get(i), tokens.get(i + 1)) {
        if next.start != here.end() {
            break;
        }
        if next.is(".") {
            let Some(name) = tokens.get(i + 2).filter(|t| t.kind == Kind::Word) else { break };
            steps.push(Step::Field(name.text.to_owned()));
            i += 2;
        } else if next.is("[") {
            let Some(close) = closing(tokens, i + 1) else { break };
            match tokens.get(i + 2) {
                Some(only) if close == i + 3 && only.kind == Kind::String => {
                    let name = only.text.trim_matches(['"', '`']);
                    steps.push(Step::Field(name.to_owned()));
                }
                _ => steps.push(Step::Any),
            }
            i = close;
        } else {
            break;
        }
    }
    steps
}

/// The index of the bracket that closes the one at `open`.
fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let depth = tokens.get(open)?.depth;
    tokens
        .iter()
        .enumerate()
        .skip(open + 1)
        .find(|(_, t)| t.depth == depth + 1 && (t.is("]") || t.is("}") || t.is(")")))
        .map(|(i, _)| i)
}

/// A name as [`dotted`] has it, also where a part of it is written `["name"]`.
fn spelt(tokens: &[Token<'_>], start: usize) -> Option<String> {
    let mut name = tokens.get(start)?.text.to_owned();
    for step in reference(tokens, start) {
        let Step::Field(field) = step else { break };
        name.push('.');
        name.push_str(&field);
    }
    Some(name)
}

/// A name of words joined by dots that adjoin: `http.send`, `net.lookup_ip_addr`.
fn dotted(tokens: &[Token<'_>], start: usize) -> Option<String> {
    let mut name = tokens.get(start)?.text.to_owned();
    let mut i = start;
    while let (Some(here), Some(dot), Some(word)) = (tokens.get(i), tokens.get(i + 1), tokens.get(i + 2)) {
        if !(dot.is(".") && dot.start == here.end() && word.kind == Kind::Word && word.start == dot.end()) {
            break;
        }
        name.push('.');
        name.push_str(word.text);
        i += 2;
    }
    Some(name)
}

/// A comment block: its line, its text without `#`, its first byte and the line after it.
struct Block {
    at: At,
    text: String,
    start: usize,
    next_line: u32,
}

impl Block {
    /// The line of a key, else that of the block.
    fn at_key(&self, key: &str) -> At {
        let line = self.text.lines().position(|line| line.trim_start().starts_with(key));
        let line = line.and_then(|line| u32::try_from(line).ok()).map_or(0, |line| line.saturating_add(1));
        At { line: self.at.line.saturating_add(line), column: self.at.column }
    }
}

/// Finds package, imports and rules: whatever begins a line outside of brackets.
fn heads(text: &str, tokens: &[Token<'_>], blocks: Vec<Block>, module: &mut Module) {
    const CONTINUE: [&str; 9] = ["if", "else", "in", "as", "with", "contains", "some", "every", "not"];
    let starts: Vec<usize> = tokens
        .iter()
        .enumerate()
        .filter(|(i, t)| {
            t.first
                && t.depth == 0
                && t.kind == Kind::Word
                && !CONTINUE.contains(&t.text)
                && i.checked_sub(1).and_then(|b| tokens.get(b)).is_none_or(|before| {
                    before.kind != Kind::Mark || matches!(before.text, "}" | ")" | "]")
                } && !before.is("if"))
        })
        .map(|(i, _)| i)
        .collect();
    let mut blocks = blocks.into_iter().peekable();
    let mut pending: Vec<(Metadata, At, usize)> = Vec::new();
    let mut pending_end = 0;
    for (n, &start) in starts.iter().enumerate() {
        let Some(first) = tokens.get(start) else { continue };
        let end = starts.get(n + 1).copied().unwrap_or(tokens.len());
        while let Some(block) = blocks.next_if(|b| b.start < first.start) {
            // At the top of a file only blocks that reach down to the package speak of it.
            if n == 0 && pending_end < block.at.line {
                pending.clear();
            }
            pending_end = block.next_line;
            match yaml_serde::from_str::<Metadata>(&block.text) {
                Ok(metadata) => {
                    if let Err((key, message)) = metadata.term() {
                        module.metadata_errors.push((message, block.at_key(key)));
                    }
                    pending.push((metadata, block.at, block.start));
                }
                Err(error) => module
                    .metadata_errors
                    .push((format!("the metadata is not valid YAML: {error}"), block.at)),
            }
        }
        if n == 0 && pending_end < first.line {
            pending.clear();
        }
        match first.text {
            "package" => {
                module.package_at = at(first);
                if let Some(name) = dotted(tokens, start + 1) {
                    module.package = name.split('.').map(str::to_owned).collect();
                }
                for (metadata, at, _) in pending.drain(..) {
                    match metadata.scope(true) {
                        Ok(_) => module.package_metadata.push(metadata),
                        Err(message) => module.metadata_errors.push((message, at)),
                    }
                }
            }
            "import" => {
                let path = dotted(tokens, start + 1).unwrap_or_default();
                let alias = tokens
                    .get(start..end)
                    .unwrap_or_default()
                    .windows(2)
                    .find_map(|pair| match pair {
                        [word, name] if word.is("as") => Some(name.text.to_owned()),
                        _ => None,
                    })
                    .unwrap_or_else(|| path.rsplit('.').next().unwrap_or_default().to_owned());
                module.imports.push((alias, path));
            }
            _ => {
                let name_at = if first.text == "default" { start + 1 } else { start };
                let Some(name) = tokens.get(name_at) else { continue };
                let from = pending.first().map_or(first.start, |(_, _, from)| *from);
                let (mut metadata, mut document) = (None, Vec::new());
                for (block, at, _) in pending.drain(..) {
                    match block.scope(false) {
                        Ok(Scope::Document) => {
                            // It speaks of this rule too, and first of all: a code in it is this rule's.
                            metadata = metadata.or_else(|| Some(block.clone()));
                            document.push(block);
                        }
                        Ok(_) => metadata = Some(block),
                        Err(message) => module.metadata_errors.push((message, at)),
                    }
                }
                let body = tokens.get(start..end).unwrap_or_default();
                let until = body.last().map_or(first.end(), Token::end);
                module.rules.push(Rule {
                    name: name.text.to_owned(),
                    at: at(first),
                    metadata,
                    document,
                    span: from..until.min(text.len()),
                    calls: calls(tokens, name_at + 1, end),
                    is_function: tokens.get(name_at + 1).is_some_and(|t| t.is("(") && t.start == name.end()),
                    is_default: name_at != start,
                    is_boolean: name_at != start
                        || tokens.get(name_at + 1).is_some_and(|t| t.is("if") || t.is("{")),
                    codes: codes(body),
                });
            }
        }
    }
}

/// Functions called between two tokens.
fn calls(tokens: &[Token<'_>], from: usize, to: usize) -> Vec<(String, At)> {
    let mut found = Vec::new();
    for i in from..to {
        let Some(token) = tokens.get(i).filter(|t| t.kind == Kind::Word) else { continue };
        if after_dot(tokens, i) {
            continue;
        }
        let Some(name) = dotted(tokens, i) else { continue };
        let last = i + name.matches('.').count() * 2;
        let opens = tokens.get(last).zip(tokens.get(last + 1));
        if opens.is_some_and(|(word, next)| next.is("(") && next.start == word.end()) {
            found.push((name, at(token)));
        }
    }
    found
}

/// The literals that stand as `"code": "X"` in the head's own object, not deeper and not in the body.
fn codes(body: &[Token<'_>]) -> Vec<String> {
    let head = body.iter().position(|t| t.is("if") && t.depth == 0).unwrap_or(body.len());
    body.get(..head)
        .unwrap_or_default()
        .windows(3)
        .filter_map(|three| match three {
            [key, colon, value]
                if key.depth == 1
                    && key.kind == Kind::String
                    && key.text == "\"code\""
                    && colon.is(":")
                    && value.kind == Kind::String =>
            {
                Some(value.text.trim_matches('"').to_owned())
            }
            _ => None,
        })
        .collect()
}

/// Splits a text into tokens and collects its metadata comments.
fn tokens(text: &str) -> (Vec<Token<'_>>, Vec<Block>) {
    let bytes = text.as_bytes();
    let mut tokens: Vec<Token<'_>> = Vec::with_capacity(text.len() / 4);
    let mut blocks: Vec<Block> = Vec::new();
    let (mut pos, mut line, mut line_start, mut first, mut depth) = (0, 1_u32, 0, true, 0_u32);
    let mut open_block: Option<Block> = None;
    while let Some(&byte) = bytes.get(pos) {
        let start = pos;
        let column = u32::try_from(pos - line_start).unwrap_or(u32::MAX).saturating_add(1);
        match byte {
            b'\n' => {
                pos += 1;
                line += 1;
                line_start = pos;
                first = true;
                continue;
            }
            b' ' | b'\t' | b'\r' => {
                pos += 1;
                continue;
            }
            b'#' => {
                let rest = bytes.get(pos..).unwrap_or_default();
                let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                let comment = text.get(pos + 1..pos + length).unwrap_or_default().trim_end();
                pos += length;
                let content = comment.strip_prefix(' ').unwrap_or(comment);
                if first && content.trim() == "METADATA" {
                    blocks.extend(open_block.take());
                    open_block = Some(Block {
                        at: At { line, column },
                        text: String::new(),
                        start,
                        next_line: line + 1,
                    });
                } else if let Some(block) = open_block.as_mut().filter(|b| first && b.next_line == line) {
                    block.text.push_str(content);
                    block.text.push('\n');
                    block.next_line = line + 1;
                }
                continue;
            }
            _ => {}
        }
        blocks.extend(open_block.take());
        let kind = match byte {
            b'"' => {
                pos += 1;
                while let Some(&b) = bytes.get(pos) {
                    pos += 1;
                    match b {
                        b'\\' => pos += 1,
                        b'"' | b'\n' => break,
                        _ => {}
                    }
                }
                Kind::String
            }
            b'`' => {
                pos += 1;
                let rest = bytes.get(pos..).unwrap_or_default();
                pos += memchr::memchr(b'`', rest).map_or(rest.len(), |i| i + 1);
                Kind::String
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                while bytes.get(pos).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
                    pos += 1;
                }
                Kind::Word
            }
            b'0'..=b'9' => {
                while bytes.get(pos).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'.') {
                    pos += 1;
                }
                Kind::Number
            }
            _ => {
                pos += 1;
                while !text.is_char_boundary(pos) {
                    pos += 1;
                }
                Kind::Mark
            }
        };
        pos = pos.min(text.len());
        while !text.is_char_boundary(pos) {
            pos += 1;
        }
        let word = text.get(start..pos).unwrap_or_default();
        if kind == Kind::Mark && matches!(byte, b']' | b'}' | b')') {
            tokens.push(Token { kind, text: word, start, line, column, first, depth });
            depth = depth.saturating_sub(1);
        } else {
            tokens.push(Token { kind, text: word, start, line, column, first, depth });
            depth += u32::from(matches!(byte, b'[' | b'{' | b'(') && kind == Kind::Mark);
        }
        first = false;
        let newlines = memchr::memchr_iter(b'\n', word.as_bytes()).count();
        if newlines > 0 {
            line += u32::try_from(newlines).unwrap_or(u32::MAX);
            line_start = start + memchr::memrchr(b'\n', word.as_bytes()).map_or(0, |i| i + 1);
        }
    }
    blocks.extend(open_block);
    (tokens, blocks)
}
