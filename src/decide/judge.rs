//! From what the policies say to rows of the matrix: every rule of every gate ends in a status.
//!
//! What must hold whatever the policies are is judged here: evidence that a gate needs is there, is complete, and
//! speaks of the subject. A rule that measures must have measured, and must agree with itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::attach;
use crate::adjust::Case;
use crate::config::{Environment, GatePolicy, RuleMode, Selectable};
use crate::format::{self, Declaration};
use crate::model::{
    Evidence, Exclusion, GateResult, Item, Kind, Measured, Mode, RuleAbout, RuleResult, Status, Verdict,
};
use crate::policy::{self, Evaluation, PolicySet, RuleInfo};

/// Code of the rule that needed evidence is there.
pub(super) const MISSING: &str = "EVD-001";
const INCOMPLETE: &str = "EVD-002";
/// Code of the rule that no evidence had to be set aside.
pub(crate) const SET_ASIDE: &str = "EVD-003";

/// What the judging depends on.
pub(super) struct Judging<'a> {
    pub(super) case: &'a Case,
    /// Usable files by kind of content.
    pub(super) kinds: &'a BTreeMap<&'static str, u64>,
    pub(super) environment: &'a Environment,
    pub(super) asked: &'a [String],
    /// Whether the gates were asked by name.
    pub(super) explicit: bool,
    /// Declared evidence that is required and absent.
    pub(super) absent: &'a [(String, Declaration)],
    pub(super) policies: &'a PolicySet,
    pub(super) evaluation: &'a Evaluation,
    /// Whether no decision can be reached anyway.
    pub(super) failed: bool,
    pub(super) items: usize,
    pub(super) now: Timestamp,
}

/// Every gate, in order.
pub(super) fn gates(judging: &Judging<'_>) -> Vec<GateResult> {
    judging.environment.gates.iter().map(|gate| judging.gate(gate)).collect()
}

/// The gate that judges a kind of evidence.
fn gate_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Coverage | Kind::StaticAnalysis => "code_quality",
        Kind::SecurityScan | Kind::Sbom => "security",
        Kind::Load | Kind::WebVitals => "performance",
        Kind::Accessibility => "accessibility",
        Kind::Tests => "integration",
        Kind::Operations => "deployment",
    }
}

/// Kinds as people read them, after "missing:".
fn in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Coverage => "test coverage",
        Kind::StaticAnalysis => "report of a linter or type checker",
        Kind::SecurityScan => "security scan",
        Kind::Sbom => "bill of materials",
        Kind::Load => "load test",
        Kind::WebVitals => "pages measured in a browser",
        Kind::Accessibility => "accessibility audit",
        Kind::Tests => "test results",
        Kind::Operations => "approvals and objectives",
    }
}

impl Judging<'_> {
    fn count(&self, kind: Kind) -> u64 {
        self.kinds.get(kind.as_str()).copied().unwrap_or_default()
    }

    fn gate(&self, gate: &GatePolicy) -> GateResult {
        let mut result = GateResult {
            name: gate.name.clone(),
            title: gate.title.clone(),
            mode: gate.mode,
            status: Status::Off,
            summary: String::new(),
            missing_evidence: Vec::new(),
            rules: Vec::new(),
            report: Map::new(),
        };
        let off = if !self.asked.contains(&gate.name) {
            Some("not asked")
        } else if gate.mode == Mode::Off {
            Some("switched off in this environment")
        } else {
            None
        };
        if let Some(why) = off {
            result.rules = self.rules_of(gate).map(|rule| plain(rule, Status::Off, why)).collect();
            result.summary = why.to_owned();
            return result;
        }
        let needed: Vec<Kind> = gate.evidence.iter().copied().filter(|kind| self.count(*kind) == 0).collect();
        result.missing_evidence = needed.iter().map(|kind| kind.as_str().to_owned()).collect();
        result.rules.push(self.missing(gate, &needed));
        result.rules.push(self.incomplete(gate));
        result.rules.push(self.set_aside(gate));
        let said = self.evaluation.get(&gate.name);
        for rule in self.rules_of(gate) {
            result.rules.push(self.rule(gate, rule, said));
        }
        if let Some(Value::Object(report)) = said.and_then(|s| s.get("report")) {
            result.report = report.clone();
        }
        self.strays(gate, said, &mut result);
        result.rules.sort_by(|a, b| a.code.cmp(&b.code));
        self.conclude(gate, &mut result);
        result
    }

    fn rules_of<'b>(&'b self, gate: &'b GatePolicy) -> impl Iterator<Item = &'b RuleInfo> {
        self.policies.rules.iter().filter(|rule| rule.gate == gate.name)
    }

    /// What a deny of a rule amounts to.
    fn level(&self, gate: &GatePolicy, code: &str) -> Option<Status> {
        match (self.environment.rules.get(code), gate.mode) {
            (Some(RuleMode::Off), _) => None,
            (Some(RuleMode::Warn), _) | (_, Mode::Warn) => Some(Status::Warn),
            _ => Some(Status::Fail),
        }
    }

    fn rule(&self, gate: &GatePolicy, rule: &RuleInfo, said: Option<&BTreeMap<String, Value>>) -> RuleResult {
        let mut result = plain(rule, Status::Pass, "");
        let Some(level) = self.level(gate, &rule.code) else {
            return plain(rule, Status::Off, "switched off in this environment");
        };
        if let Some(exclusion) = self.excluded_rule(rule) {
            let mut out = plain(rule, Status::Off, &why_excluded(&exclusion));
            out.about.excluded.push(exclusion);
            return out;
        }
        if let Some(end) = rule.effective_until.filter(|end| *end <= self.now) {
            return plain(rule, Status::Off, &format!("no longer in effect since {end}"));
        }
        let Some(said) = said else {
            return plain(rule, Status::Error, "the policies could not be evaluated");
        };
        result.measured = measured(said, &rule.code, self.sole_code(gate));
        for (name, level) in [("deny", level), ("violation", level), ("warn", Status::Warn)] {
            for entry in entries(said, name).filter(|entry| self.code_of(gate, name, entry) == rule.code) {
                match self.excluded_result(&rule.gate, &rule.code, &rule.collections, entry) {
                    Some(exclusion) => result.about.excluded.push(exclusion),
                    None => result.verdicts.push(self.verdict(entry, level, rule.effective_on)),
                }
            }
        }
        result.about.excluded.sort();
        result.verdicts.sort_by(|a, b| b.level.cmp(&a.level).then_with(|| a.message.cmp(&b.message)));
        if let Some(worst) = result.verdicts.iter().map(|v| v.level).max() {
            result.status = worst;
            return result;
        }
        let kinds: Vec<Kind> =
            Kind::ALL.into_iter().filter(|k| rule.evidence.iter().any(|name| name == k.as_str())).collect();
        if !kinds.is_empty() && kinds.iter().all(|kind| self.count(*kind) == 0) {
            result.status = Status::Off;
            let words: Vec<&str> = kinds.into_iter().map(in_words).collect();
            result.note = format!("no evidence: {}", words.join(" or "));
            return result;
        }
        if let Some(first) = result.about.excluded.first() {
            let count = result.about.excluded.len();
            let s = if count == 1 { "" } else { "s" };
            result.note = format!("{count} result{s} {}", why_excluded(first));
            if result.measured.iter().any(|m| !m.ok) {
                result.status = Status::Off;
            }
        } else if result.measured.iter().any(|m| !m.ok) {
            result.status = Status::Error;
            "the policy measured a value past its limit and said nothing: its rules contradict each other"
                .clone_into(&mut result.note);
        } else if result.measured.is_empty() && !rule.not_judged.is_empty() {
            result.status = Status::Off;
            result.note.clone_from(&rule.not_judged);
        } else if rule.measured && result.measured.is_empty() {
            result.status = Status::Error;
            "the evidence is there, but the policy could not measure it".clone_into(&mut result.note);
        }
        result
    }

    fn sole_code<'b>(&'b self, gate: &'b GatePolicy) -> Option<&'b str> {
        let mut rules = self.rules_of(gate);
        match (rules.next(), rules.next()) {
            (Some(only), None) => Some(&only.code),
            _ => None,
        }
    }

    /// The code of an entry; one without speaks for the rule it stands in.
    fn code_of(&self, gate: &GatePolicy, name: &str, entry: &Value) -> String {
        match entry.get("code").and_then(Value::as_str) {
            Some(code) => code.to_owned(),
            None => format!("{}.{name}", gate.name),
        }
    }

    /// Why a rule as a whole does not count.
    fn excluded_rule(&self, rule: &RuleInfo) -> Option<Exclusion> {
        let selection = &self.environment.selection;
        let whole = Selectable {
            gate: &rule.gate,
            code: &rule.code,
            collections: &rule.collections,
            ..Selectable::default()
        };
        selection.excluded(whole).filter(|_| !selection.may_include_results(whole))
    }

    /// Why one result of a rule does not count.
    fn excluded_result(
        &self,
        gate: &str,
        code: &str,
        collections: &[String],
        entry: &Value,
    ) -> Option<Exclusion> {
        let terms: Vec<&str> = match entry.get("term") {
            Some(Value::String(term)) => vec![term],
            Some(Value::Array(terms)) => terms.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let exclusion =
            self.environment.selection.excluded(Selectable { gate, code, collections, terms: &terms })?;
        Some(Exclusion { message: message_of(entry), ..exclusion })
    }

    /// What an entry says. Before the entry's or its rule's date a denial is a warning; a date that is none is none.
    fn verdict(&self, entry: &Value, level: Status, effective_on: Option<Timestamp>) -> Verdict {
        let own = entry.get("effective_on").map(|date| date.as_str().and_then(|d| policy::date(d, false)));
        let pending = own.unwrap_or(effective_on).filter(|on| level == Status::Fail && self.now < *on);
        let level = if pending.is_some() { Status::Warn } else { level };
        let message = message_of(entry);
        let mut details = entry.as_object().cloned().unwrap_or_default();
        let mut text = |key: &str| match details.remove(key) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        text("msg");
        let remediation = text("remediation").unwrap_or_default();
        details.remove("code");
        details.remove("effective_on");
        let select = details.remove("select");
        let named = details.remove("findings");
        let (items, items_total) = match (select, named) {
            (Some(Value::Object(select)), _) => attach::select(self.case, &select, self.items, self.now),
            (_, Some(Value::Array(ids))) => attach::named(self.case, &ids, self.items),
            _ => (Vec::new(), 0),
        };
        let effective_on = pending.map(|on| on.to_string());
        Verdict { level, message, remediation, effective_on, items, items_total, details }
    }

    /// Entries whose code no rule carries: they count all the same.
    fn strays(&self, gate: &GatePolicy, said: Option<&BTreeMap<String, Value>>, result: &mut GateResult) {
        let Some(said) = said else { return };
        for name in ["deny", "violation", "warn"] {
            for entry in entries(said, name) {
                let code = self.code_of(gate, name, entry);
                if self.rules_of(gate).any(|rule| rule.code == code) {
                    continue;
                }
                let Some(level) = self.level(gate, &code) else { continue };
                if let Some(exclusion) = self.excluded_result(&gate.name, &code, &[], entry) {
                    match result.rules.iter_mut().find(|rule| rule.code == code) {
                        Some(rule) => rule.about.excluded.push(exclusion),
                        None => result.rules.push(stray(gate, code, exclusion)),
                    }
                    continue;
                }
                let verdict = self.verdict(entry, if name == "warn" { Status::Warn } else { level }, None);
                match result.rules.iter_mut().find(|rule| rule.code == code) {
                    Some(rule) => {
                        rule.status = rule.status.max(verdict.level);
                        rule.verdicts.push(verdict);
                    }
                    None => result.rules.push(RuleResult {
                        title: code.clone(),
                        status: verdict.level,
                        note: String::new(),
                        measured: measured(said, &code, None),
                        verdicts: vec![verdict],
                        remediation: String::new(),
                        defined_in: format!("package gate.{}", gate.name),
                        about: RuleAbout::default(),
                        code,
                    }),
                }
            }
        }
    }

    /// Needed evidence is there.
    fn missing(&self, gate: &GatePolicy, needed: &[Kind]) -> RuleResult {
        let mut rule = engine_rule(
            MISSING,
            "Required evidence is there",
            "Have the tool's report written and give its path, or state in gate.yaml that the gate does not need it.",
        );
        let level = if gate.mode == Mode::Enforce { Status::Fail } else { Status::Warn };
        for kind in needed {
            let aside: Vec<Item> = self
                .files()
                .filter(|(file, standing)| {
                    !standing.unusable_because.is_empty() && offers(file).contains(kind)
                        || (!file.incomplete.is_empty() && offers(file).contains(kind))
                })
                .map(|(file, standing)| {
                    let why = match file.incomplete.first() {
                        Some(incomplete) if standing.unusable_because.is_empty() => &incomplete.message,
                        _ => &standing.unusable_because,
                    };
                    attach::file(file, why)
                })
                .collect();
            rule.verdicts.push(Verdict {
                level,
                message: format!("required evidence is missing: {}", in_words(*kind)),
                remediation: format!("`gate formats` lists what brings `{}`", kind.as_str()),
                items_total: aside.len() as u64,
                items: aside,
                details: Map::new(),
                effective_on: None,
            });
        }
        for (pattern, declaration) in self.absent.iter().filter(|(_, d)| absent_gate(d) == gate.name) {
            let format = declaration.format.as_deref().map(|f| format!(" ({f})")).unwrap_or_default();
            rule.verdicts.push(Verdict {
                level,
                message: format!("required evidence `{pattern}`{format} matches no file"),
                remediation: "check that the tool ran and wrote its report there".to_owned(),
                items: Vec::new(),
                items_total: 0,
                details: Map::new(),
                effective_on: None,
            });
        }
        settle(rule, !gate.evidence.is_empty() || !self.absent.is_empty(), "nothing is required here")
    }

    /// Evidence that is there is a complete result of a tool that ran.
    fn incomplete(&self, gate: &GatePolicy) -> RuleResult {
        let mut rule = engine_rule(
            INCOMPLETE,
            "Evidence is the complete result of a tool that ran",
            "Look at the tool's own log, mend what kept it from its work, and run it again.",
        );
        let level = if gate.mode == Mode::Enforce { Status::Fail } else { Status::Warn };
        let mut any = false;
        for (file, standing) in self.files().filter(|(file, _)| concerns(file, &gate.name)) {
            any = true;
            if !standing.unusable_because.is_empty() {
                continue;
            }
            for incomplete in &file.incomplete {
                rule.verdicts.push(Verdict {
                    level,
                    message: format!("{}: {}", file.name, incomplete.message),
                    remediation: String::new(),
                    items: vec![attach::file(file, &incomplete.message)],
                    items_total: 1,
                    details: Map::from_iter([("reason".to_owned(), Value::from(incomplete.code.clone()))]),
                    effective_on: None,
                });
            }
        }
        settle(rule, any, "there is no evidence for this gate")
    }

    /// Evidence that is too old or speaks of something else never counts, and blocks where the gate is enforced.
    fn set_aside(&self, gate: &GatePolicy) -> RuleResult {
        let mut rule = engine_rule(
            SET_ASIDE,
            "Evidence speaks of this subject and is young enough",
            "Run the tool on this commit or artifact and give its new report.",
        );
        let mut any = false;
        // What it says may be worse than all that counts: setting it aside must not be the way to an allow.
        let Some(level) = self.level(gate, SET_ASIDE) else {
            rule.status = Status::Off;
            "switched off in this environment".clone_into(&mut rule.note);
            return rule;
        };
        for (file, standing) in self.files().filter(|(file, _)| concerns(file, &gate.name)) {
            any = true;
            if !standing.unusable_because.is_empty() {
                rule.verdicts.push(Verdict {
                    level,
                    message: format!("{} does not count: it {}", file.name, standing.unusable_because),
                    remediation: String::new(),
                    items: vec![attach::file(file, &standing.unusable_because)],
                    items_total: 1,
                    details: Map::new(),
                    effective_on: None,
                });
            }
        }
        settle(rule, any, "there is no evidence for this gate")
    }

    fn files(&self) -> impl Iterator<Item = (&Evidence, &crate::adjust::Standing)> {
        self.case.evidence.iter().zip(&self.case.standing)
    }

    fn conclude(&self, gate: &GatePolicy, result: &mut GateResult) {
        result.status = result.rules.iter().map(|rule| rule.status).max().unwrap_or(Status::Off);
        let policy_rules = || result.rules.iter().filter(|rule| !rule.code.starts_with("EVD-"));
        let judged = policy_rules().filter(|rule| rule.status != Status::Off).count();
        let is_out = |rule: &RuleResult| rule.status == Status::Off && !rule.about.excluded.is_empty();
        if policy_rules().next().is_some() && policy_rules().all(is_out) && result.status <= Status::Warn {
            result.status = Status::Error;
            result.summary = "every rule of the gate is excluded: nothing was judged".to_owned();
            return;
        }
        if judged == 0 && result.status <= Status::Warn {
            if self.explicit && gate.mode == Mode::Enforce {
                result.status = Status::Fail;
                result.summary = "asked, but there is no evidence for it".to_owned();
                return;
            }
            let has_evidence =
                self.files().any(|(file, s)| s.unusable_because.is_empty() && concerns(file, &gate.name));
            if (has_evidence || !gate.evidence.is_empty()) && gate.mode == Mode::Enforce && !self.failed {
                result.status = Status::Error;
                result.summary = "there is evidence, but no rule was evaluated".to_owned();
                return;
            }
            result.status = Status::Off;
            result.summary = match result.missing_evidence.as_slice() {
                [] => "no evidence, and none is required here".to_owned(),
                _ => "no evidence, and a warning is all that it would be here".to_owned(),
            };
            return;
        }
        result.summary = summary(result, judged);
    }
}

/// One line for the matrix: the first thing that is wrong, else how many rules hold.
fn summary(result: &GateResult, judged: usize) -> String {
    let worst = result.rules.iter().filter(|rule| rule.status == result.status);
    let count = worst.clone().count();
    let more = match count {
        0 | 1 => String::new(),
        n => format!(" (+{} more)", n - 1),
    };
    match (result.status, worst.clone().next()) {
        (Status::Fail | Status::Warn | Status::Error, Some(rule)) => {
            let what = rule.verdicts.first().map_or(rule.note.as_str(), |verdict| verdict.message.as_str());
            format!("{}: {what}{more}", rule.code)
        }
        _ => format!(
            "{judged} rule{} hold{}",
            if judged == 1 { "" } else { "s" },
            if judged == 1 { "s" } else { "" }
        ),
    }
}

fn why_excluded(exclusion: &Exclusion) -> String {
    match exclusion.selector.as_str() {
        "" => "excluded: no selector of `include` means it".to_owned(),
        selector => format!("excluded by `{selector}`"),
    }
}

/// What an entry says in words.
fn message_of(entry: &Value) -> String {
    let message = entry.get("msg").and_then(Value::as_str).or_else(|| entry.as_str());
    message.unwrap_or("the policy gave no message").to_owned()
}

/// A code that no rule carries and whose results are all excluded.
fn stray(gate: &GatePolicy, code: String, exclusion: Exclusion) -> RuleResult {
    let mut rule = engine_rule(&code, &code, "");
    rule.status = Status::Off;
    rule.note = why_excluded(&exclusion);
    rule.defined_in = format!("package gate.{}", gate.name);
    rule.about.excluded.push(exclusion);
    rule
}

fn plain(rule: &RuleInfo, status: Status, note: &str) -> RuleResult {
    RuleResult {
        code: rule.code.clone(),
        title: rule.title.clone(),
        status,
        note: note.to_owned(),
        measured: Vec::new(),
        verdicts: Vec::new(),
        remediation: rule.remediation.clone(),
        defined_in: rule.defined_in.clone(),
        about: rule.about(),
    }
}

fn engine_rule(code: &str, title: &str, remediation: &str) -> RuleResult {
    RuleResult {
        code: code.to_owned(),
        title: title.to_owned(),
        status: Status::Pass,
        note: String::new(),
        measured: Vec::new(),
        verdicts: Vec::new(),
        remediation: remediation.to_owned(),
        defined_in: "gate".to_owned(),
        about: RuleAbout::default(),
    }
}

/// The status of an engine rule from its verdicts.
fn settle(mut rule: RuleResult, applies: bool, otherwise: &str) -> RuleResult {
    match rule.verdicts.iter().map(|v| v.level).max() {
        Some(worst) => rule.status = worst,
        None if applies => {}
        None => {
            rule.status = Status::Off;
            otherwise.clone_into(&mut rule.note);
        }
    }
    rule
}

/// The kinds that a file brings, or would have brought had the tool done its work.
fn offers(file: &Evidence) -> Vec<Kind> {
    if !file.kinds.is_empty() {
        return file.kinds.clone();
    }
    format::by_id(file.format).map(|format| format.info().kinds.to_vec()).unwrap_or_default()
}

fn concerns(file: &Evidence, gate: &str) -> bool {
    offers(file).into_iter().any(|kind| gate_of(kind) == gate)
}

/// The gate that misses a declared file: by its format, else by what was declared of it.
fn absent_gate(declaration: &Declaration) -> &'static str {
    let of_format = declaration
        .format
        .as_deref()
        .and_then(format::by_id)
        .and_then(|format| format.info().kinds.first().copied())
        .map(gate_of);
    match (of_format, declaration) {
        (Some(gate), _) => gate,
        (None, Declaration { suite: Some(_), .. }) => "code_quality",
        (None, Declaration { tests: Some(_), .. }) => "integration",
        (None, Declaration { category: Some(category), .. }) => category.gate(),
        (None, _) => "security",
    }
}

fn entries<'a>(said: &'a BTreeMap<String, Value>, name: &str) -> impl Iterator<Item = &'a Value> {
    said.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// What a policy measured for a rule. A number that is none makes the entry not ok.
fn measured(said: &BTreeMap<String, Value>, code: &str, sole: Option<&str>) -> Vec<Measured> {
    let mut found: Vec<Measured> = entries(said, "measured")
        .filter(|entry| entry.get("code").and_then(Value::as_str).or(sole) == Some(code))
        .map(|entry| {
            let number = |key: &str| entry.get(key).and_then(Value::as_f64);
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let comparison = text("comparison");
            let ok = match (number("value"), number("limit")) {
                (Some(value), Some(limit)) => match comparison.as_str() {
                    ">=" => value >= limit,
                    "<=" => value <= limit,
                    ">" => value > limit,
                    "<" => value < limit,
                    "==" => value == limit,
                    _ => false,
                },
                _ => false,
            };
            Measured {
                label: text("label"),
                value: number("value").unwrap_or_default(),
                limit: number("limit").unwrap_or_default(),
                comparison,
                unit: text("unit"),
                ok,
            }
        })
        .collect();
    found.sort_by(|a, b| (a.ok, &a.label).cmp(&(b.ok, &b.label)).then(a.value.total_cmp(&b.value)));
    found
}
