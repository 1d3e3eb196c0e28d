//! `registry.example/team/policies:1.2@sha256:...`, taken apart.

use crate::bundle::{BundleError, normalise_digest};

/// Where a bundle lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Host with port, as written.
    pub registry: String,
    /// Path.
    pub repository: String,
    /// Tag; `latest` where neither it nor a digest is given.
    pub tag: Option<String>,
    /// `sha256:<hex>`.
    pub digest: Option<String>,
}

impl Reference {
    /// Reads a reference; `oci://` may stand before it.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        let error = |why: &str| {
            BundleError::new(format!("`{text}` is no reference: {why}")).help(
                "write it as `registry.example/team/policies:1.2`, or with `@sha256:...` for exact bytes",
            )
        };
        let rest = text.strip_prefix("oci://").unwrap_or(text);
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) => (rest, Some(normalise_digest(digest)?)),
            None => (rest, None),
        };
        let (registry, path) = rest.split_once('/').ok_or_else(|| error("it names no registry"))?;
        let (path, tag) = match path.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag.to_owned())),
            _ => (path, None),
        };
        let is_host = registry == "localhost" || registry.contains(['.', ':']);
        let host_bytes = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
        if !is_host || !registry.bytes().all(host_bytes) {
            return Err(error("it does not begin with the host of a registry"));
        }
        let part_ok = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
                && part.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        };
        if path.len() > 255 || !path.split('/').all(part_ok) {
            return Err(error("the path has letters that a repository cannot have"));
        }
        let tag_bytes = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if tag.as_deref().is_some_and(|tag| tag.is_empty() || tag.len() > 128 || !tag.bytes().all(tag_bytes))
        {
            return Err(error("the tag has letters that a tag cannot have"));
        }
        let is_hub = matches!(registry, "docker.io" | "index.docker.io");
        Ok(Self {
            registry: if is_hub { "registry-1.docker.io" } else { registry }.to_owned(),
            repository: if is_hub && !path.contains('/') {
                format!("library/{path}")
            } else {
                path.to_owned()
            },
            tag: if tag.is_none() && digest.is_none() { Some("latest".to_owned()) } else { tag },
            digest,
        })
    }

    /// What is asked for: the digest where there is one, else the tag.
    pub fn wanted(&self) -> String {
        self.digest.clone().or_else(|| self.tag.clone()).unwrap_or_else(|| "latest".to_owned())
    }

    /// The reference without tag and digest.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// Whether the registry is on this machine.
    pub fn is_loopback(&self) -> bool {
        let host = match self.registry.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => &self.registry,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}
