//! ESLint's JSON reports (`-f json`, `-f json-with-metadata`): one entry per file that was looked at.
//!
//! `source` and `output`, which repeat the file, are never read. A file that could not be parsed has one message
//! with `fatal`, and no rule was tried on it.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::format::{Clean, Document, Format, Info, Tally};
use crate::model::{
    Category, Evidence, Finding, Kind, Location, Producer, Severity, Suppression, SuppressionKind, Text,
};
use crate::read::{Head, Interner, Json, JsonKind, Keys, ParseError, Scalar, relative_path};

/// Reads ESLint's JSON.
pub(crate) struct Eslint;

static INFO: Info = Info {
    id: "eslint",
    title: "ESLint JSON",
    kinds: &[Kind::StaticAnalysis],
    producers: &["ESLint"],
    detection: "array whose first item has `filePath`, `messages` (array) and `fatalErrorCount`, \
                `suppressedMessages` or `usedDeprecatedRules`, or an object of `results` and `metadata` that \
                holds `filePath` and `rulesMeta`",
    clean: Clean::EmptyArray,
};

impl Format for Eslint {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        let keys = head.object();
        if !keys.is_empty() {
            return keys.has_kind("results", JsonKind::Array)
                && keys.has_kind("metadata", JsonKind::Object)
                && keys.len() == 2
                && head.text.contains("\"rulesMeta\"")
                && head.text.contains("\"filePath\"");
        }
        // html-validate and textlint have the first two keys too.
        let keys = head.first_item();
        keys.has_kind("filePath", JsonKind::String)
            && keys.has_kind("messages", JsonKind::Array)
            && ["fatalErrorCount", "suppressedMessages", "usedDeprecatedRules"]
                .iter()
                .any(|key| keys.has(key))
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut report = Report::default();
        document.json(evidence, |j, interner, evidence| report.read(j, interner, evidence))?;
        report.finish(evidence);
        Ok(())
    }
}

#[derive(Default)]
struct Report {
    has_results: bool,
    files: u64,
    messages: u64,
    errors: u64,
    warnings: u64,
    fatal: u64,
    suppressed: u64,
    by_severity: Tally,
    /// Errors and warnings as the entries sum them up.
    claimed: (u64, u64),
    /// Title and page of each rule.
    rules: HashMap<Text, (Option<Text>, Option<Text>), foldhash::fast::RandomState>,
    has_rules: bool,
}

impl Report {
    fn read(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        match j.kind() {
            Some(JsonKind::Array) => {
                self.has_results = j.array(|j, _| self.file(j, interner, evidence))?;
                Ok(())
            }
            Some(JsonKind::Object) => j
                .object(|j, key| match key {
                    "results" => {
                        self.has_results = j.array(|j, _| self.file(j, interner, evidence))?;
                        Ok(())
                    }
                    "metadata" => j
                        .object(|j, key| match key {
                            "rulesMeta" => {
                                self.has_rules = true;
                                j.object(|j, rule| self.rule(j, rule, interner)).map(drop)
                            }
                            _ => Ok(()),
                        })
                        .map(drop),
                    _ => Ok(()),
                })
                .map(drop),
            _ => Err(j
                .fail("expected an array, or an object with `results`")
                .help("write the report with `eslint -f json`")),
        }
    }

    fn finish(self, evidence: &mut Evidence) {
        evidence.producers.push(Producer { name: "ESLint".into(), version: None });
        if self.has_results {
            evidence.proves(Kind::StaticAnalysis);
        } else {
            evidence.incomplete("results-absent", "`results` is absent or null: nothing was checked");
        }
        let (errors, warnings) = self.claimed;
        if (errors, warnings) != (self.errors, self.warnings) {
            evidence.warn(
                "totals-contradict-messages",
                format!(
                    "the entries claim {errors} errors and {warnings} warnings, their messages are {} and {}; \
                     the messages count",
                    self.errors, self.warnings
                ),
            );
        }
        for finding in &mut evidence.findings {
            if let Some((title, url)) = self.rules.get(&finding.rule) {
                let details = finding.details_mut();
                details.title.clone_from(title);
                details.url.clone_from(url);
            }
        }
        evidence.count("files", self.files);
        evidence.count("messages", self.messages);
        evidence.count("by_severity", self.by_severity);
        evidence.count("errors", self.errors);
        evidence.count("warnings", self.warnings);
        evidence.count("fatal", self.fatal);
        evidence.count("suppressed", self.suppressed);
        if self.has_rules {
            evidence.count("rules_meta", self.rules.len());
        }
    }

    fn rule(&mut self, j: &mut Json<'_>, rule: &str, interner: &mut Interner) -> Result<(), ParseError> {
        let (mut title, mut url) = (None, None);
        j.object(|j, key| {
            if key == "docs" {
                j.object(|j, key| {
                    match key {
                        "description" => title = j.text(interner)?,
                        "url" => url = j.text(interner)?,
                        _ => {}
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })?;
        self.rules.insert(interner.get(rule), (title, url));
        Ok(())
    }

    fn file(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        self.files += 1;
        let at = j.position();
        let first = evidence.findings.len();
        let (fatal_before, mut claimed_fatal) = (self.fatal, 0);
        let mut path = None;
        let mut has_messages = false;
        let was_object = j.object(|j, key| {
            match key {
                "filePath" => path = j.str()?.map(|path| interner.get(&relative_path(&path))),
                "messages" => {
                    has_messages = j.array(|j, _| self.message(j, false, interner, evidence))?;
                }
                "suppressedMessages" => {
                    j.array(|j, _| self.message(j, true, interner, evidence))?;
                }
                "errorCount" => self.claim(j, true)?,
                "warningCount" => self.claim(j, false)?,
                "fatalErrorCount" => claimed_fatal = j.unsigned()?.unwrap_or_default(),
                _ => {}
            }
            Ok(())
        })?;
        let path = path.unwrap_or_default();
        if !has_messages {
            if was_object {
                j.record(at, "an entry without `messages`");
            }
            let place = Location::default();
            evidence.tool_failure("ESLint", Category::Lint, Some(place), "an entry that could not be read");
        } else if path.is_empty() {
            j.record(at, "an entry without `filePath`");
        }
        if claimed_fatal > 0 && self.fatal == fatal_before && has_messages {
            evidence.tool_failure(
                "ESLint",
                Category::Lint,
                Some(Location::default()),
                &format!("the entry claims {claimed_fatal} fatal errors and lists none"),
            );
        }
        for finding in evidence.findings.iter_mut().skip(first) {
            if path.is_empty() {
                finding.location = None;
            } else if let Some(place) = &mut finding.location {
                place.path = Text::clone(&path);
            }
        }
        Ok(())
    }

    fn claim(&mut self, j: &mut Json<'_>, errors: bool) -> Result<(), ParseError> {
        let total = if errors { &mut self.claimed.0 } else { &mut self.claimed.1 };
        *total = total.saturating_add(j.unsigned()?.unwrap_or_default());
        Ok(())
    }

    fn message(
        &mut self,
        j: &mut Json<'_>,
        suppressed: bool,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        let at = j.position();
        let mut finding =
            Finding::new(interner.get("ESLint"), interner.get(""), Severity::Unknown, interner.get(""));
        let mut place = Location::default();
        let (mut fatal, mut severity, mut reason) = (false, None, None);
        let was_object = j.object(|j, key| {
            match key {
                "ruleId" => finding.rule = j.text(interner)?.unwrap_or_default(),
                "severity" => severity = j.scalar()?,
                "message" => finding.message = j.text(interner)?.unwrap_or_default(),
                "line" => place.line = j.line()?.unwrap_or_default(),
                "column" => place.column = j.line()?.unwrap_or_default(),
                "endLine" => place.end_line = j.line()?.unwrap_or_default(),
                "fatal" => fatal = j.bool()? == Some(true),
                "suppressions" => {
                    j.array(|j, _| {
                        j.object(|j, key| {
                            if key == "justification" {
                                reason =
                                    j.text(interner)?.filter(|r| !r.is_empty()).or_else(|| reason.take());
                            }
                            Ok(())
                        })
                        .map(drop)
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        let word: Cow<'_, str> = match severity {
            Some(Scalar::Number(2.0)) => "2".into(),
            Some(Scalar::Number(1.0)) => "1".into(),
            Some(Scalar::Number(number)) => number.to_string().into(),
            Some(Scalar::Text(word)) => word,
            Some(Scalar::Bool(_)) | None => "(none)".into(),
        };
        finding.severity = match &*word {
            "2" => Severity::High,
            "1" => Severity::Medium,
            word => Severity::from_word(word),
        };
        if suppressed {
            self.suppressed += 1;
            finding.suppression = Some(Box::new(Suppression {
                kind: SuppressionKind::Tool,
                reason: reason.unwrap_or_else(|| interner.get("")),
                in_force: false,
            }));
        } else {
            self.messages += 1;
            self.by_severity.add(&word);
            match finding.severity {
                _ if fatal => self.errors += 1,
                Severity::High => self.errors += 1,
                Severity::Medium => self.warnings += 1,
                _ => {}
            }
            self.fatal += u64::from(fatal);
        }
        finding.category = Some(category(&finding.rule));
        if finding.category == Some(Category::Secret) {
            finding.message = format!("secret found by the rule `{}`", finding.rule).into();
        }
        if finding.message.is_empty() {
            if was_object {
                j.record(at, "a message without `message`");
            }
            finding.severity = Severity::Unknown;
            finding.message = interner.get("a message that could not be read");
        }
        if fatal {
            finding.rule = interner.get(Finding::TOOL_FAILURE);
            finding.category = Some(Category::Lint);
            finding.severity = Severity::Unknown;
        } else if finding.rule.is_empty() {
            // An unused directive, or a file that the configuration ignores.
            finding.rule = interner.get("eslint");
        }
        finding.location = Some(place);
        evidence.findings.push(finding);
        Ok(())
    }
}

fn category(rule: &str) -> Category {
    match rule {
        "prettier/prettier" => return Category::Format,
        "complexity"
        | "max-depth"
        | "max-lines-per-function"
        | "max-nested-callbacks"
        | "max-statements"
        | "sonarjs/cognitive-complexity" => return Category::Complexity,
        _ => {}
    }
    let Some((plugin, _)) = rule.rsplit_once('/') else { return Category::Lint };
    match plugin {
        "security" | "security-node" | "no-unsanitized" | "@microsoft/sdl" => Category::Sast,
        // Its messages quote the secret.
        "no-secrets" => Category::Secret,
        "jsx-a11y" | "vuejs-accessibility" => Category::Accessibility,
        _ => Category::Lint,
    }
}
