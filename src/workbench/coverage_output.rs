//! Coverage as a table, as OPA's JSON, as lcov and as Cobertura XML.

use std::fmt::Write as _;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, Event};

use super::coverage::{CoverageReport, FileCoverage, Range};
use crate::report::inert;

/// For people: lines per module, the places that were never reached, the rules that were never true.
pub fn coverage_table(report: &CoverageReport) -> String {
    let mut text = String::new();
    let width = report.files.keys().map(|path| path.chars().count()).max().unwrap_or_default().max(6);
    let _ = writeln!(text, "{:<width$}  lines  reached  never reached", "module");
    for (path, file) in &report.files {
        let all = file.covered_lines + file.not_covered_lines;
        let share = if all == 0 { "-".to_owned() } else { format!("{:.1}%", file.coverage) };
        let _ = writeln!(
            text,
            "{:<width$}  {all:>5}  {share:>7}  {}",
            inert::line(path),
            spans(&file.not_covered)
        );
    }
    let all = report.covered_lines + report.not_covered_lines;
    let _ = writeln!(text, "{:<width$}  {all:>5}  {:>6.1}%", "all", report.coverage);
    if !report.rules.is_empty() {
        let _ = writeln!(text, "rules that were never true:");
        for rule in &report.rules {
            let _ =
                writeln!(text, "  {}:{}: {}", inert::line(&rule.path), rule.line, inert::line(&rule.rule));
        }
    }
    text
}

/// `3, 7-9`: lines on which something was never reached.
fn spans(ranges: &[Range]) -> String {
    let mut lines: Vec<u32> = ranges.iter().map(|range| range.start.row).collect();
    lines.sort_unstable();
    lines.dedup();
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for line in lines {
        match spans.last_mut() {
            Some((_, last)) if last.saturating_add(1) == line => *last = line,
            _ => spans.push((line, line)),
        }
    }
    let shown: Vec<String> = spans
        .iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") })
        .collect();
    shown.join(", ")
}

/// The shape of `opa test --coverage`.
pub fn coverage_json(report: &CoverageReport) -> String {
    serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
}

/// An lcov tracefile.
pub fn coverage_lcov(report: &CoverageReport) -> String {
    let mut text = String::new();
    for (path, file) in &report.files {
        let _ = writeln!(text, "TN:\nSF:{}", inert::line(path));
        for (line, count) in &file.lines {
            let _ = writeln!(text, "DA:{line},{count}");
        }
        let _ = writeln!(text, "LF:{}\nLH:{}\nend_of_record", file.lines.len(), hit(file));
    }
    text
}

fn hit(file: &FileCoverage) -> usize {
    file.lines.values().filter(|count| **count > 0).count()
}

/// Cobertura XML.
pub fn coverage_cobertura(report: &CoverageReport) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing to memory does not fail.
    let _ = cobertura(&mut writer, report);
    String::from_utf8_lossy(&writer.into_inner()).into_owned() + "\n"
}

fn rate(covered: usize, all: usize) -> String {
    if all == 0 { "0".to_owned() } else { format!("{:.4}", covered as f64 / all as f64) }
}

fn cobertura(writer: &mut Writer<Vec<u8>>, report: &CoverageReport) -> io::Result<()> {
    let all: usize = report.files.values().map(|file| file.lines.len()).sum();
    let covered: usize = report.files.values().map(hit).sum();
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    writer
        .create_element("coverage")
        .with_attribute(("line-rate", rate(covered, all).as_str()))
        .with_attribute(("branch-rate", "0"))
        .with_attribute(("lines-covered", covered.to_string().as_str()))
        .with_attribute(("lines-valid", all.to_string().as_str()))
        .with_attribute(("branches-covered", "0"))
        .with_attribute(("branches-valid", "0"))
        .with_attribute(("complexity", "0"))
        .with_attribute(("timestamp", "0"))
        .with_attribute(("version", env!("CARGO_PKG_VERSION")))
        .write_inner_content(|writer| {
            writer.create_element("sources").write_inner_content(|writer| {
                writer.create_element("source").write_text_content(quick_xml::events::BytesText::new("."))?;
                Ok(())
            })?;
            writer.create_element("packages").write_inner_content(|writer| {
                writer
                    .create_element("package")
                    .with_attribute(("name", "policies"))
                    .with_attribute(("line-rate", rate(covered, all).as_str()))
                    .with_attribute(("branch-rate", "0"))
                    .with_attribute(("complexity", "0"))
                    .write_inner_content(|writer| {
                        writer.create_element("classes").write_inner_content(|writer| {
                            report.files.iter().try_for_each(|(path, file)| class(writer, path, file))
                        })?;
                        Ok(())
                    })?;
                Ok(())
            })?;
            Ok(())
        })?;
    Ok(())
}

fn class(writer: &mut Writer<Vec<u8>>, path: &str, file: &FileCoverage) -> io::Result<()> {
    let path = inert::line(path);
    writer
        .create_element("class")
        .with_attribute(("name", path.as_str()))
        .with_attribute(("filename", path.as_str()))
        .with_attribute(("line-rate", rate(hit(file), file.lines.len()).as_str()))
        .with_attribute(("branch-rate", "0"))
        .with_attribute(("complexity", "0"))
        .write_inner_content(|writer| {
            writer.create_element("methods").write_empty()?;
            writer.create_element("lines").write_inner_content(|writer| {
                for (line, count) in &file.lines {
                    writer
                        .create_element("line")
                        .with_attribute(("number", line.to_string().as_str()))
                        .with_attribute(("hits", count.to_string().as_str()))
                        .write_empty()?;
                }
                Ok(())
            })?;
            Ok(())
        })?;
    Ok(())
}
