//! `gate inspect`: what is recognised and read.

use std::fmt::Write as _;
use std::io::Read;

use super::{Exit, evaluate, output};
use crate::ingest::{self, Input};
use crate::inspect::{Inspected, InspectedFile};
use crate::model::Problem;

/// Arguments of `gate inspect`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate inspect coverage.xml
  gate inspect reports/ --output json
  gate inspect --as ruff lint.json

Exit codes: 0 everything was read, 2 something was not.")]
pub(super) struct Arguments {
    /// Files, folders, patterns, or `-` for standard input.
    #[arg(value_name = "FILE", required = true)]
    paths: Vec<String>,
    /// Format of the evidence, or of the files of a pattern; repeatable.
    #[arg(long = "as", value_name = "[PATTERN=]FORMAT")]
    formats: Vec<String>,
    /// How to print.
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    output: output::Layout,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let declared = match evaluate::declared_by_flag(&arguments.formats) {
        Ok(declared) => declared,
        Err(problem) => {
            output::complain_of(&problem);
            return Exit::Error;
        }
    };
    let mut inputs = Vec::new();
    for path in &arguments.paths {
        if path != "-" {
            inputs.push(Input::Path(path.clone()));
            continue;
        }
        let mut bytes = Vec::new();
        if let Err(error) = std::io::stdin().read_to_end(&mut bytes) {
            output::complain(&format!("cannot read standard input: {error}"));
            return Exit::Error;
        }
        inputs.push(Input::Bytes { name: "-".to_owned(), bytes });
    }
    let request = ingest::Request { inputs, declared, ..ingest::Request::default() };
    let report = Inspected::of(evaluate::collect(&request));
    let text = match arguments.output {
        output::Layout::Json => match serde_json::to_string_pretty(&report) {
            Ok(json) => json + "\n",
            Err(error) => {
                output::complain(&format!("cannot write the result: {error}"));
                return Exit::Error;
            }
        },
        output::Layout::Table => table(&report),
    };
    let failed = report.files.iter().any(|file| file.error.is_some());
    if output::print(&text) && !failed { Exit::Ok } else { Exit::Error }
}

fn table(report: &Inspected) -> String {
    let mut text = String::new();
    for file in &report.files {
        describe(&mut text, file);
    }
    for ignored in &report.ignored {
        let _ = writeln!(text, "{}\n  ignored: {}", clean(&ignored.name), clean(&ignored.reason));
    }
    text
}

fn describe(text: &mut String, file: &InspectedFile) {
    let _ = writeln!(text, "{}", clean(&file.path));
    if let Some(error) = &file.error {
        let problem = Problem {
            message: error.message.clone(),
            line: error.line.unwrap_or_default(),
            column: error.column.unwrap_or_default(),
            file: file.path.clone(),
            ..Problem::default()
        };
        let _ = writeln!(text, "  error: {}", clean(&problem.to_string()));
        if !error.help.is_empty() {
            let _ = writeln!(text, "  help: {}", clean(&error.help));
        }
        return;
    }
    let producers: Vec<String> = file
        .producers
        .iter()
        .map(|p| match &p.version {
            Some(version) => format!("{} {version}", p.name),
            None => p.name.to_string(),
        })
        .collect();
    let _ = writeln!(
        text,
        "  {} {} by {}, {} bytes, sha256 {}",
        file.format,
        clean(&file.format_version),
        clean(&producers.join(", ")),
        file.bytes,
        file.sha256.get(..12).unwrap_or_default()
    );
    for (key, value) in &file.counts {
        let value = match value {
            serde_json::Value::Object(map) => {
                let parts: Vec<String> = map.iter().map(|(k, v)| format!("{k} {v}")).collect();
                parts.join(", ")
            }
            other => other.to_string(),
        };
        let _ = writeln!(text, "  {key}: {}", clean(&value));
    }
    for incomplete in &file.incomplete {
        let _ = writeln!(text, "  incomplete: {}", clean(&incomplete.message));
    }
    for warning in &file.warnings {
        let _ = writeln!(text, "  warning: {}", clean(&warning.message));
    }
    for skipped in &file.skipped {
        let _ = writeln!(text, "  skipped {}: {}", clean(&skipped.at), clean(&skipped.reason));
    }
    let more = file.skipped_total.saturating_sub(file.skipped.len() as u64);
    if more > 0 {
        let _ = writeln!(text, "  skipped {more} more");
    }
}

fn clean(text: &str) -> String {
    crate::report::inert::line(text)
}
