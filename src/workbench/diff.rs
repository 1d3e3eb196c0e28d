//! Two policy sets over stored decisions: which verdicts change, and why.
//!
//! Judges stored policy inputs, never the evidence anew, so that a thousand decisions are a matter of seconds. What
//! would let something through that is stopped today comes first.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::config::{Environment, RuleMode, Selectable};
use crate::decide::{self, Judged};
use crate::format::Declaration;
use crate::model::{Decision, Mode, Outcome, RuleResult, Status};
use crate::policy::{Isolation, List, PolicySet, RuleInfo};

/// The name of this version of the answer.
const DIFF_SCHEMA: &str = "gate.policy-diff/v1";
/// So many inputs are held as text at a time.
const CHUNK: usize = 256;

/// A stored decision.
#[derive(Debug)]
pub struct Stored {
    /// Where it lies.
    pub name: String,
    /// The decision.
    pub decision: Decision,
    /// The policy input with all of its lists.
    pub input: Value,
    /// Declared evidence that was required and not there.
    pub absent: Vec<(String, Declaration)>,
}

/// One of the two policy sets, for one environment.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The policies.
    pub policies: &'a PolicySet,
    /// The environment.
    pub environment: &'a Environment,
}

/// What changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(title = "gate policy diff")]
pub struct Diff {
    /// Always `gate.policy-diff/v1`.
    pub schema: String,
    /// Decisions that were judged by both.
    pub decisions: u64,
    /// Decisions with a verdict or an outcome that changes.
    pub changed: u64,
    /// Outcomes that change, those to `allow` first.
    pub outcomes: Vec<Transition>,
    /// Rules that were added, removed or changed, or whose verdicts change.
    pub rules: Vec<RuleChange>,
    /// Decisions that change, those that become `allow` first.
    pub changes: Vec<Change>,
    /// Decisions that the old policies judge otherwise than was recorded: they were made by others.
    pub recorded_otherwise: u64,
    /// What differs between the two and shapes the policy input, so that stored decisions cannot show it.
    pub not_compared: Vec<String>,
    /// Decisions that could not be judged, with the reason.
    pub failed: Vec<String>,
}

/// How often one thing becomes another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Transition {
    /// By the old policies.
    pub from: String,
    /// By the new ones.
    pub to: String,
    /// In so many decisions.
    pub count: u64,
}

/// What happens to a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RuleChange {
    /// Gate.
    pub gate: String,
    /// Code.
    pub code: String,
    /// `added`, `removed`, `changed` or `unchanged`.
    pub change: String,
    /// What about it differs.
    pub why: Vec<String>,
    /// How its verdicts change; `none` where there is no such rule.
    pub verdicts: Vec<Transition>,
}

/// A decision that changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Change {
    /// Where it lies.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its environment.
    pub environment: String,
    /// Its time.
    pub evaluated_at: String,
    /// The outcome by the old policies.
    pub from: String,
    /// The outcome by the new ones.
    pub to: String,
    /// The reason by the old policies.
    pub reason_from: String,
    /// The reason by the new ones.
    pub reason_to: String,
    /// The rules whose verdicts change.
    pub rules: Vec<RuleVerdict>,
}

/// How a rule ends in a decision that changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RuleVerdict {
    /// Gate.
    pub gate: String,
    /// Code.
    pub code: String,
    /// Status by the old policies; `none` where there is no such rule.
    pub from: String,
    /// Status by the new ones.
    pub to: String,
    /// What only the old ones say.
    pub no_longer: Vec<String>,
    /// What only the new ones say.
    pub newly: Vec<String>,
}

impl Diff {
    /// An answer about no decision yet.
    pub fn new(not_compared: Vec<String>) -> Self {
        Self { schema: DIFF_SCHEMA.to_owned(), not_compared, ..Self::default() }
    }

    /// Whether no verdict and no outcome changes.
    pub fn is_empty(&self) -> bool {
        self.changed == 0
    }
}

/// Adds the decisions of one environment to an answer.
pub fn diff(
    diff: &mut Diff,
    stored: &[Stored],
    old: Side<'_>,
    new: Side<'_>,
    timeout: Duration,
    isolation: &Isolation,
) {
    let mut verdicts: BTreeMap<(String, String), BTreeMap<(String, String), u64>> = BTreeMap::new();
    for chunk in stored.chunks(CHUNK) {
        let (before, after) = std::thread::scope(|scope| {
            let before = scope.spawn(|| judge(chunk, old, timeout, isolation));
            let after = judge(chunk, new, timeout, isolation);
            let lost = |_| chunk.iter().map(|_| Err("judging it panicked".to_owned())).collect();
            (before.join().unwrap_or_else(lost), after)
        });
        for ((stored, before), after) in chunk.iter().zip(before).zip(after) {
            let (before, after) = match (before, after) {
                (Ok(before), Ok(after)) => (before, after),
                (Err(why), _) | (_, Err(why)) => {
                    diff.failed.push(format!("{}: {why}", stored.name));
                    continue;
                }
            };
            diff.decisions = diff.decisions.saturating_add(1);
            let otherwise = before.outcome != stored.decision.outcome;
            diff.recorded_otherwise = diff.recorded_otherwise.saturating_add(u64::from(otherwise));
            let rules = changed_rules(&before, &after);
            if rules.is_empty() && before.outcome == after.outcome {
                continue;
            }
            diff.changed = diff.changed.saturating_add(1);
            for rule in &rules {
                let key = (rule.gate.clone(), rule.code.clone());
                let count = verdicts.entry(key).or_default().entry((rule.from.clone(), rule.to.clone()));
                *count.or_default() += 1;
            }
            if before.outcome != after.outcome {
                count(&mut diff.outcomes, before.outcome.as_str(), after.outcome.as_str(), 1);
            }
            diff.changes.push(Change {
                name: stored.name.clone(),
                id: stored.decision.id.clone(),
                environment: stored.decision.environment.clone(),
                evaluated_at: stored.decision.evaluated_at.clone(),
                from: before.outcome.as_str().to_owned(),
                to: after.outcome.as_str().to_owned(),
                reason_from: before.reason,
                reason_to: after.reason,
                rules,
            });
        }
    }
    rule_changes(diff, old, new, verdicts);
    diff.outcomes.sort_by_key(|t| (rank(&t.from, &t.to), t.from.clone(), t.to.clone()));
    diff.changes.sort_by(|a, b| {
        (rank(&a.from, &a.to), &a.from, &a.to, &a.name).cmp(&(rank(&b.from, &b.to), &b.from, &b.to, &b.name))
    });
    diff.rules.sort_by(|a, b| (&a.gate, &a.code).cmp(&(&b.gate, &b.code)));
}

/// What is let through that was stopped comes first, then what is stopped that was let through.
pub(super) fn rank(from: &str, to: &str) -> u8 {
    let allow = Outcome::Allow.as_str();
    match (from == to, from == allow, to == allow) {
        (true, ..) => 3,
        (_, _, true) => 0,
        (_, true, _) => 1,
        _ => 2,
    }
}

fn count(transitions: &mut Vec<Transition>, from: &str, to: &str, more: u64) {
    match transitions.iter_mut().find(|t| t.from == from && t.to == to) {
        Some(known) => known.count = known.count.saturating_add(more),
        None => transitions.push(Transition { from: from.to_owned(), to: to.to_owned(), count: more }),
    }
}

fn judge(
    stored: &[Stored],
    side: Side<'_>,
    timeout: Duration,
    isolation: &Isolation,
) -> Vec<Result<Judged, String>> {
    let inputs: Vec<(String, Vec<String>)> = stored
        .iter()
        .map(|stored| {
            let asked = decide::asked_again(&stored.decision, side.environment);
            (seen(&stored.input, &side.policies.lists, &asked).to_string(), asked)
        })
        .collect();
    let answers = side.policies.evaluate_all(&inputs, timeout, isolation);
    stored
        .iter()
        .zip(answers)
        .map(|(stored, answer)| {
            decide::judge_again(
                &stored.decision,
                &stored.input,
                side.environment,
                side.policies,
                answer,
                &stored.absent,
            )
        })
        .collect()
}

/// The input as these policies would have got it: without the lists that none of them reads.
fn seen(input: &Value, lists: &BTreeSet<List>, asked: &[String]) -> Value {
    let mut input = input.clone();
    for list in List::ALL.into_iter().filter(|list| !lists.contains(list)) {
        let [part, name] = list.path();
        if let Some(part) = input.get_mut(part).and_then(Value::as_object_mut) {
            part.shift_remove(name);
        }
    }
    if let Some(input) = input.as_object_mut() {
        input.insert("gates".to_owned(), asked.into());
    }
    input
}

/// A rule that says nothing is silent, whether it passed, is off, or is not there.
fn is_silent(rule: Option<&RuleResult>) -> bool {
    rule.is_none_or(|rule| matches!(rule.status, Status::Pass | Status::Off))
}

fn by_code(judged: &Judged) -> BTreeMap<(&str, &str), &RuleResult> {
    judged
        .gates
        .iter()
        .flat_map(|gate| gate.rules.iter().map(|rule| ((gate.name.as_str(), rule.code.as_str()), rule)))
        .collect()
}

fn changed_rules(before: &Judged, after: &Judged) -> Vec<RuleVerdict> {
    let (before, after) = (by_code(before), by_code(after));
    let codes: BTreeSet<&(&str, &str)> = before.keys().chain(after.keys()).collect();
    let mut changed = Vec::new();
    for key in codes {
        let (a, b) = (before.get(key).copied(), after.get(key).copied());
        if is_silent(a) && is_silent(b) {
            continue;
        }
        let said = |rule: Option<&RuleResult>| -> BTreeSet<String> {
            rule.iter()
                .flat_map(|rule| rule.verdicts.iter().map(|v| v.message.clone()).chain(note_of(rule)))
                .collect()
        };
        let (said_before, said_after) = (said(a), said(b));
        let word = |rule: Option<&RuleResult>| rule.map_or("none", |rule| rule.status.as_str()).to_owned();
        let (from, to) = (word(a), word(b));
        if from == to && said_before == said_after {
            continue;
        }
        changed.push(RuleVerdict {
            gate: key.0.to_owned(),
            code: key.1.to_owned(),
            from,
            to,
            no_longer: said_before.difference(&said_after).cloned().collect(),
            newly: said_after.difference(&said_before).cloned().collect(),
        });
    }
    changed
}

fn note_of(rule: &RuleResult) -> Option<String> {
    (!rule.note.is_empty()).then(|| rule.note.clone())
}

/// What differs about the rules themselves, with the verdicts that change.
fn rule_changes(
    diff: &mut Diff,
    old: Side<'_>,
    new: Side<'_>,
    verdicts: BTreeMap<(String, String), BTreeMap<(String, String), u64>>,
) {
    let find = |side: Side<'_>, key: &(String, String)| {
        side.policies.rules.iter().find(|r| r.gate == key.0 && r.code == key.1).cloned()
    };
    let keys: BTreeSet<(String, String)> = [old, new]
        .iter()
        .flat_map(|side| side.policies.rules.iter().map(|rule| (rule.gate.clone(), rule.code.clone())))
        .chain(verdicts.keys().cloned())
        .collect();
    for key in keys {
        let (before, after) = (find(old, &key), find(new, &key));
        let mut why = settings(&key, old, new);
        let change = match (&before, &after) {
            (None, Some(_)) => "added",
            (Some(_), None) => "removed",
            (Some(before), Some(after)) => {
                why.extend(differences(before, after, old, new));
                if why.is_empty() { "unchanged" } else { "changed" }
            }
            (None, None) if why.is_empty() => "unchanged",
            (None, None) => "changed",
        };
        let transitions = verdicts.get(&key);
        if change == "unchanged" && transitions.is_none() {
            continue;
        }
        if why.is_empty() && change == "unchanged" {
            why.push("a helper, data or setting that it depends on differs".to_owned());
        }
        let at = diff.rules.iter().position(|rule| rule.gate == key.0 && rule.code == key.1);
        let index = at.unwrap_or_else(|| {
            diff.rules.push(RuleChange {
                gate: key.0.clone(),
                code: key.1.clone(),
                change: change.to_owned(),
                ..RuleChange::default()
            });
            diff.rules.len().saturating_sub(1)
        });
        let Some(rule) = diff.rules.get_mut(index) else { continue };
        if rule.change == "unchanged" {
            change.clone_into(&mut rule.change);
        }
        for reason in why {
            if !rule.why.contains(&reason) {
                rule.why.push(reason);
            }
        }
        for ((from, to), n) in transitions.into_iter().flatten() {
            count(&mut rule.verdicts, from, to, *n);
        }
    }
}

/// What the environments make of a rule.
fn settings(key: &(String, String), old: Side<'_>, new: Side<'_>) -> Vec<String> {
    let mode = |side: Side<'_>| {
        let gate = side.environment.gates.iter().find(|gate| gate.name == key.0);
        match (gate.map(|gate| gate.mode), side.environment.rules.get(&key.1)) {
            (None | Some(Mode::Off), _) | (_, Some(RuleMode::Off)) => "off",
            (Some(Mode::Warn), _) | (_, Some(RuleMode::Warn)) => "warn",
            _ => "enforce",
        }
    };
    let needs = |side: Side<'_>| {
        let gate = side.environment.gates.iter().find(|gate| gate.name == key.0);
        let kinds: Vec<&str> =
            gate.into_iter().flat_map(|gate| gate.evidence.iter().map(|kind| kind.as_str())).collect();
        kinds.join(", ")
    };
    let mut why = Vec::new();
    if mode(old) != mode(new) {
        why.push(format!("mode: {} -> {}", mode(old), mode(new)));
    }
    if key.1.starts_with("EVD-") && needs(old) != needs(new) {
        why.push(format!("needed evidence: {} -> {}", or_none(&needs(old)), or_none(&needs(new))));
    }
    why
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

/// What differs between a rule and its new version.
fn differences(before: &RuleInfo, after: &RuleInfo, old: Side<'_>, new: Side<'_>) -> Vec<String> {
    let mut why = Vec::new();
    if before.text_digest != after.text_digest {
        why.push("its text".to_owned());
    }
    let threshold = |side: Side<'_>, name: &str| {
        let (gate, key) = name.split_once('.')?;
        side.environment.gate_data.get("thresholds")?.get(gate)?.get(key).map(Value::to_string)
    };
    let names: BTreeSet<&String> = before.thresholds.iter().chain(&after.thresholds).collect();
    for name in names {
        let (a, b) = (threshold(old, name), threshold(new, name));
        if a != b {
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
            why.push(format!("threshold {name}: {} -> {}", shown(&a), shown(&b)));
        }
    }
    for (word, a, b) in [
        ("effective_on", before.effective_on, after.effective_on),
        ("effective_until", before.effective_until, after.effective_until),
    ] {
        if a != b {
            let shown = |date: Option<jiff::Timestamp>| date.map_or("none".to_owned(), |d| d.to_string());
            why.push(format!("{word}: {} -> {}", shown(a), shown(b)));
        }
    }
    let excluded = |side: Side<'_>, rule: &RuleInfo| {
        side.environment.selection.excluded(Selectable {
            gate: &rule.gate,
            code: &rule.code,
            collections: &rule.collections,
            ..Selectable::default()
        })
    };
    match (excluded(old, before), excluded(new, after)) {
        (None, Some(by)) if by.selector.is_empty() => {
            why.push("no selector of `include` means it".to_owned())
        }
        (None, Some(by)) => why.push(format!("excluded by `{}`", by.selector)),
        (Some(_), None) => why.push("no longer excluded".to_owned()),
        _ => {}
    }
    why
}
