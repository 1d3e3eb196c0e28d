//! SARIF 2.1.0: a result for each item of a verdict that fails or warns, the gate's rules as its rules.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, Message, MultiformatMessageString, Notification,
    PhysicalLocation, PropertyBag, Region, ReportingDescriptor, Result as SarifResult, ResultKind,
    ResultLevel, Run, RunAutomationDetails, Sarif, Tool, ToolComponent,
};
use sha2::{Digest, Sha256};

use super::{Info, Options, Reporter, inert, json, wording};
use crate::digest::hex;
use crate::model::{Decision, GateResult, Item, Outcome, Problem, RuleResult, Status, Verdict};

/// SARIF 2.1.0.
pub(super) struct SarifReport;

/// GitHub refuses a run with more results.
const MOST: usize = 25_000;
/// Where a result is that has no place: where the requirement is written down.
const NOWHERE: &str = "gate.yaml";

impl Reporter for SarifReport {
    fn info(&self) -> &'static Info {
        &Info { id: "sarif", title: "SARIF 2.1.0", file: "gate.sarif" }
    }

    fn render(&self, decision: &Decision, _: &Options) -> String {
        let sarif = Sarif::builder()
            .schema("https://json.schemastore.org/sarif-2.1.0.json".to_owned())
            .version("2.1.0")
            .runs(vec![run(decision)])
            .build();
        json::pretty(&sarif)
    }
}

fn run(decision: &Decision) -> Run {
    let mut rules = Vec::new();
    let mut results = Vec::new();
    let mut total = 0_u64;
    for gate in &decision.gates {
        for rule in &gate.rules {
            let index = i64::try_from(rules.len()).unwrap_or(i64::MAX);
            rules.push(descriptor(gate, rule));
            if matches!(rule.status, Status::Pass | Status::Off) {
                continue;
            }
            if rule.verdicts.is_empty() {
                total += 1;
                results.push(result(gate, rule, index, None, None));
            }
            for verdict in &rule.verdicts {
                total += verdict.items_total.max(verdict.items.len() as u64).max(1);
                match verdict.items.is_empty() {
                    true => results.push(result(gate, rule, index, Some(verdict), None)),
                    false => results.extend(
                        verdict.items.iter().map(|item| result(gate, rule, index, Some(verdict), Some(item))),
                    ),
                }
            }
        }
    }
    results.truncate(MOST);
    let driver = ToolComponent::builder()
        .name("gate")
        .semantic_version(inert::line(&decision.gate_version))
        .rules(rules)
        .build();
    let notifications: Vec<Notification> = decision.errors.iter().map(notification).collect();
    let invocation = Invocation::builder()
        .execution_successful(decision.outcome != Outcome::Error)
        .end_time_utc(inert::line(&decision.evaluated_at))
        .exit_code(match decision.outcome {
            Outcome::Allow => 0,
            Outcome::Block => 1,
            Outcome::Error => 2,
        })
        .tool_execution_notifications(notifications)
        .build();
    let shown = results.len();
    Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .automation_details(
            RunAutomationDetails::builder()
                .id(format!("gate/{}/", inert::line(&decision.environment)))
                .build(),
        )
        .invocations(vec![invocation])
        .column_kind("unicodeCodePoints")
        .results(results)
        .properties(bag([
            ("outcome", decision.outcome.as_str().into()),
            ("decisionId", inert::line(&decision.id).into()),
            ("environment", inert::line(&decision.environment).into()),
            ("reason", inert::line(&decision.reason).into()),
            ("resultsShown", shown.into()),
            ("resultsTotal", total.into()),
        ]))
        .build()
}

fn descriptor(gate: &GateResult, rule: &RuleResult) -> ReportingDescriptor {
    let title = match inert::clip(&inert::line(&rule.title), 1000) {
        empty if empty.is_empty() => inert::line(&rule.code),
        title => title,
    };
    let help = match wording::remediation(None, rule) {
        empty if empty.is_empty() => title.clone(),
        help => help,
    };
    ReportingDescriptor::builder()
        .id(inert::line(&rule.code))
        .short_description(MultiformatMessageString::builder().text(title).build())
        .help(MultiformatMessageString::builder().text(help).build())
        .properties(bag([
            ("gate", inert::line(&gate.name).into()),
            ("status", rule.status.as_str().into()),
            ("measured", wording::measures(rule).into()),
            ("definedIn", inert::line(&rule.defined_in).into()),
        ]))
        .build()
}

fn result(
    gate: &GateResult,
    rule: &RuleResult,
    index: i64,
    verdict: Option<&Verdict>,
    item: Option<&Item>,
) -> SarifResult {
    let level = match verdict.map_or(rule.status, |verdict| verdict.level) {
        Status::Fail | Status::Error if wording::blocks(gate, rule) => ResultLevel::Error,
        _ => ResultLevel::Warning,
    };
    let said = verdict.map_or(rule.note.as_str(), |verdict| verdict.message.as_str());
    let said = inert::clip(&inert::line(if said.is_empty() { &rule.title } else { said }), 1000);
    let (message, identity, place, extra) = match item {
        Some(item) => {
            let message = inert::line(&format!("{} {}", inert::line(&item.name), wording::message(item)));
            let message = if message.is_empty() || item.kind == wording::DOCUMENT { said } else { message };
            let extra = vec![
                ("kind", inert::line(&item.kind).into()),
                ("severity", item.severity.map_or(Value::Null, |severity| severity.as_str().into())),
                ("name", inert::line(&item.name).into()),
                ("package", inert::line(&item.package).into()),
                ("fix", wording::fix(item).into()),
                ("tool", inert::line(&item.tool).into()),
                ("evidence", item.evidence.iter().map(|name| inert::line(name)).collect::<Vec<_>>().into()),
                ("itemsTotal", verdict.map_or(0, |verdict| verdict.items_total).into()),
            ];
            let identity = match item.id.as_str() {
                "" => format!("{}\0{}\0{}", item.name, item.path, item.message),
                id => id.to_owned(),
            };
            (message, identity, location(item), extra)
        }
        None => (said.clone(), said, at(NOWHERE, 0, 0), Vec::new()),
    };
    let extra =
        extra.into_iter().filter(|(_, value): &(_, Value)| !matches!(value, Value::Null) && value != "");
    let fingerprint = hex(&Sha256::digest(format!("{}\0{identity}", rule.code)));
    SarifResult::builder()
        .rule_id(inert::line(&rule.code))
        .rule_index(index)
        .kind(ResultKind::Fail)
        .level(level)
        .message(text(message))
        .locations(vec![place])
        .partial_fingerprints(BTreeMap::from([
            // The first is the one that GitHub looks at, the second says whose it is.
            ("primaryLocationLineHash".to_owned(), fingerprint.clone()),
            ("gate/v1".to_owned(), fingerprint),
        ]))
        .properties(bag(extra))
        .build()
}

/// A message: braces would be placeholders, and `[..](..)` a link.
fn text(text: String) -> Message {
    let text = if text.contains("](") { text.replace('[', "\\[").replace(']', "\\]") } else { text };
    Message::builder().text(text.replace('{', "{{").replace('}', "}}")).build()
}

fn location(item: &Item) -> Location {
    // Code scanning refuses a file with a place outside of the checkout.
    if item.path.contains("://") {
        return at(item.evidence.first().map_or(NOWHERE, String::as_str), 0, 0);
    }
    if !item.path.is_empty() {
        return at(&item.path, item.line.into(), item.column.into());
    }
    at(item.evidence.first().map_or(NOWHERE, String::as_str), 0, 0)
}

fn at(path: &str, line: i64, column: i64) -> Location {
    let place = ArtifactLocation::builder().uri(inert::uri(path)).build();
    let place = PhysicalLocation::builder().artifact_location(place);
    let physical = match (line, column) {
        (0, _) => place.build(),
        (_, 0) => place.region(Region::builder().start_line(line).build()).build(),
        _ => place.region(Region::builder().start_line(line).start_column(column).build()).build(),
    };
    Location::builder().physical_location(physical).build()
}

fn notification(problem: &Problem) -> Notification {
    let mut message = inert::line(&problem.message);
    if !problem.help.is_empty() {
        message.push_str(&format!("; help: {}", inert::line(&problem.help)));
    }
    let notification = Notification::builder().level("error").message(text(message));
    if problem.file.is_empty() {
        return notification.build();
    }
    let line = i64::try_from(problem.line).unwrap_or(0);
    let column = i64::try_from(problem.column).unwrap_or(0);
    notification.locations(vec![at(&problem.file, line, column)]).build()
}

fn bag<'a>(values: impl IntoIterator<Item = (&'a str, Value)>) -> PropertyBag {
    PropertyBag::builder()
        .additional_properties(
            values
                .into_iter()
                .map(|(name, value)| (name.to_owned(), json!(value)))
                .collect::<BTreeMap<_, _>>(),
        )
        .build()
}
