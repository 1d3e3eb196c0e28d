//! From files to one case: classified, scoped to the subject, identified, merged. Nothing is deleted.
//!
//! Pure: what it needs to know of time and configuration is passed in. The rules of merging:
//!
//! - *findings*: the union. The same finding (tool, rule, place, message, package) reported by two files is one,
//!   with both as its sources, the worse severity, and suppressed only if both say so. Repetitions within one
//!   file stay apart.
//! - *coverage*: by source file and line within a suite; a line is covered if any report covers it.
//! - *tests*: by kind, suite, class and name; the worst outcome holds.
//! - *measurements*: every run and page stands for itself.
//! - *components*: every document stands for itself.

mod classify;
mod identify;
mod merge;
mod scope;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::model::{Evidence, FileCoverage, Finding, Subject, SuppressionKind, TestCase, TestKind, Text};

/// What the merging depends on.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time of the decision.
    pub now: Timestamp,
    /// What the decision is about.
    pub subject: Subject,
    /// Evidence older than this does not count.
    pub max_age: Option<SignedDuration>,
    /// Whether evidence of unknown age counts although there is a `max_age`.
    pub unknown_age_counts: bool,
    /// Whose suppressions, made outside of trusted configuration, are honoured.
    pub honoured: Vec<SuppressionKind>,
    /// The folder that absolute paths in evidence are made relative to.
    pub root: Option<String>,
}

/// One file's part in the case.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Seconds since it was produced, where it says when.
    pub age_seconds: Option<i64>,
    /// Why it does not count; empty when it does.
    pub unusable_because: String,
    /// Whether the reason is its age.
    pub stale: bool,
}

/// A test with its kind and the evidence file that its outcome comes from.
#[derive(Clone, Debug)]
pub struct KnownTest {
    /// The test.
    pub case: TestCase,
    /// What it exercises.
    pub kind: TestKind,
    /// Index of the evidence file.
    pub source: usize,
}

/// All evidence of a decision, merged.
#[derive(Debug, Default)]
pub struct Case {
    /// Evidence files by name; findings, coverage and tests are moved out of the usable ones.
    pub evidence: Vec<Evidence>,
    /// How each of them stands.
    pub standing: Vec<Standing>,
    /// Findings of usable evidence.
    pub findings: Vec<Finding>,
    /// Coverage by suite, files by path.
    pub coverage: BTreeMap<Text, Vec<FileCoverage>>,
    /// Tests.
    pub tests: Vec<KnownTest>,
}

/// Merges evidence into a case.
pub fn adjust(mut evidence: Vec<Evidence>, context: &Context) -> Case {
    evidence.sort_by(|a, b| (&a.name, &a.sha256).cmp(&(&b.name, &b.sha256)));
    for file in &mut evidence {
        classify::classify(file);
    }
    let standing = evidence.iter_mut().map(|file| scope::judge(file, context)).collect();
    let mut case = Case { evidence, standing, ..Case::default() };
    merge::findings(&mut case, context);
    merge::coverage(&mut case);
    merge::tests(&mut case);
    case
}
