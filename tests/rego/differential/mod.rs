//! The same policies under gate and under OPA, generated.
//!
//! A seed makes a package and inputs; both evaluate the whole package. A difference is made smaller line by line and
//! reported. Needs `opa` (`GATE_OPA`, the path or Go's folder of programs); without it the test says so and passes.
//!
//! The suite looks at some thousand seeds, for some seconds; `GATE_FUZZ_SECONDS=3600 cargo test --test main differential`
//! looks for hours, from elsewhere with `GATE_FUZZ_SEED=<number>`, up to `GATE_FUZZ_FAILURES=<number>` differences.
//! Another document without an error fails it. An error on one side only is shown, and fails it with
//! `GATE_FUZZ_STRICT=1`: OPA and the interpreter order expressions differently, and so reach errors that the other does
//! not. `GATE_FUZZ_REASONS=1` shows why OPA refused packages.

mod generate;
pub(crate) use generate::base;
pub(crate) mod oracle;

use std::time::{Duration, Instant};

use gate::rego::ast::Version;
use gate::rego::engine::{Options, Program, Source};
use serde_json::{Value, json};

use generate::Generator;
use oracle::{Opa, Oracle};

/// What one side says of a package and an input.
#[derive(Debug, PartialEq)]
enum Said {
    Document(Value),
    Error(String),
}

/// Numbers are compared by value, not by how they are written.
pub(crate) fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), plain(v))).collect()),
        Value::Number(n) => n.as_f64().map_or_else(|| value.clone(), |f| json!(f)),
        other => other.clone(),
    }
}

fn of_gate(text: &str, version: Version, inputs: &[Value]) -> Vec<Said> {
    let source = Source { path: "f.rego".to_owned(), text: text.to_owned(), version };
    let options = Options { timeout: Duration::from_secs(5), ..Options::default() };
    let data = json!({ "base": generate::base() });
    match Program::compile(&[source], &data, options) {
        Err(error) => {
            inputs.iter().map(|_| Said::Error(format!("{}: {}", error.line, error.message))).collect()
        }
        Ok(program) => inputs
            .iter()
            .map(|input| match program.query("x := data.f", Some(input)) {
                Err(error) => Said::Error(format!("{}: {}", error.line, error.message)),
                Ok(outcome) => {
                    let found = outcome.solutions.first().and_then(|s| s.bindings.get("x")).cloned();
                    Said::Document(plain(&found.unwrap_or(Value::Null)))
                }
            })
            .collect(),
    }
}

/// How the two sides differ for the worst of the inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// Another document.
    Silent,
    /// Only OPA has an error.
    NoError,
    /// Only gate has an error.
    Error,
}

struct Found {
    difference: Difference,
    input: Value,
    opa: Said,
    gate: Said,
}

/// Nothing where OPA refuses the module or both agree.
fn compare(opa: &mut Opa, text: &str, version: Version, inputs: &[Value]) -> Result<Option<Found>, String> {
    let theirs = match opa.package(text, version, inputs)? {
        Oracle::Refused(reason) => return Err(reason),
        Oracle::Answers(answers) => answers,
    };
    let ours = of_gate(text, version, inputs);
    let mut worst: Option<Found> = None;
    for ((input, opa), gate) in inputs.iter().zip(theirs).zip(ours) {
        let opa = match opa {
            Ok(document) => Said::Document(plain(&document)),
            Err(error) => Said::Error(error),
        };
        let difference = match (&opa, &gate) {
            (Said::Document(a), Said::Document(b)) if a == b => continue,
            (Said::Document(_), Said::Document(_)) => Difference::Silent,
            (Said::Error(_), Said::Document(_)) => Difference::NoError,
            (Said::Document(_), Said::Error(_)) => Difference::Error,
            (Said::Error(_), Said::Error(_)) => continue,
        };
        if worst.as_ref().is_none_or(|found| difference < found.difference) {
            worst = Some(Found { difference, input: input.clone(), opa, gate });
        }
    }
    Ok(worst)
}

/// Leaves out lines as long as the difference stays.
fn shrink(opa: &mut Opa, text: &str, version: Version, found: Found) -> (String, Found) {
    let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    let mut found = found;
    let mut size = (lines.len() / 2).max(1);
    loop {
        let mut at = 1;
        let mut changed = false;
        while at < lines.len() {
            let mut fewer = lines.clone();
            fewer.drain(at..(at + size).min(lines.len()));
            let text = fewer.join("\n") + "\n";
            let inputs = [found.input.clone()];
            match compare(opa, &text, version, &inputs) {
                Ok(Some(still)) if still.difference == found.difference => {
                    lines = fewer;
                    found = still;
                    changed = true;
                }
                _ => at += size,
            }
        }
        if size > 4 {
            size /= 2;
        } else if size > 1 {
            size -= 1;
        } else if !changed {
            return (lines.join("\n") + "\n", found);
        }
    }
}

#[test]
fn generated_policies_have_the_same_meaning_under_opa() {
    let Some(mut opa) = Opa::start() else {
        eprintln!("skipped: no opa to compare with");
        return;
    };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("GATE_FUZZ_SECONDS").unwrap_or(4);
    let first = number("GATE_FUZZ_SEED").unwrap_or(1);
    let most = number("GATE_FUZZ_FAILURES").unwrap_or(5);
    let until = Instant::now() + Duration::from_secs(seconds);
    let (mut compared, mut refused, mut failures) = (0u64, 0u64, Vec::new());
    let mut reasons = std::collections::BTreeMap::<String, u64>::new();
    let mut seed = first.wrapping_mul(1 << 32);
    let seeds = if number("GATE_FUZZ_SECONDS").is_some() { u64::MAX } else { 3000 };
    let is_strict = std::env::var_os("GATE_FUZZ_STRICT").is_some();
    let mut one_sided = 0u64;
    let mut looked_at = 0;
    while Instant::now() < until && (failures.len() as u64) < most && looked_at < seeds {
        looked_at += 1;
        seed += 1;
        let mut generator = Generator::new(seed);
        let version = if generator.chance(15) { Version::V0 } else { Version::V1 };
        let text = generator.module(version);
        let inputs: Vec<Value> = (0..3).map(|_| generator.input()).collect();
        match compare(&mut opa, &text, version, &inputs) {
            Err(reason) => {
                refused += 1;
                *reasons.entry(reason).or_default() += 1;
            }
            Ok(None) => compared += 1,
            Ok(Some(found)) if found.difference != Difference::Silent && !is_strict => {
                compared += 1;
                one_sided += 1;
            }
            Ok(Some(found)) => {
                compared += 1;
                let (text, found) = shrink(&mut opa, &text, version, found);
                failures.push(format!(
                    "seed {seed} ({version:?}): {:?}\n{text}input: {}\nopa:  {:?}\ngate: {:?}\n",
                    found.difference, found.input, found.opa, found.gate
                ));
            }
        }
    }
    eprintln!(
        "{compared} packages compared, {one_sided} with an error on one side, {refused} refused by OPA"
    );
    if std::env::var_os("GATE_FUZZ_REASONS").is_some() {
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        for (reason, count) in reasons.iter().take(25) {
            eprintln!("{count}\t{reason}");
        }
    }
    assert!(failures.is_empty(), "{} differences\n\n{}", failures.len(), failures.join("\n"));
}
