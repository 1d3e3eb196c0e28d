//! From bytes to text: byte order marks, declared encodings, strict UTF-8.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::ParseError;

/// Decodes a file.
///
/// A UTF-8 byte order mark is dropped; UTF-16 needs its mark; any other encoding needs an XML declaration that
/// names it (XML 1.0 §4.3.3). Anything that is not valid in its encoding is an error at its byte.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ParseError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let body = bytes.get(mark..).unwrap_or_default();
        return if encoding == UTF_8 { utf8(body, mark) } else { other(encoding, body) };
    }
    match declared_encoding(bytes) {
        None => utf8(bytes, 0),
        Some(label) => match Encoding::for_label(label.as_bytes()) {
            // Without a mark the declaration was readable as ASCII, so the text cannot be UTF-16.
            Some(encoding) if encoding == UTF_8 || encoding == UTF_16LE || encoding == UTF_16BE => {
                utf8(bytes, 0)
            }
            Some(encoding) => other(encoding, bytes),
            None => Err(ParseError::at(0, format!("unknown encoding `{label}` in the XML declaration"))
                .help("write the report as UTF-8")),
        },
    }
}

fn utf8(bytes: &[u8], offset: usize) -> Result<Cow<'_, str>, ParseError> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        ParseError::at(offset + error.valid_up_to(), "expected UTF-8, found a byte sequence that is not")
            .help("write the report as UTF-8, or as UTF-16 with a byte order mark")
    })
}

fn other<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, ParseError> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(|| {
        ParseError::whole(format!("found bytes that are not valid {}", encoding.name()))
            .help("write the report as UTF-8")
    })
}

/// The encoding that an XML declaration names.
fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    let head = bytes.get(..bytes.len().min(256))?;
    let declaration = head.strip_prefix(b"<?xml")?;
    let end = memchr::memmem::find(declaration, b"?>")?;
    let declaration = std::str::from_utf8(declaration.get(..end)?).ok()?;
    let (_, after) = declaration.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split(quote).next()
}
