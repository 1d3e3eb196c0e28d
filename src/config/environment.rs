//! Environments: shipped ones are data, `gate.yaml` changes them and adds others.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::file::{Config, ConfigError};
use super::raw::{FullGateSetting, GateSetting, RawEnvironment, RuleMode, UnknownAge};
use super::{GATES, Selection, units};
use crate::model::{Kind, Mode};

/// One environment, resolved.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Name.
    pub name: String,
    /// Every gate, in order.
    pub gates: Vec<GatePolicy>,
    /// What single rules do, by code.
    pub rules: BTreeMap<String, RuleMode>,
    /// Which rules count.
    pub selection: Selection,
    /// Evidence older than this does not count.
    pub max_age: Option<jiff::SignedDuration>,
    /// Whether evidence of unknown age counts although there is a `max_age`.
    pub unknown_age_counts: bool,
    /// The document `data.gate`: thresholds in force and lists.
    pub gate_data: Map<String, Value>,
}

/// What a gate does in an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatePolicy {
    /// Name.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// What a deny does.
    pub mode: Mode,
    /// Kinds of evidence that it needs.
    pub evidence: Vec<Kind>,
}

/// The names of all environments.
pub fn environments(config: &Config, shipped: &Value) -> Vec<String> {
    let shipped = shipped.pointer("/gate/environments").and_then(Value::as_object);
    let mut names: Vec<String> = shipped.into_iter().flat_map(|map| map.keys().cloned()).collect();
    names.extend(
        config.raw.environments.keys().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>(),
    );
    names
}

/// Resolves an environment from the shipped data and the configuration.
///
/// # Errors
/// When the environment, or a gate, rule, threshold or kind of evidence that it names, is not known.
pub fn resolve(
    config: &Config,
    shipped: &Value,
    name: &str,
    codes: &[String],
) -> Result<Environment, ConfigError> {
    let known = environments(config, shipped);
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    if !names.contains(&name) {
        return Err(config.unknown(&[name], "environment", &names));
    }
    let mut gate_data = shipped.get("gate").and_then(Value::as_object).cloned().unwrap_or_default();
    gate_data.remove("environments");
    let gates = GATES
        .iter()
        .map(|(name, title)| ((*name).to_owned(), (*title).to_owned()))
        .chain(config.raw.gates.clone())
        .map(|(name, title)| GatePolicy { name, title, mode: Mode::Enforce, evidence: Vec::new() })
        .collect();
    let mut environment = Environment {
        name: name.to_owned(),
        gates,
        unknown_age_counts: true,
        gate_data,
        ..Environment::default()
    };
    check_names(config, &environment, codes)?;
    apply_thresholds(config, &mut environment, &config.raw.thresholds, &["thresholds"])?;
    environment.rules.extend(config.raw.rules.clone());
    environment.selection.extend(&config.raw.include, &config.raw.exclude);
    for layer in layers(config, shipped, name, &names)? {
        layer.apply(config, &mut environment, codes)?;
    }
    Ok(environment)
}

/// One step of an environment's inheritance.
struct Layer {
    raw: RawEnvironment,
    /// Where it stands in the configuration; empty for a shipped one.
    keys: Vec<String>,
}

/// The steps from the root of the inheritance to the environment: of each name the shipped one first.
fn layers(config: &Config, shipped: &Value, name: &str, names: &[&str]) -> Result<Vec<Layer>, ConfigError> {
    let mut chain = Vec::new();
    let mut next = Some(name.to_owned());
    while let Some(current) = next {
        if chain.len() > names.len() {
            return Err(config
                .error(&["environments", name, "extends"], format!("environment `{name}` extends itself"))
                .help("let one of the environments on the way extend `development`"));
        }
        let of_shipped: Option<RawEnvironment> = shipped
            .pointer("/gate/environments")
            .and_then(|all| all.get(&current))
            .and_then(|value| serde_json::from_value(value.clone()).ok());
        let own = config.raw.environments.get(&current).cloned();
        let extends = own
            .as_ref()
            .and_then(|e| e.extends.clone())
            .or_else(|| of_shipped.as_ref().and_then(|e| e.extends.clone()))
            .or_else(|| (of_shipped.is_none()).then(|| "development".to_owned()));
        if let Some(parent) = &extends
            && !names.contains(&parent.as_str())
        {
            return Err(config.unknown(&["environments", &current, "extends", parent], "environment", names));
        }
        if let Some(raw) = own {
            chain.push(Layer { raw, keys: vec!["environments".to_owned(), current.clone()] });
        }
        if let Some(raw) = of_shipped {
            chain.push(Layer { raw, keys: Vec::new() });
        }
        next = extends;
    }
    chain.reverse();
    Ok(chain)
}

impl Layer {
    fn apply(
        self,
        config: &Config,
        environment: &mut Environment,
        codes: &[String],
    ) -> Result<(), ConfigError> {
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        let at = |more: &[&'static str]| [keys.as_slice(), more].concat();
        for (gate, setting) in &self.raw.gates {
            let known: Vec<String> = environment.gates.iter().map(|g| g.name.clone()).collect();
            let Some(policy) = environment.gates.iter_mut().find(|g| g.name == *gate) else {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                return Err(config.unknown(&[keys.as_slice(), &["gates", gate]].concat(), "gate", &known));
            };
            let full = match setting {
                GateSetting::Mode(mode) => FullGateSetting { mode: Some(*mode), evidence: None },
                GateSetting::Full(full) => full.clone(),
            };
            policy.mode = full.mode.unwrap_or(policy.mode);
            if let Some(kinds) = full.evidence {
                policy.evidence = kinds
                    .iter()
                    .map(|name| {
                        Kind::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
                            let known: Vec<&str> = Kind::ALL.iter().map(|k| k.as_str()).collect();
                            config.unknown(
                                &[keys.as_slice(), &["gates", gate, name]].concat(),
                                "kind of evidence",
                                &known,
                            )
                        })
                    })
                    .collect::<Result<_, _>>()?;
            }
        }
        apply_thresholds(config, environment, &self.raw.thresholds, &at(&["thresholds"]))?;
        check_rules(config, self.raw.rules.keys(), &at(&["rules"]), codes)?;
        environment.rules.extend(self.raw.rules);
        environment.selection.extend(&self.raw.include, &self.raw.exclude);
        if let Some(text) = &self.raw.max_age {
            let duration = units::duration(text)
                .map_err(|m| config.error(&at(&["max_age"]), format!("`max_age`: {m}")))?;
            environment.max_age = Some(duration);
        }
        if let Some(unknown) = self.raw.unknown_age {
            environment.unknown_age_counts = unknown == UnknownAge::Allow;
        }
        Ok(())
    }
}

/// Names at the top of the configuration that must exist.
fn check_names(config: &Config, environment: &Environment, codes: &[String]) -> Result<(), ConfigError> {
    for name in config.raw.gates.keys() {
        if let Some(mode) =
            config.raw.gates.get(name).filter(|t| ["off", "warn", "enforce"].contains(&t.as_str()))
        {
            return Err(config
                .error(
                    &["gates", name],
                    format!("`{mode}` is a mode, and here stands the title of a gate of your own"),
                )
                .help("the modes of gates stand under `environments.<name>.gates`"));
        }
        let is_identifier = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit());
        if !is_identifier || name == "lib" || GATES.iter().any(|(gate, _)| gate == name) {
            return Err(config
                .error(&["gates", name], format!("`{name}` cannot be the name of a gate of your own"))
                .help("use lower-case letters, digits and `_`, and no name that is taken"));
        }
    }
    if environment.gates.is_empty() {
        return Err(config.error(&["gates"], "there is no gate"));
    }
    check_rules(config, config.raw.rules.keys(), &["rules"], codes)
}

fn check_rules<'a>(
    config: &Config,
    rules: impl Iterator<Item = &'a String>,
    keys: &[&str],
    codes: &[String],
) -> Result<(), ConfigError> {
    let known: Vec<&str> = codes.iter().map(String::as_str).collect();
    for code in rules {
        if !known.contains(&code.as_str()) {
            return Err(config.unknown(&[keys, &[code]].concat(), "rule", &known));
        }
    }
    Ok(())
}

fn apply_thresholds(
    config: &Config,
    environment: &mut Environment,
    table: &BTreeMap<String, BTreeMap<String, Value>>,
    keys: &[&str],
) -> Result<(), ConfigError> {
    let catalogue = environment.gate_data.get("catalogue").cloned().unwrap_or_default();
    let names = |value: Option<&Value>| -> Vec<String> {
        value.and_then(Value::as_object).map(|m| m.keys().cloned().collect()).unwrap_or_default()
    };
    for (gate, thresholds) in table {
        let gates = names(Some(&catalogue));
        if !gates.contains(gate) {
            let known: Vec<&str> = gates.iter().map(String::as_str).collect();
            return Err(config.unknown(&[keys, &[gate]].concat(), "gate", &known));
        }
        for (name, value) in thresholds {
            let here = [keys, &[gate, name]].concat();
            let Some(entry) = catalogue.get(gate).and_then(|g| g.get(name)) else {
                let known = names(catalogue.get(gate));
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                return Err(config.unknown(&here, "threshold", &known));
            };
            let unit = entry.get("unit").and_then(Value::as_str).unwrap_or_default();
            let default = environment.gate_data.get("thresholds").and_then(|t| t.get(gate)?.get(name));
            let value = units::threshold_over(default.unwrap_or(&Value::Null), value, unit)
                .map_err(|message| config.error(&here, format!("`{gate}.{name}`: {message}")))?;
            let slot = environment
                .gate_data
                .entry("thresholds")
                .or_insert_with(|| Value::Object(Map::new()))
                .as_object_mut()
                .map(|all| all.entry(gate.clone()).or_insert_with(|| Value::Object(Map::new())))
                .and_then(Value::as_object_mut);
            if let Some(slot) = slot {
                slot.insert(name.clone(), value);
            }
        }
    }
    Ok(())
}
