//! A file per form in which results are shown.

mod github;
mod json;
mod junit;
mod pretty;
mod tap;

pub use github::render as render_github;
pub use json::render as render_json;
pub use junit::render as render_junit;
pub use pretty::render as render_pretty;
pub use tap::render as render_tap;

use super::{Outcome, Status, SubResult};
use crate::report::inert;

/// The cases below a test that have none below themselves: names joined, and whether they failed.
fn leaves(outcome: &Outcome) -> Vec<(String, bool)> {
    fn collect(sub: &SubResult, above: &str, into: &mut Vec<(String, bool)>) {
        let name = if above.is_empty() { sub.name.clone() } else { format!("{above} / {}", sub.name) };
        if sub.below.is_empty() {
            into.push((name, sub.fail));
        } else {
            sub.below.iter().for_each(|sub| collect(sub, &name, into));
        }
    }
    let mut all = Vec::new();
    outcome.subs.iter().for_each(|sub| collect(sub, "", &mut all));
    all
}

/// Why a test did not pass, in one line; empty where it did.
fn reason(outcome: &Outcome) -> String {
    let text = match (outcome.status, &outcome.error) {
        (Status::Pass | Status::Skip, _) => String::new(),
        (_, Some(fault)) if fault.code.is_empty() => fault.message.clone(),
        (_, Some(fault)) => format!("{}: {}", fault.code, fault.message),
        (_, None) => {
            let cases: Vec<String> =
                leaves(outcome).into_iter().filter(|(_, fail)| *fail).map(|(name, _)| name).collect();
            match (outcome.failure.failed.first(), &outcome.failure.value) {
                _ if !cases.is_empty() => format!("failed: {}", cases.join(", ")),
                (Some(first), _) => {
                    let at = format!("{}:{}", first.path, first.line);
                    format!("not true at {at}: {}", first.text)
                }
                (None, Some(value)) => format!("gave {value}, not true"),
                (None, None) => "undefined".to_owned(),
            }
        }
    };
    inert::line(&text)
}

/// Nanoseconds for people.
pub(super) fn time(nanoseconds: u64) -> String {
    let ns = nanoseconds as f64;
    match nanoseconds {
        0..1_000 => format!("{nanoseconds}ns"),
        1_000..1_000_000 => format!("{:.0}µs", ns / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1}ms", ns / 1e6),
        _ => format!("{:.2}s", ns / 1e9),
    }
}
