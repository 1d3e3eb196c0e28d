//! What tests gave.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Case;
use crate::workbench::coverage::CoverageReport;
use crate::workbench::probe::{Bench, Fault};
use crate::workbench::trace::Failed;

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It is true.
    Pass,
    /// It is to be done.
    Skip,
    /// It is undefined, false, or anything else that is not true.
    Fail,
    /// It could not be evaluated.
    Error,
}

impl Status {
    /// In OPA's words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Skip => "SKIPPED",
            Self::Fail => "FAIL",
            Self::Error => "ERROR",
        }
    }
}

/// One case of a test, and what is below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubResult {
    /// Its name.
    pub name: String,
    /// Whether it failed, or anything below.
    pub fail: bool,
    /// Cases below, by name.
    pub below: Vec<SubResult>,
}

impl SubResult {
    /// This case and all below with their depth, from 0.
    pub fn walk<'a>(&'a self, depth: usize, visit: &mut dyn FnMut(&'a Self, usize)) {
        visit(self, depth);
        self.below.iter().for_each(|sub| sub.walk(depth + 1, visit));
    }
}

/// What a failing test shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// What the test gave; nothing where it is undefined.
    pub value: Option<Value>,
    /// The expressions that were reached and not passed: those of the test first.
    pub failed: Vec<Failed>,
    /// Values of both sides of a comparison, or of what else the first of them asks for.
    pub sides: Vec<(String, Value)>,
}

/// One test with its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The test.
    pub case: Case,
    /// How it ended.
    pub status: Status,
    /// Nanoseconds.
    pub duration: u64,
    /// What `print` said, a line each.
    pub prints: Vec<String>,
    /// Its cases.
    pub subs: Vec<SubResult>,
    /// Why it could not be evaluated.
    pub error: Option<Fault>,
    /// What is to be seen of its failure.
    pub failure: Failure,
    /// How long it takes, where that was asked.
    pub bench: Option<Bench>,
}

/// How many there are of each; a test with cases counts as its cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Passed.
    pub pass: usize,
    /// Failed.
    pub fail: usize,
    /// Skipped.
    pub skip: usize,
    /// In error.
    pub error: usize,
}

impl Counts {
    /// All of them.
    pub fn total(&self) -> usize {
        self.pass + self.fail + self.skip + self.error
    }
}

/// All tests with their results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// By module and line.
    pub outcomes: Vec<Outcome>,
    /// What was reached, where that was asked.
    pub coverage: Option<CoverageReport>,
    /// Nanoseconds from beginning to end.
    pub duration: u64,
}

impl Report {
    /// How many there are of each.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for outcome in &self.outcomes {
            match outcome.status {
                Status::Skip => counts.skip += 1,
                Status::Error => counts.error += 1,
                _ if !outcome.subs.is_empty() => {
                    for sub in &outcome.subs {
                        sub.walk(0, &mut |sub, _| match (sub.below.is_empty(), sub.fail) {
                            (true, true) => counts.fail += 1,
                            (true, false) => counts.pass += 1,
                            _ => {}
                        });
                    }
                }
                Status::Pass => counts.pass += 1,
                Status::Fail => counts.fail += 1,
            }
        }
        counts
    }

    /// Whether every test passed, the skipped apart.
    pub fn is_ok(&self) -> bool {
        self.outcomes.iter().all(|outcome| matches!(outcome.status, Status::Pass | Status::Skip))
    }
}
