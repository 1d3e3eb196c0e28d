//! The decision: one call, [`evaluate`], for every face.
//!
//! Pure and synchronous: evidence, policies, environment and clock are passed in. It always returns a decision;
//! whatever keeps it from deciding becomes outcome `error`, never `allow`.

mod again;
mod attach;
mod conventions;
mod input;
mod judge;

pub(crate) use again::asked as asked_again;
pub use again::{Judged, judge_again};
pub use conventions::{ConventionRequest, evaluate as evaluate_conventions};
pub(crate) use judge::SET_ASIDE;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::adjust::{self, Case};
use crate::config::Environment;
use crate::ingest::{Collected, Pattern};
use crate::model::{
    CoverageFigure, DECISION_SCHEMA, Decision, Evidence, EvidenceView, Figures, GateResult, LatencyFigure,
    Outcome, PolicyInfo, Problem, RequestInfo, Severity, SeverityCount, Status, Subject, SuppressionKind,
};
use crate::policy::{Isolation, List, PolicySet};

pub use input::build as policy_input;

/// What is to be decided.
#[derive(Debug)]
pub struct Request<'a> {
    /// The evidence that was found.
    pub collected: Collected,
    /// The environment to judge by.
    pub environment: &'a Environment,
    /// The gates that were asked; empty = all.
    pub asked: &'a [String],
    /// What the decision is about.
    pub subject: Subject,
    /// Whose suppressions are honoured.
    pub honoured: Vec<SuppressionKind>,
    /// Source files that need more coverage.
    pub critical_paths: &'a [Pattern],
    /// Problems of usage, configuration or policies that were met before.
    pub problems: Vec<Problem>,
    /// What was asked for, as the decision records it.
    pub info: RequestInfo,
}

/// What the outside world looks like.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time of the decision.
    pub now: Timestamp,
    /// Time that all policies together may take.
    pub timeout: Duration,
    /// Where policies are evaluated.
    pub isolation: Isolation,
    /// The folder that absolute paths in evidence are made relative to.
    pub root: Option<PathBuf>,
    /// How many items a verdict lists.
    pub items: usize,
}

/// Decides.
pub fn evaluate(request: Request<'_>, policies: &PolicySet, context: &Context) -> Decision {
    decided(request, policies, context, false).0
}

/// Decides, and gives what any policies could have seen beside it: the policy input with all of its lists, as JSON.
pub fn evaluate_recorded(
    request: Request<'_>,
    policies: &PolicySet,
    context: &Context,
) -> (Decision, Option<String>) {
    decided(request, policies, context, true)
}

fn decided(
    request: Request<'_>,
    policies: &PolicySet,
    context: &Context,
    record: bool,
) -> (Decision, Option<String>) {
    let Request { collected, environment, asked, subject, honoured, critical_paths, mut problems, info } =
        request;
    let case = case(collected.evidence, environment, &subject, honoured, context);
    problems.extend(collected.problems);
    let asked_names = asked_names(environment, asked);
    let policy_input = input::build(
        &case,
        &subject,
        environment,
        &asked_names,
        &policies.lists,
        critical_paths,
        context.now,
    );
    let whole = record.then(|| {
        let all = List::ALL.into_iter().collect();
        let whole =
            input::build(&case, &subject, environment, &asked_names, &all, critical_paths, context.now);
        serde_json::to_string(&whole).ok()
    });
    let (text, evaluated) = match serde_json::to_string(&policy_input) {
        Ok(text) => {
            let evaluated = policies.evaluate(&text, &asked_names, context.timeout, &context.isolation);
            (text, evaluated)
        }
        Err(error) => (
            String::new(),
            Err(crate::policy::PolicyError::new(format!("the input cannot be written: {error}"))),
        ),
    };
    let evaluation = evaluated.unwrap_or_else(|error| {
        problems.push(error.into());
        Default::default()
    });
    let results = judge::gates(&judge::Judging {
        case: &case,
        kinds: &policy_input.evidence.kinds,
        environment,
        asked: &asked_names,
        explicit: !asked.is_empty(),
        absent: &collected.absent,
        policies,
        evaluation: &evaluation,
        failed: !problems.is_empty(),
        items: context.items,
        now: context.now,
    });
    let partial = asked_names.len() < environment.gates.len();
    let (outcome, reason, remedy) = conclude(&results, &problems, &environment.name, partial);
    let mut decision = Decision {
        schema: DECISION_SCHEMA.to_owned(),
        id: String::new(),
        gate_version: env!("CARGO_PKG_VERSION").to_owned(),
        outcome,
        allowed: outcome == Outcome::Allow,
        reason,
        remedy,
        environment: environment.name.clone(),
        evaluated_at: context.now.to_string(),
        partial,
        gates_asked: asked_names.clone(),
        subject,
        request: info,
        policy: PolicyInfo {
            digest: policies.digest.clone(),
            input_digest: crate::digest::of(text.as_bytes()),
            set: policies.kind.to_owned(),
            strict_builtin_errors: policies.is_strict(),
            modules: policies.user_modules.clone(),
            sources: policies.provenance.sources.clone(),
            ignored: policies.provenance.ignored.clone(),
            ignored_total: policies.provenance.ignored_total,
        },
        findings_by_severity: Severity::ALL
            .into_iter()
            .map(|severity| SeverityCount {
                severity,
                count: policy_input.findings.by_severity.get(severity.as_str()).copied().unwrap_or_default(),
            })
            .collect(),
        gates: results,
        evidence: evidence(&case),
        ignored: collected.ignored,
        errors: problems,
        figures: figures(&case, context.items),
    };
    seal(&mut decision);
    (decision, whole.flatten())
}

/// What the policies would see of a request, as JSON: the same text whose digest a decision states.
///
/// # Errors
/// When the input cannot be written as JSON.
pub fn input_json(
    request: Request<'_>,
    policies: &PolicySet,
    context: &Context,
) -> serde_json::Result<String> {
    let Request { collected, environment, asked, subject, honoured, critical_paths, .. } = request;
    let case = case(collected.evidence, environment, &subject, honoured, context);
    let asked = asked_names(environment, asked);
    let input =
        input::build(&case, &subject, environment, &asked, &policies.lists, critical_paths, context.now);
    serde_json::to_string(&input)
}

/// The evidence as one case.
fn case(
    evidence: Vec<Evidence>,
    environment: &Environment,
    subject: &Subject,
    honoured: Vec<SuppressionKind>,
    context: &Context,
) -> Case {
    adjust::adjust(
        evidence,
        &adjust::Context {
            now: context.now,
            subject: subject.clone(),
            max_age: environment.max_age,
            unknown_age_counts: environment.unknown_age_counts,
            honoured,
            root: context.root.as_ref().map(|root| root.to_string_lossy().replace('\\', "/")),
        },
    )
}

/// The gates that were asked, in the environment's order; all of them where none was named.
fn asked_names(environment: &Environment, asked: &[String]) -> Vec<String> {
    let gates = environment.gates.iter();
    gates
        .filter(|gate| asked.is_empty() || asked.contains(&gate.name))
        .map(|gate| gate.name.clone())
        .collect()
}

/// A decision that could not even be begun: usage, configuration or policies are broken.
pub fn undecided(problems: Vec<Problem>, environment: &str, subject: Subject, now: Timestamp) -> Decision {
    let reason = problems.first().map_or_else(|| "nothing was judged".to_owned(), ToString::to_string);
    let mut decision = Decision {
        schema: DECISION_SCHEMA.to_owned(),
        id: String::new(),
        gate_version: env!("CARGO_PKG_VERSION").to_owned(),
        outcome: Outcome::Error,
        allowed: false,
        reason,
        remedy: Vec::new(),
        environment: environment.to_owned(),
        evaluated_at: now.to_string(),
        partial: false,
        gates_asked: Vec::new(),
        subject,
        request: RequestInfo::default(),
        policy: PolicyInfo::default(),
        gates: Vec::new(),
        findings_by_severity: Vec::new(),
        evidence: Vec::new(),
        ignored: Vec::new(),
        errors: problems,
        figures: Figures::default(),
    };
    seal(&mut decision);
    decision
}

/// Gives the decision its id: the digest of its own JSON.
fn seal(decision: &mut Decision) {
    decision.id = id_of(decision);
}

/// The id that a decision of this content has, whatever it says itself.
pub fn id_of(decision: &Decision) -> String {
    let bare = Decision { id: String::new(), ..decision.clone() };
    crate::digest::of(&serde_json::to_vec(&bare).unwrap_or_default())
}

/// From the rows to the answer. Only rows that were judged, with none failing, make an allow.
fn conclude(
    gates: &[GateResult],
    problems: &[Problem],
    environment: &str,
    partial: bool,
) -> (Outcome, String, Vec<String>) {
    if let Some(first) = problems.first() {
        let more = problems.len() - 1;
        let reason = match more {
            0 => first.to_string(),
            1 => format!("{first} (and 1 more error)"),
            _ => format!("{first} (and {more} more errors)"),
        };
        return (Outcome::Error, reason, Vec::new());
    }
    if let Some(gate) = gates.iter().find(|gate| gate.status == Status::Error) {
        return (Outcome::Error, format!("{}: {}", gate.name, gate.summary), Vec::new());
    }
    let failing: Vec<&GateResult> = gates.iter().filter(|gate| gate.status == Status::Fail).collect();
    if let Some(first) = failing.first() {
        let only_missing = failing.iter().all(|gate| {
            gate.rules.iter().filter(|r| r.status == Status::Fail).all(|r| r.code == judge::MISSING)
        });
        let remedy = if only_missing {
            let names: Vec<&str> = gates
                .iter()
                .filter(|gate| matches!(gate.status, Status::Pass | Status::Warn))
                .map(|gate| gate.name.as_str())
                .collect();
            let fewer = match names.first() {
                Some(name) => format!("`gate evaluate ... --gate {name}`"),
                None => "`--gate NAME`".to_owned(),
            };
            vec![
                "add the missing reports to the paths that are read".to_owned(),
                format!("or ask only the gates that this stage has evidence for: {fewer}"),
                format!("or run `gate init` and state in gate.yaml what environment `{environment}` needs"),
            ]
        } else {
            Vec::new()
        };
        return (Outcome::Block, format!("{}: {}", first.name, first.summary), remedy);
    }
    let judged = gates.iter().any(|gate| {
        matches!(gate.status, Status::Pass | Status::Warn)
            && gate.rules.iter().any(|rule| rule.status != Status::Off)
    });
    if !judged {
        return (
            Outcome::Block,
            "nothing was judged: no gate that was asked has evidence".to_owned(),
            vec!["add reports to the paths that are read, or ask other gates".to_owned()],
        );
    }
    let passed = if partial { "every gate that was asked passed" } else { "every enforced gate passed" };
    (Outcome::Allow, passed.to_owned(), Vec::new())
}

fn evidence(case: &Case) -> Vec<EvidenceView> {
    case.evidence
        .iter()
        .zip(&case.standing)
        .map(|(file, standing)| EvidenceView {
            name: file.name.to_string(),
            sha256: file.sha256.clone(),
            bytes: file.bytes,
            format: file.format.to_owned(),
            format_version: file.format_version.to_string(),
            producers: file.producers.clone(),
            kinds: file.kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
            produced_at: file.produced_at.map(|at| at.to_string()),
            subject_match: file.subject_match,
            usable: standing.unusable_because.is_empty(),
            unusable_because: standing.unusable_because.clone(),
            incomplete: file.incomplete.clone(),
            warnings: file.warnings.clone(),
            skipped: file.skipped.clone(),
            skipped_total: file.skipped_total,
        })
        .collect()
}

fn figures(case: &Case, most: usize) -> Figures {
    let mut coverage: Vec<CoverageFigure> = case
        .coverage
        .iter()
        .flat_map(|(suite, files)| files.iter().map(move |file| (suite, file)))
        .filter(|(_, file)| file.line_count.valid > 0)
        .map(|(suite, file)| CoverageFigure {
            path: file.path.to_string(),
            suite: suite.to_string(),
            covered: file.line_count.covered,
            valid: file.line_count.valid,
        })
        .collect();
    // By share without rounding: a/b < c/d as a*d < c*b.
    coverage.sort_by(|a, b| {
        let left = u128::from(a.covered) * u128::from(b.valid);
        let right = u128::from(b.covered) * u128::from(a.valid);
        left.cmp(&right).then_with(|| (&a.path, &a.suite).cmp(&(&b.path, &b.suite)))
    });
    let coverage_total = coverage.len() as u64;
    coverage.truncate(most);
    let latency = case
        .evidence
        .iter()
        .filter_map(|file| file.load.as_ref().map(|run| (file, run)))
        .map(|(file, run)| LatencyFigure {
            name: file.name.to_string(),
            p50_ms: run.p50_ms,
            p90_ms: run.p90_ms,
            p95_ms: run.p95_ms,
            p99_ms: run.p99_ms,
            max_ms: run.max_ms,
        })
        .collect();
    Figures { coverage, coverage_total, latency }
}
