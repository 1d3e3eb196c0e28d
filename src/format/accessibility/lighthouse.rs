//! Lighthouse results (LHR, Lighthouse 3 and later), bare or as `lhr` in the result of its Node interface.
//!
//! A page gives its category scores and laboratory metrics; failing audits of the accessibility category are
//! findings. Markup of elements, screenshots and the text of errors' stacks are never read. The manifest and the
//! assertion results of Lighthouse CI are other files, and not read here.

use std::collections::HashMap;

use crate::format::{Clean, Document, Format, Info, Tally};
use crate::model::{Category, Evidence, Finding, Kind, Location, Producer, Severity, Text, WebPage};
use crate::read::{Head, Interner, Json, JsonKind, Keys, ParseError, timestamp};

/// Reads Lighthouse results.
pub(crate) struct Lighthouse;

static INFO: Info = Info {
    id: "lighthouse",
    title: "Lighthouse result",
    kinds: &[Kind::Accessibility, Kind::WebVitals],
    producers: &["Lighthouse", "Lighthouse CI"],
    detection: "object with `lighthouseVersion` (text), `audits` and `categories` (objects), or such an object as \
                `lhr`",
    clean: Clean::Recognisable,
};

/// From this weight on an audit of the accessibility category is serious.
const SERIOUS_WEIGHT: f64 = 7.0;
/// How many warnings of the run are kept one by one.
const WARNINGS: usize = 20;
/// How the address of the browser's own error page starts.
const ERROR_PAGE: &str = "chrome-error://";
const ACCESSIBILITY: &str = "accessibility";

impl Format for Lighthouse {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        let keys = head.object();
        let bare = keys.has_kind("lighthouseVersion", JsonKind::String)
            && keys.has_kind("audits", JsonKind::Object)
            && keys.has_kind("categories", JsonKind::Object);
        bare || (keys.has_kind("lhr", JsonKind::Object) && head.text.contains("\"lighthouseVersion\""))
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut result = Lhr::default();
        document.json(evidence, |j, interner, evidence| {
            let mut wrapped = false;
            let was_object = j.object(|j, key| {
                if key == "lhr" && j.kind() == Some(JsonKind::Object) {
                    if !std::mem::replace(&mut wrapped, true) {
                        result = Lhr::default();
                    }
                    return j.object(|j, key| result.key(key, j, interner, evidence)).map(drop);
                }
                if wrapped { Ok(()) } else { result.key(key, j, interner, evidence) }
            })?;
            if was_object { Ok(()) } else { Err(j.fail("expected an object")) }
        })?;
        result.finish(evidence);
        Ok(())
    }
}

#[derive(Default)]
struct Lhr {
    version: Option<Text>,
    requested: Option<Text>,
    shown: Option<Text>,
    r#final: Option<Text>,
    /// Code and message of the error that kept the page from being tested.
    runtime_error: Option<(Text, Text)>,
    audits: Vec<Audit>,
    categories: Vec<(Text, Option<f64>)>,
    /// Audits of the accessibility category with their weights.
    accessible: Vec<(Text, f64)>,
    only_some: bool,
}

#[derive(Default)]
struct Audit {
    id: Text,
    title: Text,
    help: Option<Text>,
    score: Option<f64>,
    mode: Text,
    number: Option<f64>,
    selector: Option<Text>,
    error: Option<Text>,
}

impl Lhr {
    fn key(
        &mut self,
        key: &str,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        match key {
            "lighthouseVersion" => self.version = j.text(interner)?,
            "requestedUrl" => self.requested = j.text(interner)?,
            "finalDisplayedUrl" => self.shown = j.text(interner)?,
            "finalUrl" => self.r#final = j.text(interner)?,
            "fetchTime" => evidence.produced_at = j.str()?.and_then(|t| timestamp(&t)),
            "runtimeError" => self.runtime_error(j, interner)?,
            "runWarnings" => {
                j.array(|j, index| {
                    if let Some(text) = j.str()?
                        && index < WARNINGS
                    {
                        evidence.warn("run-warning", text);
                    }
                    Ok(())
                })?;
            }
            "configSettings" => {
                j.object(|j, key| {
                    if key == "onlyAudits" {
                        self.only_some = j.kind() == Some(JsonKind::Array);
                    }
                    Ok(())
                })?;
            }
            "audits" => {
                j.object(|j, id| {
                    let mut audit = Audit { id: interner.get(id), ..Audit::default() };
                    audit.read(j, interner)?;
                    self.audits.push(audit);
                    Ok(())
                })?;
            }
            "categories" => {
                j.object(|j, id| {
                    let score = self.category(id, j, interner)?;
                    self.categories.push((interner.get(id), score));
                    Ok(())
                })?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Older versions write an error with the code `NO_ERROR` where all went well.
    fn runtime_error(&mut self, j: &mut Json<'_>, interner: &mut Interner) -> Result<(), ParseError> {
        let present = j.kind() != Some(JsonKind::Null);
        let (mut code, mut message) = (None, None);
        j.object(|j, key| {
            match key {
                "code" => code = j.text(interner)?,
                "message" => message = j.text(interner)?,
                _ => {}
            }
            Ok(())
        })?;
        if present {
            self.runtime_error =
                Some((code.unwrap_or_else(|| interner.get("UNKNOWN")), message.unwrap_or_default()));
        }
        Ok(())
    }

    fn category(
        &mut self,
        id: &str,
        j: &mut Json<'_>,
        interner: &mut Interner,
    ) -> Result<Option<f64>, ParseError> {
        let mut found = None;
        j.object(|j, key| {
            match key {
                "score" => found = score(j)?,
                "auditRefs" if id == ACCESSIBILITY => {
                    j.array(|j, _| {
                        let (mut id, mut weight) = (None, 0.0);
                        j.object(|j, key| {
                            match key {
                                "id" => id = j.text(interner)?,
                                "weight" => weight = j.number()?.unwrap_or_default(),
                                _ => {}
                            }
                            Ok(())
                        })?;
                        self.accessible.extend(id.map(|id| (id, weight)));
                        Ok(())
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn finish(mut self, evidence: &mut Evidence) {
        evidence.producers.push(Producer { name: "Lighthouse".into(), version: self.version.clone() });
        self.count(evidence);
        let failed = self.runtime_error.take().filter(|(code, _)| &**code != "NO_ERROR");
        // A page that failed shows an address of the browser's own, also where no error is written.
        let browser = [&self.shown, &self.r#final].into_iter().flatten().any(|url| {
            url.get(..ERROR_PAGE.len()).is_some_and(|start| start.eq_ignore_ascii_case(ERROR_PAGE))
        });
        let failed = failed.or_else(|| {
            browser.then(|| ("CHROME_ERROR".into(), "the browser showed its own error page".into()))
        });
        let shown = self.shown.take().or_else(|| self.r#final.take());
        let url =
            if failed.is_some() { self.requested.take().or(shown) } else { shown.or(self.requested.take()) };
        let url = url.unwrap_or_default();
        if self.only_some {
            evidence.warn("audits-limited", "only some audits were run: the scores speak of these");
        }
        if let Some((code, message)) = failed {
            evidence.incomplete("page-failed", format!("{url} could not be tested ({code}): {message}"));
            evidence.pages.push(WebPage { url, scores: self.scores(), ..WebPage::default() });
            return;
        }
        let index: HashMap<&str, &Audit> = self.audits.iter().map(|audit| (&*audit.id, audit)).collect();
        let number = |id: &str| index.get(id).and_then(|audit| audit.number).filter(|number| *number >= 0.0);
        let page = WebPage {
            scores: self.scores(),
            lcp_ms: number("largest-contentful-paint"),
            cls: number("cumulative-layout-shift"),
            inp_ms: number("interaction-to-next-paint")
                .or_else(|| number("experimental-interaction-to-next-paint")),
            tbt_ms: number("total-blocking-time"),
            fcp_ms: number("first-contentful-paint"),
            url,
        };
        if page.lcp_ms.or(page.cls).or(page.inp_ms).is_some() {
            evidence.proves(Kind::WebVitals);
        }
        let tested = self.judge(&index, &page.url, evidence);
        if self.scores().iter().any(|(id, score)| &**id == ACCESSIBILITY && score.is_some()) && tested > 0 {
            evidence.proves(Kind::Accessibility);
        }
        if evidence.kinds.is_empty() {
            evidence.incomplete(
                "nothing-tested",
                format!("{}: neither a Core Web Vital nor an accessibility score was obtained", page.url),
            );
        }
        evidence.pages.push(page);
    }

    /// Reports audits of the accessibility category that fail, and audits that ended with an error. Returns how
    /// many audits of the category were tested.
    fn judge(&self, index: &HashMap<&str, &Audit>, url: &Text, evidence: &mut Evidence) -> u64 {
        let (tool, mut tested) = (Text::from("Lighthouse"), 0);
        let place = |symbol: Option<Text>| Location { path: Text::clone(url), symbol, ..Location::default() };
        for (id, weight) in &self.accessible {
            let Some(audit) = index.get(&**id) else {
                evidence
                    .warn("audit-absent", format!("audit `{id}` of the accessibility category is absent"));
                continue;
            };
            if UNJUDGED.contains(&&*audit.mode) {
                continue;
            }
            let Some(score) = audit.score else {
                let message = format!("audit `{id}` has no score, though it should have one");
                evidence.tool_failure("Lighthouse", Category::Accessibility, Some(place(None)), &message);
                continue;
            };
            tested += 1;
            if score >= 1.0 {
                continue;
            }
            let severity = if *weight >= SERIOUS_WEIGHT { Severity::High } else { Severity::Medium };
            let mut finding =
                Finding::new(Text::clone(&tool), Text::clone(id), severity, Text::clone(&audit.title));
            finding.category = Some(Category::Accessibility);
            finding.location = Some(place(audit.selector.clone()));
            finding.details_mut().help = audit.help.clone();
            evidence.findings.push(finding);
        }
        for audit in self.audits.iter().filter(|audit| &*audit.mode == "error") {
            let reason = audit.error.as_deref().unwrap_or("no reason given");
            let message = format!("audit `{}` failed: {reason}", audit.id);
            if METRICS.contains(&&*audit.id) || self.accessible.iter().any(|(id, _)| *id == audit.id) {
                evidence.tool_failure("Lighthouse", Category::Accessibility, Some(place(None)), &message);
            } else {
                evidence.warn("audit-failed", message);
            }
        }
        tested
    }

    fn count(&self, evidence: &mut Evidence) {
        let mut modes = Tally::default();
        self.audits.iter().for_each(|audit| modes.add(&audit.mode));
        let scores: serde_json::Map<_, _> =
            self.categories.iter().map(|(id, score)| (id.to_string(), (*score).into())).collect();
        evidence.count("version", self.version.as_deref());
        evidence.count("categories", scores);
        evidence.count("audits", self.audits.len());
        evidence.count("score_modes", modes);
        evidence.count("null_scores", self.audits.iter().filter(|audit| audit.score.is_none()).count());
        evidence.count("runtime_error", self.runtime_error.as_ref().map(|(code, _)| &**code));
    }

    /// Scores of 100; two decimals of the tool's 0 to 1 make whole numbers.
    fn scores(&self) -> Vec<(Text, Option<f64>)> {
        let percent = |score: f64| (score * 10_000.0).round() / 100.0;
        self.categories.iter().map(|(id, score)| (Text::clone(id), score.map(percent))).collect()
    }
}

/// Modes in which an audit gives no verdict; `not-applicable` is how Lighthouse 3 writes it.
const UNJUDGED: [&str; 6] =
    ["informative", "manual", "notApplicable", "not-applicable", "error", "metricSavings"];

/// Audits whose numbers are read.
const METRICS: [&str; 6] = [
    "largest-contentful-paint",
    "cumulative-layout-shift",
    "interaction-to-next-paint",
    "experimental-interaction-to-next-paint",
    "total-blocking-time",
    "first-contentful-paint",
];

impl Audit {
    fn read(&mut self, j: &mut Json<'_>, interner: &mut Interner) -> Result<(), ParseError> {
        let number = METRICS.contains(&&*self.id);
        j.object(|j, key| {
            match key {
                "title" => self.title = j.text(interner)?.unwrap_or_default(),
                "description" => self.help = j.text(interner)?,
                "score" => self.score = score(j)?,
                "scoreDisplayMode" => self.mode = j.text(interner)?.unwrap_or_default(),
                "errorMessage" => self.error = j.text(interner)?,
                // Lighthouse 3 and 4 call it `rawValue`.
                "numericValue" | "rawValue" if number && j.kind() == Some(JsonKind::Number) => {
                    self.number = j.number()?;
                }
                "details" if j.kind() == Some(JsonKind::Object) => {
                    j.object(|j, key| match key {
                        "items" if j.kind() == Some(JsonKind::Array) => j
                            .array(|j, index| if index == 0 { self.item(j, interner) } else { Ok(()) })
                            .map(drop),
                        _ => Ok(()),
                    })?;
                }
                _ => {}
            }
            Ok(())
        })
        .map(drop)
    }

    /// The first element that an audit names; items of other audits are of many kinds.
    fn item(&mut self, j: &mut Json<'_>, interner: &mut Interner) -> Result<(), ParseError> {
        if j.kind() != Some(JsonKind::Object) {
            return Ok(());
        }
        j.object(|j, key| {
            if key == "node" && j.kind() == Some(JsonKind::Object) {
                j.object(|j, key| {
                    if key == "selector" {
                        self.selector = j.text(interner)?;
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })
        .map(drop)
    }
}

/// A score from 0 to 1; another number is recorded.
fn score(j: &mut Json<'_>) -> Result<Option<f64>, ParseError> {
    let at = j.position();
    let score = j.number()?;
    if let Some(score) = score
        && !(0.0..=1.0).contains(&score)
    {
        j.record(at, format!("expected a score from 0 to 1, found {score}"));
        return Ok(None);
    }
    Ok(score)
}
