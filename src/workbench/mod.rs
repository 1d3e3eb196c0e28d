//! The workbench: what security teams do with policies and stored decisions beside deciding.
//!
//! Only `files` reads files and only `worker` starts processes. Nothing here changes a decision.

mod capabilities;
mod coverage;
mod coverage_output;
mod diff;
mod diff_text;
mod explain;
mod explain_text;
mod files;
mod origin;
mod probe;
mod query;
mod record;
mod replay;
mod test;
mod trace;
mod tree;
mod worker;

pub use capabilities::{Capabilities, CapabilityError};
pub use coverage::{At, CoverageReport, FileCoverage, Range, UnreachedRule};
pub use coverage_output::{coverage_cobertura, coverage_json, coverage_lcov, coverage_table};
pub use diff::{Change, Diff, RuleChange, RuleVerdict, Side, Stored, Transition, diff};
pub use diff_text::diff_text;
pub use explain::{Explanation, Known, Place, RuleSource, Threshold, explain, explain_finding};
pub use explain_text::{explanation_text, overview_text};
pub use files::{Archive, LoadError, Loaded, Loading, document, load};
pub use probe::{Answer, Ask, Asked, Bench, Fault, Setup, View, ask};
pub use query::{Detail, Profiled, QueryResult, explanation, profile};
pub use record::{RECORD_SCHEMA, Record, RecordedConfig, RecordedModule};
pub use replay::{Difference, Evidence, REPLAY_SCHEMA, Replay, compare, replay_text};
pub use test::{
    Case, Counts, Discovered, Failure, Outcome, Report, Run, Status, SubResult, discover, render_github,
    render_json, render_junit, render_pretty, render_tap, run,
};
pub use trace::{Failed, Mark, MarkHit, Trace};
pub use worker::{ARGUMENT as WORKER_ARGUMENT, serve as serve_worker};
