//! Addresses in certificates, taken apart as Go's `net/url` does.
//!
//! What Go refuses is refused; the odder of what it accepts may be refused too.

use regorus::Value;

use super::super::encoding::{text_of, unescaped};
use super::super::operand::{Fallible, record};

/// An address as Go's JSON has it.
pub(super) fn parse(text: &str) -> Fallible<Value> {
    let error = |what: &str| format!("x509: cannot parse URI {text:?}: {what}");
    if text.bytes().any(|byte| byte <= b' ' || byte >= 0x7f) {
        return Err(error("invalid character"));
    }
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (scheme, rest) = match rest.split_once(':') {
        Some(("", _)) => return Err(error("missing protocol scheme")),
        Some((scheme, after)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), after),
        _ => (String::new(), rest),
    };
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let force_query = query.is_empty() && rest.ends_with('?');
    let decode = |part: &str| -> Fallible<String> {
        let bytes = unescaped(part, false).ok_or_else(|| error("invalid URL escape"))?;
        Ok(text_of(&bytes))
    };

    let mut opaque = "";
    let mut authority = "";
    let mut path = before;
    if let Some(after) = before.strip_prefix("//") {
        let end = after.find('/').unwrap_or(after.len());
        (authority, path) = after.split_at_checked(end).unwrap_or((after, ""));
    } else if !scheme.is_empty() && !before.starts_with('/') {
        (opaque, path) = (before, "");
    } else if before.split('/').next().is_some_and(|segment| segment.contains(':')) {
        return Err(error("first path segment in URL cannot contain colon"));
    }
    let (user, host) = match authority.rsplit_once('@') {
        Some((_, host)) => (Value::new_object(), host),
        None => (Value::Null, authority),
    };
    let host = decode(host)?;
    if !host.is_empty() && !is_domain(&host) {
        return Err(format!("x509: cannot parse URI {text:?}: invalid domain"));
    }
    let decoded = decode(path)?;
    let raw_path = if escape(&decoded) == path { "" } else { path };
    Ok(record([
        ("Scheme", Value::from(scheme)),
        ("Opaque", Value::from(opaque)),
        ("User", user),
        ("Host", Value::from(host)),
        ("Path", Value::from(decoded)),
        ("RawPath", Value::from(raw_path)),
        ("OmitHost", Value::from(false)),
        ("ForceQuery", Value::from(force_query)),
        ("RawQuery", Value::from(query)),
        ("Fragment", Value::from(decode(fragment)?)),
        ("RawFragment", Value::from("")),
    ]))
}

/// Whether labels stand between the dots, and none of them is empty.
pub(super) fn is_domain(text: &str) -> bool {
    text.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_graphic()))
}

fn is_scheme(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// A path with the escapes that Go would write.
fn escape(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
