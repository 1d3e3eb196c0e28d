//! Test coverage in integer counts; percentages are for people and are made at the end.

use super::Text;

/// How many of how many. `0 of 0` is "not measured", never 100 %.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Count {
    /// How many were reached.
    pub covered: u64,
    /// How many there are.
    pub valid: u64,
}

impl Count {
    /// Adds another count.
    pub fn add(&mut self, other: Self) {
        self.covered = self.covered.saturating_add(other.covered);
        self.valid = self.valid.saturating_add(other.valid);
    }

    /// Percentage from 0 to 100, `None` when nothing was measured.
    pub fn percent(self) -> Option<f64> {
        (self.valid > 0).then(|| self.covered as f64 * 100.0 / self.valid as f64)
    }
}

/// One executable line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineHits {
    /// Line number, from 1.
    pub line: u32,
    /// How often it ran, cut off at `u32::MAX`.
    pub hits: u32,
}

/// The branches of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BranchHits {
    /// Line number, from 1.
    pub line: u32,
    /// Branches taken.
    pub covered: u32,
    /// Branches there are.
    pub valid: u32,
}

/// Coverage of one source file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileCoverage {
    /// Path with `/`, as near to repository-relative as the report allows.
    pub path: Text,
    /// Executable lines, ascending, each line once. Empty when the report has counts only.
    pub lines: Vec<LineHits>,
    /// Lines with branches, ascending, each line once. Empty when the report has counts only.
    pub branches: Vec<BranchHits>,
    /// Counts of lines; of `lines` where those are there, else as reported.
    pub line_count: Count,
    /// Counts of branches; of `branches` where those are there, else as reported.
    pub branch_count: Count,
    /// Counts of functions or methods.
    pub function_count: Count,
}

impl FileCoverage {
    /// Sorts lines and branches, merges repeated lines (largest number of hits wins, as each repetition is
    /// another view of the same line) and derives the counts from them.
    pub fn normalise(&mut self) {
        if !self.lines.is_sorted_by(|a, b| a.line < b.line) {
            self.lines.sort_unstable_by_key(|l| (l.line, std::cmp::Reverse(l.hits)));
            self.lines.dedup_by_key(|l| l.line);
        }
        if !self.branches.is_sorted_by(|a, b| a.line < b.line) {
            self.branches.sort_unstable_by_key(|b| (b.line, std::cmp::Reverse((b.valid, b.covered))));
            self.branches.dedup_by_key(|b| b.line);
        }
        if !self.lines.is_empty() {
            let covered = self.lines.iter().filter(|l| l.hits > 0).count() as u64;
            self.line_count = Count { covered, valid: self.lines.len() as u64 };
        }
        if !self.branches.is_empty() {
            self.branch_count = self.branches.iter().fold(Count::default(), |mut sum, b| {
                sum.add(Count { covered: u64::from(b.covered.min(b.valid)), valid: u64::from(b.valid) });
                sum
            });
        }
    }
}

/// Coverage of one report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The suite that was run (`unit`, `integration`, ...); `None` when not declared.
    pub suite: Option<Text>,
    /// Files, by path, each once.
    pub files: Vec<FileCoverage>,
}
