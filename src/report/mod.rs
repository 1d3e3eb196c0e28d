//! Reports: one file each, one line each in [`REPORTERS`].
//!
//! A reporter turns a [`Decision`] into text and nothing else: it decides nothing, opens nothing, reads no clock.
//! Whatever came from evidence is made inert for its sink: control and bidirectional characters, markup, workflow
//! commands and links. Same decision, same options: same bytes.
//!
//! To add one: write `src/report/<id>.rs` with a unit struct that implements [`Reporter`] and name it in
//! [`REPORTERS`]; the snapshot test finds it there.

pub mod diagnostics;
mod github;
mod github_output;
mod github_summary;
mod gitlab;
mod html;
pub mod inert;
mod json;
mod junit;
mod markdown;
mod sarif;
mod tap;
mod terminal;
mod wording;

use crate::model::Decision;

/// One report format.
pub trait Reporter: Sync {
    /// Its identity and documentation.
    fn info(&self) -> &'static Info;
    /// Renders the decision.
    fn render(&self, decision: &Decision, options: &Options) -> String;
}

/// Identity and documentation of a report format.
#[derive(Debug)]
pub struct Info {
    /// Short stable id, as in `--output <id>=PATH`.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Usual file name.
    pub file: &'static str,
}

/// How to render.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether to use colour (terminal only).
    pub color: bool,
    /// Columns of the terminal (terminal only).
    pub width: usize,
    /// How many items of a verdict people are shown (terminal, Markdown).
    pub shown: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { color: false, width: 80, shown: 10 }
    }
}

/// Every report format, in the order of the help text.
pub static REPORTERS: &[&dyn Reporter] = &[
    &terminal::Terminal,
    &json::Json,
    &markdown::Markdown,
    &html::Html,
    &sarif::SarifReport,
    &junit::Junit,
    &github::Github,
    &github_summary::GithubSummary,
    &github_output::GithubOutput,
    &gitlab::Gitlab,
    &tap::Tap,
];

/// The report format of that id.
pub fn by_id(id: &str) -> Option<&'static dyn Reporter> {
    REPORTERS.iter().copied().find(|reporter| reporter.info().id == id)
}
