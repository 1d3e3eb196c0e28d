//! An XML cursor over quick-xml: elements by closures, entities never expanded, nothing ever fetched.
//!
//! A DOCTYPE that names an external DTD is passed over; one that declares an entity is an error. Names are
//! compared without their prefix. A child that a closure leaves alone is skipped, though still checked.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Limits, ParseError};

type Result<T> = std::result::Result<T, ParseError>;

/// One start tag.
#[derive(Debug)]
pub struct Element<'a> {
    start: BytesStart<'a>,
    at: usize,
    max_attributes: u32,
}

impl Element<'_> {
    /// The name without its prefix.
    pub fn name(&self) -> &str {
        self.start.local_name().into_inner()
    }

    /// The byte offset of the tag.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Hands every attribute to the closure: its name as written and its value, references resolved.
    pub fn attributes(&self, mut each: impl FnMut(&str, Cow<'_, str>) -> Result<()>) -> Result<()> {
        let raw = self.start.attributes_raw();
        let bytes = raw.as_bytes();
        let base = self.at + 1 + self.start.name().into_inner().len();
        let broken = |at: usize| ParseError::at(base + at, "expected an attribute as `name=\"value\"`");
        let (mut pos, mut count, mut seen) = (0, 0_u32, 0_u64);
        loop {
            while bytes.get(pos).is_some_and(u8::is_ascii_whitespace) {
                pos += 1;
            }
            if pos >= bytes.len() {
                return Ok(());
            }
            count += 1;
            if count > self.max_attributes {
                return Err(ParseError::at(
                    base + pos,
                    format!("an element has more attributes than the limit of {}", self.max_attributes),
                )
                .help("raise `limits.attributes` in gate.yaml if the report is genuine"));
            }
            let name_at = pos;
            while bytes.get(pos).is_some_and(|b| !b.is_ascii_whitespace() && *b != b'=') {
                pos += 1;
            }
            let name = raw.get(name_at..pos).filter(|n| !n.is_empty()).ok_or_else(|| broken(name_at))?;
            let bit = 1_u64 << (mixed(name.as_bytes()) & 63);
            if seen & bit != 0 && written_before(raw, name_at, name) {
                return Err(ParseError::at(base + name_at, format!("attribute `{name}` is written twice")));
            }
            seen |= bit;
            while bytes.get(pos).is_some_and(u8::is_ascii_whitespace) {
                pos += 1;
            }
            if bytes.get(pos) != Some(&b'=') {
                return Err(broken(name_at));
            }
            pos += 1;
            while bytes.get(pos).is_some_and(u8::is_ascii_whitespace) {
                pos += 1;
            }
            let quote = bytes.get(pos).copied().filter(|q| matches!(q, b'"' | b'\''));
            let Some(quote) = quote else { return Err(broken(name_at)) };
            pos += 1;
            let rest = bytes.get(pos..).unwrap_or_default();
            let Some((length, escaped)) = value_end(rest, quote) else { return Err(broken(name_at)) };
            let value = raw.get(pos..pos + length).unwrap_or_default();
            let value = if escaped {
                quick_xml::escape::unescape(value).map_err(|error| entity_error(base + pos, &error))?
            } else {
                Cow::Borrowed(value)
            };
            pos += length + 1;
            each(name, value)?;
        }
    }

    /// The value of one attribute.
    pub fn attribute(&self, wanted: &str) -> Result<Option<String>> {
        let mut found = None;
        self.attributes(|name, value| {
            if name == wanted {
                found = Some(value.into_owned());
            }
            Ok(())
        })?;
        Ok(found)
    }
}

/// A number that differs between the attributes of one element in all XML formats that are read.
fn mixed(name: &[u8]) -> usize {
    let ends = [name.first(), name.last()].into_iter().flatten();
    ends.fold(name.len() * 7, |sum, byte| sum + usize::from(*byte))
}

/// Where a value ends, and whether it holds a reference. Most values are a few bytes long, for which a loop is
/// faster than a search that sets up vectors.
fn value_end(bytes: &[u8], quote: u8) -> Option<(usize, bool)> {
    const SHORT: usize = 24;
    let mut escaped = false;
    for (i, byte) in bytes.iter().take(SHORT).enumerate() {
        if *byte == quote {
            return Some((i, escaped));
        }
        escaped |= *byte == b'&';
    }
    let length = SHORT + memchr::memchr(quote, bytes.get(SHORT..)?)?;
    escaped |= memchr::memchr(b'&', bytes.get(SHORT..length)?).is_some();
    Some((length, escaped))
}

/// Whether an attribute of that name stands before the offset; only asked when the cheap filter says maybe.
fn written_before(raw: &str, end: usize, name: &str) -> bool {
    let mut quote = None;
    let mut word = 0;
    for (i, byte) in raw.bytes().enumerate().take(end) {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => {
                quote = None;
                word = i + 1;
            }
            (None, b'=') if raw.get(word..i).is_some_and(|found| found.trim() == name) => {
                return true;
            }
            _ => {}
        }
    }
    false
}

fn entity_error(at: usize, error: &quick_xml::escape::EscapeError) -> ParseError {
    ParseError::at(at, format!("a reference cannot be resolved: {error}"))
        .help("only the five predefined entities and character references are read")
}

/// A position in an XML text.
pub struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    limits: Limits,
    depth: u32,
    elements: u64,
    /// The current element was written as `<name/>`: it has no content to read.
    empty: bool,
    skipped: Vec<(usize, String)>,
    skipped_total: u64,
}

impl<'a> Xml<'a> {
    /// A cursor at the start of a text.
    pub fn new(text: &'a str, limits: Limits) -> Self {
        Self {
            reader: Reader::from_str(text),
            limits,
            depth: 0,
            elements: 0,
            empty: false,
            skipped: Vec::new(),
            skipped_total: 0,
        }
    }

    /// The byte offset of the cursor.
    pub fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    /// An error at the cursor.
    pub fn fail(&self, message: impl Into<String>) -> ParseError {
        ParseError::at(self.position(), message)
    }

    /// Records an element that cannot be used.
    pub fn record(&mut self, at: usize, reason: impl Into<String>) {
        self.skipped_total += 1;
        if self.skipped.len() < 100 {
            self.skipped.push((at, reason.into()));
        }
    }

    /// The elements passed over, as byte offset and reason, and how many there are in all.
    pub fn into_skipped(self) -> (Vec<(usize, String)>, u64) {
        (self.skipped, self.skipped_total)
    }

    /// Reads the document: the closure gets the root element. Fails on anything but white space after it.
    pub fn document(&mut self, each: impl FnOnce(&mut Self, &Element<'a>) -> Result<()>) -> Result<()> {
        let mut each = Some(each);
        loop {
            let at = self.position();
            match self.event()? {
                Event::Start(start) => self.open(start, at, false, |x, e| match each.take() {
                    Some(each) => each(x, e),
                    None => Err(ParseError::at(at, "a second root element")),
                })?,
                Event::Empty(start) => self.open(start, at, true, |x, e| match each.take() {
                    Some(each) => each(x, e),
                    None => Err(ParseError::at(at, "a second root element")),
                })?,
                Event::Text(text) if text.chars().all(char::is_whitespace) => {}
                Event::Eof if each.is_none() => return Ok(()),
                Event::Eof => {
                    return Err(ParseError::at(at, "expected an XML element, found the end of the file")
                        .help("the file is cut off: have the tool write it again"));
                }
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                    return Err(ParseError::at(at, "text outside of the root element"));
                }
                _ => {}
            }
        }
    }

    /// Walks the children of the current element. What the closure leaves of a child is skipped.
    pub fn children(&mut self, mut each: impl FnMut(&mut Self, &Element<'a>) -> Result<()>) -> Result<()> {
        if self.was_empty() {
            return Ok(());
        }
        loop {
            let at = self.position();
            match self.event()? {
                Event::Start(start) => self.open(start, at, false, &mut each)?,
                Event::Empty(start) => self.open(start, at, true, &mut each)?,
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(());
                }
                Event::Eof => return Err(self.cut_off()),
                _ => {}
            }
        }
    }

    /// The text of the current element and its descendants, references resolved, at most `most` bytes of it.
    pub fn text(&mut self, most: usize) -> Result<String> {
        let mut text = String::new();
        if self.was_empty() {
            return Ok(text);
        }
        let outer = self.depth;
        let add = |text: &mut String, more: &str| {
            let room = most.saturating_sub(text.len());
            text.push_str(more.get(..more.floor_char_boundary(room)).unwrap_or_default());
        };
        loop {
            let at = self.position();
            match self.event()? {
                Event::Text(more) => add(&mut text, &more.xml10_content()),
                Event::CData(more) => add(&mut text, &more.xml10_content()),
                Event::GeneralRef(reference) => {
                    let name = reference.into_inner();
                    let resolved = quick_xml::escape::unescape(&format!("&{name};"))
                        .map_err(|error| entity_error(at, &error))?
                        .into_owned();
                    add(&mut text, &resolved);
                }
                Event::Start(_) => self.deeper()?,
                Event::End(_) => {
                    self.depth -= 1;
                    if self.depth < outer {
                        return Ok(text);
                    }
                }
                Event::Eof => return Err(self.cut_off()),
                _ => {}
            }
        }
    }

    fn was_empty(&mut self) -> bool {
        if self.empty {
            self.empty = false;
            self.depth -= 1;
            return true;
        }
        false
    }

    fn open(
        &mut self,
        start: BytesStart<'a>,
        at: usize,
        empty: bool,
        each: impl FnOnce(&mut Self, &Element<'a>) -> Result<()>,
    ) -> Result<()> {
        let outer = self.depth;
        self.deeper()?;
        self.empty = empty;
        let element = Element { start, at, max_attributes: self.limits.attributes };
        each(self, &element)?;
        if self.empty {
            self.empty = false;
            self.depth = outer;
        }
        while self.depth > outer {
            match self.event()? {
                Event::Start(_) => self.deeper()?,
                Event::End(_) => self.depth -= 1,
                Event::Eof => return Err(self.cut_off()),
                _ => {}
            }
        }
        Ok(())
    }

    fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        self.elements += 1;
        if self.depth > self.limits.depth {
            return Err(self
                .fail(format!("nesting is deeper than the limit of {}", self.limits.depth))
                .help("raise `limits.depth` in gate.yaml if the report is genuine"));
        }
        if self.elements > self.limits.elements {
            return Err(self
                .fail(format!("more elements than the limit of {}", self.limits.elements))
                .help("raise `limits.elements` in gate.yaml if the report is genuine"));
        }
        Ok(())
    }

    fn event(&mut self) -> Result<Event<'a>> {
        match self.reader.read_event() {
            Ok(Event::DocType(doctype)) => {
                if memchr::memmem::find(doctype.as_bytes(), b"<!ENTITY").is_some() {
                    return Err(self.fail("the DOCTYPE declares an entity").help(
                        "remove the declaration; entities are never expanded, inside or outside the file",
                    ));
                }
                Ok(Event::DocType(doctype))
            }
            Ok(event) => Ok(event),
            Err(error) => {
                let at = usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX);
                Err(ParseError::at(at, format!("not well-formed XML: {error}")))
            }
        }
    }

    fn cut_off(&self) -> ParseError {
        self.fail("an element is not closed before the end of the file")
            .help("the file is cut off: have the tool write it again")
    }
}
