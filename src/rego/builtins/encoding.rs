//! `base64.*`, `base64url.*`, `hex.*` and `urlquery.*`, as Go reads them.
//!
//! Go's base64 passes over line ends and unused bits; the interpreter's own functions refuse both, and they take a
//! query for a list of pairs where a single text is meant.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regorus::Value;

use super::operand::{Fallible, failed, object, string};
use super::{Answer, Builtin, Error};

/// The functions of this topic.
pub(super) const BUILTINS: &[Builtin] = &[
    Builtin { name: "base64.decode", arity: 1, call: decode },
    Builtin { name: "base64.is_valid", arity: 1, call: is_valid },
    Builtin { name: "base64url.decode", arity: 1, call: url_decode },
    Builtin { name: "hex.decode", arity: 1, call: hex_decode },
    Builtin { name: "urlquery.encode", arity: 1, call: query_encode },
    Builtin { name: "urlquery.decode", arity: 1, call: query_decode },
    Builtin { name: "urlquery.encode_object", arity: 1, call: query_encode_object },
    Builtin { name: "urlquery.decode_object", arity: 1, call: query_decode_object },
];

const PADDED: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PADDED);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, PADDED);

/// The bytes of a text in base64 with padding.
pub(super) fn standard(text: &str) -> Fallible<Vec<u8>> {
    read(&STANDARD, text)
}

/// The bytes of a text in the alphabet of URLs, with or without padding.
pub(super) fn url_safe(text: &str) -> Fallible<Vec<u8>> {
    let padding = match (text.ends_with('='), text.len() % 4) {
        (true, _) | (false, 0) => "",
        (false, 2) => "==",
        (false, 3) => "=",
        (false, _) => return Err(format!("illegal base64url string: {text}")),
    };
    read(&URL_SAFE, &format!("{text}{padding}"))
}

fn read(engine: &GeneralPurpose, text: &str) -> Fallible<Vec<u8>> {
    let joined: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    engine.decode(&joined).map_err(|error| {
        let at = match error {
            base64::DecodeError::InvalidByte(at, _)
            | base64::DecodeError::InvalidLastSymbol(at, _)
            | base64::DecodeError::InvalidLength(at) => at,
            base64::DecodeError::InvalidPadding => joined.len(),
        };
        format!("illegal base64 data at input byte {at}")
    })
}

/// Bytes as a string; what is no text becomes replacement characters, as it does in OPA's output.
fn lossy(bytes: Vec<u8>) -> Value {
    Value::from(
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

fn decode(args: &[Value]) -> Answer {
    const NAME: &str = "base64.decode";
    standard(string(NAME, args, 1)?).map(lossy).map_err(|message| failed(NAME, message))
}

fn is_valid(args: &[Value]) -> Answer {
    Ok(Value::from(string("", args, 1).is_ok_and(|text| standard(text).is_ok())))
}

fn url_decode(args: &[Value]) -> Answer {
    const NAME: &str = "base64url.decode";
    url_safe(string(NAME, args, 1)?).map(lossy).map_err(|message| failed(NAME, message))
}

fn hex_decode(args: &[Value]) -> Answer {
    const NAME: &str = "hex.decode";
    let text = string(NAME, args, 1)?;
    if let Some(wrong) = text.bytes().find(|byte| !byte.is_ascii_hexdigit()) {
        let shown = char::from(wrong);
        let message = format!("encoding/hex: invalid byte: U+{wrong:04X} {shown:?}");
        return Err(failed(NAME, message));
    }
    let bytes: Option<Vec<u8>> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| match std::str::from_utf8(pair) {
            Ok(pair) if pair.len() == 2 => u8::from_str_radix(pair, 16).ok(),
            _ => None,
        })
        .collect();
    bytes.map(lossy).ok_or_else(|| failed(NAME, "encoding/hex: odd length hex string"))
}

fn query_encode(args: &[Value]) -> Answer {
    Ok(Value::from(escape(string("urlquery.encode", args, 1)?)))
}

fn query_decode(args: &[Value]) -> Answer {
    const NAME: &str = "urlquery.decode";
    unescape(string(NAME, args, 1)?).map(Value::from).map_err(|message| failed(NAME, message))
}

fn query_encode_object(args: &[Value]) -> Answer {
    const NAME: &str = "urlquery.encode_object";
    let wrong = || failed(NAME, "operand 1 values must be string, array[string], or set[string]");
    let mut pairs: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (key, value) in object(NAME, args, 1)? {
        let key = match key {
            Value::String(key) => key.to_string(),
            other => other.to_json_str().map_err(|error| failed(NAME, error.to_string()))?,
        };
        let texts: Option<Vec<&str>> = match value {
            Value::String(text) => Some(vec![text]),
            Value::Array(items) => items.iter().map(as_text).collect(),
            Value::Set(items) => items.iter_sorted().map(as_text).collect(),
            _ => None,
        };
        pairs.insert(key, texts.ok_or_else(wrong)?);
    }
    let query: Vec<String> = pairs
        .iter()
        .flat_map(|(key, texts)| {
            let key = escape(key);
            texts.iter().map(move |text| format!("{key}={}", escape(text)))
        })
        .collect();
    Ok(Value::from(query.join("&")))
}

fn query_decode_object(args: &[Value]) -> Answer {
    const NAME: &str = "urlquery.decode_object";
    let error = |message: String| -> Error { failed(NAME, message) };
    let mut pairs: BTreeMap<Value, Vec<Value>> = BTreeMap::new();
    for pair in string(NAME, args, 1)?.split('&').filter(|pair| !pair.is_empty()) {
        if pair.contains(';') {
            return Err(error("invalid semicolon separator in query".to_owned()));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = Value::from(unescape(key).map_err(error)?);
        pairs.entry(key).or_default().push(Value::from(unescape(value).map_err(error)?));
    }
    let pairs: BTreeMap<Value, Value> =
        pairs.into_iter().map(|(key, values)| (key, Value::from(values))).collect();
    Ok(Value::from(pairs))
}

fn as_text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// A text as a part of a query.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte));
            }
            b' ' => escaped.push('+'),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// The text of a part of a query.
fn unescape(text: &str) -> Fallible<String> {
    percent_decode(&text.replace('+', " "))
}

/// A text with its percent escapes resolved.
pub(super) fn percent_decode(text: &str) -> Fallible<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let byte = part
            .get(..2)
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .ok_or_else(|| {
                let shown: String = part.chars().take(2).collect();
                format!("invalid URL escape \"%{shown}\"")
            })?;
        bytes.push(byte);
        bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
    }
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}
