//! The workbench: what security teams do with policies and stored decisions beside deciding.
//!
//! Pure: files, clock and the environment belong to the face. Nothing here changes a decision.

mod diff;
mod diff_text;
mod record;
mod replay;

pub use diff::{Change, Diff, RuleChange, RuleVerdict, Side, Stored, Transition, diff};
pub use diff_text::diff_text;
pub use record::{RECORD_SCHEMA, Record, RecordedConfig, RecordedModule};
pub use replay::{Difference, Evidence, REPLAY_SCHEMA, Replay, compare, replay_text};
