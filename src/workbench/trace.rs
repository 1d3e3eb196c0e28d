//! What evaluation reached, and where it stopped: the expressions that were reached but not passed, with the values
//! of their variables.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rego::engine::{Hit, Point, Program, Source};

/// A point of a program as it travels between processes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The module.
    pub path: String,
    /// First line, from 1.
    pub line: u32,
    /// First column, from 1.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character.
    pub end_column: u32,
    /// The rule: `data.<package>.<name>`.
    pub rule: String,
    /// The body.
    pub body: usize,
    /// Whether it is the end of the body.
    pub is_end: bool,
    /// Its text.
    pub text: String,
}

/// How often a point was reached, with the values of its variables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MarkHit {
    /// Index of the mark.
    pub mark: usize,
    /// How often.
    pub count: u64,
    /// Variables and their values the last time.
    pub values: Vec<(String, Value)>,
}

/// An expression that was reached and not passed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// The module.
    pub path: String,
    /// Line from 1.
    pub line: u32,
    /// Column from 1.
    pub column: u32,
    /// The expression.
    pub text: String,
    /// The rule: `data.<package>.<name>`.
    pub rule: String,
    /// Variables and their values the last time it was reached.
    pub values: Vec<(String, Value)>,
}

/// Marks and hits of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The points of the program.
    pub marks: Vec<Mark>,
    /// What was reached.
    pub hits: Vec<MarkHit>,
}

impl Trace {
    /// Of a program and the hits of a query.
    pub fn of(program: &Program, sources: &[Source], hits: &[Hit]) -> Self {
        Self { marks: marks(program, sources), hits: hits.iter().map(MarkHit::of).collect() }
    }

    /// The expressions that were reached and not passed: those of a rule first, then those of the rules that these
    /// name, and so on.
    pub fn failed(&self, rule: &str) -> Vec<Failed> {
        by_mention(self.all_failed(), rule)
    }

    /// Whether the end of a body was reached that belongs to a rule on these lines.
    pub fn reached_end(&self, path: &str, first: u32, last: u32) -> bool {
        self.hits.iter().filter(|hit| hit.count > 0).filter_map(|hit| self.marks.get(hit.mark)).any(|mark| {
            mark.is_end
                && mark.path == path
                && self.begins(mark).is_some_and(|line| (first..=last).contains(&line))
        })
    }

    /// The line on which the body of a mark begins; nothing for a body within another on these lines.
    fn begins(&self, end: &Mark) -> Option<u32> {
        let same = self.marks.iter().filter(|mark| mark.path == end.path && mark.body == end.body);
        same.map(|mark| mark.line).min()
    }

    /// The expressions on these lines that were reached and not passed, then those of the rules that they lead to.
    pub fn failed_within(&self, path: &str, first: u32, last: u32) -> Vec<Failed> {
        let (within, others): (Vec<Failed>, Vec<Failed>) =
            self.all_failed().into_iter().partition(|f| f.path == path && (first..=last).contains(&f.line));
        let rules: Vec<String> = within.iter().map(|f| f.rule.clone()).collect();
        let mut all = within.clone();
        // Other rules of the same name say nothing about this one.
        let others: Vec<Failed> = others.into_iter().filter(|f| !rules.contains(&f.rule)).collect();
        if let Some(rule) = rules.first() {
            let led: Vec<Failed> = by_mention([within, others].concat(), rule);
            let more: Vec<Failed> = led.into_iter().filter(|f| !all.contains(f)).collect();
            all.extend(more);
        }
        all
    }

    /// All expressions that were reached and not passed.
    pub fn all_failed(&self) -> Vec<Failed> {
        let counts: BTreeMap<usize, &MarkHit> = self.hits.iter().map(|hit| (hit.mark, hit)).collect();
        let mut bodies: BTreeMap<(&str, usize), Vec<usize>> = BTreeMap::new();
        for (index, mark) in self.marks.iter().enumerate() {
            bodies.entry((mark.rule.as_str(), mark.body)).or_default().push(index);
        }
        let mut failed: Vec<Failed> = Vec::new();
        for points in bodies.values() {
            for pair in points.windows(2) {
                let [this, next] = pair else { continue };
                let (Some(hit), None) = (counts.get(this), counts.get(next).filter(|h| h.count > 0)) else {
                    continue;
                };
                let Some(mark) = self.marks.get(*this).filter(|mark| hit.count > 0 && !mark.is_end) else {
                    continue;
                };
                failed.push(Failed {
                    path: mark.path.clone(),
                    line: mark.line,
                    column: mark.column,
                    text: mark.text.clone(),
                    rule: mark.rule.clone(),
                    values: hit.values.clone(),
                });
            }
        }
        failed.sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
        failed
    }
}

/// Those of the rule first, then those that it leads to; of what it does not lead to nothing.
fn by_mention(mut failed: Vec<Failed>, rule: &str) -> Vec<Failed> {
    let mut ordered = Vec::new();
    let mut wanted = vec![rule.to_owned()];
    let mut next = 0;
    while let Some(rule) = wanted.get(next).cloned() {
        next += 1;
        let (mine, others): (Vec<Failed>, Vec<Failed>) = failed.into_iter().partition(|f| f.rule == rule);
        failed = others;
        for expression in &mine {
            for other in &failed {
                let name = other.rule.rsplit('.').next().unwrap_or_default();
                if mentions(&expression.text, name) && !wanted.contains(&other.rule) {
                    wanted.push(other.rule.clone());
                }
            }
        }
        ordered.extend(mine);
    }
    ordered
}

/// Whether a text has a name as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    !name.is_empty() && text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

impl MarkHit {
    pub(super) fn of(hit: &Hit) -> Self {
        Self { mark: hit.point, count: hit.count, values: hit.values.clone() }
    }
}

/// The points of a program with their texts.
pub(super) fn marks(program: &Program, sources: &[Source]) -> Vec<Mark> {
    let texts: BTreeMap<&str, &str> = sources.iter().map(|s| (s.path.as_str(), s.text.as_str())).collect();
    let mark = |point: &Point| Mark {
        path: point.path.clone(),
        line: point.span.start.line,
        column: point.span.start.column,
        end_line: point.span.end.line,
        end_column: point.span.end.column,
        rule: point.rule.clone(),
        body: point.body,
        is_end: point.is_end,
        text: texts.get(point.path.as_str()).map(|text| point.span.of(text).to_owned()).unwrap_or_default(),
    };
    program.points().iter().map(mark).collect()
}
