//! gitleaks' JSON report: the keys of version 8 and those of version 7.
//!
//! What was found (`Secret`, `Match`, `Line`, `offender`, `line`, links to it) and who wrote it is never read:
//! messages are made of the rule's description. Two equal entries are two findings.

use std::collections::HashSet;

use crate::format::{Clean, Document, Format, Info, Tally};
use crate::model::{Category, Evidence, Finding, Kind, Location, Producer, Severity, Text};
use crate::read::{Head, Interner, Json, JsonKind, Keys, ParseError, relative_path};

/// Reads gitleaks' JSON.
pub(crate) struct Gitleaks;

static INFO: Info = Info {
    id: "gitleaks",
    title: "gitleaks JSON",
    kinds: &[Kind::SecurityScan],
    producers: &["gitleaks"],
    detection: "array whose first item has `RuleID`, `File`, `StartLine` and `Fingerprint` or `Secret` (version 8), \
                or `rule`, `file`, `offender` and `commit` (version 7)",
    clean: Clean::EmptyArray,
};

impl Format for Gitleaks {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        let keys = head.first_item();
        let version_8 = keys.has_kind("RuleID", JsonKind::String)
            && keys.has("File")
            && keys.has("StartLine")
            && (keys.has("Fingerprint") || keys.has("Secret"));
        let version_7 = keys.has_kind("rule", JsonKind::String)
            && keys.has("file")
            && keys.has("offender")
            && keys.has("commit");
        version_8 || version_7
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut report = Report::default();
        document.json(evidence, |j, interner, evidence| {
            if j.kind() != Some(JsonKind::Array) {
                return Err(j.fail("expected an array").help("write the report with `gitleaks -f json`"));
            }
            j.array(|j, _| report.leak(j, interner, evidence)).map(drop)
        })?;
        evidence.producers.push(Producer { name: "gitleaks".into(), version: None });
        evidence.proves(Kind::SecurityScan);
        evidence.count("findings", report.findings);
        evidence.count("by_rule", report.by_rule);
        evidence.count("distinct_fingerprints", report.fingerprints.len());
        Ok(())
    }
}

#[derive(Default)]
struct Report {
    findings: u64,
    by_rule: Tally,
    fingerprints: HashSet<Box<str>, foldhash::fast::RandomState>,
}

impl Report {
    fn leak(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        self.findings += 1;
        let at = j.position();
        let mut place = Location::default();
        let (mut rule, mut description, mut commit) = (None, None, None);
        let mut tags = Vec::new();
        let was_object = j.object(|j, key| {
            match key {
                "RuleID" | "rule" => rule = j.text(interner)?,
                "Description" => description = j.str()?,
                "File" | "file" => {
                    place.path = j.str()?.map(|path| interner.get(&relative_path(&path))).unwrap_or_default();
                }
                "StartLine" | "lineNumber" => place.line = j.line()?.unwrap_or_default(),
                "StartColumn" => place.column = j.line()?.unwrap_or_default(),
                "EndLine" => place.end_line = j.line()?.unwrap_or_default(),
                "Commit" | "commit" => commit = j.str()?,
                "Tags" => tags = j.texts(interner)?,
                "Fingerprint" => {
                    if let Some(print) = j.str()?
                        && !print.is_empty()
                        && !self.fingerprints.contains(&*print)
                    {
                        self.fingerprints.insert(print.into());
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        let rule = rule.unwrap_or_default();
        let readable = was_object && !rule.is_empty();
        if was_object && rule.is_empty() {
            j.record(at, "a leak without `RuleID`");
        }
        self.by_rule.add(if rule.is_empty() { "(none)" } else { &rule });
        // gitleaks has no severities.
        let severity = if readable { Severity::High } else { Severity::Unknown };
        let message = message(&rule, description.as_deref(), commit.as_deref());
        let mut finding = Finding::new(interner.get("gitleaks"), rule, severity, interner.get(&message));
        finding.category = Some(Category::Secret);
        if !tags.is_empty() {
            finding.details_mut().tags = tags;
        }
        finding.location = (!place.path.is_empty()).then_some(place);
        evidence.findings.push(finding);
        Ok(())
    }
}

fn message(rule: &Text, description: Option<&str>, commit: Option<&str>) -> String {
    let mut message = match description.map(str::trim) {
        Some(description) if !description.is_empty() => description.to_owned(),
        _ if rule.is_empty() => "a leak that could not be read".to_owned(),
        _ => format!("secret found by the rule `{rule}`"),
    };
    let short =
        commit.and_then(|commit| commit.get(..7)).filter(|c| c.bytes().all(|b| b.is_ascii_hexdigit()));
    if let Some(short) = short {
        message.push_str(&format!(" (in commit {short})"));
    }
    message
}
