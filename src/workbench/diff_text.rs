//! The diff of two policy sets as people read it.

use std::fmt::Write as _;

use super::diff::{Change, Diff, rank};

/// So many decisions of one transition are shown.
const SHOWN: usize = 10;

/// The answer for people.
pub fn diff_text(diff: &Diff, inert: &dyn Fn(&str) -> String) -> String {
    let clip = |text: &str| {
        let text = inert(text);
        let mut short: String = text.chars().take(160).collect();
        if short.len() < text.len() {
            short.push_str("...");
        }
        short
    };
    let plural = |n: u64, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let mut out = String::new();
    for transition in &diff.outcomes {
        let mark = if rank(&transition.from, &transition.to) == 0 { "  would be let through" } else { "" };
        let _ = writeln!(
            out,
            "{} -> {}: {}{mark}",
            transition.from,
            transition.to,
            plural(transition.count, "decision")
        );
        let of_it: Vec<&Change> =
            diff.changes.iter().filter(|c| c.from == transition.from && c.to == transition.to).collect();
        for change in of_it.iter().take(SHOWN) {
            let _ = writeln!(out, "  {} ({})", clip(&change.name), clip(&change.environment));
            for rule in change.rules.iter().take(5) {
                let said = if rule.newly.is_empty() { &rule.no_longer } else { &rule.newly };
                let said = said.first().map(|text| format!(": {}", clip(text))).unwrap_or_default();
                let _ = writeln!(
                    out,
                    "    {} {} {} -> {}{said}",
                    clip(&rule.gate),
                    clip(&rule.code),
                    rule.from,
                    rule.to
                );
            }
            if change.rules.len() > 5 {
                let _ = writeln!(out, "    ... and {} more rules", change.rules.len() - 5);
            }
        }
        if of_it.len() > SHOWN {
            let _ = writeln!(out, "  ... and {} more", of_it.len() - SHOWN);
        }
        out.push('\n');
    }
    let same = diff.changes.iter().filter(|change| change.from == change.to).count() as u64;
    if same > 0 {
        let _ = writeln!(out, "same outcome, other verdicts: {}\n", plural(same, "decision"));
    }
    if !diff.rules.is_empty() {
        out.push_str("RULES\n");
    }
    for rule in &diff.rules {
        let why = rule.why.iter().map(|text| clip(text)).collect::<Vec<_>>().join("; ");
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let _ = writeln!(out, "  {} {} {}{why}", clip(&rule.gate), clip(&rule.code), rule.change);
        for t in &rule.verdicts {
            let _ = writeln!(out, "    {} -> {} in {}", t.from, t.to, plural(t.count, "decision"));
        }
    }
    if !diff.rules.is_empty() {
        out.push('\n');
    }
    for what in &diff.not_compared {
        let _ = writeln!(out, "not compared: {}", clip(what));
    }
    if diff.recorded_otherwise > 0 {
        let _ = writeln!(
            out,
            "note: OLD judges {} otherwise than was recorded",
            plural(diff.recorded_otherwise, "decision")
        );
    }
    for failed in diff.failed.iter().take(SHOWN) {
        let _ = writeln!(out, "error: {}", clip(failed));
    }
    let _ = writeln!(out, "{} compared, {} changed", plural(diff.decisions, "decision"), diff.changed);
    out
}
