//! `gate schema`: the JSON Schemas of the documents that gate reads and writes.

use super::{Exit, output};
use crate::schemas;

/// Arguments of `gate schema`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate schema decision
  gate schema config > gate.schema.json
  gate schema policy-input --rego > policies/team.rego")]
pub(super) struct Arguments {
    /// Which document.
    #[arg(value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(schemas::NAMES))]
    name: String,
    /// Of the policy input: a Rego module to begin with, and every field with its type.
    #[arg(long)]
    rego: bool,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    if arguments.rego && arguments.name != "policy-input" {
        output::complain("`--rego` is for `gate schema policy-input`");
        return Exit::Error;
    }
    if arguments.rego {
        return if output::print(&schemas::policy_input_stub()) { Exit::Ok } else { Exit::Error };
    }
    match schemas::text(&arguments.name) {
        Some(text) if output::print(&text) => Exit::Ok,
        _ => Exit::Error,
    }
}
