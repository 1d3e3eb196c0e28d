//! One self-contained HTML page: no network, no inline handler or style, and a content security policy that names its
//! one style sheet and one script by their hashes.

use askama::Template;
use base64::Engine as _;
use sha2::{Digest, Sha256};

use super::wording::{self, Measure};
use super::{Info, Options, Reporter, inert};
use crate::model::{Decision, GateResult, Item, LatencyFigure, Mode, Outcome, RuleResult, Status};

/// HTML, one file.
pub(super) struct Html;

const CSS: &str = include_str!("../../templates/report.css");
const JS: &str = include_str!("../../templates/report.js");
/// A browser is still quick with so many rows.
const ROWS: usize = 5_000;

impl Reporter for Html {
    fn info(&self) -> &'static Info {
        &Info { id: "html", title: "HTML, one self-contained file", file: "gate.html" }
    }

    fn render(&self, decision: &Decision, _: &Options) -> String {
        // Writing to memory does not fail.
        let mut out = page(decision).render().unwrap_or_default();
        out.push('\n');
        out
    }
}

// Every text in these is inert already; the template escapes it for HTML.

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    csp: String,
    css: &'static str,
    js: &'static str,
    outcome: &'static str,
    outcome_word: &'static str,
    environment: String,
    reason: String,
    partial: String,
    about: Vec<(&'static str, String)>,
    sections: Vec<(String, String)>,
    problems: Vec<Problem>,
    gates: Vec<Gate>,
    severities: Vec<(&'static str, String)>,
    remedy: Vec<String>,
    items: Vec<Row>,
    items_count: String,
    item_severities: Vec<String>,
    item_gates: Vec<String>,
    coverage: Vec<Bar>,
    coverage_count: String,
    latency: Vec<Plot>,
    latency_max: String,
    evidence: Vec<Evidence>,
    evidence_count: String,
    ignored: Vec<(String, String)>,
    ignored_count: String,
    version: String,
    id: String,
}

struct Problem {
    place: String,
    message: String,
    help: String,
}

struct Gate {
    id: String,
    title: String,
    status: &'static str,
    only_warns: bool,
    summary: String,
    missing: String,
    facts: Vec<(String, String)>,
    has_section: bool,
    shown: Vec<Rule>,
    quiet: Vec<QuietRule>,
    quiet_title: String,
}

struct Rule {
    id: String,
    code: String,
    title: String,
    status: &'static str,
    note: String,
    measures: Vec<Measure>,
    verdicts: Vec<Said>,
    fix: String,
    pending: String,
    authors: String,
    /// Address, text.
    related: Vec<(String, String)>,
    defined_in: String,
}

struct QuietRule {
    code: String,
    title: String,
    status: &'static str,
    measured: String,
}

struct Said {
    message: String,
    /// Id of its first row among the findings; empty when it has none.
    first: String,
    count: String,
    fix: String,
}

struct Row {
    id: String,
    severity: String,
    /// The severity as a class name; empty for what has none.
    class: &'static str,
    gate: String,
    code: String,
    name: String,
    message: String,
    place: String,
    fix: String,
    url: String,
    host: String,
    evidence: String,
}

struct Bar {
    path: String,
    suite: String,
    covered: String,
    valid: String,
    share: String,
    percent: String,
    class: &'static str,
}

struct Plot {
    name: String,
    alt: String,
    bars: Vec<Segment>,
    values: Vec<(&'static str, String)>,
}

struct Segment {
    class: &'static str,
    x: String,
    width: String,
    tick: String,
}

struct Evidence {
    name: String,
    format: String,
    tools: String,
    kinds: String,
    /// Class, word, sentence.
    oddities: Vec<(&'static str, &'static str, String)>,
}

fn page(decision: &Decision) -> Page {
    let mut items = Items { rows: Vec::new(), total: 0 };
    let gates: Vec<Gate> =
        decision.gates.iter().enumerate().map(|(index, gate)| gate_view(index, gate, &mut items)).collect();
    let latency_max = decision.figures.latency.iter().flat_map(values).map(|(_, ms)| ms).fold(0.0, f64::max);
    let latency: Vec<Plot> =
        decision.figures.latency.iter().map(|figure| plot(figure, latency_max)).collect();
    let coverage = bars(decision);
    let mut page = Page {
        csp: policy(),
        css: CSS,
        js: JS,
        outcome: decision.outcome.as_str(),
        outcome_word: match decision.outcome {
            Outcome::Allow => "Allow",
            Outcome::Block => "Block",
            Outcome::Error => "Error",
        },
        environment: inert::clip(&inert::line(&decision.environment), 60),
        reason: inert::clip(&inert::line(&decision.reason), 1000),
        partial: wording::partial(decision),
        about: about(decision),
        sections: Vec::new(),
        problems: decision
            .errors
            .iter()
            .map(|problem| Problem {
                place: wording::problem_place(problem),
                message: inert::clip(&inert::line(&problem.message), 1000),
                help: inert::clip(&inert::line(&problem.help), 1000),
            })
            .collect(),
        gates,
        severities: decision
            .findings_by_severity
            .iter()
            .rev()
            .filter(|count| count.count > 0)
            .map(|count| (count.severity.as_str(), wording::grouped(count.count)))
            .collect(),
        remedy: decision.remedy.iter().map(|line| inert::clip(&inert::line(line), 1000)).collect(),
        items_count: format!(
            "{} of {} listed, by gate, the worst first",
            wording::grouped(items.rows.len() as u64),
            wording::grouped(items.total)
        ),
        item_severities: distinct(items.rows.iter().map(|row| &row.severity)),
        item_gates: distinct(items.rows.iter().map(|row| &row.gate)),
        items: items.rows,
        coverage_count: format!(
            "{} of {}, the least covered first",
            wording::grouped(coverage.len() as u64),
            wording::plural(decision.figures.coverage_total.max(coverage.len() as u64), "source file")
        ),
        coverage,
        latency,
        latency_max: milliseconds(latency_max),
        evidence: decision
            .evidence
            .iter()
            .map(|file| Evidence {
                name: inert::clip(&inert::line(&file.name), wording::MESSAGE),
                format: inert::line(&file.format),
                tools: wording::tools(file),
                kinds: inert::line(&file.kinds.join(", ").replace('_', " ")),
                oddities: wording::oddities(file)
                    .into_iter()
                    .map(|(word, text)| {
                        (if matches!(word, "unusable" | "incomplete") { "fail" } else { "warn" }, word, text)
                    })
                    .collect(),
            })
            .collect(),
        evidence_count: format!("{} read", wording::plural(decision.evidence.len() as u64, "file")),
        ignored: decision
            .ignored
            .iter()
            .take(ROWS)
            .map(|file| {
                (
                    inert::clip(&inert::line(&file.name), wording::MESSAGE),
                    inert::first_line(&file.reason, wording::MESSAGE),
                )
            })
            .collect(),
        ignored_count: format!(
            "{} ignored, which no format claims",
            wording::plural(decision.ignored.len() as u64, "file")
        ),
        version: inert::line(&decision.gate_version),
        id: inert::line(&decision.id),
    };
    page.sections = sections(&page);
    page
}

/// What may be loaded and run: nothing but the style sheet and the script that are in the file.
fn policy() -> String {
    let hash = |text: &str| base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; \
         form-action 'none'",
        hash(CSS),
        hash(JS)
    )
}

fn about(decision: &Decision) -> Vec<(&'static str, String)> {
    let subject = &decision.subject;
    let counts = |status: Status| decision.gates.iter().filter(|gate| gate.status == status).count();
    let mut out = Vec::new();
    if !decision.gates.is_empty() {
        let failed = counts(Status::Fail) + counts(Status::Error);
        out.push(("Gates", format!("{failed} failed, {} passed", counts(Status::Pass))));
    }
    for (name, value) in [
        ("Commit", &subject.commit),
        ("Ref", &subject.git_ref),
        ("Repository", &subject.repository),
        ("Artifact", &subject.digest),
    ] {
        if let Some(value) = value {
            let most = if name == "Commit" { 15 } else { 90 };
            out.push((name, inert::clip(&inert::line(value), most)));
        }
    }
    out.push(("Decided at", inert::line(&decision.evaluated_at)));
    out.push(("Judged by", wording::policy(decision)));
    let sources = wording::sources(decision);
    if !sources.is_empty() {
        out.push(("Policies from", sources));
    }
    out
}

fn sections(page: &Page) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let mut add = |wanted: bool, id: &str, name: &str| {
        if wanted {
            out.push((id.to_owned(), name.to_owned()));
        }
    };
    add(!page.problems.is_empty(), "errors", "Errors");
    add(!page.gates.is_empty(), "matrix", "Matrix");
    add(!page.remedy.is_empty(), "next", "Next");
    for gate in page.gates.iter().filter(|gate| gate.has_section) {
        add(true, &gate.id, &gate.title);
    }
    add(!page.items.is_empty(), "findings", "Findings");
    add(!page.coverage.is_empty(), "coverage", "Coverage");
    add(!page.latency.is_empty(), "latency", "Latency");
    add(!page.evidence.is_empty() || !page.ignored.is_empty(), "evidence", "Evidence");
    add(is_bare(page), "main", "Report");
    out
}

/// A navigation without a link would be an empty list.
fn is_bare(page: &Page) -> bool {
    page.problems.is_empty()
        && page.gates.is_empty()
        && page.remedy.is_empty()
        && page.evidence.is_empty()
        && page.ignored.is_empty()
}

struct Items {
    rows: Vec<Row>,
    total: u64,
}

/// Ids are made of numbers: names come from configuration and evidence.
fn gate_view(index: usize, gate: &GateResult, items: &mut Items) -> Gate {
    let mut shown = Vec::new();
    let mut quiet = Vec::new();
    for (number, rule) in gate.rules.iter().enumerate() {
        if wording::blocks(gate, rule) || wording::warns(gate, rule) {
            shown.push(rule_view(&format!("rule-{index}-{number}"), gate, rule, items));
        } else {
            let note = inert::clip(&inert::line(&rule.note), 1000);
            let measured = match wording::measures(rule) {
                empty if empty.is_empty() => note,
                measured if note.is_empty() => measured,
                measured => format!("{measured}; {note}"),
            };
            quiet.push(QuietRule {
                code: inert::clip(&inert::line(&rule.code), 60),
                title: inert::clip(&inert::line(&rule.title), wording::MESSAGE),
                status: rule.status.as_str(),
                measured,
            });
        }
    }
    let passed = quiet.iter().filter(|rule| rule.status == "pass").count() as u64;
    let off = quiet.len() as u64 - passed;
    let quiet_title = match (passed, off) {
        (_, 0) => format!("{} passed", wording::plural(passed, "rule")),
        (0, _) => format!("{} not judged", wording::plural(off, "rule")),
        _ => format!("{} passed, {} not judged", wording::plural(passed, "rule"), wording::grouped(off)),
    };
    Gate {
        id: format!("gate-{index}"),
        title: wording::gate_title(gate),
        status: gate.status.as_str(),
        only_warns: gate.mode == Mode::Warn,
        summary: wording::summary(gate),
        missing: wording::missing(gate),
        facts: wording::facts(gate),
        has_section: !gate.rules.is_empty() || !gate.missing_evidence.is_empty(),
        shown,
        quiet,
        quiet_title,
    }
}

fn rule_view(id: &str, gate: &GateResult, rule: &RuleResult, items: &mut Items) -> Rule {
    let mut verdicts = Vec::new();
    for verdict in &rule.verdicts {
        let total = verdict.items_total.max(verdict.items.len() as u64);
        let room = ROWS.saturating_sub(items.rows.len());
        let mut first = String::new();
        let mut listed = 0_u64;
        for item in verdict.items.iter().take(room) {
            let mut row = row(gate, rule, item);
            if first.is_empty() {
                first = format!("item-{}", items.rows.len());
                row.id.clone_from(&first);
            }
            items.rows.push(row);
            listed += 1;
        }
        items.total = items.total.saturating_add(total);
        let count = match listed == total {
            true => format!("See {}", wording::plural(total, "item")),
            false => format!("See {} of {}", wording::grouped(listed), wording::plural(total, "item")),
        };
        verdicts.push(Said {
            message: inert::clip(&inert::line(&verdict.message), 1000),
            first,
            count,
            fix: inert::clip(&inert::line(&verdict.remediation), 1000),
        });
    }
    Rule {
        id: id.to_owned(),
        code: inert::clip(&inert::line(&rule.code), 60),
        title: inert::clip(&inert::line(&rule.title), wording::MESSAGE),
        status: if wording::blocks(gate, rule) { rule.status.as_str() } else { "warn" },
        note: inert::clip(&inert::line(&rule.note), 1000),
        measures: rule.measured.iter().map(wording::measure).collect(),
        verdicts,
        fix: wording::rule_fix(rule),
        pending: wording::becomes_denial(rule),
        authors: wording::authors(rule),
        related: wording::related(rule).into_iter().map(|(link, what)| (link.url, what)).collect(),
        defined_in: inert::clip(&inert::line(&rule.defined_in), wording::MESSAGE),
    }
}

fn row(gate: &GateResult, rule: &RuleResult, item: &Item) -> Row {
    let name = inert::clip(&inert::line(&item.name), wording::MESSAGE);
    let link = inert::link(&item.url);
    Row {
        id: String::new(),
        severity: wording::severity(item),
        class: item.severity.map_or("", |severity| severity.as_str()),
        gate: wording::gate_title(gate),
        code: inert::clip(&inert::line(&rule.code), 60),
        message: wording::message(item),
        place: wording::place(item),
        fix: wording::fix(item),
        host: link.as_ref().map(|link| link.host.clone()).unwrap_or_default(),
        url: link.map(|link| link.url).unwrap_or_default(),
        evidence: wording::evidence_of(item),
        name,
    }
}

fn bars(decision: &Decision) -> Vec<Bar> {
    decision
        .figures
        .coverage
        .iter()
        .take(ROWS)
        .map(|figure| {
            let share = match figure.valid {
                0 => 0.0,
                valid => (figure.covered as f64 / valid as f64 * 100.0).clamp(0.0, 100.0),
            };
            Bar {
                path: inert::clip(&inert::line(&figure.path), wording::MESSAGE),
                suite: inert::clip(&inert::line(&figure.suite), 60),
                covered: wording::grouped(figure.covered),
                valid: wording::plural(figure.valid, "line"),
                share: wording::number(share, 1),
                // 99.96 % is not shown as 100 %.
                percent: format!("{} %", wording::number((share * 10.0).floor() / 10.0, 1)),
                class: match share {
                    s if s < 50.0 => "low",
                    s if s < 80.0 => "middle",
                    _ => "full",
                },
            }
        })
        .collect()
}

/// The percentiles that a load test gives, as they are named.
fn values(figure: &LatencyFigure) -> impl Iterator<Item = (&'static str, f64)> {
    [
        ("p50", figure.p50_ms),
        ("p90", figure.p90_ms),
        ("p95", figure.p95_ms),
        ("p99", figure.p99_ms),
        ("max", figure.max_ms),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.filter(|ms| ms.is_finite() && *ms >= 0.0)?)))
}

fn plot(figure: &LatencyFigure, max: f64) -> Plot {
    const WIDTH: f64 = 1000.0;
    let name = inert::clip(&inert::line(&figure.name), wording::MESSAGE);
    let mut bars = Vec::new();
    let mut from = 0.0;
    for (percentile, ms) in values(figure) {
        let to = if max > 0.0 { ms / max * WIDTH } else { 0.0 };
        bars.push(Segment {
            class: match percentile {
                "p50" => "b1",
                "p90" => "b2",
                "p95" => "b3",
                "p99" => "b4",
                _ => "b5",
            },
            x: wording::number(from, 1),
            width: wording::number((to - from).max(0.0), 1),
            tick: wording::number((to - 3.0).max(0.0), 1),
        });
        from = to.max(from);
    }
    let values: Vec<(&str, String)> = values(figure).map(|(name, ms)| (name, milliseconds(ms))).collect();
    let said: Vec<String> = values.iter().map(|(name, value)| format!("{name} {value}")).collect();
    Plot { alt: format!("Latency of {name}: {}", said.join(", ")), name, bars, values }
}

fn milliseconds(ms: f64) -> String {
    format!("{} ms", wording::number(ms, 1))
}

fn distinct<'a>(words: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in words {
        if !out.contains(word) {
            out.push(word.clone());
        }
    }
    out
}
