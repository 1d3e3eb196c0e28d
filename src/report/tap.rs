//! TAP 14: a test point per rule, and a last one for the decision, so that a consumer fails whatever the reason is.

use super::{Info, Options, Reporter, inert, wording};
use crate::model::{Decision, GateResult, Outcome, RuleResult, Status};

/// Test Anything Protocol.
pub(super) struct Tap;

impl Reporter for Tap {
    fn info(&self) -> &'static Info {
        &Info { id: "tap", title: "TAP 14", file: "gate.tap" }
    }

    fn render(&self, decision: &Decision, options: &Options) -> String {
        let rules: Vec<(&GateResult, &RuleResult)> =
            decision.gates.iter().flat_map(|gate| gate.rules.iter().map(move |rule| (gate, rule))).collect();
        let mut out = format!("TAP version 14\n1..{}\n", rules.len() + 1);
        for (number, (gate, rule)) in rules.iter().enumerate() {
            out.push_str(&point(number + 1, gate, rule, options));
        }
        let ok = if decision.outcome == Outcome::Allow { "ok" } else { "not ok" };
        out.push_str(&format!("{ok} {} - decision: {}\n", rules.len() + 1, decision.outcome.as_str()));
        let mut notes = vec![
            ("environment", inert::line(&decision.environment)),
            ("reason", inert::line(&decision.reason)),
        ];
        notes.extend(decision.errors.iter().map(|error| ("error", inert::line(&error.to_string()))));
        notes.extend(decision.remedy.iter().map(|line| ("remedy", inert::line(line))));
        out.push_str(&yaml(&notes, &[]));
        out
    }
}

fn point(number: usize, gate: &GateResult, rule: &RuleResult, options: &Options) -> String {
    let ok = match rule.status {
        Status::Pass | Status::Off => "ok",
        Status::Warn | Status::Fail | Status::Error => "not ok",
    };
    let mut out = format!("{ok} {number} - {}", description(&wording::rule_name(rule)));
    if rule.status == Status::Off {
        let note = format!(" # SKIP {}", description(&inert::first_line(&rule.note, 200)));
        out.push_str(note.trim_end());
    } else if wording::warns(gate, rule) {
        // A failed point with this directive is shown and does not fail the run.
        out.push_str(" # TODO warning only");
    }
    out.push('\n');
    if matches!(rule.status, Status::Pass | Status::Off) {
        return out;
    }
    let mut notes = vec![("gate", inert::line(&gate.name)), ("severity", rule.status.as_str().to_owned())];
    notes.extend(rule.measured.iter().map(|m| ("measured", wording::measure(m).short())));
    notes.extend(rule.verdicts.iter().map(|v| ("message", inert::clip(&inert::line(&v.message), 1000))));
    if !rule.note.is_empty() {
        notes.push(("message", inert::clip(&inert::line(&rule.note), 1000)));
    }
    notes.extend(wording::fixes(rule).into_iter().map(|fix| ("fix", fix)));
    notes.push(("rule", inert::line(&rule.defined_in)));
    let mut items = Vec::new();
    for verdict in &rule.verdicts {
        let shown = verdict.items.iter().take(options.shown);
        items.extend(shown.map(wording::item_line));
        items.push(wording::more(verdict.items.len().min(options.shown), verdict));
    }
    items.retain(|item| !item.is_empty());
    out.push_str(&yaml(&notes, &items));
    out
}

/// A YAML block of diagnostics. Values with one name become a list.
fn yaml(notes: &[(&str, String)], items: &[String]) -> String {
    let mut out = "  ---\n".to_owned();
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in notes {
        if !names.contains(name) {
            names.push(name);
        }
    }
    for name in names {
        let values: Vec<&str> =
            notes.iter().filter(|(other, _)| *other == name).map(|(_, value)| value.as_str()).collect();
        match values.as_slice() {
            [value] => out.push_str(&format!("  {name}: {}\n", quoted(value))),
            values => list(&mut out, name, values.iter().copied()),
        }
    }
    if !items.is_empty() {
        list(&mut out, "items", items.iter().map(String::as_str));
    }
    out.push_str("  ...\n");
    out
}

fn list<'a>(out: &mut String, name: &str, values: impl Iterator<Item = &'a str>) {
    out.push_str(&format!("  {name}:\n"));
    for value in values {
        out.push_str(&format!("    - {}\n", quoted(value)));
    }
}

/// A double-quoted YAML scalar: JSON's strings are such. Hidden letters are gone already.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn description(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}
