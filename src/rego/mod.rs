//! Rego: its text, its meaning, and the interpreter that runs it.

pub(crate) mod builtins;
