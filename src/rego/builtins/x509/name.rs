//! Distinguished names.

use der::Tag;
use regorus::Value;

use super::super::operand::{Fallible, record};
use super::asn1::{Walk, arcs};
use super::{oid, texts};

/// A name as Go's JSON has it, from the content of its sequence.
pub(super) fn name(content: &[u8]) -> Fallible<Value> {
    let invalid = || "x509: invalid RDNSequence".to_owned();
    let mut names = Vec::new();
    let mut single = [("CommonName", 3, None), ("SerialNumber", 5, None)];
    let mut lists = [
        ("Country", 6, Vec::new()),
        ("Locality", 7, Vec::new()),
        ("Province", 8, Vec::new()),
        ("StreetAddress", 9, Vec::new()),
        ("Organization", 10, Vec::new()),
        ("OrganizationalUnit", 11, Vec::new()),
        ("PostalCode", 17, Vec::new()),
    ];
    let mut rdns = Walk(content);
    while !rdns.is_empty() {
        let mut set = Walk(rdns.take(Tag::Set).ok_or_else(invalid)?.value);
        while !set.is_empty() {
            let mut attribute = set.sequence().ok_or_else(invalid)?;
            let kind = attribute
                .take(Tag::ObjectIdentifier)
                .and_then(|item| arcs(item.value))
                .ok_or_else(invalid)?;
            let value = attribute.any().ok_or_else(invalid)?;
            let text = text(value.tag, value.value)?;
            names.push(record([("Type", oid(&kind)), ("Value", Value::from(text.clone()))]));
            let [2, 5, 4, number] = kind.as_slice() else { continue };
            for (_, _, slot) in single.iter_mut().filter(|(_, n, _)| n == number) {
                *slot = Some(text.clone());
            }
            for (_, _, list) in lists.iter_mut().filter(|(_, n, _)| n == number) {
                list.push(text.clone());
            }
        }
    }
    let mut fields = vec![("Names", super::list(names)), ("ExtraNames", Value::Null)];
    fields.extend(single.map(|(name, _, text)| (name, Value::from(text.unwrap_or_default()))));
    fields.extend(lists.map(|(name, _, list)| (name, texts(list))));
    Ok(record(fields))
}

/// A string of one of the kinds that names are made of.
pub(super) fn text(tag: Tag, value: &[u8]) -> Fallible<String> {
    match tag {
        Tag::Utf8String => {
            std::str::from_utf8(value).map(str::to_owned).map_err(|_| "x509: invalid UTF-8 string".to_owned())
        }
        Tag::PrintableString => ascii(value, "PrintableString", |byte| {
            byte.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(&byte)
        }),
        Tag::Ia5String => ascii(value, "IA5String", |byte| byte.is_ascii()),
        Tag::NumericString => ascii(value, "NumericString", |byte| byte.is_ascii_digit() || byte == b' '),
        // T.61, which the world writes as Latin-1.
        Tag::TeletexString => Ok(value.iter().map(|&byte| char::from(byte)).collect()),
        Tag::BmpString => {
            let invalid = || "x509: invalid BMPString".to_owned();
            let mut units: Vec<u16> = Vec::new();
            for pair in value.chunks(2) {
                let [high, low] = *pair else { return Err(invalid()) };
                units.push(u16::from_be_bytes([high, low]));
            }
            if units.last() == Some(&0) {
                units.pop();
            }
            units.into_iter().map(|unit| char::from_u32(u32::from(unit)).ok_or_else(invalid)).collect()
        }
        other => Err(format!("x509: unsupported string type: {other}")),
    }
}

fn ascii(value: &[u8], kind: &str, allowed: impl Fn(u8) -> bool) -> Fallible<String> {
    if value.iter().all(|&byte| allowed(byte)) {
        Ok(value.iter().map(|&byte| char::from(byte)).collect())
    } else {
        Err(format!("x509: invalid {kind}"))
    }
}
