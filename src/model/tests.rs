//! Results of tests that ran.

use serde::{Deserialize, Serialize};

use super::Text;

/// How a test ended, after its retries.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Passed at the first try.
    Passed,
    /// Not run.
    Skipped,
    /// Passed after a failed try.
    Flaky,
    /// An assertion failed.
    Failed,
    /// It could not be run to its end.
    Error,
}

/// What a test exercises.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum TestKind {
    /// One unit; also what is not declared.
    #[default]
    Unit,
    /// Several units together.
    Integration,
    /// The whole system, as its user sees it.
    E2e,
    /// An agreement between two services.
    Contract,
}

impl TestKind {
    /// All kinds, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Unit, Self::Integration, Self::E2e, Self::Contract];

    /// The name used in policies and configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Integration => "integration",
            Self::E2e => "e2e",
            Self::Contract => "contract",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One test, its retries joined.
#[derive(Clone, Debug, PartialEq)]
pub struct TestCase {
    /// Name of the suite.
    pub suite: Text,
    /// Class or file, as the report names it; may be empty.
    pub class: Text,
    /// Name of the test.
    pub name: Text,
    /// How it ended.
    pub outcome: Outcome,
    /// Seconds, when said.
    pub seconds: Option<f64>,
    /// Why it did not pass.
    pub message: Option<Text>,
    /// Source file, when said.
    pub file: Option<Text>,
    /// Line in it, from 1; 0 when not said.
    pub line: u32,
}

/// The tests of one report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestRun {
    /// What the tests exercise, from the declaration of the evidence.
    pub kind: TestKind,
    /// Tests, each once, in the order of the report.
    pub cases: Vec<TestCase>,
}
