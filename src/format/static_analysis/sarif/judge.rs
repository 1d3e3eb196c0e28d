//! The judging of results when their run ends and its rules are known.

use super::Sums;
use super::invocation::Notification;
use super::rule::{Found, Index, Level, Marks, Overrides, Place as RulePlace, Reference, Rule, Tool};
use super::text::{self, Message};
use crate::model::{Finding, Location, Package, Severity, State, Text};
use crate::read::{Interner, Json, relative_path};

/// Tools whose messages may quote the secret that they found.
const SECRET_SCANNERS: [&str; 4] = ["gitleaks", "trufflehog", "detect-secrets", "ggshield"];
/// Rules of Bandit, of Ruff and for ESLint that quote the credential behind the first colon of their message.
const QUOTING_RULES: [&str; 7] = ["B105", "B106", "B107", "S105", "S106", "S107", "no-secrets/no-secrets"];
/// What tools that could not read a file say, where they do not call it an error.
const PARSE_FAILURES: [&str; 6] =
    ["syntax error", "parse error", "parsing error", "failed to parse", "could not parse", "unable to parse"];

/// What a finding needs when its run ends; the findings of a run stand in the same order.
pub(super) struct Pending {
    pub(super) at: usize,
    pub(super) index: Index,
    pub(super) level: Option<Level>,
    pub(super) broken: bool,
    pub(super) rare: Option<Box<Rare>>,
}

/// What only the results of some tools have.
#[derive(Default, PartialEq)]
pub(super) struct Rare {
    pub(super) reference: Option<Box<Reference>>,
    pub(super) message: Option<Box<text::Reference>>,
    pub(super) marks: Marks,
    pub(super) artifact: Index,
    pub(super) logical: Index,
    pub(super) invocation: Index,
}

/// What is special about a driver.
pub(super) struct Driver {
    secrets: bool,
    trivy: bool,
    bandit: bool,
    semgrep: bool,
}

impl Driver {
    pub(super) fn new(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        Self {
            secrets: SECRET_SCANNERS.iter().any(|scanner| name.starts_with(scanner)),
            trivy: name.starts_with("trivy"),
            bandit: name == "bandit",
            semgrep: name.starts_with("semgrep") || name.starts_with("opengrep"),
        }
    }

    /// Drops from a rule what may quote a secret, and adds the words that only this tool uses.
    pub(super) fn mend(&self, rule: &mut Rule, interner: &mut Interner) {
        if self.bandit
            && let Some(issue) = rule.marks.issue
        {
            rule.marks.raise(issue);
        }
        let Some(details) = &mut rule.details else { return };
        if self.trivy && details.tags.iter().any(|tag| &**tag == "UNKNOWN") {
            rule.marks.raise(Severity::Unknown);
        }
        let quotes = |help: &Text| self.secrets || (self.trivy && text::without_match(help).is_some());
        if details.help.as_ref().is_some_and(quotes) {
            let details = std::sync::Arc::make_mut(details);
            let help = details.help.take().filter(|_| !self.secrets);
            details.help = help.and_then(|help| text::without_match(&help).map(|kept| interner.get(kept)));
        }
    }
}

/// Judges the results of one run.
pub(super) struct Judge<'a> {
    pub(super) artifacts: &'a [Text],
    pub(super) logical: &'a [Text],
    pub(super) bases: &'a [String],
    pub(super) name: &'a Text,
    pub(super) driver: &'a Driver,
    pub(super) tool: &'a Tool,
    pub(super) overrides: &'a [Overrides],
    pub(super) interner: &'a mut Interner,
    pub(super) sums: &'a mut Sums,
    pub(super) label: &'a str,
}

impl Judge<'_> {
    pub(super) fn result(&mut self, j: &mut Json<'_>, pending: Pending, finding: &mut Finding) {
        if !Text::ptr_eq(&finding.tool, self.name) {
            finding.tool = Text::clone(self.name);
        }
        let rare = pending.rare.as_deref();
        let reference = rare.and_then(|rare| rare.reference.as_deref());
        if finding.rule.is_empty()
            && let Some(id) = reference.and_then(|reference| reference.id.as_ref())
        {
            finding.rule = Text::clone(id);
        }
        let found = self.tool.find(&finding.rule, pending.index, reference);
        let (place, named) = match found {
            Found::Rule(place, named) => (Some(place), named),
            Found::Misnamed(place) => (Some(place), None),
            Found::Undescribed | Found::Nowhere => (None, None),
        };
        let rule = place.and_then(|place| self.tool.rule(place));
        let named = named.and_then(|place| self.tool.rule(place));
        if found == Found::Nowhere {
            j.record(pending.at, "the index of the rule points at no rule");
            self.sums.out_of_range.add(|| format!("`{}` in {}", finding.rule, self.label));
        } else if named.is_some() || matches!(found, Found::Misnamed(_)) {
            self.sums.contradictions.add(|| format!("`{}` in {}", finding.rule, self.label));
        }
        // People read the id, so what is told of the finding is what the rule of that id tells.
        if let Some(told) = named.or(rule) {
            finding.details.clone_from(&told.details);
            if finding.rule.is_empty() {
                finding.rule = Text::clone(&told.id);
            }
        } else if let Some(alias) = text::vulnerability(&finding.rule) {
            let alias = self.interner.get(alias);
            finding.details_mut().aliases.push(alias);
        }
        let level = self.level(&pending, place, rule, &finding.rule);
        self.count(level, finding);
        finding.severity = if pending.broken || found == Found::Nowhere {
            Severity::Unknown
        } else {
            let own = rare.map(|rare| self.marked(&rare.marks));
            let of_rule = rule.and_then(|rule| rule.marks.worst);
            let of_named = named.map(|named| match pending.level {
                Some(_) => named.marks.worst.unwrap_or(Severity::Info),
                None => named.rank(),
            });
            [own.flatten(), of_rule, of_named].into_iter().flatten().fold(level.severity(), Severity::max)
        };
        if let Some(score) = rare.and_then(|rare| rare.marks.score)
            && finding.details.as_ref().is_none_or(|details| details.cvss.is_none_or(|known| known < score))
        {
            finding.details_mut().cvss = Some(score);
        }
        let waiting = rare.and_then(|rare| rare.message.as_deref());
        self.message(waiting, place, named.or(rule), finding);
        if let Some(location) = &mut finding.location {
            let (artifact, logical) =
                rare.map_or_else(Default::default, |rare| (rare.artifact, rare.logical));
            self.locate(location, artifact, logical);
        }
        self.package(finding);
    }

    /// The level (§3.27.10): the result's own, of the invocation, of the rule, `warning`.
    fn level(&self, pending: &Pending, place: Option<RulePlace>, rule: Option<&Rule>, id: &str) -> Level {
        let overridden = || {
            let invocation = pending.rare.as_ref().map_or(Index::Unsaid, |rare| rare.invocation);
            let overrides = match (invocation, self.overrides) {
                // The default is 0 for a single invocation only (§3.48.6).
                (Index::Unsaid, [one]) => Some(one),
                (index, all) => index.of(all),
            };
            overrides?.level(place, id)
        };
        pending.level.or_else(overridden).or_else(|| rule?.level).unwrap_or(Level::Warning)
    }

    fn count(&mut self, level: Level, finding: &Finding) {
        count(&mut self.sums.levels, level);
        let suppressed = finding.suppression.is_some();
        self.sums.suppressed += u64::from(suppressed);
        if level != Level::None && !suppressed && finding.state != State::Fixed {
            self.sums.failing += 1;
            count(&mut self.sums.active_levels, level);
        }
    }

    /// The worst of what a result says of itself beside its level.
    fn marked(&self, marks: &Marks) -> Option<Severity> {
        marks.worst.max(marks.issue.filter(|_| self.driver.bandit))
    }

    fn message(
        &mut self,
        waiting: Option<&text::Reference>,
        place: Option<RulePlace>,
        rule: Option<&Rule>,
        finding: &mut Finding,
    ) {
        let title = |finding: &Finding| match rule.and_then(|rule| rule.details.as_ref()?.title.as_ref()) {
            Some(title) => Text::clone(title),
            None => Text::clone(&finding.rule),
        };
        if self.driver.secrets {
            finding.message = self.interner.get(&title(finding));
            return;
        }
        if let Some(message) = waiting {
            let text = self.tool.message(place, message);
            finding.message = text.map_or_else(|| title(finding), |text| self.interner.get(&text));
        } else if finding.message.is_empty() {
            finding.message = title(finding);
        }
        if self.driver.trivy
            && let Some(kept) = text::without_match(&finding.message)
        {
            finding.message = self.interner.get(kept);
        }
        if self.driver.semgrep && finding.rule.split('.').any(|part| part == "secrets") {
            finding.message = title(finding);
        } else if QUOTING_RULES.contains(&&*finding.rule)
            && let Some((before, _)) = finding.message.split_once(':')
        {
            finding.message = self.interner.get(before.trim_end());
        }
    }

    /// Looks up what a location only refers to, and makes an absolute path relative where the run tells to what.
    fn locate(&mut self, location: &mut Location, artifact: Index, logical: Index) {
        if let Some(path) = artifact.of(self.artifacts) {
            location.path = Text::clone(path);
        }
        if let Some(name) = logical.of(self.logical).filter(|name| !name.is_empty()) {
            location.symbol = Some(Text::clone(name));
        }
        if !self.bases.is_empty() && is_absolute(&location.path) {
            let below = self.bases.iter().filter_map(|base| location.path.strip_prefix(base.as_str()));
            if let Some(path) = below.min_by_key(|path| path.len()) {
                location.path = self.interner.get(path);
            }
        }
    }

    /// Trivy names the package of a vulnerability in the message only.
    fn package(&mut self, finding: &mut Finding) {
        if !self.driver.trivy || text::vulnerability(&finding.rule).is_none() {
            return;
        }
        let value = |name| text::line_value(&finding.message, name);
        let (Some(name), Some(version)) = (value("Package"), value("Installed Version")) else { return };
        let package = Package {
            purl: None,
            name: self.interner.get(name),
            version: self.interner.get(version),
            fixed_version: value("Fixed Version").map(|version| self.interner.get(version)),
        };
        finding.details_mut().package = Some(package);
    }

    /// A finding for a notification that says that the tool could not do its work.
    pub(super) fn notification(&mut self, notification: Notification) -> Option<Finding> {
        let text = match &notification.message {
            Some(Message::Text(text)) => Some(Text::clone(text)),
            Some(Message::Reference(message)) => {
                self.tool.message(None, message).map(|text| self.interner.get(&text))
            }
            None => None,
        };
        let descriptor = notification.descriptor.as_deref().unwrap_or_default();
        let says_so = |text: &str| {
            let start: String = text.chars().take(200).collect::<String>().to_ascii_lowercase();
            PARSE_FAILURES.iter().any(|words| start.contains(words))
        };
        let failure = match notification.level {
            Level::Error | Level::Unknown => true,
            _ if self.driver.semgrep && notification.execution => true,
            Level::Warning => says_so(descriptor) || text.as_deref().is_some_and(says_so),
            Level::Note | Level::None => false,
        };
        if !failure {
            return None;
        }
        let text = match text.filter(|_| !self.driver.secrets) {
            Some(text) if self.driver.trivy => {
                text::without_match(&text).map(|kept| self.interner.get(kept)).or(Some(text))
            }
            text => text,
        };
        let message = text.filter(|text| !text.is_empty()).unwrap_or_else(|| {
            self.interner.get(if descriptor.is_empty() { "the tool gives no reason" } else { descriptor })
        });
        let rule = self.interner.get(Finding::TOOL_FAILURE);
        let mut finding = Finding::new(Text::clone(self.name), rule, Severity::Unknown, message);
        let (artifact, logical) = (notification.place.artifact, notification.place.logical);
        if let Some(mut location) = notification.place.location() {
            self.locate(&mut location, artifact, logical);
            finding.location = Some(location);
        } else if self.driver.semgrep {
            finding.location = self.named_place(&finding.message);
        }
        Some(finding)
    }

    /// Semgrep names the place only in its text: `Syntax error at line src/app.ts:12:`.
    fn named_place(&mut self, message: &str) -> Option<Location> {
        let (_, rest) = message.lines().next()?.split_once(" at line ")?;
        let (path, line) = rest.trim_end_matches(':').rsplit_once(':')?;
        let line = line.parse().ok()?;
        Some(Location { path: self.interner.get(&relative_path(path)), line, ..Location::default() })
    }
}

pub(super) fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || matches!(path.as_bytes(), [drive, b':', b'/', ..] if drive.is_ascii_alphabetic())
}

pub(super) fn count(levels: &mut [u64; Level::ALL.len()], level: Level) {
    for (known, count) in Level::ALL.into_iter().zip(levels) {
        *count += u64::from(known == level);
    }
}
