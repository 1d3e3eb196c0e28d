//! Semgrep's JSON report (`semgrep scan --json`): `results`, `errors`, `paths`, `skipped_rules`.
//!
//! Lines of code, metavariables and fixes are never read. A rule that looks for secrets may write the secret into
//! its message, so that message is not kept either.

use std::collections::HashSet;

use crate::format::{Clean, Document, Format, Info, Tally};
use crate::model::{
    Category, Evidence, Finding, Kind, Location, Package, Producer, Severity, Suppression, SuppressionKind,
    Text,
};
use crate::read::{Head, Interner, Json, JsonKind, Keys, ParseError, relative_path};

/// Reads Semgrep's JSON.
pub(crate) struct Semgrep;

static INFO: Info = Info {
    id: "semgrep",
    title: "Semgrep JSON",
    kinds: &[Kind::SecurityScan],
    producers: &["Semgrep"],
    detection: "object with `errors` (array), `results` (array, null or absent) and `paths` (object), or with \
                nothing but `results` and `errors` and a `check_id` inside; without Bandit's `metrics`",
    clean: Clean::Recognisable,
};

impl Format for Semgrep {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        let keys = head.object();
        let results = keys.has_kind("results", JsonKind::Array);
        if !keys.has_kind("errors", JsonKind::Array) || keys.has("metrics") || keys.has("generated_at") {
            return false;
        }
        if keys.has_kind("paths", JsonKind::Object) {
            return results
                || keys.has_kind("results", JsonKind::Null)
                || (keys.has("version") && !keys.has("results"));
        }
        // Before 0.50 there were only these two.
        results && keys.len() == 2 && head.text.contains("\"check_id\"")
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
    version: Option<Text>,
    has_results: bool,
    results: u64,
    ignored: u64,
    by_severity: Tally,
    errors: Tally,
    rules: HashSet<Text, foldhash::fast::RandomState>,
    /// Errors above a warning, of all and of those that name no file.
    failures: (u64, u64),
    /// How many files were looked at, where the report says so.
    scanned: Option<u64>,
    /// Whether it has `paths`, which tell what was scanned.
    has_paths: bool,
    skipped_rules: u64,
}

impl Report {
    fn read(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        if j.kind() != Some(JsonKind::Object) {
            return Err(j.fail("expected an object").help("write the report with `semgrep scan --json`"));
        }
        j.object(|j, key| match key {
            "version" => {
                self.version = j.text(interner)?;
                Ok(())
            }
            "results" => {
                self.has_results = j.array(|j, _| self.result(j, interner, evidence))?;
                Ok(())
            }
            "errors" => j.array(|j, _| self.error(j, evidence)).map(drop),
            "paths" => {
                self.has_paths = j.object(|j, key| {
                    if key == "scanned" {
                        self.scanned = count_items(j)?;
                    }
                    Ok(())
                })?;
                Ok(())
            }
            "skipped_rules" => {
                self.skipped_rules = count_items(j)?.unwrap_or_default();
                Ok(())
            }
            _ => Ok(()),
        })
        .map(drop)
    }

    fn finish(self, evidence: &mut Evidence) {
        evidence.producers.push(Producer { name: "Semgrep".into(), version: self.version });
        let nothing_scanned = self.results == 0 && self.has_paths && self.scanned.unwrap_or_default() == 0;
        let (failures, of_the_run) = self.failures;
        let failed = of_the_run > 0 || (failures > 0 && self.results == 0);
        if !self.has_results {
            evidence.incomplete("results-absent", "`results` is absent or null: the scan did not happen");
        }
        if failed {
            evidence.incomplete("execution-failed", format!("the scan reports {failures} errors of its own"));
        } else if nothing_scanned {
            evidence.incomplete("nothing-tested", "no file was scanned");
        }
        if self.has_results && !nothing_scanned {
            evidence.proves(Kind::SecurityScan);
        }
        if self.skipped_rules > 0 {
            evidence.warn("rules-skipped", format!("{} rules were skipped by the tool", self.skipped_rules));
        }
        evidence.count("results", self.results);
        evidence.count("by_severity", self.by_severity);
        evidence.count("ignored", self.ignored);
        evidence.count("errors", self.errors);
        evidence.count("distinct_rules", self.rules.len());
    }

    fn result(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        self.results += 1;
        let at = j.position();
        let mut finding =
            Finding::new(interner.get("Semgrep"), interner.get(""), Severity::Unknown, interner.get(""));
        let mut place = Location::default();
        let mut traits = Traits::default();
        let was_object = j.object(|j, key| {
            match key {
                "check_id" => finding.rule = j.text(interner)?.unwrap_or_default(),
                "path" => {
                    place.path = j.str()?.map(|path| interner.get(&relative_path(&path))).unwrap_or_default();
                }
                "start" => {
                    j.object(|j, key| {
                        match key {
                            "line" => place.line = j.line()?.unwrap_or_default(),
                            "col" => place.column = j.line()?.unwrap_or_default(),
                            _ => {}
                        }
                        Ok(())
                    })?;
                }
                "end" => {
                    j.object(|j, key| {
                        if key == "line" {
                            place.end_line = j.line()?.unwrap_or_default();
                        }
                        Ok(())
                    })?;
                }
                "extra" => {
                    j.object(|j, key| self.extra(j, key, interner, &mut finding, &mut traits))?;
                }
                _ => {}
            }
            Ok(())
        })?;
        if was_object && finding.rule.is_empty() {
            j.record(at, "a result without `check_id`");
        } else if !finding.rule.is_empty() {
            self.rules.insert(Text::clone(&finding.rule));
        }
        if !traits.has_severity {
            self.by_severity.add("(none)");
        }
        traits.settle(&mut finding);
        if finding.message.is_empty() {
            finding.message = interner.get("no message given");
        }
        finding.location = (!place.path.is_empty()).then_some(place);
        evidence.findings.push(finding);
        Ok(())
    }

    fn extra(
        &mut self,
        j: &mut Json<'_>,
        key: &str,
        interner: &mut Interner,
        finding: &mut Finding,
        traits: &mut Traits,
    ) -> Result<(), ParseError> {
        match key {
            "message" => finding.message = j.text(interner)?.unwrap_or_default(),
            "severity" => {
                if let Some(word) = j.str()? {
                    traits.has_severity = true;
                    self.by_severity.add(&word);
                    finding.severity = match Severity::from_word(&word) {
                        // The mildest of the tool's own three words is not a mere note.
                        Severity::Info => Severity::Low,
                        severity => severity,
                    };
                }
            }
            "is_ignored" => {
                let ignored = j.bool()? == Some(true);
                if ignored {
                    self.ignored += 1;
                    finding.suppression = Some(Box::new(Suppression {
                        kind: SuppressionKind::Tool,
                        reason: interner.get("`nosemgrep` in the code"),
                        in_force: false,
                    }));
                }
            }
            "validation_state" => {
                traits.secret |= j.str()?.is_some_and(|state| state != "NO_VALIDATOR");
            }
            "sca_info" => {
                traits.dependency = j.object(|j, key| match key {
                    "dependency_match" => j
                        .object(|j, key| match key {
                            "found_dependency" => dependency(j, interner, finding),
                            _ => Ok(()),
                        })
                        .map(drop),
                    _ => Ok(()),
                })?;
            }
            "metadata" => {
                j.object(|j, key| metadata(j, key, interner, finding, traits))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// A file that could not be parsed is also under `paths.scanned`, and the exit code says nothing of it.
    fn error(&mut self, j: &mut Json<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let (mut level, mut message, mut path, mut line) = (None, None, None, 0);
        j.object(|j, key| {
            match key {
                "level" => level = j.str()?,
                "message" => message = j.str()?,
                "path" => path = j.str()?,
                "spans" => {
                    j.array(|j, index| if index == 0 { span(j, &mut path, &mut line) } else { Ok(()) })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        let level = level.as_deref().unwrap_or("(none)");
        self.errors.add(level);
        if !matches!(level, "warn" | "info") {
            self.failures.0 += 1;
            self.failures.1 += u64::from(path.is_none());
        }
        // The lines after the first quote the code.
        let message = message.as_deref().and_then(|m| m.lines().next()).unwrap_or("no reason given");
        let place = path.map(|path| Location {
            line: if line > 0 { line } else { line_in(message, &path) },
            path: Text::from(relative_path(&path)),
            ..Location::default()
        });
        let message = message.trim_end_matches([':', ' ']);
        evidence.tool_failure("Semgrep", Category::Sast, place, message);
        Ok(())
    }
}

/// What decides the category; the keys stand in any order.
#[derive(Default)]
struct Traits {
    has_severity: bool,
    security: bool,
    secret: bool,
    dependency: bool,
}

impl Traits {
    fn settle(&self, finding: &mut Finding) {
        if self.secret || finding.rule.split('.').any(|part| part == "secrets") {
            finding.category = Some(Category::Secret);
            finding.message = format!("secret found by the rule `{}`", finding.rule).into();
        } else if self.dependency {
            finding.category = Some(Category::Sca);
        } else if self.security {
            finding.category = Some(Category::Sast);
        }
    }
}

fn metadata(
    j: &mut Json<'_>,
    key: &str,
    interner: &mut Interner,
    finding: &mut Finding,
    traits: &mut Traits,
) -> Result<(), ParseError> {
    match key {
        "category" => {
            if let Some(category) = j.text(interner)? {
                traits.security = category.eq_ignore_ascii_case("security");
                finding.details_mut().tags.push(category);
            }
        }
        "secret_type" => traits.secret |= j.str()?.is_some(),
        "cwe" => {
            let cwe = &mut finding.details_mut().cwe;
            each_text(j, |text| {
                cwe.extend(cwe_number(text).map(|number| interner.get(&format!("CWE-{number}"))));
            })?;
            cwe.sort_unstable();
            cwe.dedup();
        }
        // The page of the rule is better than the pages it refers to, whichever comes first.
        "source" => {
            if let Some(url) = j.text(interner)? {
                finding.details_mut().url = Some(url);
            }
        }
        "references" => {
            let url = &mut finding.details_mut().url;
            each_text(j, |text| {
                url.get_or_insert_with(|| interner.get(text));
            })?;
        }
        _ => {}
    }
    Ok(())
}

fn dependency(j: &mut Json<'_>, interner: &mut Interner, finding: &mut Finding) -> Result<(), ParseError> {
    let mut package = Package::default();
    let found = j.object(|j, key| {
        match key {
            "package" => package.name = j.text(interner)?.unwrap_or_default(),
            "version" => package.version = j.text(interner)?.unwrap_or_default(),
            _ => {}
        }
        Ok(())
    })?;
    if found && !package.name.is_empty() {
        finding.details_mut().package = Some(package);
    }
    Ok(())
}

fn span<'a>(
    j: &mut Json<'a>,
    path: &mut Option<std::borrow::Cow<'a, str>>,
    line: &mut u32,
) -> Result<(), ParseError> {
    j.object(|j, key| {
        match key {
            "file" => {
                if let Some(file) = j.str()? {
                    path.get_or_insert(file);
                }
            }
            "start" => {
                j.object(|j, key| {
                    if key == "line" {
                        *line = j.line()?.unwrap_or_default();
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

/// One string, or each string of an array.
fn each_text(j: &mut Json<'_>, mut take: impl FnMut(&str)) -> Result<(), ParseError> {
    if j.kind() == Some(JsonKind::String) {
        if let Some(text) = j.str()? {
            take(&text);
        }
        return Ok(());
    }
    j.array(|j, _| {
        if let Some(text) = j.str()? {
            take(&text);
        }
        Ok(())
    })
    .map(drop)
}

fn count_items(j: &mut Json<'_>) -> Result<Option<u64>, ParseError> {
    let mut items = 0;
    let was_array = j.array(|_, _| {
        items += 1;
        Ok(())
    })?;
    Ok(was_array.then_some(items))
}

/// The number in `CWE-89: Improper Neutralization ...`.
fn cwe_number(text: &str) -> Option<u32> {
    let (prefix, rest) = text.trim().split_at_checked(4)?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    prefix.eq_ignore_ascii_case("CWE-").then(|| digits.parse().ok()).flatten()
}

/// The line in `... at line src/a.ts:12: ...`, or 0.
fn line_in(message: &str, path: &str) -> u32 {
    let after = message.split_once(path).and_then(|(_, rest)| rest.strip_prefix(':'));
    let digits = after.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_default()
}
