//! A certificate, read as Go's `crypto/x509` reads it.
//!
//! Reading says nothing about whether it can be trusted.

use der::{Tag, TagNumber};
use regorus::Value;

use super::super::operand::{Fallible, record};
use super::asn1::{Item, Walk, context, decimal, small};
use super::extension::{Fields, explain, json, read_all};
use super::key::PublicKey;
use super::{algorithm, base64, list, name, oid};

/// A certificate and what it says.
pub(in super::super) struct Certificate<'a> {
    /// The whole of it.
    pub(super) der: &'a [u8],
    /// Seconds from 1970 to the first and the last moment of its validity.
    pub(super) validity: (i64, i64),
    /// Its key.
    pub(in super::super) key: PublicKey,
    fields: Fields,
}

/// Fields of Go's JSON that have a value where the certificate says nothing.
const ABSENT: [&str; 24] = [
    "AuthorityKeyId",
    "CRLDistributionPoints",
    "DNSNames",
    "EmailAddresses",
    "ExcludedDNSDomains",
    "ExcludedEmailAddresses",
    "ExcludedIPRanges",
    "ExcludedURIDomains",
    "ExtKeyUsage",
    "Extensions",
    "ExtraExtensions",
    "IPAddresses",
    "IssuingCertificateURL",
    "OCSPServer",
    "PermittedDNSDomains",
    "PermittedEmailAddresses",
    "PermittedIPRanges",
    "PermittedURIDomains",
    "Policies",
    "PolicyIdentifiers",
    "PolicyMappings",
    "SubjectKeyId",
    "URIs",
    "UnknownExtKeyUsage",
];
const ZERO: [&str; 5] =
    ["InhibitAnyPolicy", "InhibitPolicyMapping", "KeyUsage", "MaxPathLen", "RequireExplicitPolicy"];
const FALSE: [&str; 7] = [
    "BasicConstraintsValid",
    "InhibitAnyPolicyZero",
    "InhibitPolicyMappingZero",
    "IsCA",
    "MaxPathLenZero",
    "PermittedDNSDomainsCritical",
    "RequireExplicitPolicyZero",
];

impl Certificate<'_> {
    /// Every certificate of some bytes, one after another.
    pub(super) fn read_all(bytes: &[u8]) -> Fallible<Vec<Certificate<'_>>> {
        let mut walk = Walk(bytes);
        let mut certificates = Vec::new();
        while !walk.is_empty() {
            let item = walk.take(Tag::Sequence).ok_or("x509: malformed certificate")?;
            certificates.push(read(item)?);
        }
        Ok(certificates)
    }

    /// The one certificate of some bytes.
    pub(in super::super) fn read(bytes: &[u8]) -> Fallible<Certificate<'_>> {
        let mut certificates = Certificate::read_all(bytes)?.into_iter();
        match (certificates.next(), certificates.next()) {
            (Some(certificate), None) => Ok(certificate),
            (Some(_), Some(_)) => Err("x509: trailing data".to_owned()),
            (None, _) => Err("x509: malformed certificate".to_owned()),
        }
    }

    /// Whether Go takes it for one that may issue others, of which so many stand between it and the last.
    pub(super) fn may_issue(&self, between: usize) -> bool {
        const SIGN: i64 = 1 << 5;
        let number = |name| self.field(name).as_i64().unwrap_or_default();
        let usage = number("KeyUsage");
        let longest = number("MaxPathLen");
        let version_3 = number("Version") == 3;
        let constrained = *self.field("BasicConstraintsValid") == Value::from(true);
        (usage == 0 || usage & SIGN != 0)
            && (constrained || !version_3)
            && (!constrained || *self.field("IsCA") == Value::from(true))
            && (!constrained
                || longest < 0
                || usize::try_from(longest).is_ok_and(|longest| between <= longest))
    }

    /// Whether it has no critical extension that is not understood.
    pub(super) fn is_understood(&self) -> bool {
        *self.field("UnhandledCriticalExtensions") == Value::Null
    }

    /// Whether it names no purposes, or one that serves.
    pub(super) fn serves(&self, purpose: Option<usize>) -> bool {
        let Some(purpose) = purpose else { return true };
        match (self.field("ExtKeyUsage"), self.field("UnknownExtKeyUsage")) {
            (Value::Null, Value::Null) => true,
            (Value::Array(named), _) => {
                named.iter().any(|n| *n == Value::from(0_u32) || *n == Value::from(purpose))
            }
            _ => false,
        }
    }

    fn field(&self, name: &str) -> &Value {
        self.fields.get(name).unwrap_or(&Value::Undefined)
    }

    /// What it says, as Go's JSON has it.
    pub(super) fn json(&self) -> Value {
        record(
            self.fields
                .iter()
                .filter(|(name, _)| **name != "URIStrings")
                .map(|(name, value)| (*name, value.clone())),
        )
    }

    /// The same with the field that OPA adds.
    pub(super) fn extended_json(&self) -> Value {
        record(self.fields.iter().map(|(name, value)| (*name, value.clone())))
    }
}

fn read(whole: Item<'_>) -> Fallible<Certificate<'_>> {
    let malformed = |what: &'static str| move || format!("x509: malformed {what}");
    let mut outer = Walk(whole.value);
    let signed = outer.take(Tag::Sequence).ok_or_else(malformed("tbs certificate"))?;
    let mut tbs = Walk(signed.value);
    let outer_algorithm = outer.take(Tag::Sequence).ok_or_else(malformed("algorithm identifier"))?;
    let (signature, unused) = outer.bits().ok_or_else(malformed("signature"))?;
    if unused != 0 || !outer.is_empty() {
        return Err(malformed("signature")());
    }

    let version = match tbs.optional(context(TagNumber::N0, true)) {
        Some(item) => Walk(item.value)
            .take(Tag::Integer)
            .and_then(|item| small(item.value))
            .filter(|version| (0..=2).contains(version))
            .ok_or("x509: invalid version")?,
        None => 0,
    };
    let version = version.saturating_add(1);
    let serial = tbs.take(Tag::Integer).ok_or_else(malformed("serial number"))?.value;
    if serial.first().is_none_or(|byte| byte & 0x80 != 0) {
        return Err("x509: negative serial number".to_owned());
    }
    let inner_algorithm = tbs.take(Tag::Sequence).ok_or_else(malformed("signature algorithm identifier"))?;
    if inner_algorithm.value != outer_algorithm.value {
        let message = "x509: inner and outer signature algorithm identifiers don't match";
        return Err(message.to_owned());
    }
    let issuer = tbs.take(Tag::Sequence).ok_or_else(malformed("issuer"))?;
    let mut validity = tbs.sequence().ok_or_else(malformed("validity"))?;
    let (not_before, not_after) = (moment(validity.any()), moment(validity.any()));
    let not_before = not_before.ok_or_else(malformed("validity"))?;
    let not_after = not_after.ok_or_else(malformed("validity"))?;
    let subject = tbs.take(Tag::Sequence).ok_or_else(malformed("subject"))?;
    let info = tbs.take(Tag::Sequence).ok_or_else(malformed("spki"))?;
    let key = PublicKey::read(info.whole)?;

    let mut fields: Fields = ABSENT.map(|name| (name, Value::Null)).into();
    fields.extend(ZERO.map(|name| (name, Value::from(0_u32))));
    fields.extend(FALSE.map(|name| (name, Value::from(false))));
    fields.insert("URIStrings", Value::Null);
    let mut unhandled = Vec::new();
    if version > 1 {
        for number in [TagNumber::N1, TagNumber::N2] {
            let _unused = tbs.optional(context(number, false));
        }
    }
    if version == 3
        && let Some(item) = tbs.optional(context(TagNumber::N3, true))
    {
        let list = Walk(item.value).sequence().ok_or_else(malformed("extensions"))?;
        let extensions = read_all(list)?;
        fields.insert("Extensions", json(&extensions));
        for extension in &extensions {
            if !explain(extension, &mut fields)? && extension.critical {
                unhandled.push(oid(&extension.id));
            }
        }
    }
    fields.extend([
        ("UnhandledCriticalExtensions", list(unhandled)),
        ("Raw", base64(whole.whole)),
        ("RawTBSCertificate", base64(signed.whole)),
        ("RawSubjectPublicKeyInfo", base64(info.whole)),
        ("RawSubject", base64(subject.whole)),
        ("RawIssuer", base64(issuer.whole)),
        ("Signature", base64(signature)),
        ("SignatureAlgorithm", Value::from(algorithm::number(inner_algorithm.value)?)),
        ("PublicKeyAlgorithm", Value::from(key.algorithm())),
        ("PublicKey", key.json()?),
        ("Version", Value::from(version)),
        ("SerialNumber", decimal(serial).ok_or_else(malformed("serial number"))?),
        ("Issuer", name::name(issuer.value)?),
        ("Subject", name::name(subject.value)?),
        ("NotBefore", Value::from(not_before.to_string())),
        ("NotAfter", Value::from(not_after.to_string())),
    ]);
    let validity = (not_before.as_second(), not_after.as_second());
    Ok(Certificate { der: whole.whole, validity, key, fields })
}

/// A moment in one of the two notations.
fn moment(item: Option<Item<'_>>) -> Option<jiff::Timestamp> {
    let item = item?;
    let text = std::str::from_utf8(item.value).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match (item.tag, text.len()) {
        (Tag::UtcTime, 12) => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i16 = year.parse().ok()?;
            (year.checked_add(if year >= 50 { 1900 } else { 2000 })?, rest)
        }
        (Tag::GeneralizedTime, 14) => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let mut parts = rest
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| pair.parse::<i8>().ok()));
    let mut part = || parts.next().flatten();
    let (month, day, hour, minute, second) = (part()?, part()?, part()?, part()?, part()?);
    jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}
