//! Reading of each format beside its limit: what it costs merely to walk over the same bytes.
//!
//! `cargo bench --bench formats [-- FILTER]`: criterion's groups, then a table in which reading and its limit are
//! measured in turn, so that both meet the same machine. `GATE_BENCH_MB` sets the size of the large inputs (8),
//! `-- --table` leaves criterion out. "Reading" is from bytes to evidence: decoding and parsing, without hashing.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod inputs;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use gate::format::{self, Declaration, Document, Format};
use gate::model::Evidence;
use gate::read::{self, Limits};
use serde::de::IgnoredAny;

/// What is measured: texts of one format, read one after the other.
struct Case {
    name: String,
    format: &'static dyn Format,
    texts: Vec<Vec<u8>>,
    limit: fn(&[u8]) -> usize,
    /// Share of the limit's speed that is to be reached, where there is a goal.
    wanted: Option<f64>,
}

impl Case {
    fn bytes(&self) -> usize {
        self.texts.iter().map(Vec::len).sum()
    }

    fn read(&self) -> Vec<Evidence> {
        self.texts.iter().map(|bytes| read(self.format, bytes)).collect()
    }

    fn walk(&self) -> usize {
        self.texts.iter().map(|bytes| (self.limit)(black_box(bytes))).sum()
    }
}

fn read(format: &'static dyn Format, bytes: &[u8]) -> Evidence {
    let text = read::decode(bytes).unwrap();
    let declaration = Declaration::default();
    let document =
        Document { name: "bench", text: &text, declaration: &declaration, limits: Limits::default() };
    format::parse(format, &document).unwrap()
}

/// serde_json skips every value.
fn json(bytes: &[u8]) -> usize {
    let values = serde_json::Deserializer::from_slice(bytes).into_iter::<IgnoredAny>();
    values.inspect(|value| assert!(value.is_ok())).count()
}

/// quick-xml hands out every event and nobody looks at it.
fn xml(bytes: &[u8]) -> usize {
    let mut reader = quick_xml::Reader::from_str(std::str::from_utf8(bytes).unwrap());
    let mut events = 0;
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {
        events += 1;
    }
    events
}

/// memchr finds every line end.
fn lines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

fn cases(megabytes: f64) -> Vec<Case> {
    let bytes = (megabytes * 1e6) as usize;
    let large = |id: &str, text: String, limit, wanted| Case {
        name: id.to_owned(),
        format: format::by_id(id).unwrap(),
        texts: vec![text.into_bytes()],
        limit,
        wanted: Some(wanted),
    };
    let mut cases = vec![
        large("sarif", inputs::sarif(bytes), json as fn(&[u8]) -> usize, 0.6),
        large("cyclonedx", inputs::cyclonedx(bytes), json, 0.6),
        large("cobertura", inputs::cobertura(bytes), xml, 0.5),
        large("jacoco", inputs::jacoco(bytes), xml, 0.5),
        large("junit", inputs::junit(bytes), xml, 0.5),
        large("lcov", inputs::lcov(bytes), lines, 0.1),
    ];
    for id in ["bandit", "semgrep", "ruff", "eslint", "mypy", "trivy", "gitleaks", "k6", "axe", "lighthouse"]
    {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats").join(id);
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|e| e != "tsv"));
        files.sort();
        cases.push(Case {
            name: format!("{id} fixtures"),
            format: format::by_id(id).unwrap(),
            texts: files.iter().map(|path| std::fs::read(path).unwrap()).collect(),
            limit: json,
            wanted: None,
        });
    }
    for case in &cases {
        let skipped: u64 = case.read().iter().map(|evidence| evidence.skipped_total).sum();
        if case.wanted.is_some() {
            assert_eq!(skipped, 0, "the input for {} is not what its reader expects", case.name);
            let text = read::decode(&case.texts[0]).unwrap();
            let found = format::detect("bench", &text, Limits::default()).unwrap();
            assert_eq!(found.info().id, case.name);
        }
    }
    cases
}

fn groups(criterion: &mut Criterion, cases: &[Case]) {
    for case in cases {
        let mut group = criterion.benchmark_group(&case.name);
        group.throughput(Throughput::Bytes(case.bytes() as u64));
        if case.bytes() > 1_000_000 {
            group.sample_size(10);
        }
        group.measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1));
        group.bench_function("read", |b| b.iter_with_large_drop(|| case.read()));
        group.bench_function("limit", |b| b.iter(|| case.walk()));
        if let ([bytes], true) = (case.texts.as_slice(), case.wanted.is_some()) {
            let text = std::str::from_utf8(bytes).unwrap();
            group.bench_function("detect", |b| {
                b.iter(|| format::detect("bench", black_box(text), Limits::default()).unwrap().info().id)
            });
        }
        group.finish();
    }
}

/// Seconds for one of `times` runs, without the time to drop what they return.
fn seconds<T>(times: usize, work: impl Fn() -> T) -> f64 {
    let mut kept = Vec::with_capacity(times);
    let start = Instant::now();
    for _ in 0..times {
        kept.push(black_box(work()));
    }
    start.elapsed().as_secs_f64() / times as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn table(cases: &[Case], rounds: usize) {
    println!("\n{:<20} {:>8} {:>10} {:>7} {:>7}", "format", "MB/s", "limit MB/s", "ratio", "wanted");
    for case in cases {
        let mut runs = Vec::new();
        // Small texts are read so often that the clock's own cost vanishes.
        let times = |once: f64| (0.005 / once.max(1e-9)).clamp(1.0, 100_000.0) as usize;
        let read_times = times(seconds(1, || case.read()));
        let walk_times = times(seconds(1, || case.walk()));
        for _ in 0..rounds {
            runs.push((seconds(read_times, || case.read()), seconds(walk_times, || case.walk())));
        }
        let speed = |values: Vec<f64>| case.bytes() as f64 / 1e6 / median(values);
        let ratio = median(runs.iter().map(|(read, walk)| walk / read).collect());
        println!(
            "{:<20} {:>8.0} {:>10.0} {:>7.3} {:>7} {}",
            case.name,
            speed(runs.iter().map(|(read, _)| *read).collect()),
            speed(runs.iter().map(|(_, walk)| *walk).collect()),
            ratio,
            case.wanted.map_or_else(|| "-".to_owned(), |wanted| format!(">={wanted}")),
            match case.wanted {
                Some(wanted) if ratio < wanted => "MISSED",
                Some(_) => "met",
                None => "",
            },
        );
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    // Without `--bench`, which cargo bench gives, this is only tried out: `cargo test --benches`.
    let trial = !has("--bench");
    let megabytes = match std::env::var("GATE_BENCH_MB") {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("GATE_BENCH_MB is no number: `{text}`")),
        Err(_) if trial => 0.1,
        Err(_) => 8.0,
    };
    let mut cases = cases(megabytes);
    if !has("--table") {
        let mut criterion = Criterion::default().configure_from_args();
        groups(&mut criterion, &cases);
        criterion.final_summary();
    }
    if let Some(filter) = arguments.iter().find(|argument| !argument.starts_with('-')) {
        cases.retain(|case| case.name.contains(filter.as_str()));
    }
    if !has("--list") {
        table(&cases, if trial { 1 } else { 21 });
    }
}
