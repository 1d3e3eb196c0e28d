//! Software bills of materials.

use super::Text;

/// One component of a bill of materials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// Package URL.
    pub purl: Option<Text>,
    /// Name, with its group in front where there is one (`group/name`).
    pub name: Text,
    /// Version, `None` when missing.
    pub version: Option<Text>,
    /// `library`, `application`, `container`, ... as CycloneDX names types.
    pub kind: Text,
    /// SPDX identifiers or expressions, else the licence's name as written; sorted.
    pub licenses: Vec<Text>,
    /// Supplier's name.
    pub supplier: Option<Text>,
    /// `required`, `optional`, `excluded`.
    pub scope: Option<Text>,
    /// Release date, when the evidence tells.
    pub released_at: Option<jiff::Timestamp>,
    /// Whether a hash is given.
    pub has_hash: bool,
}

/// One bill of materials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sbom {
    /// Components, nested ones included; without the described one and what was only a pedigree.
    pub components: Vec<Component>,
    /// Number of dependency edges.
    pub dependency_edges: u64,
    /// Whether the document itself says that it is incomplete (CycloneDX `compositions`).
    pub declared_incomplete: bool,
    /// Whether the document is an inventory; a document of vulnerabilities only (VEX) is not.
    pub inventory: bool,
}
