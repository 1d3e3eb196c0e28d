//! What the reports say in the same words: numbers, measures, places, summaries. Everything returned is inert text.

use super::inert;
use crate::model::{
    Decision, EvidenceView, GateResult, Item, Measured, Mode, Problem, Producer, RuleResult, Status, Subject,
    Verdict,
};

/// How much of one message people are shown.
pub(super) const MESSAGE: usize = 300;

/// The kind of an item that is a configuration document: its verdict is about it alone and says it all.
pub(super) const DOCUMENT: &str = "document";

/// A count with its thousands set apart: `1,000,000`.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 rule`, `2 rules`.
pub(super) fn plural(count: u64, one: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {one}{s}", grouped(count))
}

/// A number without needless digits.
pub(super) fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "unknown".to_owned();
    }
    let text = format!("{value:.decimals$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Value and limit with as many decimals as it takes to tell them apart: 79.999 is not shown as 80.
fn value_and_limit(m: &Measured) -> (String, String) {
    let mut decimals = 2;
    loop {
        let pair = (number(m.value, decimals), number(m.limit, decimals));
        if pair.0 != pair.1 || m.value == m.limit || decimals >= 9 {
            // What is counted is said once: `133 findings, must be <= 0`.
            let counted = m.unit.chars().count() > 2 && m.unit.chars().all(char::is_alphabetic);
            let limit = if counted { pair.1 } else { with_unit(&pair.1, &m.unit) };
            return (with_unit(&pair.0, &m.unit), limit);
        }
        decimals += 1;
    }
}

fn with_unit(number: &str, unit: &str) -> String {
    match inert::clip(&inert::line(unit), 30).as_str() {
        "" => number.to_owned(),
        unit if unit.starts_with('/') => format!("{number}{unit}"),
        unit => format!("{number} {unit}"),
    }
}

/// A measure in words: its label, the value, and `must be >= 80 %` or `limit` when it holds.
pub(super) struct Measure {
    /// What it is; may be empty.
    pub(super) label: String,
    /// `71.4 %`.
    pub(super) value: String,
    /// `>= 80 %`.
    pub(super) limit: String,
    /// Whether it holds.
    pub(super) ok: bool,
}

impl Measure {
    /// `71.4 %, must be >= 80 %`.
    pub(super) fn sentence(&self) -> String {
        let word = if self.ok { "limit" } else { "must be" };
        format!("{}, {word} {}", self.value, self.limit)
    }

    /// `unit 91.4 % (>= 80 %)`.
    pub(super) fn short(&self) -> String {
        let label = if self.label.is_empty() { String::new() } else { format!("{} ", self.label) };
        format!("{label}{} ({})", self.value, self.limit)
    }
}

/// A measure in words.
pub(super) fn measure(m: &Measured) -> Measure {
    let (value, limit) = value_and_limit(m);
    let limit = format!("{} {limit}", inert::clip(&inert::line(&m.comparison), 10)).trim().to_owned();
    Measure { label: inert::clip(&inert::line(&m.label), 40), value, limit, ok: m.ok }
}

/// All measures of a rule in one line.
pub(super) fn measures(rule: &RuleResult) -> String {
    rule.measured.iter().map(|m| measure(m).short()).collect::<Vec<_>>().join(", ")
}

/// Where an item is: `src/a.py:12:5 in main`, or its package, or what it is inside of.
pub(super) fn place(item: &Item) -> String {
    let mut out = String::new();
    if !item.path.is_empty() {
        out.push_str(&inert::line(&item.path));
        if item.line > 0 {
            out.push_str(&format!(":{}", item.line));
            if item.column > 0 {
                out.push_str(&format!(":{}", item.column));
            }
        }
    }
    if !item.package.is_empty() && item.package != item.name {
        let package = inert::line(&item.package);
        out = if out.is_empty() { package } else { format!("{package} in {out}") };
    }
    if !item.symbol.is_empty() && item.symbol != item.name {
        let symbol = inert::line(&item.symbol);
        out = if out.is_empty() { symbol } else { format!("{out} ({symbol})") };
    }
    inert::clip(&out, MESSAGE)
}

/// How to mend an item, in the tool's words; may be empty.
pub(super) fn fix(item: &Item) -> String {
    let help = inert::first_line(&item.help, MESSAGE);
    match inert::line(&item.fixed_version).as_str() {
        "" => help,
        version => inert::clip(&format!("update to {version}"), MESSAGE),
    }
}

/// What an item says, unless its name says just that.
pub(super) fn message(item: &Item) -> String {
    let message = inert::first_line(&item.message, MESSAGE);
    if message == inert::line(&item.name) { String::new() } else { message }
}

/// Severity of an item, or what kind of thing it is.
pub(super) fn severity(item: &Item) -> String {
    match item.severity {
        Some(severity) => severity.as_str().to_owned(),
        None => inert::clip(&inert::line(&item.kind), 30),
    }
}

/// Name and place of an item, said once where they are the same: `B602 at src/a.py:12`.
pub(super) fn name_and_place(item: &Item) -> String {
    let name = inert::clip(&inert::line(&item.name), MESSAGE);
    match place(item).as_str() {
        "" => name,
        place if place.starts_with(&name) => place.to_owned(),
        place => format!("{name} at {place}"),
    }
}

/// All of an item in one line: `high B602 at src/a.py:12: subprocess call with shell=True`.
pub(super) fn item_line(item: &Item) -> String {
    let head = format!("{} {}", severity(item), name_and_place(item));
    match message(item).as_str() {
        "" => head,
        message => format!("{head}: {message}"),
    }
}

/// Evidence files of an item: the first few.
pub(super) fn evidence_of(item: &Item) -> String {
    let mut names: Vec<String> = item.evidence.iter().take(3).map(|name| inert::line(name)).collect();
    if item.evidence.len() > names.len() {
        names.push(format!("{} more", item.evidence.len() - names.len()));
    }
    names.join(", ")
}

/// How to mend what a verdict says: its own remediation, else the rule's.
pub(super) fn remediation(verdict: Option<&Verdict>, rule: &RuleResult) -> String {
    let own = verdict.map(|v| v.remediation.as_str()).filter(|text| !text.is_empty());
    inert::clip(&inert::line(own.unwrap_or(&rule.remediation)), 1000)
}

/// How to mend what a rule says; empty when each of its verdicts says it itself.
pub(super) fn rule_fix(rule: &RuleResult) -> String {
    let said = !rule.verdicts.is_empty() && rule.verdicts.iter().all(|v| !v.remediation.is_empty());
    if said { String::new() } else { remediation(None, rule) }
}

/// Every way to mend what a rule says: those of its verdicts, then its own.
pub(super) fn fixes(rule: &RuleResult) -> Vec<String> {
    let own = rule.verdicts.iter().filter(|v| !v.remediation.is_empty());
    let mut out: Vec<String> = own.map(|verdict| remediation(Some(verdict), rule)).collect();
    out.push(rule_fix(rule));
    out.retain(|fix| !fix.is_empty());
    out
}

/// When the first of a rule's warnings becomes a denial, as a sentence; empty when none does.
pub(super) fn becomes_denial(rule: &RuleResult) -> String {
    match rule.verdicts.iter().filter_map(|verdict| verdict.effective_on.as_deref()).min() {
        Some(date) => {
            format!("a warning until {}, a denial from then on", inert::clip(&inert::line(date), 40))
        }
        None => String::new(),
    }
}

/// Where to read more about a rule: links and what they are.
pub(super) fn related(rule: &RuleResult) -> Vec<(inert::Link, String)> {
    let related = rule.about.related_resources.iter().take(20);
    related
        .filter_map(|page| {
            let link = inert::link(&page.url)?;
            let what = inert::clip(&inert::line(&page.description), MESSAGE);
            let what = if what.is_empty() { link.host.clone() } else { what };
            Some((link, what))
        })
        .collect()
}

/// Who wrote a rule, and for whom.
pub(super) fn authors(rule: &RuleResult) -> String {
    let all = rule.about.authors.iter().chain(&rule.about.organizations);
    inert::clip(&all.map(|name| inert::line(name)).collect::<Vec<_>>().join(", "), MESSAGE)
}

/// Code and title of a rule.
pub(super) fn rule_name(rule: &RuleResult) -> String {
    inert::clip(format!("{} {}", inert::line(&rule.code), inert::line(&rule.title)).trim(), MESSAGE)
}

/// Whether a rule keeps the decision from being allow.
pub(super) fn blocks(gate: &GateResult, rule: &RuleResult) -> bool {
    matches!(rule.status, Status::Fail | Status::Error) && gate.mode == Mode::Enforce
}

/// Whether a rule has something to say that does not block.
pub(super) fn warns(gate: &GateResult, rule: &RuleResult) -> bool {
    matches!(rule.status, Status::Warn | Status::Fail | Status::Error) && !blocks(gate, rule)
}

/// Whether a gate keeps the decision from being allow.
pub(super) fn gate_blocks(gate: &GateResult) -> bool {
    matches!(gate.status, Status::Fail | Status::Error)
}

/// Title of a gate.
pub(super) fn gate_title(gate: &GateResult) -> String {
    let title = if gate.title.is_empty() { &gate.name } else { &gate.title };
    inert::clip(&inert::line(title), 60)
}

/// The matrix row's text: the summary, and which evidence is missing.
pub(super) fn summary(gate: &GateResult) -> String {
    let mut out = inert::clip(&inert::line(&gate.summary), MESSAGE);
    let missing = missing(gate);
    let said =
        gate.summary.contains("EVD-001") || gate.missing_evidence.iter().all(|k| gate.summary.contains(k));
    if !missing.is_empty() && !said {
        if !out.is_empty() {
            out.push_str("; ");
        }
        out.push_str(&format!("missing evidence: {missing}"));
    }
    out
}

/// Kinds of evidence that a gate misses.
pub(super) fn missing(gate: &GateResult) -> String {
    inert::clip(&inert::line(&gate.missing_evidence.join(", ")), MESSAGE)
}

/// What the gate's policy says beyond its rules, as names and values.
pub(super) fn facts(gate: &GateResult) -> Vec<(String, String)> {
    gate.report
        .iter()
        .map(|(name, value)| {
            (inert::clip(&inert::line(&name.replace('_', " ")), 60), inert::clip(&fact(value), MESSAGE))
        })
        .collect()
}

fn fact(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Null => "unknown".to_owned(),
        Value::Number(n) => n.as_f64().map_or_else(|| n.to_string(), |n| number(n, 2)),
        Value::String(text) => inert::line(text),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Array(list) => list.iter().map(fact).collect::<Vec<_>>().join(", "),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| format!("{} {}", inert::line(name), fact(value)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// What the decision is about: `commit abc1234`, with digest and ref; may be empty.
pub(super) fn subject(subject: &Subject) -> String {
    let mut parts = Vec::new();
    if let Some(commit) = subject.commit.as_deref() {
        let commit: String = inert::line(commit).chars().take(7).collect();
        parts.push(format!("commit {commit}"));
    }
    if let Some(digest) = subject.digest.as_deref() {
        parts.push(format!("artifact {}", inert::clip(&inert::line(digest), 22)));
    }
    if parts.is_empty()
        && let Some(name) = subject.git_ref.as_deref()
    {
        parts.push(inert::clip(&inert::line(name), 60));
    }
    parts.join("  ")
}

/// `partial: only security, integration were asked`; empty for a whole decision.
pub(super) fn partial(decision: &Decision) -> String {
    if !decision.partial {
        return String::new();
    }
    format!("partial: only {} asked", inert::clip(&inert::line(&decision.gates_asked.join(", ")), MESSAGE))
}

/// Which policies judged: `shipped policies`, with the first letters of their digest.
pub(super) fn policy(decision: &Decision) -> String {
    let digest: String =
        inert::line(decision.policy.digest.trim_start_matches("sha256:")).chars().take(12).collect();
    format!("{} policies {digest}", inert::line(&decision.policy.set)).trim().to_owned()
}

/// Where policies and configuration came from, in one line; empty when from the working tree.
pub(super) fn sources(decision: &Decision) -> String {
    let policy = &decision.policy;
    let clipped = |text: &str| inert::clip(&inert::line(text), MESSAGE);
    let short = |text: &str, most: usize| -> String {
        inert::line(text.trim_start_matches("sha256:")).chars().take(most).collect()
    };
    let mut parts = Vec::new();
    for source in &policy.sources {
        if source.kind == "protected_ref" {
            let mut part = format!(
                "gate.yaml and policies of {} ({})",
                clipped(&source.name),
                short(&source.commit, 12)
            );
            if source.asked_by != "command" {
                part.push_str(", as gate.yaml of the working tree asks: pin it by `--config-ref`");
            }
            parts.push(part);
            continue;
        }
        let mut part = format!("bundle {} {}", clipped(&source.name), short(&source.digest, 12));
        if !source.revision.is_empty() {
            part.push_str(&format!(" revision {}", clipped(&source.revision)));
        }
        if source.signature.is_empty() {
            part.push_str(", not signed");
        } else {
            let key = if source.key_id.is_empty() {
                short(&source.key_digest, 12)
            } else {
                clipped(&source.key_id)
            };
            part.push_str(format!(", signed by {} {key}", clipped(&source.signature)).trim_end());
        }
        parts.push(part);
    }
    if let Some(first) = policy.ignored.first() {
        let few: Vec<String> = policy.ignored.iter().take(5).map(|name| clipped(name)).collect();
        let rest = policy.ignored_total.max(policy.ignored.len() as u64).saturating_sub(few.len() as u64);
        let more = if rest > 0 { format!(" and {} more", grouped(rest)) } else { String::new() };
        let word =
            if policy.ignored_total > 1 { "ignored, as they differ:" } else { "ignored, as it differs:" };
        if !first.is_empty() {
            parts.push(format!("{word} {}{more}", few.join(", ")));
        }
    }
    parts.join("; ")
}

/// A problem's place: `gate.yaml:12:3`; empty when it has none.
pub(super) fn problem_place(problem: &Problem) -> String {
    let mut out = inert::clip(&inert::line(&problem.file), MESSAGE);
    if problem.line > 0 {
        out.push_str(&format!(":{}", problem.line));
        if problem.column > 0 {
            out.push_str(&format!(":{}", problem.column));
        }
    }
    out
}

/// What is odd about an evidence file, worst first: word and sentence.
pub(super) fn oddities(evidence: &EvidenceView) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    if !evidence.usable {
        out.push(("unusable", inert::first_line(&evidence.unusable_because, MESSAGE)));
    }
    for reason in &evidence.incomplete {
        out.push(("incomplete", coded(&reason.code, &reason.message)));
    }
    if evidence.skipped_total > 0 {
        let first = evidence.skipped.first();
        let first = first.map(|s| format!(", first {}: {}", inert::line(&s.at), inert::line(&s.reason)));
        let text = format!(
            "{} not readable{}",
            plural(evidence.skipped_total, "element"),
            first.unwrap_or_default()
        );
        out.push(("skipped", inert::clip(&text, MESSAGE)));
    }
    for warning in &evidence.warnings {
        out.push(("warning", coded(&warning.code, &warning.message)));
    }
    out
}

/// The tools that produced a file, with their versions.
pub(super) fn tools(evidence: &EvidenceView) -> String {
    let name = |p: &Producer| match &p.version {
        Some(version) => format!("{} {}", inert::line(&p.name), inert::line(version)),
        None => inert::line(&p.name),
    };
    inert::clip(&evidence.producers.iter().map(name).collect::<Vec<_>>().join(", "), MESSAGE)
}

fn coded(code: &str, message: &str) -> String {
    let message = inert::first_line(message, MESSAGE);
    if message.is_empty() { inert::line(code) } else { message }
}

/// How many items a verdict speaks of beyond those that are shown: `... and 123 more of 133`; empty when none.
pub(super) fn more(shown: usize, verdict: &Verdict) -> String {
    let total = verdict.items_total.max(verdict.items.len() as u64);
    match total.saturating_sub(shown as u64) {
        0 => String::new(),
        rest => format!("... and {} more of {}", grouped(rest), grouped(total)),
    }
}
