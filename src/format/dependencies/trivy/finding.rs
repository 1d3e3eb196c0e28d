//! The four kinds of findings in a result.

use std::collections::HashSet;

use super::blank;
use crate::format::Tally;
use crate::model::{
    Category, Evidence, Finding, Location, Package, Severity, Suppression, SuppressionKind, Text,
};
use crate::read::{Interner, Json, JsonKind, ParseError, relative_path};

/// What a list holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    Vulnerability,
    Misconfiguration,
    Secret,
    License,
}

/// Counts of what was read, suppressed findings left out.
#[derive(Default)]
pub(super) struct Counts {
    vulnerabilities: u64,
    by_severity: Tally,
    ids: HashSet<Text, foldhash::fast::RandomState>,
    fixable: u64,
    failed: Tally,
    failed_checks: u64,
    not_failed: u64,
    secrets: Tally,
    licenses: Tally,
}

impl Counts {
    /// Checks that failed.
    pub(super) fn failed_checks(&self) -> u64 {
        self.failed_checks
    }

    /// Writes the counts down.
    pub(super) fn state(self, evidence: &mut Evidence) {
        evidence.count("vulnerabilities", self.vulnerabilities);
        evidence.count("vuln_by_severity", self.by_severity);
        evidence.count("distinct_vuln_ids", self.ids.len());
        evidence.count("fixable", self.fixable);
        evidence.count("misconf_fail", self.failed);
        evidence.count("misconf_nonfail", self.not_failed);
        evidence.count("secrets", self.secrets);
        evidence.count("licenses", self.licenses);
    }
}

/// Reads one item of a list; a check that did not fail is none.
pub(super) fn read(
    j: &mut Json<'_>,
    flaw: Flaw,
    interner: &mut Interner,
    counts: &mut Counts,
) -> Result<Option<Finding>, ParseError> {
    let is_object = j.kind() == Some(JsonKind::Object);
    let at = j.position();
    let finding = match flaw {
        Flaw::Vulnerability => Some(vulnerability(j, interner, counts)?),
        Flaw::Misconfiguration => misconfiguration(j, interner, counts)?,
        Flaw::Secret => Some(secret(j, interner, counts)?),
        Flaw::License => Some(license(j, interner, counts)?),
    };
    Ok(finding.map(|mut finding| {
        if finding.rule.is_empty() {
            if is_object {
                j.record(at, "a finding without a name");
            }
            finding.severity = Severity::Unknown;
        }
        if finding.message.is_empty() {
            finding.message = if finding.rule.is_empty() {
                interner.get("a finding that could not be read")
            } else {
                Text::clone(&finding.rule)
            };
        }
        finding
    }))
}

/// A finding that an ignore file or a VEX document took out of the result.
pub(super) fn modified(j: &mut Json<'_>, interner: &mut Interner) -> Result<Finding, ParseError> {
    let (mut kind, mut status, mut statement) = (None, None, None);
    let mut place = None;
    let at = j.position();
    j.object(|j, key| {
        match key {
            "Type" => kind = j.str()?,
            "Status" => status = j.str()?,
            "Statement" => statement = j.str()?.filter(|s| !s.is_empty()),
            "Finding" => {
                let start = j.position();
                j.skip()?;
                place = Some((start, j.position()));
            }
            _ => {}
        }
        Ok(())
    })?;
    let flaw = match kind.as_deref() {
        Some("vulnerability") => Some(Flaw::Vulnerability),
        Some("misconfiguration") => Some(Flaw::Misconfiguration),
        Some("secret") => Some(Flaw::Secret),
        Some("license") => Some(Flaw::License),
        _ => None,
    };
    let mut finding = None;
    if let (Some(flaw), Some((start, end))) = (flaw, place) {
        // The keys before it say what it is, but they may as well stand behind it.
        let mut part = j.part(start, end);
        finding = read(&mut part, flaw, interner, &mut Counts::default())?;
        j.absorb(part);
    } else {
        j.record(at, "a modified finding without a known `Type` and a `Finding`");
    }
    let mut finding = finding.unwrap_or_else(|| {
        let mut finding = blank(Category::Sca, interner);
        finding.message = interner.get("a modified finding that could not be read");
        finding
    });
    let status = status.as_deref().unwrap_or_default();
    let kind = match status {
        "ignored" => Some(SuppressionKind::Tool),
        "not_affected" | "fixed" => Some(SuppressionKind::Vex),
        _ => None,
    };
    if let Some(kind) = kind {
        let reason = match statement {
            Some(statement) => interner.get(&format!("{status}: {statement}")),
            None => interner.get(status),
        };
        finding.suppression = Some(Box::new(Suppression { kind, reason, in_force: false }));
    }
    Ok(finding)
}

fn vulnerability(
    j: &mut Json<'_>,
    interner: &mut Interner,
    counts: &mut Counts,
) -> Result<Finding, ParseError> {
    counts.vulnerabilities += 1;
    let mut finding = blank(Category::Sca, interner);
    let mut place = Location::default();
    let mut package = Package::default();
    let mut word = None;
    let mut scores = Scores::default();
    let mut description = None;
    j.object(|j, key| {
        match key {
            "VulnerabilityID" => finding.rule = j.text(interner)?.unwrap_or_default(),
            "VendorIDs" => {
                // Others are advisories, which speak of several flaws at once.
                let mut names = j.texts(interner)?;
                names.retain(|name| name.starts_with("GHSA-") || name.starts_with("CVE-"));
                if !names.is_empty() {
                    names.sort_unstable();
                    finding.details_mut().aliases = names;
                }
            }
            "PkgName" => package.name = j.text(interner)?.unwrap_or_default(),
            "PkgPath" => {
                place.path = j.str()?.map(|path| interner.get(&relative_path(&path))).unwrap_or_default();
            }
            "PkgIdentifier" => {
                j.object(|j, key| {
                    if key == "PURL" {
                        package.purl = j.text(interner)?.filter(|purl| !purl.is_empty());
                    }
                    Ok(())
                })?;
            }
            "InstalledVersion" => package.version = j.text(interner)?.unwrap_or_default(),
            "FixedVersion" => package.fixed_version = j.text(interner)?.filter(|v| !v.is_empty()),
            "Title" => finding.message = j.text(interner)?.unwrap_or_default(),
            "Description" => description = j.str()?,
            "PrimaryURL" => finding.details_mut().url = j.text(interner)?.filter(|url| !url.is_empty()),
            "Severity" => word = j.str()?,
            "CweIDs" => {
                let mut cwe = j.texts(interner)?;
                cwe.sort_unstable();
                cwe.dedup();
                finding.details_mut().cwe = cwe;
            }
            "CVSS" => {
                j.object(|j, _source| j.object(|j, key| scores.read(j, key)).map(drop))?;
            }
            _ => {}
        }
        Ok(())
    })?;
    let word = word.as_deref().unwrap_or("(none)");
    counts.by_severity.add(word);
    if !finding.rule.is_empty() {
        counts.ids.insert(Text::clone(&finding.rule));
    }
    counts.fixable += u64::from(package.fixed_version.is_some());
    finding.severity = scores.worst(word);
    if finding.message.is_empty()
        && let Some(first) =
            description.as_deref().and_then(|text| text.lines().find(|l| !l.trim().is_empty()))
    {
        finding.message = interner.get(first.trim());
    }
    if !package.name.is_empty() {
        let symbol = format!("{}@{}", package.name, package.version);
        place.symbol = Some(interner.get(symbol.trim_end_matches('@')));
    }
    let details = finding.details_mut();
    details.cvss = scores.highest();
    details.package = Some(package);
    finding.location = Some(place);
    Ok(finding)
}

/// The highest scores over all sources.
#[derive(Default)]
struct Scores {
    /// Of CVSS 3 and 4.
    modern: f64,
    /// Of CVSS 2, whose scale is another.
    old: f64,
    /// Whether one lay outside 0 to 10.
    absurd: bool,
}

impl Scores {
    fn read(&mut self, j: &mut Json<'_>, key: &str) -> Result<(), ParseError> {
        let highest = match key {
            "V3Score" | "V40Score" => &mut self.modern,
            "V2Score" => &mut self.old,
            _ => return Ok(()),
        };
        let at = j.position();
        let Some(score) = j.number()? else { return Ok(()) };
        if (0.0..=10.0).contains(&score) {
            *highest = highest.max(score);
        } else {
            self.absurd = true;
            j.record(at, format!("expected a score from 0 to 10, found {score}"));
        }
        Ok(())
    }

    /// The score that counts; Trivy writes none as 0 or leaves it out.
    fn highest(&self) -> Option<f64> {
        [self.modern, self.old].into_iter().find(|score| *score > 0.0)
    }

    /// The worse of the tool's word and the score. `UNKNOWN` only says that no source gave a word.
    fn worst(&self, word: &str) -> Severity {
        if self.absurd {
            return Severity::Unknown;
        }
        let said = Severity::from_word(word);
        match self.highest().map(Severity::from_score) {
            None => said,
            Some(scored) if word.eq_ignore_ascii_case("unknown") => scored,
            Some(scored) => said.max(scored),
        }
    }
}

fn misconfiguration(
    j: &mut Json<'_>,
    interner: &mut Interner,
    counts: &mut Counts,
) -> Result<Option<Finding>, ParseError> {
    let mut finding = blank(Category::Iac, interner);
    let mut place = Location::default();
    let (mut word, mut status) = (None, None);
    j.object(|j, key| {
        match key {
            "ID" => finding.rule = j.text(interner)?.unwrap_or_default(),
            "Title" => finding.details_mut().title = j.text(interner)?,
            "Message" => finding.message = j.text(interner)?.unwrap_or_default(),
            "Resolution" => finding.details_mut().help = j.text(interner)?,
            "PrimaryURL" => finding.details_mut().url = j.text(interner)?.filter(|url| !url.is_empty()),
            "Severity" => word = j.str()?,
            "Status" => status = j.str()?,
            "CauseMetadata" => {
                j.object(|j, key| {
                    match key {
                        "Resource" => place.symbol = j.text(interner)?.filter(|name| !name.is_empty()),
                        "StartLine" => place.line = j.line()?.unwrap_or_default(),
                        "EndLine" => place.end_line = j.line()?.unwrap_or_default(),
                        _ => {}
                    }
                    Ok(())
                })?;
            }
            _ => {}
        }
        Ok(())
    })?;
    // Anything but the two known words for "does not count" is a failed check.
    if matches!(status.as_deref(), Some("PASS" | "EXCEPTION")) {
        counts.not_failed += 1;
        return Ok(None);
    }
    let word = word.as_deref().unwrap_or("(none)");
    counts.failed.add(word);
    counts.failed_checks += 1;
    finding.severity = Severity::from_word(word);
    if finding.message.is_empty()
        && let Some(title) = finding.details.as_ref().and_then(|details| details.title.clone())
    {
        finding.message = title;
    }
    finding.location = Some(place);
    Ok(Some(finding))
}

fn secret(j: &mut Json<'_>, interner: &mut Interner, counts: &mut Counts) -> Result<Finding, ParseError> {
    let mut finding = blank(Category::Secret, interner);
    let mut place = Location::default();
    let mut word = None;
    j.object(|j, key| {
        match key {
            "RuleID" => finding.rule = j.text(interner)?.unwrap_or_default(),
            "Title" => finding.message = j.text(interner)?.unwrap_or_default(),
            "Category" => finding.details_mut().tags.extend(j.text(interner)?),
            "Severity" => word = j.str()?,
            "StartLine" => place.line = j.line()?.unwrap_or_default(),
            "EndLine" => place.end_line = j.line()?.unwrap_or_default(),
            _ => {}
        }
        Ok(())
    })?;
    let word = word.as_deref().unwrap_or("(none)");
    counts.secrets.add(word);
    finding.severity = Severity::from_word(word);
    finding.location = Some(place);
    Ok(finding)
}

fn license(j: &mut Json<'_>, interner: &mut Interner, counts: &mut Counts) -> Result<Finding, ParseError> {
    let mut finding = blank(Category::License, interner);
    let mut place = Location::default();
    let (mut word, mut package, mut category) = (None, None, None);
    j.object(|j, key| {
        match key {
            "Name" => finding.rule = j.text(interner)?.unwrap_or_default(),
            "PkgName" => package = j.text(interner)?.filter(|name| !name.is_empty()),
            "Category" => category = j.text(interner)?.filter(|name| !name.is_empty()),
            "Severity" => word = j.str()?,
            "FilePath" => {
                place.path = j.str()?.map(|path| interner.get(&relative_path(&path))).unwrap_or_default();
            }
            "Link" => finding.details_mut().url = j.text(interner)?.filter(|url| !url.is_empty()),
            _ => {}
        }
        Ok(())
    })?;
    let word = word.as_deref().unwrap_or("(none)");
    counts.licenses.add(word);
    finding.severity = Severity::from_word(word);
    if !finding.rule.is_empty() {
        let kind = category.as_deref().unwrap_or("of unknown kind");
        finding.message = interner.get(&format!("licence {} ({kind})", finding.rule));
    }
    if let Some(category) = category {
        finding.details_mut().tags.push(category);
    }
    if let Some(name) = package {
        place.symbol = Some(Text::clone(&name));
        finding.details_mut().package = Some(Package { name, ..Package::default() });
    }
    finding.location = Some(place);
    Ok(finding)
}
