//! SARIF 2.1.0 (OASIS Standard with Errata 01) of any producer.
//!
//! It reads runs (§3.14): the driver and its extensions with their rules (§3.18, §3.19, §3.49), invocations with
//! notifications and overrides (§3.20, §3.51, §3.58), artifacts (§3.24), results (§3.27) and the revision
//! (§3.14.10). Results are often written before the rules that tell how bad they are, so each becomes a finding
//! at once and is judged when its run ends.
//!
//! It never reads snippets, fingerprints, code flows, graphs, command lines or fixes, takes no suppression for
//! granted, and keeps no text in which a secret scanner may quote what it found.

mod invocation;
mod judge;
mod result;
mod rule;
mod run;
mod text;

use crate::format::{Clean, Document, Format, Info};
use crate::model::{Evidence, Kind, Text};
use crate::read::{Head, Interner, Json, Keys, ParseError};

use run::Run;

/// Reads SARIF 2.1.0.
pub(crate) struct Sarif;

static INFO: Info = Info {
    id: "sarif",
    title: "SARIF 2.1.0",
    kinds: &[Kind::StaticAnalysis, Kind::SecurityScan],
    producers: &[
        "Bandit",
        "Checkmarx One",
        "Checkov",
        "Checkstyle",
        "Clippy (clippy-sarif)",
        "CodeQL",
        "ESLint",
        "flake8 (flake8-sarif)",
        "gitleaks",
        "gosec",
        "Hadolint",
        "jscpd",
        "kube-score",
        "Mayhem Code Security",
        "PMD",
        "Regal",
        "Ruff",
        "Scorecard",
        "Semgrep",
        "Spectral",
        "SpotBugs",
        "Staticcheck",
        "Trivy",
    ],
    detection: "object with `runs` and either `version` that starts with `2.` or `$schema` that names SARIF",
    clean: Clean::Recognisable,
};

/// The version that is read.
const VERSION: &str = "2.1.0";

impl Format for Sarif {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        let keys = head.object();
        keys.has("runs")
            && (keys.text("version").is_some_and(|version| version.starts_with("2."))
                || keys.text("$schema").is_some_and(names_sarif))
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut report = Report::default();
        document.json(evidence, |j, interner, evidence| report.read(j, interner, evidence))?;
        report.finish(evidence)
    }
}

fn names_sarif(schema: &str) -> bool {
    schema.to_ascii_lowercase().contains("sarif")
}

/// What all runs of a file add up to.
#[derive(Default)]
struct Report {
    version: Option<Text>,
    schema: String,
    sums: Sums,
    /// Distinct revisions with their repository and branch.
    revisions: Vec<invocation::Revision>,
}

/// Counts over all runs, and what they have in common that is told once.
#[derive(Default)]
struct Sums {
    runs: u64,
    results: u64,
    failing: u64,
    levels: [u64; rule::Level::ALL.len()],
    active_levels: [u64; rule::Level::ALL.len()],
    suppressed: u64,
    runs_results_null: u64,
    execution_failed: u64,
    /// Runs without results, and the first of them.
    without_results: Repeated,
    /// Failed invocations, and the first of them.
    failed: Repeated,
    /// Invocations that do not say whether they succeeded.
    unsaid: Repeated,
    /// Places where results lie in other files.
    elsewhere: Repeated,
    /// Runs that know no rule and have no result.
    without_rules: Repeated,
    /// Runs that have no result, know no rule and do not even say which tool ran.
    without_tool: Repeated,
    /// Runs whose driver has no name.
    unnamed: Repeated,
    /// Results whose rule index points nowhere.
    out_of_range: Repeated,
    /// Results whose rule index and rule id name different rules.
    contradictions: Repeated,
    /// Results that are not failures but carry the level of one.
    not_failing: Repeated,
    /// Revisions that are no commit hash.
    no_commit: Repeated,
}

/// Something that is told once, with the first case in words and the number of the others.
#[derive(Default)]
struct Repeated {
    first: String,
    times: u64,
}

impl Repeated {
    fn add(&mut self, describe: impl FnOnce() -> String) {
        if self.times == 0 {
            self.first = describe();
        }
        self.times += 1;
    }

    fn told(self) -> Option<String> {
        match self.times {
            0 => None,
            1 => Some(self.first),
            times => Some(format!("{} (and {} more)", self.first, times - 1)),
        }
    }
}

impl Report {
    fn read(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        let was_object = j.object(|j, key| {
            match key {
                "version" => self.version = j.text(interner)?,
                "$schema" => self.schema = j.str()?.unwrap_or_default().into_owned(),
                "runs" => {
                    j.array(|j, index| {
                        self.sums.runs += 1;
                        let mut run = Run::new(index);
                        run.read(j, interner, evidence, &mut self.sums)?;
                        run.finish(j, interner, evidence, &mut self.sums, &mut self.revisions);
                        Ok(())
                    })?;
                }
                "inlineExternalProperties" => {
                    j.array(|j, _| {
                        j.object(|j, key| {
                            if key == "results" {
                                let mut any = false;
                                j.array(|_, _| {
                                    any = true;
                                    Ok(())
                                })?;
                                if any {
                                    self.sums.elsewhere.add(|| "in `inlineExternalProperties`".to_owned());
                                }
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
        if was_object { Ok(()) } else { Err(j.fail("expected an object")) }
    }

    fn finish(self, evidence: &mut Evidence) -> Result<(), ParseError> {
        match self.version.as_deref() {
            Some(VERSION) => {}
            Some(other) => {
                return Err(ParseError::whole(format!("unsupported SARIF version `{other}`"))
                    .help("have the tool write SARIF 2.1.0, or convert the file"));
            }
            None if self.schema.contains(VERSION) => {
                evidence.warn("version-absent", "`version` is absent; `$schema` names SARIF 2.1.0");
            }
            None => {
                return Err(ParseError::whole("`version` is absent, expected `2.1.0`")
                    .help("have the tool write SARIF 2.1.0, or convert the file"));
            }
        }
        evidence.format_version = VERSION.into();
        invocation::subject(&self.revisions, evidence);
        self.sums.tell(evidence);
        Ok(())
    }
}

impl Sums {
    fn tell(self, evidence: &mut Evidence) {
        let levels = |counts: [u64; rule::Level::ALL.len()]| {
            let named = rule::Level::ALL.iter().zip(counts).filter(|(_, count)| *count > 0);
            named.map(|(level, count)| (level.as_str().to_owned(), count)).collect::<serde_json::Value>()
        };
        evidence.count("runs", self.runs);
        evidence.count("results", self.results);
        evidence.count("failing", self.failing);
        evidence.count("levels", levels(self.levels));
        evidence.count("active_levels", levels(self.active_levels));
        evidence.count("suppressed", self.suppressed);
        evidence.count("runs_results_null", self.runs_results_null);
        evidence.count("execution_failed", self.execution_failed);
        if self.runs == 0 {
            evidence.incomplete("no-runs", "`runs` is empty or absent: no tool reported anything");
        }
        for (code, why, told) in [
            (
                "results-absent",
                "`results` is absent or null: the analysis did not happen",
                self.without_results,
            ),
            ("results-elsewhere", "results are kept outside of `results` and were not read", self.elsewhere),
            ("execution-failed", "the tool says that its run failed", self.failed),
            ("no-tool", "neither a tool nor a rule nor a result is named", self.without_tool),
        ] {
            if let Some(first) = told.told() {
                evidence.incomplete(code, format!("{why}: {first}"));
            }
        }
        for (code, why, told) in [
            ("execution-unsaid", "`executionSuccessful` is absent in an invocation", self.unsaid),
            (
                "no-rules",
                "neither a rule nor a result is listed: perhaps no rule was loaded",
                self.without_rules,
            ),
            ("driver-unnamed", "the tool has no name", self.unnamed),
            (
                "rule-index-out-of-range",
                "the rule of a result cannot be found by its index",
                self.out_of_range,
            ),
            ("rule-index-contradicts-id", "the index and the id of a rule disagree", self.contradictions),
            ("kind-contradicts-level", "a result that is not a failure has a level", self.not_failing),
            ("revision-not-a-commit", "a revision is not a commit hash", self.no_commit),
        ] {
            if let Some(first) = told.told() {
                evidence.warn(code, format!("{why}: {first}"));
            }
        }
    }
}
