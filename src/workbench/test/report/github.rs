//! GitHub annotations: one per test that did not pass, at the expression that stopped it.

use std::fmt::Write as _;

use super::reason;
use crate::report::inert;
use crate::workbench::test::{Report, Status};

/// Renders results.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for outcome in &report.outcomes {
        let level = match outcome.status {
            Status::Pass => continue,
            Status::Skip => "notice",
            Status::Fail | Status::Error => "error",
        };
        let failed = outcome.failure.failed.first().filter(|f| f.path == outcome.case.path);
        let (line, column) = match (&outcome.error, failed) {
            (Some(fault), _) if fault.line > 0 && fault.path == outcome.case.path => {
                (fault.line, fault.column)
            }
            (_, Some(failed)) => (failed.line, failed.column),
            _ => (outcome.case.line, outcome.case.column),
        };
        let title = format!("{} {}.{}", outcome.status.as_str(), outcome.case.package, outcome.case.name);
        let mut message = reason(outcome);
        if outcome.status == Status::Skip {
            message = "to be done".to_owned();
        }
        let _ = writeln!(
            text,
            "::{level} file={},line={line},col={column},title={}::{}",
            property(&outcome.case.path),
            property(&title),
            data(&message)
        );
    }
    let counts = report.counts();
    let _ = writeln!(
        text,
        "{} passed, {} failed, {} in error, {} skipped",
        counts.pass, counts.fail, counts.error, counts.skip
    );
    text
}

fn data(text: &str) -> String {
    inert::line(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
