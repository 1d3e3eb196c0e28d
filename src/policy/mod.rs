//! Policies: loading, checking and evaluating Rego.

mod input;

pub use input::*;
