//! Configuration files as documents: a parser per kind of file, all with the shapes that conftest gives.
//!
//! Each parser is a file and a line in [`PARSERS`]. A parser reads the whole text or fails with a place; what a
//! file says twice, what expands without bound and what has no JSON value is an error. Nothing here opens files,
//! looks at the environment or judges.

mod build;
mod codeowners;
mod dockerfile;
mod dotenv;
mod hcl2;
mod ignore;
mod ini;
mod json;
mod jsonc;
mod properties;
mod scalar;
mod toml;
mod xml;
mod yaml;

use serde_json::Value;

use crate::read::{Limits, ParseError};

/// One kind of configuration file.
pub struct Parser {
    /// Id, as in `--parser`.
    pub id: &'static str,
    /// The files that it reads unless told otherwise.
    pub files: &'static str,
    /// Whether it reads a file of this name (lower case) and extension (lower case, without the dot).
    claims: fn(&str, &str) -> bool,
    /// From text to one value.
    parse: fn(&str, &Limits) -> Result<Value, ParseError>,
}

impl std::fmt::Debug for Parser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

/// All parsers.
pub const PARSERS: &[&Parser] = &[
    &codeowners::PARSER,
    &dockerfile::PARSER,
    &dotenv::PARSER,
    &hcl2::PARSER,
    &ignore::PARSER,
    &ini::PARSER,
    &json::PARSER,
    &jsonc::PARSER,
    &properties::PARSER,
    &toml::PARSER,
    &xml::PARSER,
    &yaml::PARSER,
];

/// Parsers that conftest has and gate has not.
const NOT_HERE: [&str; 11] =
    ["cue", "cyclonedx", "edn", "groovy", "hcl1", "hocon", "jsonnet", "nginx", "spdx", "textproto", "vcl"];

/// Bytes of one file.
const MOST_BYTES: u64 = 64 << 20;
/// Levels of nesting; the parsers recurse.
const DEEPEST: u32 = 100;
/// Values of one file.
const MOST_VALUES: u64 = 5_000_000;

impl Parser {
    /// Parses a text. An array at the top means several documents; see [`documents`].
    ///
    /// # Errors
    /// When the text is not of its kind, or past a limit.
    pub fn parse(&self, text: &str, limits: &Limits) -> Result<Value, ParseError> {
        let limits = Limits {
            bytes: limits.bytes.min(MOST_BYTES),
            depth: limits.depth.min(DEEPEST),
            elements: limits.elements.min(MOST_VALUES),
            ..*limits
        };
        if text.len() as u64 > limits.bytes {
            return Err(ParseError::whole(format!(
                "the file is larger than the limit of {} bytes for configuration",
                limits.bytes
            ))
            .help("give fewer or smaller files"));
        }
        (self.parse)(text, &limits)
    }
}

/// The parser of that id.
pub fn by_id(id: &str) -> Option<&'static Parser> {
    PARSERS.iter().copied().find(|parser| parser.id == id)
}

/// The parser of a file, by its name. Standard input (`-`) is YAML, of which JSON is a part.
pub fn for_path(path: &str) -> Option<&'static Parser> {
    if path == "-" {
        return Some(&yaml::PARSER);
    }
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_owned();
    PARSERS.iter().copied().find(|parser| (parser.claims)(&name, &extension))
}

/// What to say of an id or a file that no parser is there for.
pub fn remedy(wanted: &str) -> String {
    let ids: Vec<&str> = PARSERS.iter().map(|parser| parser.id).collect();
    let all = ids.join(", ");
    if NOT_HERE.contains(&wanted) {
        return format!(
            "conftest reads `{wanted}`, gate does not: convert the file to JSON; there are: {all}"
        );
    }
    format!("name the parser: `--parser NAME`; there are: {all}")
}

/// The documents of a parsed file: the items of an array, else the value itself.
pub fn documents(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => vec![other],
    }
}
