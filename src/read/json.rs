//! A JSON cursor: one pass, borrowed strings, exact places, lenient about types and strict about syntax.
//!
//! A reader walks objects and arrays by closures; a value that a closure leaves alone is skipped, though still
//! checked against RFC 8259. A value of the wrong type is recorded in `skipped` and passed over; `null` counts
//! as absent. A key that is read twice in one object is an error. It never builds a tree.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Interner, Limits, ParseError};
use crate::model::Text;

type Result<T> = std::result::Result<T, ParseError>;

/// How many skipped elements are listed one by one.
const LISTED: usize = 100;
/// From so many keys on, duplicates are looked up rather than compared.
const FEW_KEYS: usize = 24;

/// A single value of any simple type.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// A finite number.
    Number(f64),
    /// A boolean.
    Bool(bool),
}

/// A position in a JSON text.
#[derive(Debug)]
pub struct Json<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    depth: u32,
    elements: u64,
    limits: Limits,
    skipped: Vec<(usize, String)>,
    skipped_total: u64,
    keys: Vec<&'a str>,
    scratch: String,
}

impl<'a> Json<'a> {
    /// A cursor at the start of a text.
    pub fn new(text: &'a str, limits: Limits) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            pos: 0,
            depth: 0,
            elements: 0,
            limits,
            skipped: Vec::new(),
            skipped_total: 0,
            keys: Vec::new(),
            scratch: String::new(),
        }
    }

    /// A cursor over a part of the same text.
    pub fn part(&self, start: usize, end: usize) -> Self {
        let mut part = Self::new(self.text, self.limits);
        part.bytes = self.bytes.get(..end).unwrap_or(self.bytes);
        part.pos = start;
        part
    }

    /// The byte offset of the cursor.
    pub fn position(&self) -> usize {
        self.pos
    }

    /// The elements passed over so far, as byte offset and reason, and how many there are in all.
    pub fn into_skipped(self) -> (Vec<(usize, String)>, u64) {
        (self.skipped, self.skipped_total)
    }

    /// Takes over what another cursor of the same text skipped.
    pub fn absorb(&mut self, part: Self) {
        self.skipped_total += part.skipped_total;
        self.skipped.extend(part.skipped.into_iter().take(LISTED.saturating_sub(self.skipped.len())));
    }

    /// Records an element that cannot be used.
    pub fn record(&mut self, at: usize, reason: impl Into<String>) {
        self.skipped_total += 1;
        if self.skipped.len() < LISTED {
            self.skipped.push((at, reason.into()));
        }
    }

    /// Fails unless nothing but white space is left.
    pub fn finish(&mut self) -> Result<()> {
        self.space();
        if self.pos < self.bytes.len() {
            return Err(self.fail("expected the end of the document, found more text after it"));
        }
        Ok(())
    }

    /// An error at the cursor.
    pub fn fail(&self, message: impl Into<String>) -> ParseError {
        ParseError::at(self.pos, message)
    }

    /// The kind of the next value, from its first character; `None` at the end or before something else.
    pub fn kind(&mut self) -> Option<super::JsonKind> {
        use super::JsonKind as K;
        self.space();
        Some(match self.peek()? {
            b'{' => K::Object,
            b'[' => K::Array,
            b'"' => K::String,
            b't' | b'f' => K::Bool,
            b'n' => K::Null,
            b'-' | b'0'..=b'9' => K::Number,
            _ => return None,
        })
    }

    /// Walks an object: the closure gets each key and may read the value. Returns whether there was one.
    pub fn object(&mut self, mut each: impl FnMut(&mut Self, &str) -> Result<()>) -> Result<bool> {
        if !self.wanted(super::JsonKind::Object)? {
            return Ok(false);
        }
        self.enter()?;
        let base = self.keys.len();
        let mut bloom = 0_u64;
        // Only objects with many keys, or with an escaped one, need more than the list of plain keys.
        let mut index: Option<Box<HashSet<Cow<'a, str>>>> = None;
        if !self.closes(b'}') {
            loop {
                self.space();
                let key_at = self.pos;
                if self.peek() != Some(b'"') {
                    return Err(self.unexpected("a key in double quotes"));
                }
                let plain = self.plain_string();
                let decoded;
                let key = match plain {
                    Some(plain) => plain,
                    None => {
                        decoded = self.escaped_string()?;
                        &*decoded
                    }
                };
                self.space();
                if self.peek() != Some(b':') {
                    return Err(self.unexpected("`:` after the key"));
                }
                self.pos += 1;
                self.space();
                let before = self.pos;
                each(self, key)?;
                if self.pos == before {
                    self.skip()?;
                } else {
                    let bit = 1_u64 << (key_hash(key) & 63);
                    let seen = bloom & bit != 0
                        && match &index {
                            Some(index) => index.contains(key),
                            None => self.keys.iter().skip(base).any(|known| *known == key),
                        };
                    if seen {
                        return Err(repeated_key(key_at, key));
                    }
                    bloom |= bit;
                    match (&mut index, plain) {
                        (Some(index), Some(plain)) => {
                            index.insert(Cow::Borrowed(plain));
                        }
                        (None, Some(plain)) if self.keys.len() - base < FEW_KEYS => self.keys.push(plain),
                        _ => {
                            let index = index.get_or_insert_default();
                            index.extend(self.keys.drain(base..).map(Cow::Borrowed));
                            index.insert(Cow::Owned(key.to_owned()));
                            bloom = u64::MAX;
                        }
                    }
                }
                if self.ends(b'}')? {
                    break;
                }
            }
        }
        self.keys.truncate(base);
        self.depth -= 1;
        Ok(true)
    }

    /// Walks an array: the closure gets each index and may read the item. Returns whether there was one.
    pub fn array(&mut self, mut each: impl FnMut(&mut Self, usize) -> Result<()>) -> Result<bool> {
        if !self.wanted(super::JsonKind::Array)? {
            return Ok(false);
        }
        self.enter()?;
        let mut index = 0;
        if !self.closes(b']') {
            loop {
                self.space();
                self.element()?;
                let before = self.pos;
                each(self, index)?;
                if self.pos == before {
                    self.skip()?;
                }
                index += 1;
                if self.ends(b']')? {
                    break;
                }
            }
        }
        self.depth -= 1;
        Ok(true)
    }

    /// A string; `None` for `null` and for anything else, which is recorded.
    pub fn str(&mut self) -> Result<Option<Cow<'a, str>>> {
        if self.wanted(super::JsonKind::String)? { self.string().map(Some) } else { Ok(None) }
    }

    /// A string as shared text.
    pub fn text(&mut self, interner: &mut Interner) -> Result<Option<Text>> {
        if !self.wanted(super::JsonKind::String)? {
            return Ok(None);
        }
        if let Some(plain) = self.plain_string() {
            return Ok(Some(interner.get(plain)));
        }
        let mut decoded = std::mem::take(&mut self.scratch);
        decoded.clear();
        self.decode_into(&mut decoded)?;
        let text = interner.get(&decoded);
        self.scratch = decoded;
        Ok(Some(text))
    }

    /// The strings of an array; other items are recorded.
    pub fn texts(&mut self, interner: &mut Interner) -> Result<Vec<Text>> {
        let mut texts = Vec::new();
        self.array(|j, _| {
            texts.extend(j.text(interner)?);
            Ok(())
        })?;
        Ok(texts)
    }

    /// A boolean.
    pub fn bool(&mut self) -> Result<Option<bool>> {
        if !self.wanted(super::JsonKind::Bool)? {
            return Ok(None);
        }
        let value = self.peek() == Some(b't');
        self.literal(if value { "true" } else { "false" })?;
        Ok(Some(value))
    }

    /// A finite number.
    pub fn number(&mut self) -> Result<Option<f64>> {
        if !self.wanted(super::JsonKind::Number)? {
            return Ok(None);
        }
        if let Some(value) = self.small_number() {
            return Ok(Some(value as f64));
        }
        let at = self.pos;
        let digits = self.digits()?;
        match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Some(value)),
            _ => Err(ParseError::at(at, format!("number `{digits}` is out of range"))),
        }
    }

    /// A whole number that is not negative, exactly; `3.0` is one. Another number is recorded.
    pub fn unsigned(&mut self) -> Result<Option<u64>> {
        if !self.wanted(super::JsonKind::Number)? {
            return Ok(None);
        }
        if let Some(value) = self.small_number() {
            return Ok(Some(value));
        }
        let at = self.pos;
        let digits = self.digits()?;
        if let Ok(value) = digits.parse::<u64>() {
            return Ok(Some(value));
        }
        let value = digits.parse::<f64>().unwrap_or(f64::INFINITY);
        if value.is_infinite() || (value.abs() >= 9_007_199_254_740_992.0) {
            return Err(ParseError::at(at, format!("number `{digits}` is out of range")));
        }
        if value >= 0.0 && value.fract() == 0.0 {
            return Ok(Some(value as u64));
        }
        self.record(at, format!("expected a whole number that is not negative, found `{digits}`"));
        Ok(None)
    }

    /// A line or column number, cut off at `u32::MAX`.
    pub fn line(&mut self) -> Result<Option<u32>> {
        Ok(self.unsigned()?.map(|n| u32::try_from(n).unwrap_or(u32::MAX)))
    }

    /// A string, number or boolean; `None` for `null` and, recorded, for objects and arrays.
    pub fn scalar(&mut self) -> Result<Option<Scalar<'a>>> {
        use super::JsonKind as K;
        match self.kind() {
            Some(K::String) => Ok(Some(Scalar::Text(self.string()?))),
            Some(K::Number) => Ok(self.number()?.map(Scalar::Number)),
            Some(K::Bool) => Ok(self.bool()?.map(Scalar::Bool)),
            _ => {
                self.wanted(K::String)?;
                Ok(None)
            }
        }
    }

    /// A number, also when it is written as a string.
    pub fn loose_number(&mut self) -> Result<Option<f64>> {
        let at = self.pos;
        Ok(match self.scalar()? {
            Some(Scalar::Number(number)) => Some(number),
            Some(Scalar::Text(text)) => {
                let number = text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
                if number.is_none() {
                    self.record(at, format!("expected a number, found `{}`", excerpt(&text)));
                }
                number
            }
            Some(Scalar::Bool(_)) => {
                self.record(at, "expected a number, found a boolean");
                None
            }
            None => None,
        })
    }

    /// Passes over one value, checking its syntax.
    pub fn skip(&mut self) -> Result<()> {
        let depth = self.limits.depth.saturating_sub(self.depth);
        if let Some((end, items)) = sound_value(self.bytes, self.pos, depth)
            && items <= self.limits.elements.saturating_sub(self.elements)
        {
            self.elements += items;
            self.pos = end;
            return Ok(());
        }
        self.skip_with_care()
    }

    /// The same in small steps, which finds out what is wrong.
    fn skip_with_care(&mut self) -> Result<()> {
        self.space();
        match self.peek() {
            Some(b'"') => self.skip_string(),
            Some(b'{') => {
                self.enter()?;
                if !self.closes(b'}') {
                    loop {
                        self.space();
                        if self.peek() != Some(b'"') {
                            return Err(self.unexpected("a key in double quotes"));
                        }
                        self.skip_string()?;
                        self.space();
                        if self.peek() != Some(b':') {
                            return Err(self.unexpected("`:` after the key"));
                        }
                        self.pos += 1;
                        self.skip_with_care()?;
                        if self.ends(b'}')? {
                            break;
                        }
                    }
                }
                self.depth -= 1;
                Ok(())
            }
            Some(b'[') => {
                self.enter()?;
                if !self.closes(b']') {
                    loop {
                        self.element()?;
                        self.skip_with_care()?;
                        if self.ends(b']')? {
                            break;
                        }
                    }
                }
                self.depth -= 1;
                Ok(())
            }
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            Some(b'-' | b'0'..=b'9') => self.digits().map(|_| ()),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.pos += 1;
        }
    }

    /// Whether the wanted kind comes next; `null` is passed over, another kind recorded and passed over.
    #[inline]
    fn wanted(&mut self, wanted: super::JsonKind) -> Result<bool> {
        let found = self.kind();
        if found == Some(wanted) { Ok(true) } else { self.unwanted(wanted, found) }
    }

    fn unwanted(&mut self, wanted: super::JsonKind, found: Option<super::JsonKind>) -> Result<bool> {
        let at = self.pos;
        self.skip()?;
        if let Some(found) = found.filter(|kind| *kind != super::JsonKind::Null) {
            self.record(at, format!("expected {wanted}, found {found}"));
        }
        Ok(false)
    }

    fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(self
                .fail(format!("nesting is deeper than the limit of {}", self.limits.depth))
                .help("raise `limits.depth` in gate.yaml if the report is genuine"));
        }
        self.pos += 1;
        Ok(())
    }

    fn element(&mut self) -> Result<()> {
        self.elements += 1;
        if self.elements > self.limits.elements {
            return Err(self
                .fail(format!("more array items than the limit of {}", self.limits.elements))
                .help("raise `limits.elements` in gate.yaml if the report is genuine"));
        }
        Ok(())
    }

    /// Whether the container that was just entered is empty; passes its end if so.
    fn closes(&mut self, end: u8) -> bool {
        self.space();
        let empty = self.peek() == Some(end);
        self.pos += usize::from(empty);
        empty
    }

    /// Whether the container ends after this item; else passes the comma.
    #[inline]
    fn ends(&mut self, end: u8) -> Result<bool> {
        self.space();
        match self.peek() {
            Some(b',') => {
                self.pos += 1;
                Ok(false)
            }
            Some(found) if found == end => {
                self.pos += 1;
                Ok(true)
            }
            _ => Err(self.unexpected(if end == b'}' { "`,` or `}`" } else { "`,` or `]`" })),
        }
    }

    fn unexpected(&self, expected: &str) -> ParseError {
        let rest = self.text.get(self.pos..self.bytes.len());
        match rest.and_then(|rest| rest.chars().next()) {
            None => self
                .fail(format!("expected {expected}, found the end of the file"))
                .help("the file is cut off: have the tool write it again"),
            Some(found) => self.fail(format!("expected {expected}, found `{}`", found.escape_debug())),
        }
    }

    fn literal(&mut self, word: &str) -> Result<()> {
        if self.bytes.get(self.pos..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            self.pos += word.len();
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{word}`")))
        }
    }

    /// A whole number of at most fifteen digits, which an `f64` holds too; the cursor stays when it is another.
    #[inline]
    fn small_number(&mut self) -> Option<u64> {
        let mut value = 0;
        let mut at = self.pos;
        while let Some(digit @ b'0'..=b'9') = self.bytes.get(at) {
            if at - self.pos == 15 {
                return None;
            }
            value = value * 10 + u64::from(digit - b'0');
            at += 1;
        }
        let leading_zero = at > self.pos + 1 && self.peek() == Some(b'0');
        if at == self.pos || leading_zero || matches!(self.bytes.get(at), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        self.pos = at;
        Some(value)
    }

    /// A number by the grammar of RFC 8259 §6.
    fn digits(&mut self) -> Result<&'a str> {
        let start = self.pos;
        if self.peek() == Some(b'-') {
            self.pos += 1;
        }
        match self.peek() {
            Some(b'0') => self.pos += 1,
            Some(b'1'..=b'9') => self.run_of_digits(),
            _ => return Err(self.unexpected("a digit")),
        }
        if self.peek() == Some(b'.') {
            self.pos += 1;
            self.some_digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.pos += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.pos += 1;
            }
            self.some_digits()?;
        }
        Ok(self.text.get(start..self.pos).unwrap_or_default())
    }

    fn run_of_digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.pos += 1;
        }
    }

    fn some_digits(&mut self) -> Result<()> {
        let before = self.pos;
        self.run_of_digits();
        if self.pos == before { Err(self.unexpected("a digit")) } else { Ok(()) }
    }

    /// The offset of the closing quote or the first backslash at or after the cursor.
    #[inline]
    fn string_stop(&mut self, quote: usize) -> Result<usize> {
        let stop = string_end(self.bytes, self.pos);
        match self.bytes.get(stop) {
            Some(b'"' | b'\\') => Ok(stop),
            _ => Err(self.unclosed(quote, stop)),
        }
    }

    #[cold]
    fn unclosed(&mut self, quote: usize, stop: usize) -> ParseError {
        if let Some(found) = self.bytes.get(stop) {
            let message = format!("a string holds the raw control character U+{found:04X}");
            self.pos = stop;
            return self
                .fail(message)
                .help("JSON wants it escaped (RFC 8259 §7): have the tool write it again");
        }
        self.pos = quote;
        self.fail("a string is not closed before the end of the file")
            .help("the file is cut off: have the tool write it again")
    }

    /// A string without escapes, which is what most are; the cursor stays when it is another.
    #[inline(always)]
    fn plain_string(&mut self) -> Option<&'a str> {
        let start = self.pos + 1;
        let stop = string_end(self.bytes, start);
        if self.bytes.get(stop) != Some(&b'"') {
            return None;
        }
        self.pos = stop + 1;
        self.text.get(start..stop)
    }

    fn skip_string(&mut self) -> Result<()> {
        let quote = self.pos;
        self.pos += 1;
        loop {
            let stop = self.string_stop(quote)?;
            self.pos = stop + 1;
            if self.bytes.get(stop) == Some(&b'"') {
                return Ok(());
            }
            match self.peek() {
                Some(b'u') => {
                    self.pos += 1;
                    self.hex4()?;
                }
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.pos += 1,
                _ => return Err(self.unexpected("an escape")),
            }
        }
    }

    #[inline]
    fn string(&mut self) -> Result<Cow<'a, str>> {
        match self.plain_string() {
            Some(plain) => Ok(Cow::Borrowed(plain)),
            None => self.escaped_string(),
        }
    }

    fn escaped_string(&mut self) -> Result<Cow<'a, str>> {
        let mut decoded = String::new();
        self.decode_into(&mut decoded)?;
        Ok(Cow::Owned(decoded))
    }

    fn decode_into(&mut self, decoded: &mut String) -> Result<()> {
        let quote = self.pos;
        self.pos += 1;
        loop {
            let stop = self.string_stop(quote)?;
            decoded.push_str(self.text.get(self.pos..stop).unwrap_or_default());
            self.pos = stop + 1;
            if self.bytes.get(stop) == Some(&b'"') {
                return Ok(());
            }
            decoded.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char> {
        let plain = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.unexpected("an escape")),
        };
        self.pos += 1;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Result<char> {
        let at = self.pos;
        self.pos += 1;
        let first = self.hex4()?;
        let code =
            if (0xD800..0xDC00).contains(&first) && self.bytes.get(self.pos..self.pos + 2) == Some(br"\u") {
                self.pos += 2;
                let second = self.hex4()?;
                if (0xDC00..0xE000).contains(&second) {
                    0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
                } else {
                    first
                }
            } else {
                first
            };
        char::from_u32(code)
            .ok_or_else(|| ParseError::at(at, "an escape names half of a surrogate pair, not a character"))
    }

    fn hex4(&mut self) -> Result<u32> {
        let digits = self.bytes.get(self.pos..self.pos + 4).unwrap_or_default();
        let mut code = 0;
        for digit in digits {
            let Some(value) = char::from(*digit).to_digit(16) else {
                return Err(self.fail("expected four hexadecimal digits after `\\u`"));
            };
            code = code * 16 + value;
        }
        if digits.len() < 4 {
            return Err(self.unexpected("four hexadecimal digits after `\\u`"));
        }
        self.pos += 4;
        Ok(code)
    }
}

/// Deeper values are left to the careful way; one bit per level tells objects from arrays.
const DEEPEST: u32 = u128::BITS;

/// The end of a value and the number of array items in it, or nothing if it is broken, cut off or too deep.
fn sound_value(bytes: &[u8], mut at: usize, deepest: u32) -> Option<(usize, u64)> {
    let deepest = deepest.min(DEEPEST);
    let (mut depth, mut objects, mut items) = (0, 0_u128, 0);
    loop {
        at = after_space(bytes, at);
        match bytes.get(at)? {
            b'"' => at = sound_string(bytes, at)?,
            open @ (b'{' | b'[') => {
                if depth == deepest {
                    return None;
                }
                let is_object = *open == b'{';
                at = after_space(bytes, at + 1);
                if *bytes.get(at)? == if is_object { b'}' } else { b']' } {
                    at += 1;
                } else {
                    depth += 1;
                    objects = objects << 1 | u128::from(is_object);
                    if is_object {
                        at = sound_key(bytes, at)?;
                    } else {
                        items += 1;
                    }
                    continue;
                }
            }
            b'-' | b'0'..=b'9' => at = sound_number(bytes, at)?,
            b't' => at = sound_word(bytes, at, b"true")?,
            b'f' => at = sound_word(bytes, at, b"false")?,
            b'n' => at = sound_word(bytes, at, b"null")?,
            _ => return None,
        }
        loop {
            if depth == 0 {
                return Some((at, items));
            }
            at = after_space(bytes, at);
            let in_object = objects & 1 == 1;
            match (bytes.get(at)?, in_object) {
                (b',', true) => {
                    at = sound_key(bytes, after_space(bytes, at + 1))?;
                    break;
                }
                (b',', false) => {
                    at += 1;
                    items += 1;
                    break;
                }
                (b'}', true) | (b']', false) => {
                    at += 1;
                    depth -= 1;
                    objects >>= 1;
                }
                _ => return None,
            }
        }
    }
}

#[inline]
fn after_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

#[inline]
fn sound_key(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let at = after_space(bytes, sound_string(bytes, at)?);
    (bytes.get(at) == Some(&b':')).then_some(at + 1)
}

#[inline]
fn sound_string(bytes: &[u8], quote: usize) -> Option<usize> {
    let mut at = quote + 1;
    loop {
        at = string_end(bytes, at);
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => match bytes.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                b'u' => {
                    let digits = bytes.get(at + 2..at + 6)?;
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    at += 6;
                }
                _ => return None,
            },
            _ => return None,
        }
    }
}

fn sound_number(bytes: &[u8], mut at: usize) -> Option<usize> {
    let digits = |mut at: usize| {
        let start = at;
        while let Some(b'0'..=b'9') = bytes.get(at) {
            at += 1;
        }
        (at > start).then_some(at)
    };
    at += usize::from(bytes.get(at) == Some(&b'-'));
    at = if bytes.get(at) == Some(&b'0') { at + 1 } else { digits(at)? };
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
        at = digits(at)?;
    }
    Some(at)
}

fn sound_word(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    bytes.get(at..)?.starts_with(word).then_some(at + word.len())
}

/// The offset of the first quote, backslash or control character at or after an offset, or the end.
#[inline]
fn string_end(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    // Most strings are short: look at eight bytes at a time, then, in long ones, at blocks.
    let (words, _) = rest.as_chunks::<8>();
    for (i, word) in words.iter().take(2).enumerate() {
        let stops = stops(*word);
        if stops != 0 {
            return start + i * 8 + first_of(stops);
        }
    }
    long_string_end(bytes, start + words.len().min(2) * 8)
}

fn long_string_end(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    let (blocks, _) = rest.as_chunks::<32>();
    // The least of the three is 0 where one of the bytes is a quote, a backslash or a control character.
    let stops_here = |block: &&[u8; 32]| {
        let least = |least: u8, byte: &u8| least.min(byte ^ b'"').min(byte ^ b'\\').min(byte & 0xE0);
        block.iter().fold(u8::MAX, least) == 0
    };
    let clean = blocks.iter().position(|block| stops_here(&block)).unwrap_or(blocks.len());
    let start = start + clean * 32;
    let rest = bytes.get(start..).unwrap_or_default();
    let (words, tail) = rest.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let stops = stops(*word);
        if stops != 0 {
            return start + i * 8 + first_of(stops);
        }
    }
    let stop = tail.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(tail.len());
    bytes.len() - tail.len() + stop
}

/// The high bit of each byte at which a plain string stops; above the lowest there may be false ones.
#[inline]
fn stops(word: [u8; 8]) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let word = u64::from_le_bytes(word);
    let quote = word ^ u64::from_le_bytes([b'"'; 8]);
    let backslash = word ^ u64::from_le_bytes([b'\\'; 8]);
    let control = word.wrapping_sub(u64::from_le_bytes([0x20; 8])) & !word;
    let zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
    (control | zero(quote) | zero(backslash)) & u64::from_le_bytes([0x80; 8])
}

#[inline]
fn first_of(stops: u64) -> usize {
    stops.trailing_zeros() as usize / 8
}

#[cold]
fn repeated_key(at: usize, key: &str) -> ParseError {
    ParseError::at(at, format!("key `{key}` is written twice in one object"))
        .help("have the tool write the report again; which of the two values holds is not defined")
}

/// A cheap hash for the filter in front of the duplicate check.
fn key_hash(key: &str) -> usize {
    let bytes = key.as_bytes();
    let at = |i: usize| bytes.get(i).copied().map_or(0, usize::from);
    bytes.len().wrapping_mul(7)
        ^ at(0).wrapping_mul(3)
        ^ at(bytes.len() / 2).wrapping_mul(5)
        ^ at(bytes.len().wrapping_sub(1))
}

/// The start of a text, for a message.
fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The JSON pointers (RFC 6901) of the values at byte offsets, for a text that was read without error.
///
/// One walk finds them all, so that many odd elements of a large file cost no more than one.
pub(crate) fn pointers(text: &str, targets: &[usize]) -> Vec<String> {
    let mut order: Vec<usize> = (0..targets.len()).collect();
    order.sort_unstable_by_key(|i| targets.get(*i).copied());
    let mut search = Search { targets, order, next: 0, path: String::new(), found: Vec::new() };
    search.found.resize(targets.len(), String::new());
    let limits = Limits { elements: u64::MAX, depth: u32::MAX, ..Limits::default() };
    // The walk ends with an error on purpose when the last target is found.
    drop(search.walk(&mut Json::new(text, limits)));
    search.found
}

struct Search<'t> {
    targets: &'t [usize],
    /// The targets from the first to the last in the text.
    order: Vec<usize>,
    next: usize,
    path: String,
    found: Vec<String>,
}

impl Search<'_> {
    fn walk(&mut self, j: &mut Json<'_>) -> Result<()> {
        let kind = j.kind();
        self.claim(j, |target, position| target <= position)?;
        match kind {
            Some(super::JsonKind::Object) => {
                j.object(|j, key| {
                    let length = self.path.len();
                    self.path.push('/');
                    if key.contains(['~', '/']) {
                        self.path.push_str(&key.replace('~', "~0").replace('/', "~1"));
                    } else {
                        self.path.push_str(key);
                    }
                    self.walk(j)?;
                    self.path.truncate(length);
                    Ok(())
                })?;
            }
            Some(super::JsonKind::Array) => {
                j.array(|j, index| {
                    let length = self.path.len();
                    self.path.push('/');
                    self.path.push_str(&index.to_string());
                    self.walk(j)?;
                    self.path.truncate(length);
                    Ok(())
                })?;
            }
            _ => j.skip()?,
        }
        self.claim(j, |target, position| target < position)
    }

    /// Gives the current path to the next targets that are at or before the cursor.
    fn claim(&mut self, j: &Json<'_>, reached: impl Fn(usize, usize) -> bool) -> Result<()> {
        while let Some(i) = self.order.get(self.next)
            && self.targets.get(*i).is_some_and(|target| reached(*target, j.pos))
        {
            if let Some(found) = self.found.get_mut(*i) {
                found.clone_from(&self.path);
            }
            self.next += 1;
        }
        if self.next < self.order.len() { Ok(()) } else { Err(j.fail("all were found")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways to skip a value, each as the end of the value or nothing.
    fn skipped(text: &str) -> (Option<usize>, Option<usize>) {
        let fast = sound_value(text.as_bytes(), 0, DEEPEST).map(|(end, _)| end);
        let mut json = Json::new(text, Limits::default());
        (fast, json.skip_with_care().ok().map(|()| json.pos))
    }

    #[test]
    fn the_fast_way_to_skip_accepts_what_the_careful_way_accepts() {
        let sound = r#" {"a": [1, -0.5e+3, [], {}, true, false, null, "x\u00e9\n\"", "\ud83d\ude00"], "": {"b": 0}} "#;
        assert_eq!(skipped(sound), (Some(sound.len() - 1), Some(sound.len() - 1)));
        // Every text that differs by one character, and every beginning.
        let wild = ['"', '\\', '{', '}', '[', ']', ',', ':', '0', '.', 'e', '-', 'u', ' ', '\u{1}', 'é'];
        for at in 0..sound.len() {
            let (before, after) = (sound.get(..at).unwrap_or_default(), sound.get(at..).unwrap_or_default());
            let (fast, careful) = skipped(before);
            assert_eq!(fast, careful, "{before}");
            for put in wild {
                for rest in [after, after.get(1..).unwrap_or_default()] {
                    let text = format!("{before}{put}{rest}");
                    let (fast, careful) = skipped(&text);
                    assert_eq!(fast, careful, "{text}");
                }
            }
        }
    }

    #[test]
    fn a_string_ends_at_its_quote_wherever_it_stands() {
        for length in 0..150 {
            for stop in ['"', '\\', '\u{0}', '\u{1f}'] {
                for filler in ["x", "é", "\u{7f}", "!"] {
                    let plain = filler.repeat(length);
                    let text = format!("{plain}{stop}\"tail of the text that is long enough for blocks");
                    assert_eq!(string_end(text.as_bytes(), 0), plain.len());
                    assert_eq!(string_end(plain.as_bytes(), 0), plain.len());
                }
            }
        }
    }

    #[test]
    fn limits_hold_where_values_are_skipped() {
        let limits = Limits { depth: 3, elements: 4, ..Limits::default() };
        let skip = |text: &str| Json::new(text, limits).skip().map_err(|error| error.message);
        assert_eq!(skip("[[[1]], 2]"), Ok(()));
        assert_eq!(skip("[[[[]]]]"), Err("nesting is deeper than the limit of 3".to_owned()));
        assert_eq!(skip("[1, 2, 3, 4, 5]"), Err("more array items than the limit of 4".to_owned()));
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let limits = Limits { depth: 500, ..Limits::default() };
        assert!(Json::new(&deep(500), limits).skip().is_ok());
        assert!(Json::new(&deep(501), limits).skip().is_err());
    }

    #[test]
    fn pointers_are_found_in_one_walk_in_any_order() {
        let text = r#"{"a/b": [1, {"~": "xyz"}], "c": {}, "d": []}"#;
        let at = |part: &str| text.find(part).unwrap_or_default();
        let targets = [at("[]"), at("xyz"), at("1,"), at("{}"), 0, text.len()];
        assert_eq!(pointers(text, &targets), ["/d", "/a~1b/1/~0", "/a~1b/0", "/c", "", ""]);
    }
}
