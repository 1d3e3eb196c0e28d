//! Evidence made up for tests, and the whole way from texts to decision inside this process.

use std::sync::LazyLock;
use std::time::Duration;

use gate::config::{self, Config, Environment};
use gate::decide::{self, Context};
use gate::ingest::{self, Collected, Input};
use gate::model::{Decision, Evidence, Subject};
use gate::policy::{Isolation, PolicySet, Sources, UserModule};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Names and contents.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// An environment with its policies, ready to decide.
pub(crate) struct Judge {
    pub(crate) environment: Environment,
    policies: PolicySet,
    context: Context,
}

/// The environment `development` with the shipped policies.
pub(crate) static DEVELOPMENT: LazyLock<Judge> = LazyLock::new(|| Judge::new("development", &[]));

impl Judge {
    pub(crate) fn new(environment: &str, modules: &[(&str, &str)]) -> Self {
        let shipped: Value = serde_json::from_str(gate::policy::shipped_data()).unwrap();
        let environment = config::resolve(&Config::default(), &shipped, environment, &[]).unwrap();
        let policies = PolicySet::load(Sources {
            modules: modules
                .iter()
                .map(|(path, text)| UserModule { path: (*path).to_owned(), text: (*text).to_owned() })
                .collect(),
            gate_data: environment.gate_data.clone(),
            gates: environment.gates.iter().map(|g| g.name.clone()).collect(),
            ..Sources::default()
        })
        .unwrap();
        let context = Context {
            now: "2026-11-22T12:00:00Z".parse().unwrap(),
            timeout: Duration::from_secs(30),
            isolation: Isolation::InProcess,
            root: None,
            items: 5000,
        };
        Self { environment, policies, context }
    }

    fn request(&self, collected: Collected) -> decide::Request<'_> {
        decide::Request {
            collected,
            environment: &self.environment,
            asked: &[],
            subject: Subject::default(),
            honoured: Vec::new(),
            critical_paths: &[],
            problems: Vec::new(),
            info: Default::default(),
        }
    }

    pub(crate) fn decide(&self, collected: Collected) -> Decision {
        decide::evaluate(self.request(collected), &self.policies, &self.context)
    }

    /// The decision of files that are all named.
    pub(crate) fn of(&self, files: &Files) -> Decision {
        self.decide(read(files))
    }

    /// What the policies see of the evidence.
    pub(crate) fn input(&self, collected: Collected) -> String {
        decide::input_json(self.request(collected), &self.policies, &self.context).unwrap()
    }

    /// What the policies say, as gate reads it.
    pub(crate) fn said(&self, input: String) -> gate::policy::Evaluation {
        let gates: Vec<String> = self.environment.gates.iter().map(|g| g.name.clone()).collect();
        self.policies.evaluate(&input, &gates, self.context.timeout, &Isolation::InProcess).unwrap()
    }
}

/// Reads files that are all named.
pub(crate) fn read(files: &Files) -> Collected {
    let inputs =
        files.iter().map(|(name, bytes)| Input::Bytes { name: name.clone(), bytes: bytes.clone() }).collect();
    ingest::collect(&ingest::Request { inputs, ..Default::default() }, &|_, _| {})
}

/// Evidence that was read without a problem.
pub(crate) fn collected(evidence: Vec<Evidence>) -> Collected {
    Collected { evidence, ..Collected::default() }
}

/// The files of a folder below `fixtures/`, without the list of their sources.
pub(crate) fn fixtures(folder: &str) -> Files {
    let mut files: Files = std::fs::read_dir(crate::cli::root().join("fixtures").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && !path.ends_with("SOURCE.tsv"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// How often a property is tried: what `PROPTEST_CASES` says, else a few times.
pub(crate) fn cases(few: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(few);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A run of a scanner or linter.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) tool: &'static str,
    /// Level of each rule and its score, where it has one.
    pub(crate) rules: Vec<(&'static str, Option<f64>)>,
    /// Rule, level and whether the tool suppresses it.
    pub(crate) results: Vec<(usize, Option<&'static str>, bool)>,
}

/// A load test.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) requests: u64,
    pub(crate) failed: u64,
    pub(crate) rate: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    /// Whether each threshold is crossed.
    pub(crate) crossed: Vec<bool>,
}

/// The evidence of one pipeline.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) runs: Vec<Run>,
    /// Outcomes of the tests of each report.
    pub(crate) tests: Vec<Vec<&'static str>>,
    pub(crate) load: Option<Load>,
    /// Tags and impact of each violation.
    pub(crate) axe: Option<Vec<(&'static str, &'static str)>>,
    /// Hits of the lines of each source file.
    pub(crate) coverage: Option<Vec<Vec<u32>>>,
    /// Licence of each component, and whether it has a version.
    pub(crate) components: Option<Vec<(&'static str, bool)>>,
}

pub(crate) const LEVELS: [&str; 5] = ["none", "note", "warning", "error", "dire"];
const TOOLS: [&str; 5] = ["Bandit", "CodeQL", "ruff", "mypy", "Homemade"];

impl Pipeline {
    /// Pipelines of which many are in good order.
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        let rule = (select(&LEVELS[..4]), proptest::option::weighted(0.2, 0.0..10.0_f64));
        let level = proptest::option::of(select(&LEVELS[1..3]));
        let result = (0..4_usize, level, proptest::bool::weighted(0.1));
        let run = (select(&TOOLS[..]), vec(rule, 1..4), vec(result, 0..4))
            .prop_map(|(tool, rules, results)| Run { tool, rules, results });
        let outcome = proptest::strategy::Union::new_weighted(vec![
            (20, Just("passed")),
            (2, Just("skipped")),
            (1, Just("failed")),
            (1, Just("error")),
        ]);
        let tests = vec(vec(outcome, 0..12), 0..3);
        let load =
            (0..5000_u64, 0..3_u64, 50.0..500.0_f64, 1.0..2500.0_f64, 1.0..6000.0_f64, vec(weak(), 0..3))
                .prop_map(|(requests, failed, rate, p95, p99, crossed)| Load {
                    requests,
                    failed: failed.min(requests),
                    rate,
                    p95,
                    p99,
                    crossed,
                });
        let violation =
            (select(&["wcag2aa", "best-practice", "wcag22aa"][..]), select(&["minor", "critical"][..]));
        let hits = prop_oneof![9 => 1..5_u32, 1 => Just(0_u32)];
        let coverage = vec(vec(hits, 1..40), 1..4);
        let component = (select(&["MIT", "Apache-2.0", "GPL-3.0-only", ""][..]), any::<bool>());
        (
            vec(run, 0..3),
            tests,
            proptest::option::of(load),
            proptest::option::of(vec(violation, 0..2)),
            proptest::option::weighted(0.9, coverage),
            proptest::option::of(vec(component, 0..5)),
        )
            .prop_map(|(runs, tests, load, axe, coverage, components)| Self {
                runs,
                tests,
                load,
                axe,
                coverage,
                components,
            })
    }

    /// The reports.
    pub(crate) fn files(&self) -> Files {
        let mut files = Files::new();
        for (n, run) in self.runs.iter().enumerate() {
            files.push((format!("run{n}.sarif"), run.text().into_bytes()));
        }
        for (n, outcomes) in self.tests.iter().enumerate() {
            files.push((format!("tests{n}.xml"), junit(outcomes, n).into_bytes()));
        }
        files.extend(self.load.as_ref().map(|load| ("load.json".to_owned(), load.text().into_bytes())));
        files.extend(self.axe.as_ref().map(|v| ("axe.json".to_owned(), axe(v).into_bytes())));
        files.extend(self.coverage.as_ref().map(|c| ("coverage.xml".to_owned(), cobertura(c).into_bytes())));
        files.extend(self.components.as_ref().map(|c| ("bom.json".to_owned(), bom(c).into_bytes())));
        files
    }
}

fn weak() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.1)
}

impl Run {
    /// Its SARIF.
    pub(crate) fn text(&self) -> String {
        let rules: Vec<Value> = self
            .rules
            .iter()
            .enumerate()
            .map(|(n, (level, score))| {
                let mut rule = json!({"id": format!("R{n}"), "defaultConfiguration": {"level": level}});
                if let Some(score) = score {
                    rule["properties"] = json!({"security-severity": score.to_string()});
                }
                rule
            })
            .collect();
        let results: Vec<Value> = self
            .results
            .iter()
            .enumerate()
            .map(|(n, (rule, level, suppressed))| {
                let rule = rule % self.rules.len();
                let mut result = json!({
                    "ruleId": format!("R{rule}"),
                    "ruleIndex": rule,
                    "message": {"text": format!("finding {n}")},
                    "locations": [{"physicalLocation": {
                        "artifactLocation": {"uri": "src/main.c"}, "region": {"startLine": n + 1}}}],
                });
                if let Some(level) = level {
                    result["level"] = json!(level);
                }
                if *suppressed {
                    result["suppressions"] = json!([{"kind": "inSource"}]);
                }
                result
            })
            .collect();
        json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": self.tool, "rules": rules}}, "results": results}]})
            .to_string()
    }
}

/// A JUnit report.
pub(crate) fn junit(outcomes: &[&str], suite: usize) -> String {
    let cases: String = outcomes
        .iter()
        .enumerate()
        .map(|(n, outcome)| {
            let inner = match *outcome {
                "skipped" => "<skipped/>",
                "failed" => "<failure message=\"no\"/>",
                "error" => "<error message=\"no\"/>",
                _ => "",
            };
            format!("<testcase classname=\"c\" name=\"t{n}\" time=\"0.1\">{inner}</testcase>")
        })
        .collect();
    format!("<testsuites><testsuite name=\"s{suite}\">{cases}</testsuite></testsuites>")
}

impl Load {
    /// Its summary as k6 exports it.
    pub(crate) fn text(&self) -> String {
        let crossed: serde_json::Map<String, Value> = self
            .crossed
            .iter()
            .enumerate()
            // Here `true` means crossed. The values must not contradict it.
            .map(|(n, crossed)| {
                (
                    if *crossed { format!("max<{}", n + 1) } else { format!("max<{}", 100_000 + n) },
                    json!(crossed),
                )
            })
            .collect();
        let rate = self.failed as f64 / self.requests.max(1) as f64;
        json!({
            "root_group": {"name": "", "path": "", "id": "d41d8cd98f00b204e9800998ecf8427e", "groups": {}, "checks": {}},
            "metrics": {
                "http_reqs": {"count": self.requests, "rate": self.rate},
                "http_req_failed": {"passes": self.failed, "fails": self.requests - self.failed, "value": rate},
                "http_req_duration": {"avg": 1.0, "min": 0.1, "med": 0.9, "max": 50_000.0, "p(90)": 0.95,
                    "p(95)": self.p95, "p(99)": self.p99, "thresholds": crossed},
            },
        })
        .to_string()
    }
}

/// An axe report of one page.
pub(crate) fn axe(violations: &[(&str, &str)]) -> String {
    let node = json!({"html": "<a>", "target": ["a"], "any": [], "all": [], "none": [], "impact": "minor"});
    let violations: Vec<Value> = violations
        .iter()
        .enumerate()
        .map(|(n, (tag, impact))| {
            json!({"id": format!("v{n}"), "impact": impact, "tags": ["cat.color", tag], "description": "d",
                "help": "h", "helpUrl": "https://e.example", "nodes": [node]})
        })
        .collect();
    json!({
        "testEngine": {"name": "axe-core", "version": "4.14.0"}, "testRunner": {"name": "axe"},
        "testEnvironment": {}, "timestamp": "2026-11-22T10:00:00.000Z", "url": "http://shop.example/",
        "toolOptions": {}, "inapplicable": [], "incomplete": [], "violations": violations,
        "passes": [{"id": "p", "impact": null, "tags": ["wcag2a"], "description": "d", "help": "h",
            "helpUrl": "https://e.example", "nodes": [node]}],
    })
    .to_string()
}

/// A Cobertura report.
pub(crate) fn cobertura(files: &[Vec<u32>]) -> String {
    let classes: String = files
        .iter()
        .enumerate()
        .map(|(n, hits)| {
            let lines: String = hits
                .iter()
                .enumerate()
                .map(|(line, hits)| format!("<line number=\"{}\" hits=\"{hits}\"/>", line + 1))
                .collect();
            format!("<class name=\"c{n}\" filename=\"src/f{n}.py\"><methods/><lines>{lines}</lines></class>")
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?>\n<coverage version=\"7\" timestamp=\"1795247502724\"><sources/><packages><package name=\".\"><classes>{classes}</classes></package></packages></coverage>"
    )
}

/// A bill of materials.
pub(crate) fn bom(components: &[(&str, bool)]) -> String {
    let components: Vec<Value> = components
        .iter()
        .enumerate()
        .map(|(n, (license, versioned))| {
            let mut component = json!({"type": "library", "name": format!("part{n}")});
            if *versioned {
                component["version"] = json!("1.0");
            }
            if !license.is_empty() {
                component["licenses"] = json!([{"license": {"id": license}}]);
            }
            component
        })
        .collect();
    json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components})
        .to_string()
}
