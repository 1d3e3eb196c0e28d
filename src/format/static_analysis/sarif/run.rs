//! Runs (§3.14): what is collected while one is read.

use super::Sums;
use super::invocation::{Invocation, Revision};
use super::judge::{Driver, Judge, Pending, Rare, count, is_absolute};
use super::result::{Raw, ResultKind, artifact, logical_location};
use super::rule::{Level, Overrides, Tool, ToolComponent, excerpt};
use super::text::Message;
use crate::model::{Evidence, Finding, Producer, Severity, Text};
use crate::read::{Interner, Json, ParseError, relative_path};

type Result<T> = std::result::Result<T, ParseError>;

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
        let label = format!("run {} (`{}`)", self.number.saturating_add(1), excerpt(&name));
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
            if !revision.is_commit() {
                sums.no_commit.add(|| format!("`{}` in {label}", excerpt(&revision.commit)));
            } else if !revisions.contains(&revision) {
                revisions.push(revision);
            }
        }
        let mut tool = Tool::new(std::mem::take(&mut self.driver), std::mem::take(&mut self.extensions));
        tool.rules_mut().for_each(|rule| driver.mend(rule, interner));
        if self.has_results && self.results == 0 && !tool.knows_rules() {
            sums.without_rules.add(|| label.clone());
            if name.is_empty() {
                sums.without_tool.add(|| label.clone());
            }
        }
        let mut overrides = Vec::new();
        let mut notifications = Vec::new();
        for invocation in &mut self.invocations {
            overrides.push(Overrides::new(&tool, std::mem::take(&mut invocation.overrides)));
            notifications.append(&mut invocation.notifications);
            if invocation.successful == Some(false) {
                sums.execution_failed += 1;
            }
            // Linters end with 1 when they found something; that only speaks where nothing clearer does.
            let succeeded = invocation.successful.unwrap_or(!invocation.exit_failed);
            if !succeeded || invocation.unreadable {
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
            artifacts: &self.artifacts,
            logical: &self.logical,
            bases: &self.bases,
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
