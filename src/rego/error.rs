//! A text that is not Rego.

use super::ast::Place;

/// What is wrong with a text, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What was expected and what was found.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What to do; empty where the message says it.
    pub help: String,
}

impl SyntaxError {
    /// An error at a place.
    pub(crate) fn new(message: impl Into<String>, place: Place) -> Self {
        Self { message: message.into(), place, help: String::new() }
    }

    /// With a remedy.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}
