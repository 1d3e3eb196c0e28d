//! Summaries of k6, in the three shapes that it writes:
//!
//! - `--summary-export`: flat metrics, groups and checks by name, `thresholds: {expression: crossed}`;
//! - `handleSummary`: `metrics.x.values`, groups and checks in lists, `thresholds: {expression: {ok}}`;
//! - the machine-readable summary: `results.metrics` in a list, and no thresholds at all.
//!
//! The first two state a threshold's verdict with opposite polarity, so that a file in which signs of both meet
//! is refused. Latencies are milliseconds in every shape; only `config.duration` is seconds. The script that the
//! third shape embeds is never read, nor are the data points of `--out json`.

use crate::format::{Clean, Document, Format, Info};
use crate::model::{Count, Evidence, Kind, LoadRun, Metric, Producer, Text, Threshold};
use crate::read::{Head, Interner, Json, JsonKind, Keys, ParseError, timestamp};

/// Reads k6 summaries.
pub(crate) struct K6;

static INFO: Info = Info {
    id: "k6",
    title: "k6 summary",
    kinds: &[Kind::Load],
    producers: &["k6 --summary-export", "k6 handleSummary", "k6 --new-machine-readable-summary"],
    detection: "object with `metrics` and `root_group` (objects); or with `version`, `config`, `metadata` \
                (holding `k6_version`) and `results` (object)",
    clean: Clean::Recognisable,
};

/// By what share of the bound a counter's rate may miss it before it contradicts a verdict: k6 takes the run's
/// duration for the verdict at a slightly other instant than for the summary.
const RATE_SLACK: f64 = 0.01;

impl Format for K6 {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        let keys = head.object();
        let named =
            keys.has_kind("metrics", JsonKind::Object) && keys.has_kind("root_group", JsonKind::Object);
        let listed = || {
            keys.has_kind("results", JsonKind::Object)
                && keys.has_kind("config", JsonKind::Object)
                && keys.has_kind("metadata", JsonKind::Object)
                && keys.has_kind("version", JsonKind::String)
                && head.text.contains("\"k6_version\"")
        };
        named || listed()
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut summary = Summary::default();
        document.json(evidence, |j, interner, evidence| summary.read(j, interner, evidence))?;
        summary.finish(evidence)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Export,
    Handle,
    Listed,
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Self::Export => "summary-export",
            Self::Handle => "handleSummary",
            Self::Listed => "machine-readable",
        }
    }
}

/// What a metric measures, as k6 names it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Trend,
    Rate,
    Counter,
    Gauge,
}

#[derive(Default)]
struct Raw {
    name: Text,
    kind: Option<Type>,
    contains: Option<Text>,
    /// Statistics by their normalised name.
    stats: Vec<(Text, f64)>,
    /// Expression and whether it passed; `None` where the verdict cannot be read.
    limits: Vec<(Text, Option<bool>)>,
}

#[derive(Default)]
struct Summary {
    shape: Option<Shape>,
    version: Option<Text>,
    seconds: Option<f64>,
    metrics: Vec<Raw>,
    checks: u64,
    passes: u64,
    fails: u64,
    checks_with_failures: u64,
}

impl Summary {
    fn read(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        let was_object = j.object(|j, key| match key {
            "metrics" => j.object(|j, name| self.metric(j, Some(name), interner)).map(drop),
            "root_group" => self.group(j),
            "results" => self.results(j, interner),
            "version" => {
                let at = j.position();
                if let Some(version) = j.text(interner)? {
                    if version.split('.').next() != Some("1") {
                        return Err(ParseError::at(
                            at,
                            format!("version `{version}` of k6's machine-readable summary is not known"),
                        )
                        .help("versions 1.x can be read"));
                    }
                    evidence.format_version = version;
                }
                Ok(())
            }
            "metadata" => j
                .object(|j, key| {
                    match key {
                        "k6_version" => self.version = j.text(interner)?,
                        "generated_at" => evidence.produced_at = j.str()?.and_then(|t| timestamp(&t)),
                        _ => {}
                    }
                    Ok(())
                })
                .map(drop),
            "config" => j
                .object(|j, key| {
                    if key == "duration" {
                        self.seconds = j.number()?;
                    }
                    Ok(())
                })
                .map(drop),
            "state" => j
                .object(|j, key| {
                    if key == "testRunDurationMs" {
                        self.seconds = j.number()?.map(|ms| ms / 1000.0);
                    }
                    Ok(())
                })
                .map(drop),
            _ => Ok(()),
        })?;
        if was_object { Ok(()) } else { Err(j.fail("expected an object")) }
    }

    /// Notes a sign of a shape; signs of two shapes leave open what a verdict means.
    fn sign(&mut self, shape: Shape, at: usize) -> Result<(), ParseError> {
        match self.shape {
            Some(known) if known != shape => Err(ParseError::at(
                at,
                format!(
                    "the summary mixes the shapes `{}` and `{}`, in which `true` stands for opposite verdicts",
                    known.name(),
                    shape.name()
                ),
            )
            .help("write the file with `k6 run --summary-export`, or return `JSON.stringify(data)` from handleSummary")),
            _ => {
                self.shape = Some(shape);
                Ok(())
            }
        }
    }

    fn results(&mut self, j: &mut Json<'_>, interner: &mut Interner) -> Result<(), ParseError> {
        if j.kind() == Some(JsonKind::Object) {
            self.sign(Shape::Listed, j.position())?;
        }
        j.object(|j, key| match key {
            "metrics" => j.array(|j, _| self.metric(j, None, interner)).map(drop),
            "checks" => j
                .object(|j, key| match key {
                    "results" => j.array(|j, _| self.check(j)).map(drop),
                    _ => Ok(()),
                })
                .map(drop),
            _ => Ok(()),
        })
        .map(drop)
    }

    fn metric(
        &mut self,
        j: &mut Json<'_>,
        name: Option<&str>,
        interner: &mut Interner,
    ) -> Result<(), ParseError> {
        let mut raw = Raw { name: interner.get(name.unwrap_or_default()), ..Raw::default() };
        let at = j.position();
        let was_object = j.object(|j, key| {
            match key {
                "name" if name.is_none() => raw.name = j.text(interner)?.unwrap_or_default(),
                "type" => {
                    raw.kind = match j.str()?.as_deref() {
                        Some("trend") => Some(Type::Trend),
                        Some("rate") => Some(Type::Rate),
                        Some("counter") => Some(Type::Counter),
                        Some("gauge") => Some(Type::Gauge),
                        _ => None,
                    };
                }
                "contains" => raw.contains = j.text(interner)?,
                "values" => {
                    if name.is_some() && j.kind() == Some(JsonKind::Object) {
                        self.sign(Shape::Handle, j.position())?;
                    }
                    j.object(|j, key| {
                        if let Some(value) = j.number()? {
                            raw.stats.push((statistic(key, interner), value));
                        }
                        Ok(())
                    })?;
                }
                "thresholds" => {
                    j.object(|j, expression| {
                        let verdict = self.verdict(j)?;
                        raw.limits.push((interner.get(expression), verdict));
                        Ok(())
                    })?;
                }
                _ if name.is_some() => {
                    if j.kind() == Some(JsonKind::Number) {
                        self.sign(Shape::Export, j.position())?;
                    }
                    if let Some(value) = j.number()? {
                        raw.stats.push((statistic(key, interner), value));
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        if !was_object {
            return Ok(());
        }
        if raw.name.is_empty() {
            j.record(at, "the metric has no name");
            return Ok(());
        }
        raw.settle();
        self.metrics.push(raw);
        Ok(())
    }

    /// Whether a threshold passed: `false` or `{"ok": true}`.
    fn verdict(&mut self, j: &mut Json<'_>) -> Result<Option<bool>, ParseError> {
        let at = j.position();
        match j.kind() {
            Some(JsonKind::Bool) => {
                self.sign(Shape::Export, at)?;
                Ok(j.bool()?.map(|crossed| !crossed))
            }
            Some(JsonKind::Object) => {
                self.sign(Shape::Handle, at)?;
                let mut passed = None;
                j.object(|j, key| {
                    if key == "ok" {
                        passed = j.bool()?;
                    }
                    Ok(())
                })?;
                if passed.is_none() {
                    j.record(at, "the threshold has no verdict; it counts as failed");
                }
                Ok(passed)
            }
            _ => {
                j.skip()?;
                j.record(at, "expected a boolean or an object with `ok`; the threshold counts as failed");
                Ok(None)
            }
        }
    }

    fn group(&mut self, j: &mut Json<'_>) -> Result<(), ParseError> {
        j.object(|j, key| match key {
            "groups" => self.members(j, Self::group),
            "checks" => self.members(j, Self::check),
            _ => Ok(()),
        })
        .map(drop)
    }

    fn members(
        &mut self,
        j: &mut Json<'_>,
        read: fn(&mut Self, &mut Json<'_>) -> Result<(), ParseError>,
    ) -> Result<(), ParseError> {
        match j.kind() {
            Some(JsonKind::Object) => {
                self.sign(Shape::Export, j.position())?;
                j.object(|j, _| read(self, j)).map(drop)
            }
            Some(JsonKind::Array) => {
                self.sign(Shape::Handle, j.position())?;
                j.array(|j, _| read(self, j)).map(drop)
            }
            _ => j.array(|_, _| Ok(())).map(drop),
        }
    }

    fn check(&mut self, j: &mut Json<'_>) -> Result<(), ParseError> {
        let (at, mut passes, mut fails) = (j.position(), None, None);
        let was_object = j.object(|j, key| {
            match key {
                "passes" => passes = j.unsigned()?,
                "fails" => fails = j.unsigned()?,
                _ => {}
            }
            Ok(())
        })?;
        if was_object && (passes.is_none() || fails.is_none()) {
            j.record(at, "the check lacks `passes` or `fails`; it counts as failed once more");
            fails = Some(fails.unwrap_or_default().saturating_add(1));
        }
        if was_object {
            let fails = fails.unwrap_or_default();
            self.checks += 1;
            self.passes = self.passes.saturating_add(passes.unwrap_or_default());
            self.fails = self.fails.saturating_add(fails);
            self.checks_with_failures += u64::from(fails > 0);
        }
        Ok(())
    }

    fn finish(mut self, evidence: &mut Evidence) -> Result<(), ParseError> {
        self.metrics.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(twice) = self.metrics.windows(2).find_map(|pair| match pair {
            [a, b] if a.name == b.name => Some(&a.name),
            _ => None,
        }) {
            return Err(ParseError::whole(format!("metric `{twice}` is written twice"))
                .help("have k6 write the summary again; which of the two holds is not defined"));
        }
        let shape = self.shape.unwrap_or(Shape::Export);
        evidence.producers.push(Producer { name: "k6".into(), version: self.version.take() });
        self.count(shape, evidence);

        let mut run = LoadRun {
            checks: Count { covered: self.passes, valid: self.passes.saturating_add(self.fails) },
            ..LoadRun::default()
        };
        self.requests(&mut run, evidence);
        if shape == Shape::Listed {
            evidence.warn(
                "no-thresholds-in-shape",
                "k6's machine-readable summary does not say which thresholds were set or crossed",
            );
        } else {
            run.thresholds = Some(self.thresholds(evidence));
        }
        self.compare_checks(evidence);
        run.metrics = self.metrics.iter().flat_map(Raw::measured).collect();
        evidence.load = Some(run);
        Ok(())
    }

    fn find(&self, name: &str) -> Option<&Raw> {
        self.metrics.binary_search_by(|raw| (*raw.name).cmp(name)).ok().and_then(|at| self.metrics.get(at))
    }

    fn stat(&self, name: &str, statistic: &str) -> Option<f64> {
        self.find(name)?.stat(statistic)
    }

    fn count(&self, shape: Shape, evidence: &mut Evidence) {
        let limits = || self.metrics.iter().flat_map(|raw| &raw.limits);
        let submetrics = self.metrics.iter().filter(|raw| raw.name.contains('{')).count();
        let failed = limits().filter(|(_, passed)| *passed != Some(true)).count();
        evidence.count("shape", shape.name());
        evidence.count("metrics", self.metrics.len());
        evidence.count("submetrics", submetrics);
        evidence.count("thresholds", limits().count());
        evidence.count("thresholds_failed", failed);
        evidence.count("checks", self.checks);
        evidence.count("check_passes", self.passes);
        evidence.count("check_fails", self.fails);
        evidence.count("checks_with_failures", self.checks_with_failures);
        evidence.count("http_reqs", self.stat("http_reqs", "count"));
        evidence.count("http_req_failed_rate", self.stat("http_req_failed", "rate"));
        evidence.count("p95", self.stat("http_req_duration", "p95"));
        evidence.count("iterations", self.stat("iterations", "count"));
    }

    /// What is known of the requests, and whether there were any.
    fn requests(&self, run: &mut LoadRun, evidence: &mut Evidence) {
        let mut measured = |metric: &str, statistic: &str, most: f64| {
            let value = self.stat(metric, statistic)?;
            if (0.0..=most).contains(&value) {
                return Some(value);
            }
            evidence.warn(
                "value-out-of-range",
                format!("`{statistic}` of `{metric}` cannot be {value}: not used"),
            );
            None
        };
        let requests = measured("http_reqs", "count", f64::MAX);
        let rate = measured("http_req_failed", "rate", 1.0);
        // A rate of failures: what k6 calls passes are the requests that failed.
        let failed = measured("http_req_failed", "passes", f64::MAX);
        let succeeded = measured("http_req_failed", "fails", f64::MAX);
        let judged = measured("http_req_failed", "total", f64::MAX)
            .or_else(|| failed.zip(succeeded).map(|(bad, good)| bad + good));
        let throughput = measured("http_reqs", "rate", f64::MAX);
        let mut latency = |statistic| measured("http_req_duration", statistic, f64::MAX);
        let latencies = [latency("med"), latency("p90"), latency("p95"), latency("p99"), latency("max")];

        if self.stat("iterations", "count").is_none_or(|count| count <= 0.0) {
            evidence.warn("no-iterations", "k6 counted no iteration: no user of the test ran to its end");
        }
        let Some(requests) = requests.filter(|count| *count > 0.0) else {
            let other = self.other_protocol();
            evidence.incomplete(
                "no-requests",
                match other {
                    Some(metric) => {
                        format!("no HTTP request was made; only other protocols ran (`{metric}`)")
                    }
                    None => {
                        "no request was made: every threshold of k6 passes when nothing is measured".into()
                    }
                },
            );
            if other.is_some() {
                evidence.proves(Kind::Load);
            }
            return;
        };
        evidence.proves(Kind::Load);
        run.requests = Some(requests as u64);
        run.failed_requests = failed.map(|count| count as u64);
        run.throughput = throughput
            .or_else(|| self.seconds.filter(|seconds| *seconds > 0.0).map(|seconds| requests / seconds));

        let share =
            failed.zip(judged).filter(|(_, judged)| *judged > 0.0).map(|(bad, all)| (bad / all).min(1.0));
        run.error_rate = match (rate, share) {
            (Some(rate), Some(share)) => {
                if (rate - share).abs() > 1e-6 {
                    evidence.warn(
                        "rate-contradicts-counts",
                        format!("`http_req_failed` says {rate}, its counts say {share}: the larger is used"),
                    );
                }
                Some(rate.max(share))
            }
            // 0 of 0 is not a measurement.
            (Some(_), None) if judged == Some(0.0) => None,
            (rate, share) => rate.or(share),
        };
        match run.error_rate {
            None => evidence.warn("no-error-rate", "the summary does not say how many requests failed"),
            Some(rate) if rate >= 1.0 => evidence.incomplete(
                "all-requests-failed",
                format!("every request failed ({requests} of {requests})"),
            ),
            Some(_) => {}
        }
        let [p50, p90, p95, p99, max] = latencies;
        if max == Some(0.0) {
            // k6 writes 0 where no request was answered.
            evidence.warn("durations-zero", "every latency is 0: no request was answered, none is used");
            return;
        }
        (run.p50_ms, run.p90_ms, run.p95_ms, run.p99_ms, run.max_ms) = (p50, p90, p95, p99, max);
    }

    /// A metric that only requests of another protocol than HTTP move.
    fn other_protocol(&self) -> Option<&Text> {
        const PREFIXES: [&str; 3] = ["grpc_", "ws_", "browser_"];
        self.metrics
            .iter()
            .find(|raw| {
                PREFIXES.iter().any(|prefix| raw.name.starts_with(prefix))
                    && raw.stats.iter().any(|(_, value)| *value > 0.0)
            })
            .map(|raw| &raw.name)
    }

    fn thresholds(&self, evidence: &mut Evidence) -> Vec<Threshold> {
        let mut thresholds = Vec::new();
        for raw in &self.metrics {
            let empty = raw.kind == Some(Type::Rate)
                && raw.stat("passes") == Some(0.0)
                && raw.stat("fails") == Some(0.0);
            for (expression, verdict) in &raw.limits {
                let name = &raw.name;
                if empty {
                    evidence.warn(
                        "threshold-without-samples",
                        format!("threshold `{expression}` of `{name}` judges nothing: there is no sample"),
                    );
                }
                let mut passed = *verdict == Some(true);
                if passed && let Some(value) = raw.contradiction(expression) {
                    evidence.warn(
                        "threshold-contradicts-values",
                        format!(
                            "threshold `{expression}` of `{name}` is said to hold, but the value is {value}: \
                             it counts as failed"
                        ),
                    );
                    passed = false;
                }
                thresholds.push(Threshold {
                    metric: Text::clone(name),
                    expression: Text::clone(expression),
                    passed,
                });
            }
        }
        thresholds
    }

    /// The metric `checks` and the checks themselves count the same, unless somebody removed some.
    fn compare_checks(&self, evidence: &mut Evidence) {
        let Some(fails) = self.stat("checks", "fails") else { return };
        if fails != self.fails as f64 {
            evidence.warn(
                "totals-contradict-checks",
                format!("the metric `checks` counts {fails} failures, the checks themselves {}", self.fails),
            );
        }
    }
}

impl Raw {
    fn stat(&self, name: &str) -> Option<f64> {
        self.stats.iter().find(|(known, _)| &**known == name).map(|(_, value)| *value)
    }

    /// Finds out the type where the shape does not say it, gives one name to each statistic, and sorts them.
    fn settle(&mut self) {
        let has = |name: &str| self.stat(name).is_some();
        let kind = self.kind.or_else(|| {
            if has("passes") || has("fails") {
                Some(Type::Rate)
            } else if has("avg") || has("med") {
                Some(Type::Trend)
            } else if has("value") {
                Some(Type::Gauge)
            } else if has("count") && has("rate") {
                Some(Type::Counter)
            } else {
                None
            }
        });
        self.kind = kind;
        for (name, _) in &mut self.stats {
            match (&**name, kind) {
                ("value", Some(Type::Rate)) => *name = "rate".into(),
                ("matches", Some(Type::Rate)) => *name = "passes".into(),
                _ => {}
            }
        }
        self.stats.sort_by(|a, b| a.0.cmp(&b.0));
    }

    fn measured(&self) -> impl Iterator<Item = Metric> {
        self.stats.iter().map(|(statistic, value)| Metric {
            name: Text::clone(&self.name),
            statistic: Text::clone(statistic),
            value: *value,
            unit: self.unit(statistic),
        })
    }

    fn unit(&self, statistic: &str) -> &'static str {
        let plain = match self.contains.as_deref() {
            Some("time") => "ms",
            Some("data") => "bytes",
            Some(_) => "",
            None if self.is_duration() => "ms",
            None if matches!(&*self.name, "data_sent" | "data_received") => "bytes",
            None => "",
        };
        match (self.kind, statistic) {
            (Some(Type::Counter), "count") if plain.is_empty() => "count",
            (Some(Type::Counter), "rate") if plain.is_empty() => "1/s",
            (Some(Type::Counter), "rate") => "",
            (Some(Type::Rate), "rate") => "ratio",
            (Some(Type::Rate), _) | (Some(Type::Trend), "count") => "count",
            _ => plain,
        }
    }

    /// Whether it is one of k6's own durations; the flat shape does not say it.
    fn is_duration(&self) -> bool {
        const OWN: [&str; 4] = ["http_req_", "iteration_duration", "group_duration", "grpc_req_duration"];
        self.kind == Some(Type::Trend) && OWN.iter().any(|own| self.name.starts_with(own))
    }

    /// The value that contradicts the expression, where both can be told.
    fn contradiction(&self, expression: &str) -> Option<f64> {
        let (statistic, operator, bound) = comparison(expression)?;
        let value = self.stat(&statistic)?;
        let holds = match operator {
            "<" => value < bound,
            "<=" => value <= bound,
            ">" => value > bound,
            ">=" => value >= bound,
            "!=" => value != bound,
            _ => value == bound,
        };
        let near = self.kind == Some(Type::Counter)
            && statistic == "rate"
            && (value - bound).abs() <= bound.abs() * RATE_SLACK;
        (!holds && !near).then_some(value)
    }
}

/// A statistic under one name for every shape: `p95` for `p(95)`.
fn statistic(name: &str, interner: &mut Interner) -> Text {
    match percentile(name) {
        Some(plain) => interner.get(&plain),
        None => interner.get(name),
    }
}

fn percentile(name: &str) -> Option<String> {
    let share = name.strip_prefix("p(")?.strip_suffix(')')?.trim();
    share.parse::<f64>().ok().filter(|share| share.is_finite()).map(|share| format!("p{share}"))
}

/// The parts of `p(95) < 500`: statistic, operator, bound.
fn comparison(expression: &str) -> Option<(String, &'static str, f64)> {
    const OPERATORS: [&str; 7] = ["===", "==", "!=", "<=", ">=", "<", ">"];
    let (left, right) = expression.split_at_checked(expression.find(['<', '>', '=', '!'])?)?;
    let operator = OPERATORS.into_iter().find(|operator| right.starts_with(operator))?;
    let bound = right.strip_prefix(operator)?.trim().parse::<f64>().ok()?;
    let left = left.trim();
    Some((percentile(left).unwrap_or_else(|| left.to_owned()), operator, bound))
}
