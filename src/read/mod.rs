//! What every format reader shares: limits, positions in errors, decoding, JSON and XML cursors.
//!
//! Readers are lenient per element (a broken one is recorded and skipped) and strict per file (a malformed or
//! truncated one is an error with its place). Nothing here knows a particular format.

mod error;
mod head;
mod intern;
mod json;
mod limits;
mod lines;
mod text;
mod words;
mod xml;

pub use error::{ParseError, Place};
pub use head::{Head, JsonKind, Keys, Peek, Shape};
pub use intern::Interner;
pub(crate) use json::pointers;
pub use json::{Json, Scalar};
pub use limits::Limits;
pub use lines::{line_of, lines};
pub use text::decode;
pub use words::{relative_path, timestamp};
pub use xml::{Element, Xml};
