//! `gate schema`: the JSON Schemas of the documents that gate reads and writes.

use super::{Exit, output};
use crate::schemas;

/// Arguments of `gate schema`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate schema decision
  gate schema config > gate.schema.json")]
pub(super) struct Arguments {
    /// Which document.
    #[arg(value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(schemas::NAMES))]
    name: String,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    match schemas::text(&arguments.name) {
        Some(text) if output::print(&text) => Exit::Ok,
        _ => Exit::Error,
    }
}
