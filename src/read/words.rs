//! Small conversions that many formats need.

use std::borrow::Cow;

/// A time as tools write it: RFC 3339, or the same without zone (taken as UTC), or with a space for the `T`.
pub fn timestamp(text: &str) -> Option<jiff::Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

/// A path as reports show it: `/` for `\`, no `./` in front, no `file://`; escapes of the URI decoded.
///
/// Absolute paths stay absolute: what they are relative to is not known to a reader.
pub fn relative_path(path: &str) -> Cow<'_, str> {
    let uri = path.strip_prefix("file://");
    let path = uri.unwrap_or(path);
    // One look without branches, since a million paths need nothing but it.
    if !path.bytes().fold(false, |any, byte| any | (byte == b'%') | (byte == b'\\')) {
        return Cow::Borrowed(without_dots(path));
    }
    let mut path = Cow::Borrowed(path);
    if uri.is_some() || path.contains('%') {
        path = percent_decoded(path);
    }
    if path.contains('\\') && !path.contains("://") {
        path = Cow::Owned(path.replace('\\', "/"));
    }
    match path {
        Cow::Borrowed(p) => Cow::Borrowed(without_dots(p)),
        Cow::Owned(p) => {
            let kept = without_dots(&p).len();
            if kept == p.len() { Cow::Owned(p) } else { Cow::Owned(without_dots(&p).to_owned()) }
        }
    }
}

fn without_dots(mut path: &str) -> &str {
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    path
}

fn percent_decoded(path: Cow<'_, str>) -> Cow<'_, str> {
    if !path.contains('%') {
        return path;
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).map_or(path, Cow::Owned)
}
