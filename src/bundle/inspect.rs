//! What a bundle holds, for people and programs. It states what a signature says; only `verify` believes it.

use serde::Serialize;
use serde_json::Value;

use super::{Bundle, BundleError, Files};

/// What a bundle holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspected {
    /// `sha256:<hex>` of the archive; empty for a folder.
    pub digest: String,
    /// Size of the archive in bytes; 0 for a folder.
    pub bytes: u64,
    /// Its version, in its maker's words.
    pub revision: String,
    /// The paths below `data` that it owns.
    pub roots: Vec<String>,
    /// 0 or 1; null where it does not say.
    pub rego_version: Option<u8>,
    /// What else its maker says.
    pub metadata: Value,
    /// Its modules.
    pub modules: Vec<InspectedModule>,
    /// The first two levels of its data.
    pub data: Vec<String>,
    /// What its signature says of itself, unverified; null where there is none.
    pub signature: Option<InspectedSignature>,
    /// What was met and not used.
    pub notes: Vec<String>,
}

/// One module.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InspectedModule {
    /// Its name in the bundle.
    pub path: String,
    /// Its package.
    pub package: String,
    /// 0 or 1.
    pub rego_version: u8,
    /// Its rules.
    pub rules: Vec<String>,
}

/// What a signature says of itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InspectedSignature {
    /// `ES256`, ...
    pub algorithm: String,
    /// Name of the key; may be empty.
    pub key_id: String,
    /// What the bundle is meant for; may be empty.
    pub scope: String,
    /// How many files it covers.
    pub files: usize,
    /// Always false: `gate bundle verify` verifies.
    pub verified: bool,
}

/// Looks into the members of a bundle; `archive` are its bytes, where it is one.
///
/// # Errors
/// When the bundle cannot be read.
pub fn inspect(files: &Files, archive: Option<&[u8]>) -> Result<Inspected, BundleError> {
    let bundle = Bundle::read(files)?;
    let signature = super::peek(files)?;
    Ok(Inspected {
        digest: archive.map(super::digest).unwrap_or_default(),
        bytes: archive.map_or(0, |bytes| bytes.len() as u64),
        revision: bundle.manifest.revision.clone(),
        roots: bundle.manifest.roots.clone(),
        rego_version: bundle.manifest.rego_version,
        metadata: bundle.metadata(),
        data: bundle.data_keys(),
        modules: bundle
            .modules
            .into_iter()
            .map(|module| InspectedModule {
                path: module.name,
                package: module.package.join("."),
                rego_version: module.rego_version,
                rules: module.rules,
            })
            .collect(),
        signature: signature.map(|signed| InspectedSignature {
            algorithm: signed.algorithm,
            key_id: signed.key_id,
            scope: signed.scope,
            files: signed.files,
            verified: false,
        }),
        notes: bundle.notes,
    })
}
