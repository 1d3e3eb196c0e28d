//! Trivy's JSON report, schema version 2 (`trivy image|fs|repo|config|sbom -f json`), and its report of a cluster
//! (`trivy k8s -f json`).
//!
//! A result without findings is a clean one; a report without `Results` looked at nothing. Code and matches of
//! secrets are never read.

mod finding;

use crate::format::{Clean, Document, Format, Info};
use crate::model::{Category, Evidence, Finding, Kind, Location, Producer, Severity, Text};
use crate::read::{Head, Interner, Json, JsonKind, Keys, ParseError, relative_path, timestamp};
use finding::{Counts, Flaw};

/// Reads Trivy's JSON.
pub(crate) struct Trivy;

static INFO: Info = Info {
    id: "trivy",
    title: "Trivy JSON",
    kinds: &[Kind::SecurityScan],
    producers: &["Trivy"],
    detection: "object with `SchemaVersion` (number) and `ArtifactName` or `ArtifactType`, or with `ClusterName` and \
                `Resources` or `Findings` (arrays)",
    clean: Clean::Recognisable,
};

impl Format for Trivy {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        let keys = head.object();
        let artifact = keys.has_kind("SchemaVersion", JsonKind::Number)
            && (keys.has("ArtifactName") || keys.has("ArtifactType"));
        let cluster = keys.has("ClusterName") && LISTS.iter().any(|key| keys.has_kind(key, JsonKind::Array));
        artifact || cluster
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut report = Report::default();
        document.json(evidence, |j, interner, evidence| report.read(j, interner, evidence))?;
        report.finish(evidence);
        Ok(())
    }
}

/// Where a report of a cluster keeps its resources, by version and kind of report.
const LISTS: [&str; 4] = ["Resources", "Findings", "Vulnerabilities", "Misconfigurations"];

#[derive(Default)]
struct Report {
    has_results: bool,
    results: u64,
    packages: u64,
    suppressed: u64,
    counts: Counts,
    version: Option<Text>,
    /// Whether packages of the operating system are those of an image.
    image: bool,
    /// Failures that the results sum up, and those that they list.
    misconfigurations: (u64, u64),
}

impl Report {
    fn read(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        if j.kind() != Some(JsonKind::Object) {
            return Err(j.fail("expected an object").help("write the report with `trivy ... --format json`"));
        }
        j.object(|j, key| {
            match key {
                "SchemaVersion" => {
                    let at = j.position();
                    if let Some(version) = j.unsigned()? {
                        if version != 2 {
                            return Err(ParseError::at(
                                at,
                                format!("schema version {version} of Trivy is not supported"),
                            )
                            .help("version 2 is read: use Trivy 0.20 or later"));
                        }
                        evidence.format_version = interner.get("2");
                    }
                }
                "CreatedAt" => evidence.produced_at = j.str()?.and_then(|t| timestamp(&t)),
                "ArtifactType" => self.image |= j.str()?.is_some_and(|kind| kind == "container_image"),
                "Trivy" => {
                    j.object(|j, key| {
                        if key == "Version" {
                            self.version = j.text(interner)?;
                        }
                        Ok(())
                    })?;
                }
                "Metadata" => metadata(j, interner, evidence)?,
                "Results" => {
                    self.has_results = j.array(|j, _| self.result(j, interner, evidence))?;
                }
                "ClusterName" => self.image = true,
                key if LISTS.contains(&key) => {
                    self.has_results |= j.array(|j, _| self.resource(j, interner, evidence))?;
                }
                _ => {}
            }
            Ok(())
        })
        .map(drop)
    }

    fn finish(self, evidence: &mut Evidence) {
        evidence.producers.push(Producer { name: "Trivy".into(), version: self.version });
        if !self.has_results {
            evidence.incomplete("results-absent", "`Results` is absent or null: nothing was scanned");
        } else if self.results == 0 {
            evidence.incomplete("nothing-tested", "the report holds no result: nothing was scanned");
        } else {
            evidence.proves(Kind::SecurityScan);
        }
        let (claimed, listed) = self.misconfigurations;
        if claimed != listed {
            evidence.warn(
                "totals-contradict-results",
                format!("the summaries claim {claimed} failed checks, {listed} are listed; the list counts"),
            );
        }
        if !self.image {
            // Packages of a machine's or a bill's operating system are dependencies like any other.
            for finding in &mut evidence.findings {
                if finding.category == Some(Category::Container) {
                    finding.category = Some(Category::Sca);
                }
            }
        }
        evidence.count("results", self.results);
        evidence.count("results_missing", !self.has_results);
        evidence.count("packages", self.packages);
        evidence.count("suppressed_modified", self.suppressed);
        self.counts.state(evidence);
    }

    /// One object of a cluster.
    fn resource(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        let first = evidence.findings.len();
        let (mut namespace, mut kind, mut name) = (None, None, None);
        let mut failure = None;
        let was_object = j.object(|j, key| {
            match key {
                "Namespace" => namespace = j.str()?,
                "Kind" => kind = j.str()?,
                "Name" => name = j.str()?,
                "Error" => failure = j.str()?.filter(|error| !error.is_empty()),
                "Results" => {
                    j.array(|j, _| self.result(j, interner, evidence))?;
                }
                _ => {}
            }
            Ok(())
        })?;
        let parts = [namespace, kind, name];
        let parts: Vec<&str> = parts.iter().flatten().map(|s| &**s).filter(|s| !s.is_empty()).collect();
        let path = interner.get(&parts.join("/"));
        for finding in evidence.findings.iter_mut().skip(first) {
            let place = finding.location.get_or_insert_default();
            if place.path.is_empty() {
                place.path = Text::clone(&path);
            }
        }
        if failure.is_some() || !was_object {
            let place = Location { path, ..Location::default() };
            let reason = failure.as_deref().unwrap_or("a resource that could not be read");
            evidence.tool_failure("Trivy", Category::Iac, Some(place), reason);
        }
        Ok(())
    }

    fn result(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        self.results += 1;
        let first = evidence.findings.len();
        let (mut target, mut os) = (None, false);
        let failed_before = self.counts.failed_checks();
        let mut claimed = None;
        let was_object = j.object(|j, key| {
            match key {
                "Target" => target = j.str()?,
                "Class" => os = j.str()?.is_some_and(|class| class == "os-pkgs"),
                "Packages" => {
                    j.array(|_, _| {
                        self.packages += 1;
                        Ok(())
                    })?;
                }
                "Vulnerabilities" => self.flaws(j, Flaw::Vulnerability, interner, evidence)?,
                "Misconfigurations" => self.flaws(j, Flaw::Misconfiguration, interner, evidence)?,
                "Secrets" => self.flaws(j, Flaw::Secret, interner, evidence)?,
                "Licenses" => self.flaws(j, Flaw::License, interner, evidence)?,
                "MisconfSummary" => {
                    j.object(|j, key| {
                        if key == "Failures" {
                            claimed = j.unsigned()?;
                        }
                        Ok(())
                    })?;
                }
                "ExperimentalModifiedFindings" => {
                    j.array(|j, _| {
                        self.suppressed += 1;
                        evidence.findings.push(finding::modified(j, interner)?);
                        Ok(())
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        if !was_object {
            broken(evidence, "a result that could not be read");
        }
        if let Some(claimed) = claimed {
            let listed = self.counts.failed_checks() - failed_before;
            self.misconfigurations.0 = self.misconfigurations.0.saturating_add(claimed);
            self.misconfigurations.1 += listed;
        }
        let target = interner.get(&relative_path(target.as_deref().unwrap_or_default()));
        for finding in evidence.findings.iter_mut().skip(first) {
            if os && finding.category == Some(Category::Sca) {
                finding.category = Some(Category::Container);
            }
            let place = finding.location.get_or_insert_default();
            if place.path.is_empty() {
                place.path = Text::clone(&target);
            }
        }
        Ok(())
    }

    fn flaws(
        &mut self,
        j: &mut Json<'_>,
        flaw: Flaw,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        let absent = j.kind() == Some(JsonKind::Null);
        let was_array = j.array(|j, _| {
            evidence.findings.extend(finding::read(j, flaw, interner, &mut self.counts)?);
            Ok(())
        })?;
        if !was_array && !absent {
            broken(evidence, "a list of findings that could not be read");
        }
        Ok(())
    }
}

/// What hides an unknown number of findings counts as one of unknown severity.
fn broken(evidence: &mut Evidence, message: &str) {
    evidence.tool_failure("Trivy", Category::Sca, None, message);
}

fn metadata(j: &mut Json<'_>, interner: &mut Interner, evidence: &mut Evidence) -> Result<(), ParseError> {
    j.object(|j, key| {
        match key {
            "OS" => {
                let (mut family, mut name, mut ended) = (None, None, false);
                j.object(|j, key| {
                    match key {
                        "Family" => family = j.str()?,
                        "Name" => name = j.str()?,
                        "EOSL" => ended = j.bool()? == Some(true),
                        _ => {}
                    }
                    Ok(())
                })?;
                if ended {
                    let (family, name) = (family.unwrap_or_default(), name.unwrap_or_default());
                    evidence.warn(
                        "os-end-of-life",
                        format!(
                            "{family} {name} gets no security updates any more: flaws of it may be unlisted"
                        ),
                    );
                }
            }
            "RepoDigests" => {
                let mut digests: Vec<Text> = Vec::new();
                j.array(|j, _| {
                    let name = j.str()?.unwrap_or_default();
                    let digest = name.rsplit_once('@').map(|(_, digest)| digest.to_ascii_lowercase());
                    if let Some(digest) = digest.filter(|d| is_sha256(d)) {
                        digests.push(interner.get(&digest));
                    }
                    Ok(())
                })?;
                digests.sort_unstable();
                digests.dedup();
                if digests.len() == 1 {
                    evidence.subject.digest = digests.pop();
                }
            }
            "Commit" => {
                let commit = j.str()?.map(|commit| commit.to_ascii_lowercase());
                evidence.subject.commit =
                    commit.filter(|c| c.len() >= 40 && is_hex(c)).map(|c| interner.get(&c));
            }
            _ => {}
        }
        Ok(())
    })
    .map(drop)
}

fn is_sha256(digest: &str) -> bool {
    digest.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && is_hex(hex))
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A finding of the given kind, to be filled.
fn blank(category: Category, interner: &mut Interner) -> Finding {
    let mut finding =
        Finding::new(interner.get("Trivy"), interner.get(""), Severity::Unknown, interner.get(""));
    finding.category = Some(category);
    finding
}
