//! Rego under gate beside Rego under OPA.

mod conformance;
mod differential;
mod semantics;
