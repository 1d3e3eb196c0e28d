//! Judging a stored decision by other policies, from what they say about its stored policy input.
//!
//! The evidence itself is not read again: how its files stand is taken from the decision, so that verdicts have no
//! items. Rows and outcome come from the same code as those of a new decision.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{asked_names, conclude, judge};
use crate::adjust::{Case, Standing};
use crate::config::Environment;
use crate::format::{self, Declaration};
use crate::model::{Decision, Evidence, EvidenceView, GateResult, Kind, Outcome, Problem};
use crate::policy::{Evaluation, PolicyError, PolicySet};

/// A decision judged again.
#[derive(Debug)]
pub struct Judged {
    /// The answer.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// Every gate, in order.
    pub gates: Vec<GateResult>,
}

/// The gates that policies are asked for when a stored decision is judged again.
pub(crate) fn asked(decision: &Decision, environment: &Environment) -> Vec<String> {
    asked_names(environment, &decision.request.gates)
}

/// Judges a stored decision by what policies say of its input. `absent` is declared evidence that was not there.
///
/// # Errors
/// When the time of the decision or the input is not what a decision holds.
pub fn judge_again(
    decision: &Decision,
    input: &Value,
    environment: &Environment,
    policies: &PolicySet,
    evaluated: Result<Evaluation, PolicyError>,
    absent: &[(String, Declaration)],
) -> Result<Judged, String> {
    let now = decision.evaluated_at.parse().map_err(|_| "`evaluated_at` is no time".to_owned())?;
    let counts = input.pointer("/evidence/kinds").and_then(Value::as_object);
    let counts = counts.ok_or("the policy input has no `evidence.kinds`")?;
    let kinds: BTreeMap<&'static str, u64> = Kind::ALL
        .into_iter()
        .map(|kind| (kind.as_str(), counts.get(kind.as_str()).and_then(Value::as_u64).unwrap_or_default()))
        .collect();
    let case = case(decision)?;
    // What kept evidence from being read holds whatever the policies are.
    let mut problems: Vec<Problem> = decision
        .errors
        .iter()
        .filter(|e| matches!(e.code.as_str(), "evidence" | "internal"))
        .cloned()
        .collect();
    let evaluation = evaluated.unwrap_or_else(|error| {
        problems.push(error.into());
        Evaluation::default()
    });
    let asked = asked(decision, environment);
    let gates = judge::gates(&judge::Judging {
        case: &case,
        kinds: &kinds,
        environment,
        asked: &asked,
        explicit: !decision.request.gates.is_empty(),
        absent,
        policies,
        evaluation: &evaluation,
        failed: !problems.is_empty(),
        items: 0,
        now,
    });
    let partial = asked.len() < environment.gates.len();
    let (outcome, reason, _) = conclude(&gates, &problems, &environment.name, partial);
    Ok(Judged { outcome, reason, gates })
}

/// The files as the decision shows them, without their content.
fn case(decision: &Decision) -> Result<Case, String> {
    let mut case = Case::default();
    for view in &decision.evidence {
        case.evidence.push(file(view)?);
        case.standing
            .push(Standing { unusable_because: view.unusable_because.clone(), ..Standing::default() });
    }
    Ok(case)
}

fn file(view: &EvidenceView) -> Result<Evidence, String> {
    let format = format::by_id(&view.format).ok_or_else(|| format!("unknown format `{}`", view.format))?;
    let kind = |name: &String| {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| format!("unknown kind of evidence `{name}`"))
    };
    Ok(Evidence {
        name: view.name.as_str().into(),
        sha256: view.sha256.clone(),
        bytes: view.bytes,
        format: format.info().id,
        kinds: view.kinds.iter().map(kind).collect::<Result<_, _>>()?,
        producers: view.producers.clone(),
        subject_match: view.subject_match,
        incomplete: view.incomplete.clone(),
        warnings: view.warnings.clone(),
        ..Evidence::default()
    })
}
