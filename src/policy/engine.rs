//! The only user of regorus: runs a set of modules over an input.
//!
//! Interpreter, Rego v1, builtin errors strict unless configured otherwise, a time limit always. An entry rule
//! that is undefined or of the wrong type is an error, never an empty result.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use regorus::{Engine, PolicyLengthConfig, Value};
use serde::{Deserialize, Serialize};

use super::PolicyError;
use crate::rego::analyse::asked;
use crate::rego::ast::Version;
use crate::rego::engine::{self as rego, Options, Source};

mod parsing;

/// One run in a process of its own.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Job {
    /// Modules.
    pub(super) modules: Vec<Module>,
    /// The `data` document, JSON.
    pub(super) data: String,
    /// The `input` document, JSON.
    pub(super) input: String,
    /// The gates to evaluate.
    pub(super) gates: Vec<String>,
    /// Many inputs with the gates of each, in the place of the one above.
    #[serde(default)]
    pub(super) inputs: Vec<(String, Vec<String>)>,
    /// Whether an error of a builtin function is an error of the evaluation.
    pub(super) strict: bool,
    /// Time limit in milliseconds.
    pub(super) timeout_ms: u64,
}

/// One module of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Module {
    /// Path as shown in errors.
    pub(super) path: String,
    /// Rego.
    pub(super) text: String,
    /// The gate whose package it is, if it is one.
    pub(super) gate: Option<String>,
    /// The entry rules that it declares, where that is known beforehand; else the interpreter is asked.
    pub(super) entries: Option<Vec<String>>,
}

/// The values of the entry rules: gate, rule, value.
pub(super) type Output = BTreeMap<String, BTreeMap<String, serde_json::Value>>;

/// Modules and data, parsed.
#[derive(Clone, Debug)]
pub(super) struct Prepared(Engine);

/// Runs a job from its beginning.
pub(super) fn run(job: &Job) -> Result<Output, PolicyError> {
    let timeout = Duration::from_millis(job.timeout_ms);
    rewritten(job)?.evaluate(&job.modules, &job.input, &job.gates, timeout)
}

/// Runs a job with many inputs: modules and data are parsed once.
pub(super) fn run_all(job: &Job) -> Result<Vec<Result<Output, PolicyError>>, PolicyError> {
    let timeout = Duration::from_millis(job.timeout_ms);
    let prepared = rewritten(job)?.analysed();
    Ok(prepared.evaluate_all(&job.modules, &job.inputs, timeout))
}

/// Modules of others, with the meaning that OPA gives them.
fn rewritten(job: &Job) -> Result<Prepared, PolicyError> {
    let sources: Vec<Source> = job
        .modules
        .iter()
        .map(|m| Source { path: m.path.clone(), text: m.text.clone(), version: Version::V1 })
        .collect();
    opened(&sources, &job.data, job.strict, BTreeSet::new())
}

fn opened(
    sources: &[Source],
    data: &str,
    strict: bool,
    besides: BTreeSet<String>,
) -> Result<Prepared, PolicyError> {
    let options = Options { strict, besides, ..Options::default() };
    let mut engine = rego::open(sources, &options)?;
    engine.add_data(value(data, "data")?).map_err(|e| failed(&e))?;
    Ok(Prepared(engine))
}

fn failed(error: &dyn std::fmt::Display) -> PolicyError {
    PolicyError::of_interpreter(&format!("{error:#}"))
}

fn value(json: &str, what: &str) -> Result<Value, PolicyError> {
    Value::from_json_str(json)
        .map_err(|e| PolicyError::new(format!("the {what} document cannot be read: {e}")))
}

fn new(strict: bool) -> Engine {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(strict);
    engine.set_policy_length_config(PolicyLengthConfig {
        max_col: NonZeroU32::new(65_536).unwrap_or(NonZeroU32::MIN),
        max_file_bytes: NonZeroUsize::new(16 << 20).unwrap_or(NonZeroUsize::MIN),
        max_lines: NonZeroUsize::new(200_000).unwrap_or(NonZeroUsize::MIN),
    });
    engine
}

/// Parses the shipped modules, which mean the same to the interpreter as to OPA: tests hold them to it.
pub(super) fn prepare<'a>(
    modules: impl Iterator<Item = (&'a str, &'a str)>,
    data: &str,
    strict: bool,
) -> Result<Prepared, PolicyError> {
    let mut engine = new(strict);
    for (path, text) in modules {
        engine.add_policy(path.to_owned(), text.to_owned()).map_err(|e| failed(&e))?;
    }
    engine.add_data(value(data, "data")?).map_err(|e| failed(&e))?;
    Ok(Prepared(engine))
}

/// What an engine for the documents of others is opened with.
pub(super) struct Opening<'a> {
    /// Paths and texts.
    pub(super) modules: &'a [(String, String)],
    /// The `data` document, JSON.
    pub(super) data: &'a str,
    /// Whether an error of a builtin function is an error of the evaluation.
    pub(super) strict: bool,
    /// Whether the modules are in Rego v0.
    pub(super) rego_v0: bool,
    /// Configuration files that policies name.
    pub(super) config_files: &'a BTreeMap<String, Result<serde_json::Value, String>>,
}

/// Opens an engine that is asked rule by rule.
pub(super) fn open(opening: &Opening<'_>) -> Result<Prepared, PolicyError> {
    let version = if opening.rego_v0 { Version::V0 } else { Version::V1 };
    let sources: Vec<Source> = opening
        .modules
        .iter()
        .map(|(path, text)| Source { path: path.clone(), text: text.clone(), version })
        .collect();
    let functions = parsing::functions(opening.config_files);
    let besides = functions.iter().map(|function| function.0.clone()).collect();
    let Prepared(mut engine) = opened(&sources, opening.data, opening.strict, besides)?;
    for function in functions {
        engine.add_extension(function.0, function.1, function.2).map_err(|e| failed(&e))?;
    }
    Ok(Prepared(engine))
}

impl Prepared {
    /// Puts another data document in the place of the one there is.
    pub(super) fn replace_data(&mut self, data: &str) -> Result<(), PolicyError> {
        self.0.clear_data();
        self.0.add_data(value(data, "data")?).map_err(|e| failed(&e))
    }

    /// Gives the input for the rules asked next.
    pub(super) fn give(&mut self, input: &str) -> Result<(), PolicyError> {
        self.0.set_input(value(input, "input")?);
        Ok(())
    }

    /// The value of one rule; nothing where it is undefined.
    pub(super) fn value(
        &mut self,
        rule: &str,
        left: Duration,
    ) -> Result<Option<serde_json::Value>, PolicyError> {
        self.0.set_execution_timer_config(regorus::utils::limits::ExecutionTimerConfig {
            limit: left.max(Duration::from_millis(1)),
            check_interval: NonZeroU32::new(1000).unwrap_or(NonZeroU32::MIN),
        });
        let found = self.0.eval_rule(rule.to_owned()).map_err(|e| failed(&e))?;
        if found == Value::Undefined {
            return Ok(None);
        }
        let json = found.to_json_str().ok().and_then(|text| serde_json::from_str(&text).ok());
        json.map(Some).ok_or_else(|| PolicyError::new(format!("`{rule}` has a value that is not JSON")))
    }

    /// Has the interpreter analyse the modules now rather than at the first evaluation.
    pub(super) fn analysed(mut self) -> Self {
        // Any rule will do; that there may be none, or that it fails without input, is of no interest here.
        let _ = self.0.eval_rule("data.gate.lib.ranks".to_owned());
        self
    }

    /// Evaluates the entry rules of gates over each of many inputs.
    pub(super) fn evaluate_all(
        &self,
        modules: &[Module],
        inputs: &[(String, Vec<String>)],
        timeout: Duration,
    ) -> Vec<Result<Output, PolicyError>> {
        inputs.iter().map(|(input, gates)| self.clone().evaluate(modules, input, gates, timeout)).collect()
    }

    /// Evaluates the entry rules of gates over an input.
    pub(super) fn evaluate(
        mut self,
        modules: &[Module],
        input: &str,
        gates: &[String],
        timeout: Duration,
    ) -> Result<Output, PolicyError> {
        let entries = entries(&self.0, modules)?;
        self.0.set_execution_timer_config(regorus::utils::limits::ExecutionTimerConfig {
            limit: timeout.max(Duration::from_millis(1)),
            check_interval: NonZeroU32::new(1000).unwrap_or(NonZeroU32::MIN),
        });
        self.0.set_input(value(input, "input")?);
        let asked: Vec<(&String, &BTreeSet<String>)> =
            gates.iter().filter_map(|gate| Some((gate, entries.get(gate)?))).collect();
        // One query for all, so that what several rules share is evaluated once.
        let fields: Vec<String> = asked
            .iter()
            .flat_map(|(gate, rules)| {
                rules.iter().map(move |rule| format!("\"{gate}.{rule}\": data.gate.{gate}.{rule}"))
            })
            .collect();
        let query = format!("{{{}}}", fields.join(", "));
        let results = self.0.eval_query(query, false).map_err(|e| failed(&e))?;
        let all = results.result.first().and_then(|r| r.expressions.first()).map(|e| e.value.clone());
        let mut output = Output::new();
        for (gate, rules) in asked {
            let values = output.entry(gate.clone()).or_default();
            for rule in rules {
                let found = all.as_ref().map(|all| &all[format!("{gate}.{rule}").as_str()]);
                let found = match found {
                    Some(found) if *found != Value::Undefined => found.clone(),
                    // Something is undefined, and then so is the whole query: ask one by one.
                    _ => self.0.eval_rule(format!("data.gate.{gate}.{rule}")).map_err(|e| failed(&e))?,
                };
                if let Some(json) = checked(gate, rule, &found)? {
                    values.insert(rule.clone(), json);
                }
            }
        }
        Ok(output)
    }
}

/// The value of an entry rule as JSON; nothing for a `report` that is undefined.
fn checked(gate: &str, rule: &str, value: &Value) -> Result<Option<serde_json::Value>, PolicyError> {
    let path = format!("data.gate.{gate}.{rule}");
    if *value == Value::Undefined && rule == "report" {
        return Ok(None);
    }
    if *value == Value::Undefined {
        return Err(PolicyError::new(format!("`{path}` is undefined"))
            .help("write it as a set with `contains`, which is empty rather than undefined"));
    }
    if rule != "report" && value.as_set().is_err() {
        return Err(PolicyError::new(format!("`{path}` is not a set")).help(asked::as_set(rule)));
    }
    let json = value.to_json_str().ok().and_then(|text| serde_json::from_str(&text).ok());
    json.map(Some).ok_or_else(|| PolicyError::new(format!("`{path}` has a value that is not JSON")))
}

/// The entry rules of each gate. A module of a gate that declares none is most likely misspelt.
fn entries(engine: &Engine, modules: &[Module]) -> Result<BTreeMap<String, BTreeSet<String>>, PolicyError> {
    let mut entries: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for module in modules {
        let Some(gate) = &module.gate else { continue };
        let declared = match &module.entries {
            Some(known) => known.clone(),
            None => asked::ENTRIES
                .iter()
                .filter(|name| engine.has_declared_rule_rooted_at(&module.path, name).unwrap_or(false))
                .map(|name| (*name).to_owned())
                .collect(),
        };
        if declared.is_empty() {
            return Err(PolicyError::new(format!(
                "package `gate.{gate}` declares no entry rule in this module"
            ))
            .at(&module.path, 1, 1)
            .help(asked::NONE));
        }
        entries.entry(gate.clone()).or_default().extend(declared);
    }
    Ok(entries)
}
