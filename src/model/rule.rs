//! What is said of a rule beside how it ended.

use serde::{Deserialize, Serialize};

/// What a rule's annotations say, and what the configuration does to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct RuleAbout {
    /// What it judges.
    pub description: String,
    /// Who wrote it: `Name <mail>`.
    pub authors: Vec<String>,
    /// Organizations that it belongs to.
    pub organizations: Vec<String>,
    /// Where to read more.
    pub related_resources: Vec<RelatedResource>,
    /// Collections that it belongs to.
    pub collections: Vec<String>,
    /// Before this time, RFC 3339 in UTC, it only warns.
    pub effective_on: Option<String>,
    /// From this time on, RFC 3339 in UTC, it says nothing.
    pub effective_until: Option<String>,
    /// What `include` and `exclude` in gate.yaml take out of the decision: the rule, or single results of it.
    pub excluded: Vec<Exclusion>,
}

/// A page about a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RelatedResource {
    /// Its address.
    pub url: String,
    /// What it is; may be empty.
    pub description: String,
}

/// What a selector took out.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Exclusion {
    /// The selector of `exclude`; empty when no selector of `include` means it.
    pub selector: String,
    /// What the policy said; empty when the whole rule is out.
    pub message: String,
}
