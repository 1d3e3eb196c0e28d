//! Errors of bundles, with their place.

use crate::model::Problem;
use crate::read::{ParseError, Place};

/// Why a bundle could not be read, written, signed, verified or moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BundleError {
    /// What is wrong.
    pub message: String,
    /// File or member; empty when there is none.
    pub file: String,
    /// Line from 1; 0 when not known.
    pub line: u64,
    /// Column from 1; 0 when not known.
    pub column: u64,
    /// What to do; may be empty.
    pub help: String,
}

impl BundleError {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// The same about a file or member.
    #[must_use]
    pub fn at(mut self, file: &str) -> Self {
        self.file = file.to_owned();
        self
    }

    /// The same with a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// What a JSON reader says about a member.
    pub(super) fn of_json(error: ParseError, text: &str, file: &str) -> Self {
        let place = error.byte.map(|byte| Place::of(text, byte));
        Self {
            message: error.message,
            file: file.to_owned(),
            line: place.map_or(0, |p| p.line as u64),
            column: place.map_or(0, |p| p.column as u64),
            help: error.help.unwrap_or_default(),
        }
    }
}

impl From<BundleError> for Problem {
    fn from(error: BundleError) -> Self {
        Self {
            code: "policy".to_owned(),
            message: error.message,
            file: error.file,
            line: error.line,
            column: error.column,
            byte: None,
            help: error.help,
        }
    }
}
