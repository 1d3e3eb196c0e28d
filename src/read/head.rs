//! A first look at a file, from which its format is recognised.

use super::{Json, Limits, ParseError, Xml};

/// The kind of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `{...}`
    Object,
    /// `[...]`
    Array,
    /// `"..."`
    String,
    /// `12.5`
    Number,
    /// `true`, `false`
    Bool,
    /// `null`
    Null,
}

impl std::fmt::Display for JsonKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Object => "an object",
            Self::Array => "an array",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::Null => "null",
        })
    }
}

/// A key of an object with what its value looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peek {
    /// The key.
    pub key: String,
    /// Kind of its value; `None` when the window ends before it.
    pub kind: Option<JsonKind>,
    /// The value, when it is a string of at most 128 bytes.
    pub text: Option<String>,
}

/// What a text is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nothing but white space; the number of bytes.
    Blank(usize),
    /// One JSON object.
    Object(Vec<Peek>),
    /// One JSON array; the keys of its first item, if that is an object. `None`: the array is empty.
    Array(Option<Vec<Peek>>),
    /// JSON objects one after the other; the keys of the first.
    Lines(Vec<Peek>),
    /// XML: local name and attributes of the root, local names of the first elements below it.
    Xml {
        /// Local name of the root.
        root: String,
        /// Attributes of the root, `xmlns` included.
        attributes: Vec<(String, String)>,
        /// Local names of the first elements below the root, each once.
        elements: Vec<String>,
    },
    /// Any other text.
    Other,
}

/// A first look at a file.
#[derive(Clone, Debug)]
pub struct Head<'a> {
    /// The file's name, a hint only.
    pub name: &'a str,
    /// The text, or its start.
    pub text: &'a str,
    /// What it is made of.
    pub shape: Shape,
    /// Whether all top-level keys were seen.
    pub complete: bool,
}

/// Files above this size are first judged by this much of their start.
const WINDOW: usize = 1 << 20;
/// How many elements of an XML document are looked at.
const XML_ELEMENTS: usize = 24;

impl<'a> Head<'a> {
    /// Looks at a text, or, with `whole`, at all its top-level keys however large it is.
    pub fn of(name: &'a str, text: &'a str, limits: Limits, whole: bool) -> Result<Self, ParseError> {
        let window = if whole || text.len() <= WINDOW {
            text
        } else {
            text.get(..text.floor_char_boundary(WINDOW)).unwrap_or(text)
        };
        let complete = window.len() == text.len();
        let first = text.trim_start().bytes().next();
        let shape = match first {
            None => Shape::Blank(text.len()),
            Some(b'{' | b'[') => json_shape(window, limits, complete)?,
            Some(b'<') => xml_shape(window, limits, complete)?,
            Some(_) => Shape::Other,
        };
        Ok(Self { name, text, shape, complete })
    }

    /// The keys of the top-level object, or none.
    pub fn object(&self) -> &[Peek] {
        match &self.shape {
            Shape::Object(keys) => keys,
            _ => &[],
        }
    }

    /// The keys of the first item of a top-level array, or none.
    pub fn first_item(&self) -> &[Peek] {
        match &self.shape {
            Shape::Array(Some(keys)) => keys,
            _ => &[],
        }
    }

    /// The keys of the first of several JSON documents, or none. One object alone counts too.
    pub fn first_line(&self) -> &[Peek] {
        match &self.shape {
            Shape::Lines(keys) | Shape::Object(keys) => keys,
            _ => &[],
        }
    }

    /// Whether it is an empty JSON array.
    pub fn is_empty_array(&self) -> bool {
        self.shape == Shape::Array(None)
    }

    /// The local name of the XML root, or nothing.
    pub fn root(&self) -> &str {
        match &self.shape {
            Shape::Xml { root, .. } => root,
            _ => "",
        }
    }

    /// Whether an element of that name is among the first below the XML root.
    pub fn has_element(&self, name: &str) -> bool {
        matches!(&self.shape, Shape::Xml { elements, .. } if elements.iter().any(|e| e == name))
    }

    /// An attribute of the XML root.
    pub fn root_attribute(&self, name: &str) -> Option<&str> {
        match &self.shape {
            Shape::Xml { attributes, .. } => {
                attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
            }
            _ => None,
        }
    }
}

/// Questions to a list of keys.
pub trait Keys {
    /// Whether the key is there.
    fn has(&self, key: &str) -> bool;
    /// Whether the key is there with a value of that kind (or cut off before it).
    fn has_kind(&self, key: &str, kind: JsonKind) -> bool;
    /// The value of the key, when it is a short string.
    fn text(&self, key: &str) -> Option<&str>;
}

impl Keys for [Peek] {
    fn has(&self, key: &str) -> bool {
        self.iter().any(|peek| peek.key == key)
    }

    fn has_kind(&self, key: &str, kind: JsonKind) -> bool {
        self.iter().any(|peek| peek.key == key && peek.kind.is_none_or(|found| found == kind))
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.iter().find(|peek| peek.key == key)?.text.as_deref()
    }
}

fn json_shape(text: &str, limits: Limits, complete: bool) -> Result<Shape, ParseError> {
    let mut json = Json::new(text, limits);
    let mut keys = Vec::new();
    if json.kind() == Some(JsonKind::Array) {
        let mut any = false;
        let mut first = |j: &mut Json<'_>, index: usize| {
            any = true;
            if index == 0 && j.kind() == Some(JsonKind::Object) {
                peek_keys(j, &mut keys)?;
            }
            Ok(())
        };
        let read = json.array(&mut first);
        if complete {
            read?;
        }
        return Ok(Shape::Array(any.then_some(keys)));
    }
    match peek_keys(&mut json, &mut keys) {
        Err(error) if complete => return Err(error),
        Err(_) => return Ok(Shape::Object(keys)),
        Ok(()) => {}
    }
    Ok(match json.kind() {
        Some(JsonKind::Object) => Shape::Lines(keys),
        _ => {
            json.finish()?;
            Shape::Object(keys)
        }
    })
}

fn peek_keys(json: &mut Json<'_>, keys: &mut Vec<Peek>) -> Result<(), ParseError> {
    json.object(|j, key| {
        let kind = j.kind();
        keys.push(Peek { key: key.to_owned(), kind, text: None });
        if kind == Some(JsonKind::String) {
            // Looking ahead on a copy: reading here would make a repeated key an error that no reader minds.
            let value = j.part(j.position(), usize::MAX).str()?;
            if let Some(peek) = keys.last_mut() {
                peek.text = value.filter(|v| v.len() <= 128).map(|v| v.into_owned());
            }
        }
        Ok(())
    })
    .map(|_| ())
}

fn xml_shape(text: &str, limits: Limits, complete: bool) -> Result<Shape, ParseError> {
    let mut root = String::new();
    let mut attributes = Vec::new();
    let mut elements: Vec<String> = Vec::new();
    let mut enough = false;
    let read = Xml::new(text, limits).document(|x, element| {
        root = element.name().to_owned();
        element.attributes(|name, value| {
            attributes.push((name.to_owned(), value.into_owned()));
            Ok(())
        })?;
        look(x, &mut elements, &mut enough)
    });
    if let Err(error) = read
        && (root.is_empty() || (complete && !enough))
    {
        return Err(error);
    }
    Ok(Shape::Xml { root, attributes, elements })
}

/// Collects names of elements below the current one until there are enough, then gives up on purpose.
fn look(x: &mut Xml<'_>, elements: &mut Vec<String>, enough: &mut bool) -> Result<(), ParseError> {
    let mut seen = 0;
    x.children(|x, element| {
        if !elements.iter().any(|known| known == element.name()) {
            elements.push(element.name().to_owned());
        }
        seen += 1;
        *enough = seen >= XML_ELEMENTS || elements.len() >= XML_ELEMENTS;
        if *enough {
            return Err(x.fail("enough was seen"));
        }
        look(x, elements, enough)
    })
}
