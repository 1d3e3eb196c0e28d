//! JUnit XML: a suite per package, a test case per test or case of one.

use std::collections::BTreeMap;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{leaves, reason};
use crate::report::inert;
use crate::workbench::test::{Outcome, Report, Status};

/// Renders results.
pub fn render(report: &Report) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing to memory does not fail.
    let _ = document(&mut writer, report);
    let mut out = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    out.push('\n');
    out
}

/// One line of the report: the test, the name of the case, how it ended.
struct Row<'a> {
    outcome: &'a Outcome,
    name: String,
    status: Status,
}

fn rows(outcome: &Outcome) -> Vec<Row<'_>> {
    let leaves = leaves(outcome);
    if leaves.is_empty() || outcome.status == Status::Error {
        return vec![Row { outcome, name: outcome.case.name.clone(), status: outcome.status }];
    }
    leaves
        .into_iter()
        .map(|(name, fail)| Row {
            outcome,
            name: format!("{} / {name}", outcome.case.name),
            status: if fail { Status::Fail } else { Status::Pass },
        })
        .collect()
}

fn attributes(rows: &[Row<'_>], nanoseconds: u64) -> Vec<(&'static str, String)> {
    let count = |status| rows.iter().filter(|row| row.status == status).count().to_string();
    vec![
        ("tests", rows.len().to_string()),
        ("failures", count(Status::Fail)),
        ("errors", count(Status::Error)),
        ("skipped", count(Status::Skip)),
        ("time", seconds(nanoseconds)),
    ]
}

fn seconds(nanoseconds: u64) -> String {
    format!("{:.6}", nanoseconds as f64 / 1e9)
}

fn document(writer: &mut Writer<Vec<u8>>, report: &Report) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in &report.outcomes {
        suites.entry(outcome.case.package.as_str()).or_default().push(outcome);
    }
    let all: Vec<Row<'_>> = report.outcomes.iter().flat_map(rows).collect();
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = writer.create_element("testsuites").with_attribute(("name", "gate test"));
    let totals = attributes(&all, report.duration);
    root.with_attributes(totals.iter().map(|(key, value)| (*key, value.as_str()))).write_inner_content(
        |writer| {
            for (package, outcomes) in &suites {
                let rows: Vec<Row<'_>> = outcomes.iter().flat_map(|outcome| rows(outcome)).collect();
                let time = outcomes.iter().map(|o| o.duration).fold(0, u64::saturating_add);
                let totals = attributes(&rows, time);
                writer
                    .create_element("testsuite")
                    .with_attribute(("name", inert::line(package).as_str()))
                    .with_attributes(totals.iter().map(|(key, value)| (*key, value.as_str())))
                    .write_inner_content(|writer| {
                        rows.iter().try_for_each(|row| case(writer, package, row))
                    })?;
            }
            Ok(())
        },
    )?;
    Ok(())
}

fn case(writer: &mut Writer<Vec<u8>>, package: &str, row: &Row<'_>) -> io::Result<()> {
    let outcome = row.outcome;
    let element = writer
        .create_element("testcase")
        .with_attribute(("classname", inert::line(package).as_str()))
        .with_attribute(("name", inert::line(&row.name).as_str()))
        .with_attribute(("file", inert::line(&outcome.case.path).as_str()))
        .with_attribute(("line", outcome.case.line.to_string().as_str()))
        .with_attribute(("time", seconds(outcome.duration).as_str()));
    if row.status == Status::Pass && outcome.prints.is_empty() {
        element.write_empty()?;
        return Ok(());
    }
    let message = reason(outcome);
    let printed: Vec<String> = outcome.prints.iter().map(|line| inert::line(line.trim_end())).collect();
    element.write_inner_content(|writer| {
        match row.status {
            Status::Pass => {}
            Status::Skip => drop(writer.create_element("skipped").write_empty()?),
            Status::Fail | Status::Error => {
                let name = if row.status == Status::Fail { "failure" } else { "error" };
                writer
                    .create_element(name)
                    .with_attribute(("message", message.as_str()))
                    .write_text_content(BytesText::new(&message))?;
            }
        }
        if !printed.is_empty() {
            writer.create_element("system-out").write_text_content(BytesText::new(&printed.join("\n")))?;
        }
        Ok(())
    })?;
    Ok(())
}
