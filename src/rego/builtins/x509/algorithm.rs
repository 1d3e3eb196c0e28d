//! Go's numbers of the ways to sign.

use der::{Tag, TagNumber};

use super::super::operand::Fallible;
use super::asn1::{Walk, context, small};

const RSA: &[u32] = &[1, 2, 840, 113549, 1, 1];
const PSS_HASHES: [(&[u32], u32, i64); 3] = [
    (&[2, 16, 840, 1, 101, 3, 4, 2, 1], 13, 32),
    (&[2, 16, 840, 1, 101, 3, 4, 2, 2], 14, 48),
    (&[2, 16, 840, 1, 101, 3, 4, 2, 3], 15, 64),
];

/// The number of an algorithm from the content of its identifier; 0 for one that Go does not know.
pub(super) fn number(content: &[u8]) -> Fallible<u32> {
    let mut walk = Walk(content);
    let oid = walk.oid().ok_or("x509: malformed OID")?;
    Ok(match oid.as_slice() {
        [.., 2] if oid.starts_with(RSA) && oid.len() == 7 => 1,
        [.., 4] if oid.starts_with(RSA) && oid.len() == 7 => 2,
        [.., 5] if oid.starts_with(RSA) && oid.len() == 7 => 3,
        [1, 3, 14, 3, 2, 29] => 3,
        [.., 11] if oid.starts_with(RSA) && oid.len() == 7 => 4,
        [.., 12] if oid.starts_with(RSA) && oid.len() == 7 => 5,
        [.., 13] if oid.starts_with(RSA) && oid.len() == 7 => 6,
        [1, 2, 840, 10040, 4, 3] => 7,
        [2, 16, 840, 1, 101, 3, 4, 3, 2] => 8,
        [1, 2, 840, 10045, 4, 1] => 9,
        [1, 2, 840, 10045, 4, 3, 2] => 10,
        [1, 2, 840, 10045, 4, 3, 3] => 11,
        [1, 2, 840, 10045, 4, 3, 4] => 12,
        [.., 10] if oid.starts_with(RSA) && oid.len() == 7 => pss(walk).unwrap_or(0),
        [1, 3, 101, 112] if walk.is_empty() => 16,
        _ => 0,
    })
}

/// The number of RSA-PSS with the parameters that Go knows: one hash for all, and salt of its length.
fn pss(mut walk: Walk<'_>) -> Option<u32> {
    let mut parameters = walk.sequence()?;
    let mut part = |number| parameters.optional(context(number, true)).map(|item| Walk(item.value));
    let hash = part(TagNumber::N0)?.sequence()?.oid()?;
    let mut mask = part(TagNumber::N1)?.sequence()?;
    let generator = mask.oid()?;
    let mask_hash = mask.sequence()?.oid()?;
    let salt = small(part(TagNumber::N2)?.take(Tag::Integer)?.value)?;
    if generator != [1, 2, 840, 113549, 1, 1, 8] || mask_hash != hash {
        return None;
    }
    let found = PSS_HASHES.iter().find(|(oid, _, length)| *oid == hash && *length == salt)?;
    Some(found.1)
}
