//! `gate init`: looks at the evidence that lies there and writes a gate.yaml that explains itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Exit, evaluate, output};
use crate::config::{self, GATES};
use crate::format;
use crate::ingest::{self, Collected, Input};
use crate::policy::shipped_data;

/// Arguments of `gate init`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate init
  gate init reports/
  gate init --force")]
pub(super) struct Arguments {
    /// Folder to look for evidence in.
    #[arg(default_value = ".", value_name = "PATH")]
    path: String,
    /// File to write.
    #[arg(long, default_value = "gate.yaml", value_name = "FILE")]
    file: PathBuf,
    /// Overwrite an existing file.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    if arguments.file.exists() && !arguments.force {
        output::complain(&format!("`{}` exists already; `--force` overwrites it", arguments.file.display()));
        return Exit::Error;
    }
    if !Path::new(&arguments.path).exists() {
        output::complain(&format!("`{}` does not exist", arguments.path));
        return Exit::Error;
    }
    let request = ingest::Request { inputs: vec![Input::Path(arguments.path.clone())], ..Default::default() };
    let collected = evaluate::collect(&request);
    let text = written(&collected, arguments.file.parent().unwrap_or(Path::new("")));
    if let Err(error) = config::parse(&text, "gate.yaml") {
        output::complain(&format!("internal error: the file would not be valid: {error}"));
        return Exit::Error;
    }
    if let Err(error) = output::write_file(&arguments.file, &text) {
        output::complain(&format!("cannot write `{}`: {error}", arguments.file.display()));
        return Exit::Error;
    }
    let next = if arguments.file == Path::new("gate.yaml") {
        "gate evaluate".to_owned()
    } else {
        format!("gate evaluate --config {}", arguments.file.display())
    };
    let unread: String = collected
        .ignored
        .iter()
        .map(|ignored| format!("  not read: {}: {}\n", ignored.name, ignored.reason))
        .chain(collected.problems.iter().map(|problem| format!("  not read: {problem}\n")))
        .map(|line| crate::report::inert::line(line.trim_end()) + "\n")
        .collect();
    let told = format!(
        "wrote {}: {} evidence file{} recognised in {}\n{unread}next: {next}\n",
        arguments.file.display(),
        collected.evidence.len(),
        if collected.evidence.len() == 1 { "" } else { "s" },
        arguments.path,
    );
    if output::print(&told) { Exit::Ok } else { Exit::Error }
}

/// The whole file.
fn written(collected: &Collected, base: &Path) -> String {
    let shipped: Value = serde_json::from_str(shipped_data()).unwrap_or_default();
    let mut text = String::from(
        "# What gate asks of this repository. Every key is optional;\n\
         # `gate schema config` describes them all, `gate rules` shows what is in force.\n\
         version: 1\n\n\
         # The environment that is judged when none is asked for: development, staging, production, or one of yours.\n\
         environment: development\n\n",
    );
    evidence(&mut text, collected, base);
    environments(&mut text, collected);
    thresholds(&mut text, &shipped);
    text.push_str(
        "# Your own Rego: it adds to the shipped policies, and a rule with a shipped code takes that rule's place.\n\
         # policy:\n#   paths: [policy/]\n\n\
         # Single rules, by code: enforce, warn or off.\n\
         # rules:\n#   CQ-303: off\n\n\
         # Source files that need more coverage than others.\n\
         # coverage:\n#   critical_paths: [\"src/payment/**\"]\n\n\
         # Files in walked folders that are not evidence.\n\
         # ignore: [\"**/package.json\", \"**/tsconfig*.json\"]\n",
    );
    text
}

/// A string as YAML in double quotes.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A path as it is written in a file of the folder `base`.
fn relative(name: &str, base: &Path) -> String {
    let (Ok(target), Ok(base)) = (std::path::absolute(name), std::path::absolute(base)) else {
        return name.to_owned();
    };
    let common = target.components().zip(base.components()).take_while(|(a, b)| a == b).count();
    let up = base.components().skip(common).map(|_| "..".to_owned());
    let down = target.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

fn evidence(text: &mut String, collected: &Collected, base: &Path) {
    text.push_str(
        "# Where the evidence lies, relative to this file. `gate evaluate` without a path reads these.\n\
         # Further keys: suite (unit, integration, ...), tests (unit, integration, e2e, contract), category,\n\
         #          required (its absence blocks). A path may be a pattern. A clean `[]` needs its format named.\n",
    );
    if collected.evidence.is_empty() && collected.problems.is_empty() {
        text.push_str("# None was found yet; for instance:\nevidence: []\n#  - path: reports/coverage.xml\n#    format: cobertura\n\n");
        return;
    }
    text.push_str("evidence:\n");
    for file in collected.evidence.iter().filter(|file| !file.name.contains('!')) {
        let brings: Vec<&str> = file.kinds.iter().map(|kind| kind.as_str()).collect();
        let brings =
            if brings.is_empty() { "nothing: see `gate inspect`".to_owned() } else { brings.join(", ") };
        let _ = writeln!(text, "  - path: {} # {brings}", quoted(&relative(&file.name, base)));
        let _ = writeln!(text, "    format: {}\n    required: true", file.format);
        if file.coverage.is_some() {
            text.push_str("    # suite: unit\n");
        }
        if file.tests.is_some() {
            text.push_str("    # tests: unit\n");
        }
    }
    for problem in &collected.problems {
        let _ = writeln!(
            text,
            "  - path: {} # not read: {}\n    required: true",
            quoted(&relative(&problem.file, base)),
            crate::report::inert::line(&problem.message)
        );
    }
    text.push('\n');
}

fn environments(text: &mut String, collected: &Collected) {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in &collected.evidence {
        let kinds = if file.kinds.is_empty() {
            format::by_id(file.format).map(|f| f.info().kinds).unwrap_or_default()
        } else {
            &file.kinds
        };
        for kind in kinds {
            let files = found.entry(kind.as_str()).or_default();
            if !files.contains(&&*file.name) {
                files.push(&file.name);
            }
        }
    }
    text.push_str("# Found:\n");
    for kind in crate::model::Kind::ALL {
        let files = found.get(kind.as_str()).map(|files| files.len()).unwrap_or_default();
        let _ = writeln!(
            text,
            "#   {:<16} {}",
            kind.as_str(),
            match files {
                0 => "none".to_owned(),
                1 => "1 file".to_owned(),
                n => format!("{n} files"),
            }
        );
    }
    text.push_str(
        "# What each gate does: enforce, warn or off; `evidence` lists the kinds without which it blocks when enforced\n\
         # ([] = judged when there is some).\n\
         environments:\n  development:\n    gates:\n",
    );
    let needs: [(&str, &[&str]); 6] = [
        ("code_quality", &["coverage"]),
        ("security", &["security_scan"]),
        ("performance", &[]),
        ("accessibility", &[]),
        ("integration", &["tests"]),
        ("deployment", &[]),
    ];
    for (gate, _) in GATES {
        let needed =
            needs.iter().find(|(name, _)| *name == gate).map(|(_, kinds)| *kinds).unwrap_or_default();
        let _ = writeln!(text, "      {gate}: {{ mode: enforce, evidence: [{}] }}", needed.join(", "));
    }
    text.push_str(
        "  # staging and production extend it and need more: `gate rules --environment production`.\n\n",
    );
}

/// The thresholds in force, written out as comments.
fn thresholds(text: &mut String, shipped: &Value) {
    text.push_str("# Thresholds, with their defaults.\n# thresholds:\n");
    for (gate, _) in GATES {
        let Some(defaults) = shipped.pointer(&format!("/gate/thresholds/{gate}")).and_then(Value::as_object)
        else {
            continue;
        };
        let _ = writeln!(text, "#   {gate}:");
        for (name, value) in defaults {
            let entry = shipped.pointer(&format!("/gate/catalogue/{gate}/{name}"));
            let word = |key: &str| entry.and_then(|e| e.get(key)).and_then(Value::as_str).unwrap_or_default();
            let unit = word("unit");
            let shown = match unit {
                "%" | "ms" | "/s" if value.is_number() => quoted(&format!("{value}{unit}")),
                "days" if value.is_number() => quoted(&format!("{value}d")),
                _ => value.to_string(),
            };
            let _ = writeln!(text, "#     {name}: {shown} # {}", word("title"));
        }
    }
    text.push('\n');
}
