//! What `gate check` found, for people, programs, code scanning and GitHub.

use std::fmt::Write as _;

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Location, Message, MultiformatMessageString, PhysicalLocation, Region,
    ReportingDescriptor, Result as SarifResult, ResultLevel, Run, Sarif, Tool, ToolComponent,
};

use super::inert;
use crate::rego::analyse::lint::LINTS;
use crate::rego::analyse::{Diagnostic, Severity, Source};

/// The number of errors and warnings.
pub fn counts(found: &[Diagnostic]) -> (usize, usize) {
    let errors = found.iter().filter(|d| d.severity == Severity::Error).count();
    (errors, found.len() - errors)
}

fn many(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// For people: the line, a caret below what is meant, and the remedy.
pub fn pretty(found: &[Diagnostic], texts: &dyn Fn(&str) -> Option<String>, modules: usize) -> String {
    let mut out = String::new();
    for d in found {
        let _ = writeln!(out, "{}[{}]: {}", d.severity.as_str(), d.code, inert::line(&d.message));
        let (line, column) = (d.span.start.line, d.span.start.column);
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let _ = writeln!(out, "{margin}--> {}:{line}:{column}", inert::line(&d.path));
        if let Some(text) =
            texts(&d.path).and_then(|t| t.lines().nth(line.saturating_sub(1) as usize).map(str::to_owned))
        {
            // Columns count characters; a tab is shown as one space so that the caret stays below its place.
            let shown: String =
                text.chars().map(|c| if c.is_control() || inert::is_hidden(c) { ' ' } else { c }).collect();
            let length = shown.chars().count().saturating_sub(column.saturating_sub(1) as usize);
            let width = match d.span.end.line == line {
                true => d.span.end.column.saturating_sub(column) as usize,
                false => length,
            };
            let carets = "^".repeat(width.clamp(1, length.max(1)));
            let _ = writeln!(
                out,
                "{margin} |\n{number} | {shown}\n{margin} | {}{carets}",
                " ".repeat(column.saturating_sub(1) as usize)
            );
        }
        if !d.help.is_empty() {
            let _ = writeln!(out, "{margin} = help: {}", inert::line(&d.help));
        }
        out.push('\n');
    }
    let (errors, warnings) = counts(found);
    let fixable = found.iter().filter(|d| !d.fix.is_empty()).count();
    let _ = match (errors, warnings) {
        (0, 0) => writeln!(out, "{}: nothing found", many(modules, "module")),
        _ => writeln!(
            out,
            "{}: {}, {}",
            many(modules, "module"),
            many(errors, "error"),
            many(warnings, "warning")
        ),
    };
    if fixable > 0 {
        let _ = writeln!(out, "{} can be mended by `gate check --fix`", many(fixable, "finding"));
    }
    out
}

/// For programs.
pub fn json(found: &[Diagnostic], sources: &[Source]) -> String {
    let (errors, warnings) = counts(found);
    let diagnostics: Vec<Value> = found
        .iter()
        .map(|d| {
            json!({
                "code": d.code,
                "severity": d.severity.as_str(),
                "path": d.path,
                "line": d.span.start.line,
                "column": d.span.start.column,
                "end_line": d.span.end.line,
                "end_column": d.span.end.column,
                "message": d.message,
                "help": d.help,
                "fixable": !d.fix.is_empty(),
            })
        })
        .collect();
    let summary = json!({"modules": sources.iter().filter(|s| !s.is_known).count(), "errors": errors, "warnings": warnings});
    format!("{:#}\n", json!({"schema": "gate.check/v1", "summary": summary, "diagnostics": diagnostics}))
}

/// For code scanning.
pub fn sarif(found: &[Diagnostic]) -> String {
    let text = |text: &str| inert::line(text).replace('{', "{{").replace('}', "}}");
    let rules: Vec<ReportingDescriptor> = LINTS
        .iter()
        .map(|lint| {
            ReportingDescriptor::builder()
                .id(lint.code)
                .short_description(MultiformatMessageString::builder().text(lint.title).build())
                .build()
        })
        .collect();
    let results: Vec<SarifResult> = found
        .iter()
        .map(|d| {
            let region = Region::builder()
                .start_line(i64::from(d.span.start.line))
                .start_column(i64::from(d.span.start.column))
                .end_line(i64::from(d.span.end.line.max(d.span.start.line)))
                .end_column(i64::from(d.span.end.column.max(1)))
                .build();
            let place = PhysicalLocation::builder()
                .artifact_location(ArtifactLocation::builder().uri(inert::uri(&d.path)).build())
                .region(region)
                .build();
            let message =
                if d.help.is_empty() { d.message.clone() } else { format!("{}; {}", d.message, d.help) };
            SarifResult::builder()
                .rule_id(d.code)
                .level(match d.severity {
                    Severity::Error => ResultLevel::Error,
                    Severity::Warning => ResultLevel::Warning,
                })
                .message(Message::builder().text(text(&message)).build())
                .locations(vec![Location::builder().physical_location(place).build()])
                .build()
        })
        .collect();
    let driver = ToolComponent::builder()
        .name("gate check")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules)
        .build();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .column_kind("unicodeCodePoints")
        .results(results)
        .build();
    let sarif = Sarif::builder()
        .schema("https://json.schemastore.org/sarif-2.1.0.json".to_owned())
        .version("2.1.0")
        .runs(vec![run])
        .build();
    serde_json::to_string_pretty(&sarif).map(|text| text + "\n").unwrap_or_default()
}

/// Workflow commands of GitHub Actions.
pub fn github(found: &[Diagnostic]) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    found
        .iter()
        .map(|d| {
            let message = if d.help.is_empty() {
                d.message.clone()
            } else {
                format!("{}\nhelp: {}", d.message, d.help)
            };
            format!(
                "::{} title={},file={},line={},col={}::{}\n",
                d.severity.as_str(),
                property(d.code),
                property(&inert::line(&d.path)),
                d.span.start.line,
                d.span.start.column,
                data(&message)
            )
        })
        .collect()
}
