//! `gate explain`: why a stored decision says what it says.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::output::usage;
use super::{Exit, evaluate, output, policies, setup};
use crate::config;
use crate::decide::{self, Context};
use crate::ingest::{self, Input};
use crate::model::{Decision, Problem};
use crate::policy::{List, shipped_data};
use crate::workbench::{Known, explain, explain_finding, explanation_text, overview_text};

/// The file with the policy input in the folder of a record.
const INPUT: &str = "input.json";
/// The file with the decision there.
const DECISION: &str = "decision.json";

/// Arguments of `gate explain`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A decision is what `gate evaluate --output json=decision.json` writes, or the folder of a record. Where a rule
stopped is known when its policy input is: from a record, by --input, or by --evidence.

Examples:
  gate explain decision.json
  gate explain decision.json SEC-001
  gate explain decision.json SEC-003 --evidence reports/
  gate explain decision.json 4f0c2a91

Exit codes: 0 it was explained, 2 error."
)]
pub(super) struct Arguments {
    /// JSON of a decision, or the folder of a record.
    #[arg(value_name = "DECISION")]
    decision: PathBuf,
    /// Code of a rule, or id of a finding (its first 8 characters are enough). Without it: all rules, a line each.
    #[arg(value_name = "RULE|FINDING")]
    target: Option<String>,
    /// The evidence of the decision, to evaluate the rule again: files, folders or patterns; repeatable.
    #[arg(long, value_name = "PATH")]
    evidence: Vec<String>,
    /// The policy input of the decision, to evaluate the rule again.
    #[arg(long, value_name = "FILE", conflicts_with = "evidence")]
    input: Option<PathBuf>,
    #[command(flatten)]
    setup: setup::Options,
    /// How to print.
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    output: Form,
}

/// How an explanation is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// For people.
    #[default]
    Text,
    /// JSON.
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    match explained(arguments) {
        Ok(text) if output::print(&text) => Exit::Ok,
        Ok(_) => Exit::Error,
        Err(problem) => {
            output::complain_of(&problem);
            Exit::Error
        }
    }
}

fn explained(arguments: &Arguments) -> Result<String, Box<Problem>> {
    let path = if arguments.decision.is_dir() {
        arguments.decision.join(DECISION)
    } else {
        arguments.decision.clone()
    };
    let decision: Decision = read(&path, "decision", "give what `gate evaluate --output json=FILE` writes")?;
    let Some(target) = &arguments.target else {
        return Ok(match arguments.output {
            Form::Text => overview_text(&decision),
            Form::Json => overview_json(&decision),
        });
    };
    let options =
        setup::Options { environment: Some(decision.environment.clone()), ..arguments.setup.clone() };
    let config = setup::config(&options).map_err(|e| Box::new(Problem::from(e)))?;
    let mut setup = setup::load(&options, config)?;
    let mut notes = Vec::new();
    if setup.policies.digest != decision.policy.digest {
        notes.push(format!(
            "these are not the policies of the decision: theirs were {}, these are {}",
            short(&decision.policy.digest),
            short(&setup.policies.digest)
        ));
    }
    let input = input(arguments, &path, &decision, &mut setup, &mut notes)?;
    let config_path = setup.config.path.clone();
    let config_text =
        config_path.as_ref().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let config_shown = config_path.map(|path| path.to_string_lossy().into_owned());
    let environments = environments(&setup, &decision.environment);
    let isolation = policies::isolation();
    let known = Known {
        decision: &decision,
        policies: &setup.policies,
        environment: &setup.environment,
        input: input.as_ref(),
        config: config_shown.as_deref().map(|path| (path, config_text.as_str())),
        environments: &environments,
        isolation: &isolation,
    };
    let finding = explain_finding(&known, target);
    if let Some((_, place)) = finding.first() {
        let codes: Vec<&str> =
            finding.iter().map(|(code, _)| code.as_str()).filter(|code| !code.is_empty()).collect();
        if arguments.output == Form::Json {
            let explanations: Vec<_> = codes.iter().filter_map(|code| explain(&known, code).ok()).collect();
            let value = serde_json::json!({"finding": place, "rules": explanations, "notes": notes});
            return Ok(format!("{value:#}\n"));
        }
        let mut text = format!(
            "finding {}\n  {}\n",
            crate::report::inert::line(&place.id),
            crate::report::inert::line(&format!("{} {}", place.at, place.message))
        );
        if !place.evidence.is_empty() {
            text.push_str(&format!("  in {}\n", crate::report::inert::line(&place.evidence.join(", "))));
        }
        for code in codes {
            if let Ok(explanation) = explain(&known, code) {
                text.push('\n');
                text.push_str(&explanation_text(&explanation));
            }
        }
        return Ok(text + &noted(&notes));
    }
    let mut explanation = explain(&known, target).map_err(|(message, help)| usage(message, help))?;
    explanation.missing.extend(notes);
    Ok(match arguments.output {
        Form::Text => explanation_text(&explanation),
        Form::Json => serde_json::to_string_pretty(&explanation).unwrap_or_default() + "\n",
    })
}

fn noted(notes: &[String]) -> String {
    notes.iter().map(|note| format!("note: {note}\n")).collect()
}

fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}

fn overview_json(decision: &Decision) -> String {
    let rules: Vec<Value> = decision
        .gates
        .iter()
        .flat_map(|gate| gate.rules.iter().map(move |rule| (gate, rule)))
        .map(|(gate, rule)| {
            serde_json::json!({
                "gate": gate.name,
                "code": rule.code,
                "title": rule.title,
                "status": rule.status,
                "note": rule.note,
                "messages": rule.verdicts.iter().map(|verdict| &verdict.message).collect::<Vec<_>>(),
                "measured": rule.measured,
                "defined_in": rule.defined_in,
            })
        })
        .collect();
    let value = serde_json::json!({
        "decision": decision.id,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "environment": decision.environment,
        "rules": rules,
    });
    format!("{value:#}\n")
}

fn read<T: serde::de::DeserializeOwned>(path: &Path, what: &str, help: &str) -> Result<T, Box<Problem>> {
    let shown = path.to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path)
        .map_err(|e| usage(format!("cannot read the {what} `{shown}`: {e}"), "check the path"))?;
    serde_json::from_str(&text).map_err(|e| usage(format!("`{shown}` is no {what}: {e}"), help))
}

/// The policy input of the decision, as far as it can be had.
fn input(
    arguments: &Arguments,
    decision_path: &Path,
    decision: &Decision,
    setup: &mut setup::Setup,
    notes: &mut Vec<String>,
) -> Result<Option<Value>, Box<Problem>> {
    if let Some(path) = &arguments.input {
        return read(path, "policy input", "give the `input.json` of a record").map(Some);
    }
    if arguments.evidence.is_empty() {
        let beside = decision_path.with_file_name(INPUT);
        let is_record = decision_path.file_name().is_some_and(|name| name == DECISION) && beside.is_file();
        return if is_record {
            read(&beside, "policy input", "the record is damaged").map(Some)
        } else {
            Ok(None)
        };
    }
    let boxed = |error: config::ConfigError| Box::new(Problem::from(error));
    let collected = evaluate::collect(&ingest::Request {
        inputs: arguments.evidence.iter().map(|path| Input::Path(path.clone())).collect(),
        declared: setup.config.declared().map_err(boxed)?,
        ignore: setup.config.ignored().map_err(boxed)?,
        limits: setup.config.limits().map_err(boxed)?,
    });
    if let Some(problem) = collected.problems.first() {
        return Err(Box::new(problem.clone()));
    }
    let given: Vec<&str> = collected.evidence.iter().map(|file| file.sha256.as_str()).collect();
    for file in decision.evidence.iter().filter(|file| !given.contains(&file.sha256.as_str())) {
        notes.push(format!(
            "evidence `{}` of the decision is not among what was given, or has changed",
            file.name
        ));
    }
    // A finding may be asked for: the lists are needed.
    setup.policies.lists = List::ALL.into_iter().collect();
    let critical_paths = setup.config.critical_paths().map_err(boxed)?;
    let context = Context {
        now: decision.evaluated_at.parse().map_err(|_| {
            usage("`evaluated_at` of the decision is no time".to_owned(), "the file is damaged")
        })?,
        timeout: setup.config.timeout().map_err(boxed)?,
        isolation: policies::isolation(),
        root: std::env::current_dir().ok(),
        items: 0,
    };
    let request = decide::Request {
        collected,
        environment: &setup.environment,
        asked: &decision.request.gates,
        subject: decision.subject.clone(),
        honoured: setup.config.honoured(),
        critical_paths: &critical_paths,
        info: decision.request.clone(),
        problems: Vec::new(),
    };
    let unwritable = |e: serde_json::Error| usage(format!("the policy input cannot be written: {e}"), "");
    let text = decide::input_json(request, &setup.policies, &context).map_err(unwritable)?;
    serde_json::from_str(&text).map(Some).map_err(unwritable)
}

/// An environment and those that it extends, nearest first.
fn environments(setup: &setup::Setup, name: &str) -> Vec<String> {
    const DEEPEST: usize = 16;
    let shipped: Value = serde_json::from_str(shipped_data()).unwrap_or_default();
    let mut all = vec![name.to_owned()];
    while let Some(last) = all.last().filter(|_| all.len() < DEEPEST) {
        let configured = setup.config.raw.environments.get(last).and_then(|e| e.extends.clone());
        let of_shipped = || {
            let extends = shipped.pointer(&format!("/gate/environments/{last}/extends"));
            extends.and_then(Value::as_str).map(str::to_owned)
        };
        match configured.or_else(of_shipped) {
            Some(next) if !all.contains(&next) => all.push(next),
            _ => break,
        }
    }
    all
}
