//! Why a decision says what it says: of a rule its lines, its thresholds with the place that set them, what was
//! measured, and the evidence; of a rule that said nothing the first expression that was not true.
//!
//! Never judges: a rule is evaluated again only to see where it stops.

use serde::Serialize;
use serde_json::Value;

use super::origin;
use super::probe::{Ask, Fault, Setup, ask};
use super::trace::{Failed, Trace};
use crate::config::Environment;
use crate::model::{Decision, GateResult, Item, Measured, RuleResult, Status};
use crate::policy::{Isolation, PolicySet, RuleInfo};
use crate::rego::ast::Version;
use crate::rego::engine::{Record, Source};
use crate::rego::parse_module;
use crate::suggest;

/// What is known of a decision.
#[derive(Debug)]
pub struct Known<'a> {
    /// The decision.
    pub decision: &'a Decision,
    /// The policies that made it.
    pub policies: &'a PolicySet,
    /// Its environment.
    pub environment: &'a Environment,
    /// What the policies were asked about, where it is known.
    pub input: Option<&'a Value>,
    /// Path and text of gate.yaml, where there is one.
    pub config: Option<(&'a str, &'a str)>,
    /// The environment and those that it extends, nearest first.
    pub environments: &'a [String],
    /// Where policies are evaluated.
    pub isolation: &'a Isolation,
}

/// Lines of a policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RuleSource {
    /// The module.
    pub path: String,
    /// The first line.
    pub line: u32,
    /// The lines.
    pub text: String,
    /// Whether the rule was true; nothing where it was not evaluated again.
    pub fired: Option<bool>,
    /// The expressions at which it stopped, the first first.
    pub stopped_at: Vec<Failed>,
}

/// A threshold of a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// `security.max_findings`.
    pub name: String,
    /// The value in force.
    pub value: Value,
    /// `gate.yaml:12` or `policies/data.json:61`.
    pub set_in: String,
}

/// A finding, test or file that a verdict is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Its id.
    pub id: String,
    /// What is wrong with it.
    pub message: String,
    /// `path:line:column`, as far as known.
    pub at: String,
    /// Evidence files that say so.
    pub evidence: Vec<String>,
}

/// One rule of a decision, explained.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// Its code.
    pub code: String,
    /// Its gate.
    pub gate: String,
    /// Its title.
    pub title: String,
    /// How it ended.
    pub status: Status,
    /// Why it is off or could not be judged; may be empty.
    pub note: String,
    /// What it said.
    pub messages: Vec<String>,
    /// What was measured against which limit.
    pub measured: Vec<Measured>,
    /// Its thresholds.
    pub thresholds: Vec<Threshold>,
    /// Its lines.
    pub rules: Vec<RuleSource>,
    /// What it is about.
    pub about: Vec<Place>,
    /// Evidence files of the kinds that it judges.
    pub evidence: Vec<String>,
    /// How to mend it.
    pub remediation: String,
    /// What could not be found out, and why.
    pub missing: Vec<String>,
}

/// Explains a rule, named by its code or `gate.CODE`.
///
/// # Errors
/// When there is no such rule: message and remedy.
pub fn explain(known: &Known<'_>, name: &str) -> Result<Explanation, (String, String)> {
    // Rules of gate itself stand in several rows: the one that says most is meant.
    let rows = known.decision.gates.iter().flat_map(|gate| gate.rules.iter().map(move |rule| (gate, rule)));
    let found = rows
        .filter(|(gate, rule)| is_named(gate, rule, name))
        .min_by_key(|(_, rule)| std::cmp::Reverse(rule.status));
    let Some((gate, rule)) = found else {
        let codes = known.decision.gates.iter().flat_map(|g| &g.rules).map(|rule| rule.code.as_str());
        let codes: Vec<&str> = codes.collect();
        let message = format!("the decision has no rule and no finding `{name}`");
        return Err((message, suggest::remedy(&name.to_ascii_uppercase(), &codes)));
    };
    let info = known.policies.rules.iter().find(|info| info.gate == gate.name && info.code == rule.code);
    let mut explanation = Explanation {
        code: rule.code.clone(),
        gate: gate.name.clone(),
        title: rule.title.clone(),
        status: rule.status,
        note: rule.note.clone(),
        messages: rule.verdicts.iter().map(|verdict| verdict.message.clone()).collect(),
        measured: rule.measured.clone(),
        thresholds: info.map(|info| thresholds(known, info)).unwrap_or_default(),
        rules: Vec::new(),
        about: rule.verdicts.iter().flat_map(|verdict| &verdict.items).map(place).collect(),
        evidence: evidence(known.decision, info),
        remediation: rule.remediation.clone(),
        missing: Vec::new(),
    };
    explanation.rules = sources(known, gate, rule);
    if explanation.rules.is_empty() {
        explanation
            .missing
            .push(format!("`{}` is no rule of these policies: gate itself says it", rule.code));
        return Ok(explanation);
    }
    match known.input {
        None => explanation.missing.push(
            "where a rule stopped: give the evidence with --evidence, or the policy input with --input"
                .to_owned(),
        ),
        Some(input) => {
            if let Err(fault) = follow(known, gate, input, &mut explanation.rules) {
                explanation.missing.push(format!("where a rule stopped: {}", fault.message));
            }
        }
    }
    Ok(explanation)
}

/// The rules whose verdicts name a finding, with what is known of it.
pub fn explain_finding(known: &Known<'_>, id: &str) -> Vec<(String, Place)> {
    let mut found = Vec::new();
    for gate in &known.decision.gates {
        for rule in &gate.rules {
            let items = rule.verdicts.iter().flat_map(|verdict| &verdict.items);
            if let Some(item) = items.into_iter().find(|item| is_meant(&item.id, id)) {
                found.push((rule.code.clone(), place(item)));
            }
        }
    }
    if found.is_empty() {
        for (list, says) in [("open", "open, and no rule that failed names it"), ("suppressed", "set aside")]
        {
            let all = known.input.and_then(|input| input.pointer(&format!("/findings/{list}")));
            let all = all.and_then(Value::as_array).into_iter().flatten();
            let text = |finding: &Value, key: &str| {
                finding.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            for finding in all.filter(|f| is_meant(&text(f, "id"), id)) {
                let line = finding.get("line").and_then(Value::as_u64).unwrap_or_default();
                let names = finding.get("evidence").or(finding.get("sources")).and_then(Value::as_array);
                let place = Place {
                    id: text(finding, "id"),
                    message: format!("{says}: {}", text(finding, "message")),
                    at: if line > 0 {
                        format!("{}:{line}", text(finding, "path"))
                    } else {
                        text(finding, "path")
                    },
                    evidence: names
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect(),
                };
                found.push((String::new(), place));
            }
        }
    }
    found
}

/// An id, or enough of its beginning.
fn is_meant(id: &str, asked: &str) -> bool {
    id == asked || (asked.len() >= 8 && id.starts_with(asked))
}

fn is_named(gate: &GateResult, rule: &RuleResult, name: &str) -> bool {
    let full = format!("{}.{}", gate.name, rule.code);
    rule.code.eq_ignore_ascii_case(name) || full.eq_ignore_ascii_case(name)
}

fn place(item: &Item) -> Place {
    let mut at = item.path.clone();
    for part in [item.line, item.column] {
        if part > 0 && !at.is_empty() {
            at = format!("{at}:{part}");
        }
    }
    if at.is_empty() {
        at.clone_from(&item.package);
    }
    let message = [item.name.as_str(), item.message.as_str()];
    Place {
        id: item.id.clone(),
        message: message.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": "),
        at,
        evidence: item.evidence.clone(),
    }
}

fn thresholds(known: &Known<'_>, info: &RuleInfo) -> Vec<Threshold> {
    info.thresholds
        .iter()
        .filter_map(|name| {
            let (gate, key) = name.split_once('.')?;
            let value = known.environment.gate_data.get("thresholds")?.get(gate)?.get(key)?.clone();
            let set_in = origin::threshold(known.config, known.environments, gate, key);
            Some(Threshold { name: name.clone(), value, set_in })
        })
        .collect()
}

/// Evidence files that count, of the kinds that a rule judges.
fn evidence(decision: &Decision, info: Option<&RuleInfo>) -> Vec<String> {
    let kinds = info.map(|info| info.evidence.as_slice()).unwrap_or_default();
    let judged = |file: &&crate::model::EvidenceView| {
        file.usable && (kinds.is_empty() || file.kinds.iter().any(|kind| kinds.contains(kind)))
    };
    let shown = |file: &crate::model::EvidenceView| {
        format!("{} ({}, sha256 {})", file.name, file.format, file.sha256.get(..12).unwrap_or_default())
    };
    decision.evidence.iter().filter(judged).map(shown).collect()
}

/// The rules of a gate that say a code.
fn sources(known: &Known<'_>, gate: &GateResult, rule: &RuleResult) -> Vec<RuleSource> {
    let package = ["gate", gate.name.as_str()];
    let quoted = format!("\"{}\"", rule.code);
    let mut found = Vec::new();
    for (path, text) in known.policies.texts() {
        let Ok(module) = parse_module(text, Version::V1) else { continue };
        if module.package.path.iter().map(String::as_str).ne(package) {
            continue;
        }
        for one in module.rules.iter().filter(|one| matches!(one.head.name(), "deny" | "violation" | "warn"))
        {
            let source = one.span.of(text);
            let line = one.span.start.line;
            if source.contains(&quoted) || rule.defined_in == format!("{path}:{line}") {
                found.push(RuleSource {
                    path: path.to_owned(),
                    line,
                    text: source.to_owned(),
                    ..RuleSource::default()
                });
            }
        }
    }
    found
}

/// Evaluates the gate's rules again and notes where those of interest stopped.
fn follow(
    known: &Known<'_>,
    gate: &GateResult,
    input: &Value,
    rules: &mut [RuleSource],
) -> Result<(), Fault> {
    let data = serde_json::from_str(known.policies.data()).unwrap_or_default();
    let sources: Vec<Source> = known
        .policies
        .texts()
        .map(|(path, text)| Source { path: path.to_owned(), text: text.to_owned(), version: Version::V1 })
        .collect();
    let setup = Setup {
        sources,
        data,
        strict: false,
        timeout: std::time::Duration::from_secs(30),
        record: Record::Values,
        ..Setup::default()
    };
    // Rules that are not there are undefined, and that is no fault.
    let asks: Vec<Ask> = ["deny", "violation", "warn"]
        .iter()
        .map(|name| Ask {
            query: format!("data.gate.{}.{name}", gate.name),
            input: Some(input.clone()),
            ..Ask::default()
        })
        .collect();
    let asked = ask(&setup, &asks, known.isolation)?;
    if asked.marks.is_empty() {
        return Err(Fault::new("internal", "the evaluation was not recorded", ""));
    }
    let mut trace = Trace { marks: asked.marks, hits: Vec::new() };
    for answer in asked.answers {
        if let Some(fault) = answer.fault {
            return Err(fault);
        }
        for hit in answer.hits {
            match trace.hits.iter_mut().find(|known| known.mark == hit.mark) {
                Some(known) => known.count = known.count.saturating_add(hit.count),
                None => trace.hits.push(hit),
            }
        }
    }
    for rule in rules {
        let lines = u32::try_from(rule.text.lines().count()).unwrap_or(1);
        let last = rule.line.saturating_add(lines.saturating_sub(1));
        rule.fired = Some(trace.reached_end(&rule.path, rule.line, last));
        if rule.fired == Some(false) {
            rule.stopped_at = trace.failed_within(&rule.path, rule.line, last);
        }
    }
    Ok(())
}
