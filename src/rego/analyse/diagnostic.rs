//! What is said about a place of a module.

use serde::Serialize;

use crate::rego::ast::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does not work, or never does what it seems to do.
    Error,
    /// It is unwise.
    Warning,
}

impl Severity {
    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A change of the text that cures it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What is replaced.
    pub span: Span,
    /// What by.
    pub text: String,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The lint.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The module's path.
    pub path: String,
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do; may be empty.
    pub help: String,
    /// A change that cures it.
    pub fix: Vec<Fix>,
}
