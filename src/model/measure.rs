//! Measurements: load tests and pages.

use super::{Count, Text};

/// One measured number.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Name, with the tool's tags for a submetric: `http_req_duration{kind:list}`.
    pub name: Text,
    /// `p95`, `p99`, `avg`, `min`, `max`, `med`, `rate`, `count`, `value`, ...
    pub statistic: Text,
    /// The value, always finite.
    pub value: f64,
    /// `ms`, `1/s`, `ratio`, `count`, `bytes` or empty.
    pub unit: &'static str,
}

/// A limit that the load test itself set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// The metric it is about.
    pub metric: Text,
    /// As the tool writes it: `p(95)<500`.
    pub expression: Text,
    /// The tool's verdict, polarity set right.
    pub passed: bool,
}

/// One run of a load test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadRun {
    /// Requests made; `None` when the report does not say.
    pub requests: Option<u64>,
    /// Requests that failed.
    pub failed_requests: Option<u64>,
    /// Share of failed requests, 0 to 1.
    pub error_rate: Option<f64>,
    /// Requests per second.
    pub throughput: Option<f64>,
    /// Median latency, milliseconds.
    pub p50_ms: Option<f64>,
    /// 90th percentile, milliseconds.
    pub p90_ms: Option<f64>,
    /// 95th percentile, milliseconds.
    pub p95_ms: Option<f64>,
    /// 99th percentile, milliseconds.
    pub p99_ms: Option<f64>,
    /// Largest latency, milliseconds.
    pub max_ms: Option<f64>,
    /// Limits the test set itself; `None` when this shape of report cannot carry them.
    pub thresholds: Option<Vec<Threshold>>,
    /// Checks (assertions on answers): passed of all.
    pub checks: Count,
    /// Every metric, sorted by name and statistic.
    pub metrics: Vec<Metric>,
}

/// A page that was tested for accessibility.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessibilityPage {
    /// URL, empty when not said.
    pub url: Text,
    /// Rules that were applicable and tested: violated or passed.
    pub rules_tested: u64,
    /// Rules violated.
    pub violations: u64,
    /// Elements that violate a rule.
    pub elements: u64,
    /// Rules that a person must look at.
    pub incomplete: u64,
}

/// A page measured in a browser.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WebPage {
    /// URL.
    pub url: Text,
    /// Category scores from 0 to 100, by category id; `None` = the tool gave none.
    pub scores: Vec<(Text, Option<f64>)>,
    /// Largest contentful paint, milliseconds.
    pub lcp_ms: Option<f64>,
    /// Cumulative layout shift, no unit.
    pub cls: Option<f64>,
    /// Interaction to next paint, milliseconds.
    pub inp_ms: Option<f64>,
    /// Total blocking time, milliseconds: the laboratory's stand-in for INP.
    pub tbt_ms: Option<f64>,
    /// First contentful paint, milliseconds.
    pub fcp_ms: Option<f64>,
}
