//! What several commands need first: configuration, environment, policies.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::config::{self, Config, ConfigError, Environment, ShippedPolicies};
use crate::model::Problem;
use crate::policy::{PolicySet, Sources, UserModule, shipped_data};

/// Options that choose configuration and policies.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Options {
    /// Environment to judge by: development, staging, production, or one of gate.yaml.
    #[arg(long, short, value_name = "NAME", env = "GATE_ENVIRONMENT")]
    pub(super) environment: Option<String>,
    /// Configuration file; else gate.yaml is looked for here and upward.
    #[arg(long, value_name = "FILE", env = "GATE_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// File or folder of Rego policies that extend the shipped ones; repeatable.
    #[arg(long, value_name = "PATH")]
    pub(super) policy: Vec<PathBuf>,
    /// Leave the shipped policies out.
    #[arg(long)]
    pub(super) no_shipped_policies: bool,
}

/// Configuration, environment and policies, ready.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) config: Config,
    pub(super) environment: Environment,
    pub(super) policies: PolicySet,
}

/// The environment that is judged when nothing is said.
const DEFAULT_ENVIRONMENT: &str = "development";

/// The environment's name as far as it is known before everything is loaded.
pub(super) fn environment_name(options: &Options, config: Option<&Config>) -> String {
    options
        .environment
        .clone()
        .or_else(|| config.and_then(|c| c.raw.environment.clone()))
        .unwrap_or_else(|| DEFAULT_ENVIRONMENT.to_owned())
}

/// Loads the configuration.
pub(super) fn config(options: &Options) -> Result<Config, ConfigError> {
    match options.config.clone().or_else(|| config::find(Path::new("."))) {
        Some(path) => config::load(&relative(path)),
        None => Ok(Config::default()),
    }
}

/// A path as short as it can be shown from here.
fn relative(path: PathBuf) -> PathBuf {
    std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned))
        .unwrap_or(path)
}

/// Resolves the environment and loads the policies.
pub(super) fn load(options: &Options, config: Config) -> Result<Setup, Box<Problem>> {
    let boxed = |problem: Problem| Box::new(problem);
    let shipped: Value = serde_json::from_str(shipped_data()).map_err(|e| {
        boxed(Problem { code: "internal".to_owned(), message: e.to_string(), ..Problem::default() })
    })?;
    let name = environment_name(options, Some(&config));
    let mut sources = Sources {
        replace: options.no_shipped_policies || config.raw.policy.shipped == ShippedPolicies::Replace,
        lenient_builtins: config.raw.policy.strict_builtin_errors == Some(false),
        ..Sources::default()
    };
    let configured = config.raw.policy.paths.iter().map(|path| config.base.join(path));
    for path in configured.chain(options.policy.iter().cloned()) {
        read_policies(&path, &path, &mut sources)?;
    }
    // Rule codes are checked against all rules, so the policies come first, on the environment's own thresholds.
    let resolve = |codes: &[String]| config::resolve(&config, &shipped, &name, codes);
    let any_code: Vec<String> = codes_in(&config);
    let environment = resolve(&any_code).map_err(|e| boxed(e.into()))?;
    for other in config.raw.environments.keys().filter(|other| **other != name) {
        // A mistake in another environment is a mistake now, not on the day of the release.
        config::resolve(&config, &shipped, other, &any_code).map_err(|e| boxed(e.into()))?;
    }
    sources.gates = environment.gates.iter().map(|gate| gate.name.clone()).collect();
    sources.gate_data = environment.gate_data.clone();
    sources.declared = config.raw.gates.keys().cloned().collect();
    let policies = PolicySet::load(sources).map_err(|e| boxed(e.into()))?;
    if !any_code.is_empty() {
        let mut codes: Vec<String> = policies.rules.iter().map(|rule| rule.code.clone()).collect();
        codes.push(crate::decide::SET_ASIDE.to_owned());
        resolve(&codes).map_err(|e| boxed(e.into()))?;
    }
    Ok(Setup { config, environment, policies })
}

/// Every rule code that the configuration names.
pub(super) fn codes_in(config: &Config) -> Vec<String> {
    let of_environments = config.raw.environments.values().flat_map(|e| e.rules.keys());
    config.raw.rules.keys().chain(of_environments).cloned().collect()
}

/// Reads Rego modules and data below a path. Tests (`_test.rego`) are left to `gate test`.
fn read_policies(path: &Path, root: &Path, sources: &mut Sources) -> Result<(), Box<Problem>> {
    let shown = path.to_string_lossy().replace('\\', "/");
    let problem = |message: String, help: &str| {
        Box::new(Problem {
            code: "policy".to_owned(),
            message,
            file: shown.clone(),
            help: help.to_owned(),
            ..Problem::default()
        })
    };
    let unreadable = |e: std::io::Error| problem(format!("cannot read the policy: {e}"), "check the path");
    if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
            .map_err(unreadable)?
            .flatten()
            .map(|entry| entry.path())
            .filter(|p| !p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.')))
            .collect();
        entries.sort();
        let before = sources.modules.len() + sources.data.len();
        for entry in entries {
            read_policies(&entry, root, sources)?;
        }
        if path == root && sources.modules.len() + sources.data.len() == before {
            return Err(problem("the folder holds no policy".to_owned(), "modules end in `.rego`"));
        }
        return Ok(());
    }
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let is_data = matches!(name.as_str(), "data.json" | "data.yaml" | "data.yml");
    let lower = name.to_ascii_lowercase();
    if !(is_data || (lower.ends_with(".rego") && !lower.ends_with("_test.rego"))) {
        return if path == root {
            Err(problem("neither a Rego module nor data".to_owned(), "modules end in `.rego`"))
        } else {
            Ok(())
        };
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    if !is_data {
        sources.modules.push(UserModule { path: shown, text });
        return Ok(());
    }
    let value: Value = yaml_serde::from_str::<yaml_serde::Value>(&text)
        .and_then(|_| yaml_serde::from_str(&text))
        .map_err(|error| {
            let mut problem =
                problem(format!("the policy data cannot be read: {error}"), "write JSON or YAML");
            if let Some(place) = error.location() {
                problem.line = place.line() as u64;
                problem.column = place.column() as u64;
            }
            problem
        })?;
    // As in OPA, the folders below the root are keys above the data.
    let below = path.parent().and_then(|p| p.strip_prefix(root).ok()).unwrap_or(Path::new(""));
    let value = below.components().rev().fold(value, |value, part| {
        Value::Object(Map::from_iter([(part.as_os_str().to_string_lossy().into_owned(), value)]))
    });
    let Value::Object(value) = value else {
        return Err(problem("expected an object of policy data".to_owned(), "write keys at its top"));
    };
    merge(&mut sources.data, value)
        .map_err(|key| problem(format!("policy data `{key}` is given twice"), "keep each value in one file"))
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) -> Result<(), String> {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (None, value) => {
                into.insert(key, value);
            }
            (Some(Value::Object(known)), Value::Object(more)) => {
                merge(known, more).map_err(|inner| format!("{key}.{inner}"))?;
            }
            _ => return Err(key),
        }
    }
    Ok(())
}
