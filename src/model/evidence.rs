//! One evidence item: what one file says, and what had to be left out of it.

use serde::{Deserialize, Serialize};

use super::{
    AccessibilityPage, Category, Coverage, Finding, LoadRun, Location, Operations, Sbom, Severity, Subject,
    SubjectMatch, TestRun, Text, WebPage,
};

/// What kind of content a file brings; gates name the kinds they need.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Line, branch or function coverage.
    Coverage,
    /// A linter's, type checker's or formatter's report.
    StaticAnalysis,
    /// A security scanner's report.
    SecurityScan,
    /// An inventory of components.
    Sbom,
    /// A load test.
    Load,
    /// Pages measured in a browser.
    WebVitals,
    /// An accessibility audit.
    Accessibility,
    /// Test results.
    Tests,
    /// Approvals, freezes, objectives.
    Operations,
}

impl Kind {
    /// All kinds, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::Coverage,
        Self::StaticAnalysis,
        Self::SecurityScan,
        Self::Sbom,
        Self::Load,
        Self::WebVitals,
        Self::Accessibility,
        Self::Tests,
        Self::Operations,
    ];

    /// The name used in policies and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coverage => "coverage",
            Self::StaticAnalysis => "static_analysis",
            Self::SecurityScan => "security_scan",
            Self::Sbom => "sbom",
            Self::Load => "load",
            Self::WebVitals => "web_vitals",
            Self::Accessibility => "accessibility",
            Self::Tests => "tests",
            Self::Operations => "operations",
        }
    }
}

/// A tool that produced evidence.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Producer {
    /// Name as the tool writes it.
    pub name: Text,
    /// Version, `None` when not said.
    pub version: Option<Text>,
}

/// An element that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Skipped {
    /// Where: a JSON pointer or XML path with line and column.
    pub at: String,
    /// Why.
    pub reason: String,
}

/// Something odd that does not stop the reading but that policies and people should see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Warning {
    /// Stable short name: `totals-contradict-lines`.
    pub code: String,
    /// What was seen.
    pub message: String,
}

/// Why a file is not a complete result: the tool failed, did not run, or tested nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Incomplete {
    /// Stable short name: `execution-failed`, `results-absent`, `nothing-tested`, `page-failed`, ...
    pub code: String,
    /// What was seen.
    pub message: String,
}

/// What one file says.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Name as shown in reports: the path as given, `-` for standard input, `archive.zip!member`.
    pub name: Text,
    /// SHA-256 of the bytes that were parsed, lower-case hexadecimal.
    pub sha256: String,
    /// Size of those bytes.
    pub bytes: u64,
    /// Format id.
    pub format: &'static str,
    /// Version of the format, empty when it has none.
    pub format_version: Text,
    /// Tools that produced it.
    pub producers: Vec<Producer>,
    /// When it was produced, when the format says so.
    pub produced_at: Option<jiff::Timestamp>,
    /// The subject it speaks of, where it says so.
    pub subject: Subject,
    /// That compared with the decision's subject; set by `adjust`.
    pub subject_match: SubjectMatch,
    /// Category declared in `gate.yaml` for findings that nothing else classifies.
    pub declared_category: Option<Category>,
    /// Format-specific counts for `gate inspect`, in the format's own terms.
    pub counts: serde_json::Map<String, serde_json::Value>,
    /// Elements that could not be read.
    pub skipped: Vec<Skipped>,
    /// How many could not be read, also beyond those listed.
    pub skipped_total: u64,
    /// Odd things.
    pub warnings: Vec<Warning>,
    /// Reasons why this is not a complete result; empty = complete.
    pub incomplete: Vec<Incomplete>,
    /// Kinds of content that this file proves. A file that tested nothing proves none.
    pub kinds: Vec<Kind>,
    /// Findings.
    pub findings: Vec<Finding>,
    /// Coverage.
    pub coverage: Option<Coverage>,
    /// Test results.
    pub tests: Option<TestRun>,
    /// Bill of materials.
    pub sbom: Option<Sbom>,
    /// Load test.
    pub load: Option<LoadRun>,
    /// Pages tested for accessibility.
    pub accessibility: Vec<AccessibilityPage>,
    /// Pages measured.
    pub pages: Vec<WebPage>,
    /// Approvals, freezes, objectives.
    pub operations: Option<Operations>,
}

impl Evidence {
    /// Records a count for `gate inspect`.
    pub fn count(&mut self, key: &str, value: impl Into<serde_json::Value>) {
        self.counts.insert(key.to_owned(), value.into());
    }

    /// Records something odd.
    pub fn warn(&mut self, code: &str, message: impl Into<String>) {
        self.warnings.push(Warning { code: code.to_owned(), message: message.into() });
    }

    /// Records a reason why this is not a complete result.
    pub fn incomplete(&mut self, code: &str, message: impl Into<String>) {
        self.incomplete.push(Incomplete { code: code.to_owned(), message: message.into() });
    }

    /// Records that the tool could not work on something, as a finding that no threshold lets pass.
    pub fn tool_failure(
        &mut self,
        tool: &str,
        category: Category,
        location: Option<Location>,
        message: &str,
    ) {
        let mut finding =
            Finding::new(tool.into(), Finding::TOOL_FAILURE.into(), Severity::Unknown, message.into());
        finding.category = Some(category);
        finding.location = location;
        self.findings.push(finding);
    }

    /// States that this file proves content of a kind.
    pub fn proves(&mut self, kind: Kind) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }
}
