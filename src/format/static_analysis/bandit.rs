//! Bandit's JSON report (`bandit -f json`).

use crate::format::{Clean, Document, Format, Info, Tally};
use crate::model::{Category, Evidence, Finding, Kind, Location, Producer, Severity, Text};
use crate::read::{Head, Interner, Json, JsonKind, Keys, ParseError, relative_path, timestamp};

/// Reads Bandit's JSON.
pub(crate) struct Bandit;

static INFO: Info = Info {
    id: "bandit",
    title: "Bandit JSON",
    kinds: &[Kind::SecurityScan],
    producers: &["Bandit"],
    detection: "object with `results` and `errors` (arrays), `metrics` (object) and `generated_at`",
    clean: Clean::Recognisable,
};

impl Format for Bandit {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        let keys = head.object();
        keys.has_kind("results", JsonKind::Array)
            && keys.has_kind("errors", JsonKind::Array)
            && keys.has_kind("metrics", JsonKind::Object)
            && keys.has("generated_at")
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut report = Report::default();
        document.json(evidence, |j, interner, evidence| report.read(j, interner, evidence))?;
        evidence.producers.push(Producer { name: "Bandit".into(), version: None });
        if report.has_results && report.results == 0 && report.errors == 0 && report.loc == 0 {
            evidence.incomplete("nothing-tested", "not a line of code was looked at");
        } else {
            evidence.proves(Kind::SecurityScan);
        }
        if !report.has_results {
            evidence.incomplete("results-absent", "`results` is absent or null: the scan did not happen");
        }
        evidence.count("results", report.results);
        evidence.count("by_severity", report.by_severity);
        evidence.count("by_confidence", report.by_confidence);
        evidence.count("errors", report.errors);
        evidence.count("loc", report.loc);
        evidence.count("nosec", report.nosec);
        Ok(())
    }
}

#[derive(Default)]
struct Report {
    has_results: bool,
    results: u64,
    errors: u64,
    loc: u64,
    nosec: u64,
    by_severity: Tally,
    by_confidence: Tally,
}

impl Report {
    fn read(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        let was_object = j.object(|j, key| match key {
            "generated_at" => {
                evidence.produced_at = j.str()?.and_then(|t| timestamp(&t));
                Ok(())
            }
            "results" => {
                self.has_results = j.array(|j, _| self.result(j, interner, evidence))?;
                Ok(())
            }
            "errors" => j.array(|j, _| self.error(j, evidence)).map(drop),
            "metrics" => j
                .object(|j, file| match file {
                    "_totals" => j
                        .object(|j, key| {
                            match key {
                                "loc" => self.loc = j.unsigned()?.unwrap_or_default(),
                                "nosec" => self.nosec = j.unsigned()?.unwrap_or_default(),
                                _ => {}
                            }
                            Ok(())
                        })
                        .map(drop),
                    _ => Ok(()),
                })
                .map(drop),
            _ => Ok(()),
        })?;
        if was_object { Ok(()) } else { Err(j.fail("expected an object")) }
    }

    fn result(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        self.results += 1;
        let mut finding =
            Finding::new(interner.get("Bandit"), interner.get(""), Severity::Unknown, interner.get(""));
        finding.category = Some(Category::Sast);
        let mut place = Location::default();
        j.object(|j, key| {
            match key {
                "test_id" => finding.rule = j.text(interner)?.unwrap_or_default(),
                "test_name" => finding.details_mut().title = j.text(interner)?,
                "issue_text" => finding.message = j.text(interner)?.unwrap_or_default(),
                "issue_severity" => {
                    let word = j.str()?.unwrap_or_default();
                    self.by_severity.add(&word);
                    finding.severity = Severity::from_word(&word);
                }
                "issue_confidence" => self.by_confidence.add(&j.str()?.unwrap_or_default()),
                "filename" => {
                    place.path = j.str()?.map(|path| interner.get(&relative_path(&path))).unwrap_or_default();
                }
                "line_number" => place.line = j.line()?.unwrap_or_default(),
                "col_offset" => place.column = j.line()?.map_or(0, |column| column.saturating_add(1)),
                "more_info" => finding.details_mut().url = j.text(interner)?,
                "issue_cwe" => {
                    j.object(|j, key| {
                        if key == "id"
                            && let Some(id) = j.unsigned()?
                        {
                            finding.details_mut().cwe.push(interner.get(&format!("CWE-{id}")));
                        }
                        Ok(())
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        if matches!(&*finding.rule, "B105" | "B106" | "B107")
            && let Some((before, _)) = finding.message.split_once(':')
        {
            // The rest of the message is the password.
            finding.message = interner.get(before);
        }
        finding.location = Some(place);
        evidence.findings.push(finding);
        Ok(())
    }

    /// A file that Bandit could not parse is not in `results`, and the exit code says nothing of it.
    fn error(&mut self, j: &mut Json<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        self.errors += 1;
        let (mut file, mut reason) = (None, None);
        j.object(|j, key| {
            match key {
                "filename" => file = j.str()?,
                "reason" => reason = j.str()?,
                _ => {}
            }
            Ok(())
        })?;
        let place = Location {
            path: Text::from(relative_path(file.as_deref().unwrap_or_default())),
            ..Location::default()
        };
        evidence.tool_failure(
            "Bandit",
            Category::Sast,
            Some(place),
            reason.as_deref().unwrap_or("no reason given"),
        );
        Ok(())
    }
}
