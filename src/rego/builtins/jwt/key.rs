//! Keys to verify tokens with: a certificate or a key in PEM, a JSON Web Key, or a set of them.
//!
//! A private key is not used, not even for the public half that it holds.

use regorus::Value;

use super::super::operand::{Fallible, field, text};
use super::super::x509::{Certificate, Curve, PublicKey};
use super::super::{encoding, pem};
use super::signature::Algorithm;

/// Keys in a set.
const MAX_KEYS: usize = 1024;

/// A key and what its set says about it.
pub(super) struct VerificationKey {
    /// The algorithm it is for; empty where that is not said.
    pub(super) alg: String,
    /// Its name; empty where it has none.
    pub(super) kid: String,
    /// The key.
    pub(super) key: Key,
}

/// A key of any kind.
pub(super) enum Key {
    Public(PublicKey),
    Secret(Vec<u8>),
    Private,
}

/// The first key of that name. Keys without a name have none in common.
pub(super) fn by_id<'a>(keys: &'a [VerificationKey], id: &str) -> Option<&'a VerificationKey> {
    keys.iter().find(|key| !id.is_empty() && key.kid == id)
}

/// The keys of a text.
pub(super) fn read(source: &str) -> Fallible<Vec<VerificationKey>> {
    let Some((block, rest)) = pem::next(source) else {
        return set(source).map_err(|error| format!("failed to parse a JWK key (set): {error}"));
    };
    if !rest.is_empty() {
        return Err("extra data after a PEM certificate block".to_owned());
    }
    let key = match block.label.as_str() {
        "CERTIFICATE" => Certificate::read(&block.bytes)
            .map(|certificate| certificate.key)
            .map_err(|error| format!("failed to parse a PEM certificate: {error}"))?,
        "PUBLIC KEY" => PublicKey::read(&block.bytes)
            .map_err(|error| format!("failed to parse a PEM public key: {error}"))?,
        _ => return Err("failed to extract a Key from the PEM certificate".to_owned()),
    };
    Ok(vec![VerificationKey { alg: String::new(), kid: String::new(), key: Key::Public(key) }])
}

/// The keys of a set in JSON, or the one key.
pub(super) fn set(source: &str) -> Fallible<Vec<VerificationKey>> {
    let value = Value::from_json_str(source).map_err(|error| error.to_string())?;
    let keys = match field(&value, "keys") {
        Some(Value::Array(keys)) => keys.iter().take(MAX_KEYS).map(one).collect(),
        Some(_) => Err("`keys` must be a list".to_owned()),
        None => one(&value).map(|key| vec![key]),
    }?;
    let usable = |key: &VerificationKey| key.alg.is_empty() || Algorithm::named(&key.alg).is_some();
    Ok(keys.into_iter().filter(usable).collect())
}

fn one(value: &Value) -> Fallible<VerificationKey> {
    let optional = |name: &str| match field(value, name) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.to_string()),
        Some(_) => Err(format!("`{name}` must be a string")),
    };
    let part = |name: &str| {
        let text = text(value, name).ok_or_else(|| format!("`{name}` is missing"))?;
        encoding::url_safe(text).map_err(|error| format!("`{name}`: {error}"))
    };
    let kind = text(value, "kty").ok_or("`kty` is missing")?;
    let curve = || text(value, "crv").ok_or("`crv` is missing");
    let key = match kind {
        "oct" => Key::Secret(part("k")?),
        _ if field(value, "d").is_some() => Key::Private,
        "RSA" => Key::Public(PublicKey::Rsa { n: trimmed(part("n")?)?, e: trimmed(part("e")?)? }),
        "EC" => {
            let curve = match curve()? {
                "P-256" => Curve::P256,
                "P-384" => Curve::P384,
                "P-521" => Curve::P521,
                other => return Err(format!("curve `{other}` is not supported")),
            };
            let mut point = vec![4];
            for coordinate in ["x", "y"] {
                let bytes = trimmed(part(coordinate)?)?;
                let missing = curve.size().checked_sub(bytes.len());
                let missing = missing.ok_or_else(|| format!("`{coordinate}` is too long"))?;
                point.extend(std::iter::repeat_n(0, missing));
                point.extend(bytes);
            }
            Key::Public(PublicKey::Ec { curve, point })
        }
        "OKP" => match curve()? {
            "Ed25519" => {
                let bytes = part("x")?;
                if bytes.len() != 32 {
                    return Err("`x` must have 32 bytes".to_owned());
                }
                Key::Public(PublicKey::Ed25519(bytes))
            }
            "X25519" => Key::Public(PublicKey::Other),
            other => return Err(format!("curve `{other}` is not supported")),
        },
        other => return Err(format!("key type `{other}` is not supported")),
    };
    Ok(VerificationKey { alg: optional("alg")?, kid: optional("kid")?, key })
}

/// A number without leading zeros.
fn trimmed(bytes: Vec<u8>) -> Fallible<Vec<u8>> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let number = bytes.get(zeros..).unwrap_or_default();
    if number.is_empty() { Err("a number is zero".to_owned()) } else { Ok(number.to_vec()) }
}
