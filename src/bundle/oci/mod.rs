//! Bundles in OCI registries, as OPA and conftest keep them there.
//!
//! Two shapes: OPA's is one layer with the whole `.tar.gz`; conftest's is a layer for each module and data file. Both
//! are pulled, either is pushed. What a tag names is resolved to a digest once, and everything is checked against
//! digests; a registry is not trusted with anything else. Plain HTTP is spoken to loopback addresses only, unless
//! asked for. It never writes files and never asks for a password.

mod artifact;
mod client;
mod credentials;
mod reference;

pub use artifact::Shape;
pub use credentials::Surroundings;
pub use reference::Reference;

use super::{BundleError, Files};
use client::Client;

/// How to talk to a registry.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether plain HTTP is spoken whatever the address.
    pub plain_http: bool,
    /// Where credentials are looked for.
    pub surroundings: Surroundings,
}

/// What was pushed or pulled.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// `sha256:<hex>` of the manifest: what the tag names now.
    pub digest: String,
    /// The bundle's bytes: as they were in the registry, or made of the layers that conftest pushed.
    pub bundle: Vec<u8>,
    /// How it lies in the registry.
    pub shape: Shape,
}

/// Pushes a bundle.
///
/// # Errors
/// When the registry refuses it, cannot be reached in time, or answers something else than it should.
pub fn push(
    reference: &Reference,
    bundle: Vec<u8>,
    files: &Files,
    shape: Shape,
    options: &Options,
) -> Result<Transfer, BundleError> {
    let artifact = artifact::of(&bundle, files, shape)?;
    let client = Client::new(reference, options)?;
    for blob in artifact.blobs() {
        client.put_blob(blob)?;
    }
    let digest = client.put_manifest(&artifact.manifest)?;
    Ok(Transfer { digest, bundle, shape })
}

/// Pulls a bundle.
///
/// # Errors
/// When it is not there, is no bundle, does not have its digest, or the registry cannot be reached in time.
pub fn pull(reference: &Reference, options: &Options) -> Result<Transfer, BundleError> {
    let client = Client::new(reference, options)?;
    let (digest, manifest) = client.manifest(&reference.wanted())?;
    let layers = artifact::layers(&manifest, &|digest| Ok(client.manifest(digest)?.1))?;
    let fetch = |layer: &artifact::Layer| client.blob(&layer.digest, layer.size);
    let (bundle, shape) = artifact::bundle(&layers, &fetch)?;
    Ok(Transfer { digest, bundle, shape })
}
