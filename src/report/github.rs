//! Annotations for GitHub Actions: workflow commands on standard output.
//!
//! The platform keeps ten errors and ten warnings of a step. The first error says what was decided, the last one how
//! many more there are.

use super::{Info, Options, Reporter, inert, wording};
use crate::model::{Decision, GateResult, Item, Outcome, RuleResult};

/// GitHub workflow commands.
pub(super) struct Github;

/// Annotations of one level that GitHub keeps of a step.
const MOST: usize = 10;

impl Reporter for Github {
    fn info(&self) -> &'static Info {
        &Info { id: "github", title: "GitHub Actions annotations", file: "gate.github.txt" }
    }

    fn render(&self, decision: &Decision, _: &Options) -> String {
        let mut errors = Vec::new();
        if decision.outcome != Outcome::Allow {
            let title =
                format!("gate: {} ({})", decision.outcome.as_str(), inert::line(&decision.environment));
            let mut message = inert::line(&decision.reason);
            for line in &decision.remedy {
                message.push('\n');
                message.push_str(&inert::line(line));
            }
            errors.push(Annotation { title, message, ..Annotation::default() });
        }
        for problem in &decision.errors {
            let mut message = inert::line(&problem.message);
            if !problem.help.is_empty() {
                message = format!("{message}\nhelp: {}", inert::line(&problem.help));
            }
            errors.push(Annotation {
                title: "gate: error".to_owned(),
                message,
                file: problem.file.clone(),
                line: problem.line,
                column: problem.column,
            });
        }
        let before = errors.len() as u64;
        let total = of_rules(decision, wording::blocks, &mut errors);
        let mut out = bounded("error", errors, before.saturating_add(total));
        let mut warnings = Vec::new();
        let total = of_rules(decision, wording::warns, &mut warnings);
        out.push_str(&bounded("warning", warnings, total));
        out
    }
}

#[derive(Default)]
struct Annotation {
    title: String,
    message: String,
    file: String,
    line: u64,
    column: u64,
}

/// One annotation per verdict first, so that every rule is seen, then their other items. Returns how many there would
/// be if the decision held all items.
fn of_rules(
    decision: &Decision,
    belongs: fn(&GateResult, &RuleResult) -> bool,
    first: &mut Vec<Annotation>,
) -> u64 {
    let mut rest = Vec::new();
    let mut total = 0_u64;
    for gate in &decision.gates {
        for rule in gate.rules.iter().filter(|rule| belongs(gate, rule)) {
            if rule.verdicts.is_empty() {
                total = total.saturating_add(1);
                let message = if rule.note.is_empty() { &rule.title } else { &rule.note };
                first.push(Annotation {
                    title: wording::rule_name(rule),
                    message: with_fix(inert::line(message), &wording::remediation(None, rule)),
                    ..Annotation::default()
                });
            }
            for verdict in &rule.verdicts {
                let held = verdict.items.len() as u64;
                total = total.saturating_add(verdict.items_total.max(held).max(1));
                let mut items = verdict.items.iter();
                let fix = wording::remediation(Some(verdict), rule);
                let message = with_fix(inert::line(&verdict.message), &fix);
                first.push(match items.next() {
                    Some(item) => {
                        let mut found = about(rule, item);
                        found.message = format!("{message}\n{}", found.message);
                        found
                    }
                    None => Annotation { title: wording::rule_name(rule), message, ..Annotation::default() },
                });
                rest.extend(items.map(|item| about(rule, item)));
            }
        }
    }
    first.append(&mut rest);
    total
}

fn about(rule: &RuleResult, item: &Item) -> Annotation {
    let message = with_fix(wording::item_line(item), &wording::fix(item));
    let is_file = !item.path.contains("://");
    Annotation {
        title: wording::rule_name(rule),
        message,
        file: if is_file { item.path.clone() } else { String::new() },
        line: if is_file { item.line.into() } else { 0 },
        column: if is_file { item.column.into() } else { 0 },
    }
}

fn with_fix(message: String, fix: &str) -> String {
    if fix.is_empty() { message } else { format!("{message}\nfix: {fix}") }
}

fn bounded(level: &str, mut annotations: Vec<Annotation>, total: u64) -> String {
    if annotations.len() as u64 != total || annotations.len() > MOST {
        annotations.truncate(MOST - 1);
        let rest = total.saturating_sub(annotations.len() as u64);
        annotations.push(Annotation {
            title: "gate".to_owned(),
            message: format!(
                "... and {} more of {}: see the job's log or summary",
                wording::grouped(rest),
                wording::grouped(total)
            ),
            ..Annotation::default()
        });
    }
    annotations.iter().map(|annotation| command(level, annotation)).collect()
}

fn command(level: &str, annotation: &Annotation) -> String {
    let mut properties = vec![format!("title={}", property(&inert::clip(&annotation.title, 200)))];
    if !annotation.file.is_empty() {
        let file = inert::clip(&inert::line(&annotation.file), 1000);
        properties.push(format!("file={}", property(&file)));
        if annotation.line > 0 {
            properties.push(format!("line={}", annotation.line));
            if annotation.column > 0 {
                properties.push(format!("col={}", annotation.column));
            }
        }
    }
    let message = inert::clip(&annotation.message, 2000);
    let message = if message.is_empty() { "see the report".to_owned() } else { message };
    format!("::{level} {}::{}\n", properties.join(","), data(&message))
}

/// Escapes of a command's message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes of a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
