//! `.manifest`: what a bundle says of itself, and which part of `data` it owns.

use std::collections::BTreeMap;

use super::node::Node;
use super::{BundleError, MANIFEST};

/// What a bundle says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its version, in its maker's words; may be empty.
    pub revision: String,
    /// The paths below `data` that it owns, without slashes at their ends; the empty one is all of `data`.
    pub roots: Vec<String>,
    /// 0 or 1; `None` where it does not say.
    pub rego_version: Option<u8>,
    /// Versions of single files, by pattern.
    pub file_rego_versions: BTreeMap<String, u8>,
    /// What else its maker says: an object.
    pub(super) metadata: Node,
    /// Whether it names WebAssembly modules.
    pub(super) wasm: bool,
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            revision: String::new(),
            roots: vec![String::new()],
            rego_version: None,
            file_rego_versions: BTreeMap::new(),
            metadata: Node::empty(),
            wasm: false,
        }
    }
}

impl Manifest {
    /// Reads the file.
    pub(super) fn parse(text: &str) -> Result<Self, BundleError> {
        let wrong = |key: &str, expected: &str| {
            BundleError::new(format!("`{key}` of the manifest: expected {expected}")).at(MANIFEST)
        };
        let Node::Object(fields) = Node::json(text, MANIFEST)? else {
            return Err(BundleError::new("expected an object").at(MANIFEST));
        };
        let mut manifest = Self::default();
        for (key, node) in fields {
            match (key.as_str(), node) {
                ("roots" | "rego_version" | "file_rego_versions" | "metadata" | "wasm", Node::Null) => {}
                ("revision", Node::Text(text)) => manifest.revision = text,
                ("revision", _) => return Err(wrong("revision", "a string")),
                ("roots", Node::Array(items)) => {
                    manifest.roots = items
                        .into_iter()
                        .map(|item| match item {
                            Node::Text(text) => Ok(text),
                            _ => Err(wrong("roots", "strings")),
                        })
                        .collect::<Result<_, _>>()?;
                }
                ("roots", _) => return Err(wrong("roots", "an array of paths")),
                ("rego_version", node) => {
                    manifest.rego_version =
                        Some(version(&node).ok_or_else(|| wrong("rego_version", "0 or 1"))?);
                }
                ("file_rego_versions", Node::Object(files)) => {
                    for (pattern, node) in files {
                        let version = version(&node).ok_or_else(|| wrong("file_rego_versions", "0 or 1"))?;
                        manifest.file_rego_versions.insert(pattern, version);
                    }
                }
                ("file_rego_versions", _) => {
                    return Err(wrong("file_rego_versions", "an object of patterns"));
                }
                ("metadata", node @ Node::Object(_)) => manifest.metadata = node,
                ("metadata", _) => return Err(wrong("metadata", "an object")),
                ("wasm", _) => manifest.wasm = true,
                _ => {}
            }
        }
        manifest.normalise()?;
        Ok(manifest)
    }

    /// Roots in one spelling, none within another.
    pub(super) fn normalise(&mut self) -> Result<(), BundleError> {
        for root in &mut self.roots {
            *root = root.trim_matches('/').to_owned();
        }
        for (i, root) in self.roots.iter().enumerate() {
            if let Some(other) =
                self.roots.iter().skip(i + 1).find(|other| holds(root, other) || holds(other, root))
            {
                return Err(BundleError::new(format!("roots `{root}` and `{other}` overlap"))
                    .at(MANIFEST)
                    .help("name the wider one alone"));
            }
        }
        Ok(())
    }

    /// Whether a path of keys below `data` belongs to the bundle.
    pub(super) fn owns(&self, path: &[&str]) -> bool {
        self.roots.iter().any(|root| {
            let parts = segments(root);
            parts.len() <= path.len() && parts.iter().zip(path).all(|(a, b)| a == b)
        })
    }

    /// Whether some root lies below a path of keys.
    pub(super) fn leads_to_root(&self, path: &[&str]) -> bool {
        self.roots.iter().any(|root| {
            let parts = segments(root);
            path.len() <= parts.len() && parts.iter().zip(path).all(|(a, b)| a == b)
        })
    }

    /// The Rego version of a module; 1 where nothing is said.
    pub(super) fn version_of(&self, name: &str) -> Result<u8, BundleError> {
        for (pattern, version) in &self.file_rego_versions {
            // Patterns are made for names with a leading slash, as OPA writes them.
            let glob = globset::GlobBuilder::new(pattern)
                .literal_separator(false)
                .build()
                .map_err(|e| BundleError::new(format!("pattern `{pattern}`: {e}")).at(MANIFEST))?
                .compile_matcher();
            if glob.is_match(format!("/{name}")) || glob.is_match(name) {
                return Ok(*version);
            }
        }
        Ok(self.rego_version.unwrap_or(1))
    }

    /// The file, always the same for the same content.
    pub(super) fn node(&self) -> Node {
        let mut fields = BTreeMap::new();
        fields.insert("revision".to_owned(), Node::Text(self.revision.clone()));
        let roots = self.roots.iter().cloned().map(Node::Text).collect();
        fields.insert("roots".to_owned(), Node::Array(roots));
        if let Some(version) = self.rego_version {
            fields.insert("rego_version".to_owned(), Node::Number(version.to_string()));
        }
        if !self.file_rego_versions.is_empty() {
            let files = self.file_rego_versions.iter();
            let files = files.map(|(name, v)| (name.clone(), Node::Number(v.to_string()))).collect();
            fields.insert("file_rego_versions".to_owned(), Node::Object(files));
        }
        if self.metadata != Node::empty() {
            fields.insert("metadata".to_owned(), self.metadata.clone());
        }
        Node::Object(fields)
    }
}

fn segments(root: &str) -> Vec<&str> {
    root.split('/').filter(|part| !part.is_empty()).collect()
}

/// Whether a path is another or lies above it.
fn holds(above: &str, below: &str) -> bool {
    let (above, below) = (segments(above), segments(below));
    above.len() <= below.len() && above.iter().zip(&below).all(|(a, b)| a == b)
}

fn version(node: &Node) -> Option<u8> {
    match node {
        Node::Number(text) if text == "0" => Some(0),
        Node::Number(text) if text == "1" => Some(1),
        _ => None,
    }
}
