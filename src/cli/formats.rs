//! `gate formats`: the evidence formats.

use std::fmt::Write as _;

use super::{Exit, output};
use crate::format::{Clean, FORMATS};

/// Arguments of `gate formats`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// How to print.
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    output: output::Layout,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let text = match arguments.output {
        output::Layout::Json => json(),
        output::Layout::Table => table(),
    };
    if output::print(&text) { Exit::Ok } else { Exit::Error }
}

fn table() -> String {
    let mut text = String::new();
    for info in FORMATS.iter().map(|format| format.info()) {
        let kinds: Vec<&str> = info.kinds.iter().map(|kind| kind.as_str()).collect();
        let _ = writeln!(text, "{}  {}", info.id, info.title);
        let _ = writeln!(text, "  brings         {}", kinds.join(", "));
        let _ = writeln!(text, "  known to work  {}", info.producers.join(", "));
        let _ = writeln!(text, "  recognised by  {}", info.detection);
        match info.clean {
            Clean::Recognisable => {}
            Clean::EmptyArray => {
                let _ = writeln!(text, "  a clean `[]` must be declared: `--as {}`", info.id);
            }
            Clean::BlankText => {
                let _ = writeln!(text, "  a clean blank report must be declared: `--as {}`", info.id);
            }
        }
    }
    text
}

fn json() -> String {
    let list: Vec<serde_json::Value> = FORMATS
        .iter()
        .map(|format| format.info())
        .map(|info| {
            serde_json::json!({
                "id": info.id,
                "title": info.title,
                "kinds": info.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
                "producers": info.producers,
                "detection": info.detection,
            })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Array(list))
}
