//! `gate rules`: every rule with the thresholds in force.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Exit, output, setup};
use crate::config::{self, RuleMode};
use crate::model::Mode;
use crate::policy::RuleInfo;

/// Arguments of `gate rules`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate rules
  gate rules --environment production
  gate rules --output json")]
pub(super) struct Arguments {
    #[command(flatten)]
    setup: setup::Options,
    /// How to print.
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    output: output::Layout,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let loaded = setup::config(&arguments.setup)
        .map_err(|e| Box::new(e.into()))
        .and_then(|config| setup::load(&arguments.setup, config));
    let setup = match loaded {
        Ok(setup) => setup,
        Err(problem) => {
            output::complain_of(&problem);
            return Exit::Error;
        }
    };
    let text = match arguments.output {
        output::Layout::Json => json(&setup),
        output::Layout::Table => table(&setup),
    };
    if output::print(&text) { Exit::Ok } else { Exit::Error }
}

/// The thresholds of a rule as name and value in force.
fn thresholds(setup: &setup::Setup, rule: &RuleInfo) -> Vec<(String, Value, String)> {
    let data = &setup.environment.gate_data;
    let at = |table: &str, name: &str| {
        let (gate, key) = name.split_once('.')?;
        data.get(table)?.get(gate)?.get(key).cloned()
    };
    rule.thresholds
        .iter()
        .map(|name| {
            let unit = at("catalogue", name).and_then(|c| c.get("unit")?.as_str().map(str::to_owned));
            (name.clone(), at("thresholds", name).unwrap_or_default(), unit.unwrap_or_default())
        })
        .collect()
}

fn excluded(setup: &setup::Setup, rule: &RuleInfo) -> Option<crate::model::Exclusion> {
    setup.environment.selection.excluded(config::Selectable {
        gate: &rule.gate,
        code: &rule.code,
        collections: &rule.collections,
        ..config::Selectable::default()
    })
}

fn mode(setup: &setup::Setup, rule: &RuleInfo) -> &'static str {
    if excluded(setup, rule).is_some() {
        return "off";
    }
    let gate = setup.environment.gates.iter().find(|gate| gate.name == rule.gate);
    match (gate.map(|g| g.mode), setup.environment.rules.get(&rule.code)) {
        (Some(Mode::Off) | None, _) | (_, Some(RuleMode::Off)) => "off",
        _ if rule.warns => "warn",
        (Some(Mode::Warn), _) | (_, Some(RuleMode::Warn)) => "warn",
        _ => "enforce",
    }
}

fn table(setup: &setup::Setup) -> String {
    let mut text = format!("Rules in environment {}\n", setup.environment.name);
    for gate in &setup.environment.gates {
        let needs: Vec<&str> = gate.evidence.iter().map(|kind| kind.as_str()).collect();
        let needs = if needs.is_empty() {
            "judged when there is evidence".to_owned()
        } else {
            format!("needs {}", needs.join(", "))
        };
        let _ = writeln!(text, "\n{} ({}), {needs}", gate.name, gate.mode.as_str());
        for rule in setup.policies.rules.iter().filter(|rule| rule.gate == gate.name) {
            let _ = writeln!(text, "  {:<9} {:<7} {}", rule.code, mode(setup, rule), rule.title);
            for (name, value, unit) in thresholds(setup, rule) {
                let _ = writeln!(text, "            {name}: {}", config::render(&value, &unit));
            }
            if !rule.remediation.is_empty() {
                let _ = writeln!(text, "            fix: {}", crate::report::inert::line(&rule.remediation));
            }
            for (word, date) in [("denies from", rule.effective_on), ("ends", rule.effective_until)] {
                if let Some(date) = date {
                    let _ = writeln!(text, "            {word} {date}");
                }
            }
            if let Some(exclusion) = excluded(setup, rule) {
                let _ = match exclusion.selector.as_str() {
                    "" => writeln!(text, "            excluded: no selector of `include` means it"),
                    selector => writeln!(text, "            excluded by `{selector}`"),
                };
            }
            let _ = writeln!(text, "            in {}", rule.defined_in);
        }
    }
    text
}

fn json(setup: &setup::Setup) -> String {
    let rules: Vec<Value> = setup
        .policies
        .rules
        .iter()
        .map(|rule| {
            let thresholds: serde_json::Map<String, Value> =
                thresholds(setup, rule).into_iter().map(|(name, value, _)| (name, value)).collect();
            serde_json::json!({
                "code": rule.code,
                "gate": rule.gate,
                "title": rule.title,
                "description": rule.description,
                "mode": mode(setup, rule),
                "evidence": rule.evidence,
                "thresholds": thresholds,
                "remediation": rule.remediation,
                "defined_in": rule.defined_in,
                "authors": rule.authors,
                "organizations": rule.organizations,
                "related_resources": rule.related_resources,
                "collections": rule.collections,
                "effective_on": rule.effective_on.map(|at| at.to_string()),
                "effective_until": rule.effective_until.map(|at| at.to_string()),
                "excluded": excluded(setup, rule).map(|exclusion| exclusion.selector),
            })
        })
        .collect();
    format!("{:#}\n", serde_json::json!({"environment": setup.environment.name, "rules": rules}))
}
