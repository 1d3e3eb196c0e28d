//! From evidence to decision: loading the policies, merging, evaluating, and all of it, with 1,000 and with
//! 1,000,000 findings beside the evidence of the sample project.
//!
//! `cargo bench --bench evaluate`: criterion's groups, then a table in which both sizes are measured in turn. The
//! shipped policies read counts only, so their evaluation must not take longer for more findings.
//! `GATE_BENCH_FINDINGS` sets the larger number, `-- --table` leaves criterion out.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion};
use gate::adjust::{self, Case};
use gate::config::{self, Config, Environment};
use gate::decide::{self, Context};
use gate::ingest::{self, Collected, Input};
use gate::model::{Decision, Evidence, Finding, Kind, Location, Outcome, Producer, Severity, Subject, Text};
use gate::policy::{Evaluation, Isolation, PolicySet, Sources};
use jiff::Timestamp;

/// What stays the same for all sizes.
struct Setup {
    environment: Environment,
    gates: Vec<String>,
    policies: PolicySet,
    context: Context,
    /// The evidence of the sample project.
    project: Vec<Evidence>,
}

impl Setup {
    fn new() -> Self {
        let environment = environment();
        let gates: Vec<String> = environment.gates.iter().map(|gate| gate.name.clone()).collect();
        let request = ingest::Request {
            inputs: vec![Input::Path(
                concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/pipeline/green").to_owned(),
            )],
            ..ingest::Request::default()
        };
        let project = ingest::collect(&request, &|_, _| {});
        assert!(project.problems.is_empty(), "{:?}", project.problems);
        Self {
            policies: load(&environment),
            environment,
            gates,
            context: Context {
                now: "2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap(),
                timeout: Duration::from_secs(60),
                isolation: Isolation::InProcess,
                root: None,
                items: 5000,
            },
            project: project.evidence,
        }
    }

    /// The project's evidence and a scanner's report with that many findings.
    fn evidence(&self, findings: usize) -> Vec<Evidence> {
        self.project.iter().cloned().chain([scan(findings)]).collect()
    }

    fn adjust(&self, evidence: Vec<Evidence>) -> Case {
        let context = adjust::Context {
            now: self.context.now,
            subject: Subject::default(),
            max_age: None,
            unknown_age_counts: true,
            honoured: Vec::new(),
            root: None,
        };
        adjust::adjust(evidence, &context)
    }

    /// The input document that the policies are given.
    fn input(&self, case: &Case) -> String {
        let input = decide::policy_input(
            case,
            &Subject::default(),
            &self.environment,
            &self.gates,
            &self.policies.lists,
            &[],
            self.context.now,
        );
        serde_json::to_string(&input).unwrap()
    }

    fn judge(&self, input: String) -> Evaluation {
        let context = &self.context;
        self.policies.evaluate(&input, &self.gates, context.timeout, &context.isolation).unwrap()
    }

    fn decide(&self, evidence: Vec<Evidence>) -> Decision {
        let request = decide::Request {
            collected: Collected { evidence, ..Collected::default() },
            environment: &self.environment,
            asked: &[],
            subject: Subject::default(),
            honoured: Vec::new(),
            critical_paths: &[],
            problems: Vec::new(),
            info: Default::default(),
        };
        decide::evaluate(request, &self.policies, &self.context)
    }
}

fn environment() -> Environment {
    let shipped = serde_json::from_str(gate::policy::shipped_data()).unwrap();
    config::resolve(&Config::default(), &shipped, "production", &[]).unwrap()
}

fn load(environment: &Environment) -> PolicySet {
    PolicySet::load(Sources {
        gate_data: environment.gate_data.clone(),
        gates: environment.gates.iter().map(|gate| gate.name.clone()).collect(),
        ..Sources::default()
    })
    .unwrap()
}

/// A scanner's report: the same mixture of severities, rules and places at every size.
fn scan(findings: usize) -> Evidence {
    let tool = Text::from("bandit");
    let rules: Vec<Text> = (0..200).map(|n| Text::from(format!("B{n:03}"))).collect();
    let paths: Vec<Text> = (0..5000).map(|n| Text::from(format!("src/part{}/file{n}.py", n % 50))).collect();
    let message = Text::from("User input reaches a shell. Pass the arguments as a list instead.");
    let severities = [Severity::Low, Severity::Low, Severity::Medium, Severity::High, Severity::Info];
    let mut evidence = Evidence {
        name: "bench.json".into(),
        sha256: "0".repeat(64),
        format: "bandit",
        producers: vec![Producer { name: tool.clone(), version: None }],
        ..Evidence::default()
    };
    evidence.proves(Kind::SecurityScan);
    evidence.findings = (0..findings)
        .map(|n| {
            let mut finding = Finding::new(
                tool.clone(),
                rules[n % rules.len()].clone(),
                severities[n % severities.len()],
                message.clone(),
            );
            finding.location = Some(Location {
                path: paths[n % paths.len()].clone(),
                line: u32::try_from(n / paths.len() + 1).unwrap(),
                ..Location::default()
            });
            finding
        })
        .collect();
    evidence
}

fn groups(criterion: &mut Criterion, setup: &Setup, sizes: [usize; 2]) {
    criterion.bench_function("load shipped policies", |b| {
        b.iter_with_large_drop(|| load(black_box(&setup.environment)));
    });
    for findings in sizes {
        let evidence = setup.evidence(findings);
        let input = setup.input(&setup.adjust(evidence.clone()));
        let mut group = criterion.benchmark_group(format!("{findings} findings"));
        group.sample_size(10).measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1));
        group.bench_function("adjust", |b| {
            b.iter_batched(|| evidence.clone(), |e| setup.adjust(e), BatchSize::PerIteration);
        });
        group.bench_function("evaluate policies", |b| {
            b.iter_batched(|| input.clone(), |i| setup.judge(i), BatchSize::PerIteration);
        });
        group.bench_function("decide", |b| {
            b.iter_batched(|| evidence.clone(), |e| setup.decide(e), BatchSize::PerIteration);
        });
        group.finish();
    }
}

/// Milliseconds of one run, without what is made before it and dropped after it.
fn milliseconds<I, O>(input: I, work: impl FnOnce(I) -> O) -> f64 {
    let start = Instant::now();
    let output = black_box(work(black_box(input)));
    let time = start.elapsed().as_secs_f64() * 1e3;
    drop(output);
    time
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Both sizes in turn, and the ratio between them.
fn row(name: &str, rounds: usize, wanted: Option<f64>, run: impl Fn(usize) -> f64) {
    let times: Vec<(f64, f64)> = (0..rounds).map(|_| (run(0), run(1))).collect();
    let ratio = median(times.iter().map(|(small, large)| large / small).collect());
    println!(
        "{name:<24} {:>12.3} {:>12.3} {:>9.2} {:>7} {}",
        median(times.iter().map(|(small, _)| *small).collect()),
        median(times.iter().map(|(_, large)| *large).collect()),
        ratio,
        wanted.map_or_else(|| "-".to_owned(), |wanted| format!("<={wanted}")),
        match wanted {
            Some(wanted) if ratio > wanted => "MISSED",
            Some(_) => "met",
            None => "",
        },
    );
}

fn table(setup: &Setup, sizes: [usize; 2], trial: bool) {
    let rounds = |n: usize| if trial { 1 } else { n };
    let evidence = sizes.map(|findings| setup.evidence(findings));
    let inputs = [0, 1].map(|size| setup.input(&setup.adjust(evidence[size].clone())));
    println!("\npolicy input: {} and {} bytes", inputs[0].len(), inputs[1].len());
    println!(
        "{:<24} {:>12} {:>12} {:>9} {:>7}",
        "milliseconds, findings:", sizes[0], sizes[1], "ratio", "wanted"
    );
    row("load shipped policies", rounds(51), None, |_| milliseconds((), |()| load(&setup.environment)));
    row("evaluate policies", rounds(101), Some(1.2), |size| {
        milliseconds(inputs[size].clone(), |input| setup.judge(input))
    });
    row("adjust", rounds(7), None, |size| milliseconds(evidence[size].clone(), |e| setup.adjust(e)));
    row("decide (all)", rounds(7), None, |size| milliseconds(evidence[size].clone(), |e| setup.decide(e)));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    // Without `--bench`, which cargo bench gives, this is only tried out: `cargo test --benches`.
    let trial = !has("--bench");
    let findings = match std::env::var("GATE_BENCH_FINDINGS") {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("GATE_BENCH_FINDINGS is no number: `{text}`")),
        Err(_) if trial => 10_000,
        Err(_) => 1_000_000,
    };
    let (setup, sizes) = (Setup::new(), [1000, findings]);
    let decision = setup.decide(setup.evidence(1000));
    assert_eq!(decision.outcome, Outcome::Block, "{}", decision.reason);
    if !has("--table") {
        let mut criterion = Criterion::default().configure_from_args();
        groups(&mut criterion, &setup, sizes);
        criterion.final_summary();
    }
    if !has("--list") {
        table(&setup, sizes, trial);
    }
}
