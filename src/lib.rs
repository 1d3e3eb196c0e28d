//! gate: a policy-as-code quality and security gate.

pub mod format;
pub mod model;
pub mod policy;
pub mod read;
pub mod report;
