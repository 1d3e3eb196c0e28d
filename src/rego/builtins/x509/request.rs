//! Requests for certificates, read as Go's `crypto/x509` reads them.
//!
//! A request's signature is shown, not verified.

use der::{Tag, TagNumber};
use regorus::Value;

use super::super::operand::{Fallible, record};
use super::asn1::{Item, Walk, context, small};
use super::extension::{Fields, alternative_names, json, read_all};
use super::key::PublicKey;
use super::{algorithm, base64, list, name, oid};

const EXTENSION_REQUEST: &[u32] = &[1, 2, 840, 113549, 1, 9, 14];

/// What a request says, as Go's JSON has it.
pub(super) fn read(bytes: &[u8]) -> Fallible<Value> {
    let malformed = || "asn1: structure error: malformed certificate request".to_owned();
    let mut whole = Walk(bytes);
    let request = whole.take(Tag::Sequence).ok_or_else(malformed)?;
    if !whole.is_empty() {
        return Err("asn1: syntax error: trailing data".to_owned());
    }
    let mut outer = Walk(request.value);
    let signed = outer.take(Tag::Sequence).ok_or_else(malformed)?;
    let algorithm = outer.take(Tag::Sequence).ok_or_else(malformed)?;
    let (signature, unused) = outer.bits().ok_or_else(malformed)?;
    if unused != 0 {
        return Err(malformed());
    }
    let mut info = Walk(signed.value);
    let version = info.take(Tag::Integer).and_then(|item| small(item.value)).ok_or_else(malformed)?;
    let subject = info.take(Tag::Sequence).ok_or_else(malformed)?;
    let key_info = info.take(Tag::Sequence).ok_or_else(malformed)?;
    let key = PublicKey::read(key_info.whole)?;

    let mut fields = Fields::from(
        ["DNSNames", "EmailAddresses", "IPAddresses", "URIs", "ExtraExtensions"]
            .map(|name| (name, Value::Null)),
    );
    let mut attributes = Vec::new();
    let mut extensions = Vec::new();
    let mut walk = Walk(info.optional(context(TagNumber::N0, true)).map_or(&[][..], |item| item.value));
    while !walk.is_empty() {
        let attribute = walk.any().ok_or_else(malformed)?;
        attributes.extend(attribute_json(attribute));
        if let Some(requested) = requested(attribute) {
            extensions.extend(read_all(requested.listed())?);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    if !extensions.iter().all(|extension| seen.insert(&extension.id)) {
        return Err("x509: certificate request contains duplicate requested extensions".to_owned());
    }
    for extension in extensions.iter().filter(|extension| extension.id == [2, 5, 29, 17]) {
        let mut names = alternative_names(Walk(extension.value))?;
        names.remove("URIStrings");
        fields.extend(names);
    }
    fields.extend([
        ("Attributes", list(attributes)),
        ("Extensions", json(&extensions)),
        ("Raw", base64(request.whole)),
        ("RawTBSCertificateRequest", base64(signed.whole)),
        ("RawSubjectPublicKeyInfo", base64(key_info.whole)),
        ("RawSubject", base64(subject.whole)),
        ("Version", Value::from(version)),
        ("Signature", base64(signature)),
        ("SignatureAlgorithm", Value::from(algorithm::number(algorithm.value)?)),
        ("PublicKeyAlgorithm", Value::from(key.algorithm())),
        ("PublicKey", key.json()?),
        ("Subject", name::name(subject.value)?),
    ]);
    Ok(record(fields))
}

/// The extensions that an attribute asks for, if that is what it does.
fn requested(attribute: Item<'_>) -> Option<Walk<'_>> {
    let mut parts = Walk(attribute.value);
    (parts.oid()? == EXTENSION_REQUEST).then_some(())?;
    Some(Walk(parts.take(Tag::Set)?.value)).filter(|values| !values.is_empty())
}

impl<'a> Walk<'a> {
    /// The items of the sequence that stands first.
    fn listed(mut self) -> Walk<'a> {
        // What is no sequence is left as it is: reading extensions from it fails.
        self.sequence().unwrap_or(self)
    }
}

/// An attribute whose values are lists of typed values; other attributes are left out, as Go does.
fn attribute_json(attribute: Item<'_>) -> Option<Value> {
    let mut parts = Walk(attribute.value);
    let kind = parts.oid()?;
    let mut values = Walk(parts.take(Tag::Set)?.value);
    let mut sets = Vec::new();
    while !values.is_empty() {
        let mut sequence = values.sequence()?;
        let mut items = Vec::new();
        while !sequence.is_empty() {
            let mut pair = sequence.sequence()?;
            let kind = pair.oid()?;
            items.push(record([("Type", oid(&kind)), ("Value", value_json(pair.any()?)?)]));
        }
        sets.push(Value::from(items));
    }
    Some(record([("Type", oid(&kind)), ("Value", Value::from(sets))]))
}

fn value_json(item: Item<'_>) -> Option<Value> {
    Some(match item.tag {
        Tag::Boolean => Value::from(item.value == [0xff]),
        Tag::Integer => Value::from(small(item.value)?),
        Tag::OctetString => base64(item.value),
        Tag::ObjectIdentifier => oid(&super::asn1::arcs(item.value)?),
        Tag::Utf8String
        | Tag::PrintableString
        | Tag::Ia5String
        | Tag::NumericString
        | Tag::TeletexString
        | Tag::BmpString => Value::from(name::text(item.tag, item.value).ok()?),
        _ => Value::Null,
    })
}
