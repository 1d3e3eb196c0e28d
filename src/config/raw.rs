//! `gate.yaml` as written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Category, Mode, TestKind};

/// The file `gate.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "gate configuration", rename = "Config")]
pub struct RawConfig {
    /// Version of this file's layout: 1, also when not said.
    pub version: Option<u32>,
    /// The environment that is judged when none is asked for.
    pub environment: Option<String>,
    /// Thresholds for all environments, by gate and name: `line_coverage: "80%"`.
    pub thresholds: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    /// What single rules do, by code, in all environments.
    pub rules: BTreeMap<String, RuleMode>,
    /// Rules that count: `*`, `@collection`, a gate, `gate.CODE`, each also with `:term`. All, when not said.
    pub include: Vec<String>,
    /// Rules that do not count, written alike. Where both mean a rule the more specific selector wins.
    pub exclude: Vec<String>,
    /// Changes to the shipped environments, and further ones.
    pub environments: BTreeMap<String, RawEnvironment>,
    /// Gates of your own: name and title. Their policies are packages `gate.<name>`.
    pub gates: BTreeMap<String, String>,
    /// Your policies.
    pub policy: RawPolicy,
    /// What is known of evidence files beforehand, and which there must be.
    pub evidence: Vec<EvidenceEntry>,
    /// Patterns of files in walked folders that are not evidence.
    pub ignore: Vec<String>,
    /// Coverage.
    pub coverage: RawCoverage,
    /// Suppressions that are made outside of this file.
    pub suppressions: RawSuppressions,
    /// Limits on what is read.
    pub limits: RawLimits,
    /// Reports.
    pub report: RawReport,
}

/// One environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawEnvironment {
    /// The environment that it starts from; `development` when not said.
    pub extends: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// What each gate does.
    pub gates: BTreeMap<String, GateSetting>,
    /// Thresholds, by gate and name.
    pub thresholds: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    /// What single rules do, by code.
    pub rules: BTreeMap<String, RuleMode>,
    /// Rules that count here, beside those of the environments that it extends.
    pub include: Vec<String>,
    /// Rules that do not count here, beside those of the environments that it extends.
    pub exclude: Vec<String>,
    /// Evidence older than this does not count: `24h`, `7d`.
    pub max_age: Option<String>,
    /// Whether evidence that does not say when it was produced counts although there is a `max_age`.
    pub unknown_age: Option<UnknownAge>,
}

/// What a gate does: a mode alone, or with the evidence that it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum GateSetting {
    /// `enforce`, `warn` or `off`.
    Mode(Mode),
    /// Mode and needed evidence.
    Full(FullGateSetting),
}

/// Mode and needed evidence of a gate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FullGateSetting {
    /// `enforce`, `warn` or `off`.
    pub mode: Option<Mode>,
    /// Kinds of evidence without which the gate blocks when enforced; `[]` = judged when there is some.
    pub evidence: Option<Vec<String>>,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuleMode {
    /// As its gate says.
    Enforce,
    /// Shown, never blocking.
    Warn,
    /// Not judged.
    Off,
}

/// Whether evidence of unknown age counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnknownAge {
    /// It counts.
    Allow,
    /// It does not.
    Block,
}

/// Your policies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawPolicy {
    /// Files and folders of Rego modules and data, relative to this file.
    pub paths: Vec<String>,
    /// What becomes of the shipped policies.
    pub shipped: ShippedPolicies,
    /// Whether an error of a builtin function is an error of the decision; true when not said.
    pub strict_builtin_errors: Option<bool>,
    /// Time that all policies together may take: `10s`.
    pub timeout: Option<String>,
    /// An OPA bundle with policies: a path, or with the key or digest that it must have.
    pub bundle: Option<BundleSetting>,
    /// Where policies and this file itself are read from instead of the working tree.
    pub protected: Option<RawProtected>,
    /// `sha256:<hex>` that the whole policy set must have, as a decision states it in `policy.digest`.
    pub digest: Option<String>,
}

/// An OPA bundle: its path alone, or with what it must fulfil.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum BundleSetting {
    /// Path, relative to this file.
    Path(String),
    /// Path with key or digest.
    Full(RawBundle),
}

/// An OPA bundle with what it must fulfil.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawBundle {
    /// Path, relative to this file.
    pub path: String,
    /// Public key that must have signed it, in PEM; with an `HS` algorithm the shared secret.
    #[serde(default)]
    pub key: Option<String>,
    /// The only algorithm to accept: `ES256`, `RS256`, `EdDSA`, ...
    #[serde(default)]
    pub algorithm: Option<String>,
    /// Name that the signature must give its key, if it gives one.
    #[serde(default)]
    pub key_id: Option<String>,
    /// Scope that the signature must name.
    #[serde(default)]
    pub scope: Option<String>,
    /// `sha256:<hex>` that its bytes must have.
    #[serde(default)]
    pub digest: Option<String>,
}

/// Where policies and configuration are read from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawProtected {
    /// Git ref whose policies and gate.yaml hold, such as `origin/main`. `--config-ref` pins it.
    #[serde(rename = "ref")]
    pub git_ref: String,
}

/// What becomes of the shipped policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ShippedPolicies {
    /// They hold; yours add to them, and a rule of yours with a shipped code takes that rule's place.
    #[default]
    Extend,
    /// Only yours hold.
    Replace,
}

/// What is known of some evidence files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceEntry {
    /// A path or pattern, relative to this file. `*` stays within a folder, `**` does not.
    pub path: String,
    /// Format id; needed where the content cannot tell, such as an empty array.
    #[serde(default)]
    pub format: Option<String>,
    /// The suite whose coverage it is: `unit`, `integration`, ...
    #[serde(default)]
    pub suite: Option<String>,
    /// What its tests exercise.
    #[serde(default)]
    pub tests: Option<TestKind>,
    /// What its findings are about, where nothing else tells.
    #[serde(default)]
    pub category: Option<Category>,
    /// Whether there must be such a file.
    #[serde(default)]
    pub required: bool,
}

/// Coverage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawCoverage {
    /// Patterns of source files that need more coverage than others.
    pub critical_paths: Vec<String>,
}

/// Suppressions that are made outside of this file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawSuppressions {
    /// Whose suppressions are honoured: `tool` (comments in code, the tool's own baseline), `vex`. None by default.
    pub honour: Vec<Honoured>,
}

/// Whose suppressions may be honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Honoured {
    /// Made by a comment in the code or by the tool's own baseline.
    Tool,
    /// Made by VEX statements in evidence.
    Vex,
}

/// Limits on what is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawLimits {
    /// Bytes of one file after decompression: `1GiB`, or a number.
    pub bytes: Option<serde_json::Value>,
    /// Nesting of JSON values and XML elements.
    pub depth: Option<u32>,
    /// Attributes of one XML element.
    pub attributes: Option<u32>,
    /// Items and elements of one file.
    pub elements: Option<u64>,
    /// Members of one archive.
    pub members: Option<u32>,
}

/// Reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawReport {
    /// How many findings, tests or files a verdict lists in machine-readable reports.
    pub items: Option<u64>,
    /// How many of them people are shown.
    pub shown: Option<u64>,
}
