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

/// One run.
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

/// The rules of a gate's package that are read.
pub(super) const ENTRIES: [&str; 5] = ["deny", "violation", "warn", "measured", "report"];

/// The values of the entry rules: gate, rule, value.
pub(super) type Output = BTreeMap<String, BTreeMap<String, serde_json::Value>>;

/// Runs a job in this process.
pub(super) fn run(job: &Job) -> Result<Output, PolicyError> {
    let failed = |error: &dyn std::fmt::Display| PolicyError::of_interpreter(&format!("{error:#}"));
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(job.strict);
    engine.set_policy_length_config(PolicyLengthConfig {
        max_col: NonZeroU32::new(65_536).unwrap_or(NonZeroU32::MIN),
        max_file_bytes: NonZeroUsize::new(16 << 20).unwrap_or(NonZeroUsize::MIN),
        max_lines: NonZeroUsize::new(200_000).unwrap_or(NonZeroUsize::MIN),
    });
    engine.set_execution_timer_config(regorus::utils::limits::ExecutionTimerConfig {
        limit: Duration::from_millis(job.timeout_ms.max(1)),
        check_interval: NonZeroU32::new(1000).unwrap_or(NonZeroU32::MIN),
    });
    for module in &job.modules {
        engine.add_policy(module.path.clone(), module.text.clone()).map_err(|e| failed(&e))?;
    }
    let entries = entries(&engine, &job.modules)?;
    let value = |json: &str, what: &str| {
        Value::from_json_str(json)
            .map_err(|e| PolicyError::new(format!("the {what} document cannot be read: {e}")))
    };
    engine.add_data(value(&job.data, "data")?).map_err(|e| failed(&e))?;
    engine.set_input(value(&job.input, "input")?);
    let mut output = Output::new();
    for gate in &job.gates {
        let values = output.entry(gate.clone()).or_default();
        for rule in entries.get(gate).into_iter().flatten() {
            let path = format!("data.gate.{gate}.{rule}");
            let value = engine.eval_rule(path.clone()).map_err(|e| failed(&e))?;
            if value == Value::Undefined && rule == "report" {
                continue;
            }
            if value == Value::Undefined {
                return Err(PolicyError::new(format!("`{path}` is undefined"))
                    .help("write it as a set with `contains`, which is empty rather than undefined"));
            }
            if rule != "report" && value.as_set().is_err() {
                return Err(PolicyError::new(format!("`{path}` is not a set")).help(format!(
                    "write it as `{rule} contains {{\"code\": ..., \"msg\": ...}} if {{ ... }}`"
                )));
            }
            let json = value
                .to_json_str()
                .ok()
                .and_then(|text| serde_json::from_str(&text).ok())
                .ok_or_else(|| PolicyError::new(format!("`{path}` has a value that is not JSON")))?;
            values.insert(rule.clone(), json);
        }
    }
    Ok(output)
}

/// The entry rules of each gate. A module of a gate that declares none is most likely misspelt.
fn entries(engine: &Engine, modules: &[Module]) -> Result<BTreeMap<String, BTreeSet<String>>, PolicyError> {
    let mut entries: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for module in modules {
        let Some(gate) = &module.gate else { continue };
        let declared = match &module.entries {
            Some(known) => known.clone(),
            None => ENTRIES
                .iter()
                .filter(|name| engine.has_declared_rule_rooted_at(&module.path, name).unwrap_or(false))
                .map(|name| (*name).to_owned())
                .collect(),
        };
        if declared.is_empty() {
            return Err(PolicyError::new(format!("package `gate.{gate}` declares no entry rule in this module"))
                .at(&module.path, 1, 1)
                .help("an entry rule is named `deny`, `warn`, `violation`, `measured` or `report`; put helpers in a package of their own"));
        }
        entries.entry(gate.clone()).or_default().extend(declared);
    }
    Ok(entries)
}
