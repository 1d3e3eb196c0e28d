//! `gate policy`: what concerns policies as a whole. `gate policy diff` compares two sets over stored decisions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::setup::{self, Own, Setup};
use super::{Exit, output, policies, record};
use crate::config::{self, Config};
use crate::model::Problem;
use crate::report::inert;
use crate::workbench::{self, Diff, Side, Stored};

/// Arguments of `gate policy`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show which verdicts of stored decisions change from one policy set to another, and why.
    Diff(DiffArguments),
}

/// Arguments of `gate policy diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate evaluate reports/ --record records/
  gate policy diff policy/ new-policy/ --decisions records/
  gate policy diff shipped policy/ --decisions records/ --output json
  gate policy diff gate.yaml gate.new.yaml --decisions records/

A set is a folder or file of modules that extend the shipped policies, a gate.yaml with its thresholds and its
`policy.paths` (or a folder that holds one), or `shipped`. Where a set has no gate.yaml, each decision is judged by the
one that it was recorded with. What would be let through that is stopped now is shown first.

Exit codes: 0 nothing changes, 1 verdicts change, 2 an error, or a decision that could not be compared.")]
struct DiffArguments {
    /// The policies in force.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The policies to come.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Folder with records of decisions, at any depth.
    #[arg(long, value_name = "DIR")]
    decisions: PathBuf,
    /// How to print.
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    output: output::Format,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let Command::Diff(arguments) = &arguments.command;
    let diff = match diff(arguments) {
        Ok(diff) => diff,
        Err(problem) => {
            output::complain_of(&problem);
            return Exit::Error;
        }
    };
    let text = match arguments.output {
        output::Format::Json => output::json(&diff),
        output::Format::Text => workbench::diff_text(&diff, &inert::line),
    };
    match (output::print(&text), diff.failed.is_empty(), diff.is_empty()) {
        (true, true, true) => Exit::Ok,
        (true, true, false) => Exit::Block,
        _ => Exit::Error,
    }
}

/// One of the two sets as named.
struct Set {
    /// Its own configuration, if it has one.
    config: Option<Config>,
    own: Own,
    /// Whether it is the shipped policies alone.
    is_shipped: bool,
}

/// The word for the shipped policies alone.
const SHIPPED: &str = "shipped";

fn set(path: &Path) -> Result<Set, Box<Problem>> {
    if path.as_os_str() == SHIPPED {
        return Ok(Set { config: None, own: Own::default(), is_shipped: true });
    }
    let is_yaml = |path: &Path| path.extension().is_some_and(|e| e == "yaml" || e == "yml");
    let is_data = path.file_stem().is_some_and(|stem| stem == "data");
    let file = if path.is_dir() {
        ["gate.yaml", "gate.yml"].iter().map(|name| path.join(name)).find(|file| file.is_file())
    } else {
        (is_yaml(path) && !is_data).then(|| path.to_owned())
    };
    let Some(file) = file else {
        return Ok(Set {
            config: None,
            own: setup::own(&Config::default(), &[path.to_owned()])?,
            is_shipped: false,
        });
    };
    let config = config::load(&file).map_err(|e| Box::new(Problem::from(e)))?;
    // Modules beside a gate.yaml that names none were meant, or the folder would not have been given.
    let beside = (path.is_dir() && config.raw.policy.paths.is_empty() && holds_policies(path))
        .then(|| path.to_owned());
    let own = setup::own(&config, beside.as_slice())?;
    Ok(Set { config: Some(config), own, is_shipped: false })
}

fn holds_policies(folder: &Path) -> bool {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .any(|path| path.extension().is_some_and(|e| e == "rego") || path.is_dir() && holds_policies(&path))
}

/// What of a configuration shapes the policy input, so that a stored input cannot show its change.
fn shaping(config: &Config) -> Vec<(&'static str, String)> {
    let raw = &config.raw;
    let ages: Vec<_> = raw.environments.iter().map(|(n, e)| (n, &e.max_age, &e.unknown_age)).collect();
    vec![
        ("max_age and unknown_age", format!("{ages:?}")),
        ("suppressions", format!("{:?}", raw.suppressions)),
        ("coverage.critical_paths", format!("{:?}", raw.coverage)),
        ("evidence", format!("{:?}", raw.evidence)),
        ("ignore", format!("{:?}", raw.ignore)),
    ]
}

fn diff(arguments: &DiffArguments) -> Result<Diff, Box<Problem>> {
    let (old, new) = (set(&arguments.old)?, set(&arguments.new)?);
    let mut not_compared = Vec::new();
    if let (Some(a), Some(b)) = (&old.config, &new.config) {
        let differing = shaping(a).into_iter().zip(shaping(b)).filter(|(a, b)| a != b);
        not_compared.extend(differing.map(|((name, _), _)| {
            format!("`{name}` differs: stored decisions have their evidence as it was read then")
        }));
    }
    let mut diff = Diff::new(not_compared);
    let mut folders = Vec::new();
    records(&arguments.decisions, &mut folders)?;
    if folders.is_empty() {
        return Err(record::problem(
            &arguments.decisions,
            "holds no record of a decision",
            "write some: `gate evaluate ... --record DIR`; a decision.json alone does not hold the policy input",
        ));
    }
    // Decisions of one environment and one recorded configuration share what they are judged by.
    let mut groups: BTreeMap<Group, Vec<PathBuf>> = BTreeMap::new();
    for folder in folders {
        match head(&folder) {
            Ok(group) => groups.entry(group).or_default().push(folder),
            Err(problem) => diff.failed.push(problem.to_string()),
        }
    }
    let isolation = policies::isolation();
    for (group, folders) in groups {
        let Some(first) = folders.first() else { continue };
        let recorded = record::config(&record::read(first)?)?;
        let declared = recorded.declared().map_err(|e| Box::new(Problem::from(e)))?;
        let timeout = recorded.timeout().map_err(|e| Box::new(Problem::from(e)))?;
        let (before, after) = (ready(&old, &recorded, &group)?, ready(&new, &recorded, &group)?);
        let mut stored = Vec::new();
        for folder in &folders {
            match load(folder, &declared) {
                Ok(decision) => stored.push(decision),
                Err(problem) => diff.failed.push(problem.to_string()),
            }
        }
        let side = |setup: &'_ Setup| (setup.policies.clone(), setup.environment.clone());
        let (a, b) = (side(&before), side(&after));
        workbench::diff(
            &mut diff,
            &stored,
            Side { policies: &a.0, environment: &a.1 },
            Side { policies: &b.0, environment: &b.1 },
            timeout,
            &isolation,
        );
    }
    if diff.decisions == 0 && diff.failed.is_empty() {
        return Err(record::problem(&arguments.decisions, "holds no decision that was judged", ""));
    }
    Ok(diff)
}

/// What decisions share that are judged by the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    environment: String,
    /// Digest of the recorded configuration.
    config: String,
    no_shipped_policies: bool,
}

/// A set for an environment: by its own configuration, else by the recorded one without its policies. That may name
/// rules that only one of the sets has.
fn ready(set: &Set, recorded: &Config, group: &Group) -> Result<Setup, Box<Problem>> {
    let own_config = set.config.is_some();
    let config = set.config.as_ref().unwrap_or(recorded).clone();
    let no_shipped_policies = group.no_shipped_policies && !set.is_shipped && !own_config;
    setup::load_own(config, &group.environment, set.own.clone(), no_shipped_policies, own_config)
}

/// Folders with a record, in order.
fn records(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Box<Problem>> {
    let unreadable =
        |e: std::io::Error| record::problem(folder, format!("cannot read the folder: {e}"), "check the path");
    if folder.join(record::RECORD).is_file() {
        found.push(folder.to_owned());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).map_err(unreadable)?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for entry in
        entries.into_iter().filter(|entry| std::fs::symlink_metadata(entry).is_ok_and(|meta| meta.is_dir()))
    {
        records(&entry, found)?;
    }
    Ok(())
}

/// What a record is judged with.
fn head(folder: &Path) -> Result<Group, Box<Problem>> {
    let decision = decision(folder)?;
    let record = record::read(folder)?;
    let text = record.config.map(|config| format!("{}\n{}", config.path, config.text)).unwrap_or_default();
    Ok(Group {
        environment: decision.environment,
        config: crate::digest::of(text.as_bytes()),
        no_shipped_policies: decision.request.no_shipped_policies,
    })
}

fn decision(folder: &Path) -> Result<crate::model::Decision, Box<Problem>> {
    let path = folder.join(record::DECISION);
    let bytes = std::fs::read(&path).map_err(|e| {
        record::problem(&path, format!("cannot read: {e}"), "the record is incomplete: take it away")
    })?;
    record::decision(&path, &bytes)
}

fn load(folder: &Path, declared: &[crate::ingest::Declared]) -> Result<Stored, Box<Problem>> {
    let decision = decision(folder)?;
    let path = folder.join(record::INPUT);
    let text = std::fs::read(&path)
        .map_err(|e| record::problem(&path, format!("cannot read: {e}"), "the record is incomplete"))?;
    let input = serde_json::from_slice(&text)
        .map_err(|e| record::problem(&path, format!("is no policy input: {e}"), "the record is damaged"))?;
    let absent = record::absent(&decision, declared);
    Ok(Stored { name: folder.to_string_lossy().replace('\\', "/"), decision, input, absent })
}
