//! Results of axe-core: one object per page, or an array of pages.
//!
//! Every element that violates a rule is a finding. The markup of elements (`html`) and the data of single checks
//! are never read: they hold text of the page. Rules in `incomplete` need a person's eye; they are counted, and
//! a finding only where axe itself failed.

use crate::format::{Clean, Document, Format, Info, Tally};
use crate::model::{
    AccessibilityPage, Category, Evidence, Finding, Kind, Location, Producer, Severity, Text,
};
use crate::read::{Head, Interner, Json, JsonKind, Keys, ParseError, timestamp};

/// Reads results of axe-core.
pub(crate) struct Axe;

static INFO: Info = Info {
    id: "axe",
    title: "axe-core results",
    kinds: &[Kind::Accessibility],
    producers: &["@axe-core/playwright", "@axe-core/cli"],
    detection: "object, or array of objects, with `testEngine` (object) and `violations` (array)",
    clean: Clean::Recognisable,
};

/// The check that axe-core adds where a rule threw an error.
const ERROR_CHECK: &str = "error-occurred";

impl Format for Axe {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        [head.object(), head.first_item()].iter().any(|keys| {
            keys.has_kind("testEngine", JsonKind::Object) && keys.has_kind("violations", JsonKind::Array)
        })
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut report = Report::default();
        document.json(evidence, |j, interner, evidence| match j.kind() {
            Some(JsonKind::Object) => report.page(j, interner, evidence),
            Some(JsonKind::Array) => j.array(|j, _| report.page(j, interner, evidence)).map(drop),
            _ => Err(j.fail("expected an object or an array of objects")),
        })?;
        if evidence.producers.is_empty() {
            evidence.producers.push(Producer { name: "axe-core".into(), version: None });
        }
        if report.pages == 0 {
            evidence.incomplete("nothing-tested", "no page was tested");
        }
        evidence.count("pages", report.pages);
        evidence.count("violations", report.violations);
        evidence.count("violation_nodes", report.nodes);
        evidence.count("impacts", report.impacts);
        evidence.count("passes", report.passes);
        evidence.count("incomplete", report.incomplete);
        evidence.count("inapplicable", report.inapplicable);
        Ok(())
    }
}

#[derive(Default)]
struct Report {
    pages: u64,
    violations: u64,
    nodes: u64,
    passes: u64,
    incomplete: u64,
    inapplicable: u64,
    impacts: Tally,
}

/// One element that violates a rule.
#[derive(Default)]
struct Node {
    impact: Option<Severity>,
    target: Option<Text>,
    summary: Option<Text>,
}

impl Report {
    fn page(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        self.pages += 1;
        let mut page = AccessibilityPage::default();
        let (mut has_violations, mut passes) = (false, 0);
        let first = evidence.findings.len();
        j.object(|j, key| match key {
            "url" => {
                page.url = j.text(interner)?.unwrap_or_default();
                Ok(())
            }
            "timestamp" => {
                // The oldest page decides how old the report is.
                let at = j.str()?.and_then(|t| timestamp(&t));
                evidence.produced_at = [evidence.produced_at, at].into_iter().flatten().min();
                Ok(())
            }
            "testEngine" => engine(j, interner, evidence),
            "violations" => {
                has_violations = j.array(|j, _| {
                    page.violations += 1;
                    self.violation(j, interner, evidence, &mut page)
                })?;
                Ok(())
            }
            "passes" => count(j, &mut passes),
            "incomplete" => j
                .array(|j, _| {
                    page.incomplete += 1;
                    undecided(j, evidence)
                })
                .map(drop),
            "inapplicable" => count(j, &mut self.inapplicable),
            _ => Ok(()),
        })?;
        page.rules_tested = passes + page.violations;
        self.violations += page.violations;
        self.nodes += page.elements;
        self.passes += passes;
        self.incomplete += page.incomplete;
        // The URL may stand behind the findings of its page.
        for finding in evidence.findings.iter_mut().skip(first) {
            finding.location.get_or_insert_default().path = Text::clone(&page.url);
        }
        let url = if page.url.is_empty() { "a page without URL" } else { &*page.url };
        if !has_violations {
            evidence.incomplete(
                "results-absent",
                format!("{url}: `violations` is absent or null: axe did not run"),
            );
        } else if url.starts_with("about:blank") {
            evidence.incomplete("page-failed", format!("{url}: the empty page was tested, not one of yours"));
        } else if page.rules_tested == 0 {
            evidence.incomplete("nothing-tested", format!("{url}: no rule applied to anything on the page"));
        } else {
            evidence.proves(Kind::Accessibility);
        }
        evidence.accessibility.push(page);
        Ok(())
    }

    fn violation(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
        page: &mut AccessibilityPage,
    ) -> Result<(), ParseError> {
        let mut rule =
            Finding::new(interner.get("axe-core"), interner.get(""), Severity::Unknown, interner.get(""));
        rule.category = Some(Category::Accessibility);
        let mut nodes = Vec::new();
        let mut word = None;
        j.object(|j, key| {
            match key {
                "id" => rule.rule = j.text(interner)?.unwrap_or_default(),
                "impact" => word = j.str()?,
                "help" => rule.message = j.text(interner)?.unwrap_or_default(),
                "description" => rule.details_mut().title = j.text(interner)?,
                "helpUrl" => rule.details_mut().url = j.text(interner)?,
                "tags" => rule.details_mut().tags = j.texts(interner)?,
                "nodes" => {
                    j.array(|j, _| {
                        nodes.push(node(j, interner)?);
                        Ok(())
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        let word = word.as_deref().unwrap_or("null");
        self.impacts.add(word);
        rule.severity = severity(word);
        page.elements += nodes.len() as u64;
        if nodes.is_empty() {
            evidence.findings.push(rule);
            return Ok(());
        }
        evidence.findings.extend(nodes.into_iter().map(|node| {
            let mut finding = rule.clone();
            if let Some(severity) = node.impact {
                finding.severity = severity;
            }
            if node.summary.is_some() {
                finding.details_mut().help = node.summary;
            }
            finding.location = Some(Location { symbol: node.target, ..Location::default() });
            finding
        }));
        Ok(())
    }
}

/// axe-core's four words of impact; what is none of them (`null` too) is unknown.
fn severity(word: &str) -> Severity {
    match word {
        "critical" => Severity::Critical,
        "serious" => Severity::High,
        "moderate" => Severity::Medium,
        "minor" => Severity::Low,
        _ => Severity::Unknown,
    }
}

fn engine(j: &mut Json<'_>, interner: &mut Interner, evidence: &mut Evidence) -> Result<(), ParseError> {
    let (mut name, mut version) = (None, None);
    j.object(|j, key| {
        match key {
            "name" => name = j.text(interner)?,
            "version" => version = j.text(interner)?,
            _ => {}
        }
        Ok(())
    })?;
    let producer = Producer { name: name.unwrap_or_else(|| interner.get("axe-core")), version };
    if !evidence.producers.contains(&producer) {
        evidence.producers.push(producer);
    }
    Ok(())
}

fn count(j: &mut Json<'_>, total: &mut u64) -> Result<(), ParseError> {
    j.array(|_, _| {
        *total += 1;
        Ok(())
    })
    .map(drop)
}

fn node(j: &mut Json<'_>, interner: &mut Interner) -> Result<Node, ParseError> {
    let mut node = Node::default();
    j.object(|j, key| {
        match key {
            "impact" => node.impact = j.str()?.map(|word| severity(&word)),
            "target" => node.target = target(j, interner)?,
            "failureSummary" => node.summary = j.str()?.map(|text| interner.get(&remedies(&text))),
            _ => {}
        }
        Ok(())
    })?;
    Ok(node)
}

/// A failure summary without its headings ("Fix any of the following:"), on one line.
fn remedies(summary: &str) -> String {
    let lines =
        summary.lines().map(str::trim).filter(|line| !line.is_empty() && !line.ends_with("following:"));
    lines.collect::<Vec<_>>().join("; ")
}

/// The selectors of an element: one per frame, and a list of them where shadow roots lie between.
fn target(j: &mut Json<'_>, interner: &mut Interner) -> Result<Option<Text>, ParseError> {
    let mut path = String::new();
    let mut step = |selector: &str, separator: &str| {
        if !path.is_empty() {
            path.push_str(separator);
        }
        path.push_str(selector);
    };
    j.array(|j, _| {
        if j.kind() == Some(JsonKind::Array) {
            return j
                .array(|j, index| {
                    if let Some(selector) = j.str()? {
                        step(&selector, if index == 0 { " >> " } else { " >>> " });
                    }
                    Ok(())
                })
                .map(drop);
        }
        if let Some(selector) = j.str()? {
            step(&selector, " >> ");
        }
        Ok(())
    })?;
    Ok((!path.is_empty()).then(|| interner.get(&path)))
}

/// A rule that could not be decided; one that threw an error was not tested at all.
fn undecided(j: &mut Json<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
    let (mut rule, mut threw) = (None, false);
    j.object(|j, key| {
        match key {
            "id" => rule = j.str()?,
            "error" => threw |= j.kind() == Some(JsonKind::Object),
            "nodes" => {
                j.array(|j, _| {
                    j.object(|j, key| match key {
                        "any" | "all" | "none" => j
                            .array(|j, _| {
                                j.object(|j, key| {
                                    if key == "id" {
                                        threw |= j.str()?.as_deref() == Some(ERROR_CHECK);
                                    }
                                    Ok(())
                                })
                                .map(drop)
                            })
                            .map(drop),
                        _ => Ok(()),
                    })
                    .map(drop)
                })?;
            }
            _ => {}
        }
        Ok(())
    })?;
    if threw {
        let rule = rule.as_deref().unwrap_or("a rule");
        evidence.tool_failure(
            "axe-core",
            Category::Accessibility,
            None,
            &format!("`{rule}` ended with an error and tested nothing"),
        );
    }
    Ok(())
}
