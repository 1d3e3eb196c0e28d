//! `gate eval`: the answer to a query, in the shapes of `opa eval`.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::coverage::CoverageReport;
use super::probe::{Answer, Fault};
use super::trace::{Failed, Trace};
use crate::rego::ast::{Place, Version};
use crate::rego::parse_query;
use crate::report::inert;

/// A query with its answer, and what is to be shown beside it.
#[derive(Clone, Debug, Default)]
pub struct QueryResult {
    /// The query.
    pub query: String,
    /// The answer.
    pub answer: Answer,
    /// A trace in lines, where one was asked.
    pub explanation: Option<Vec<String>>,
    /// How often each expression was reached, the most often first, where that was asked.
    pub profile: Option<Vec<Profiled>>,
    /// What was reached, where that was asked.
    pub coverage: Option<CoverageReport>,
}

/// How often an expression was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profiled {
    /// The module.
    pub path: String,
    /// Line from 1.
    pub line: u32,
    /// Column from 1.
    pub column: u32,
    /// How often.
    pub count: u64,
    /// The expression.
    pub text: String,
}

/// How much a trace says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What `print` said.
    Notes,
    /// The expressions that were reached and not passed.
    Fails,
    /// All that was reached.
    Full,
}

impl QueryResult {
    /// Whether there is a solution.
    pub fn is_defined(&self) -> bool {
        self.answer.fault.is_none() && !self.answer.solutions.is_empty()
    }

    /// As `opa eval --format json`.
    pub fn json(&self) -> String {
        let mut out = Map::new();
        if let Some(fault) = &self.answer.fault {
            out.insert("errors".to_owned(), json!([error(fault)]));
        }
        let places = places(&self.query);
        let result: Vec<Value> = self
            .answer
            .solutions
            .iter()
            .map(|view| {
                let expressions: Vec<Value> = view
                    .expressions
                    .iter()
                    .enumerate()
                    .map(|(index, (text, value))| {
                        let (text, at) = places
                            .get(index)
                            .cloned()
                            .unwrap_or((text.clone(), Place { line: 1, column: 1, offset: 0 }));
                        json!({"value": value, "text": text, "location": {"row": at.line, "col": at.column}})
                    })
                    .collect();
                let mut one = Map::new();
                one.insert("expressions".to_owned(), Value::Array(expressions));
                if !view.bindings.is_empty() {
                    one.insert("bindings".to_owned(), Value::Object(view.bindings.clone()));
                }
                Value::Object(one)
            })
            .collect();
        if !result.is_empty() && self.answer.fault.is_none() {
            out.insert("result".to_owned(), Value::Array(result));
        }
        if let Some(lines) = &self.explanation {
            out.insert("explanation".to_owned(), json!(lines));
        }
        if let Some(profile) = &self.profile {
            let one = |p: &Profiled| json!({"num_eval": p.count, "text": p.text, "location": {"file": p.path, "row": p.line, "col": p.column}});
            out.insert("profile".to_owned(), profile.iter().map(one).collect());
        }
        if let Some(coverage) = &self.coverage {
            out.insert("coverage".to_owned(), serde_json::to_value(coverage).unwrap_or_default());
        }
        format!("{:#}\n", Value::Object(out))
    }

    /// As `opa eval --format values`: a list per solution.
    pub fn values(&self) -> String {
        let one = |view: &super::probe::View| {
            let values: Vec<&Value> = view.expressions.iter().map(|(_, value)| value).collect();
            format!("{:#}\n", json!(values))
        };
        self.answer.solutions.iter().map(one).collect()
    }

    /// As `opa eval --format bindings`: an object per solution.
    pub fn bindings(&self) -> String {
        self.answer
            .solutions
            .iter()
            .map(|view| format!("{:#}\n", Value::Object(view.bindings.clone())))
            .collect()
    }

    /// As `opa eval --format raw`: a line per solution, strings without quotes.
    pub fn raw(&self) -> String {
        let one = |view: &super::probe::View| {
            let values: Vec<String> = view
                .expressions
                .iter()
                .map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                .collect();
            values.join(" ") + "\n"
        };
        self.answer.solutions.iter().map(one).collect()
    }

    /// As `opa eval --format discard`: whether there is a result.
    pub fn discard(&self) -> String {
        let mut out = Map::new();
        if let Some(fault) = &self.answer.fault {
            out.insert("errors".to_owned(), json!([error(fault)]));
        } else if self.is_defined() {
            out.insert("result".to_owned(), json!("discarded"));
        }
        format!("{:#}\n", Value::Object(out))
    }

    /// For people: the value, or a table of variables.
    pub fn pretty(&self) -> String {
        let mut text = String::new();
        for line in self.explanation.iter().flatten() {
            let _ = writeln!(text, "{}", inert::line(line));
        }
        if let Some(fault) = &self.answer.fault {
            let place = if fault.line > 0 && !fault.path.is_empty() {
                format!("{}:{}:{}: ", inert::line(&fault.path), fault.line, fault.column)
            } else {
                String::new()
            };
            let _ = writeln!(text, "error: {place}{}: {}", fault.code, inert::line(&fault.message));
            if !fault.help.is_empty() {
                let _ = writeln!(text, "help: {}", inert::line(&fault.help));
            }
        } else if self.answer.solutions.is_empty() {
            text.push_str("undefined\n");
        } else {
            text.push_str(&self.table());
        }
        if let Some(profile) = &self.profile {
            let rows = profile.iter().map(|p| {
                vec![p.count.to_string(), format!("{}:{}", p.path, p.line), inert::first_line(&p.text, 60)]
            });
            text.push_str(&table(&["reached", "place", "expression"], &rows.collect::<Vec<_>>()));
        }
        if let Some(coverage) = &self.coverage {
            text.push_str(&super::coverage_output::coverage_table(coverage));
        }
        text
    }

    fn table(&self) -> String {
        let solutions = &self.answer.solutions;
        if let [only] = solutions.as_slice()
            && let ([(_, value)], true) = (only.expressions.as_slice(), only.bindings.is_empty())
        {
            return format!("{value:#}\n");
        }
        let names: Vec<String> =
            solutions.first().map(|view| view.bindings.keys().cloned().collect()).unwrap_or_default();
        // Beside variables only those expressions are of interest that are not simply true.
        let shown: Vec<usize> = solutions
            .first()
            .map(|view| 0..view.expressions.len())
            .unwrap_or_default()
            .filter(|i| {
                names.is_empty()
                    || solutions
                        .iter()
                        .any(|view| view.expressions.get(*i).is_some_and(|(_, v)| *v != Value::Bool(true)))
            })
            .collect();
        let places = places(&self.query);
        let mut heads = names.clone();
        heads.extend(shown.iter().map(|i| {
            let text =
                solutions.first().and_then(|view| view.expressions.get(*i)).map(|(text, _)| text.clone());
            places.get(*i).map(|(text, _)| text.clone()).or(text).unwrap_or_default()
        }));
        let rows: Vec<Vec<String>> = solutions
            .iter()
            .map(|view| {
                let bound = names
                    .iter()
                    .map(|name| view.bindings.get(name).map(Value::to_string).unwrap_or_default());
                let values = shown.iter().map(|i| {
                    view.expressions.get(*i).map(|(_, value)| value.to_string()).unwrap_or_default()
                });
                bound.chain(values).collect()
            })
            .collect();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        table(&heads, &rows)
    }
}

/// The error as OPA shows it.
fn error(fault: &Fault) -> Value {
    let mut out = Map::new();
    out.insert("message".to_owned(), json!(fault.message));
    if !fault.code.is_empty() {
        out.insert("code".to_owned(), json!(fault.code));
    }
    if fault.line > 0 {
        out.insert(
            "location".to_owned(),
            json!({"file": fault.path, "row": fault.line, "col": fault.column}),
        );
    }
    Value::Object(out)
}

/// The expressions of a query as written.
fn places(query: &str) -> Vec<(String, Place)> {
    let exprs = parse_query(query, Version::V1).unwrap_or_default();
    exprs.iter().map(|expr| (expr.span.of(query).to_owned(), expr.span.start)).collect()
}

fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    const WIDEST: usize = 80;
    let cell = |text: &str| inert::clip(&inert::line(text), WIDEST);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|text| cell(text).chars().count());
        cells.chain(heads.get(column).map(|head| cell(head).chars().count())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |left: &str, middle: &str, right: &str| {
        let bars: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
        format!("{left}{}{right}\n", bars.join(middle))
    };
    let row = |cells: &mut dyn Iterator<Item = &str>| {
        let cells: Vec<String> =
            cells.zip(&widths).map(|(text, width)| format!(" {:<width$} ", cell(text))).collect();
        format!("│{}│\n", cells.join("│"))
    };
    let mut text = line("┌", "┬", "┐");
    text.push_str(&row(&mut heads.iter().copied()));
    text.push_str(&line("├", "┼", "┤"));
    for one in rows {
        text.push_str(&row(&mut one.iter().map(String::as_str)));
    }
    text.push_str(&line("└", "┴", "┘"));
    text
}

/// A trace in lines: where, how often, what, with the values of the variables.
pub fn explanation(trace: &Trace, answer: &Answer, detail: Detail) -> Vec<String> {
    let values = |values: &[(String, Value)]| {
        let shown: Vec<String> = values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        if shown.is_empty() {
            String::new()
        } else {
            format!("  {{{}}}", inert::clip(&shown.join(", "), 400))
        }
    };
    let first = |text: &str| inert::first_line(text, 100);
    match detail {
        Detail::Notes => answer.prints.iter().map(|line| format!("note: {}", line.trim_end())).collect(),
        Detail::Fails => {
            let line =
                |f: Failed| format!("{}:{}: fail {}{}", f.path, f.line, first(&f.text), values(&f.values));
            trace.all_failed().into_iter().map(line).collect()
        }
        Detail::Full => {
            let mut hits: Vec<_> = trace
                .hits
                .iter()
                .filter_map(|hit| trace.marks.get(hit.mark).map(|mark| (mark, hit)))
                .collect();
            hits.sort_by_key(|(mark, _)| (&mark.path, mark.line, mark.column, mark.is_end));
            let failed = trace.all_failed();
            hits.into_iter()
                .map(|(mark, hit)| {
                    let is_failed = failed
                        .iter()
                        .any(|f| (&f.path, f.line, f.column) == (&mark.path, mark.line, mark.column));
                    let what = match (mark.is_end, is_failed) {
                        (true, _) => "exit",
                        (false, true) => "fail",
                        (false, false) => "eval",
                    };
                    let times =
                        if hit.count == 1 { String::new() } else { format!(" ({} times)", hit.count) };
                    format!(
                        "{}:{}: {what} {}{times}{}",
                        mark.path,
                        mark.line,
                        first(&mark.text),
                        values(&hit.values)
                    )
                })
                .collect()
        }
    }
}

/// How often each expression was reached.
pub fn profile(trace: &Trace, most: usize) -> Vec<Profiled> {
    let mut all: Vec<Profiled> = trace
        .hits
        .iter()
        .filter_map(|hit| trace.marks.get(hit.mark).map(|mark| (mark, hit.count)))
        .filter(|(mark, count)| !mark.is_end && *count > 0)
        .map(|(mark, count)| Profiled {
            path: mark.path.clone(),
            line: mark.line,
            column: mark.column,
            count,
            text: mark.text.clone(),
        })
        .collect();
    all.sort_by(|a, b| (b.count, &a.path, a.line, a.column).cmp(&(a.count, &b.path, b.line, b.column)));
    all.truncate(most);
    all
}
