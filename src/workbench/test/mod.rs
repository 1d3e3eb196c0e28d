//! `gate test`: rules named `test_...` are run, each by itself.

mod discover;
mod model;
mod report;
mod run;

pub(super) use discover::is_written_here;
pub use discover::{Case, Discovered, discover};
pub use model::{Counts, Failure, Outcome, Report, Status, SubResult};
pub use report::{render_github, render_json, render_junit, render_pretty, render_tap};
pub use run::{Run, run};
