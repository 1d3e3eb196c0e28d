//! The evidence model: plain data that every format is read into and every policy judges.
//!
//! It knows no file, clock, policy or report, and depends on nothing else in the crate.

mod coverage;
mod decision;
mod evidence;
mod finding;
mod measure;
mod operations;
mod rule;
mod sbom;
mod severity;
mod signature;
mod subject;
mod tests;

pub use coverage::{BranchHits, Count, Coverage, FileCoverage, LineHits};
pub use decision::{
    CoverageFigure, DECISION_SCHEMA, Decision, EvidenceView, Figures, GateResult, Ignored, Item,
    LatencyFigure, Measured, Mode, Outcome, PolicyInfo, PolicySource, Problem, RequestInfo, RuleResult,
    SeverityCount, Status, Verdict,
};
pub use evidence::{Evidence, Incomplete, Kind, Producer, Skipped, Warning};
pub use finding::{
    Category, Details, Finding, FindingId, Location, Package, State, Suppression, SuppressionKind,
};
pub use measure::{AccessibilityPage, LoadRun, Metric, Threshold, WebPage};
pub use operations::{Approval, Change, Freeze, Operations, Slo};
pub use rule::{Exclusion, RelatedResource, RuleAbout};
pub use sbom::{Component, Sbom};
pub use severity::Severity;
pub use signature::{
    Attestation, Provenance, Rejected, Requirement, Signature, SignatureMode, SignatureSource, SignedSubject,
    SignedTime, Step, StepName, StepStatus, Verified,
};
pub use subject::{Subject, SubjectMatch};
pub use tests::{Outcome as TestOutcome, TestCase, TestKind, TestRun};

/// Shared text; equal strings of one file are usually one allocation.
pub type Text = std::sync::Arc<str>;
