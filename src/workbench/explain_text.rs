//! Explanations for people.

use std::fmt::Write as _;

use super::explain::Explanation;
use super::trace::Failed;
use crate::model::{Decision, Measured, RuleResult, Status};
use crate::report::inert::{clip, first_line, line};

/// How many places of a verdict are shown.
const PLACES: usize = 10;
/// How many expressions of a rule are shown.
const EXPRESSIONS: usize = 5;

/// All rules of a decision, one line each.
pub fn overview_text(decision: &Decision) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}: {}", decision.outcome.as_str(), line(&decision.reason));
    let _ = writeln!(
        text,
        "environment {}, {}, {}",
        line(&decision.environment),
        line(&decision.evaluated_at),
        line(&decision.id)
    );
    for gate in &decision.gates {
        let _ = writeln!(
            text,
            "\n{} ({}): {}, {}",
            line(&gate.name),
            gate.mode.as_str(),
            gate.status.as_str(),
            line(&gate.summary)
        );
        for rule in &gate.rules {
            let _ =
                writeln!(text, "  {:<9} {:<5} {}", line(&rule.code), rule.status.as_str(), line(&why(rule)));
        }
    }
    let _ = writeln!(text, "\n`gate explain DECISION CODE` says why.");
    text
}

/// One line about a rule: what it said, else what was measured, else its title.
fn why(rule: &RuleResult) -> String {
    let verdict = rule.verdicts.first().map(|verdict| verdict.message.clone());
    let more = rule.verdicts.len().saturating_sub(1);
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    let measured = rule.measured.first().map(|m| format!("{}: {}", rule.title, measure(m)));
    let note = Some(rule.note.clone()).filter(|note| !note.is_empty());
    let said = verdict.map(|verdict| verdict + &more);
    clip(
        &said
            .or(note.map(|note| format!("{}: {note}", rule.title)))
            .or(measured)
            .unwrap_or_else(|| rule.title.clone()),
        140,
    )
}

fn measure(m: &Measured) -> String {
    let unit = if m.unit.is_empty() { String::new() } else { format!(" {}", m.unit) };
    let label = if m.label.is_empty() { String::new() } else { format!("{}: ", m.label) };
    format!("{label}{}{unit}, must be {} {}", m.value, m.comparison, m.limit)
}

/// One rule.
pub fn explanation_text(explanation: &Explanation) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} {}: {}\n  gate {}",
        line(&explanation.code),
        explanation.status.as_str(),
        line(&explanation.title),
        line(&explanation.gate)
    );
    if !explanation.note.is_empty() {
        let _ = writeln!(text, "  {}", line(&explanation.note));
    }
    list(&mut text, "said", explanation.messages.iter().map(|message| line(message)));
    list(
        &mut text,
        "measured",
        explanation
            .measured
            .iter()
            .map(|m| format!("{} -> {}", line(&measure(m)), if m.ok { "ok" } else { "not ok" })),
    );
    list(
        &mut text,
        "thresholds",
        explanation.thresholds.iter().map(|t| {
            format!(
                "{} = {}, set in {}",
                line(&t.name),
                clip(&line(&t.value.to_string()), 100),
                line(&t.set_in)
            )
        }),
    );
    let shown = explanation.about.iter().take(PLACES).map(|place| {
        let evidence = if place.evidence.is_empty() {
            String::new()
        } else {
            format!(", in {}", place.evidence.join(", "))
        };
        let at = if place.at.is_empty() { String::new() } else { format!("{}: ", place.at) };
        clip(&line(&format!("{at}{}{evidence}", place.message)), 200)
    });
    list(&mut text, "about", shown);
    let more = explanation.about.len().saturating_sub(PLACES);
    if more > 0 {
        let _ = writeln!(text, "    and {more} more");
    }
    list(&mut text, "evidence", explanation.evidence.iter().map(|file| line(file)));
    for rule in &explanation.rules {
        let fired = match rule.fired {
            Some(true) => "was true",
            Some(false) => "was not true",
            None => "",
        };
        let _ = writeln!(text, "  rule {}:{} {fired}", line(&rule.path), rule.line);
        for (index, source) in rule.text.lines().enumerate() {
            let number = u64::from(rule.line) + index as u64;
            let shown = source.replace('\t', "  ");
            let indent = shown.len() - shown.trim_start().len();
            let _ = writeln!(text, "    {number:>4} | {}{}", " ".repeat(indent), line(&shown));
        }
        for failed in rule.stopped_at.iter().take(EXPRESSIONS) {
            stopped(&mut text, failed);
        }
    }
    if !explanation.remediation.is_empty() && matches!(explanation.status, Status::Fail | Status::Warn) {
        let _ = writeln!(text, "  fix: {}", line(&explanation.remediation));
    }
    list(&mut text, "not known", explanation.missing.iter().map(|missing| line(missing)));
    text
}

fn stopped(text: &mut String, failed: &Failed) {
    let _ = writeln!(
        text,
        "    stopped at {}:{}: {}",
        line(&failed.path),
        failed.line,
        first_line(&failed.text, 120)
    );
    for (name, value) in &failed.values {
        let _ = writeln!(text, "      {} = {}", line(name), clip(&line(&value.to_string()), 160));
    }
}

fn list(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    for (index, one) in lines.enumerate() {
        if index == 0 {
            let _ = writeln!(text, "  {title}:");
        }
        let _ = writeln!(text, "    {one}");
    }
}
