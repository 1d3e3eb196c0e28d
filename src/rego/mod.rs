//! Rego: its text, its meaning, and the interpreter that runs it.

pub mod analyse;
pub mod annotation;
pub mod ast;
pub(crate) mod builtins;
pub mod engine;
mod error;
mod format;
mod lex;
pub(crate) mod lower;
mod parse;

pub use error::SyntaxError;
pub use format::format_module;
pub use parse::{parse_module, parse_query};
