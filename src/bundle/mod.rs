//! OPA bundles: read, built, signed, verified, and moved through OCI registries.
//!
//! ```text
//! bytes -> archive (untrusted: limits, names) -> signature (before anything is parsed further)
//!       -> content (manifest, modules, data, roots) -> policy sources
//! ```
//!
//! A bundle is what OPA 1.x reads and writes: `.tar.gz` with `.manifest`, `*.rego`, `data.json` or `data.yaml` at any
//! depth, and `.signatures.json`. WebAssembly and plans in it are left alone. Nothing here evaluates policies, and
//! nothing falls back: a bundle that breaks a rule is an error, never a smaller bundle.

mod archive;
mod content;
mod error;
mod folder;
mod inspect;
mod keys;
mod manifest;
mod node;
#[cfg(feature = "oci")]
pub mod oci;
mod signature;

pub use crate::digest::of as digest;
pub use archive::{ArchiveLimits, Files, member_name, pack, unpack};
pub use content::{Bundle, Module};
pub use error::BundleError;
pub use folder::{Selection, read_paths};
pub use inspect::{Inspected, inspect};
pub use keys::{Algorithm, SigningKey, VerificationKey};
pub use manifest::Manifest;
pub use signature::{Claims, Expected, Signed, is_signed, peek, sign, verify};

/// The manifest's name.
pub const MANIFEST: &str = ".manifest";
/// The name of the file with signatures.
pub const SIGNATURES: &str = ".signatures.json";

/// A digest in canonical spelling.
///
/// # Errors
/// When it is no SHA-256 digest.
pub fn normalise_digest(text: &str) -> Result<String, BundleError> {
    let lower = text.trim().to_ascii_lowercase();
    let hex = lower.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(lower);
    }
    Err(BundleError::new(format!("`{text}` is no digest"))
        .help("write `sha256:` and 64 hexadecimal digits; `gate bundle inspect` prints it"))
}
