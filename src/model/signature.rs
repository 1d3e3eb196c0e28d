//! Signatures and attestations: what was verified, by which steps, and what was not.
//!
//! Plain data. A [`Signature`] exists only where every step that applies passed; what failed is a [`Rejected`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One step of a verification.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// The file or manifest could be read as what it claims to be.
    Format,
    /// The signature over the bytes, or over the DSSE pre-authentication encoding.
    Signature,
    /// Certificate up to a root, each valid at the time of signing, made for code signing.
    CertificateChain,
    /// Whose key or certificate it is: what the authority asks for.
    Identity,
    /// Signed certificate timestamp of a certificate log.
    Sct,
    /// Entry of a transparency log: promise, inclusion proof, checkpoint, and that it is of this signature.
    LogInclusion,
    /// A time that a log or a timestamp authority vouches for.
    Timestamp,
    /// The signature speaks of this artifact.
    SubjectDigest,
    /// Type and content of the statement.
    Predicate,
}

impl StepName {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Format,
        Self::Signature,
        Self::CertificateChain,
        Self::Identity,
        Self::Sct,
        Self::LogInclusion,
        Self::Timestamp,
        Self::SubjectDigest,
        Self::Predicate,
    ];

    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Signature => "signature",
            Self::CertificateChain => "certificate chain",
            Self::Identity => "identity",
            Self::Sct => "certificate log (SCT)",
            Self::LogInclusion => "transparency log",
            Self::Timestamp => "timestamp",
            Self::SubjectDigest => "subject digest",
            Self::Predicate => "predicate",
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Checked and in order.
    Pass,
    /// Checked and not in order.
    Fail,
    /// It does not apply to this form, or the authority does without it; `why` says which.
    NotApplicable,
    /// Not reached, because a step before it failed.
    NotReached,
}

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Step {
    /// The step.
    pub name: StepName,
    /// How it ended.
    pub status: StepStatus,
    /// What was found, or why it failed or does not apply.
    pub why: String,
}

/// Where signature material was found.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureSource {
    /// A Sigstore bundle in a file.
    Bundle,
    /// A signature in a file of its own.
    Detached,
    /// The tag `sha256-<hex>.sig` of Cosign.
    OciSigTag,
    /// The tag `sha256-<hex>.att` of Cosign.
    OciAttTag,
    /// A referrer of the image: the API, or its fallback tag.
    OciReferrer,
    /// A DSSE envelope in a file.
    Envelope,
}

/// With what somebody signed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SignatureMode {
    /// A key of the configuration.
    Key,
    /// A certificate of a certificate authority that binds an identity.
    Keyless,
    /// An OpenPGP key of the configured keyring.
    Gpg,
}

/// A subject: a name, which may be empty, and its digests by algorithm, in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SignedSubject {
    /// Name, or empty.
    #[serde(default)]
    pub name: String,
    /// Digests by algorithm: `sha256`, `sha512`, ...
    pub digest: BTreeMap<String, String>,
}

/// A verified signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Signature {
    /// What was signed.
    pub subject: SignedSubject,
    /// Where it was found.
    pub source: SignatureSource,
    /// File, or reference and digest, of the material.
    pub name: String,
    /// The authority of the configuration that it satisfies.
    pub authority: String,
    /// With what it was made.
    pub mode: SignatureMode,
    /// `sha256:<hex>` of the public key (DER); for OpenPGP the fingerprint.
    pub key_id: String,
    /// Identity in the certificate, or the user of an OpenPGP key; empty for plain keys.
    pub identity: String,
    /// `uri`, `email` or `other`; empty where there is no certificate.
    pub san_type: String,
    /// Issuer of the identity; empty where there is no certificate.
    pub issuer: String,
    /// Claims of the certificate: `source_repository_uri`, `source_repository_ref`, `runner_environment`, ...
    pub claims: BTreeMap<String, String>,
    /// Whether a transparency log had to have it: false only by `transparency: none` of the authority.
    pub transparency: bool,
    /// Index in the log, or null.
    pub log_index: Option<i64>,
    /// Whether a certificate log's timestamp was verified.
    pub sct: bool,
    /// Times that were verified, RFC 3339.
    pub timestamps: Vec<SignedTime>,
    /// `sha256:<hex>` of the trust root, or empty where none was needed.
    pub trust_root: String,
    /// Annotations that were signed with it.
    pub annotations: BTreeMap<String, String>,
    /// The checklist.
    pub steps: Vec<Step>,
}

/// A verified time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SignedTime {
    /// RFC 3339.
    pub time: String,
    /// `rekor` or `tsa`.
    pub source: String,
}

/// A verified attestation: an in-toto statement in a verified envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Attestation {
    /// The signature of its envelope.
    pub signature: Signature,
    /// `_type` of the statement.
    pub statement_type: String,
    /// `predicateType` of the statement.
    pub predicate_type: String,
    /// All subjects of the statement; one of them is the artifact.
    pub subjects: Vec<SignedSubject>,
    /// The predicate as it was signed.
    pub predicate: serde_json::Value,
    /// For SLSA provenance of a known version.
    pub slsa: Option<Provenance>,
}

/// What SLSA provenance says, in one shape for its versions. Only as true as its signer: fields of `certificate` in
/// the signature's claims were vouched for by the certificate authority, these here were written by the builder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Provenance {
    /// `0.2` or `1`.
    pub version: String,
    /// `builder.id`.
    pub builder_id: String,
    /// Build type.
    pub build_type: String,
    /// Repository that was built; empty where not said.
    pub source_uri: String,
    /// Ref that was built; empty where not said.
    pub source_ref: String,
    /// Commit that was built; empty where not said.
    pub source_digest: String,
    /// Whether source and ref agree with the certificate; null where the certificate or the statement says nothing.
    pub matches_certificate: Option<bool>,
}

/// Something that claims to be a signature or an attestation and was not verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Rejected {
    /// Where it was found.
    pub source: SignatureSource,
    /// File, or reference and digest, of the material.
    pub name: String,
    /// The authority that it was tried for.
    pub authority: String,
    /// The step that failed.
    pub step: StepName,
    /// Why, with what to do.
    pub reason: String,
    /// The type that an unverified statement claims; empty where it is none. Not to be relied upon.
    pub claimed_predicate_type: String,
    /// The checklist.
    pub steps: Vec<Step>,
}

/// One demand of the configuration, and whether it is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Requirement {
    /// For people: `signature by any of release-key, ci`.
    pub description: String,
    /// `signature` or the predicate type.
    pub what: String,
    /// The authorities that it names.
    pub authorities: Vec<String>,
    /// Distinct identities that it needs.
    pub needed: u64,
    /// Distinct identities that were verified: keys, certificate identities, fingerprints.
    pub identities: Vec<String>,
    /// Whether it is met.
    pub met: bool,
    /// Why not; empty where it is met.
    pub reason: String,
}

/// The artifact whose signatures were looked at, and all that was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Verified {
    /// As it was named; empty where no artifact was named.
    pub artifact: String,
    /// `sha256:<hex>` that it was resolved to, once.
    pub digest: String,
    /// Verified signatures.
    pub signatures: Vec<Signature>,
    /// Verified attestations.
    pub attestations: Vec<Attestation>,
    /// What was not verified.
    pub rejected: Vec<Rejected>,
    /// What the configuration demands.
    pub requirements: Vec<Requirement>,
}
