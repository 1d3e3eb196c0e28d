//! What a verdict is about: findings, tests, components and files, the worst first, bounded, with the true total.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::input::{age_days, sources};
use crate::adjust::Case;
use crate::model::{Component, Evidence, Finding, Item, Severity, TestOutcome};

/// The items that a policy's `select` means. A key that is not known selects everything rather than nothing.
pub(super) fn select(
    case: &Case,
    select: &Map<String, Value>,
    most: usize,
    now: Timestamp,
) -> (Vec<Item>, u64) {
    let has = |key: &str| select.contains_key(key);
    if has("tests") {
        return tests(case, &texts(select.get("tests")), most);
    }
    if has("licenses") || has("components") {
        return components(case, select, most, now);
    }
    if has("coverage_below") {
        return coverage(case, select.get("coverage_below").and_then(Value::as_f64), most);
    }
    if has("thresholds") {
        return thresholds(case, most);
    }
    if has("evidence_warnings") {
        return evidence(case, &texts(select.get("evidence_warnings")), most);
    }
    let wanted = Wanted::of(select);
    findings(case, case.findings.iter().filter(|finding| finding.is_open() && wanted.holds(finding)), most)
}

/// The findings of the given ids.
pub(super) fn named(case: &Case, ids: &[Value], most: usize) -> (Vec<Item>, u64) {
    let ids: std::collections::HashSet<&str> = ids.iter().filter_map(Value::as_str).collect();
    findings(case, case.findings.iter().filter(|finding| ids.contains(finding.id.to_string().as_str())), most)
}

/// An evidence file as an item.
pub(super) fn file(file: &Evidence, message: &str) -> Item {
    Item {
        kind: "evidence".to_owned(),
        id: file.sha256.clone(),
        name: file.name.to_string(),
        message: message.to_owned(),
        path: file.name.to_string(),
        tool: file.producers.first().map(|p| p.name.to_string()).unwrap_or_default(),
        evidence: vec![file.name.to_string()],
        ..Item::default()
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    }
}

/// What a selector asks of a finding.
struct Wanted<'a> {
    min_severity: Option<Severity>,
    severities: Option<Vec<&'a str>>,
    categories: Option<Vec<&'a str>>,
    rules: Option<Vec<&'a str>>,
    kev: Option<bool>,
    wcag: Option<bool>,
    tool_failure: Option<bool>,
}

impl<'a> Wanted<'a> {
    fn of(select: &'a Map<String, Value>) -> Self {
        let list = |key: &str| select.contains_key(key).then(|| texts(select.get(key)));
        let flag = |key: &str| select.get(key).and_then(Value::as_bool);
        Self {
            min_severity: select.get("min_severity").and_then(Value::as_str).map(Severity::from_word),
            severities: list("severities"),
            categories: list("categories"),
            rules: list("rules"),
            kev: flag("kev"),
            wcag: flag("wcag"),
            tool_failure: flag("tool_failure"),
        }
    }

    fn holds(&self, finding: &Finding) -> bool {
        let is_in = |list: &Option<Vec<&str>>, word: &str| list.as_ref().is_none_or(|l| l.contains(&word));
        let is = |flag: Option<bool>, value: bool| flag.is_none_or(|wanted| wanted == value);
        self.min_severity.is_none_or(|least| finding.severity >= least)
            && is_in(&self.severities, finding.severity.as_str())
            && is_in(&self.categories, finding.category.map_or("sast", |c| c.as_str()))
            && is_in(&self.rules, &finding.rule)
            && is(self.kev, finding.details.as_ref().is_some_and(|d| d.kev))
            && is(self.wcag, finding.is_wcag())
            && is(self.tool_failure, &*finding.rule == Finding::TOOL_FAILURE)
    }
}

/// The worst of the findings, in a stable order.
fn findings<'a>(case: &Case, found: impl Iterator<Item = &'a Finding>, most: usize) -> (Vec<Item>, u64) {
    let mut found: Vec<&Finding> = found.collect();
    let total = found.len() as u64;
    let place = |f: &'a Finding| f.location.as_ref().map(|l| (&*l.path, l.line)).unwrap_or_default();
    let order = |a: &&'a Finding, b: &&'a Finding| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| place(a).cmp(&place(b)))
            .then_with(|| a.rule.cmp(&b.rule))
            .then_with(|| a.id.cmp(&b.id))
    };
    if found.len() > most && most > 0 {
        found.select_nth_unstable_by(most - 1, order);
        found.truncate(most);
    }
    found.sort_by(order);
    found.truncate(most);
    (found.into_iter().map(|finding| finding_item(case, finding)).collect(), total)
}

fn finding_item(case: &Case, finding: &Finding) -> Item {
    let place = finding.location.clone().unwrap_or_default();
    let details = finding.details.as_deref();
    let text = |text: Option<&crate::model::Text>| text.map(ToString::to_string).unwrap_or_default();
    let package = details.and_then(|d| d.package.as_ref());
    Item {
        kind: "finding".to_owned(),
        id: finding.id.to_string(),
        name: finding.rule.to_string(),
        severity: Some(finding.severity),
        message: finding.message.to_string(),
        path: place.path.to_string(),
        line: place.line,
        column: place.column,
        symbol: text(place.symbol.as_ref()),
        package: package
            .map(
                |p| {
                    if p.version.is_empty() {
                        p.name.to_string()
                    } else {
                        format!("{}@{}", p.name, p.version)
                    }
                },
            )
            .unwrap_or_default(),
        fixed_version: text(package.and_then(|p| p.fixed_version.as_ref())),
        help: text(details.and_then(|d| d.help.as_ref())),
        url: text(details.and_then(|d| d.url.as_ref())),
        tool: finding.tool.to_string(),
        evidence: sources(case, finding).into_iter().map(str::to_owned).collect(),
    }
}

fn tests(case: &Case, outcomes: &[&str], most: usize) -> (Vec<Item>, u64) {
    let name = |outcome| match outcome {
        TestOutcome::Passed => "passed",
        TestOutcome::Skipped => "skipped",
        TestOutcome::Flaky => "flaky",
        TestOutcome::Failed => "failed",
        TestOutcome::Error => "error",
    };
    let mut found: Vec<_> = case.tests.iter().filter(|t| outcomes.contains(&name(t.case.outcome))).collect();
    found.sort_by(|a, b| {
        let key = |t: &&'_ crate::adjust::KnownTest| {
            (t.case.suite.clone(), t.case.class.clone(), t.case.name.clone())
        };
        key(a).cmp(&key(b))
    });
    let total = found.len() as u64;
    let item = |test: &crate::adjust::KnownTest| {
        let case_ = &test.case;
        let id = [&case_.suite, &case_.class, &case_.name].map(|part| part.to_string()).join("::");
        let full = if case_.class.is_empty() {
            case_.name.to_string()
        } else {
            format!("{}::{}", case_.class, case_.name)
        };
        Item {
            kind: "test".to_owned(),
            id,
            name: full,
            message: case_
                .message
                .as_ref()
                .map_or_else(|| name(case_.outcome).to_owned(), ToString::to_string),
            path: case_.file.as_ref().map(ToString::to_string).unwrap_or_default(),
            line: case_.line,
            evidence: case.evidence.get(test.source).map(|f| f.name.to_string()).into_iter().collect(),
            ..Item::default()
        }
    };
    (found.into_iter().take(most).map(item).collect(), total)
}

fn components(case: &Case, select: &Map<String, Value>, most: usize, now: Timestamp) -> (Vec<Item>, u64) {
    let licenses = texts(select.get("licenses"));
    let which = select.get("components").and_then(Value::as_str).unwrap_or_default();
    let days: Option<i64> = which.strip_prefix("released_before_days:").and_then(|n| n.parse().ok());
    let why = |component: &Component| -> Option<String> {
        if let Some(license) = component.licenses.iter().find(|l| licenses.contains(&&***l)) {
            return Some(format!("licence {license}"));
        }
        match which {
            "without_version" if component.version.is_none() => Some("has no version".to_owned()),
            "without_license" if component.licenses.is_empty() => Some("has no licence".to_owned()),
            _ => {
                let age = age_days(component, now).filter(|age| days.is_some_and(|days| *age > days))?;
                Some(format!("released {age} days ago"))
            }
        }
    };
    let mut items: Vec<Item> = Vec::new();
    for (file, standing) in case.evidence.iter().zip(&case.standing) {
        if !standing.unusable_because.is_empty() {
            continue;
        }
        for component in file.sbom.iter().filter(|s| s.inventory).flat_map(|s| &s.components) {
            let Some(message) = why(component) else { continue };
            let version = component.version.as_deref().unwrap_or_default();
            let package = if version.is_empty() {
                component.name.to_string()
            } else {
                format!("{}@{version}", component.name)
            };
            items.push(Item {
                kind: "component".to_owned(),
                id: component.purl.as_ref().map_or_else(|| package.clone(), ToString::to_string),
                name: component.name.to_string(),
                message,
                package,
                evidence: vec![file.name.to_string()],
                ..Item::default()
            });
        }
    }
    items.sort_by(|a, b| (&a.package, &a.id, &a.evidence).cmp(&(&b.package, &b.id, &b.evidence)));
    let total = items.len() as u64;
    items.truncate(most);
    (items, total)
}

fn coverage(case: &Case, below: Option<f64>, most: usize) -> (Vec<Item>, u64) {
    let below = below.unwrap_or(100.0);
    let mut found: Vec<(f64, Item)> = case
        .coverage
        .iter()
        .flat_map(|(suite, files)| files.iter().map(move |file| (suite, file)))
        .filter_map(|(suite, file)| {
            let percent = file.line_count.percent().filter(|percent| *percent < below)?;
            let missed = file.line_count.valid - file.line_count.covered.min(file.line_count.valid);
            Some((
                percent,
                Item {
                    kind: "file".to_owned(),
                    id: format!("{suite}:{}", file.path),
                    name: file.path.to_string(),
                    message: format!(
                        "{percent:.1} % of lines ({} of {}) in suite {suite}, {missed} missed",
                        file.line_count.covered, file.line_count.valid
                    ),
                    path: file.path.to_string(),
                    line: file.lines.iter().find(|line| line.hits == 0).map_or(0, |line| line.line),
                    ..Item::default()
                },
            ))
        })
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
    let total = found.len() as u64;
    (found.into_iter().take(most).map(|(_, item)| item).collect(), total)
}

fn thresholds(case: &Case, most: usize) -> (Vec<Item>, u64) {
    let mut items = Vec::new();
    for (file, standing) in case.evidence.iter().zip(&case.standing) {
        if !standing.unusable_because.is_empty() {
            continue;
        }
        for threshold in
            file.load.iter().flat_map(|run| run.thresholds.iter().flatten()).filter(|t| !t.passed)
        {
            items.push(Item {
                kind: "threshold".to_owned(),
                id: format!("{} {}", threshold.metric, threshold.expression),
                name: threshold.metric.to_string(),
                message: format!("crossed {}", threshold.expression),
                tool: file.producers.first().map(|p| p.name.to_string()).unwrap_or_default(),
                evidence: vec![file.name.to_string()],
                ..Item::default()
            });
        }
    }
    let total = items.len() as u64;
    items.truncate(most);
    (items, total)
}

fn evidence(case: &Case, codes: &[&str], most: usize) -> (Vec<Item>, u64) {
    let mut items = Vec::new();
    for evidence in &case.evidence {
        for warning in evidence.warnings.iter().filter(|w| codes.contains(&w.code.as_str())) {
            items.push(file(evidence, &warning.message));
        }
    }
    let total = items.len() as u64;
    items.truncate(most);
    (items, total)
}
