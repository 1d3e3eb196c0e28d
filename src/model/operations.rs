//! What operations say of a change: approvals, freezes, objectives.

use jiff::Timestamp;

use super::Text;

/// Somebody approved the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Who.
    pub by: Text,
    /// In which role, empty when not said.
    pub role: Text,
    /// When.
    pub at: Option<Timestamp>,
}

/// A time in which nothing may be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// Name.
    pub name: Text,
    /// First instant.
    pub from: Timestamp,
    /// First instant after it.
    pub until: Timestamp,
}

/// A service level objective as measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    /// Name.
    pub name: Text,
    /// Objective in percent.
    pub objective: f64,
    /// Measured, in percent.
    pub measured: f64,
    /// Error budget left, in percent of the budget; `None` when not said.
    pub budget_left: Option<f64>,
}

/// What is known of the change to be deployed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Lines changed.
    pub lines: Option<u64>,
    /// Files changed.
    pub files: Option<u64>,
    /// Whether a database migration is part of it.
    pub migration: bool,
    /// Whether an interface of others is broken.
    pub breaking: bool,
}

/// All of one document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operations {
    /// Approvals.
    pub approvals: Vec<Approval>,
    /// Freezes.
    pub freezes: Vec<Freeze>,
    /// Objectives.
    pub slos: Vec<Slo>,
    /// The change, when described.
    pub change: Option<Change>,
}
