//! Runs (§3.14): what is collected while one is read, and the judging of its results when it ends.

use super::Sums;
use super::result::{Place, Raw, ResultKind, artifact, logical_location};
use super::rule::{
    Found, Index, Level, Marks, Overrides, Place as RulePlace, Reference, Tool, ToolComponent,
};
use super::text::{self, Message};
use crate::model::{Details, Evidence, Finding, Location, Package, Producer, Severity, State, Text};
use crate::read::{Interner, Json, JsonKind, ParseError, relative_path, timestamp};

type Result<T> = std::result::Result<T, ParseError>;

/// Tools whose messages may quote the secret that they found.
const SECRET_SCANNERS: [&str; 4] = ["gitleaks", "trufflehog", "detect-secrets", "ggshield"];
/// What tools that could not read a file say, where they do not call it an error.
const PARSE_FAILURES: [&str; 6] =
    ["syntax error", "parse error", "parsing error", "failed to parse", "could not parse", "unable to parse"];

/// One run while it is read.
#[derive(Default)]
pub(super) struct Run {
    number: usize,
    driver: ToolComponent,
    extensions: Vec<ToolComponent>,
    artifacts: Vec<Text>,
    logical: Vec<Text>,
    /// Absolute folders that paths are given relative to, with `/` at the end.
    bases: Vec<String>,
    invocations: Vec<Invocation>,
    revisions: Vec<Revision>,
    has_results: bool,
    has_external_results: bool,
    results: u64,
    pending: Vec<Pending>,
}

/// What a finding needs when its run ends; the findings of a run stand in the same order.
struct Pending {
    at: usize,
    index: Index,
    level: Option<Level>,
    broken: bool,
    rare: Option<Box<Rare>>,
}

/// What only the results of some tools have.
#[derive(Default, PartialEq)]
struct Rare {
    reference: Option<Box<Reference>>,
    message: Option<Box<text::Reference>>,
    marks: Marks,
    artifact: Index,
    logical: Index,
    invocation: Index,
}

/// An invocation (§3.20).
#[derive(Default)]
struct Invocation {
    successful: Option<bool>,
    unreadable: bool,
    exit: Vec<String>,
    notifications: Vec<Notification>,
    overrides: Vec<(Reference, Level)>,
}

/// A notification (§3.58).
struct Notification {
    level: Level,
    descriptor: Option<Text>,
    message: Option<Message>,
    place: Place,
    /// Whether it tells of the run rather than of the tool's configuration.
    execution: bool,
}

/// An entry of `versionControlProvenance` (§3.23).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Revision {
    commit: Text,
    repository: Option<Text>,
    branch: Option<Text>,
}

impl Run {
    pub(super) fn new(number: usize) -> Self {
        Self { number, ..Self::default() }
    }

    pub(super) fn read(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
        sums: &mut Sums,
    ) -> Result<()> {
        j.object(|j, key| {
            match key {
                "tool" => {
                    j.object(|j, key| {
                        match key {
                            "driver" => self.driver = ToolComponent::read(j, interner)?,
                            "extensions" => {
                                j.array(|j, _| {
                                    self.extensions.push(ToolComponent::read(j, interner)?);
                                    Ok(())
                                })?;
                            }
                            _ => {}
                        }
                        Ok(())
                    })?;
                }
                "results" => {
                    self.has_results = j.array(|j, _| self.result(j, interner, evidence, sums))?;
                }
                "artifacts" => {
                    j.array(|j, _| {
                        let mut path = None;
                        j.object(|j, key| {
                            if key == "location" {
                                path = artifact(j, interner)?.0;
                            }
                            Ok(())
                        })?;
                        self.artifacts.push(path.unwrap_or_default());
                        Ok(())
                    })?;
                }
                "logicalLocations" => {
                    j.array(|j, _| {
                        self.logical.push(logical_location(j, interner)?.0.unwrap_or_default());
                        Ok(())
                    })?;
                }
                "originalUriBaseIds" => {
                    j.object(|j, _| self.base(j))?;
                }
                "invocations" => {
                    j.array(|j, _| {
                        self.invocations.push(Invocation::read(j, interner, evidence)?);
                        Ok(())
                    })?;
                }
                "versionControlProvenance" => {
                    j.array(|j, _| {
                        self.revisions.push(Revision::read(j, interner)?);
                        Ok(())
                    })?;
                }
                "externalPropertyFileReferences" => {
                    j.object(|j, key| {
                        if key == "results" {
                            j.array(|_, _| {
                                self.has_external_results = true;
                                Ok(())
                            })?;
                        }
                        Ok(())
                    })?;
                }
                _ => {}
            }
            Ok(())
        })
        .map(drop)
    }

    fn base(&mut self, j: &mut Json<'_>) -> Result<()> {
        j.object(|j, key| {
            if key == "uri"
                && let Some(uri) = j.str()?
            {
                let mut base = relative_path(uri.trim()).into_owned();
                if !base.ends_with('/') {
                    base.push('/');
                }
                // The root of the file system says nothing about the repository.
                if is_absolute(&base) && base != "/" {
                    self.bases.push(base);
                }
            }
            Ok(())
        })
        .map(drop)
    }

    fn result(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
        sums: &mut Sums,
    ) -> Result<()> {
        self.results += 1;
        j.kind();
        let at = j.position();
        let mut raw = Raw::default();
        raw.read(j, interner)?;
        if raw.kind == ResultKind::NoFailure {
            count(&mut sums.levels, Level::None);
            sums.suppressed += u64::from(raw.suppression.is_some());
            if let Some(level) = raw.level.filter(|level| *level != Level::None) {
                let id = raw.id.as_deref().unwrap_or_default();
                sums.not_failing.add(|| format!("`{}` on a result of rule `{id}`", level.as_str()));
            }
            return Ok(());
        }
        let (message, waiting) = match raw.message {
            Some(Message::Text(text)) => (text, None),
            Some(Message::Reference(reference)) => (Text::default(), Some(reference)),
            None => (Text::default(), None),
        };
        let rare = Rare {
            reference: raw.reference,
            message: waiting,
            marks: raw.marks,
            artifact: raw.place.artifact,
            logical: raw.place.logical,
            invocation: raw.invocation,
        };
        let rule = raw.id.unwrap_or_default();
        let mut finding =
            Finding::new(self.driver.name.clone().unwrap_or_default(), rule, Severity::Unknown, message);
        finding.location = raw.place.location();
        finding.suppression = raw.suppression;
        finding.state = raw.state;
        evidence.findings.push(finding);
        let rare = (rare != Rare::default()).then(|| Box::new(rare));
        self.pending.push(Pending { at, index: raw.index, level: raw.level, broken: raw.broken, rare });
        Ok(())
    }

    /// Judges the results, now that the rules are known, and tells what is odd about the run.
    pub(super) fn finish(
        mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
        sums: &mut Sums,
        revisions: &mut Vec<Revision>,
    ) {
        sums.results += self.results;
        let name = self.driver.name.clone().unwrap_or_default();
        let label = format!("run {} (`{}`)", self.number.saturating_add(1), super::rule::excerpt(&name));
        let driver = Driver::new(&name);
        if name.is_empty() {
            sums.unnamed.add(|| label.clone());
        }
        let producer = Producer { name: Text::clone(&name), version: self.driver.version.clone() };
        if !evidence.producers.contains(&producer) {
            evidence.producers.push(producer);
        }
        if !self.has_results {
            sums.runs_results_null += 1;
            sums.without_results.add(|| label.clone());
        }
        if self.has_external_results {
            sums.elsewhere.add(|| format!("in external files of {label}"));
        }
        for revision in self.revisions.drain(..) {
            if !is_commit(&revision.commit) {
                sums.no_commit.add(|| format!("`{}` in {label}", super::rule::excerpt(&revision.commit)));
            } else if !revisions.contains(&revision) {
                revisions.push(revision);
            }
        }
        let mut tool = Tool::new(std::mem::take(&mut self.driver), std::mem::take(&mut self.extensions));
        tool.rules_mut().for_each(|rule| driver.mend(rule, interner));
        if self.has_results && self.results == 0 && !tool.knows_rules() {
            sums.without_rules.add(|| label.clone());
        }
        let mut overrides = Vec::new();
        let mut notifications = Vec::new();
        for invocation in &mut self.invocations {
            overrides.push(Overrides::new(&tool, std::mem::take(&mut invocation.overrides)));
            notifications.append(&mut invocation.notifications);
            if invocation.successful == Some(false) {
                sums.execution_failed += 1;
            }
            if invocation.successful == Some(false) || invocation.unreadable {
                sums.failed.add(|| match invocation.exit.as_slice() {
                    [] => label.clone(),
                    exit => format!("{label}, {}", exit.join(", ")),
                });
            } else if invocation.successful.is_none() {
                sums.unsaid.add(|| label.clone());
            }
        }
        let pending = std::mem::take(&mut self.pending);
        let mut judge = Judge {
            run: &self,
            name: &name,
            driver: &driver,
            tool: &tool,
            overrides: &overrides,
            interner,
            sums,
            label: &label,
        };
        let first = evidence.findings.len().saturating_sub(pending.len());
        for (pending, finding) in pending.into_iter().zip(evidence.findings.iter_mut().skip(first)) {
            judge.result(j, pending, finding);
        }
        for notification in notifications {
            evidence.findings.extend(judge.notification(notification));
        }
    }
}

/// What is special about a driver.
struct Driver {
    secrets: bool,
    trivy: bool,
    bandit: bool,
    semgrep: bool,
}

impl Driver {
    fn new(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        Self {
            secrets: SECRET_SCANNERS.iter().any(|scanner| name.starts_with(scanner)),
            trivy: name.starts_with("trivy"),
            bandit: name == "bandit",
            semgrep: name.starts_with("semgrep") || name.starts_with("opengrep"),
        }
    }

    /// Drops from a rule what may quote a secret, and adds the words that only this tool uses.
    fn mend(&self, rule: &mut super::rule::Rule, interner: &mut Interner) {
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
struct Judge<'a> {
    run: &'a Run,
    name: &'a Text,
    driver: &'a Driver,
    tool: &'a Tool,
    overrides: &'a [Overrides],
    interner: &'a mut Interner,
    sums: &'a mut Sums,
    label: &'a str,
}

impl Judge<'_> {
    fn result(&mut self, j: &mut Json<'_>, pending: Pending, finding: &mut Finding) {
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
    fn level(
        &self,
        pending: &Pending,
        place: Option<RulePlace>,
        rule: Option<&super::rule::Rule>,
        id: &str,
    ) -> Level {
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
        rule: Option<&super::rule::Rule>,
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
    }

    /// Looks up what a location only refers to, and makes an absolute path relative where the run tells to what.
    fn locate(&mut self, location: &mut Location, artifact: Index, logical: Index) {
        if let Some(path) = artifact.of(&self.run.artifacts) {
            location.path = Text::clone(path);
        }
        if let Some(name) = logical.of(&self.run.logical).filter(|name| !name.is_empty()) {
            location.symbol = Some(Text::clone(name));
        }
        if !self.run.bases.is_empty() && is_absolute(&location.path) {
            let below = self.run.bases.iter().filter_map(|base| location.path.strip_prefix(base.as_str()));
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
        let details: &mut Details = finding.details_mut();
        details.package = Some(package);
    }

    /// A finding for a notification that says that the tool could not do its work.
    fn notification(&mut self, notification: Notification) -> Option<Finding> {
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

impl Invocation {
    fn read(j: &mut Json<'_>, interner: &mut Interner, evidence: &mut Evidence) -> Result<Self> {
        let mut invocation = Self::default();
        let was_object = j.object(|j, key| {
            match key {
                "executionSuccessful" => {
                    let said = !matches!(j.kind(), Some(JsonKind::Null));
                    invocation.successful = j.bool()?;
                    invocation.unreadable = said && invocation.successful.is_none();
                }
                "endTimeUtc" => {
                    evidence.produced_at =
                        evidence.produced_at.max(j.str()?.and_then(|time| timestamp(&time)));
                }
                "exitCode" => {
                    invocation.exit.extend(j.number()?.map(|code| format!("exit code {code}")));
                }
                "exitCodeDescription" | "exitSignalName" | "processStartFailureMessage" => {
                    invocation.exit.extend(j.str()?.map(|text| super::rule::excerpt(&text)));
                }
                "toolExecutionNotifications" | "toolConfigurationNotifications" => {
                    let execution = key == "toolExecutionNotifications";
                    j.array(|j, _| {
                        invocation.notifications.push(Notification::read(j, interner, execution)?);
                        Ok(())
                    })?;
                }
                "ruleConfigurationOverrides" => {
                    j.array(|j, _| {
                        let (mut descriptor, mut level) = (None, None);
                        j.object(|j, key| {
                            match key {
                                "descriptor" => descriptor = Some(Reference::read(j, interner)?),
                                "configuration" => {
                                    j.object(|j, key| {
                                        if key == "level" {
                                            level = Level::read(j)?;
                                        }
                                        Ok(())
                                    })?;
                                }
                                _ => {}
                            }
                            Ok(())
                        })?;
                        invocation.overrides.extend(descriptor.zip(level));
                        Ok(())
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        invocation.unreadable |= !was_object;
        Ok(invocation)
    }
}

impl Notification {
    fn read(j: &mut Json<'_>, interner: &mut Interner, execution: bool) -> Result<Self> {
        let mut notification = Self {
            level: Level::Warning,
            descriptor: None,
            message: None,
            place: Place::default(),
            execution,
        };
        let was_object = j.object(|j, key| {
            match key {
                "level" => notification.level = Level::read(j)?.unwrap_or(Level::Warning),
                "descriptor" => notification.descriptor = Reference::read(j, interner)?.id,
                "message" => notification.message = Message::read(j, interner)?,
                "locations" => notification.place.read_first(j, interner)?,
                _ => {}
            }
            Ok(())
        })?;
        if !was_object {
            notification.level = Level::Unknown;
        }
        Ok(notification)
    }
}

impl Revision {
    fn read(j: &mut Json<'_>, interner: &mut Interner) -> Result<Self> {
        let mut revision = Self::default();
        j.object(|j, key| {
            match key {
                "revisionId" => {
                    let id = j.str()?.unwrap_or_default();
                    revision.commit = interner.get(&id.trim().to_ascii_lowercase());
                }
                "repositoryUri" => {
                    revision.repository = j.str()?.map(|uri| interner.get(&repository(&uri)));
                }
                "branch" => {
                    revision.branch = j.str()?.map(|name| match &*name {
                        full if full.starts_with("refs/") => interner.get(full),
                        short => interner.get(&format!("refs/heads/{short}")),
                    });
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(revision)
    }
}

/// `host/owner/name` of a repository's address, without scheme, credentials and `.git`.
fn repository(uri: &str) -> String {
    let uri = uri.trim();
    let (scheme, address) = uri.split_once("://").map_or((false, uri), |(_, rest)| (true, rest));
    let (authority, path) = address.split_once('/').unwrap_or((address, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // `git@host:owner/name` has no scheme, and a colon where others have a slash.
    let host = if scheme { host.to_owned() } else { host.replacen(':', "/", 1) };
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    if path.is_empty() { host } else { format!("{host}/{path}") }
}

fn is_commit(id: &str) -> bool {
    (7..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || matches!(path.as_bytes(), [drive, b':', b'/', ..] if drive.is_ascii_alphabetic())
}

fn count(levels: &mut [u64; Level::ALL.len()], level: Level) {
    for (known, count) in Level::ALL.into_iter().zip(levels) {
        *count += u64::from(known == level);
    }
}

/// States the revision that all runs speak of, if it is one.
pub(super) fn subject(revisions: &[Revision], evidence: &mut Evidence) {
    let mut commits: Vec<&Text> = revisions.iter().map(|revision| &revision.commit).collect();
    commits.sort_unstable();
    commits.dedup();
    match (commits.as_slice(), revisions) {
        ([commit], [first, ..]) => {
            evidence.subject.commit = Some(Text::clone(commit));
            let alike = |same: fn(&Revision) -> &Option<Text>| {
                let all = revisions.iter().all(|revision| same(revision) == same(first));
                same(first).clone().filter(|_| all)
            };
            evidence.subject.repository = alike(|revision| &revision.repository);
            evidence.subject.git_ref = alike(|revision| &revision.branch);
        }
        ([], _) | (_, []) => {}
        (several, _) => evidence.warn(
            "several-commits",
            format!("{} different commits are named: the subject is not known", several.len()),
        ),
    }
}
