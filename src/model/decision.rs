//! The decision, `gate.decision/v1`: what reports render, stores keep and callers read.

use serde::{Deserialize, Serialize};

use super::{Incomplete, Producer, RuleAbout, Severity, Skipped, Subject, SubjectMatch, Warning};

/// The name of this version.
pub const DECISION_SCHEMA: &str = "gate.decision/v1";

/// May it go on?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[must_use]
pub enum Outcome {
    /// Every enforced gate passed on complete evidence.
    Allow,
    /// At least one enforced gate failed.
    Block,
    /// No decision could be reached.
    Error,
}

impl Outcome {
    /// The name used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Block => "block",
            Self::Error => "error",
        }
    }
}

/// How a gate or a rule ended.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not asked, switched off, or nothing to judge where nothing is required.
    Off,
    /// Judged and found in order.
    Pass,
    /// Something to see that does not block.
    Warn,
    /// It blocks.
    Fail,
    /// It could not be judged, which blocks.
    Error,
}

impl Status {
    /// The name used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }
}

/// What a deny does in an environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A deny blocks, and missing required evidence blocks.
    #[default]
    Enforce,
    /// A deny is shown and does not block.
    Warn,
    /// Not judged; shown as off.
    Off,
}

impl Mode {
    /// The name used in reports and configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Warn => "warn",
            Self::Off => "off",
        }
    }
}

/// The answer, with everything needed to understand it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(title = "gate decision")]
pub struct Decision {
    /// Always `gate.decision/v1`.
    pub schema: String,
    /// `sha256:<hex>` of the decision's own JSON with this field empty.
    pub id: String,
    /// Version of gate.
    pub gate_version: String,
    /// The answer.
    pub outcome: Outcome,
    /// True only when `outcome` is `allow`.
    pub allowed: bool,
    /// One sentence: the first failing gate, or what stood in the way of a decision.
    pub reason: String,
    /// What to do now, when there is something general to say.
    pub remedy: Vec<String>,
    /// The environment that was judged.
    pub environment: String,
    /// The time of the decision, RFC 3339 in UTC.
    pub evaluated_at: String,
    /// Whether only some gates were asked.
    pub partial: bool,
    /// The gates that were asked.
    pub gates_asked: Vec<String>,
    /// What the decision is about.
    pub subject: Subject,
    /// What was asked for, as far as nothing else here says it: with it `gate replay` repeats the decision.
    #[serde(default)]
    pub request: RequestInfo,
    /// The policies that judged.
    pub policy: PolicyInfo,
    /// Every gate, in order.
    pub gates: Vec<GateResult>,
    /// Open findings by severity, mildest first, over all gates.
    pub findings_by_severity: Vec<SeverityCount>,
    /// The evidence files, by name.
    pub evidence: Vec<EvidenceView>,
    /// Files in walked folders that no format claims.
    pub ignored: Vec<Ignored>,
    /// What stood in the way of a decision, or of reading a file.
    pub errors: Vec<Problem>,
    /// Figures for charts.
    pub figures: Figures,
}

/// What was asked for, as far as the rest of a decision does not say it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RequestInfo {
    /// Gates that were asked by name; empty = all of the environment.
    pub gates: Vec<String>,
    /// `sha256:<hex>` of the configuration file; null when there was none.
    pub config_digest: Option<String>,
    /// Paths of policies given on the command line, beside those of the configuration.
    pub policies: Vec<String>,
    /// Whether the shipped policies were left out on the command line.
    pub no_shipped_policies: bool,
}

/// The policies that judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PolicyInfo {
    /// `sha256:<hex>` over all modules and data.
    pub digest: String,
    /// `sha256:<hex>` of the policy input.
    pub input_digest: String,
    /// `shipped`, `extended`, `replaced`, or `conftest` for policies by conftest's conventions.
    pub set: String,
    /// Whether an error of a builtin function is an error of the evaluation.
    pub strict_builtin_errors: bool,
    /// Modules that are not shipped: their paths.
    pub modules: Vec<String>,
    /// Where policies and configuration came from, when not from the working tree: protected ref, bundle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<PolicySource>,
    /// Files of the working tree that differ from the protected ref and were ignored, at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
    /// How many there are in all.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ignored_total: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// A source of policies that is not the working tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PolicySource {
    /// `protected_ref` or `bundle`.
    pub kind: String,
    /// The git ref as it was asked for, or the bundle's path.
    pub name: String,
    /// The commit that the ref named; empty for a bundle.
    pub commit: String,
    /// `sha256:<hex>` of the bundle's bytes; empty for a ref.
    pub digest: String,
    /// Version of the bundle, in its maker's words; may be empty.
    pub revision: String,
    /// Algorithm of the bundle's verified signature; empty where none was asked for.
    pub signature: String,
    /// Name that the verified signature gives its key; may be empty.
    pub key_id: String,
    /// `sha256:<hex>` of the public key that verified it; empty without one.
    pub key_digest: String,
    /// Who asked for it: `command` (flag or environment), or `gate.yaml`.
    pub asked_by: String,
}

/// One row of the matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GateResult {
    /// `code_quality`, `security`, ...
    pub name: String,
    /// Name for people.
    pub title: String,
    /// What a deny does here.
    pub mode: Mode,
    /// How it ended.
    pub status: Status,
    /// One line for the matrix.
    pub summary: String,
    /// Kinds of evidence that it needs here and did not get.
    pub missing_evidence: Vec<String>,
    /// Every rule, by code.
    pub rules: Vec<RuleResult>,
    /// What the gate's policy says beyond its rules (`report`): quality score, risk, strategy.
    pub report: serde_json::Map<String, serde_json::Value>,
}

/// How one rule ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RuleResult {
    /// `SEC-001`.
    pub code: String,
    /// Title.
    pub title: String,
    /// How it ended.
    pub status: Status,
    /// Why it is off or could not be judged; else empty.
    pub note: String,
    /// What was measured against which limit; may be several, for instance one per suite.
    pub measured: Vec<Measured>,
    /// What it says.
    pub verdicts: Vec<Verdict>,
    /// How to mend it.
    pub remediation: String,
    /// Where it is defined: `policies/gate/security/security.rego:12`, or `gate` for a rule of the engine.
    pub defined_in: String,
    /// What else is said of it: authors, links, from when and until when it holds, what is excluded.
    #[serde(flatten)]
    pub about: RuleAbout,
}

/// A measured value beside its limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Measured {
    /// What it is: `unit`, `p95 of summary.json`; may be empty.
    pub label: String,
    /// The value.
    pub value: f64,
    /// The limit.
    pub limit: f64,
    /// How the value must stand to the limit to pass: `>=`, `<=`, `<`, `>`, `==`.
    pub comparison: String,
    /// `%`, `ms`, `/s`, `findings`, ...
    pub unit: String,
    /// Whether it does.
    pub ok: bool,
}

/// One thing that a rule says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Verdict {
    /// `fail`, `warn` or `error`.
    pub level: Status,
    /// What is wrong.
    pub message: String,
    /// How to mend this one, where the rule's own remediation is not it; else empty.
    pub remediation: String,
    /// When this warning becomes a denial, RFC 3339; null when it does not.
    #[serde(default)]
    pub effective_on: Option<String>,
    /// Findings, tests, components or files that it is about: the worst first, at most so many as configured.
    pub items: Vec<Item>,
    /// How many there are in all.
    pub items_total: u64,
    /// Other fields that the policy gave.
    pub details: serde_json::Map<String, serde_json::Value>,
}

/// What a verdict is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Item {
    /// `finding`, `test`, `component`, `file`, `document`, `evidence` or `threshold`.
    pub kind: String,
    /// Stable identity: a finding's id, or a name.
    pub id: String,
    /// Rule of a finding, name of a test or component, path of a file.
    pub name: String,
    /// Severity of a finding.
    pub severity: Option<Severity>,
    /// What is wrong with it.
    pub message: String,
    /// Path, URL or image; empty when not known.
    pub path: String,
    /// Line from 1; 0 when not known.
    pub line: u32,
    /// Column from 1; 0 when not known.
    pub column: u32,
    /// What inside the place; empty when not known.
    pub symbol: String,
    /// Package with version, `name@version`; empty when not known.
    pub package: String,
    /// Version in which it is mended; empty when not known.
    pub fixed_version: String,
    /// How to mend it, in the tool's words; empty when it gives none.
    pub help: String,
    /// Where to read more; empty when not known.
    pub url: String,
    /// The tool that says so; empty when not known.
    pub tool: String,
    /// Evidence files that say so.
    pub evidence: Vec<String>,
}

/// How many open findings there are of a severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SeverityCount {
    /// The severity.
    pub severity: Severity,
    /// How many.
    pub count: u64,
}

/// One evidence file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EvidenceView {
    /// Name as given.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Format id.
    pub format: String,
    /// Version of the format, or empty.
    pub format_version: String,
    /// Tools that produced it.
    pub producers: Vec<Producer>,
    /// Kinds of content that it proves.
    pub kinds: Vec<String>,
    /// When it was produced, RFC 3339.
    pub produced_at: Option<String>,
    /// Whether it speaks of the subject.
    pub subject_match: SubjectMatch,
    /// Whether it counts.
    pub usable: bool,
    /// Why it does not count; empty when it does.
    pub unusable_because: String,
    /// Reasons why it is not a complete result.
    pub incomplete: Vec<Incomplete>,
    /// Odd things that were seen in it.
    pub warnings: Vec<Warning>,
    /// Elements that could not be read, at most 100.
    pub skipped: Vec<Skipped>,
    /// How many there are in all.
    pub skipped_total: u64,
}

/// A file that no format claims.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Ignored {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// An error with its place and its remedy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Problem {
    /// `usage`, `config`, `evidence`, `policy`, `timeout` or `internal`.
    pub code: String,
    /// What was expected and what was found.
    pub message: String,
    /// File; empty when there is none.
    pub file: String,
    /// Line from 1; 0 when not known.
    pub line: u64,
    /// Column from 1; 0 when not known.
    pub column: u64,
    /// Byte offset from 0, when known.
    pub byte: Option<u64>,
    /// What to do; may be empty.
    pub help: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}:", self.file)?;
            if self.line > 0 {
                write!(f, "{}:{}:", self.line, self.column)?;
            }
            write!(f, " ")?;
        }
        f.write_str(&self.message)
    }
}

/// Figures for charts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Figures {
    /// Coverage by source file, worst first, at most so many as configured for items.
    pub coverage: Vec<CoverageFigure>,
    /// How many source files there are in all.
    pub coverage_total: u64,
    /// Latency percentiles of load tests.
    pub latency: Vec<LatencyFigure>,
}

/// Coverage of one source file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CoverageFigure {
    /// Path.
    pub path: String,
    /// Suite.
    pub suite: String,
    /// Lines reached.
    pub covered: u64,
    /// Executable lines.
    pub valid: u64,
}

/// Latency of one load test, milliseconds; what the report does not hold is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LatencyFigure {
    /// Evidence file.
    pub name: String,
    /// Median.
    pub p50_ms: Option<f64>,
    /// 90th percentile.
    pub p90_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// Maximum.
    pub max_ms: Option<f64>,
}
