//! `gate check`: compiles and lints policies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{Exit, output, setup};
use crate::config;
use crate::policy::{input_schema, shipped_data, shipped_modules};
use crate::rego::analyse::{Context, Diagnostic, Fix, Severity, Source, apply, check, lint, upgrade};
use crate::rego::ast::{Span, Version};
use crate::report::diagnostics;

/// How to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Layout {
    /// For people.
    #[default]
    Pretty,
    /// JSON.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// GitHub Actions annotations.
    Github,
}

/// Arguments of `gate check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate check policies/
  gate check --strict --output sarif policies/ > check.sarif
  gate check --fix policies/
  gate check --schema input.schema.json policy.rego
  gate check --list

A line is left out by a comment on it or above it: `# gate:ignore unused-variable`

Exit codes: 0 no error, 1 errors (with --strict also warnings), 2 the check could not run.")]
pub(super) struct Arguments {
    /// Policies: files or folders. Default: the policies of gate.yaml, else this folder.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Fail for warnings too.
    #[arg(long)]
    strict: bool,
    /// How to print.
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    output: Layout,
    /// Leave a lint out; repeatable.
    #[arg(long, value_name = "CODE", value_parser = clap::builder::PossibleValuesParser::new(lint::LINTS.iter().map(|lint| lint.code)))]
    disable: Vec<String>,
    /// JSON Schema of `input`, for modules that are not of gate; a folder holds those that METADATA names.
    #[arg(long, value_name = "PATH")]
    schema: Option<PathBuf>,
    /// Capabilities file of OPA with functions of the host.
    #[arg(long, value_name = "FILE")]
    capabilities: Option<PathBuf>,
    /// Mend what can be mended without thought.
    #[arg(long)]
    fix: bool,
    /// Read modules as of the time before OPA 1.0.
    #[arg(long)]
    v0_compatible: bool,
    /// Configuration file; else gate.yaml is looked for here and upward.
    #[arg(long, value_name = "FILE", env = "GATE_CONFIG")]
    config: Option<PathBuf>,
    /// List the lints.
    #[arg(long)]
    list: bool,
}

/// What was found below the paths.
#[derive(Default)]
struct Files {
    modules: Vec<(PathBuf, String)>,
    data: Map<String, Value>,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    if arguments.list {
        let rows =
            lint::LINTS.iter().map(|l| format!("{:<8} {:<23} {}\n", l.severity.as_str(), l.code, l.title));
        return if output::print(&rows.collect::<String>()) { Exit::Ok } else { Exit::Error };
    }
    match judge(arguments) {
        Ok(exit) => exit,
        Err(message) => {
            output::complain(&message);
            Exit::Error
        }
    }
}

fn judge(arguments: &Arguments) -> Result<Exit, String> {
    let options = setup::Options { config: arguments.config.clone(), ..setup::Options::default() };
    let config = setup::config(&options).map_err(|e| e.to_string())?;
    let mut paths = arguments.paths.clone();
    if paths.is_empty() {
        paths = config.raw.policy.paths.iter().map(|path| config.base.join(path)).collect();
    }
    if paths.is_empty() {
        paths.push(PathBuf::from("."));
    }
    let mut files = Files::default();
    for path in &paths {
        read(path, path, &mut files)?;
    }
    if files.modules.is_empty() {
        return Err("no policy was found: modules end in `.rego`".to_owned());
    }
    files.modules.sort();
    files.modules.dedup_by(|a, b| a.0 == b.0);
    let context = context(arguments, &config, &files)?;
    let (mut sources, mut found) = parsed(&files, arguments.v0_compatible);
    found.extend(check(&sources, &context));
    if arguments.fix && mend(&files, &found)? {
        let mut again = Files { modules: Vec::new(), data: files.data };
        for (path, _) in &files.modules {
            again.modules.push((path.clone(), text_of(path)?));
        }
        files = again;
        (sources, found) = parsed(&files, arguments.v0_compatible);
        found.extend(check(&sources, &context));
    }
    found.sort_by(|a, b| (&a.path, a.span, a.code).cmp(&(&b.path, b.span, b.code)));
    let texts: BTreeMap<String, &str> =
        files.modules.iter().map(|(path, text)| (shown(path), text.as_str())).collect();
    let text = match arguments.output {
        Layout::Pretty => {
            let of = |path: &str| texts.get(path).map(|text| (*text).to_owned());
            diagnostics::pretty(&found, &of, files.modules.len())
        }
        Layout::Json => diagnostics::json(&found, &sources),
        Layout::Sarif => diagnostics::sarif(&found),
        Layout::Github => diagnostics::github(&found),
    };
    if !output::print(&text) {
        return Ok(Exit::Error);
    }
    let (errors, warnings) = diagnostics::counts(&found);
    Ok(if errors > 0 || (arguments.strict && warnings > 0) { Exit::Block } else { Exit::Ok })
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map(str::to_owned).unwrap_or(text)
}

fn text_of(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("cannot read `{}`: {e}", shown(path)))
}

fn read(path: &Path, root: &Path, files: &mut Files) -> Result<(), String> {
    let unreadable = |e: std::io::Error| format!("cannot read `{}`: {e}", shown(path));
    if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        let entries = std::fs::read_dir(path).map_err(unreadable)?;
        let mut entries: Vec<PathBuf> =
            entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>().map_err(unreadable)?;
        entries.retain(|p| !p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.')));
        entries.sort();
        return entries.iter().try_for_each(|entry| read(entry, root, files));
    }
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if name.to_ascii_lowercase().ends_with(".rego") {
        files.modules.push((path.to_owned(), text_of(path)?));
    } else if matches!(name.as_str(), "data.json" | "data.yaml" | "data.yml") {
        let value: Value = yaml_serde::from_str(&text_of(path)?)
            .map_err(|e| format!("cannot read the policy data `{}`: {e}", shown(path)))?;
        let below = path.parent().and_then(|p| p.strip_prefix(root).ok()).unwrap_or(Path::new(""));
        let value = below.components().rev().fold(value, |value, part| {
            Value::Object(Map::from_iter([(part.as_os_str().to_string_lossy().into_owned(), value)]))
        });
        if let Value::Object(fields) = value {
            merge(&mut files.data, fields);
        }
    } else if path == root {
        return Err(format!("`{}` is no policy: modules end in `.rego`", shown(path)));
    }
    Ok(())
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(more)) => merge(known, more),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn context(arguments: &Arguments, config: &config::Config, files: &Files) -> Result<Context, String> {
    let json = |path: &PathBuf, what: &str| -> Result<Value, String> {
        serde_json::from_str(&text_of(path)?)
            .map_err(|e| format!("cannot read the {what} `{}`: {e}", shown(path)))
    };
    let mut context = Context {
        gate_schema: input_schema().clone(),
        disabled: arguments.disable.clone(),
        ..Context::default()
    };
    match &arguments.schema {
        Some(folder) if folder.is_dir() => {
            let entries =
                std::fs::read_dir(folder).map_err(|e| format!("cannot read `{}`: {e}", shown(folder)))?;
            for path in
                entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "json"))
            {
                let name = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                context.schemas.insert(name, json(&path, "schema")?);
            }
        }
        Some(file) => context.input_schema = Some(json(file, "schema")?),
        None => {}
    }
    if let Some(path) = &arguments.capabilities {
        let builtins = json(path, "capabilities")?;
        let names = builtins.get("builtins").and_then(Value::as_array).into_iter().flatten();
        context.functions = names.filter_map(|b| b.get("name")?.as_str().map(str::to_owned)).collect();
    }
    let shipped: Value = serde_json::from_str(shipped_data()).map_err(|e| e.to_string())?;
    let mut data = files.data.clone();
    let mut gate = Map::new();
    if let Ok(environment) = config::resolve(
        config,
        &shipped,
        &setup::environment_name(&setup::Options::default(), Some(config)),
        &setup::codes_in(config),
    ) {
        gate = environment.gate_data;
    }
    if let Some(Value::Object(shipped)) = shipped.get("gate") {
        let mut all = shipped.clone();
        merge(&mut all, gate);
        gate = all;
    }
    let own = data.remove("gate");
    if let Some(Value::Object(own)) = own {
        merge(&mut gate, own);
    }
    data.insert("gate".to_owned(), Value::Object(gate));
    context.data = Value::Object(data);
    Ok(context)
}

/// All modules that can be read, the shipped ones beside policies of gate, and what is wrong with the others.
fn parsed(files: &Files, is_v0: bool) -> (Vec<Source>, Vec<Diagnostic>) {
    let version = if is_v0 { Version::V0 } else { Version::V1 };
    let (mut sources, mut found) = (Vec::new(), Vec::new());
    for (path, text) in &files.modules {
        let path = shown(path);
        match Source::read(&path, text, version) {
            Ok(source) => sources.push(source),
            Err(error) => {
                let mut end = error.place;
                end.column += 1;
                end.offset += 1;
                let mut diagnostic = Diagnostic {
                    code: "syntax-error",
                    severity: Severity::Error,
                    path: path.clone(),
                    span: Span { start: error.place, end },
                    message: error.message,
                    help: error.help,
                    fix: Vec::new(),
                };
                if let Ok(old) = Source::read(&path, text, Version::V0) {
                    diagnostic.help =
                        "this is the syntax before OPA 1.0: check it with `--v0-compatible`, or rewrite it with `--fix`".to_owned();
                    diagnostic.fix = upgrade(&old.module, text).unwrap_or_default();
                }
                found.push(diagnostic);
            }
        }
    }
    if sources.iter().any(|source| source.module.package.path.first().is_some_and(|root| root == "gate")) {
        for (path, text) in shipped_modules() {
            let name = path.rsplit('/').next().unwrap_or(path);
            let Ok(mut source) = Source::read(path, text, Version::V1) else { continue };
            let is_same = |other: &Source| {
                other.module.package.path == source.module.package.path
                    && other.path.rsplit('/').next() == Some(name)
            };
            if !sources.iter().any(is_same) {
                source.is_known = true;
                sources.push(source);
            }
        }
    }
    (sources, found)
}

/// Writes the cures; whether there were any.
fn mend(files: &Files, found: &[Diagnostic]) -> Result<bool, String> {
    let mut any = false;
    for (path, text) in &files.modules {
        let name = shown(path);
        let fixes: Vec<Fix> = found.iter().filter(|d| d.path == name).flat_map(|d| d.fix.clone()).collect();
        if fixes.is_empty() {
            continue;
        }
        let new = apply(text, &fixes);
        output::write_file(path, &new).map_err(|e| format!("cannot write `{name}`: {e}"))?;
        any = true;
    }
    Ok(any)
}
