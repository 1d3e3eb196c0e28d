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

    /// Policies of others, where no process can be started for them.
    pub(crate) fn no_process(why: &str) -> Self {
        Self::new(format!("policies need a process of their own, and gate does not find its program: {why}"))
            .help("start gate by its full path, with `/proc` mounted")
    }

    /// From what the interpreter says.
    pub(super) fn of_interpreter(text: &str) -> Self {
        let mut error = Self::from(crate::rego::engine::of_interpreter(text));
        if error.timeout {
            error.help =
                "look for nested loops over lists, or raise `policy.timeout` in gate.yaml".to_owned();
        }
        error
    }
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
