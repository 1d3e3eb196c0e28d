//! The policy input, `gate.input/v1`: the versioned contract between evidence and Rego.
//!
//! Counts and indexes are always there. The fields marked *list* are built only when a loaded policy refers to
//! them, and are then complete.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{
    Category, Count, Incomplete, Kind, Producer, Severity, State, Subject, SubjectMatch, TestKind,
    TestOutcome, Warning,
};

/// The name of this version.
pub const INPUT_SCHEMA: &str = "gate.input/v1";

/// What a policy sees as `input`.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(title = "gate policy input", rename = "PolicyInput")]
pub struct PolicyInput<'a> {
    /// Always `gate.input/v1`.
    pub schema: &'static str,
    /// The time of the decision, RFC 3339 in UTC. The only clock that a policy has.
    pub now: String,
    /// The environment that is judged.
    pub environment: &'a str,
    /// The gates that were asked, in order.
    pub gates: Vec<&'a str>,
    /// What the decision is about.
    pub subject: Subject,
    /// Evidence files and what they prove.
    pub evidence: EvidenceInput<'a>,
    /// Findings of all scanners and linters.
    pub findings: FindingsInput<'a>,
    /// Components of the bills of materials.
    pub components: ComponentsInput<'a>,
    /// Test coverage.
    pub coverage: CoverageInput<'a>,
    /// Test results.
    pub tests: TestsInput<'a>,
    /// Load tests.
    pub load: LoadInput<'a>,
    /// Accessibility audits.
    pub accessibility: AccessibilityInput<'a>,
    /// Pages measured in a browser.
    pub web: WebInput<'a>,
    /// Approvals, freezes, objectives.
    pub operations: OperationsInput<'a>,
    /// Verified signatures. Empty until signatures are verified here.
    pub signatures: Vec<serde_json::Value>,
    /// Verified attestations. Empty until attestations are verified here.
    pub attestations: Vec<serde_json::Value>,
    /// Signatures and attestations that failed verification, with the step that failed.
    pub rejected: Vec<serde_json::Value>,
}

/// Evidence files and what they prove.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct EvidenceInput<'a> {
    /// Usable files by kind of content; every kind is a key.
    #[schemars(extend("propertyNames" = one_of(&Kind::ALL.map(Kind::as_str))))]
    pub kinds: BTreeMap<&'static str, u64>,
    /// Files that are not complete results: the tool failed, did not run or tested nothing.
    pub incomplete: u64,
    /// Files that speak of another commit or artifact.
    pub mismatched: u64,
    /// Files older than the environment allows.
    pub stale: u64,
    /// Files whose age is not known.
    pub age_unknown: u64,
    /// How often each warning was recorded, by its code.
    pub warnings: BTreeMap<&'a str, u64>,
    /// Elements that could not be read, over all files.
    pub skipped: u64,
    /// All files, by name.
    pub files: Vec<EvidenceFile<'a>>,
}

/// One evidence file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EvidenceFile<'a> {
    /// Name as given.
    pub name: &'a str,
    /// SHA-256 of its bytes.
    pub sha256: &'a str,
    /// Its size in bytes.
    pub bytes: u64,
    /// Format id.
    pub format: &'static str,
    /// Version of the format, or empty.
    pub format_version: &'a str,
    /// Tools that produced it.
    pub producers: &'a [Producer],
    /// Kinds of content that it proves.
    pub kinds: Vec<&'static str>,
    /// When it was produced, RFC 3339, or null.
    pub produced_at: Option<String>,
    /// Seconds since then at the time of the decision, or null.
    pub age_seconds: Option<i64>,
    /// Whether it speaks of the subject.
    pub subject_match: SubjectMatch,
    /// Whether it counts: it speaks of the subject (or of none) and is not too old.
    pub usable: bool,
    /// Reasons why it is not a complete result; empty = complete.
    pub incomplete: &'a [Incomplete],
    /// Odd things that were seen in it.
    pub warnings: &'a [Warning],
    /// Elements that could not be read.
    pub skipped: u64,
}

/// Counts of findings, over usable evidence.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct FindingsInput<'a> {
    /// All findings, suppressed ones included.
    pub total: u64,
    /// Findings that count.
    pub open_total: u64,
    /// Findings with a suppression in force.
    pub suppressed_total: u64,
    /// Open findings by severity; every severity is a key.
    #[schemars(extend("propertyNames" = one_of(&Severity::ALL.map(Severity::as_str))))]
    pub by_severity: BTreeMap<&'static str, u64>,
    /// Open findings by category; every category is a key.
    #[schemars(extend("propertyNames" = one_of(&Category::ALL.map(Category::as_str))))]
    pub by_category: BTreeMap<&'static str, u64>,
    /// Open findings by category, then severity; every key is there.
    #[schemars(transform = by_category_severity)]
    pub by_category_severity: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// Open findings by state; every state is a key.
    #[schemars(extend("propertyNames" = one_of(&["new", "existing", "fixed"])))]
    pub by_state: BTreeMap<&'static str, u64>,
    /// Open findings that say that a tool failed on something, by gate; every gate with findings is a key.
    #[schemars(extend("propertyNames" = one_of(&Category::ALL.map(Category::gate))))]
    pub tool_failures: BTreeMap<&'static str, u64>,
    /// Open findings listed in CISA's catalogue of exploited vulnerabilities.
    pub kev: u64,
    /// Open findings for which a fixed version is known.
    pub fixable: u64,
    /// Open accessibility findings against a WCAG 2.0, 2.1 or 2.2 criterion of level A or AA.
    pub wcag: u64,
    /// *List.* Every open finding, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<Vec<FindingView<'a>>>,
    /// *List.* Every finding with a suppression in force, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<Vec<FindingView<'a>>>,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FindingView<'a> {
    /// Stable fingerprint, 32 hexadecimal digits.
    pub id: String,
    /// The tool's rule, or the vulnerability's name.
    pub rule: &'a str,
    /// What it is about.
    pub category: Category,
    /// How bad it is.
    pub severity: Severity,
    /// What the tool says.
    pub message: &'a str,
    /// The tool that reported it.
    pub tool: &'a str,
    /// Compared with the baseline.
    pub state: State,
    /// Path, URL or image; empty when not said.
    pub path: &'a str,
    /// Line from 1; 0 when not said.
    pub line: u32,
    /// Column from 1; 0 when not said.
    pub column: u32,
    /// What inside the place: function, selector, package; empty when not said.
    pub symbol: &'a str,
    /// CVE, GHSA and other names.
    pub aliases: Vec<&'a str>,
    /// CWE identifiers.
    pub cwe: Vec<&'a str>,
    /// Tags of the rule.
    pub tags: Vec<&'a str>,
    /// CVSS base score, or null.
    pub cvss: Option<f64>,
    /// EPSS probability, or null.
    pub epss: Option<f64>,
    /// Listed in CISA's catalogue.
    pub kev: bool,
    /// Package URL; empty when not said.
    pub purl: &'a str,
    /// Package name; empty when not said.
    pub package: &'a str,
    /// Installed version; empty when not said.
    pub version: &'a str,
    /// First version in which it is mended; empty when not known.
    pub fixed_version: &'a str,
    /// Names of the evidence files that report it.
    pub evidence: Vec<&'a str>,
    /// `waiver`, `vex` or `tool` when somebody declared that it does not count, in force or not; else empty.
    pub suppression: &'static str,
    /// Reason of that.
    pub suppression_reason: &'a str,
}

/// Components of the bills of materials.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct ComponentsInput<'a> {
    /// Bills of materials that are inventories.
    pub documents: u64,
    /// Of those, how many say of themselves that they are incomplete.
    pub declared_incomplete: u64,
    /// Components, over all documents.
    pub total: u64,
    /// Components without version.
    pub without_version: u64,
    /// Components without licence.
    pub without_license: u64,
    /// Components without package URL.
    pub without_purl: u64,
    /// Components by licence as written: SPDX id, expression or name.
    pub licenses: BTreeMap<&'a str, u64>,
    /// Age of the component released longest ago, in days; null when the evidence does not tell.
    pub oldest_days: Option<i64>,
    /// *List.* Every component, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Vec<ComponentView<'a>>>,
}

/// One component.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ComponentView<'a> {
    /// Package URL; empty when not said.
    pub purl: &'a str,
    /// Name.
    pub name: &'a str,
    /// Version; empty when not said.
    pub version: &'a str,
    /// `library`, `application`, ...
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// Licences as written.
    pub licenses: Vec<&'a str>,
    /// Supplier; empty when not said.
    pub supplier: &'a str,
    /// Scope; empty when not said.
    pub scope: &'a str,
    /// Days since its release, or null.
    pub age_days: Option<i64>,
    /// Name of the evidence file.
    pub evidence: &'a str,
}

/// Coverage in integer counts.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct CoverageCounts {
    /// Lines.
    pub lines: Count,
    /// Branches; `valid` is 0 when they were not measured.
    pub branches: Count,
    /// Functions; `valid` is 0 when they were not measured.
    pub functions: Count,
}

/// Test coverage, merged by source file and line within a suite.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct CoverageInput<'a> {
    /// By suite as declared in `gate.yaml`; evidence without declaration is suite `unit`.
    pub suites: BTreeMap<&'a str, CoverageCounts>,
    /// Of the files that match `coverage.critical_paths`, over all suites; null when none is configured.
    pub critical: Option<CoverageCounts>,
    /// Of the changed lines; null when the change is not known.
    pub changed: Option<CoverageCounts>,
    /// *List.* Every source file, by suite and path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<CoverageFileView<'a>>>,
}

/// Coverage of one source file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CoverageFileView<'a> {
    /// Path.
    pub path: &'a str,
    /// Suite.
    pub suite: &'a str,
    /// Lines.
    pub lines: Count,
    /// Branches.
    pub branches: Count,
    /// Functions.
    pub functions: Count,
}

/// Counts of tests, each test once however often it was retried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TestCounts {
    /// All tests.
    pub total: u64,
    /// Tests that were run: passed, failed, error or flaky.
    pub executed: u64,
    /// Passed at the first try.
    pub passed: u64,
    /// Failed.
    pub failed: u64,
    /// Could not be run to the end.
    pub errors: u64,
    /// Not run.
    pub skipped: u64,
    /// Passed after a failed try.
    pub flaky: u64,
}

/// Test results.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct TestsInput<'a> {
    /// All kinds together.
    pub all: TestCounts,
    /// By kind; every kind is a key.
    #[schemars(extend("propertyNames" = one_of(&TestKind::ALL.map(TestKind::as_str))))]
    pub by_kind: BTreeMap<&'static str, TestCounts>,
    /// *List.* Tests that failed or ended in an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing: Option<Vec<TestView<'a>>>,
    /// *List.* Every test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cases: Option<Vec<TestView<'a>>>,
}

/// One test.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TestView<'a> {
    /// Suite.
    pub suite: &'a str,
    /// Class or file.
    pub class: &'a str,
    /// Name.
    pub name: &'a str,
    /// What it exercises.
    pub kind: TestKind,
    /// How it ended.
    pub outcome: TestOutcome,
    /// Why it did not pass; empty when it did.
    pub message: &'a str,
    /// Seconds, or null.
    pub seconds: Option<f64>,
    /// Source file; empty when not said.
    pub file: &'a str,
    /// Line; 0 when not said.
    pub line: u32,
    /// Name of the evidence file.
    pub evidence: &'a str,
}

/// Load tests.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct LoadInput<'a> {
    /// Every run, by evidence file.
    pub runs: Vec<LoadView<'a>>,
    /// *List.* Every metric of every run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Vec<MetricView<'a>>>,
}

/// One run of a load test. A number that the report does not hold is null.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LoadView<'a> {
    /// Name of the evidence file.
    pub evidence: &'a str,
    /// Tool.
    pub tool: &'a str,
    /// Requests made.
    pub requests: Option<u64>,
    /// Requests that failed.
    pub failed_requests: Option<u64>,
    /// Share of failed requests in percent, 0 to 100.
    pub error_percent: Option<f64>,
    /// Share of requests that did not fail in percent, 0 to 100; null when no request was made.
    pub availability_percent: Option<f64>,
    /// Requests per second.
    pub throughput: Option<f64>,
    /// Median latency in milliseconds.
    pub p50_ms: Option<f64>,
    /// 90th percentile in milliseconds.
    pub p90_ms: Option<f64>,
    /// 95th percentile in milliseconds.
    pub p95_ms: Option<f64>,
    /// 99th percentile in milliseconds.
    pub p99_ms: Option<f64>,
    /// Largest latency in milliseconds.
    pub max_ms: Option<f64>,
    /// Whether this shape of report can say which thresholds the test set.
    pub thresholds_known: bool,
    /// Thresholds that the test set.
    pub thresholds: u64,
    /// Thresholds that were crossed, as `metric expression`.
    pub thresholds_failed: Vec<String>,
    /// Checks on answers.
    pub checks: Count,
}

/// One metric of a load test.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MetricView<'a> {
    /// Name of the evidence file.
    pub evidence: &'a str,
    /// Name, with tags for a submetric.
    pub name: &'a str,
    /// Statistic: `p95`, `avg`, `rate`, ...
    pub statistic: &'a str,
    /// Value.
    pub value: f64,
    /// Unit, or empty.
    pub unit: &'static str,
}

/// Accessibility audits.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct AccessibilityInput<'a> {
    /// Every page that was tested.
    pub pages: Vec<AccessibilityPageView<'a>>,
}

/// One page that was tested.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccessibilityPageView<'a> {
    /// Name of the evidence file.
    pub evidence: &'a str,
    /// URL; empty when not said.
    pub url: &'a str,
    /// Rules that were applicable and tested.
    pub rules_tested: u64,
    /// Rules violated.
    pub violations: u64,
    /// Elements that violate a rule.
    pub elements: u64,
    /// Rules that a person must look at.
    pub incomplete: u64,
}

/// Pages measured in a browser.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct WebInput<'a> {
    /// Every page.
    pub pages: Vec<WebPageView<'a>>,
}

/// One page measured in a browser. A number that the report does not hold is null.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WebPageView<'a> {
    /// Name of the evidence file.
    pub evidence: &'a str,
    /// URL.
    pub url: &'a str,
    /// Category scores from 0 to 100 by category id (`performance`, `accessibility`, ...), or null.
    pub scores: BTreeMap<&'a str, Option<f64>>,
    /// Largest contentful paint in milliseconds.
    pub lcp_ms: Option<f64>,
    /// Cumulative layout shift.
    pub cls: Option<f64>,
    /// Interaction to next paint in milliseconds.
    pub inp_ms: Option<f64>,
    /// Total blocking time in milliseconds.
    pub tbt_ms: Option<f64>,
    /// First contentful paint in milliseconds.
    pub fcp_ms: Option<f64>,
}

/// Approvals, freezes, objectives.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct OperationsInput<'a> {
    /// Who approved, each person once.
    pub approvals: Vec<ApprovalView<'a>>,
    /// Freezes, with whether each holds now.
    pub freezes: Vec<FreezeView<'a>>,
    /// Objectives.
    pub slos: Vec<SloView<'a>>,
    /// The change, or null.
    pub change: Option<ChangeView>,
}

/// One approval.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ApprovalView<'a> {
    /// Who.
    pub by: &'a str,
    /// In which role; empty when not said.
    pub role: &'a str,
    /// When, RFC 3339, or null.
    pub at: Option<String>,
}

/// One freeze.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FreezeView<'a> {
    /// Name.
    pub name: &'a str,
    /// First instant, RFC 3339.
    pub from: String,
    /// First instant after it, RFC 3339.
    pub until: String,
    /// Whether it holds at `now`.
    pub active: bool,
}

/// One objective.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SloView<'a> {
    /// Name.
    pub name: &'a str,
    /// Objective in percent.
    pub objective: f64,
    /// Measured in percent.
    pub measured: f64,
    /// Error budget left in percent of the budget, or null.
    pub budget_left: Option<f64>,
}

/// The change to be deployed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChangeView {
    /// Lines changed, or null.
    pub lines: Option<u64>,
    /// Files changed, or null.
    pub files: Option<u64>,
    /// Whether a database migration is part of it.
    pub migration: bool,
    /// Whether an interface of others is broken.
    pub breaking: bool,
}

/// A schema of names: the keys that an index always has.
fn one_of(names: &[&str]) -> serde_json::Value {
    let names: std::collections::BTreeSet<&str> = names.iter().copied().collect();
    serde_json::json!({ "enum": names })
}

/// Both levels of the index have fixed keys.
fn by_category_severity(schema: &mut schemars::Schema) {
    schema.insert("propertyNames".to_owned(), one_of(&Category::ALL.map(Category::as_str)));
    if let Some(serde_json::Value::Object(inner)) = schema.get_mut("additionalProperties") {
        inner.insert("propertyNames".to_owned(), one_of(&Severity::ALL.map(Severity::as_str)));
    }
}
