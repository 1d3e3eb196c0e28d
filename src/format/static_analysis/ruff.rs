//! Ruff's JSON report (`ruff check --output-format json`): one array of diagnostics.
//!
//! A file that could not be parsed or opened is a failure of the tool: no other rule was tried on it.

use crate::format::{Clean, Document, Format, Info, Tally};
use crate::model::{Category, Evidence, Finding, Kind, Location, Producer, Severity};
use crate::read::{Head, Interner, Json, JsonKind, Keys, ParseError, relative_path};

/// Reads Ruff's JSON.
pub(crate) struct Ruff;

static INFO: Info = Info {
    id: "ruff",
    title: "Ruff JSON",
    kinds: &[Kind::StaticAnalysis],
    producers: &["Ruff"],
    detection: "array whose first item has `code`, `filename`, `message`, `location` and `end_location` \
                (objects or null) and `noqa_row` or `fix`",
    clean: Clean::EmptyArray,
};

impl Format for Ruff {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        let keys = head.first_item();
        let place = |key| keys.has_kind(key, JsonKind::Object) || keys.has_kind(key, JsonKind::Null);
        keys.has("code")
            && keys.has("filename")
            && keys.has_kind("message", JsonKind::String)
            && place("location")
            && place("end_location")
            && (keys.has("noqa_row") || keys.has("fix"))
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut report = Report::default();
        document.json(evidence, |j, interner, evidence| {
            if j.kind() != Some(JsonKind::Array) {
                return Err(j
                    .fail("expected an array")
                    .help("write the report with `ruff check --output-format json`"));
            }
            j.array(|j, _| report.diagnostic(j, interner, evidence)).map(drop)
        })?;
        evidence.producers.push(Producer { name: "Ruff".into(), version: None });
        evidence.proves(Kind::StaticAnalysis);
        evidence.count("findings", report.findings);
        evidence.count("by_severity", report.by_severity);
        evidence.count("by_prefix", report.by_prefix);
        evidence.count("syntax_errors", report.syntax_errors);
        Ok(())
    }
}

#[derive(Default)]
struct Report {
    findings: u64,
    syntax_errors: u64,
    by_severity: Tally,
    by_prefix: Tally,
}

impl Report {
    fn diagnostic(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        self.findings += 1;
        let at = j.position();
        let mut finding =
            Finding::new(interner.get("Ruff"), interner.get(""), Severity::Unknown, interner.get(""));
        let mut place = Location::default();
        let (mut severity, mut has_message) = (None, false);
        let was_object = j.object(|j, key| {
            match key {
                "code" => finding.rule = j.text(interner)?.unwrap_or_default(),
                "message" => {
                    if let Some(message) = j.text(interner)? {
                        has_message = true;
                        finding.message = message;
                    }
                }
                "severity" => severity = j.str()?,
                "filename" => {
                    place.path = j.str()?.map(|path| interner.get(&relative_path(&path))).unwrap_or_default();
                }
                "location" => {
                    j.object(|j, key| {
                        match key {
                            "row" => place.line = j.line()?.unwrap_or_default(),
                            "column" => place.column = j.line()?.unwrap_or_default(),
                            _ => {}
                        }
                        Ok(())
                    })?;
                }
                "end_location" => {
                    j.object(|j, key| {
                        if key == "row" {
                            place.end_line = j.line()?.unwrap_or_default();
                        }
                        Ok(())
                    })?;
                }
                "name" => finding.details_mut().title = j.text(interner)?,
                "url" => {
                    if let Some(url) = j.text(interner)? {
                        finding.details_mut().url = Some(url);
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        self.by_severity.add(severity.as_deref().unwrap_or("(none)"));
        self.by_prefix.add(prefix(&finding.rule));
        if !was_object || !has_message {
            if was_object {
                j.record(at, "a diagnostic without `message`");
            }
            finding.message = interner.get("a diagnostic that could not be read");
            finding.category = Some(Category::Lint);
        } else if is_failure(&finding.rule) {
            self.syntax_errors += 1;
            finding.rule = interner.get(Finding::TOOL_FAILURE);
            finding.category = Some(Category::Lint);
        } else {
            // Before 0.13 there was no `severity`, and everything was an error.
            finding.severity = severity.as_deref().map_or(Severity::High, Severity::from_word);
            finding.category = Some(category(&finding.rule));
            if matches!(&*finding.rule, "S105" | "S106" | "S107")
                && let Some((before, _)) = finding.message.split_once(':')
            {
                // Old versions quote the password behind it, new ones the variable.
                finding.message = interner.get(before);
            }
        }
        finding.location = (!place.path.is_empty()).then_some(place);
        evidence.findings.push(finding);
        Ok(())
    }
}

/// Whether the file could not be parsed (`code` null in old versions, E999) or opened (E902).
fn is_failure(code: &str) -> bool {
    matches!(code, "" | "invalid-syntax" | "syntax-error" | "E999" | "E902" | "io-error")
}

fn category(code: &str) -> Category {
    match code {
        "C901" => Category::Complexity,
        "unformatted" => Category::Format,
        // flake8-bandit is `S` and digits; `SIM` and `SLF` are others.
        _ if code.strip_prefix('S').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) => {
            Category::Sast
        }
        _ => Category::Lint,
    }
}

/// The letters that name the linter: `UP` of `UP035`.
fn prefix(code: &str) -> &str {
    match code.split(|c: char| !c.is_ascii_alphabetic()).next() {
        Some(letters) if !letters.is_empty() => letters,
        _ => "(none)",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_letters_before_the_first_digit_or_dash_are_the_prefix() {
        assert_eq!(["UP035", "invalid-syntax", ""].map(super::prefix), ["UP", "invalid", "(none)"]);
    }
}
