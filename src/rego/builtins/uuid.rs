//! `uuid.parse`.
//!
//! It takes every spelling that OPA takes; it makes no identifiers, for that needs chance.

use regorus::Value;

use super::operand::{record, string};
use super::{Answer, Builtin};

/// The functions of this topic.
pub(super) const BUILTINS: &[Builtin] = &[Builtin { name: "uuid.parse", arity: 1, call: parse }];

/// Tenths of a microsecond from the start of the Gregorian calendar to 1970.
const GREGORIAN_TO_UNIX: i64 = 122_192_928_000_000_000;

fn parse(args: &[Value]) -> Answer {
    let Some(bytes) = bytes(string("uuid.parse", args, 1)?) else { return Ok(Value::Undefined) };
    let version = bytes[6] >> 4;
    let mut fields =
        vec![("version", Value::from(u32::from(version))), ("variant", Value::from(variant(bytes[8])))];
    if matches!(version, 1 | 2) {
        let [a, b, c, d, e, f, g, h, i, j, node @ ..] = bytes;
        let low = u32::from_be_bytes([a, b, c, d]);
        let ticks = i64::from_be_bytes([g & 0x0f, h, e, f, a, b, c, d]);
        let node = node.map(|byte| format!("{byte:02x}")).join("-");
        fields.extend([
            ("time", Value::from(ticks.wrapping_sub(GREGORIAN_TO_UNIX).wrapping_mul(100))),
            ("nodeid", Value::from(node)),
            ("macvariables", Value::from(mac_variables(bytes[10]))),
            ("clocksequence", Value::from(u32::from(u16::from_be_bytes([i, j]) & 0x3fff))),
        ]);
        if version == 2 {
            fields.extend([("id", Value::from(low)), ("domain", Value::from(domain(j)))]);
        }
    }
    Ok(record(fields))
}

/// The bytes of an identifier in one of its four spellings.
fn bytes(text: &str) -> Option<[u8; 16]> {
    let text = text.as_bytes();
    let dashed = match text.len() {
        32 => return collect(text),
        36 => text,
        // In braces, of which the Go library looks at neither.
        38 => text.get(1..37)?,
        45 => {
            let (prefix, rest) = text.split_at_checked(9)?;
            prefix.eq_ignore_ascii_case(b"urn:uuid:").then_some(rest)?
        }
        _ => return None,
    };
    let dashes = [8, 13, 18, 23];
    if dashes.iter().any(|&at| dashed.get(at) != Some(&b'-')) {
        return None;
    }
    let digits: Vec<u8> =
        dashed.iter().enumerate().filter(|(at, _)| !dashes.contains(at)).map(|(_, &byte)| byte).collect();
    collect(&digits)
}

fn collect(digits: &[u8]) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let [high, low] = *pair else { return None };
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
        *byte = (digit(high)? << 4) | digit(low)?;
    }
    Some(bytes)
}

fn variant(byte: u8) -> &'static str {
    match byte {
        0x80..=0xbf => "RFC4122",
        0xc0..=0xdf => "Microsoft",
        0xe0..=0xff => "Future",
        _ => "Reserved",
    }
}

fn mac_variables(byte: u8) -> &'static str {
    match byte & 0b11 {
        0b11 => "local:multicast",
        0b01 => "global:multicast",
        0b10 => "local:unicast",
        _ => "global:unicast",
    }
}

fn domain(byte: u8) -> String {
    match byte {
        0 => "Person".to_owned(),
        1 => "Group".to_owned(),
        2 => "Org".to_owned(),
        other => format!("Domain{other}"),
    }
}
