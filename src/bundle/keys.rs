//! Keys and algorithms of bundle signatures.
//!
//! The key says which algorithms are possible, never the signature: a public key is not taken for a shared secret.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::BundleError;

/// A signature algorithm, by its name in JSON Web Signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the names that the standard gives")]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    ES512,
    EdDSA,
    HS256,
    HS384,
    HS512,
}

use Algorithm as A;

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 13] = [
        A::RS256,
        A::RS384,
        A::RS512,
        A::PS256,
        A::PS384,
        A::PS512,
        A::ES256,
        A::ES384,
        A::ES512,
        A::EdDSA,
        A::HS256,
        A::HS384,
        A::HS512,
    ];

    /// The name in the header of a signature.
    pub fn as_str(self) -> &'static str {
        match self {
            A::RS256 => "RS256",
            A::RS384 => "RS384",
            A::RS512 => "RS512",
            A::PS256 => "PS256",
            A::PS384 => "PS384",
            A::PS512 => "PS512",
            A::ES256 => "ES256",
            A::ES384 => "ES384",
            A::ES512 => "ES512",
            A::EdDSA => "EdDSA",
            A::HS256 => "HS256",
            A::HS384 => "HS384",
            A::HS512 => "HS512",
        }
    }

    /// The algorithm of a name.
    ///
    /// # Errors
    /// When there is none, `none` included.
    pub fn named(name: &str) -> Result<Self, BundleError> {
        Self::ALL.into_iter().find(|a| a.as_str() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.into_iter().map(Self::as_str).collect();
            BundleError::new(format!("unknown signature algorithm `{name}`"))
                .help(crate::suggest::remedy(name, &names))
        })
    }

    fn family(self) -> Family {
        match self {
            A::RS256 | A::RS384 | A::RS512 | A::PS256 | A::PS384 | A::PS512 => Family::Rsa,
            A::ES256 => Family::P256,
            A::ES384 => Family::P384,
            A::ES512 => Family::P521,
            A::EdDSA => Family::Ed25519,
            A::HS256 | A::HS384 | A::HS512 => Family::Secret,
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            A::HS384 => hmac::HMAC_SHA384,
            A::HS512 => hmac::HMAC_SHA512,
            _ => hmac::HMAC_SHA256,
        }
    }
}

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
    Secret,
}

impl Family {
    fn name(self) -> &'static str {
        match self {
            Self::Rsa => "an RSA key",
            Self::P256 => "a key on the curve P-256",
            Self::P384 => "a key on the curve P-384",
            Self::P521 => "a key on the curve P-521",
            Self::Ed25519 => "an Ed25519 key",
            Self::Secret => "a shared secret",
        }
    }

    /// What is signed with where nothing is said.
    fn usual(self) -> Algorithm {
        match self {
            Self::Rsa => A::RS256,
            Self::P256 => A::ES256,
            Self::P384 => A::ES384,
            Self::P521 => A::ES512,
            Self::Ed25519 => A::EdDSA,
            Self::Secret => A::HS256,
        }
    }
}

/// A key that verifies: public, or a shared secret.
#[derive(Clone)]
pub struct VerificationKey {
    family: Family,
    bytes: Vec<u8>,
    only: Option<Algorithm>,
    fingerprint: String,
}

impl std::fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerificationKey").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

impl VerificationKey {
    /// Reads the content of a key file: PEM, or with an `HS` algorithm the secret itself.
    ///
    /// # Errors
    /// When it is no key, a private key, or does not fit the algorithm.
    pub fn read(content: &[u8], algorithm: Option<Algorithm>) -> Result<Self, BundleError> {
        if algorithm.is_some_and(|a| a.family() == Family::Secret) {
            let bytes = secret(content)?;
            // The digest of a short secret would give it away.
            return Ok(Self { family: Family::Secret, bytes, only: algorithm, fingerprint: String::new() });
        }
        let (label, der) = pem(content)?;
        let (family, bytes) = match label.as_str() {
            "PUBLIC KEY" => {
                let (family, key) = public(&der).ok_or_else(|| unreadable("the public key"))?;
                (family, if family == Family::Ed25519 { key } else { der.clone() })
            }
            "RSA PUBLIC KEY" => (Family::Rsa, der.clone()),
            label if label.ends_with("PRIVATE KEY") => {
                return Err(BundleError::new("expected a public key, found a private one")
                    .help("`openssl pkey -in private.pem -pubout -out public.pem` writes the public one"));
            }
            "CERTIFICATE" => {
                return Err(BundleError::new("expected a public key, found a certificate").help(
                    "`openssl x509 -in certificate.pem -noout -pubkey` prints its key: check whose it is first",
                ));
            }
            other => return Err(BundleError::new(format!("expected a public key, found `{other}`"))),
        };
        fits(family, algorithm)?;
        Ok(Self { family, fingerprint: super::digest(&der), bytes, only: algorithm })
    }

    /// `sha256:<hex>` of the public key's DER; empty for a shared secret.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Verifies a signature made by an algorithm that the key allows.
    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        mark: &[u8],
    ) -> Result<(), BundleError> {
        if algorithm.family() != self.family {
            return Err(BundleError::new(format!(
                "the signature is made by {}, the key is {}",
                algorithm.as_str(),
                self.family.name()
            ))
            .help("give the public key of whoever signed the bundle"));
        }
        if let Some(only) = self.only.filter(|only| *only != algorithm) {
            return Err(BundleError::new(format!(
                "the signature is made by {}, {} was asked for",
                algorithm.as_str(),
                only.as_str()
            )));
        }
        let wrong = || {
            BundleError::new("the signature does not match the key")
                .help("the bundle was changed after it was signed, or signed by another key: do not use it")
        };
        let with = |method: &'static dyn signature::VerificationAlgorithm| {
            UnparsedPublicKey::new(method, &self.bytes).verify(message, mark).map_err(|_| wrong())
        };
        match algorithm {
            A::RS256 => with(&signature::RSA_PKCS1_2048_8192_SHA256),
            A::RS384 => with(&signature::RSA_PKCS1_2048_8192_SHA384),
            A::RS512 => with(&signature::RSA_PKCS1_2048_8192_SHA512),
            A::PS256 => with(&signature::RSA_PSS_2048_8192_SHA256),
            A::PS384 => with(&signature::RSA_PSS_2048_8192_SHA384),
            A::PS512 => with(&signature::RSA_PSS_2048_8192_SHA512),
            A::ES256 => with(&signature::ECDSA_P256_SHA256_FIXED),
            A::ES384 => with(&signature::ECDSA_P384_SHA384_FIXED),
            A::ES512 => with(&signature::ECDSA_P521_SHA512_FIXED),
            A::EdDSA => with(&signature::ED25519),
            A::HS256 | A::HS384 | A::HS512 => {
                let key = hmac::Key::new(algorithm.hmac(), &self.bytes);
                hmac::verify(&key, message, mark).map_err(|_| wrong())
            }
        }
    }
}

/// A key that signs.
pub struct SigningKey {
    algorithm: Algorithm,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Secret(Vec<u8>),
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Reads the content of a key file: PEM, or with an `HS` algorithm the secret itself.
    ///
    /// # Errors
    /// When it is no private key, is encrypted, or does not fit the algorithm.
    pub fn read(content: &[u8], algorithm: Option<Algorithm>) -> Result<Self, BundleError> {
        if let Some(algorithm) = algorithm.filter(|a| a.family() == Family::Secret) {
            return Ok(Self { algorithm, pair: Pair::Secret(secret(content)?) });
        }
        let (label, der) = pem(content)?;
        let bad = || unreadable("the private key");
        let (family, pair) = match label.as_str() {
            "PRIVATE KEY" => match private(&der).ok_or_else(bad)? {
                Family::Rsa => (Family::Rsa, Pair::Rsa(RsaKeyPair::from_pkcs8(&der).map_err(|_| bad())?)),
                Family::Ed25519 => (
                    Family::Ed25519,
                    Pair::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| bad())?),
                ),
                curve => (curve, Pair::Ecdsa(ecdsa(curve, &der).ok_or_else(bad)?)),
            },
            "RSA PRIVATE KEY" => (Family::Rsa, Pair::Rsa(RsaKeyPair::from_der(&der).map_err(|_| bad())?)),
            "EC PRIVATE KEY" => [Family::P256, Family::P384, Family::P521]
                .into_iter()
                .find_map(|curve| Some((curve, Pair::Ecdsa(ecdsa(curve, &der)?))))
                .ok_or_else(bad)?,
            "ENCRYPTED PRIVATE KEY" => {
                return Err(BundleError::new("the private key is encrypted").help(
                    "`openssl pkey -in encrypted.pem -out key.pem` decrypts it; keep that file for the signing step only",
                ));
            }
            other => return Err(BundleError::new(format!("expected a private key, found `{other}`"))),
        };
        fits(family, algorithm)?;
        Ok(Self { algorithm: algorithm.unwrap_or(family.usual()), pair })
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Signs.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, BundleError> {
        let failed = || BundleError::new("the key cannot sign").help("an RSA key needs 2048 to 8192 bits");
        match &self.pair {
            Pair::Rsa(pair) => {
                let padding: &'static dyn signature::RsaEncoding = match self.algorithm {
                    A::RS384 => &signature::RSA_PKCS1_SHA384,
                    A::RS512 => &signature::RSA_PKCS1_SHA512,
                    A::PS256 => &signature::RSA_PSS_SHA256,
                    A::PS384 => &signature::RSA_PSS_SHA384,
                    A::PS512 => &signature::RSA_PSS_SHA512,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut mark = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &SystemRandom::new(), message, &mut mark).map_err(|_| failed())?;
                Ok(mark)
            }
            Pair::Ecdsa(pair) => {
                let mark = pair.sign(&SystemRandom::new(), message).map_err(|_| failed())?;
                Ok(mark.as_ref().to_vec())
            }
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::Secret(bytes) => {
                let key = hmac::Key::new(self.algorithm.hmac(), bytes);
                Ok(hmac::sign(&key, message).as_ref().to_vec())
            }
        }
    }

    /// The key that verifies what this one signs.
    ///
    /// # Errors
    /// When the key has no public part.
    pub fn verification_key(&self) -> Result<VerificationKey, BundleError> {
        let der: Result<PublicKeyX509Der<'_>, _> = match &self.pair {
            Pair::Rsa(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
            Pair::Ecdsa(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
            Pair::Ed25519(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
            Pair::Secret(bytes) => return VerificationKey::read(bytes, Some(self.algorithm)),
        };
        let der = der.map_err(|_| unreadable("the public part of the key"))?;
        let text = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(der.as_ref())
        );
        VerificationKey::read(text.as_bytes(), Some(self.algorithm))
    }
}

fn ecdsa(curve: Family, der: &[u8]) -> Option<EcdsaKeyPair> {
    let method = match curve {
        Family::P256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        Family::P384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        Family::P521 => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
        _ => return None,
    };
    EcdsaKeyPair::from_private_key_der(method, der).ok()
}

fn unreadable(what: &str) -> BundleError {
    BundleError::new(format!("{what} cannot be read"))
        .help("expected PEM of an RSA key of 2048 bits or more, a key on P-256, P-384 or P-521, or Ed25519")
}

fn fits(family: Family, algorithm: Option<Algorithm>) -> Result<(), BundleError> {
    match algorithm.filter(|a| a.family() != family) {
        Some(algorithm) => Err(BundleError::new(format!(
            "{} needs {}, found {}",
            algorithm.as_str(),
            algorithm.family().name(),
            family.name()
        ))
        .help(format!("use `{}`, or another key", family.usual().as_str()))),
        None => Ok(()),
    }
}

/// A shared secret: the file's bytes as they are, as OPA has it.
fn secret(content: &[u8]) -> Result<Vec<u8>, BundleError> {
    if content.iter().all(u8::is_ascii_whitespace) {
        return Err(BundleError::new("the secret is empty"));
    }
    // Else whoever has the public key could sign with it.
    if content.windows(11).any(|window| window == b"-----BEGIN ") {
        return Err(BundleError::new("a key in PEM is no shared secret")
            .help("use the algorithm of the key, or a file that holds the secret alone"));
    }
    Ok(content.to_vec())
}

/// The first PEM block.
fn pem(content: &[u8]) -> Result<(String, Vec<u8>), BundleError> {
    let none = || {
        BundleError::new("expected a key in PEM, found none")
            .help("a PEM file begins with `-----BEGIN`; for a shared secret say `HS256` as the algorithm")
    };
    let text = std::str::from_utf8(content).map_err(|_| none())?;
    let (_, rest) = text.split_once("-----BEGIN ").ok_or_else(none)?;
    let (label, rest) = rest.split_once("-----").ok_or_else(none)?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----")).ok_or_else(none)?;
    let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    let der = STANDARD.decode(body).map_err(|_| unreadable("the key's base64"))?;
    // What OpenSSL writes before a key on a curve: the curve alone.
    if label == "EC PARAMETERS" {
        let (_, next) = text.split_once("-----END EC PARAMETERS-----").ok_or_else(none)?;
        return pem(next.as_bytes());
    }
    Ok((label.to_owned(), der))
}

/// One DER value: its tag, its content, and what follows.
fn der(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 {
            return None;
        }
        let (digits, rest) = rest.split_at_checked(count)?;
        (digits.iter().fold(0_usize, |n, d| (n << 8) | usize::from(*d)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

const SEQUENCE: u8 = 0x30;
const OBJECT_ID: u8 = 0x06;
const BIT_STRING: u8 = 0x03;
const INTEGER: u8 = 0x02;

/// The kind of key that an algorithm identifier names.
fn family(identifier: &[u8]) -> Option<Family> {
    let (OBJECT_ID, id, parameters) = der(identifier)? else { return None };
    match id {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01] => Some(Family::Rsa),
        [0x2b, 0x65, 0x70] => Some(Family::Ed25519),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] => match der(parameters)? {
            (OBJECT_ID, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], _) => Some(Family::P256),
            (OBJECT_ID, [0x2b, 0x81, 0x04, 0x00, 0x22], _) => Some(Family::P384),
            (OBJECT_ID, [0x2b, 0x81, 0x04, 0x00, 0x23], _) => Some(Family::P521),
            _ => None,
        },
        _ => None,
    }
}

/// The kind of a public key, and the bits of the key itself.
fn public(bytes: &[u8]) -> Option<(Family, Vec<u8>)> {
    let (SEQUENCE, content, _) = der(bytes)? else { return None };
    let (SEQUENCE, identifier, rest) = der(content)? else { return None };
    let (BIT_STRING, bits, _) = der(rest)? else { return None };
    Some((family(identifier)?, bits.get(1..)?.to_vec()))
}

/// The kind of a private key in PKCS #8.
fn private(bytes: &[u8]) -> Option<Family> {
    let (SEQUENCE, content, _) = der(bytes)? else { return None };
    let (INTEGER, _, rest) = der(content)? else { return None };
    let (SEQUENCE, identifier, _) = der(rest)? else { return None };
    family(identifier)
}
