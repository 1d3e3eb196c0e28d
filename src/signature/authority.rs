//! Whom the team trusts, ready to be asked: keys and roots are loaded, expressions compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::TrustRoot;

/// A signer that the configuration names.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Name in the configuration.
    pub name: String,
    /// How it is known.
    pub signer: Signer,
    /// Whether a transparency log must have the signature. False only where the configuration says
    /// `transparency: none`.
    pub transparency: bool,
    /// Logs, certificate authorities and timestamp authorities to believe; needed for keyless signers, and for keys
    /// unless `transparency` is false.
    pub root: Option<Arc<TrustRoot>>,
}

/// How a signer is known.
#[derive(Clone, Debug)]
pub enum Signer {
    /// A public key.
    Key {
        /// `SubjectPublicKeyInfo`, DER.
        spki: Vec<u8>,
        /// Signature scheme other than the key's usual one, such as `ecdsa-p384-sha256`.
        scheme: Option<String>,
    },
    /// A certificate that binds an identity.
    Keyless {
        /// Identity: the subject alternative name.
        identity: Matcher,
        /// Issuer of the identity.
        issuer: Matcher,
        /// Further claims of the certificate that must hold, by their names in reports.
        claims: BTreeMap<String, Matcher>,
        /// Whether a certificate log's timestamp must be in the certificate; false only for instances without such a
        /// log.
        sct: bool,
    },
    /// OpenPGP keys.
    Gpg {
        /// The keyring, binary or armored.
        keyring: Vec<u8>,
        /// Fingerprints that count, in upper-case hexadecimal; all keys of the ring where empty.
        fingerprints: Vec<String>,
    },
}

/// A text to match.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// This text.
    Exact(String),
    /// A regular expression that must match the whole text: compiled as `^(?:...)$`.
    Pattern(regex::Regex),
}

impl Matcher {
    /// Whether it matches.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(wanted) => !wanted.is_empty() && wanted == text,
            Self::Pattern(pattern) => pattern.is_match(text),
        }
    }
}
