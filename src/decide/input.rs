//! The policy input from a case: counts always, lists only where a policy may read them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::adjust::{Case, KnownTest};
use crate::config::Environment;
use crate::ingest::Pattern;
use crate::model::{
    Category, Component, Evidence, FileCoverage, Finding, Kind, Severity, State, Subject, SubjectMatch,
    SuppressionKind, TestKind, TestOutcome,
};
use crate::policy::{
    AccessibilityInput, AccessibilityPageView, ApprovalView, ChangeView, ComponentView, ComponentsInput,
    CoverageCounts, CoverageFileView, CoverageInput, EvidenceFile, EvidenceInput, FindingView, FindingsInput,
    FreezeView, INPUT_SCHEMA, List, LoadInput, LoadView, MetricView, OperationsInput, PolicyInput, SloView,
    TestCounts, TestView, TestsInput, WebInput, WebPageView,
};

/// Builds what the policies are asked about.
pub fn build<'a>(
    case: &'a Case,
    subject: &Subject,
    environment: &'a Environment,
    asked: &'a [String],
    lists: &BTreeSet<List>,
    critical_paths: &[Pattern],
    now: Timestamp,
) -> PolicyInput<'a> {
    let wants = |list| lists.contains(&list);
    PolicyInput {
        schema: INPUT_SCHEMA,
        now: now.to_string(),
        environment: &environment.name,
        gates: asked.iter().map(String::as_str).collect(),
        subject: subject.clone(),
        evidence: evidence(case),
        findings: findings(case, wants(List::FindingsOpen), wants(List::FindingsSuppressed)),
        components: components(case, wants(List::Components), now),
        coverage: coverage(case, wants(List::CoverageFiles), critical_paths),
        tests: tests(case, wants(List::TestsFailing), wants(List::TestsCases)),
        load: load(case, wants(List::LoadMetrics)),
        accessibility: accessibility(case),
        web: web(case),
        operations: operations(case, now),
        ..PolicyInput::default()
    }
}

/// The files that count, with their indexes.
fn usable(case: &Case) -> impl Iterator<Item = &Evidence> {
    case.evidence
        .iter()
        .zip(&case.standing)
        .filter(|(_, s)| s.unusable_because.is_empty())
        .map(|(file, _)| file)
}

fn evidence(case: &Case) -> EvidenceInput<'_> {
    let mut input = EvidenceInput {
        kinds: Kind::ALL.into_iter().map(|kind| (kind.as_str(), 0)).collect(),
        ..EvidenceInput::default()
    };
    for file in usable(case) {
        for kind in &file.kinds {
            *input.kinds.entry(kind.as_str()).or_default() += 1;
        }
    }
    for (file, standing) in case.evidence.iter().zip(&case.standing) {
        input.incomplete += u64::from(!file.incomplete.is_empty());
        input.mismatched += u64::from(file.subject_match == SubjectMatch::Mismatch);
        input.stale += u64::from(standing.stale);
        input.age_unknown += u64::from(standing.age_seconds.is_none());
        input.skipped += file.skipped_total;
        for warning in &file.warnings {
            *input.warnings.entry(&warning.code).or_default() += 1;
        }
        input.files.push(EvidenceFile {
            name: &file.name,
            sha256: &file.sha256,
            bytes: file.bytes,
            format: file.format,
            format_version: &file.format_version,
            producers: &file.producers,
            kinds: file.kinds.iter().map(|kind| kind.as_str()).collect(),
            produced_at: file.produced_at.map(|at| at.to_string()),
            age_seconds: standing.age_seconds,
            subject_match: file.subject_match,
            usable: standing.unusable_because.is_empty(),
            incomplete: &file.incomplete,
            warnings: &file.warnings,
            skipped: file.skipped_total,
        });
    }
    input
}

fn zero_severities() -> BTreeMap<&'static str, u64> {
    Severity::ALL.into_iter().map(|severity| (severity.as_str(), 0)).collect()
}

fn findings(case: &Case, open: bool, suppressed: bool) -> FindingsInput<'_> {
    // Counted in arrays: a million findings pass through here.
    let mut counts = [[0_u64; Severity::ALL.len()]; Category::ALL.len()];
    let mut states = [0_u64; 3];
    let mut input = FindingsInput { total: case.findings.len() as u64, ..FindingsInput::default() };
    for finding in &case.findings {
        if !finding.is_open() {
            let in_force = finding.suppression.as_ref().is_some_and(|s| s.in_force);
            input.suppressed_total += u64::from(in_force);
            continue;
        }
        let category = finding.category.unwrap_or(Category::Sast);
        let column = Category::ALL.iter().position(|c| *c == category).unwrap_or_default();
        let row = Severity::ALL.iter().position(|s| *s == finding.severity).unwrap_or_default();
        if let Some(cell) = counts.get_mut(column).and_then(|c| c.get_mut(row)) {
            *cell += 1;
        }
        if let Some(state) = states.get_mut(finding.state as usize) {
            *state += 1;
        }
        input.open_total += 1;
        if &*finding.rule == Finding::TOOL_FAILURE {
            *input.tool_failures.entry(category.gate()).or_default() += 1;
        }
        if let Some(details) = &finding.details {
            input.kev += u64::from(details.kev);
            input.fixable += u64::from(details.package.as_ref().is_some_and(|p| p.fixed_version.is_some()));
        }
        input.wcag += u64::from(finding.is_wcag());
    }
    input.by_severity = zero_severities();
    for (category, row) in Category::ALL.into_iter().zip(&counts) {
        let by_severity: BTreeMap<_, _> =
            Severity::ALL.into_iter().zip(row).map(|(severity, n)| (severity.as_str(), *n)).collect();
        input.by_category.insert(category.as_str(), row.iter().sum());
        for (severity, n) in &by_severity {
            *input.by_severity.entry(severity).or_default() += n;
        }
        input.by_category_severity.insert(category.as_str(), by_severity);
    }
    for (state, n) in [State::New, State::Existing, State::Fixed].into_iter().zip(states) {
        input.by_state.insert(state_name(state), n);
    }
    for category in Category::ALL {
        input.tool_failures.entry(category.gate()).or_default();
    }
    let list = |wanted: bool, keep: fn(&Finding) -> bool| {
        wanted.then(|| {
            let mut list: Vec<_> =
                case.findings.iter().filter(|f| keep(f)).map(|f| finding_view(case, f)).collect();
            list.sort_by(|a, b| a.id.cmp(&b.id));
            list
        })
    };
    input.open = list(open, Finding::is_open);
    input.suppressed = list(suppressed, |f| f.suppression.as_ref().is_some_and(|s| s.in_force));
    input
}

fn state_name(state: State) -> &'static str {
    match state {
        State::New => "new",
        State::Existing => "existing",
        State::Fixed => "fixed",
    }
}

fn finding_view<'a>(case: &'a Case, finding: &'a Finding) -> FindingView<'a> {
    let place = finding.location.as_ref();
    let details = finding.details.as_deref();
    let package = details.and_then(|d| d.package.as_ref());
    let texts = |texts: Option<&'a Vec<crate::model::Text>>| -> Vec<&'a str> {
        texts.into_iter().flatten().map(|t| &**t).collect()
    };
    FindingView {
        id: finding.id.to_string(),
        rule: &finding.rule,
        category: finding.category.unwrap_or(Category::Sast),
        severity: finding.severity,
        message: &finding.message,
        tool: &finding.tool,
        state: finding.state,
        path: place.map_or("", |p| &p.path),
        line: place.map_or(0, |p| p.line),
        column: place.map_or(0, |p| p.column),
        symbol: place.and_then(|p| p.symbol.as_deref()).unwrap_or_default(),
        aliases: texts(details.map(|d| &d.aliases)),
        cwe: texts(details.map(|d| &d.cwe)),
        tags: texts(details.map(|d| &d.tags)),
        cvss: details.and_then(|d| d.cvss),
        epss: details.and_then(|d| d.epss),
        kev: details.is_some_and(|d| d.kev),
        purl: package.and_then(|p| p.purl.as_deref()).unwrap_or_default(),
        package: package.map_or("", |p| &p.name),
        version: package.map_or("", |p| &p.version),
        fixed_version: package.and_then(|p| p.fixed_version.as_deref()).unwrap_or_default(),
        evidence: sources(case, finding),
        suppression: finding.suppression.as_ref().map_or("", |s| match s.kind {
            SuppressionKind::Waiver => "waiver",
            SuppressionKind::Vex => "vex",
            SuppressionKind::Tool => "tool",
        }),
        suppression_reason: finding.suppression.as_ref().map_or("", |s| &s.reason),
    }
}

/// The names of the files that report a finding.
pub(super) fn sources<'a>(case: &'a Case, finding: &Finding) -> Vec<&'a str> {
    finding
        .sources
        .iter()
        .filter_map(|index| case.evidence.get(usize::try_from(*index).ok()?))
        .map(|file| &*file.name)
        .collect()
}

/// Days since a component's release.
pub(super) fn age_days(component: &Component, now: Timestamp) -> Option<i64> {
    component.released_at.map(|at| now.as_second().saturating_sub(at.as_second()) / 86_400)
}

fn components(case: &Case, list: bool, now: Timestamp) -> ComponentsInput<'_> {
    let mut input = ComponentsInput::default();
    let mut views = Vec::new();
    for file in usable(case) {
        let Some(sbom) = file.sbom.as_ref().filter(|sbom| sbom.inventory) else { continue };
        input.documents += 1;
        input.declared_incomplete += u64::from(sbom.declared_incomplete);
        for component in &sbom.components {
            input.total += 1;
            input.without_version += u64::from(component.version.is_none());
            input.without_license += u64::from(component.licenses.is_empty());
            input.without_purl += u64::from(component.purl.is_none());
            for license in &component.licenses {
                *input.licenses.entry(license).or_default() += 1;
            }
            let age = age_days(component, now);
            input.oldest_days = input.oldest_days.max(age);
            if list {
                views.push(ComponentView {
                    purl: component.purl.as_deref().unwrap_or_default(),
                    name: &component.name,
                    version: component.version.as_deref().unwrap_or_default(),
                    kind: &component.kind,
                    licenses: component.licenses.iter().map(|l| &**l).collect(),
                    supplier: component.supplier.as_deref().unwrap_or_default(),
                    scope: component.scope.as_deref().unwrap_or_default(),
                    age_days: age,
                    evidence: &file.name,
                });
            }
        }
    }
    views.sort_by(|a, b| {
        (a.name, a.version, a.purl, a.evidence).cmp(&(b.name, b.version, b.purl, b.evidence))
    });
    input.list = list.then_some(views);
    input
}

fn add(counts: &mut CoverageCounts, file: &FileCoverage) {
    counts.lines.add(file.line_count);
    counts.branches.add(file.branch_count);
    counts.functions.add(file.function_count);
}

fn coverage<'a>(case: &'a Case, list: bool, critical_paths: &[Pattern]) -> CoverageInput<'a> {
    let mut input = CoverageInput {
        critical: (!critical_paths.is_empty()).then(CoverageCounts::default),
        ..CoverageInput::default()
    };
    let mut views = Vec::new();
    for (suite, files) in &case.coverage {
        let mut counts = CoverageCounts::default();
        for file in files {
            add(&mut counts, file);
            if let Some(critical) = &mut input.critical
                && critical_paths.iter().any(|p| p.matches(std::path::Path::new(&*file.path)))
            {
                add(critical, file);
            }
            if list {
                views.push(CoverageFileView {
                    path: &file.path,
                    suite,
                    lines: file.line_count,
                    branches: file.branch_count,
                    functions: file.function_count,
                });
            }
        }
        input.suites.insert(suite, counts);
    }
    input.files = list.then_some(views);
    input
}

fn tests(case: &Case, failing: bool, cases: bool) -> TestsInput<'_> {
    let mut input = TestsInput {
        by_kind: TestKind::ALL.into_iter().map(|kind| (kind.as_str(), TestCounts::default())).collect(),
        ..TestsInput::default()
    };
    for test in &case.tests {
        count(&mut input.all, test.case.outcome);
        if let Some(counts) = input.by_kind.get_mut(test.kind.as_str()) {
            count(counts, test.case.outcome);
        }
    }
    let list = |wanted: bool, keep: fn(&KnownTest) -> bool| {
        wanted.then(|| case.tests.iter().filter(|t| keep(t)).map(|t| test_view(case, t)).collect())
    };
    input.failing = list(failing, |t| matches!(t.case.outcome, TestOutcome::Failed | TestOutcome::Error));
    input.cases = list(cases, |_| true);
    input
}

fn count(counts: &mut TestCounts, outcome: TestOutcome) {
    counts.total += 1;
    counts.executed += u64::from(outcome != TestOutcome::Skipped);
    *match outcome {
        TestOutcome::Passed => &mut counts.passed,
        TestOutcome::Failed => &mut counts.failed,
        TestOutcome::Error => &mut counts.errors,
        TestOutcome::Skipped => &mut counts.skipped,
        TestOutcome::Flaky => &mut counts.flaky,
    } += 1;
}

fn test_view<'a>(case: &'a Case, test: &'a KnownTest) -> TestView<'a> {
    TestView {
        suite: &test.case.suite,
        class: &test.case.class,
        name: &test.case.name,
        kind: test.kind,
        outcome: test.case.outcome,
        message: test.case.message.as_deref().unwrap_or_default(),
        seconds: test.case.seconds,
        file: test.case.file.as_deref().unwrap_or_default(),
        line: test.case.line,
        evidence: case.evidence.get(test.source).map_or("", |file| &file.name),
    }
}

fn load(case: &Case, metrics: bool) -> LoadInput<'_> {
    let runs = || usable(case).filter_map(|file| file.load.as_ref().map(|run| (file, run)));
    LoadInput {
        runs: runs()
            .map(|(file, run)| {
                let made = run.requests.unwrap_or_default() > 0;
                let error_percent = run.error_rate.map(|rate| rate * 100.0).filter(|_| made);
                let thresholds = run.thresholds.as_deref().unwrap_or_default();
                LoadView {
                    evidence: &file.name,
                    tool: file.producers.first().map_or("", |p| &p.name),
                    requests: run.requests,
                    failed_requests: run.failed_requests,
                    error_percent,
                    availability_percent: error_percent.map(|percent| 100.0 - percent),
                    throughput: run.throughput,
                    p50_ms: run.p50_ms,
                    p90_ms: run.p90_ms,
                    p95_ms: run.p95_ms,
                    p99_ms: run.p99_ms,
                    max_ms: run.max_ms,
                    thresholds_known: run.thresholds.is_some(),
                    thresholds: thresholds.len() as u64,
                    thresholds_failed: thresholds
                        .iter()
                        .filter(|t| !t.passed)
                        .map(|t| format!("{} {}", t.metric, t.expression))
                        .collect(),
                    checks: run.checks,
                }
            })
            .collect(),
        metrics: metrics.then(|| {
            runs()
                .flat_map(|(file, run)| run.metrics.iter().map(move |metric| (file, metric)))
                .map(|(file, metric)| MetricView {
                    evidence: &file.name,
                    name: &metric.name,
                    statistic: &metric.statistic,
                    value: metric.value,
                    unit: metric.unit,
                })
                .collect()
        }),
    }
}

fn accessibility(case: &Case) -> AccessibilityInput<'_> {
    AccessibilityInput {
        pages: usable(case)
            .flat_map(|file| file.accessibility.iter().map(move |page| (file, page)))
            .map(|(file, page)| AccessibilityPageView {
                evidence: &file.name,
                url: &page.url,
                rules_tested: page.rules_tested,
                violations: page.violations,
                elements: page.elements,
                incomplete: page.incomplete,
            })
            .collect(),
    }
}

fn web(case: &Case) -> WebInput<'_> {
    WebInput {
        pages: usable(case)
            .flat_map(|file| file.pages.iter().map(move |page| (file, page)))
            .map(|(file, page)| WebPageView {
                evidence: &file.name,
                url: &page.url,
                scores: page.scores.iter().map(|(id, score)| (&**id, *score)).collect(),
                lcp_ms: page.lcp_ms,
                cls: page.cls,
                inp_ms: page.inp_ms,
                tbt_ms: page.tbt_ms,
                fcp_ms: page.fcp_ms,
            })
            .collect(),
    }
}

fn operations(case: &Case, now: Timestamp) -> OperationsInput<'_> {
    let mut input = OperationsInput::default();
    let mut people = BTreeSet::new();
    for operations in usable(case).filter_map(|file| file.operations.as_ref()) {
        for approval in operations.approvals.iter().filter(|a| people.insert((&a.by, &a.role))) {
            input.approvals.push(ApprovalView {
                by: &approval.by,
                role: &approval.role,
                at: approval.at.map(|at| at.to_string()),
            });
        }
        input.freezes.extend(operations.freezes.iter().map(|freeze| FreezeView {
            name: &freeze.name,
            from: freeze.from.to_string(),
            until: freeze.until.to_string(),
            active: freeze.from <= now && now < freeze.until,
        }));
        input.slos.extend(operations.slos.iter().map(|slo| SloView {
            name: &slo.name,
            objective: slo.objective,
            measured: slo.measured,
            budget_left: slo.budget_left,
        }));
        if let Some(change) = &operations.change {
            // Of two descriptions of the change the riskier holds.
            let known = input.change.get_or_insert(ChangeView {
                lines: None,
                files: None,
                migration: false,
                breaking: false,
            });
            known.lines = known.lines.max(change.lines);
            known.files = known.files.max(change.files);
            known.migration |= change.migration;
            known.breaking |= change.breaking;
        }
    }
    input
}
