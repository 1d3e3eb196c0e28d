//! Signature material as it was found: bytes with their origin, not yet believed.

use std::collections::BTreeMap;

use crate::model::SignatureSource;

/// Something that claims to sign an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material {
    /// Where it was found.
    pub source: SignatureSource,
    /// File, or reference and digest, for messages.
    pub name: String,
    /// The bytes.
    pub content: Content,
}

/// The forms of signature material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file whose form its content tells: Sigstore bundle v0.1 to v0.3, Cosign's older bundle, DSSE envelope, OpenPGP
    /// signature, or a bare signature.
    Unknown(Vec<u8>),
    /// A Sigstore bundle, v0.1 to v0.3, as JSON.
    Bundle(Vec<u8>),
    /// A layer of a `.sig` manifest: the simple signing payload that was signed, and the layer's annotations
    /// (`dev.cosignproject.cosign/signature`, `dev.sigstore.cosign/certificate`, `.../chain`, `.../bundle`,
    /// `.../rfc3161timestamp`).
    SimpleSigning {
        /// The layer's bytes.
        payload: Vec<u8>,
        /// The layer's annotations.
        annotations: BTreeMap<String, String>,
    },
    /// A DSSE envelope as JSON: a layer of an `.att` manifest with its annotations, or a file without.
    Envelope {
        /// The envelope's bytes.
        envelope: Vec<u8>,
        /// The layer's annotations.
        annotations: BTreeMap<String, String>,
    },
    /// A bare signature over the artifact, raw or in base64, with what was given beside it.
    Detached {
        /// The signature.
        signature: Vec<u8>,
        /// Signing certificate in PEM.
        certificate: Option<Vec<u8>>,
        /// Certificates up to the root, in PEM.
        chain: Option<Vec<u8>>,
    },
    /// An OpenPGP signature, binary or armored.
    OpenPgp(Vec<u8>),
}
