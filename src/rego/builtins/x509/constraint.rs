//! The extension that bounds the names under an authority.
//!
//! It is put in words here; the chain's verification asks whether names keep within it.

use der::{Tag, TagNumber};
use regorus::Value;

use super::super::operand::{Fallible, record};
use super::asn1::{Walk, context, context_number};
use super::extension::{Extension, Fields, address, ia5};
use super::{base64, list, texts, uri};

/// Puts the bounds into the fields. False where one is of a kind that is not understood.
pub(super) fn explain(extension: &Extension<'_>, fields: &mut Fields) -> Fallible<bool> {
    let invalid = || "x509: invalid NameConstraints extension".to_owned();
    let mut outer = Walk(extension.value);
    let mut inner = outer.sequence().filter(|_| outer.is_empty()).ok_or_else(invalid)?;
    let permitted = inner.optional(context(TagNumber::N0, true));
    let excluded = inner.optional(context(TagNumber::N1, true));
    if !inner.is_empty() {
        return Err(invalid());
    }
    let empty =
        |subtrees: &Option<super::asn1::Item<'_>>| subtrees.is_none_or(|subtrees| subtrees.value.is_empty());
    if empty(&permitted) && empty(&excluded) {
        return Err("x509: empty name constraints extension".to_owned());
    }
    let mut understood = true;
    for (subtrees, names) in [
        (
            permitted,
            ["PermittedDNSDomains", "PermittedIPRanges", "PermittedEmailAddresses", "PermittedURIDomains"],
        ),
        (
            excluded,
            ["ExcludedDNSDomains", "ExcludedIPRanges", "ExcludedEmailAddresses", "ExcludedURIDomains"],
        ),
    ] {
        let bounds = read(Walk(subtrees.map_or(&[][..], |subtrees| subtrees.value)))?;
        understood &= bounds.understood;
        let values = [texts(bounds.hosts), list(bounds.ranges), texts(bounds.mails), texts(bounds.uris)];
        fields.extend(names.into_iter().zip(values));
    }
    fields.insert("PermittedDNSDomainsCritical", Value::from(extension.critical));
    Ok(understood)
}

#[derive(Default)]
struct Bounds {
    hosts: Vec<String>,
    ranges: Vec<Value>,
    mails: Vec<String>,
    uris: Vec<String>,
    understood: bool,
}

fn read(mut subtrees: Walk<'_>) -> Fallible<Bounds> {
    let mut bounds = Bounds { understood: true, ..Bounds::default() };
    while !subtrees.is_empty() {
        let base = subtrees
            .take(Tag::Sequence)
            .and_then(|item| Walk(item.value).any())
            .ok_or("x509: invalid NameConstraints extension")?;
        let text = || ia5(base.value).ok_or("x509: invalid constraint value");
        let domain = |kind: &str| {
            let text = text()?;
            let bare = text.strip_prefix('.').unwrap_or(&text);
            let valid = text.is_empty() || uri::is_domain(bare);
            valid.then_some(text.clone()).ok_or(format!("x509: failed to parse {kind} constraint {text:?}"))
        };
        match context_number(base.tag) {
            Some(1) if base.value.contains(&b'@') => bounds.mails.push(text()?),
            Some(1) => bounds.mails.push(domain("rfc822Name")?),
            Some(2) => bounds.hosts.push(domain("dnsName")?),
            Some(6) => {
                let domain = domain("URI")?;
                if domain.parse::<std::net::IpAddr>().is_ok() {
                    return Err(format!(
                        "x509: failed to parse URI constraint {domain:?}: cannot be IP address"
                    ));
                }
                bounds.uris.push(domain);
            }
            Some(7) => bounds.ranges.push(range(base.value)?),
            _ => bounds.understood = false,
        }
    }
    Ok(bounds)
}

fn range(bytes: &[u8]) -> Fallible<Value> {
    let wrong = || format!("x509: IP constraint contained value of length {}", bytes.len());
    let (ip, mask) = bytes.split_at_checked(bytes.len() / 2).ok_or_else(wrong)?;
    let text = address(ip).filter(|_| ip.len() == mask.len()).ok_or_else(wrong)?;
    let set: u32 = mask.iter().map(|byte| byte.leading_ones()).take_while(|ones| *ones == 8).sum();
    let total: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    let boundary = mask.iter().find(|byte| **byte != 0xff).map_or(0, |byte| byte.leading_ones());
    if set.saturating_add(boundary) != total {
        return Err("x509: IP constraint contained invalid mask".to_owned());
    }
    Ok(record([("IP", Value::from(text)), ("Mask", base64(mask))]))
}
