//! The one integration-test binary: a module per subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod architecture;
mod bundle;
mod check;
mod cli;
mod configuration;
mod conftest;
mod corpus;
mod docs;
mod evidence;
mod format;
mod layout;
mod oracle;
mod policies;
mod properties;
mod readme;
mod rego;
mod reliability;
mod report;
mod schema;
mod workbench;
