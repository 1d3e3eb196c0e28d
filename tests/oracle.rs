//! The same policies, input and data under Open Policy Agent give the same verdicts, wherever `opa` is installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

use crate::evidence::{Judge, Pipeline, collected, fixtures, read};

/// What each gate's package may say.
const SAID: [&str; 4] = ["deny", "warn", "measured", "report"];

/// The program, on the path or where `go install` puts it.
pub(crate) fn opa() -> Option<PathBuf> {
    let runs = |path: &Path| Command::new(path).arg("version").output().is_ok_and(|o| o.status.success());
    let of_go = || {
        let output = Command::new("go").args(["env", "GOPATH"]).output().ok()?;
        Some(Path::new(String::from_utf8(output.stdout).ok()?.trim()).join("bin/opa"))
    };
    let found = Some(PathBuf::from("opa")).filter(|p| runs(p)).or_else(|| of_go().filter(|p| runs(p)));
    if found.is_none() {
        eprintln!("skipped: `opa` is not installed (go install github.com/open-policy-agent/opa@v1.22.0)");
    }
    found
}

/// Numbers by value: a whole number is written in one way only.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => {
            let number = number.as_f64().unwrap();
            Value::from(format!("number {number}"))
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(map) => {
            let sorted: BTreeMap<&String, Value> = map.iter().map(|(k, v)| (k, plain(v))).collect();
            sorted.into_iter().map(|(k, v)| (k.clone(), v)).collect()
        }
        other => other.clone(),
    }
}

/// The members of a set in one order.
fn members(value: Option<&Value>) -> Vec<String> {
    let mut members: Vec<String> = match value {
        Some(Value::Array(items)) => items.iter().map(|item| plain(item).to_string()).collect(),
        Some(other) => vec![plain(other).to_string()],
        None => Vec::new(),
    };
    members.sort();
    members
}

/// A folder with the shipped modules and the data of an environment, as `opa` wants them.
struct Oracle {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Oracle {
    fn new(program: PathBuf, judge: &Judge) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in gate::policy::shipped_modules() {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let data = serde_json::json!({"gate": judge.environment.gate_data});
        std::fs::write(folder.path().join("policies/data.json"), data.to_string()).unwrap();
        Self { program, folder }
    }

    fn says(&self, input: &str) -> Value {
        let file = self.folder.path().join("input.json");
        std::fs::write(&file, input).unwrap();
        let output = Command::new(&self.program)
            .args(["eval", "--strict-builtin-errors", "--format", "json", "--data"])
            .arg(self.folder.path().join("policies"))
            .arg("--input")
            .arg(&file)
            .arg("data.gate")
            .output()
            .unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
        let said = answer.pointer("/result/0/expressions/0/value");
        said.unwrap_or_else(|| panic!("{answer:#}")).clone()
    }

    /// How many verdicts both gave.
    fn agrees(&self, judge: &Judge, input: &str, what: &str) -> usize {
        let oracle = self.says(input);
        let said = judge.said(input.to_owned());
        let mut verdicts = 0;
        for gate in judge.environment.gates.iter().map(|g| g.name.as_str()) {
            for name in SAID {
                let ours = members(said[gate].get(name));
                let theirs = members(oracle.get(gate).and_then(|g| g.get(name)));
                assert_eq!(ours, theirs, "{what}: {gate}.{name}");
                verdicts += ours.len();
            }
            assert!(oracle[gate].get("violation").is_none(), "{gate}.violation is compared nowhere");
        }
        verdicts
    }
}

#[test]
fn the_tests_of_the_shipped_policies_pass_under_opa() {
    let Some(opa) = opa() else { return };
    let output =
        Command::new(opa).args(["test", "policies/"]).current_dir(crate::cli::root()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("PASS: "), "{text}");
}

#[test]
fn opa_gives_the_sample_pipelines_the_same_verdicts_in_every_environment() {
    let Some(opa) = opa() else { return };
    for environment in ["development", "staging", "production"] {
        let judge = Judge::new(environment, &[]);
        let oracle = Oracle::new(opa.clone(), &judge);
        for folder in ["pipeline/red", "pipeline/green"] {
            let input = judge.input(read(&fixtures(folder)));
            let verdicts = oracle.agrees(&judge, &input, &format!("{environment}, {folder}"));
            assert!(verdicts > 20, "{verdicts}");
        }
        oracle.agrees(&judge, &judge.input(collected(Vec::new())), "no evidence");
    }
}

#[test]
fn opa_gives_made_up_evidence_the_same_verdicts() {
    let Some(opa) = opa() else { return };
    let judge = Judge::new("production", &[]);
    let oracle = Oracle::new(opa, &judge);
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let red = fixtures("pipeline/red");
    for n in 0..20 {
        let pipeline = Pipeline::any().new_tree(&mut runner).unwrap().current();
        let mut files = pipeline.files();
        // A file of a real tool now and then.
        files.extend(red.get(n).filter(|_| n % 2 == 0).cloned());
        let input = judge.input(read(&files));
        oracle.agrees(&judge, &input, &format!("{n}: {pipeline:?}"));
    }
}

#[test]
fn the_policy_input_holds_to_its_schema() {
    let text = std::fs::read_to_string(crate::cli::root().join("schemas/policy-input.v1.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    // One that reads the input as a whole has every list built.
    let all = "package gate.security\n\nwarn contains \"x\" if {\n\tx := input\n\tcount(x) == 0\n}\n";
    for judge in [Judge::new("production", &[]), Judge::new("development", &[("all.rego", all)])] {
        for folder in ["pipeline/red", "pipeline/green", "formats/trivy", "formats/junit", "formats/k6"] {
            let input: Value = serde_json::from_str(&judge.input(read(&fixtures(folder)))).unwrap();
            validator.validate(&input).unwrap_or_else(|e| panic!("{folder}: {e} at {}", e.instance_path()));
        }
    }
}

#[test]
fn the_digest_of_a_decision_is_that_of_its_policy_input() {
    let judge = Judge::new("production", &[]);
    let files = fixtures("pipeline/red");
    let digest = {
        use sha2::Digest;
        let hash = sha2::Sha256::digest(judge.input(read(&files)));
        hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert_eq!(judge.of(&files).policy.input_digest, format!("sha256:{digest}"));
}
