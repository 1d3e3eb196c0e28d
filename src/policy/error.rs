//! Errors of policies, with their place.

use crate::model::Problem;

/// Why a policy set could not be loaded or evaluated.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{message}")]
pub struct PolicyError {
    /// What is wrong.
    pub message: String,
    /// Module; empty when there is none.
    pub file: String,
    /// Line from 1; 0 when not known.
    pub line: u64,
    /// Column from 1; 0 when not known.
    pub column: u64,
    /// What to do; may be empty.
    pub help: String,
    /// Whether it is the time limit that was passed.
    pub timeout: bool,
}

impl PolicyError {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// The same at a place.
    #[must_use]
    pub fn at(mut self, file: &str, line: u32, column: u32) -> Self {
        self.file = file.to_owned();
        self.line = u64::from(line);
        self.column = u64::from(column);
        self
    }

    /// The same with a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// From what the interpreter says: the place is taken out of its ` --> file:line:column` line.
    pub(super) fn of_interpreter(text: &str) -> Self {
        let mut error = Self::default();
        let mut kept = Vec::new();
        for line in text.lines() {
            if let Some((_, place)) = line.split_once("--> ")
                && error.file.is_empty()
            {
                let mut parts = place.trim().rsplitn(3, ':');
                error.column = parts.next().and_then(|n| n.parse().ok()).unwrap_or_default();
                error.line = parts.next().and_then(|n| n.parse().ok()).unwrap_or_default();
                error.file = parts.next().unwrap_or_default().to_owned();
            } else if !is_drawing(line) {
                kept.push(line.trim().trim_start_matches("error: "));
            }
        }
        error.message = kept.join(" ").trim().to_owned();
        if error.message.contains("execution exceeded time limit") {
            error.timeout = true;
            error.message = "the policies took longer than their time limit".to_owned();
            error.help =
                "look for nested loops over lists, or raise `policy.timeout` in gate.yaml".to_owned();
        }
        error
    }
}

/// The interpreter draws the source line and a caret; both stand in gate's own rendering.
fn is_drawing(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.trim().is_empty()
        || line.starts_with('|')
        || (digits.len() < line.len() && digits.trim_start().starts_with('|'))
}

impl From<PolicyError> for Problem {
    fn from(error: PolicyError) -> Self {
        Self {
            code: if error.timeout { "timeout" } else { "policy" }.to_owned(),
            message: error.message,
            file: error.file,
            line: error.line,
            column: error.column,
            byte: None,
            help: error.help,
        }
    }
}

impl From<crate::rego::engine::Error> for PolicyError {
    fn from(error: crate::rego::engine::Error) -> Self {
        Self {
            message: error.message,
            file: error.path,
            line: u64::from(error.line),
            column: u64::from(error.column),
            help: error.help,
            timeout: error.code == "eval_cancel_error",
        }
    }
}
