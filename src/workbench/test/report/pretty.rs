//! For people: what did not pass with the expression that stopped it, then how many there are.

use std::fmt::Write as _;

use super::{leaves, time};
use crate::report::inert;
use crate::workbench::test::{Outcome, Report, Status};

/// How much of a value is shown.
const SHORT: usize = 160;
/// The same where more was asked for.
const LONG: usize = 4_000;
/// How many expressions are shown.
const EXPRESSIONS: usize = 3;

/// Renders results. `verbose` also shows what passed and all expressions, `values` long values.
pub fn render(report: &Report, verbose: bool, values: bool) -> String {
    let mut text = String::new();
    for outcome in &report.outcomes {
        if verbose || outcome.status != Status::Pass || outcome.bench.is_some() {
            one(&mut text, outcome, verbose, values);
        }
    }
    if !text.is_empty() {
        let _ = writeln!(text, "{}", "-".repeat(72));
    }
    let counts = report.counts();
    for (name, count) in
        [("PASS", counts.pass), ("FAIL", counts.fail), ("SKIPPED", counts.skip), ("ERROR", counts.error)]
    {
        if count > 0 {
            let _ = writeln!(text, "{name}: {count}/{}", counts.total());
        }
    }
    text
}

fn one(text: &mut String, outcome: &Outcome, verbose: bool, values: bool) {
    let case = &outcome.case;
    let name = inert::line(&format!("{}.{}", case.package, case.name));
    let _ = write!(text, "{}:{}: {name}: {}", inert::line(&case.path), case.line, outcome.status.as_str());
    let _ = match (&outcome.bench, outcome.status) {
        (Some(bench), _) => writeln!(
            text,
            " ({} runs, median {}, mean {}, {} to {})",
            bench.runs,
            time(bench.median),
            time(bench.mean),
            time(bench.min),
            time(bench.max)
        ),
        (None, Status::Skip) => writeln!(text),
        (None, _) => writeln!(text, " ({})", time(outcome.duration)),
    };
    for sub in &outcome.subs {
        sub.walk(0, &mut |sub, depth| {
            if verbose || sub.fail {
                let end = if sub.fail { "FAIL" } else { "PASS" };
                let _ = writeln!(text, "  {}{}: {end}", "  ".repeat(depth), inert::line(&sub.name));
            }
        });
    }
    if let Some(fault) = &outcome.error {
        if fault.line > 0 {
            let _ = write!(text, "  {}:{}:{}: ", inert::line(&fault.path), fault.line, fault.column);
        } else {
            text.push_str("  ");
        }
        let code = if fault.code.is_empty() { String::new() } else { format!("{}: ", fault.code) };
        let _ = writeln!(text, "{code}{}", indented(&fault.message, 4));
        if !fault.help.is_empty() {
            let _ = writeln!(text, "  help: {}", inert::line(&fault.help));
        }
    }
    if outcome.status == Status::Fail {
        failure(text, outcome, verbose, values);
    }
    if !outcome.prints.is_empty() {
        let _ = writeln!(text, "  printed:");
        for line in outcome.prints.iter().flat_map(|p| p.trim_end().lines()) {
            let _ = writeln!(text, "    {}", inert::line(line));
        }
    }
}

fn failure(text: &mut String, outcome: &Outcome, verbose: bool, values: bool) {
    let most = if values || verbose { LONG } else { SHORT };
    let shown = if verbose { usize::MAX } else { EXPRESSIONS };
    if outcome.failure.failed.is_empty() && leaves(outcome).is_empty() {
        let _ = match &outcome.failure.value {
            Some(value) => {
                writeln!(text, "  gave {}, not true", inert::clip(&inert::line(&value.to_string()), most))
            }
            None => writeln!(text, "  undefined: an expression of its body is false or undefined"),
        };
    }
    for (index, failed) in outcome.failure.failed.iter().take(shown).enumerate() {
        let _ =
            writeln!(text, "  {}:{}:{}: not true:", inert::line(&failed.path), failed.line, failed.column);
        let _ = writeln!(text, "      {}", indented(&failed.text, 6));
        let sides = if index == 0 { outcome.failure.sides.as_slice() } else { &[] };
        for (name, value) in failed.values.iter().chain(sides) {
            let name = inert::clip(&inert::line(name), 60);
            let _ = writeln!(text, "    {name} = {}", inert::clip(&inert::line(&value.to_string()), most));
        }
    }
    let more = outcome.failure.failed.len().saturating_sub(shown);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more in the rules that it leads to: -v shows them");
    }
}

/// Lines below the first are moved in.
fn indented(text: &str, by: usize) -> String {
    let lines: Vec<String> = text.lines().map(|line| inert::line(line.trim_end())).collect();
    lines.join(&format!("\n{}", " ".repeat(by)))
}
