//! Runs tests: all of them once, and those that failed again with everything recorded, so that what passes costs nothing.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value;

use super::{Case, Discovered, Failure, Outcome, Report, Status, SubResult};
use crate::policy::Isolation;
use crate::rego::ast::{ExprKind, TermKind, Version};
use crate::rego::engine::{Record, Source};
use crate::rego::parse_query;
use crate::workbench::coverage::CoverageReport;
use crate::workbench::probe::{Answer, Ask, Asked, Fault, Setup, ask};
use crate::workbench::trace::{Failed, Trace};
use crate::workbench::tree;

/// How tests are run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Whether lines and rules that are never reached are reported.
    pub coverage: bool,
    /// For how long each test is timed, in milliseconds; 0 = not at all.
    pub bench: u64,
}

/// How many failing tests are looked at closely.
const EXPLAINED: usize = 50;

/// Runs tests.
///
/// # Errors
/// When the modules do not compile.
pub fn run(
    found: &Discovered,
    cases: &[Case],
    setup: &Setup,
    options: &Run,
    isolation: &Isolation,
) -> Result<Report, Fault> {
    let begin = Instant::now();
    let mut setup = Setup { sources: found.sources.clone(), ..setup.clone() };
    setup.record = if options.coverage { Record::Hits } else { Record::Nothing };
    let asked: Vec<&Case> = cases.iter().filter(|case| !case.skip).collect();
    let asks: Vec<Ask> = asked.iter().map(|case| of(case, options.bench)).collect();
    let mut all = ask(&setup, &asks, isolation)?;
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(cases.len());
    let mut answers = std::mem::take(&mut all.answers).into_iter();
    for case in cases {
        outcomes.push(if case.skip {
            skipped(case)
        } else {
            judged(case, answers.next().unwrap_or_else(Answer::none))
        });
    }
    let coverage =
        options.coverage.then(|| CoverageReport::of(&found.modules, &found.lines, &all.marks, &all.counts));
    explain(&mut outcomes, &setup, isolation);
    let duration = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
    Ok(Report { outcomes, coverage, duration })
}

fn of(case: &Case, bench: u64) -> Ask {
    Ask { query: case.query.clone(), cases: case.cases.clone(), input: None, bench }
}

fn skipped(case: &Case) -> Outcome {
    Outcome {
        case: case.clone(),
        status: Status::Skip,
        duration: 0,
        prints: Vec::new(),
        subs: Vec::new(),
        error: None,
        failure: Failure::default(),
        bench: None,
    }
}

/// Only `true` passes, and an object of which every case is true.
fn judged(case: &Case, mut answer: Answer) -> Outcome {
    if case.is_function {
        answer.fault = Some(Fault {
            path: case.path.clone(),
            line: case.line,
            column: case.column,
            ..Fault::new(
                "rego_type_error",
                format!("`{}` is a function, and nobody calls it", case.name),
                "a test takes no arguments; name a helper otherwise",
            )
        });
    }
    let value = answer.value().cloned();
    let subs = match (&case.cases, &value) {
        (Some(_), Some(value)) => subs(value, answer.cases.as_ref()),
        // Nothing came of any case, but cases there were.
        (Some(_), None) => subs(&Value::Object(serde_json::Map::new()), answer.cases.as_ref()),
        (None, _) => Vec::new(),
    };
    let passed = match (&case.cases, &value) {
        (Some(_), Some(Value::Object(_))) => !subs.iter().any(|sub| sub.fail),
        (None, Some(Value::Bool(true))) => true,
        _ => false,
    };
    let status = match (&answer.fault, passed) {
        (Some(_), _) => Status::Error,
        (None, true) => Status::Pass,
        (None, false) => Status::Fail,
    };
    Outcome {
        case: case.clone(),
        status,
        duration: answer.duration,
        prints: answer.prints,
        subs,
        error: answer.fault,
        failure: Failure { value: value.filter(|_| status == Status::Fail), ..Failure::default() },
        bench: answer.bench,
    }
}

/// The cases of a test: what its object holds, and what was come to but is not in it.
fn subs(value: &Value, cases: Option<&Value>) -> Vec<SubResult> {
    let mut subs = below(value);
    for case in cases.and_then(Value::as_array).into_iter().flatten() {
        let names: Vec<String> = case.as_array().into_iter().flatten().map(name).collect();
        missing(&mut subs, &names);
    }
    subs.sort_by(|a, b| a.name.cmp(&b.name));
    subs
}

fn below(value: &Value) -> Vec<SubResult> {
    let Value::Object(object) = value else { return Vec::new() };
    let one = |(name, value): (&String, &Value)| {
        let below = below(value);
        let fail = match value {
            Value::Bool(passed) => !passed,
            Value::Object(_) => below.iter().any(|sub| sub.fail),
            _ => true,
        };
        SubResult { name: name.clone(), fail, below }
    };
    let mut subs: Vec<SubResult> = object.iter().map(one).collect();
    subs.sort_by(|a, b| a.name.cmp(&b.name));
    subs
}

/// Puts a case that was come to among the results, as failed where it is not there. Returns whether it failed.
fn missing(subs: &mut Vec<SubResult>, names: &[String]) -> bool {
    let Some((first, rest)) = names.split_first() else { return false };
    let index = match subs.iter().position(|sub| sub.name == *first) {
        Some(index) => index,
        None => {
            subs.push(SubResult { name: first.clone(), fail: true, below: Vec::new() });
            subs.len() - 1
        }
    };
    let Some(sub) = subs.get_mut(index) else { return false };
    if !rest.is_empty() && missing(&mut sub.below, rest) {
        sub.fail = true;
    }
    sub.below.sort_by(|a, b| a.name.cmp(&b.name));
    sub.fail
}

fn name(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Runs what failed again with everything recorded. What cannot be found out stays out.
fn explain(outcomes: &mut [Outcome], setup: &Setup, isolation: &Isolation) {
    let failed: Vec<usize> = outcomes
        .iter()
        .enumerate()
        .filter(|(_, outcome)| outcome.status == Status::Fail)
        .map(|(index, _)| index)
        .take(EXPLAINED)
        .collect();
    if failed.is_empty() {
        return;
    }
    let recording = Setup { record: Record::Values, ..setup.clone() };
    let asks: Vec<Ask> = failed.iter().filter_map(|i| outcomes.get(*i)).map(|o| of(&o.case, 0)).collect();
    let Ok(Asked { answers, marks, .. }) = ask(&recording, &asks, isolation) else { return };
    if marks.is_empty() {
        return;
    }
    let mut trace = Trace { marks, hits: Vec::new() };
    for (index, answer) in failed.iter().zip(answers) {
        let Some(outcome) = outcomes.get_mut(*index) else { continue };
        trace.hits = answer.hits;
        outcome.failure.failed = trace.failed(&outcome.case.rule);
    }
    sides(outcomes, &failed, setup, isolation);
}

/// What the first failing expression of a test compares: its sides, asked with the variables as they were.
fn sides(outcomes: &mut [Outcome], failed: &[usize], setup: &Setup, isolation: &Isolation) {
    let mut probes: Vec<(usize, String)> = Vec::new();
    let mut asks = Vec::new();
    let mut sources: BTreeMap<String, Source> =
        setup.sources.iter().map(|s| (s.path.clone(), s.clone())).collect();
    for index in failed {
        let Some(outcome) = outcomes.get(*index) else { continue };
        let Some(first) = outcome.failure.failed.first() else { continue };
        let Some(source) = sources.get_mut(&first.path) else { continue };
        for (side, body) in parts(first, source.version) {
            let number = probes.len();
            let is_v0 = source.version == Version::V0 && !source.text.contains("import rego.v1");
            source.text.push_str(&match is_v0 {
                true => format!("\ngate_side_{number} = gate_side {{\n{body}\n}}\n"),
                false => format!("\ngate_side_{number} := gate_side if {{\n{body}\n}}\n"),
            });
            let package = outcome.case.package.as_str();
            asks.push(Ask { query: format!("{package}.gate_side_{number}"), ..Ask::default() });
            probes.push((*index, side));
        }
    }
    if asks.is_empty() {
        return;
    }
    let probing = Setup {
        sources: sources.into_values().collect(),
        record: Record::Nothing,
        strict: false,
        ..setup.clone()
    };
    let Ok(asked) = ask(&probing, &asks, isolation) else { return };
    for ((index, side), answer) in probes.into_iter().zip(&asked.answers) {
        if let (Some(outcome), Some(value)) = (outcomes.get_mut(index), answer.value())
            && answer.fault.is_none()
        {
            outcome.failure.sides.push((side, value.clone()));
        }
    }
}

/// The sides of an expression that say more than their text, each with a body that gives its value.
fn parts(failed: &Failed, version: Version) -> Vec<(String, String)> {
    let Ok(exprs) = parse_query(&failed.text, version) else { return Vec::new() };
    let Some(expr) = exprs.first() else { return Vec::new() };
    let terms = match &expr.kind {
        ExprKind::Term(term) => match &term.bare().kind {
            TermKind::Infix(_, left, right) => vec![left.as_ref(), right.as_ref()],
            TermKind::Call(_, args) => args.iter().collect(),
            _ => vec![term],
        },
        ExprKind::Unify(left, right) => vec![left, right],
        ExprKind::SomeIn { collection, .. } => vec![collection],
        ExprKind::Every { domain, .. } => vec![domain],
        _ => Vec::new(),
    };
    let with = expr
        .with
        .first()
        .zip(expr.with.last())
        .map_or("", |(first, last)| first.span.to(last.span).of(&failed.text));
    let told = |term: &&crate::rego::ast::Term| {
        !matches!(
            term.bare().kind,
            TermKind::Var(_) | TermKind::String(_) | TermKind::Number(_) | TermKind::Bool(_) | TermKind::Null
        ) && !tree::variables(term).is_empty()
    };
    let body = |term: &crate::rego::ast::Term| {
        let text = term.span.of(&failed.text);
        let used = tree::variables(term);
        let known = failed
            .values
            .iter()
            .filter(|(name, _)| used.contains(&name.as_str()) || with.contains(name.as_str()));
        let mut lines: Vec<String> = known.map(|(name, value)| format!("{name} := {value}")).collect();
        lines.push(format!("gate_side := {text} {with}"));
        (text.to_owned(), lines.join("\n"))
    };
    terms.into_iter().filter(told).map(body).collect()
}
