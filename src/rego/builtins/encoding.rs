//! Base64, hexadecimal and URL queries.

use std::collections::BTreeMap;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regorus::Value;

use super::{Answer, Builtin, builtin, elements, failed, object, operand, pairs, string};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("base64.decode", 1, |a| {
        let text = string("base64.decode", a, 1)?;
        decoded("base64.decode", &STANDARD, text)
    }),
    builtin("base64.encode", 1, |a| Ok(Value::from(STANDARD.encode(string("base64.encode", a, 1)?)))),
    builtin("base64.is_valid", 1, |a| {
        let valid = matches!(operand(a, 1), Value::String(text) if bytes(&STANDARD, text).is_some());
        Ok(Value::from(valid))
    }),
    builtin("base64url.decode", 1, |a| {
        let name = "base64url.decode";
        let text = string(name, a, 1)?;
        let padding = match text.len() % 4 {
            _ if text.ends_with('=') => "",
            0 => "",
            2 => "==",
            3 => "=",
            _ => return failed(name, "illegal base64url string"),
        };
        decoded(name, &URL, &format!("{text}{padding}"))
    }),
    builtin("base64url.encode", 1, |a| Ok(Value::from(URL.encode(string("base64url.encode", a, 1)?)))),
    builtin("base64url.encode_no_pad", 1, |a| {
        let padded = URL.encode(string("base64url.encode_no_pad", a, 1)?);
        Ok(Value::from(padded.trim_end_matches('=')))
    }),
    builtin("hex.decode", 1, hex_decode),
    builtin("hex.encode", 1, |a| {
        Ok(Value::from(string("hex.encode", a, 1)?.bytes().map(|b| format!("{b:02x}")).collect::<String>()))
    }),
    builtin("urlquery.decode", 1, |a| {
        let name = "urlquery.decode";
        query_unescaped(string(name, a, 1)?).map_or_else(|| bad_escape(name), |t| Ok(Value::from(t)))
    }),
    builtin("urlquery.decode_object", 1, decode_object),
    builtin("urlquery.encode", 1, |a| Ok(Value::from(query_escaped(string("urlquery.encode", a, 1)?)))),
    builtin("urlquery.encode_object", 1, encode_object),
];

/// As Go decodes: bits left over at the end are ignored.
const LAX: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LAX);
const URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LAX);

fn bytes(engine: &GeneralPurpose, text: &str) -> Option<Vec<u8>> {
    engine.decode(text.replace(['\r', '\n'], "")).ok()
}

fn decoded(name: &'static str, engine: &GeneralPurpose, text: &str) -> Answer {
    bytes(engine, text)
        .map_or_else(|| failed(name, "illegal base64 data"), |bytes| Ok(Value::from(text_of(&bytes))))
}

/// Bytes as text: each byte that is not UTF-8 becomes a replacement character, as where Go prints them.
pub(super) fn text_of(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
    }
    out
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

fn hex_decode(arguments: &[Value]) -> Answer {
    let text = string("hex.decode", arguments, 1)?;
    let bytes: Option<Vec<u8>> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(hex_digit(*high)? << 4 | hex_digit(*low)?),
            _ => None,
        })
        .collect();
    bytes.map_or_else(|| failed("hex.decode", "not hexadecimal"), |bytes| Ok(Value::from(text_of(&bytes))))
}

fn bad_escape(name: &'static str) -> Answer {
    failed(name, "invalid URL escape")
}

fn query_escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Without percent escapes; nothing if one of them is malformed.
pub(super) fn unescaped(text: &str, plus_is_space: bool) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?,
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    Some(out)
}

fn query_unescaped(text: &str) -> Option<String> {
    unescaped(text, true).map(|bytes| text_of(&bytes))
}

fn decode_object(arguments: &[Value]) -> Answer {
    let name = "urlquery.decode_object";
    let mut all: BTreeMap<Value, Vec<Value>> = BTreeMap::new();
    for pair in string(name, arguments, 1)?.split('&').filter(|pair| !pair.is_empty()) {
        if pair.contains(';') {
            return failed(name, "invalid semicolon separator in query");
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (query_unescaped(key), query_unescaped(value)) {
            (Some(key), Some(value)) => all.entry(Value::from(key)).or_default().push(Value::from(value)),
            _ => return bad_escape(name),
        }
    }
    Ok(super::make_object(all.into_iter().map(|(key, values)| (key, Value::from(values)))))
}

fn encode_object(arguments: &[Value]) -> Answer {
    let name = "urlquery.encode_object";
    let mut all: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (key, value) in pairs(object(name, arguments, 1)?) {
        let key = match key {
            Value::String(key) => key.to_string(),
            other => super::json::marshalled(other, None),
        };
        let values = match value {
            Value::String(_) => vec![value],
            other => elements(other).unwrap_or_else(|| vec![&Value::Undefined]),
        };
        for one in values {
            let Value::String(text) = one else {
                return failed(name, "operand 1 values must be string, array[string], or set[string]");
            };
            all.entry(key.clone()).or_default().push(text);
        }
    }
    let encoded: Vec<String> = all
        .iter()
        .flat_map(|(key, values)| {
            values.iter().map(move |v| format!("{}={}", query_escaped(key), query_escaped(v)))
        })
        .collect();
    Ok(Value::from(encoded.join("&")))
}

/// The bytes of a text in base64 with padding.
pub(super) fn standard(text: &str) -> Result<Vec<u8>, String> {
    bytes(&STANDARD, text).ok_or_else(|| "illegal base64 data".to_owned())
}

/// The bytes of a text in the alphabet of URLs, with or without padding.
pub(super) fn url_safe(text: &str) -> Result<Vec<u8>, String> {
    let padding = match (text.ends_with('='), text.len() % 4) {
        (true, _) | (false, 0) => "",
        (false, 2) => "==",
        (false, 3) => "=",
        (false, _) => return Err(format!("illegal base64url string: {text}")),
    };
    bytes(&URL, &format!("{text}{padding}")).ok_or_else(|| "illegal base64 data".to_owned())
}
