//! URIs as Go reads them, and UUIDs.

use regorus::Value;

use super::encoding::{text_of, unescaped};
use super::{Answer, Builtin, builtin, failed, make_object, operand, string};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("uri.is_valid", 1, |a| {
        Ok(Value::from(
            matches!(operand(a, 1), Value::String(text) if !text.is_empty() && parsed(text).is_some()),
        ))
    }),
    builtin("uri.parse", 1, |a| match parsed(string("uri.parse", a, 1)?) {
        Some(parts) => {
            let named = parts.into_iter().filter(|(_, part)| !part.is_empty());
            Ok(make_object(named.map(|(name, part)| (Value::from(name), Value::from(part)))))
        }
        None => failed("uri.parse", "not a valid URI"),
    }),
    builtin("uuid.parse", 1, uuid),
];

type Parts = Vec<(&'static str, String)>;

fn parsed(text: &str) -> Option<Parts> {
    if text.bytes().any(|b| b < b' ' || b == 0x7f) {
        return None;
    }
    let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
    let fragment = decoded(fragment)?;
    let (scheme, rest) = scheme(address)?;
    let (mut rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut parts: Parts = vec![
        ("scheme", scheme.to_ascii_lowercase()),
        ("raw_query", query.to_owned()),
        ("fragment", fragment),
    ];
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            // Opaque, such as `mailto:someone`: it has no path.
            return Some(parts);
        }
        if rest.split('/').next().is_some_and(|first| first.contains(':')) {
            return None;
        }
    }
    let has_host = !scheme.is_empty() || !rest.starts_with("///");
    if let Some(authority) = rest.strip_prefix("//").filter(|_| has_host) {
        let end = authority.find('/').unwrap_or(authority.len());
        let (authority, path) = authority.split_at_checked(end)?;
        rest = path;
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(u, h)| (Some(u), h));
        if let Some(user) = user {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
            if !user.chars().all(allowed) {
                return None;
            }
            decoded(user)?;
        }
        let (name, port) = host_and_port(host)?;
        parts.push(("hostname", name));
        parts.push(("port", port));
    }
    let path = decoded(rest)?;
    let raw = if escaped_path(&path) == rest { path.clone() } else { rest.to_owned() };
    parts.push(("path", path));
    parts.push(("raw_path", raw));
    Some(parts)
}

fn decoded(text: &str) -> Option<String> {
    unescaped(text, false).map(|bytes| text_of(&bytes))
}

fn scheme(text: &str) -> Option<(&str, &str)> {
    for (i, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if i > 0 => {}
            ':' if i == 0 => return None,
            ':' => return Some((text.get(..i)?, text.get(i.saturating_add(1)..)?)),
            _ => break,
        }
    }
    Some(("", text))
}

fn host_and_port(host: &str) -> Option<(String, String)> {
    let (name, port) = if let Some(inner) = host.strip_prefix('[') {
        let (address, port) = inner.rsplit_once(']')?;
        let (address, zone) = address.split_once("%25").map_or((address, None), |(a, z)| (a, Some(z)));
        address.parse::<std::net::Ipv6Addr>().ok()?;
        let zone = zone.map_or(Some(String::new()), |zone| decoded(zone).map(|zone| format!("%{zone}")))?;
        return Some((format!("{address}{zone}"), valid_port(port)?));
    } else {
        match host.rfind(':') {
            Some(colon) => host.split_at_checked(colon)?,
            None => (host, ""),
        }
    };
    let port = valid_port(port)?;
    if name.contains(':') {
        return None;
    }
    let plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(c);
    if !name.chars().all(plain) {
        return None;
    }
    // Of the escapes, a host may have those of bytes beyond ASCII.
    let high = name.split('%').skip(1).all(|escape| {
        escape.starts_with(|c: char| matches!(c, '8'..='9' | 'a'..='f' | 'A'..='F'))
            || escape.starts_with("25")
    });
    high.then(|| decoded(name)).flatten().map(|name| (name, port))
}

fn valid_port(port: &str) -> Option<String> {
    if port.is_empty() {
        return Some(String::new());
    }
    let digits = port.strip_prefix(':')?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.to_owned())
}

/// A path in Go's own spelling.
fn escaped_path(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'-' | b'_' | b'.' | b'~' | b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'@' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The sixteen bytes of a UUID, in any of the spellings that OPA takes.
fn uuid_bytes(text: &str) -> Option<Vec<u8>> {
    let bare = match text.len() {
        36 | 32 => text,
        45 => text.get(9..).filter(|_| text.get(..9).is_some_and(|p| p.eq_ignore_ascii_case("urn:uuid:")))?,
        38 => text.get(1..37)?,
        _ => return None,
    };
    let hex = if bare.len() == 36 {
        let dashes = [8, 13, 18, 23].iter().all(|at| bare.as_bytes().get(*at) == Some(&b'-'));
        bare.replace('-', "")
            .chars()
            .collect::<String>()
            .into_bytes()
            .into_iter()
            .collect::<Vec<u8>>()
            .get(..32)
            .filter(|_| dashes)?
            .to_vec()
    } else {
        bare.as_bytes().to_vec()
    };
    hex.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn uuid(arguments: &[Value]) -> Answer {
    let text = string("uuid.parse", arguments, 1)?;
    let Some(bytes) = uuid_bytes(text).filter(|b| b.len() == 16) else { return Ok(Value::Undefined) };
    let at = |i: usize| u64::from(bytes.get(i).copied().unwrap_or(0));
    let number =
        |from: usize, count: usize| (from..from.saturating_add(count)).fold(0, |n, i| n << 8 | at(i));
    let version = at(6) >> 4;
    let variant = match at(8) {
        v if v & 0xc0 == 0x80 => "RFC4122",
        v if v & 0xe0 == 0xc0 => "Microsoft",
        v if v & 0xe0 == 0xe0 => "Future",
        _ => "Reserved",
    };
    let mut all = vec![("version", Value::from(version)), ("variant", Value::from(variant))];
    if matches!(version, 1 | 2) {
        // Hundreds of nanoseconds since the Gregorian calendar.
        let ticks = number(0, 4) | number(4, 2) << 32 | (number(6, 2) & 0xfff) << 48;
        let nanoseconds = (i128::from(ticks) - 0x01b2_1dd2_1381_4000).saturating_mul(100);
        let node: Vec<String> = (10..16).map(|i| format!("{:02x}", at(i))).collect();
        let kind = match at(10) & 3 {
            3 => "local:multicast",
            1 => "global:multicast",
            2 => "local:unicast",
            _ => "global:unicast",
        };
        all.push(("time", Value::from(nanoseconds)));
        all.push(("nodeid", Value::from(node.join("-"))));
        all.push(("macvariables", Value::from(kind)));
        all.push(("clocksequence", Value::from(number(8, 2) & 0x3fff)));
        if version == 2 {
            let domain = match at(9) {
                0 => "Person".to_owned(),
                1 => "Group".to_owned(),
                2 => "Org".to_owned(),
                other => format!("Domain{other}"),
            };
            all.push(("id", Value::from(number(0, 4))));
            all.push(("domain", Value::from(domain)));
        }
    }
    Ok(make_object(all.into_iter().map(|(name, value)| (Value::from(name), value))))
}
