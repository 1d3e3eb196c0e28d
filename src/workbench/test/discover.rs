//! Which tests there are: rules named `test_...`, in all packages.
//!
//! Two rules of one name are two tests, the second `name#01`: for that the module's text gets another name, on the same
//! line. A rule `test_x[case]` has a result per case; which cases it has is asked by a rule that is written below the
//! module's text. Never runs anything.

use std::collections::BTreeMap;

use super::super::tree;
use crate::rego::ast::{Expr, ExprKind, Module, Part, PartKind, Rule, Span, TermKind, Version};
use crate::rego::engine::Source;
use crate::rego::{SyntaxError, parse_module};

/// The name with which a test begins.
const PREFIX: &str = "test_";
/// The name with which a test begins that is skipped.
const SKIPPED: &str = "todo_test_";
/// The name with which the rules begin that list the cases of a test.
const CASES: &str = "gate_cases_";

/// A test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// Its module.
    pub path: String,
    /// Line of the rule, from 1.
    pub line: u32,
    /// Column of the rule, from 1.
    pub column: u32,
    /// `data.<package>`.
    pub package: String,
    /// Its name, with `#01` where another has the same.
    pub name: String,
    /// Whether it is only to be done: `todo_test_...`.
    pub skip: bool,
    /// What is asked: the path of the rule.
    pub query: String,
    /// The rule as the points of a program name it.
    pub rule: String,
    /// What is asked for the names of its cases, where it has some.
    pub cases: Option<String>,
    /// Whether it takes arguments: then it cannot be asked.
    pub is_function: bool,
}

/// Tests, and the modules in which they can be asked apart from each other.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// The tests, by module and line.
    pub cases: Vec<Case>,
    /// The modules to compile.
    pub sources: Vec<Source>,
    /// The modules as they were parsed.
    pub modules: Vec<(String, Module)>,
    /// Lines of the modules: what is below was written here.
    pub lines: BTreeMap<String, u32>,
}

/// Finds the tests of modules.
///
/// # Errors
/// With the path of the first module that is no Rego, and what is wrong with it.
pub fn discover(sources: &[Source]) -> Result<Discovered, (String, SyntaxError)> {
    let mut found = Discovered::default();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for source in sources {
        let module =
            parse_module(&source.text, source.version).map_err(|error| (source.path.clone(), error))?;
        let lines = u32::try_from(source.text.lines().count()).unwrap_or(u32::MAX);
        let mut edits: Vec<(Span, String)> = Vec::new();
        let mut below = String::new();
        for rule in &module.rules {
            let Some(test) = name_of(&rule.head.reference) else { continue };
            let mut names: Vec<String> = test.names.clone();
            let mut asked = names.clone();
            let package = reference("data", &module.package.path);
            if !test.skip && !rule.chained {
                let count = counts.entry(reference(&package, &names)).or_default();
                if *count > 0 {
                    rename(&mut names, &mut asked, *count);
                    edits.push((test.span, written(&test, asked.last().map_or("", String::as_str))));
                }
                *count += 1;
            }
            if rule.chained && !test.skip {
                // It shares its head with the rule before: they are one test.
                continue;
            }
            let tail = rule.head.reference.get(names.len()..).unwrap_or_default();
            let has_cases = tail.iter().any(|part| part.name().is_none())
                && rule.head.key.is_none()
                && !is_v0_set(&module, rule);
            let cases = (has_cases && !test.skip).then(|| {
                let number = found.cases.len();
                below.push_str(&cases_rule(number, &module, rule, tail, &source.text));
                reference(&package, &[format!("{CASES}{number}")])
            });
            found.cases.push(Case {
                path: source.path.clone(),
                line: rule.span.start.line,
                column: rule.span.start.column,
                name: display(&names),
                skip: test.skip,
                query: reference(&package, &asked),
                rule: reference("data", &[module.package.path.as_slice(), &asked].concat()),
                cases,
                package,
                is_function: rule.head.args.is_some(),
            });
        }
        let text = edited(&source.text, edits) + &below;
        found.lines.insert(source.path.clone(), lines);
        found.sources.push(Source { text, ..source.clone() });
        found.modules.push((source.path.clone(), module));
    }
    found
        .cases
        .sort_by(|a, b| (&a.path, a.line, a.column, &a.name).cmp(&(&b.path, b.line, b.column, &b.name)));
    Ok(found)
}

/// Whether a rule lists the cases of a test, and was not in the module.
pub(in crate::workbench) fn is_written_here(rule: &str) -> bool {
    rule.rsplit('.').next().is_some_and(|name| name.starts_with(CASES))
}

struct Name {
    /// The names up to the one that makes it a test.
    names: Vec<String>,
    skip: bool,
    /// Where the last of them stands.
    span: Span,
    bracket: bool,
}

fn name_of(parts: &[Part]) -> Option<Name> {
    let mut names = Vec::new();
    for part in parts {
        let name = part.name()?;
        names.push(name.to_owned());
        if name.starts_with(PREFIX) || name.starts_with(SKIPPED) {
            let bracket = matches!(part.kind, PartKind::Bracket(_));
            return Some(Name { names, skip: name.starts_with(SKIPPED), span: part.span, bracket });
        }
    }
    None
}

/// The name of the `count`th rule of one name: as it is shown, and as it can be written.
fn rename(shown: &mut [String], asked: &mut [String], count: u32) {
    if let (Some(shown), Some(asked)) = (shown.last_mut(), asked.last_mut()) {
        let name = shown.clone();
        *shown = format!("{name}#{count:02}");
        *asked = format!("{name}_gate_{count:02}");
    }
}

fn written(test: &Name, name: &str) -> String {
    if test.bracket { format!("[{}]", quoted(name)) } else { name.to_owned() }
}

fn edited(text: &str, mut edits: Vec<(Span, String)>) -> String {
    edits.sort_by_key(|(span, _)| span.start.offset);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, new) in edits {
        out.push_str(text.get(at..span.start.offset as usize).unwrap_or_default());
        // The span of `.name` may or may not hold the dot.
        if text.get(span.start.offset as usize..).is_some_and(|rest| rest.starts_with('.')) {
            out.push('.');
        }
        out.push_str(&new);
        at = span.end.offset as usize;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// `p[x]` without a value is a set in v0.
fn is_v0_set(module: &Module, rule: &Rule) -> bool {
    module.version == Version::V0
        && !rule.head.has_if
        && rule.head.value.is_none()
        && rule.head.reference.len() == 2
}

/// A rule with the names of all cases that a test comes to, whether they pass or not: it ends where the test has bound
/// the names.
fn cases_rule(number: usize, module: &Module, rule: &Rule, tail: &[Part], text: &str) -> String {
    let name = format!("{CASES}{number}");
    let mut args = Vec::new();
    let mut variables: Vec<&str> = Vec::new();
    for part in tail {
        match &part.kind {
            PartKind::Dot(name) => args.push(quoted(name)),
            PartKind::Bracket(term) => {
                args.push(term.span.of(text).to_owned());
                variables.extend(tree::variables(term));
            }
        }
    }
    let exprs = rule.body.as_ref().map(|body| body.exprs.as_slice()).unwrap_or_default();
    let last = variables.iter().filter_map(|v| exprs.iter().position(|expr| binds(expr, v))).max();
    let kept = last.map_or(0, |last| last + 1);
    let mut body: Vec<&str> = exprs.iter().take(kept).map(|expr| expr.span.of(text)).collect();
    let args = format!("[{}]", args.join(", "));
    if module.version == Version::V1 {
        if body.is_empty() {
            body.push("true");
        }
        format!("\n{name} contains {args} if {{\n{}\n}}\n", body.join("\n"))
    } else {
        let last = format!("gate_case := {args}");
        body.push(&last);
        format!("\n{name}[gate_case] {{\n{}\n}}\n", body.join("\n"))
    }
}

/// Whether an expression gives a variable its value, as far as that can be told from the text.
fn binds(expr: &Expr, name: &str) -> bool {
    match &expr.kind {
        ExprKind::Some(_) => false,
        ExprKind::Assign(left, _) => tree::variables(left).contains(&name),
        ExprKind::SomeIn { key, value, .. } => {
            key.iter().chain([value]).any(|term| tree::variables(term).contains(&name))
        }
        _ => {
            let mut found = false;
            tree::expr(expr, &mut |term| found |= matches!(&term.kind, TermKind::Var(var) if var == name));
            found
        }
    }
}

/// `a.b["c-d"]` below a root.
fn reference(root: &str, names: &[String]) -> String {
    names.iter().fold(root.to_owned(), |path, name| {
        if is_name(name) { format!("{path}.{name}") } else { format!("{path}[{}]", quoted(name)) }
    })
}

/// The name of a test as OPA shows it: the first part is written as it is.
fn display(names: &[String]) -> String {
    match names.split_first() {
        Some((first, rest)) => reference(first, rest),
        None => String::new(),
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn quoted(name: &str) -> String {
    serde_json::to_string(name).unwrap_or_default()
}
