//! Public keys, as certificates and PEM files hold them.
//!
//! A private key is never read here.

use der::Tag;
use regorus::Value;

use super::super::operand::{Fallible, record};
use super::asn1::{Walk, decimal, unsigned};
use super::base64;

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum PublicKey {
    /// RSA: the modulus and the exponent, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// A point on a curve, uncompressed.
    Ec { curve: Curve, point: Vec<u8> },
    /// Ed25519.
    Ed25519(Vec<u8>),
    /// Numbers p, q, g and y.
    Dsa(Vec<Vec<u8>>),
    /// A key of a kind that verifies nothing here.
    Other,
}

/// A curve of ECDSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Curve {
    /// 224 bits: read, but nothing is verified with it.
    P224,
    /// 256 bits.
    P256,
    /// 384 bits.
    P384,
    /// 521 bits.
    P521,
}

impl Curve {
    /// Bytes of a coordinate.
    pub(in super::super) fn size(self) -> usize {
        match self {
            Curve::P224 => 28,
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }
}

const RSA: &[u32] = &[1, 2, 840, 113549, 1, 1, 1];
const DSA: &[u32] = &[1, 2, 840, 10040, 4, 1];
const EC: &[u32] = &[1, 2, 840, 10045, 2, 1];
const ED25519: &[u32] = &[1, 3, 101, 112];

impl PublicKey {
    /// The key in a `SubjectPublicKeyInfo`.
    pub(in super::super) fn read(der: &[u8]) -> Fallible<PublicKey> {
        let malformed = || "x509: malformed public key".to_owned();
        let mut outer = Walk(der);
        let mut info = outer.sequence().filter(|_| outer.is_empty()).ok_or_else(malformed)?;
        let mut algorithm = info.sequence().ok_or_else(malformed)?;
        let oid = algorithm.oid().ok_or_else(malformed)?;
        let (bytes, unused) = info.bits().ok_or_else(malformed)?;
        if unused != 0 {
            return Err(malformed());
        }
        match oid.as_slice() {
            RSA => rsa(algorithm, bytes).ok_or_else(|| "x509: invalid RSA public key".to_owned()),
            EC => ec(algorithm, bytes).ok_or_else(|| "x509: unsupported elliptic curve".to_owned()),
            DSA => dsa(algorithm, bytes).ok_or_else(|| "x509: invalid DSA public key".to_owned()),
            ED25519 if algorithm.is_empty() && bytes.len() == 32 => Ok(PublicKey::Ed25519(bytes.to_vec())),
            ED25519 => Err("x509: wrong Ed25519 public key".to_owned()),
            _ => Ok(PublicKey::Other),
        }
    }

    /// Go's number of the kind of key.
    pub(super) fn algorithm(&self) -> u32 {
        match self {
            PublicKey::Other => 0,
            PublicKey::Rsa { .. } => 1,
            PublicKey::Dsa(_) => 2,
            PublicKey::Ec { .. } => 3,
            PublicKey::Ed25519(_) => 4,
        }
    }

    /// The key as Go's JSON has it.
    pub(super) fn json(&self) -> Fallible<Value> {
        let number =
            |bytes: &[u8]| decimal(bytes).ok_or_else(|| "x509: public key has too long a number".to_owned());
        Ok(match self {
            PublicKey::Other => Value::Null,
            PublicKey::Rsa { n, e } => record([("N", number(n)?), ("E", number(e)?)]),
            PublicKey::Ed25519(bytes) => base64(bytes),
            PublicKey::Ec { curve, point } => {
                let halves = point.split_first().and_then(|(_, xy)| xy.split_at_checked(curve.size()));
                let (x, y) = halves.unwrap_or_default();
                record([("Curve", Value::new_object()), ("X", number(x)?), ("Y", number(y)?)])
            }
            PublicKey::Dsa(numbers) => {
                let mut fields = Vec::new();
                for (name, bytes) in ["P", "Q", "G", "Y"].into_iter().zip(numbers) {
                    fields.push((name, number(bytes)?));
                }
                record(fields)
            }
        })
    }
}

fn rsa(mut parameters: Walk<'_>, bytes: &[u8]) -> Option<PublicKey> {
    parameters.take(Tag::Null)?;
    let mut outer = Walk(bytes);
    let mut numbers = outer.sequence().filter(|_| outer.is_empty())?;
    let n = unsigned(numbers.take(Tag::Integer)?.value)?;
    let e = unsigned(numbers.take(Tag::Integer)?.value)?;
    let sound = !n.is_empty() && !e.is_empty() && e.len() <= 4;
    sound.then(|| PublicKey::Rsa { n: n.to_vec(), e: e.to_vec() })
}

fn ec(mut parameters: Walk<'_>, bytes: &[u8]) -> Option<PublicKey> {
    let curve = match parameters.oid()?.as_slice() {
        [1, 3, 132, 0, 33] => Curve::P224,
        [1, 2, 840, 10045, 3, 1, 7] => Curve::P256,
        [1, 3, 132, 0, 34] => Curve::P384,
        [1, 3, 132, 0, 35] => Curve::P521,
        _ => return None,
    };
    let length = curve.size().checked_mul(2)?.checked_add(1)?;
    let uncompressed = bytes.first() == Some(&4) && bytes.len() == length;
    uncompressed.then(|| PublicKey::Ec { curve, point: bytes.to_vec() })
}

fn dsa(mut parameters: Walk<'_>, bytes: &[u8]) -> Option<PublicKey> {
    let mut numbers = Vec::new();
    let mut group = parameters.sequence()?;
    for _ in 0..3 {
        numbers.push(unsigned(group.take(Tag::Integer)?.value)?.to_vec());
    }
    numbers.push(unsigned(Walk(bytes).take(Tag::Integer)?.value)?.to_vec());
    numbers.iter().all(|number| !number.is_empty()).then_some(PublicKey::Dsa(numbers))
}
