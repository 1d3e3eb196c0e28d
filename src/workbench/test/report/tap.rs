//! TAP version 14.

use std::fmt::Write as _;

use super::{leaves, reason};
use crate::report::inert;
use crate::workbench::test::{Report, Status};

/// Renders results.
pub fn render(report: &Report) -> String {
    let mut text = format!("TAP version 14\n1..{}\n", report.outcomes.len());
    for (index, outcome) in report.outcomes.iter().enumerate() {
        let number = index + 1;
        // A `#` would begin a directive.
        let name = format!("{}.{}", outcome.case.package, outcome.case.name);
        let name = inert::line(&name).replace('\\', "\\\\").replace('#', "\\#");
        let _ = match outcome.status {
            Status::Pass => writeln!(text, "ok {number} - {name}"),
            Status::Skip => writeln!(text, "ok {number} - {name} # SKIP to be done"),
            _ => writeln!(text, "not ok {number} - {name}"),
        };
        if matches!(outcome.status, Status::Fail | Status::Error) {
            let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
            let _ = writeln!(text, "  ---");
            let _ = writeln!(text, "  message: {}", quoted(&reason(outcome)));
            let at = format!("{}:{}", outcome.case.path, outcome.case.line);
            let _ = writeln!(text, "  at: {}", quoted(&at));
            for (name, _) in leaves(outcome).iter().filter(|(_, fail)| *fail) {
                let _ = writeln!(text, "  # failed case: {}", inert::line(name));
            }
            let _ = writeln!(text, "  ...");
        }
    }
    text
}
