//! Signatures and attestations: what is believed of an artifact, by whom it is vouched for, and why not.
//!
//! ```text
//! material (bytes, not believed) + artifact (digest) + authority -> checklist -> Signature | Attestation | Rejected
//! ```
//!
//! It never opens a file or a connection and never looks at a clock: bytes, roots and time are passed in. Every check
//! has to pass; nothing falls back to a weaker one.

mod authority;
mod material;

pub use authority::{Authority, Matcher, Signer};
pub use material::{Content, Material};

/// Logs, certificate authorities and timestamp authorities to believe.
#[derive(Debug)]
pub struct TrustRoot;

/// What is to be verified.
#[derive(Clone, Debug)]
pub struct Artifact<'a> {
    /// Name for messages.
    pub name: &'a str,
    /// `sha256:<hex>`.
    pub digest: &'a str,
    /// All of its bytes, where it is a file: needed for signatures that are not over a digest (Ed25519, OpenPGP).
    pub bytes: Option<&'a [u8]>,
}
