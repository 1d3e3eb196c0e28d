//! The summary page of a GitHub Actions job: the Markdown report with more room.

use super::{Info, Options, Reporter, markdown};
use crate::model::Decision;

/// GitHub step summary.
pub(super) struct GithubSummary;

/// GitHub refuses a summary of more than 1 MiB altogether; other steps write theirs beside it, but apart.
const SUMMARY: usize = 1_000_000;
/// There is room for more items than in a comment.
const SHOWN: usize = 100;

impl Reporter for GithubSummary {
    fn info(&self) -> &'static Info {
        &Info { id: "github-summary", title: "GitHub Actions step summary", file: "gate.summary.md" }
    }

    fn render(&self, decision: &Decision, options: &Options) -> String {
        markdown::within(decision, options.shown.max(SHOWN), SUMMARY)
    }
}
