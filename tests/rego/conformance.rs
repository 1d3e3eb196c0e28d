//! OPA's own conformance cases, where they can be had: `GATE_OPA_CASES`, or the module cache of Go.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gate::rego::ast::Version;
use gate::rego::engine::{Options, Program, Source};
use serde_json::Value;

/// Folders of cases that need a clock, a network, chance or private keys.
const OUT_OF_SCOPE: [&str; 7] = [
    "graphql",
    "providers-aws",
    "netlookupipaddr",
    "rand",
    "cryptoparsersaprivatekeys",
    "cryptox509parsersaprivatekey",
    "cryptox509parsekeypair",
];

/// Cases that do not pass, and why; by the beginning of their note.
const EXCEPTIONS: [(&str, &str); 17] = [
    ("inputvalues/input set", "the input is a set, which no JSON document can be"),
    ("jsonbuiltins/yaml is_valid unreachable content", "YAML after the end of a document is not read"),
    ("jwtencodesign/", "nothing is signed with private keys: undefined"),
    ("jwtencodesignraw/", "nothing is signed with private keys: undefined"),
    ("jwtbuiltins/", "nothing is signed with private keys: undefined"),
    ("comparisonexpr/decimals order like the numbers they denote", "exponents beyond those of 64 bit floats"),
    ("strings/sprintf: float too big", "exponents beyond those of 64 bit floats"),
    (
        "baseandvirtualdocs/base/virtual: conflicts",
        "`opa eval` refuses it too: a rule where the data has a document",
    ),
    ("regoparsemodule/ok", "rego.parse_module is not there"),
    ("time/time caching", "test.sleep is a function of OPA's own tests"),
    ("uuid.rfc4122/", "needs chance"),
    ("withkeyword/builtin-builtin: arity 0", "without a mock, what needs a clock is an error, not a value"),
    ("withkeyword/builtin: indirect call through function, query package", "as above"),
    ("withkeyword/builtin: indirect call through function, rule with and without mock", "as above"),
    ("withkeyword/builtin: indirect call, arity 0, query package", "as above"),
    ("withkeyword/builtin: indirect call, arity 0, rule queried with and without mock", "as above"),
    ("withkeyword/builtin: nondeterministic", "as above"),
];

pub(crate) fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("GATE_OPA_CASES") {
        return Some(folder.into());
    }
    let output = std::process::Command::new("go").args(["env", "GOMODCACHE"]).output().ok()?;
    let cache = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    let folder = cache.join("github.com/open-policy-agent/opa@v1.22.0/v1/test/cases/testdata/v1");
    folder.is_dir().then_some(folder)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "json") {
            found.push(path);
        }
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Pass,
    /// Another answer, without an error: the worst.
    Differs(String),
    /// An answer where OPA has an error.
    NoError(String),
    /// An error where OPA has an answer.
    Error(String),
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(sorted).collect();
            items.sort_by_key(ToString::to_string);
            Value::Array(items)
        }
        Value::Object(map) => {
            let sorted: BTreeMap<String, Value> = map.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        Value::Number(n) => n.as_f64().map_or_else(|| value.clone(), |f| serde_json::json!(f)),
        other => other.clone(),
    }
}

fn judge(case: &Value, version: Version) -> Verdict {
    let text = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let modules: Vec<Source> = case
        .get("modules")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(index, module)| Source {
            path: format!("module{index}.rego"),
            text: module.as_str().unwrap_or_default().to_owned(),
            version,
        })
        .collect();
    let data = case.get("data").filter(|d| d.is_object()).cloned().unwrap_or_else(|| serde_json::json!({}));
    let strict = case.get("strict_error").and_then(Value::as_bool).unwrap_or_default();
    let wants_error = case.get("want_error").is_some() || case.get("want_error_code").is_some();
    let options = Options {
        strict,
        timeout: Duration::from_secs(5),
        now: Some(1_750_000_000_000_000_000),
        ..Options::default()
    };
    let outcome = Program::compile(&modules, &data, options).and_then(|program| {
        let input = match case.get("input_term").and_then(Value::as_str) {
            Some(term) => {
                let found = program.query(&format!("__input := {term}"), None)?;
                found.solutions.first().and_then(|s| s.bindings.get("__input")).cloned()
            }
            None => case.get("input").cloned(),
        };
        program.query(&text("query"), input.as_ref())
    });
    match outcome {
        Err(_) if wants_error => Verdict::Pass,
        Err(error) => Verdict::Error(format!("{}:{}: {}", error.path, error.line, error.message)),
        Ok(outcome) if wants_error => Verdict::NoError(format!("{:?}", outcome.solutions)),
        Ok(outcome) => {
            if let Some(want) = case.get("want_result") {
                let want = sorted(want);
                let got = outcome.solutions.iter().map(|s| Value::Object(s.bindings.clone())).collect();
                let mut got = sorted(&Value::Array(got));
                if let (Value::Array(got), Value::Array(want)) = (&mut got, &want) {
                    // Names that were generated by the compiler of the case are of no interest.
                    let keys: Vec<&String> =
                        want.iter().filter_map(Value::as_object).flat_map(|o| o.keys()).collect();
                    for solution in got.iter_mut().filter_map(Value::as_object_mut) {
                        solution.retain(|name, _| keys.contains(&name));
                    }
                }
                if want == got || (want.is_null() && got == serde_json::json!([])) {
                    Verdict::Pass
                } else {
                    Verdict::Differs(format!("want {want} got {got}"))
                }
            } else if let Some(defined) = case.get("want_defined").and_then(Value::as_bool) {
                if defined != outcome.solutions.is_empty() {
                    Verdict::Pass
                } else {
                    Verdict::Differs(format!("want defined {defined}"))
                }
            } else {
                Verdict::Pass
            }
        }
    }
}

#[test]
fn conformance_cases_of_opa_pass() {
    let Some(folder) = folder() else {
        eprintln!("skipped: the conformance cases of OPA are not to be had");
        return;
    };
    let version = if folder.ends_with("v0") { Version::V0 } else { Version::V1 };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    paths.sort();
    let filter = std::env::var("GATE_OPA_FILTER").unwrap_or_default();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut report = Vec::new();
    for path in paths {
        let shown = path.strip_prefix(&folder).unwrap().display().to_string();
        if OUT_OF_SCOPE.iter().any(|topic| shown.starts_with(topic)) || !shown.contains(&filter) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let Ok(file) = yaml_serde::from_str::<Value>(&text) else {
            report.push(format!("unreadable {shown}"));
            continue;
        };
        for case in file.get("cases").and_then(Value::as_array).into_iter().flatten() {
            let note = case.get("note").and_then(Value::as_str).unwrap_or_default();
            let verdict = std::panic::catch_unwind(|| judge(case, version))
                .unwrap_or_else(|_| Verdict::Error("panic".to_owned()));
            let (name, detail) = match &verdict {
                Verdict::Pass => ("pass", ""),
                Verdict::Differs(detail) => ("differs", detail.as_str()),
                Verdict::NoError(detail) => ("no error", detail.as_str()),
                Verdict::Error(detail) => ("error", detail.as_str()),
            };
            *counts.entry(name).or_default() += 1;
            if name != "pass" {
                let detail: String = detail.replace('\n', " ").chars().take(260).collect();
                report.push(format!("{name}\t{shown}\t{note}\t{detail}"));
            }
        }
    }
    report.sort();
    if let Some(file) = std::env::var_os("GATE_OPA_REPORT") {
        std::fs::write(file, report.join("\n")).unwrap();
    }
    eprintln!("{counts:?}");
    let unknown: Vec<&String> = report
        .iter()
        .filter(|line| {
            let note = line.split('\t').nth(2).unwrap_or_default();
            !EXCEPTIONS.iter().any(|(known, _)| note.starts_with(known))
        })
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    let all: usize = counts.values().sum();
    let passed = counts.get("pass").copied().unwrap_or_default();
    assert!(passed * 100 >= all * 98, "{passed} of {all}");
}
