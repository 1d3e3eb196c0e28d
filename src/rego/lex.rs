//! From text to tokens.
//!
//! Words are words here: which of them are keywords depends on the module's imports, which only the parser knows.
//! Comments are kept apart. Whether space or a line break comes before a token matters to the grammar and is noted.

use super::SyntaxError;
use super::ast::{Comment, Place, Span};

/// One token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// What it is.
    pub(super) tok: Tok,
    /// Where it stands.
    pub(super) span: Span,
    /// Whether anything stands between it and the token before.
    pub(super) space: bool,
    /// Whether a line break does.
    pub(super) newline: bool,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tok {
    /// A name or keyword.
    Word(String),
    /// Digits with fraction and exponent, without sign.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// A template string.
    Template(Vec<Piece>),
    /// Punctuation: the longest that matches.
    Punct(&'static str),
    /// The end of the text, or of the expression in a template string.
    End,
}

/// A piece of a template string.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// Text, unescaped.
    Text(String),
    /// The tokens of an expression, with `End` last.
    Expr(Vec<Token>),
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.tok == other.tok
    }
}

/// Longest first.
const PUNCTUATION: [&str; 28] = [
    ":=", "==", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ",", ".", ";", ":", "=", "<", ">", "+", "-",
    "*", "/", "%", "&", "|", "$", "!", "@",
];

/// Reads a text to its end.
pub(super) fn lex(text: &str) -> Result<(Vec<Token>, Vec<Comment>), SyntaxError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lexer =
        Lexer { text, at: Place { offset: 0, line: 1, column: 1 }, comments: Vec::new(), depth: 0 };
    let tokens = lexer.tokens(false)?;
    Ok((tokens, lexer.comments))
}

struct Lexer<'a> {
    text: &'a str,
    at: Place,
    comments: Vec<Comment>,
    depth: u32,
}

/// How deep template strings may stand in each other.
const DEEPEST_TEMPLATE: u32 = 16;

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at.offset as usize..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at.offset = self.at.offset.saturating_add(c.len_utf8() as u32);
        if c == '\n' {
            self.at.line = self.at.line.saturating_add(1);
            self.at.column = 1;
        } else {
            self.at.column = self.at.column.saturating_add(1);
        }
        Some(c)
    }

    /// Steps over ASCII text without line breaks.
    fn skip(&mut self, bytes: usize) {
        self.at.offset = self.at.offset.saturating_add(bytes as u32);
        self.at.column = self.at.column.saturating_add(bytes as u32);
    }

    /// Tokens to the end, or to the `}` that ends an expression of a template string.
    fn tokens(&mut self, in_template: bool) -> Result<Vec<Token>, SyntaxError> {
        let mut tokens = Vec::new();
        let mut open = 0u32;
        loop {
            let (space, newline) = self.space();
            let start = self.at;
            let Some(c) = self.peek() else {
                if in_template {
                    return Err(SyntaxError::new(
                        "expected `}` to end the expression in the template string, found the end",
                        start,
                    ));
                }
                tokens.push(Token { tok: Tok::End, span: Span { start, end: start }, space, newline });
                return Ok(tokens);
            };
            if in_template && c == '}' && open == 0 {
                tokens.push(Token { tok: Tok::End, span: Span { start, end: start }, space, newline });
                return Ok(tokens);
            }
            let tok = self.token(c)?;
            match tok {
                Tok::Punct("{") => open += 1,
                Tok::Punct("}") => open = open.saturating_sub(1),
                _ => {}
            }
            tokens.push(Token { tok, span: Span { start, end: self.at }, space, newline });
        }
    }

    /// Space and comments: whether there was any, and a line break.
    fn space(&mut self) -> (bool, bool) {
        let (mut space, mut newline) = (false, false);
        while let Some(c) = self.peek() {
            match c {
                '\n' => newline = true,
                ' ' | '\t' | '\r' => {}
                '#' => {
                    let start = self.at;
                    let line = self.rest().lines().next().unwrap_or_default();
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.bump();
                    }
                    let text = line.get(1..).unwrap_or_default().trim_end_matches('\r').to_owned();
                    self.comments.push(Comment { span: Span { start, end: self.at }, text });
                    space = true;
                    continue;
                }
                _ => break,
            }
            space = true;
            self.bump();
        }
        (space, newline)
    }

    fn token(&mut self, c: char) -> Result<Tok, SyntaxError> {
        let rest = self.rest();
        if c.is_ascii_alphabetic() || c == '_' {
            let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
            let word = rest.get(..length).unwrap_or_default().to_owned();
            self.skip(length);
            return Ok(Tok::Word(word));
        }
        if c.is_ascii_digit() {
            return self.number();
        }
        match c {
            '"' => return self.string(),
            '`' => return self.raw_string(),
            '$' if rest.starts_with("$\"") => return self.template(false),
            '$' if rest.starts_with("$`") => return self.template(true),
            _ => {}
        }
        match PUNCTUATION.iter().find(|p| rest.starts_with(**p)) {
            Some(punct) if !matches!(*punct, "$" | "!" | "@") => {
                self.skip(punct.len());
                Ok(Tok::Punct(punct))
            }
            _ => Err(SyntaxError::new(format!("`{}` has no meaning here", c.escape_debug()), self.at)),
        }
    }

    fn number(&mut self) -> Result<Tok, SyntaxError> {
        let start = self.at;
        let bytes = self.rest().as_bytes();
        let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
        let mut length = digits(0);
        if bytes.get(length) == Some(&b'.') && bytes.get(length + 1).is_some_and(u8::is_ascii_digit) {
            length += 1 + digits(length + 1);
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits(length + 1 + sign);
            if exponent == 0 {
                return Err(SyntaxError::new("expected digits in the exponent of a number", start));
            }
            length += 1 + sign + exponent;
        }
        if bytes.get(length).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') {
            return Err(SyntaxError::new("expected a number, found a word that begins with a digit", start));
        }
        let text = self.rest().get(..length).unwrap_or_default().to_owned();
        if text.len() > 1
            && text.starts_with('0')
            && !text.starts_with("0.")
            && !text.starts_with("0e")
            && !text.starts_with("0E")
        {
            return Err(SyntaxError::new("expected number without leading zero", start));
        }
        self.skip(length);
        Ok(Tok::Number(text))
    }

    fn unended(start: Place) -> SyntaxError {
        SyntaxError::new("the string does not end", start)
            .help("close it, or write it between backquotes if it spans lines")
    }

    fn string(&mut self) -> Result<Tok, SyntaxError> {
        let start = self.at;
        self.bump();
        let mut text = String::new();
        loop {
            match self.bump() {
                None | Some('\n') => return Err(Self::unended(start)),
                Some('"') => return Ok(Tok::String(text)),
                Some('\\') => text.push(self.escape(false)?),
                Some(c) => text.push(c),
            }
        }
    }

    /// What follows a backslash, as in JSON; surrogate pairs included.
    fn escape(&mut self, in_template: bool) -> Result<char, SyntaxError> {
        let start = self.at;
        let wrong = || {
            SyntaxError::new("unknown escape in a string", start)
                .help(r#"there are: \" \\ \/ \b \f \n \r \t \uXXXX"#)
        };
        match self.bump() {
            Some(c @ ('"' | '\\' | '/')) => Ok(c),
            Some('{') if in_template => Ok('{'),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => {
                let high = self.hex().ok_or_else(wrong)?;
                if (0xd800..0xdc00).contains(&high) && self.rest().starts_with("\\u") {
                    let before = self.at;
                    self.skip(2);
                    match self.hex() {
                        Some(low) if (0xdc00..0xe000).contains(&low) => {
                            let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                            return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
                        }
                        _ => self.at = before,
                    }
                }
                Ok(char::from_u32(high).unwrap_or('\u{fffd}'))
            }
            _ => Err(wrong()),
        }
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        let value =
            u32::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.skip(4);
        Some(value)
    }

    fn raw_string(&mut self) -> Result<Tok, SyntaxError> {
        let start = self.at;
        self.bump();
        let mut text = String::new();
        loop {
            match self.bump() {
                None => return Err(Self::unended(start)),
                Some('`') => return Ok(Tok::String(text)),
                Some(c) => text.push(c),
            }
        }
    }

    fn template(&mut self, raw: bool) -> Result<Tok, SyntaxError> {
        let start = self.at;
        if self.depth >= DEEPEST_TEMPLATE {
            return Err(SyntaxError::new(
                format!("template strings nest more than {DEEPEST_TEMPLATE} deep"),
                start,
            ));
        }
        self.skip(2);
        let end = if raw { '`' } else { '"' };
        let mut pieces = Vec::new();
        let mut text = String::new();
        loop {
            match self.bump() {
                None => return Err(Self::unended(start)),
                Some('\n') if !raw => return Err(Self::unended(start)),
                Some(c) if c == end => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(text));
                    }
                    return Ok(Tok::Template(pieces));
                }
                Some('\\') if raw && matches!(self.peek(), Some('{')) => {
                    self.bump();
                    text.push('{');
                }
                Some('\\') if !raw => text.push(self.escape(true)?),
                Some('{') => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    self.depth += 1;
                    let tokens = self.tokens(true)?;
                    self.depth -= 1;
                    self.bump();
                    pieces.push(Piece::Expr(tokens));
                }
                Some(c) => text.push(c),
            }
        }
    }
}
