//! Extensions of certificates and of requests for them.
//!
//! What an extension says is put in words; whether it is kept is asked elsewhere.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use der::{Tag, TagNumber};
use regorus::Value;

use super::super::operand::{Fallible, record};
use super::asn1::{Item, Walk, arcs, context, context_number, small};
use super::{base64, list, oid, texts, uri};

/// One extension, not yet understood.
pub(super) struct Extension<'a> {
    pub(super) id: Vec<u32>,
    pub(super) critical: bool,
    pub(super) value: &'a [u8],
}

/// Fields of Go's JSON by name.
pub(super) type Fields = BTreeMap<&'static str, Value>;

const INFORMATION_ACCESS: &[u32] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
const OCSP: &[u32] = &[1, 3, 6, 1, 5, 5, 7, 48, 1];
const ISSUERS: &[u32] = &[1, 3, 6, 1, 5, 5, 7, 48, 2];

/// Purposes of keys by Go's number of them.
pub(super) const PURPOSES: [&[u32]; 14] = [
    &[2, 5, 29, 37, 0],
    &[1, 3, 6, 1, 5, 5, 7, 3, 1],
    &[1, 3, 6, 1, 5, 5, 7, 3, 2],
    &[1, 3, 6, 1, 5, 5, 7, 3, 3],
    &[1, 3, 6, 1, 5, 5, 7, 3, 4],
    &[1, 3, 6, 1, 5, 5, 7, 3, 5],
    &[1, 3, 6, 1, 5, 5, 7, 3, 6],
    &[1, 3, 6, 1, 5, 5, 7, 3, 7],
    &[1, 3, 6, 1, 5, 5, 7, 3, 8],
    &[1, 3, 6, 1, 5, 5, 7, 3, 9],
    &[1, 3, 6, 1, 4, 1, 311, 10, 3, 3],
    &[2, 16, 840, 1, 113730, 4, 1],
    &[1, 3, 6, 1, 4, 1, 311, 2, 1, 22],
    &[1, 3, 6, 1, 4, 1, 311, 61, 1, 1],
];

/// Every extension of a sequence of them, each kind once.
pub(super) fn read_all(mut walk: Walk<'_>) -> Fallible<Vec<Extension<'_>>> {
    let mut extensions: Vec<Extension<'_>> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    while !walk.is_empty() {
        let extension = walk.sequence().and_then(read).ok_or("x509: malformed extension")?;
        if !seen.insert(extension.id.clone()) {
            return Err(format!(
                "x509: certificate contains duplicate extension with OID {:?}",
                dotted(&extension.id)
            ));
        }
        extensions.push(extension);
    }
    Ok(extensions)
}

fn read(mut walk: Walk<'_>) -> Option<Extension<'_>> {
    let id = walk.oid()?;
    let critical = match walk.optional(Tag::Boolean) {
        Some(item) => boolean(item)?,
        None => false,
    };
    let value = walk.take(Tag::OctetString)?.value;
    Some(Extension { id, critical, value })
}

fn boolean(item: Item<'_>) -> Option<bool> {
    match item.value {
        [0] => Some(false),
        [0xff] => Some(true),
        _ => None,
    }
}

/// The extensions as Go's JSON has them.
pub(super) fn json(extensions: &[Extension<'_>]) -> Value {
    let items = extensions.iter().map(|extension| {
        record([
            ("Id", oid(&extension.id)),
            ("Critical", Value::from(extension.critical)),
            ("Value", base64(extension.value)),
        ])
    });
    list(items.collect())
}

/// Puts what an extension of a certificate says into the fields. False where it is not understood.
pub(super) fn explain(extension: &Extension<'_>, fields: &mut Fields) -> Fallible<bool> {
    let invalid = |what: &'static str| move || format!("x509: invalid {what}");
    let mut walk = Walk(extension.value);
    match extension.id.as_slice() {
        [2, 5, 29, 14] => {
            refuse_critical(extension, "subject key identifier")?;
            let key = walk.take(Tag::OctetString).ok_or_else(invalid("subject key identifier"))?;
            fields.insert("SubjectKeyId", base64(key.value));
        }
        [2, 5, 29, 15] => {
            let (bytes, unused) = walk.bits().ok_or_else(invalid("key usage"))?;
            fields.insert("KeyUsage", Value::from(usage(bytes, unused)));
        }
        [2, 5, 29, 17] => {
            let names = alternative_names(walk)?;
            let none = names.values().all(|value| *value == Value::Null);
            fields.extend(names);
            return Ok(!none);
        }
        [2, 5, 29, 19] => {
            constraints(walk, fields).ok_or_else(invalid("basic constraints"))?;
        }
        [2, 5, 29, 30] => return super::constraint::explain(extension, fields),
        [2, 5, 29, 31] => {
            let points = points(walk).ok_or_else(invalid("CRL distribution points"))?;
            fields.insert("CRLDistributionPoints", texts(points));
        }
        [2, 5, 29, 32] => policies(walk, fields).ok_or_else(invalid("certificate policies"))?,
        [2, 5, 29, 33] => {
            let mappings = mappings(walk).ok_or_else(invalid("policy mappings extension"))?;
            fields.insert("PolicyMappings", list(mappings));
        }
        [2, 5, 29, 35] => {
            refuse_critical(extension, "authority key identifier")?;
            let mut inner = walk.sequence().ok_or_else(invalid("authority key identifier"))?;
            if let Some(key) = inner.optional(context(TagNumber::N0, false)) {
                fields.insert("AuthorityKeyId", base64(key.value));
            }
        }
        [2, 5, 29, 36] => {
            let mut inner = walk.sequence().ok_or_else(invalid("policy constraints extension"))?;
            for (tag, name, zero) in [
                (TagNumber::N0, "RequireExplicitPolicy", "RequireExplicitPolicyZero"),
                (TagNumber::N1, "InhibitPolicyMapping", "InhibitPolicyMappingZero"),
            ] {
                if let Some(item) = inner.optional(context(tag, false)) {
                    let number = small(item.value).ok_or_else(invalid("policy constraints extension"))?;
                    fields.insert(name, Value::from(number));
                    fields.insert(zero, Value::from(number == 0));
                }
            }
        }
        [2, 5, 29, 37] => purposes(walk, fields).ok_or_else(invalid("extended key usages"))?,
        [2, 5, 29, 54] => {
            let number = walk
                .take(Tag::Integer)
                .and_then(|item| small(item.value))
                .ok_or_else(invalid("inhibit any policy extension"))?;
            fields.insert("InhibitAnyPolicy", Value::from(number));
            fields.insert("InhibitAnyPolicyZero", Value::from(number == 0));
        }
        INFORMATION_ACCESS => {
            refuse_critical(extension, "authority info access")?;
            access(walk, fields).ok_or_else(invalid("authority info access"))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn refuse_critical(extension: &Extension<'_>, what: &str) -> Fallible<()> {
    if extension.critical {
        return Err(format!("x509: {what} incorrectly marked critical"));
    }
    Ok(())
}

fn usage(bytes: &[u8], unused: u8) -> u32 {
    let bits = bytes.len().saturating_mul(8).saturating_sub(usize::from(unused));
    (0..9)
        .filter(|&at| at < bits && bytes.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1))
        .fold(0, |usage, at| usage | 1 << at)
}

fn constraints(mut walk: Walk<'_>, fields: &mut Fields) -> Option<()> {
    let mut inner = walk.sequence()?;
    let authority = match inner.optional(Tag::Boolean) {
        Some(item) => boolean(item)?,
        None => false,
    };
    let longest = match inner.optional(Tag::Integer) {
        Some(item) => small(item.value).filter(|length| *length >= 0)?,
        None => -1,
    };
    fields.insert("IsCA", Value::from(authority));
    fields.insert("BasicConstraintsValid", Value::from(true));
    fields.insert("MaxPathLen", Value::from(longest));
    fields.insert("MaxPathLenZero", Value::from(longest == 0));
    Some(())
}

/// The alternative names of a subject by kind.
pub(super) fn alternative_names(mut walk: Walk<'_>) -> Fallible<Fields> {
    let (mut hosts, mut mails, mut ips) = (Vec::new(), Vec::new(), Vec::new());
    let (mut uris, mut spelled) = (Vec::new(), Vec::new());
    let mut names = walk.sequence().ok_or("x509: invalid subject alternative names")?;
    while !names.is_empty() {
        let name = names.any().ok_or("x509: invalid subject alternative name")?;
        let text = |kind: &str| ia5(name.value).ok_or(format!("x509: SAN {kind} is malformed"));
        match context_number(name.tag) {
            Some(1) => mails.push(text("rfc822Name")?),
            Some(2) => hosts.push(text("dNSName")?),
            Some(6) => {
                let text = text("uniformResourceIdentifier")?;
                uris.push(uri::parse(&text)?);
                spelled.push(text);
            }
            Some(7) => ips
                .push(address(name.value).ok_or_else(|| {
                    format!("x509: cannot parse IP address of length {}", name.value.len())
                })?),
            _ => {}
        }
    }
    Ok(Fields::from([
        ("DNSNames", texts(hosts)),
        ("EmailAddresses", texts(mails)),
        ("IPAddresses", texts(ips)),
        ("URIs", list(uris)),
        ("URIStrings", texts(spelled)),
    ]))
}

/// A text of the first half of the alphabet.
pub(super) fn ia5(bytes: &[u8]) -> Option<String> {
    bytes.is_ascii().then(|| bytes.iter().map(|&byte| char::from(byte)).collect())
}

/// An address as Go writes it.
pub(super) fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(four).to_string());
    }
    let sixteen = <[u8; 16]>::try_from(bytes).ok()?;
    Some(Ipv6Addr::from(sixteen).to_canonical().to_string())
}

fn points(mut walk: Walk<'_>) -> Option<Vec<String>> {
    let mut uris = Vec::new();
    let mut points = walk.sequence()?;
    while !points.is_empty() {
        let mut point = points.sequence()?;
        let Some(name) = point.optional(context(TagNumber::N0, true)) else { continue };
        let mut full = Walk(Walk(name.value).take(context(TagNumber::N0, true))?.value);
        while let Some(uri) = full.optional(context(TagNumber::N6, false)) {
            uris.push(String::from_utf8_lossy(uri.value).into_owned());
        }
    }
    Some(uris)
}

fn policies(mut walk: Walk<'_>, fields: &mut Fields) -> Option<()> {
    let mut seen = std::collections::BTreeSet::new();
    let (mut names, mut identifiers) = (Vec::new(), Vec::new());
    let mut policies = walk.sequence()?;
    while !policies.is_empty() {
        let id = policies.sequence()?.oid()?;
        names.push(dotted(&id));
        identifiers.push(oid(&id));
        if !seen.insert(id) {
            return None;
        }
    }
    fields.insert("Policies", texts(names));
    fields.insert("PolicyIdentifiers", Value::from(identifiers));
    Some(())
}

fn mappings(mut walk: Walk<'_>) -> Option<Vec<Value>> {
    let mut mappings = Vec::new();
    let mut pairs = walk.sequence()?;
    while !pairs.is_empty() {
        let mut pair = pairs.sequence()?;
        let (issuer, subject) = (pair.oid()?, pair.oid()?);
        mappings.push(record([
            ("IssuerDomainPolicy", Value::from(dotted(&issuer))),
            ("SubjectDomainPolicy", Value::from(dotted(&subject))),
        ]));
    }
    Some(mappings)
}

fn purposes(mut walk: Walk<'_>, fields: &mut Fields) -> Option<()> {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let mut ids = walk.sequence()?;
    while !ids.is_empty() {
        let id = arcs(ids.take(Tag::ObjectIdentifier)?.value)?;
        match PURPOSES.iter().position(|purpose| *purpose == id) {
            Some(number) => known.push(Value::from(number)),
            None => unknown.push(oid(&id)),
        }
    }
    fields.insert("ExtKeyUsage", list(known));
    fields.insert("UnknownExtKeyUsage", list(unknown));
    Some(())
}

fn access(mut walk: Walk<'_>, fields: &mut Fields) -> Option<()> {
    let (mut ocsp, mut issuers) = (Vec::new(), Vec::new());
    let mut descriptions = walk.sequence()?;
    while !descriptions.is_empty() {
        let mut description = descriptions.sequence()?;
        let method = description.oid()?;
        let Some(uri) = description.optional(context(TagNumber::N6, false)) else { continue };
        let uri = String::from_utf8_lossy(uri.value).into_owned();
        match method.as_slice() {
            OCSP => ocsp.push(uri),
            ISSUERS => issuers.push(uri),
            _ => {}
        }
    }
    fields.insert("OCSPServer", texts(ocsp));
    fields.insert("IssuingCertificateURL", texts(issuers));
    Some(())
}

/// An object identifier with dots.
fn dotted(arcs: &[u32]) -> String {
    arcs.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
}
