//! Which lines and rules of the modules were reached, in OPA's shape.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::test::is_written_here;
use super::trace::Mark;
use crate::rego::ast::Module;

/// A place in a file: rows and columns from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct At {
    /// Line.
    pub row: u32,
    /// Column.
    pub col: u32,
}

/// From the first character to the one after the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Range {
    /// Where it begins.
    pub start: At,
    /// Where it ends.
    pub end: At,
}

/// One module.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FileCoverage {
    /// Expressions and heads that were reached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub covered: Vec<Range>,
    /// Those that were not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_covered: Vec<Range>,
    /// Lines on which something was reached.
    pub covered_lines: usize,
    /// Lines on which something was not.
    pub not_covered_lines: usize,
    /// Percent of the lines.
    pub coverage: f64,
    /// How often each line was reached, at most.
    #[serde(skip)]
    pub lines: BTreeMap<u32, u64>,
}

/// A rule of which no body was ever true.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct UnreachedRule {
    /// The module.
    pub path: String,
    /// Line from 1.
    pub line: u32,
    /// `data.<package>.<name>`.
    pub rule: String,
}

/// What was reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CoverageReport {
    /// By path.
    pub files: BTreeMap<String, FileCoverage>,
    /// Lines on which something was reached.
    pub covered_lines: usize,
    /// Lines on which something was not.
    pub not_covered_lines: usize,
    /// Percent of the lines.
    pub coverage: f64,
    /// Rules of which no body was ever true; tests are none.
    #[serde(skip)]
    pub rules: Vec<UnreachedRule>,
}

impl CoverageReport {
    /// Of the points of a program, and how often each was reached. Points below the lines that a module has were
    /// written by gate and count nothing.
    pub fn of(
        modules: &[(String, Module)],
        lines: &BTreeMap<String, u32>,
        marks: &[Mark],
        counts: &[u64],
    ) -> Self {
        let mut report = Self::default();
        let mut reached: BTreeMap<(&str, Range), u64> = BTreeMap::new();
        for (index, mark) in marks.iter().enumerate() {
            let is_known = lines.get(&mark.path).is_none_or(|most| mark.line <= *most);
            if is_known && mark.line > 0 && !is_written_here(&mark.rule) {
                let count = reached.entry((mark.path.as_str(), range(mark))).or_default();
                *count = count.saturating_add(counts.get(index).copied().unwrap_or_default());
            }
        }
        for (path, _) in modules {
            report.files.entry(path.clone()).or_default();
        }
        for ((path, range), count) in reached {
            let file = report.files.entry(path.to_owned()).or_default();
            if count > 0 {
                file.covered.push(range)
            } else {
                file.not_covered.push(range)
            }
            let line = file.lines.entry(range.start.row).or_default();
            *line = (*line).max(count);
        }
        for file in report.files.values_mut() {
            file.covered_lines = rows(&file.covered);
            file.not_covered_lines = rows(&file.not_covered);
            file.coverage = percent(file.covered_lines, file.not_covered_lines);
            report.covered_lines += file.covered_lines;
            report.not_covered_lines += file.not_covered_lines;
        }
        report.coverage = percent(report.covered_lines, report.not_covered_lines);
        report.rules = rules(modules, marks, counts);
        report
    }
}

/// Rules with a body, none of which ever came to its end.
fn rules(modules: &[(String, Module)], marks: &[Mark], counts: &[u64]) -> Vec<UnreachedRule> {
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for (index, mark) in marks.iter().enumerate() {
        known.insert(mark.rule.as_str());
        if mark.is_end && counts.get(index).is_some_and(|count| *count > 0) {
            reached.insert(mark.rule.as_str());
        }
    }
    let mut unreached: BTreeMap<String, UnreachedRule> = BTreeMap::new();
    for (path, module) in modules {
        for rule in module.rules.iter().filter(|rule| !rule.is_default) {
            let names = rule.head.reference.iter().map_while(|part| part.name());
            let package = module.package.path.iter().map(String::as_str);
            let full: Vec<&str> = ["data"].into_iter().chain(package).chain(names).collect();
            let full = full.join(".");
            let is_test =
                full.split('.').any(|name| name.starts_with("test_") || name.starts_with("todo_test_"));
            if is_test || reached.contains(full.as_str()) || !known.contains(full.as_str()) {
                continue;
            }
            unreached.entry(full.clone()).or_insert_with(|| UnreachedRule {
                path: path.clone(),
                line: rule.span.start.line,
                rule: full,
            });
        }
    }
    let mut rules: Vec<UnreachedRule> = unreached.into_values().collect();
    rules.sort();
    rules
}

fn range(mark: &Mark) -> Range {
    Range {
        start: At { row: mark.line, col: mark.column },
        end: At { row: mark.end_line, col: mark.end_column },
    }
}

/// Lines that ranges touch.
fn rows(ranges: &[Range]) -> usize {
    ranges.iter().flat_map(|range| range.start.row..=range.end.row).collect::<BTreeSet<_>>().len()
}

fn percent(covered: usize, not_covered: usize) -> f64 {
    let all = covered + not_covered;
    if all == 0 { 0.0 } else { 100.0 * covered as f64 / all as f64 }
}
