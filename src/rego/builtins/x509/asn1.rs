//! Walking DER: one value after another, as Go's readers of certificates do.
//!
//! The bytes of a value are handed out as they stand; nothing here knows what they mean.

use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag, TagNumber};
use num_bigint::{BigInt, BigUint};
use regorus::Value;

/// Bytes of the longest number that is turned into decimal digits.
const MAX_NUMBER: usize = 2048;

/// One value.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    /// Its tag.
    pub(super) tag: Tag,
    /// Its content.
    pub(super) value: &'a [u8],
    /// Tag, length and content.
    pub(super) whole: &'a [u8],
}

/// The values in some bytes, one after another.
#[derive(Clone, Copy)]
pub(in super::super) struct Walk<'a>(pub(in super::super) &'a [u8]);

impl<'a> Walk<'a> {
    /// Whether no value is left.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next value, whatever it is.
    pub(super) fn any(&mut self) -> Option<Item<'a>> {
        let mut reader = SliceReader::new(self.0).ok()?;
        let any = AnyRef::decode(&mut reader).ok()?;
        let length = usize::try_from(reader.position()).ok()?;
        let (whole, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Item { tag: der::Tagged::tag(&any), value: any.value(), whole })
    }

    /// The next value, which has that tag.
    pub(super) fn take(&mut self, tag: Tag) -> Option<Item<'a>> {
        let mut ahead = *self;
        let item = ahead.any().filter(|item| item.tag == tag)?;
        *self = ahead;
        Some(item)
    }

    /// The content of the next value, a sequence.
    pub(super) fn sequence(&mut self) -> Option<Walk<'a>> {
        self.take(Tag::Sequence).map(|item| Walk(item.value))
    }

    /// The next value if it has that tag. Another value that is malformed shows when it is read.
    pub(super) fn optional(&mut self, tag: Tag) -> Option<Item<'a>> {
        self.take(tag)
    }

    /// The bytes of the next value, a bit string, and the number of its unused bits.
    pub(super) fn bits(&mut self) -> Option<(&'a [u8], u8)> {
        let (&unused, bytes) = self.take(Tag::BitString)?.value.split_first()?;
        let fits = unused == 0 || (unused < 8 && !bytes.is_empty());
        fits.then_some((bytes, unused))
    }

    /// The arcs of the next value, an object identifier.
    pub(super) fn oid(&mut self) -> Option<Vec<u32>> {
        arcs(self.take(Tag::ObjectIdentifier)?.value)
    }
}

/// A tag of the context, primitive or constructed.
pub(super) const fn context(number: TagNumber, constructed: bool) -> Tag {
    Tag::ContextSpecific { constructed, number }
}

/// The number of a context tag.
pub(super) fn context_number(tag: Tag) -> Option<u8> {
    match tag {
        Tag::ContextSpecific { number, .. } => Some(number.value()),
        _ => None,
    }
}

/// The arcs of an object identifier, each of which fits 31 bits as Go wants it.
pub(super) fn arcs(bytes: &[u8]) -> Option<Vec<u32>> {
    let mut arcs = Vec::new();
    let mut arc: u32 = 0;
    let mut open = false;
    for &byte in bytes {
        if !open && byte == 0x80 {
            return None;
        }
        arc = arc.checked_mul(128)?.checked_add(u32::from(byte & 0x7f))?;
        if i32::try_from(arc).is_err() {
            return None;
        }
        open = byte & 0x80 != 0;
        if !open {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.push(first);
                arcs.push(arc.checked_sub(first.checked_mul(40)?)?);
            } else {
                arcs.push(arc);
            }
            arc = 0;
        }
    }
    (!open && !arcs.is_empty()).then_some(arcs)
}

/// The bytes of a non-negative number without leading zeros.
pub(super) fn unsigned(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.is_empty() || bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        return None;
    }
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    bytes.get(zeros..)
}

/// A number of up to 63 bits.
pub(super) fn small(bytes: &[u8]) -> Option<i64> {
    BigInt::from_signed_bytes_be(bytes.get(..bytes.len().min(9))?)
        .try_into()
        .ok()
        .filter(|_| (1..=8).contains(&bytes.len()))
}

/// A non-negative number of any length that has a use.
pub(super) fn decimal(bytes: &[u8]) -> Option<Value> {
    if bytes.len() > MAX_NUMBER {
        return None;
    }
    Value::from_numeric_string(&BigUint::from_bytes_be(bytes).to_string()).ok()
}
