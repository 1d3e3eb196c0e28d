//! Several files of one kind become one.

use std::collections::HashMap;

use super::{Case, Context, KnownTest, identify};
use crate::model::{Count, FileCoverage, FindingId, TestKind, Text};

/// Where a finding's identity was seen.
struct Slot {
    index: usize,
    file: u32,
    repetitions: u32,
}

/// The union of the findings of all usable files.
pub(super) fn findings(case: &mut Case, context: &Context) {
    let total: usize = case.evidence.iter().map(|e| e.findings.len()).sum();
    let mut merged = Vec::with_capacity(total);
    let mut slots: HashMap<FindingId, Slot, foldhash::fast::RandomState> = HashMap::default();
    slots.reserve(total);
    for (number, (file, standing)) in case.evidence.iter_mut().zip(&case.standing).enumerate() {
        if !standing.unusable_because.is_empty() {
            continue;
        }
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        for mut finding in std::mem::take(&mut file.findings) {
            relate(&mut finding, context);
            let base = identify::identity(&finding);
            let repetition = match slots.get_mut(&base) {
                Some(slot) if slot.file == number => {
                    slot.repetitions += 1;
                    slot.repetitions
                }
                Some(slot) => {
                    slot.file = number;
                    slot.repetitions = 0;
                    0
                }
                None => 0,
            };
            finding.id = if repetition == 0 { base } else { identify::repetition(base, repetition) };
            finding.sources = vec![number];
            match slots.get(&finding.id).map(|slot| slot.index) {
                Some(index) => {
                    if let Some(known) = merged.get_mut(index) {
                        join(known, finding, number);
                    }
                }
                None => {
                    slots.insert(finding.id, Slot { index: merged.len(), file: number, repetitions: 0 });
                    merged.push(finding);
                }
            }
        }
    }
    case.findings = merged;
}

/// Applies what is configured to one finding: honoured suppressions, paths relative to the root.
fn relate(finding: &mut crate::model::Finding, context: &Context) {
    if let Some(suppression) = &mut finding.suppression
        && context.honoured.contains(&suppression.kind)
    {
        suppression.in_force = true;
    }
    if let (Some(root), Some(place)) = (&context.root, &mut finding.location)
        && let Some(relative) = place.path.strip_prefix(root.as_str()).and_then(|p| p.strip_prefix('/'))
    {
        place.path = Text::from(relative);
    }
}

/// The worse of both holds.
fn join(known: &mut crate::model::Finding, other: crate::model::Finding, source: u32) {
    if !known.sources.contains(&source) {
        known.sources.push(source);
    }
    known.severity = known.severity.max(other.severity);
    known.state = known.state.min(other.state);
    if other.is_open() {
        known.suppression = other.suppression;
    }
    if known.details.is_none() {
        known.details = other.details;
    }
}

/// Coverage by suite, source file and line. Evidence that declares no suite is suite `unit`.
pub(super) fn coverage(case: &mut Case) {
    let mut by_path: HashMap<(Text, Text), FileCoverage, foldhash::fast::RandomState> = HashMap::default();
    for (file, standing) in case.evidence.iter_mut().zip(&case.standing) {
        if !standing.unusable_because.is_empty() {
            continue;
        }
        let Some(coverage) = file.coverage.take() else { continue };
        let suite = coverage.suite.unwrap_or_else(|| Text::from("unit"));
        for source in coverage.files {
            match by_path.entry((suite.clone(), source.path.clone())) {
                std::collections::hash_map::Entry::Vacant(slot) => {
                    slot.insert(source);
                }
                std::collections::hash_map::Entry::Occupied(mut slot) => {
                    join_coverage(slot.get_mut(), source)
                }
            }
        }
    }
    for ((suite, _), source) in by_path {
        case.coverage.entry(suite).or_default().push(source);
    }
    for files in case.coverage.values_mut() {
        files.sort_by(|a, b| a.path.cmp(&b.path));
    }
}

/// Lines and branches are joined where both reports list them. Of bare counts the lower share holds: which lines
/// they mean is not known, so a union cannot be claimed.
fn join_coverage(known: &mut FileCoverage, other: FileCoverage) {
    known.function_count = if known.function_count.valid == 0 {
        other.function_count
    } else if other.function_count.valid == 0 {
        known.function_count
    } else {
        lower(known.function_count, other.function_count)
    };
    let counts_only = |file: &FileCoverage| file.lines.is_empty() && file.line_count.valid > 0;
    if counts_only(known) || counts_only(&other) {
        known.lines.clear();
        known.branches.clear();
        known.line_count = lower(known.line_count, other.line_count);
        known.branch_count = lower(known.branch_count, other.branch_count);
        return;
    }
    known.lines.extend(other.lines);
    known.branches.extend(other.branches);
    known.normalise();
}

fn lower(a: Count, b: Count) -> Count {
    let share = |c: Count| c.percent().unwrap_or(f64::INFINITY);
    if share(b) < share(a) { b } else { a }
}

/// Tests by kind, suite, class and name; the worst outcome holds.
///
/// Within one file the reader has joined them already.
pub(super) fn tests(case: &mut Case) {
    let runs: Vec<_> = case
        .evidence
        .iter_mut()
        .zip(&case.standing)
        .enumerate()
        .filter(|(_, (_, standing))| standing.unusable_because.is_empty())
        .filter_map(|(source, (file, _))| file.tests.take().map(|run| (source, run)))
        .collect();
    let several = runs.len() > 1;
    let mut known: HashMap<(TestKind, Text, Text, Text), usize, foldhash::fast::RandomState> =
        HashMap::default();
    let mut merged: Vec<KnownTest> = Vec::with_capacity(runs.iter().map(|(_, run)| run.cases.len()).sum());
    for (source, run) in runs {
        let kind = run.kind;
        for test in run.cases {
            if several {
                let key = (kind, test.suite.clone(), test.class.clone(), test.name.clone());
                if let Some(before) = known.get(&key).and_then(|index| merged.get_mut(*index)) {
                    if test.outcome > before.case.outcome {
                        *before = KnownTest { case: test, kind, source };
                    }
                    continue;
                }
                known.insert(key, merged.len());
            }
            merged.push(KnownTest { case: test, kind, source });
        }
    }
    case.tests = merged;
}
