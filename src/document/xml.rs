//! XML: elements as objects, attributes with `-` in front, text as `#content` or as the element itself, repeated
//! elements as arrays. Names lose their prefix. Entities are never expanded, nothing is ever fetched.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};

use super::Parser;
use crate::read::{Limits, ParseError};

pub(super) const PARSER: Parser =
    Parser { id: "xml", files: "*.xml", claims: |_, extension| extension == "xml", parse };

#[derive(Default)]
struct Node {
    name: String,
    children: Map<String, Value>,
    /// Children that are there more than once; one that is an array is no such.
    repeated: std::collections::HashSet<String>,
    text: String,
}

impl Node {
    fn add(&mut self, name: String, value: Value) {
        match self.children.get_mut(&name) {
            None => {
                self.children.insert(name, value);
            }
            Some(Value::Array(all)) if self.repeated.contains(&name) => all.push(value),
            Some(one) => {
                *one = Value::Array(vec![std::mem::take(one), value]);
                self.repeated.insert(name);
            }
        }
    }

    fn into_value(mut self) -> Value {
        if self.children.is_empty() {
            return Value::String(self.text);
        }
        if !self.text.is_empty() {
            self.children.insert("#content".to_owned(), Value::String(self.text));
        }
        Value::Object(self.children)
    }
}

fn parse(text: &str, limits: &Limits) -> Result<Value, ParseError> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Node> = vec![Node::default()];
    let mut run = String::new();
    let mut elements = 0_u64;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event().map_err(|error| {
            let at = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
            ParseError::at(at, format!("not well-formed XML: {error}"))
        })?;
        // Text counts up to the next mark of any kind; the last run of an element is the one that holds.
        if !matches!(event, Event::Text(_) | Event::GeneralRef(_)) && !run.is_empty() {
            set_text(&mut open, &std::mem::take(&mut run));
        }
        match event {
            Event::Start(start) => {
                count(&mut elements, open.len(), limits, at)?;
                open.push(element(&start, limits, at)?);
            }
            Event::Empty(start) => {
                count(&mut elements, open.len(), limits, at)?;
                let node = element(&start, limits, at)?;
                close(&mut open, node);
            }
            Event::End(_) => {
                if let Some(node) = open.pop() {
                    close(&mut open, node);
                }
            }
            Event::Text(more) => run.push_str(&more.xml10_content()),
            Event::CData(more) => set_text(&mut open, &more.xml10_content()),
            Event::GeneralRef(reference) => {
                let name = reference.into_inner();
                let written = format!("&{name};");
                let resolved = quick_xml::escape::unescape(&written).map_err(|error| {
                    ParseError::at(at, format!("a reference cannot be resolved: {error}"))
                        .help("only the five predefined entities and character references are read")
                })?;
                run.push_str(&resolved);
            }
            Event::DocType(doctype) if memchr::memmem::find(doctype.as_bytes(), b"<!ENTITY").is_some() => {
                return Err(ParseError::at(at, "the DOCTYPE declares an entity")
                    .help("remove the declaration; entities are never expanded"));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(root), true) if !root.children.is_empty() => Ok(root.into_value()),
        (_, true) => Err(ParseError::whole("expected an XML element, found none")),
        _ => Err(ParseError::at(text.len(), "an element is not closed before the end of the file")),
    }
}

fn count(elements: &mut u64, depth: usize, limits: &Limits, at: usize) -> Result<(), ParseError> {
    *elements += 1;
    if *elements > limits.elements {
        return Err(ParseError::at(at, format!("more elements than the limit of {}", limits.elements)));
    }
    if depth > limits.depth as usize {
        return Err(ParseError::at(at, format!("nesting is deeper than the limit of {}", limits.depth)));
    }
    Ok(())
}

fn element(start: &BytesStart<'_>, limits: &Limits, at: usize) -> Result<Node, ParseError> {
    let mut node = Node { name: start.local_name().into_inner().to_owned(), ..Node::default() };
    for (number, attribute) in start.attributes().enumerate() {
        if number as u64 >= u64::from(limits.attributes) {
            return Err(ParseError::at(
                at,
                format!("an element has more attributes than the limit of {}", limits.attributes),
            ));
        }
        let broken = |what: &dyn std::fmt::Display| ParseError::at(at, format!("a broken attribute: {what}"));
        let attribute = attribute.map_err(|error| broken(&error))?;
        let value = quick_xml::escape::unescape(&attribute.value).map_err(|error| broken(&error))?;
        let name = attribute.key.local_name().into_inner();
        node.add(format!("-{name}"), Value::from(value.into_owned()));
    }
    Ok(node)
}

fn close(open: &mut [Node], mut node: Node) {
    let name = std::mem::take(&mut node.name);
    if let Some(parent) = open.last_mut() {
        parent.add(name, node.into_value());
    }
}

fn set_text(open: &mut [Node], text: &str) {
    // What stands outside of the root element is no part of the document.
    if let [_, .., node] = open {
        text.trim_matches(is_edge).clone_into(&mut node.text);
    }
}

/// What is cut off at the ends of a text: white space, and what has no shape of its own.
fn is_edge(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}
