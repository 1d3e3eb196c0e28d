//! Rego: its text, its meaning, and the interpreter that runs it.

pub mod analyse;
pub mod annotation;
pub mod ast;
pub(crate) mod builtins;
pub mod engine;
mod error;
mod lex;
mod parse;

pub use error::SyntaxError;
pub use parse::{parse_module, parse_query};
