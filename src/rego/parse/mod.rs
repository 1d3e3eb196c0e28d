//! From tokens to the syntax tree, by OPA's grammar of v0 and v1.
//!
//! The first thing that is wrong ends it, with its place. Work is bounded: nesting by [`DEEPEST`], reading the same
//! text again (a `|` may begin a comprehension or be a union) by a number of steps.

mod expr;
mod rule;
mod term;

use super::SyntaxError;
use super::ast::{Expr, Import, Module, Package, PartKind, Place, Span, TermKind, Version, With};
use super::lex::{Tok, Token, lex};

/// How deep terms and bodies may nest.
const DEEPEST: u32 = 200;

/// Words that are keywords in every module.
const KEYWORDS: [&str; 11] =
    ["as", "default", "else", "false", "import", "package", "not", "null", "some", "true", "with"];

/// Words that are keywords from v1 on, and in v0 by import.
const V1_KEYWORDS: [&str; 4] = ["contains", "every", "if", "in"];

/// Words that are keywords by import only.
const FUTURE_KEYWORDS: [&str; 3] = ["and", "not", "or"];

type Parsed<T> = Result<T, SyntaxError>;

/// Reads a module.
///
/// # Errors
/// With the first place where it breaks the grammar of the version.
pub fn parse_module(text: &str, version: Version) -> Parsed<Module> {
    let (tokens, comments) = lex(text)?;
    let mut parser = Parser::new(tokens, version);
    let mut module = parser.module()?;
    module.comments = comments;
    Ok(module)
}

/// Reads a query: expressions, each on its own line or after a semicolon.
///
/// # Errors
/// With the first place where it breaks the grammar.
pub fn parse_query(text: &str, version: Version) -> Parsed<Vec<Expr>> {
    let (tokens, _) = lex(text)?;
    let mut parser = Parser::new(tokens, version);
    if version == Version::V0 {
        parser.keywords.extend(V1_KEYWORDS);
    }
    let exprs = parser.exprs(&Tok::End)?;
    Ok(exprs)
}

pub(super) struct Parser {
    tokens: Vec<Token>,
    next: usize,
    /// End of the token before.
    last: Place,
    keywords: Vec<&'static str>,
    version: Version,
    not_bodies: bool,
    /// Modifiers after the last operand of `and`, `or`, which belong to the whole.
    trailing_with: Vec<With>,
    depth: u32,
    /// Steps left.
    steps: u64,
}

impl Parser {
    fn new(tokens: Vec<Token>, version: Version) -> Self {
        let steps = 10_000 + 60 * tokens.len() as u64;
        let mut keywords = KEYWORDS.to_vec();
        if version == Version::V1 {
            keywords.extend(V1_KEYWORDS);
        }
        Self {
            tokens,
            next: 0,
            last: Place::default(),
            keywords,
            version,
            not_bodies: false,
            trailing_with: Vec::new(),
            depth: 0,
            steps,
        }
    }

    fn nth(&self, ahead: usize) -> &Token {
        const END: Token = Token {
            tok: Tok::End,
            span: Span {
                start: Place { offset: 0, line: 0, column: 0 },
                end: Place { offset: 0, line: 0, column: 0 },
            },
            space: true,
            newline: true,
        };
        static AFTER: Token = END;
        self.tokens.get(self.next + ahead).or(self.tokens.last()).unwrap_or(&AFTER)
    }

    fn peek(&self) -> &Tok {
        &self.nth(0).tok
    }

    fn here(&self) -> Place {
        self.nth(0).span.start
    }

    fn since(&self, start: Place) -> Span {
        Span { start, end: self.last.max(start) }
    }

    fn bump(&mut self) -> Token {
        let token = self.nth(0).clone();
        self.last = token.span.end;
        if self.next + 1 < self.tokens.len() || token.tok != Tok::End {
            self.next += 1;
        }
        token
    }

    fn step(&mut self) -> Parsed<()> {
        self.steps = self.steps.saturating_sub(1);
        if self.steps == 0 {
            return Err(SyntaxError::new("too ambiguous to be read", self.here())
                .help("name the inner values with rules of their own"));
        }
        Ok(())
    }

    /// Runs a part of the grammar one level deeper.
    fn deeper<T>(&mut self, part: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.step()?;
        if self.depth >= DEEPEST {
            return Err(SyntaxError::new(format!("nests more than {DEEPEST} deep"), self.here())
                .help("name the inner value with a rule of its own"));
        }
        self.depth += 1;
        let result = part(self);
        self.depth -= 1;
        result
    }

    /// What was before a part that did not work out.
    fn save(&self) -> (usize, Place) {
        (self.next, self.last)
    }

    fn restore(&mut self, (next, last): (usize, Place)) {
        self.next = next;
        self.last = last;
        self.trailing_with.clear();
    }

    fn is_keyword(&self, word: &str) -> bool {
        self.keywords.contains(&word)
    }

    fn at_keyword(&self, keyword: &str) -> bool {
        matches!(self.peek(), Tok::Word(word) if word == keyword) && self.is_keyword(keyword)
    }

    /// Whether a word begins a reference, as `if.x` and `in["y"]` do although they are keywords.
    fn begins_reference(&self, ahead: usize) -> bool {
        let next = self.nth(ahead + 1);
        !next.space && matches!(next.tok, Tok::Punct("." | "["))
    }

    fn at(&self, punct: &str) -> bool {
        matches!(self.peek(), Tok::Punct(p) if *p == punct)
    }

    fn eat(&mut self, punct: &str) -> bool {
        let found = self.at(punct);
        if found {
            self.bump();
        }
        found
    }

    fn eat_keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_keyword(keyword);
        if found {
            self.bump();
        }
        found
    }

    fn expect(&mut self, punct: &str) -> Parsed<()> {
        if self.eat(punct) { Ok(()) } else { Err(self.unexpected(&format!("`{punct}`"))) }
    }

    fn unexpected(&self, expected: &str) -> SyntaxError {
        let found = match self.peek() {
            Tok::Word(word) if self.is_keyword(word) => format!("the keyword `{word}`"),
            Tok::Word(word) => format!("`{word}`"),
            Tok::Number(number) => format!("the number `{number}`"),
            Tok::String(_) | Tok::Template(_) => "a string".to_owned(),
            Tok::Punct(punct) => format!("`{punct}`"),
            Tok::End => "the end".to_owned(),
        };
        SyntaxError::new(format!("expected {expected}, found {found}"), self.here())
    }

    fn module(&mut self) -> Parsed<Module> {
        let package = self.package()?;
        let mut module = Module { package, version: self.version, ..Module::default() };
        while *self.peek() != Tok::End {
            if self.eat(";") {
                continue;
            }
            if self.at_keyword("import") && !self.begins_reference(0) {
                let import = self.import()?;
                module.imports.push(import);
            } else {
                self.rules(&mut module.rules)?;
            }
        }
        module.version = self.version;
        module.not_bodies = self.not_bodies;
        Ok(module)
    }

    /// A name, or a keyword where it cannot be one.
    fn path_start(&mut self) -> Parsed<(String, Span)> {
        match self.peek() {
            Tok::Word(word) => {
                let word = word.clone();
                let span = self.bump().span;
                Ok((word, span))
            }
            _ => Err(self.unexpected("a path")),
        }
    }

    /// Fields and strings in brackets.
    fn path_rest(&mut self, path: &mut Vec<String>) -> Parsed<()> {
        loop {
            let token = self.nth(0);
            if token.space {
                return Ok(());
            }
            match token.tok {
                Tok::Punct("." | "[") => {
                    let place = self.here();
                    let part = self.part()?;
                    match part.name() {
                        Some(name) => path.push(name.to_owned()),
                        None => return Err(SyntaxError::new("expected a string in brackets", place)),
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    fn package(&mut self) -> Parsed<Package> {
        let start = self.here();
        if !self.at_keyword("package") {
            return Err(self.unexpected("`package`").help("begin the module with `package <name>`"));
        }
        self.bump();
        let (first, _) = self.path_start()?;
        let mut path = vec![first];
        self.path_rest(&mut path)?;
        Ok(Package { span: self.since(start), path })
    }

    fn import(&mut self) -> Parsed<Import> {
        let start = self.here();
        self.bump();
        let place = self.here();
        let (first, _) = self.path_start()?;
        let mut path = vec![first];
        self.path_rest(&mut path)?;
        let mut alias = None;
        if self.eat_keyword("as") {
            match self.peek() {
                Tok::Word(word) if !self.is_keyword(word) => {
                    alias = Some(word.clone());
                    self.bump();
                }
                _ => return Err(self.unexpected("a name")),
            }
        }
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["data" | "input", ..] => {
                if alias.is_none() && words.last().is_some_and(|word| self.is_keyword(word)) {
                    return Err(SyntaxError::new("an import must not end with a keyword", place)
                        .help("give it a name with `as`"));
                }
            }
            ["rego", "v1"] => {
                if self.version == Version::V0 {
                    self.keywords.extend(V1_KEYWORDS);
                    self.version = Version::V1;
                }
            }
            ["rego", "v2"] => {
                self.keywords.extend(V1_KEYWORDS);
                self.keywords.extend(FUTURE_KEYWORDS);
                self.version = Version::V1;
                self.not_bodies = true;
            }
            ["future", "keywords"] => {
                self.keywords.extend(V1_KEYWORDS);
                if self.version == Version::V1 {
                    self.keywords.extend(FUTURE_KEYWORDS);
                    self.not_bodies = true;
                }
            }
            ["future", "keywords", word] => {
                let Some(word) = V1_KEYWORDS.iter().chain(&FUTURE_KEYWORDS).find(|known| *known == word)
                else {
                    return Err(SyntaxError::new(format!("`{word}` is no future keyword"), place)
                        .help("there are: contains, every, if, in, and, not, or"));
                };
                self.keywords.push(word);
                if *word == "every" {
                    self.keywords.push("in");
                }
                self.not_bodies |= *word == "not";
            }
            ["rego" | "future", ..] => {
                return Err(SyntaxError::new("unknown import", place)
                    .help("there are `import rego.v1` and `import future.keywords.<keyword>`"));
            }
            _ => {
                return Err(SyntaxError::new("an import begins with `data` or `input`", place)
                    .help(format!("write `import data.{}`", words.join("."))));
            }
        }
        if alias.is_some() && matches!(words.first(), Some(&("rego" | "future"))) {
            return Err(SyntaxError::new("this import cannot have a name of its own", place));
        }
        Ok(Import { span: self.since(start), path, alias })
    }

    /// Whether a term is a variable or reference, as heads and modifiers need.
    fn is_reference(kind: &TermKind) -> bool {
        matches!(kind, TermKind::Var(_) | TermKind::Ref(..))
    }
}

/// The parts of a head's reference.
fn head_parts(term: super::ast::Term) -> Option<Vec<super::ast::Part>> {
    use super::ast::Part;
    match term.kind {
        TermKind::Var(name) => Some(vec![Part { span: term.span, kind: PartKind::Dot(name) }]),
        TermKind::Ref(head, rest) => {
            let mut parts = head_parts(*head)?;
            parts.extend(rest);
            Some(parts)
        }
        _ => None,
    }
}
