//! Linters, type checkers and security scanners of source code.

mod bandit;
mod eslint;
mod mypy;
mod ruff;
mod sarif;
mod semgrep;

pub(super) use bandit::Bandit;
pub(super) use eslint::Eslint;
pub(super) use mypy::Mypy;
pub(super) use ruff::Ruff;
pub(super) use sarif::Sarif;
pub(super) use semgrep::Semgrep;
