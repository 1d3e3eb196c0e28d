//! The algorithms of signatures.
//!
//! An algorithm only ever meets a key of its own kind: a public key is no secret, and a secret no public key.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA384, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};

use super::super::x509::{Curve, PublicKey};
use super::key::Key;

/// An algorithm by the name it has in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    EdDsa,
    Hs256,
    Hs384,
    Hs512,
}

impl Algorithm {
    /// The algorithm of a name. `none` is no algorithm.
    pub(super) fn named(name: &str) -> Option<Algorithm> {
        Some(match name {
            "RS256" => Algorithm::Rs256,
            "RS384" => Algorithm::Rs384,
            "RS512" => Algorithm::Rs512,
            "PS256" => Algorithm::Ps256,
            "PS384" => Algorithm::Ps384,
            "PS512" => Algorithm::Ps512,
            "ES256" => Algorithm::Es256,
            "ES384" => Algorithm::Es384,
            "ES512" => Algorithm::Es512,
            "EdDSA" => Algorithm::EdDsa,
            "HS256" => Algorithm::Hs256,
            "HS384" => Algorithm::Hs384,
            "HS512" => Algorithm::Hs512,
            _ => return None,
        })
    }

    fn rsa(self) -> Option<&'static RsaParameters> {
        Some(match self {
            // OPA takes keys from 1,024 bits.
            Algorithm::Rs256 => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
            Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
            Algorithm::Rs512 => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
            Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Algorithm::Ps384 => &RSA_PSS_2048_8192_SHA384,
            Algorithm::Ps512 => &RSA_PSS_2048_8192_SHA512,
            _ => return None,
        })
    }

    fn curve(self) -> Option<(Curve, &'static dyn VerificationAlgorithm)> {
        Some(match self {
            Algorithm::Es256 => (Curve::P256, &ECDSA_P256_SHA256_FIXED),
            Algorithm::Es384 => (Curve::P384, &ECDSA_P384_SHA384_FIXED),
            Algorithm::Es512 => (Curve::P521, &ECDSA_P521_SHA512_FIXED),
            _ => return None,
        })
    }
}

/// Whether a signature holds with a key of the verification keys.
pub(super) fn verify(algorithm: Algorithm, key: &Key, signed: &str, signature: &[u8]) -> bool {
    match key {
        Key::Secret(secret) => verify_secret(algorithm, secret, signed, signature),
        Key::Public(_) | Key::Private => verify_asymmetric(algorithm, key, signed, signature),
    }
}

/// Whether a signature holds with a public key of the kind that the algorithm is for.
pub(super) fn verify_asymmetric(algorithm: Algorithm, key: &Key, signed: &str, signature: &[u8]) -> bool {
    let Key::Public(key) = key else { return false };
    let signed = signed.as_bytes();
    match key {
        PublicKey::Rsa { n, e } => algorithm.rsa().is_some_and(|parameters| {
            let key = RsaPublicKeyComponents { n, e };
            key.verify(parameters, signed, signature).is_ok()
        }),
        PublicKey::Ec { curve, point } => algorithm.curve().is_some_and(|(wanted, algorithm)| {
            let key = UnparsedPublicKey::new(algorithm, point);
            wanted == *curve && key.verify(signed, signature).is_ok()
        }),
        PublicKey::Ed25519(bytes) => {
            let key = UnparsedPublicKey::new(&ED25519, bytes);
            algorithm == Algorithm::EdDsa && key.verify(signed, signature).is_ok()
        }
        PublicKey::Dsa(_) | PublicKey::Other => false,
    }
}

/// Whether a signature holds with a shared secret, in constant time.
pub(super) fn verify_secret(algorithm: Algorithm, secret: &[u8], signed: &str, signature: &[u8]) -> bool {
    mac(algorithm, secret, signed)
        .is_some_and(|mac| aws_lc_rs::constant_time::verify_slices_are_equal(&mac, signature).is_ok())
}

/// The code of a text under a shared secret; nothing where the algorithm is for other keys.
pub(super) fn mac(algorithm: Algorithm, secret: &[u8], signed: &str) -> Option<Vec<u8>> {
    fn code<M: Mac + KeyInit>(secret: &[u8], signed: &str) -> Option<Vec<u8>> {
        let mut mac = <M as KeyInit>::new_from_slice(secret).ok()?;
        mac.update(signed.as_bytes());
        Some(mac.finalize().into_bytes().to_vec())
    }
    match algorithm {
        Algorithm::Hs256 => code::<Hmac<Sha256>>(secret, signed),
        Algorithm::Hs384 => code::<Hmac<Sha384>>(secret, signed),
        Algorithm::Hs512 => code::<Hmac<Sha512>>(secret, signed),
        _ => None,
    }
}
