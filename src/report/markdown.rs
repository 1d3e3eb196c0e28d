//! The report as Markdown, for a pull-request comment and for a job's summary page.
//!
//! Bounded: what does not fit is left out from its end, item by item and rule by rule, with the true totals kept.

use super::{Info, Options, Reporter, inert, wording};
use crate::model::{Decision, GateResult, Item, Outcome, RuleResult, Status, Verdict};

/// Markdown for a pull-request comment.
pub(super) struct Markdown;

/// GitHub takes comments of 65,536 letters, GitLab and Azure more.
const COMMENT: usize = 60_000;
/// What is kept free for the note on what was left out and the last line.
const RESERVE: usize = 2_000;

impl Reporter for Markdown {
    fn info(&self) -> &'static Info {
        &Info { id: "markdown", title: "Markdown for a pull-request comment", file: "gate.md" }
    }

    fn render(&self, decision: &Decision, options: &Options) -> String {
        within(decision, options.shown, COMMENT)
    }
}

/// The report in at most so many bytes, with at most so many items of a verdict.
pub(super) fn within(decision: &Decision, shown: usize, limit: usize) -> String {
    let mut page = Page { out: String::new(), limit: limit.saturating_sub(RESERVE), left_out: Vec::new() };
    page.always(&head(decision));
    if decision.outcome == Outcome::Error {
        page.block("the list of errors", &problems(decision));
    }
    page.block("the matrix", &matrix(decision));
    page.block("what to do next", &remedy(decision));
    for gate in &decision.gates {
        section(&mut page, gate, shown, true);
    }
    for gate in &decision.gates {
        section(&mut page, gate, shown, false);
    }
    if decision.outcome != Outcome::Error {
        page.block("the list of errors", &problems(decision));
    }
    page.block("what is odd about the evidence", &evidence(decision));
    page.block("the rules that passed", &passed(decision));
    page.block("what is excluded", &excluded(decision));
    page.end(decision)
}

struct Page {
    out: String,
    limit: usize,
    left_out: Vec<String>,
}

impl Page {
    fn always(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Adds a block if it fits.
    fn fits(&mut self, block: &str) -> bool {
        let fits = self.out.len() + block.len() <= self.limit;
        if fits {
            self.out.push_str(block);
        }
        fits
    }

    fn block(&mut self, what: &str, block: &str) {
        if !self.fits(block) {
            self.left_out.push(what.to_owned());
        }
    }

    fn end(mut self, decision: &Decision) -> String {
        if !self.left_out.is_empty() {
            let names = inert::clip(&self.left_out.join(", "), RESERVE / 4);
            self.out.push_str(&format!("\n**Left out for want of room:** {names}.\n"));
        }
        let id = inert::markdown_code(&inert::clip(&decision.id, 80));
        let version = inert::markdown(&inert::clip(&decision.gate_version, 40));
        let policy = inert::markdown(&inert::clip(&wording::policy(decision), 60));
        let sources = inert::markdown(&inert::clip(&wording::sources(decision), RESERVE / 4));
        if !sources.is_empty() {
            self.out.push_str(&format!("\n**Judged by:** {sources}\n"));
        }
        self.out.push_str(&format!("\ngate {version}, {policy}, decision {id}\n"));
        self.out
    }
}

fn text(text: &str, most: usize) -> String {
    inert::markdown(&inert::clip(&inert::line(text), most))
}

fn head(decision: &Decision) -> String {
    let word = match decision.outcome {
        Outcome::Allow => "✅ gate: allow",
        Outcome::Block => "❌ gate: block",
        Outcome::Error => "⚠️ gate: error",
    };
    let mut about = vec![format!("environment **{}**", text(&decision.environment, 60))];
    for part in [wording::subject(&decision.subject), wording::partial(decision)] {
        if !part.is_empty() {
            about.push(inert::markdown(&part));
        }
    }
    format!("## {word}\n\n{}\n\n{}\n", about.join(", "), text(&decision.reason, 600))
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Pass => "✅ pass",
        Status::Warn => "⚠️ warn",
        Status::Fail => "❌ fail",
        Status::Error => "❌ error",
        Status::Off => "off",
    }
}

fn matrix(decision: &Decision) -> String {
    if decision.gates.is_empty() {
        return String::new();
    }
    let mut out = "\n| gate | status | |\n|---|---|---|\n".to_owned();
    for gate in &decision.gates {
        let title = inert::markdown(&wording::gate_title(gate));
        let summary = inert::markdown(&wording::summary(gate));
        out.push_str(&format!("| **{title}** | {} | {summary} |\n", status_word(gate.status)));
    }
    for gate in &decision.gates {
        let facts: Vec<String> = wording::facts(gate)
            .into_iter()
            .map(|(name, value)| format!("{} {}", inert::markdown(&name), inert::markdown(&value)))
            .collect();
        if !facts.is_empty() {
            let title = inert::markdown(&wording::gate_title(gate));
            out.push_str(&format!("\n**{title}:** {}\n", facts.join("; ")));
        }
    }
    out
}

fn problems(decision: &Decision) -> String {
    if decision.errors.is_empty() {
        return String::new();
    }
    let mut out = "\n### Errors\n\n".to_owned();
    for problem in decision.errors.iter().take(50) {
        let place = inert::markdown_code(&wording::problem_place(problem));
        let place = if place.is_empty() { place } else { format!("{place}: ") };
        out.push_str(&format!("- {place}{}\n", text(&problem.message, 1000)));
        if !problem.help.is_empty() {
            out.push_str(&format!("  - help: {}\n", text(&problem.help, 1000)));
        }
    }
    if decision.errors.len() > 50 {
        out.push_str(&format!("- ... and {} more\n", decision.errors.len() - 50));
    }
    out
}

fn remedy(decision: &Decision) -> String {
    let mut out = String::new();
    for line in &decision.remedy {
        if out.is_empty() {
            out.push_str("\n### Next\n\n");
        }
        out.push_str(&format!("- {}\n", text(line, 1000)));
    }
    out
}

fn section(page: &mut Page, gate: &GateResult, shown: usize, blocking: bool) {
    let belongs = if blocking { wording::blocks } else { wording::warns };
    let rules: Vec<&RuleResult> = gate.rules.iter().filter(|rule| belongs(gate, rule)).collect();
    let missing = match blocking == wording::gate_blocks(gate) {
        true => wording::missing(gate),
        false => String::new(),
    };
    if rules.is_empty() && missing.is_empty() {
        return;
    }
    let title = inert::markdown(&wording::gate_title(gate));
    let word = if blocking { "" } else { ": warnings" };
    let mut head = format!("\n### {title}{word}\n");
    if !missing.is_empty() {
        head.push_str(&format!("\n**Missing evidence:** {}\n", inert::markdown(&missing)));
    }
    if !page.fits(&head) {
        page.left_out.push(format!("gate {title}"));
        return;
    }
    for rule in rules {
        // All that should be shown, else the first few, else only what the rule says.
        let fits =
            [shown, 3, 0].into_iter().any(|most| page.fits(&rule_block(rule, blocking, most.min(shown))));
        if !fits {
            page.left_out.push(format!("rule {}", text(&rule.code, 40)));
        }
    }
}

fn rule_block(rule: &RuleResult, blocking: bool, shown: usize) -> String {
    let mut out = format!(
        "\n#### {} {} ({})\n\n",
        inert::markdown_code(&inert::clip(&rule.code, 40)),
        text(&rule.title, wording::MESSAGE),
        if blocking { rule.status.as_str() } else { "warn" }
    );
    if !rule.note.is_empty() {
        out.push_str(&format!("{}\n\n", text(&rule.note, 1000)));
    }
    if !rule.measured.is_empty() {
        out.push_str("| measured | value | limit | |\n|---|---:|---:|---|\n");
        for m in rule.measured.iter().take(100) {
            let m = wording::measure(m);
            out.push_str(&format!(
                "| {} | {} | {} | {} |\n",
                inert::markdown(&m.label),
                inert::markdown(&m.value),
                inert::markdown(&m.limit),
                if m.ok { "✅" } else { "❌" }
            ));
        }
        if rule.measured.len() > 100 {
            out.push_str(&format!("| and {} more | | | |\n", rule.measured.len() - 100));
        }
        out.push('\n');
    }
    for verdict in &rule.verdicts {
        out.push_str(&verdict_block(verdict, shown));
    }
    let pending = inert::markdown(&wording::becomes_denial(rule));
    if !pending.is_empty() {
        out.push_str(&format!("\n**When:** {pending}\n"));
    }
    let fix = inert::markdown(&wording::rule_fix(rule));
    if !fix.is_empty() {
        out.push_str(&format!("\n**Fix:** {fix}\n"));
    }
    if !rule.defined_in.is_empty() {
        out.push_str(&format!(
            "\nRule: {}\n",
            inert::markdown_code(&inert::clip(&rule.defined_in, wording::MESSAGE))
        ));
    }
    out.replace("\n\n\n", "\n\n")
}

fn verdict_block(verdict: &Verdict, shown: usize) -> String {
    let mut out = format!("{}\n", text(&verdict.message, 1000));
    let items = verdict.items.iter().take(shown);
    let mut count = 0;
    for item in items {
        if count == 0 {
            out.push_str("\n| severity | what | where | fix | evidence |\n|---|---|---|---|---|\n");
        }
        out.push_str(&row(item));
        count += 1;
    }
    let more = wording::more(count, verdict);
    if !more.is_empty() {
        out.push_str(&format!("\n{more}\n"));
    }
    if !verdict.remediation.is_empty() {
        out.push_str(&format!("\n**Fix:** {}\n", text(&verdict.remediation, 1000)));
    }
    out
}

fn row(item: &Item) -> String {
    let name = inert::markdown_code(&inert::clip(&inert::line(&item.name), wording::MESSAGE));
    let message = inert::markdown(&wording::message(item));
    let what = if message.is_empty() { name } else { format!("{name} {message}") };
    let mut fix = inert::markdown(&wording::fix(item));
    if let Some(link) = inert::link(&item.url) {
        // Brackets and spaces cannot be in it; a pipe neither.
        fix.push_str(&format!("{}[{}]({})", if fix.is_empty() { "" } else { " " }, link.host, link.url));
    }
    format!(
        "| {} | {} | {} | {} | {} |\n",
        inert::markdown(&wording::severity(item)),
        what.trim(),
        inert::markdown_code(&wording::place(item)),
        fix,
        inert::markdown(&wording::evidence_of(item))
    )
}

fn evidence(decision: &Decision) -> String {
    let mut out = String::new();
    let mut rows = 0;
    for file in &decision.evidence {
        for (word, what) in wording::oddities(file) {
            if rows == 0 {
                out.push_str("\n### Evidence\n\n| file | | |\n|---|---|---|\n");
            }
            rows += 1;
            if rows <= 30 {
                let name = inert::markdown_code(&inert::clip(&file.name, wording::MESSAGE));
                out.push_str(&format!("| {name} | {word} | {} |\n", inert::markdown(&what)));
            }
        }
    }
    if rows > 30 {
        out.push_str(&format!("\n... and {} more of {rows}\n", rows - 30));
    }
    if !decision.ignored.is_empty() {
        let names: Vec<String> = decision
            .ignored
            .iter()
            .take(5)
            .map(|file| inert::markdown_code(&inert::clip(&file.name, wording::MESSAGE)))
            .collect();
        let rest = decision.ignored.len() - names.len();
        let more =
            if rest > 0 { format!(" and {} more", wording::grouped(rest as u64)) } else { String::new() };
        out.push_str(&format!("\nIgnored, as no format claims them: {}{more}\n", names.join(", ")));
    }
    out
}

fn excluded(decision: &Decision) -> String {
    let rules: Vec<&RuleResult> = decision
        .gates
        .iter()
        .flat_map(|gate| &gate.rules)
        .filter(|rule| !rule.about.excluded.is_empty())
        .collect();
    if rules.is_empty() {
        return String::new();
    }
    let count = wording::plural(rules.len() as u64, "rule");
    let mut out = format!("\n<details><summary>{count} excluded, wholly or in part</summary>\n\n");
    for rule in rules {
        out.push_str(&format!(
            "- {} {}: {}\n",
            inert::markdown_code(&inert::clip(&rule.code, 40)),
            text(&rule.title, wording::MESSAGE),
            text(&rule.note, 600)
        ));
    }
    out.push_str("\n</details>\n");
    out
}

fn passed(decision: &Decision) -> String {
    let rules: Vec<&RuleResult> = decision
        .gates
        .iter()
        .flat_map(|gate| &gate.rules)
        .filter(|rule| rule.status == Status::Pass)
        .collect();
    if rules.is_empty() {
        return String::new();
    }
    let count = wording::plural(rules.len() as u64, "rule");
    let mut out =
        format!("\n<details><summary>{count} passed</summary>\n\n| rule | | measured |\n|---|---|---|\n");
    for rule in rules {
        out.push_str(&format!(
            "| {} | {} | {} |\n",
            inert::markdown_code(&inert::clip(&rule.code, 40)),
            text(&rule.title, wording::MESSAGE),
            text(&wording::measures(rule), 600)
        ));
    }
    out.push_str("\n</details>\n");
    out
}
