//! The report for people at a terminal or in a CI log: the answer, the matrix, then what to do about each failure.

use anstyle::{AnsiColor, Style};

use super::{Info, Options, Reporter, inert, wording};
use crate::model::{Decision, EvidenceView, GateResult, Item, Outcome, RuleResult, Status, Verdict};

/// Text for people.
pub(super) struct Terminal;

/// How many ignored files, and how many oddities of one evidence file, are named.
const NAMED: usize = 5;

impl Reporter for Terminal {
    fn info(&self) -> &'static Info {
        &Info { id: "terminal", title: "Text for people", file: "gate.txt" }
    }

    fn render(&self, decision: &Decision, options: &Options) -> String {
        let mut page = Page { out: String::new(), width: options.width.max(40), color: options.color };
        head(&mut page, decision);
        if decision.outcome == Outcome::Error {
            problems(&mut page, decision);
        }
        matrix(&mut page, decision);
        for gate in decision.gates.iter().filter(|gate| wording::gate_blocks(gate)) {
            section(&mut page, gate, options, true);
        }
        for gate in &decision.gates {
            if gate.rules.iter().any(|rule| wording::warns(gate, rule)) || gate.status == Status::Warn {
                section(&mut page, gate, options, false);
            }
        }
        passed(&mut page, decision);
        off(&mut page, decision);
        facts(&mut page, decision);
        sources(&mut page, decision);
        evidence(&mut page, decision);
        if decision.outcome != Outcome::Error {
            problems(&mut page, decision);
        }
        remedy(&mut page, decision);
        verdict(&mut page, decision);
        page.out
    }
}

/// Text being written, wrapped at its width.
struct Page {
    out: String,
    width: usize,
    color: bool,
}

impl Page {
    fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A word in colour, then text that hangs behind it, two columns away or one behind `-` and `:`. Words are never cut, however long: paths stay whole.
    fn put(&mut self, indent: usize, lead: &str, style: Style, text: &str) {
        let mut gap = match lead.chars().last() {
            None => 0,
            Some('-' | ':') => 1,
            Some(_) => 2,
        };
        let mut column = indent + lead.chars().count();
        let hang = (column + gap).min(self.width / 2);
        let mut line = " ".repeat(indent);
        if self.color && !lead.is_empty() && style != Style::new() {
            line.push_str(&format!("{style}{lead}{style:#}"));
        } else {
            line.push_str(lead);
        }
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let length = word.chars().count();
            if column + gap + length > self.width && hang < column + gap {
                self.end(&line);
                line = " ".repeat(hang);
                column = hang;
                gap = 0;
            }
            line.push_str(&" ".repeat(gap));
            line.push_str(word);
            column += gap + length;
            gap = 1;
        }
        self.end(&line);
    }

    /// Plain text that hangs by its indent.
    fn text(&mut self, indent: usize, text: &str) {
        self.put(indent, "", Style::new(), text);
    }

    fn end(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }
}

fn status_style(status: Status) -> Style {
    match status {
        Status::Pass => AnsiColor::Green.on_default().bold(),
        Status::Warn => AnsiColor::Yellow.on_default().bold(),
        Status::Fail | Status::Error => AnsiColor::Red.on_default().bold(),
        Status::Off => Style::new().dimmed(),
    }
}

/// Words of one width, so that the matrix is a column.
fn status_word(status: Status) -> &'static str {
    match status {
        Status::Pass => "PASS",
        Status::Warn => "WARN",
        Status::Fail => "FAIL",
        Status::Error => "ERR ",
        Status::Off => "OFF ",
    }
}

fn head(page: &mut Page, decision: &Decision) {
    let (word, style) = match decision.outcome {
        Outcome::Allow => ("ALLOW", AnsiColor::Green.on_default().bold()),
        Outcome::Block => ("BLOCK", AnsiColor::Red.on_default().bold()),
        Outcome::Error => ("ERROR", AnsiColor::Red.on_default().bold()),
    };
    let mut text = format!("environment {}", inert::clip(&inert::line(&decision.environment), 60));
    for part in [wording::subject(&decision.subject), wording::partial(decision)] {
        if !part.is_empty() {
            text.push_str(", ");
            text.push_str(&part.replace("  ", ", "));
        }
    }
    page.put(0, word, style, &text);
    page.text(7, &inert::clip(&inert::line(&decision.reason), 600));
}

fn problems(page: &mut Page, decision: &Decision) {
    if decision.errors.is_empty() {
        return;
    }
    page.blank();
    for problem in &decision.errors {
        let place = wording::problem_place(problem);
        let message = inert::clip(&inert::line(&problem.message), 1000);
        let text = if place.is_empty() { message } else { format!("{place}: {message}") };
        page.put(0, "error", status_style(Status::Error), &text);
        if !problem.help.is_empty() {
            page.put(2, "help:", Style::new().bold(), &inert::clip(&inert::line(&problem.help), 1000));
        }
    }
}

fn matrix(page: &mut Page, decision: &Decision) {
    if decision.gates.is_empty() {
        return;
    }
    page.blank();
    let titles: Vec<String> =
        decision.gates.iter().map(|gate| inert::clip(&wording::gate_title(gate), 32)).collect();
    let widest = titles.iter().map(|title| title.chars().count()).max().unwrap_or_default();
    for (gate, title) in decision.gates.iter().zip(titles) {
        let mut row = Page { out: String::new(), width: page.width, color: false };
        let lead = format!("  {}  {title:widest$}", status_word(gate.status));
        row.put(0, &lead, Style::new(), &wording::summary(gate));
        // The word is painted when the row is already laid out, so that colour does not move a column.
        let word = status_word(gate.status);
        let style = status_style(gate.status);
        match page.color {
            true => page.out.push_str(&row.out.replacen(word, &format!("{style}{word}{style:#}"), 1)),
            false => page.out.push_str(&row.out),
        }
    }
}

/// The rules of a gate that block, or those that only warn.
fn section(page: &mut Page, gate: &GateResult, options: &Options, blocking: bool) {
    let status = if blocking { gate.status } else { Status::Warn };
    page.blank();
    page.put(0, status_word(status).trim_end(), status_style(status), &wording::gate_title(gate));
    let missing = wording::missing(gate);
    if !missing.is_empty() && blocking == wording::gate_blocks(gate) {
        page.put(2, "missing evidence:", Style::new().bold(), &missing);
    }
    let belongs = if blocking { wording::blocks } else { wording::warns };
    for rule in gate.rules.iter().filter(|rule| belongs(gate, rule)) {
        page.blank();
        rule_details(page, rule, options);
    }
}

fn rule_details(page: &mut Page, rule: &RuleResult, options: &Options) {
    let title = inert::clip(&inert::line(&rule.title), wording::MESSAGE);
    page.put(2, &inert::clip(&inert::line(&rule.code), 40), status_style(rule.status), &title);
    if !rule.note.is_empty() {
        page.text(4, &inert::clip(&inert::line(&rule.note), 1000));
    }
    // What a verdict says in its own words need not be said twice.
    let told = |m: &wording::Measure| {
        rule.verdicts.iter().any(|v| {
            let number = |text: &str| -> String {
                let from = text.trim_start_matches(|c: char| !c.is_ascii_digit());
                from.chars()
                    .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
                    .filter(|c| *c != ',')
                    .collect()
            };
            v.message.contains(&number(&m.value)) && v.message.contains(&number(&m.limit))
        })
    };
    let measures: Vec<_> = rule.measured.iter().map(wording::measure).filter(|m| !told(m)).collect();
    let widest = measures.iter().map(|m| m.label.chars().count()).max().unwrap_or_default().min(24);
    for m in &measures {
        let style = if m.ok { Style::new() } else { Style::new().bold() };
        match widest {
            0 => page.text(4, &m.sentence()),
            _ => page.put(4, &format!("{:widest$}", m.label), style, &m.sentence()),
        }
    }
    for verdict in &rule.verdicts {
        page.text(4, &inert::clip(&inert::line(&verdict.message), 1000));
        items(page, verdict, options);
        if !verdict.remediation.is_empty() {
            let fix = wording::remediation(Some(verdict), rule);
            page.put(4, "fix:", Style::new().bold(), &fix);
        }
    }
    let pending = wording::becomes_denial(rule);
    if !pending.is_empty() {
        page.put(4, "when:", Style::new().bold(), &pending);
    }
    let fix = wording::rule_fix(rule);
    if !fix.is_empty() {
        page.put(4, "fix:", Style::new().bold(), &fix);
    }
    if !rule.defined_in.is_empty() {
        page.put(4, "rule:", Style::new().bold(), &inert::line(&rule.defined_in));
    }
}

fn items(page: &mut Page, verdict: &Verdict, options: &Options) {
    let shown: Vec<&Item> = verdict.items.iter().take(options.shown).collect();
    let source = |item: &Item| {
        let tool = inert::clip(&inert::line(&item.tool), 60);
        let by = if tool.is_empty() { String::new() } else { format!(" ({tool})") };
        format!("{}{by}", wording::evidence_of(item))
    };
    // Where all come from one file, or speak of one page of documentation, that is said once.
    let common =
        shown.first().map(|item| source(item)).filter(|s| shown.iter().all(|item| source(item) == *s));
    let mut seen: Vec<String> = Vec::new();
    for item in &shown {
        item_lines(page, item);
        if let Some(link) = inert::link(&item.url).filter(|link| !seen.contains(&link.url)) {
            page.text(6, &format!("see: {}", link.url));
            seen.push(link.url);
        }
        let source = source(item);
        if common.is_none() && !source.is_empty() {
            page.text(6, &format!("evidence: {source}"));
        }
    }
    let more = wording::more(shown.len(), verdict);
    if !more.is_empty() {
        page.text(4, &more);
    }
    if let Some(source) = common.filter(|source| !source.is_empty()) {
        page.put(4, "evidence:", Style::new().bold(), &source);
    }
}

fn item_lines(page: &mut Page, item: &Item) {
    let style = match wording::severity(item).as_str() {
        "critical" | "high" | "unknown" => AnsiColor::Red.on_default(),
        "medium" => AnsiColor::Yellow.on_default(),
        _ => Style::new(),
    };
    page.put(4, &format!("- {}", wording::severity(item)), style, &wording::name_and_place(item));
    let message = wording::message(item);
    if !message.is_empty() {
        page.text(6, &message);
    }
    let fix = wording::fix(item);
    if !fix.is_empty() {
        page.text(6, &format!("fix: {fix}"));
    }
}

fn passed(page: &mut Page, decision: &Decision) {
    let rules: Vec<&RuleResult> = rules_that_ended(decision, Status::Pass);
    if rules.is_empty() {
        return;
    }
    page.blank();
    page.put(0, "PASS", status_style(Status::Pass), &wording::plural(rules.len() as u64, "rule"));
    for rule in rules {
        let measures = wording::measures(rule);
        let text = if measures.is_empty() {
            inert::clip(&inert::line(&rule.title), wording::MESSAGE)
        } else {
            format!("{}: {measures}", inert::clip(&inert::line(&rule.title), wording::MESSAGE))
        };
        page.put(2, &inert::clip(&inert::line(&rule.code), 40), Style::new(), &text);
        if !rule.note.is_empty() {
            page.text(4, &inert::clip(&inert::line(&rule.note), wording::MESSAGE));
        }
    }
}

fn off(page: &mut Page, decision: &Decision) {
    let rules = rules_that_ended(decision, Status::Off);
    if rules.is_empty() {
        return;
    }
    page.blank();
    page.put(
        0,
        "OFF",
        status_style(Status::Off),
        &format!("{} not judged", wording::plural(rules.len() as u64, "rule")),
    );
    // Rules that are off for one reason share its line.
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for rule in rules {
        let note = inert::clip(&inert::line(&rule.note), wording::MESSAGE);
        let code = inert::clip(&inert::line(&rule.code), 40);
        match reasons.iter_mut().find(|(known, _)| *known == note) {
            Some((_, codes)) => codes.push(code),
            None => reasons.push((note, vec![code])),
        }
    }
    for (note, codes) in reasons {
        let codes = codes.join(", ");
        page.text(2, &if note.is_empty() { codes } else { format!("{codes}: {note}") });
    }
}

fn rules_that_ended(decision: &Decision, status: Status) -> Vec<&RuleResult> {
    // The engine's own rules are the same in every gate and only of interest where they say something.
    let own = |rule: &RuleResult| rule.defined_in == "gate";
    let rules = decision.gates.iter().flat_map(|gate| &gate.rules);
    rules.filter(|rule| rule.status == status && !own(rule)).collect()
}

fn facts(page: &mut Page, decision: &Decision) {
    let gates: Vec<&GateResult> = decision.gates.iter().filter(|gate| !gate.report.is_empty()).collect();
    if gates.is_empty() {
        return;
    }
    page.blank();
    for gate in gates {
        let facts: Vec<String> =
            wording::facts(gate).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
        page.put(0, &wording::gate_title(gate), Style::new().bold(), &facts.join("; "));
    }
}

fn sources(page: &mut Page, decision: &Decision) {
    let sources = wording::sources(decision);
    if !sources.is_empty() {
        page.blank();
        page.put(0, "Judged by", Style::new().bold(), &sources);
    }
}

fn evidence(page: &mut Page, decision: &Decision) {
    let odd: Vec<(&EvidenceView, Vec<(&str, String)>)> = decision
        .evidence
        .iter()
        .map(|evidence| (evidence, wording::oddities(evidence)))
        .filter(|(_, oddities)| !oddities.is_empty())
        .collect();
    page.blank();
    let kept = decision.evidence.iter().filter(|evidence| evidence.usable).count() as u64;
    let read = wording::plural(decision.evidence.len() as u64, "file");
    let unused = decision.evidence.len() as u64 - kept;
    let unused =
        if unused > 0 { format!(", {} not counted", wording::grouped(unused)) } else { String::new() };
    page.put(0, "EVIDENCE", Style::new().bold(), &format!("{read} read{unused}"));
    for (file, oddities) in odd {
        page.text(2, &inert::line(&file.name));
        for (word, text) in oddities.iter().take(NAMED) {
            page.put(4, &format!("{word}:"), Style::new(), text);
        }
        if oddities.len() > NAMED {
            page.text(4, &format!("... and {} more", oddities.len() - NAMED));
        }
    }
    if !decision.ignored.is_empty() {
        let count = wording::plural(decision.ignored.len() as u64, "file");
        page.text(2, &format!("{count} ignored, which no format claims:"));
        for ignored in decision.ignored.iter().take(NAMED) {
            let reason = inert::first_line(&ignored.reason, wording::MESSAGE);
            let name = inert::line(&ignored.name);
            page.text(4, &if reason.is_empty() { name } else { format!("{name}: {reason}") });
        }
        if decision.ignored.len() > NAMED {
            let more = wording::grouped((decision.ignored.len() - NAMED) as u64);
            page.text(4, &format!("... and {more} more"));
        }
    }
}

/// The answer once more: in a log, the end is what one sees first.
fn verdict(page: &mut Page, decision: &Decision) {
    let failed: Vec<String> = decision
        .gates
        .iter()
        .filter(|gate| matches!(gate.status, Status::Fail | Status::Error))
        .map(|gate| {
            let rules = gate.rules.iter().filter(|rule| rule.status == gate.status).count() as u64;
            match rules {
                0 => wording::gate_title(gate),
                _ => format!("{} ({})", wording::gate_title(gate), wording::plural(rules, "rule")),
            }
        })
        .collect();
    page.blank();
    let text =
        if failed.is_empty() { inert::clip(&inert::line(&decision.reason), 300) } else { failed.join(", ") };
    let (word, status) = match decision.outcome {
        Outcome::Allow => ("ALLOW", Status::Pass),
        Outcome::Block => ("BLOCK", Status::Fail),
        Outcome::Error => ("ERROR", Status::Error),
    };
    page.put(0, word, status_style(status), &text);
}

fn remedy(page: &mut Page, decision: &Decision) {
    if decision.remedy.is_empty() {
        return;
    }
    page.blank();
    page.put(0, "NEXT", Style::new().bold(), "");
    for line in &decision.remedy {
        page.put(2, "-", Style::new(), &inert::clip(&inert::line(line), 1000));
    }
}
