//! `gate replay`: repeat a stored decision and prove it, or show what differs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Exit, output, policies, record, setup};
use crate::config::{self, Config};
use crate::decide;
use crate::ingest::{self, Collected, Content, Input};
use crate::model::{Decision, Evidence, Problem};
use crate::report::inert;
use crate::workbench::{self, Difference, Record, Replay};

/// Arguments of `gate replay`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate evaluate reports/ --output json=decision.json
  gate replay decision.json
  gate replay decision.json --evidence archive/reports
  gate evaluate reports/ --record records/
  gate replay records/20260131T120000Z-allow-4f2a9c81d7e3

A record holds all that is needed. Without one, evidence is found by the names in the decision and told by its digest;
gate.yaml and policies are those that lie here, unless others are named.

Exit codes: 0 the same bytes, 1 something differs, 2 it could not be repeated.")]
pub(super) struct Arguments {
    /// The decision: a JSON report, or the folder of a record.
    #[arg(value_name = "DECISION")]
    decision: PathBuf,
    /// File or folder in which evidence is looked for by digest, instead of the paths in the decision; repeatable.
    #[arg(long, value_name = "PATH")]
    evidence: Vec<PathBuf>,
    /// Configuration file, instead of the one that is found here or was recorded.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Policies, instead of those that were given on the command line then; repeatable.
    #[arg(long, value_name = "PATH")]
    policy: Vec<PathBuf>,
    /// Folder that absolute paths in evidence are made relative to; else the recorded one, else this one.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// How to print.
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    output: output::Format,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let replay = match replayed(arguments) {
        Ok(replay) => replay,
        Err(problem) => {
            output::complain_of(&problem);
            return Exit::Error;
        }
    };
    let text = match arguments.output {
        output::Format::Json => output::json(&replay),
        output::Format::Text => workbench::replay_text(&replay, &inert::line),
    };
    match (output::print(&text), replay.equal) {
        (true, true) => Exit::Ok,
        (true, false) => Exit::Block,
        (false, _) => Exit::Error,
    }
}

/// The stored decision: its bytes, and the record around it.
struct Found {
    decision: Decision,
    bytes: Vec<u8>,
    /// Folder and record.
    record: Option<(PathBuf, Record)>,
}

fn find(path: &Path) -> Result<Found, Box<Problem>> {
    let (file, folder) = if path.is_dir() {
        (path.join(record::DECISION), Some(path.to_owned()))
    } else {
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let is_record = path.file_name().is_some_and(|name| name == record::DECISION)
            && folder.join(record::RECORD).is_file();
        (path.to_owned(), is_record.then_some(folder))
    };
    let help = "give a decision's JSON or the folder of a record";
    let bytes =
        std::fs::read(&file).map_err(|e| record::problem(&file, format!("cannot read: {e}"), help))?;
    let decision = record::decision(&file, &bytes)?;
    let record = folder.map(|folder| record::read(&folder).map(|record| (folder, record))).transpose()?;
    Ok(Found { decision, bytes, record })
}

fn replayed(arguments: &Arguments) -> Result<Replay, Box<Problem>> {
    let found = find(&arguments.decision)?;
    let decision = &found.decision;
    if decision.gates.is_empty() || decision.policy.digest.is_empty() {
        return Err(record::problem(
            &arguments.decision,
            format!("this decision ended before anything was judged: {}", decision.reason),
            "there is nothing to repeat: mend the error and evaluate again",
        ));
    }
    let mut known = Vec::new();
    let mut notes = Vec::new();
    let config = config(arguments, &found)?;
    let digest = config.path.as_ref().map(|_| crate::digest::of(config.text.as_bytes()));
    if digest != decision.request.config_digest {
        let shown = |digest: &Option<String>| digest.clone().unwrap_or_else(|| "none".to_owned());
        let place = config.path.as_ref().map_or("gate.yaml".into(), |path| path.to_string_lossy());
        known.push(Difference::new(
            "config",
            &place,
            &shown(&decision.request.config_digest),
            &shown(&digest),
        ));
    }
    let own = match &found.record {
        Some((_, recorded)) if arguments.policy.is_empty() => record::own(recorded),
        _ if arguments.policy.is_empty() => {
            let recorded: Vec<PathBuf> = decision.request.policies.iter().map(PathBuf::from).collect();
            setup::own(&config, &recorded)?
        }
        _ => setup::own(&config, &arguments.policy)?,
    };
    let setup =
        setup::load_own(config, &decision.environment, own, decision.request.no_shipped_policies, true)?;
    if setup.policies.digest != decision.policy.digest {
        known.push(Difference::new("policy", "digest", &decision.policy.digest, &setup.policies.digest));
    }
    let collected = collect(arguments, &found, &setup.config, &mut known, &mut notes)?;
    let context = decide::Context {
        now: decision.evaluated_at.parse().map_err(|_| {
            record::problem(&arguments.decision, "`evaluated_at` is no time", "the file is damaged")
        })?,
        timeout: setup.config.timeout().map_err(|e| Box::new(e.into()))?,
        isolation: policies::isolation(),
        root: arguments
            .root
            .clone()
            .or_else(|| found.record.as_ref().and_then(|(_, r)| r.root.as_ref().map(PathBuf::from)))
            .or_else(|| std::env::current_dir().ok()),
        items: setup.items(),
    };
    let critical_paths = setup.config.critical_paths().map_err(|e| Box::new(e.into()))?;
    let request = decide::Request {
        collected,
        environment: &setup.environment,
        asked: &decision.request.gates,
        subject: decision.subject.clone(),
        honoured: setup.config.honoured(),
        critical_paths: &critical_paths,
        problems: Vec::new(),
        info: decision.request.clone(),
    };
    let (replayed, input) = decide::evaluate_recorded(request, &setup.policies, &context);
    if let Some((folder, _)) = &found.record {
        let stored = std::fs::read_to_string(folder.join(record::INPUT)).unwrap_or_default();
        let input = input.unwrap_or_default();
        if stored != input {
            let (a, b) = (crate::digest::of(stored.as_bytes()), crate::digest::of(input.as_bytes()));
            known.push(Difference::new("input", record::INPUT, &a, &b));
        }
    }
    let again = record::bytes(&replayed);
    Ok(workbench::compare((&found.bytes, decision), (again.as_bytes(), &replayed), known, notes))
}

fn config(arguments: &Arguments, found: &Found) -> Result<Config, Box<Problem>> {
    if let (None, Some((_, recorded))) = (&arguments.config, &found.record) {
        return record::config(recorded);
    }
    // A decision that had no configuration must not get one that came later.
    if arguments.config.is_none() && found.decision.request.config_digest.is_none() {
        return Ok(Config::default());
    }
    let options = setup::Options { config: arguments.config.clone(), ..setup::Options::default() };
    setup::config(&options).map_err(|e| Box::new(e.into()))
}

/// The evidence of the decision, each file told by its digest.
fn collect(
    arguments: &Arguments,
    found: &Found,
    config: &config::Config,
    known: &mut Vec<Difference>,
    notes: &mut Vec<String>,
) -> Result<Collected, Box<Problem>> {
    let boxed = |error: config::ConfigError| Box::new(Problem::from(error));
    let declared = config.declared().map_err(boxed)?;
    let limits = config.limits().map_err(boxed)?;
    let decision = &found.decision;
    let paths: Vec<String> = match (&found.record, arguments.evidence.as_slice()) {
        (Some((folder, _)), []) => vec![folder.join(record::EVIDENCE).to_string_lossy().into_owned()],
        (None, []) => {
            let names: BTreeSet<&str> = decision.evidence.iter().map(|e| ingest::file_of(&e.name)).collect();
            names.into_iter().map(str::to_owned).collect()
        }
        (_, given) => given.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
    };
    let inputs = paths.into_iter().map(Input::Path).collect();
    let mut read: BTreeMap<(&str, &str), Result<Evidence, String>> = BTreeMap::new();
    let mut changed: BTreeMap<&str, Content> = BTreeMap::new();
    ingest::contents(inputs, limits, &mut |content| {
        let mut is_known = false;
        for view in decision.evidence.iter().filter(|view| view.sha256 == content.sha256) {
            is_known = true;
            read.entry((&view.name, &view.sha256)).or_insert_with(|| {
                ingest::reread(&content, &view.name, &view.format, &declared, limits).map_err(|p| p.message)
            });
        }
        let is_named = |name: &str| {
            content.name == name || content.name.ends_with(&format!("/{}", name.trim_start_matches('/')))
        };
        let named = decision.evidence.iter().find(|view| is_named(&view.name) || is_named(&view.sha256));
        if let Some(view) = named.filter(|_| !is_known) {
            changed.entry(&view.name).or_insert(content);
        }
    });
    let mut collected = Collected {
        ignored: decision.ignored.clone(),
        problems: decision
            .errors
            .iter()
            .filter(|error| matches!(error.code.as_str(), "evidence" | "internal"))
            .cloned()
            .collect(),
        ..Collected::default()
    };
    if !collected.problems.is_empty() {
        notes.push(format!(
            "{} of evidence that could not be read then: taken from the decision",
            collected.problems.len()
        ));
    }
    for view in &decision.evidence {
        use workbench::Evidence as State;
        let state =
            match (read.remove(&(view.name.as_str(), view.sha256.as_str())), changed.get(view.name.as_str()))
            {
                (Some(Ok(evidence)), _) => {
                    collected.evidence.push(evidence);
                    continue;
                }
                (Some(Err(why)), _) => State::Unreadable(why),
                (None, Some(content)) => {
                    // What it says now shows what the change amounts to.
                    if let Ok(evidence) = ingest::reread(content, &view.name, &view.format, &declared, limits)
                    {
                        collected.evidence.push(evidence);
                    }
                    State::Changed(content.sha256.clone())
                }
                (None, None) => State::Missing,
            };
        known.push(Difference::of_evidence(&view.name, &view.sha256, &state));
    }
    collected.absent = record::absent(decision, &declared);
    Ok(collected)
}
