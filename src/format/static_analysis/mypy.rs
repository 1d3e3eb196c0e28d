//! mypy's JSON lines (`mypy --output json`): one object per line and nothing else.
//!
//! Lines count from 1, columns from 0, and -1 stands for "not known". A clean run is one line end.

use crate::format::{Clean, Document, Format, Info, Tally};
use crate::model::{Category, Evidence, Finding, Kind, Location, Producer, Severity};
use crate::read::{Head, Interner, Json, JsonKind, Keys, ParseError, relative_path};

/// Reads mypy's JSON lines.
pub(crate) struct Mypy;

static INFO: Info = Info {
    id: "mypy",
    title: "mypy JSON lines",
    kinds: &[Kind::StaticAnalysis],
    producers: &["mypy"],
    detection: "JSON lines whose first object has `file`, `line`, `column`, `message`, `hint`, `code` and `severity`",
    clean: Clean::BlankText,
};

impl Format for Mypy {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        let keys = head.first_line();
        keys.has_kind("file", JsonKind::String)
            && keys.has_kind("line", JsonKind::Number)
            && keys.has_kind("column", JsonKind::Number)
            && keys.has_kind("message", JsonKind::String)
            && keys.has_kind("severity", JsonKind::String)
            && keys.has("hint")
            && keys.has("code")
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        if document.text.trim().is_empty() && !document.text.contains('\n') {
            return Err(ParseError::whole("the file is empty")
                .help("mypy writes one line end when it finds nothing: did it run?"));
        }
        let mut report = Report::default();
        document.json_values(evidence, |j, interner, evidence| report.line(j, interner, evidence))?;
        evidence.producers.push(Producer { name: "mypy".into(), version: None });
        evidence.proves(Kind::StaticAnalysis);
        evidence.count("lines", report.lines);
        evidence.count("by_severity", report.by_severity);
        evidence.count("syntax_errors", report.syntax_errors);
        Ok(())
    }
}

#[derive(Default)]
struct Report {
    lines: u64,
    syntax_errors: u64,
    by_severity: Tally,
}

impl Report {
    fn line(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        if j.kind() != Some(JsonKind::Object) {
            return Err(j.fail("expected an object").help("write the report with `mypy --output json`"));
        }
        self.lines += 1;
        let at = j.position();
        let mut finding =
            Finding::new(interner.get("mypy"), interner.get(""), Severity::Unknown, interner.get(""));
        finding.category = Some(Category::Type);
        let mut place = Location::default();
        let mut severity = None;
        j.object(|j, key| {
            match key {
                "file" => {
                    place.path = j.str()?.map(|path| interner.get(&relative_path(&path))).unwrap_or_default();
                }
                "line" => place.line = position(j, 0)?,
                "column" => place.column = position(j, 1)?,
                "end_line" => place.end_line = position(j, 0)?,
                "message" => finding.message = j.text(interner)?.unwrap_or_default(),
                "hint" => {
                    if let Some(hint) = j.text(interner)? {
                        finding.details_mut().help = Some(hint);
                    }
                }
                "code" => finding.rule = j.text(interner)?.unwrap_or_default(),
                "severity" => severity = j.str()?,
                _ => {}
            }
            Ok(())
        })?;
        let word = severity.as_deref().unwrap_or("(none)");
        self.by_severity.add(word);
        if &*finding.rule == "syntax" || word == "fatal" {
            // mypy stops at a file that it cannot parse: nothing of the program was checked.
            self.syntax_errors += 1;
            finding.rule = interner.get(Finding::TOOL_FAILURE);
        } else {
            finding.severity = match word {
                "note" => Severity::Info,
                word => Severity::from_word(word),
            };
            if finding.rule.is_empty() {
                finding.rule = interner.get("mypy");
            }
        }
        if finding.message.is_empty() {
            j.record(at, "a line without `message`");
            finding.severity = Severity::Unknown;
            finding.message = interner.get("a line that could not be read");
        }
        finding.location = (!place.path.is_empty()).then_some(place);
        evidence.findings.push(finding);
        Ok(())
    }
}

/// A line or column number counted from 1; 0 for -1.
fn position(j: &mut Json<'_>, add: u32) -> Result<u32, ParseError> {
    Ok(match j.number()? {
        Some(number) if number >= 0.0 => (number as u32).saturating_add(add),
        _ => 0,
    })
}
