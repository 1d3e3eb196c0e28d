//! OPA's own conformance cases, read from where OPA's sources are; none of them is kept here.

use std::path::PathBuf;

use regorus::{Engine, Value};

use super::functions;

/// Folders whose cases are about functions, with how many may fail because of the interpreter's grammar or numbers.
const FOLDERS: [(&str, usize); 42] = [
    ("array", 0),
    ("base64builtins", 0),
    ("base64urlbuiltins", 0),
    ("bitsand", 0),
    ("bitsnegate", 0),
    ("bitsor", 0),
    ("bitsshiftleft", 0),
    ("bitsshiftright", 0),
    ("bitsxor", 0),
    ("casts", 0),
    ("globmatch", 0),
    ("globquotemeta", 0),
    ("globsmatch", 0),
    ("hexbuiltins", 0),
    ("jsonfilter", 0),
    ("jsonpatch", 0),
    ("jsonremove", 0),
    ("netcidrcontains", 0),
    ("netcidrexpand", 0),
    ("netcidrintersects", 0),
    ("netcidrisvalid", 0),
    ("netcidrmerge", 0),
    ("numbersrange", 0),
    ("objectfilter", 0),
    ("objectget", 0),
    ("objectkeys", 0),
    ("objectremove", 0),
    ("objectunion", 0),
    ("objectunionn", 0),
    ("regexfind", 0),
    ("regexisvalid", 0),
    ("regexmatch", 0),
    ("regexreplace", 0),
    ("regexsplit", 0),
    ("rendertemplate", 0),
    ("semvercompare", 0),
    ("semverisvalid", 0),
    ("sprintf", 2),
    ("subset", 0),
    ("union", 0),
    ("units", 0),
    ("trimspace", 0),
];

fn cases() -> Option<PathBuf> {
    let set = std::env::var_os("GATE_OPA_CASES").map(PathBuf::from);
    let cached = std::env::var_os("HOME").map(|home| {
        PathBuf::from(home)
            .join("go/pkg/mod/github.com/open-policy-agent/opa@v1.22.0/v1/test/cases/testdata/v1")
    });
    set.or(cached).filter(|folder| folder.is_dir())
}

fn value(json: &serde_json::Value) -> Value {
    super::json(&json.to_string())
}

/// Whether a case ends as wanted; nothing where the interpreter has no grammar for it.
fn passes(case: &serde_json::Value) -> Option<bool> {
    let strict = case["strict_error"] == true;
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(strict);
    functions::register(&mut engine, strict);
    let wants_error = case.get("want_error").is_some() || case.get("want_error_code").is_some();
    for module in case["modules"].as_array().into_iter().flatten() {
        engine.add_policy("case.rego".to_owned(), module.as_str()?.to_owned()).ok()?;
    }
    if let Some(data) = case.get("data") {
        engine.add_data(value(data)).ok()?;
    }
    if let Some(input) = case.get("input") {
        engine.set_input(value(input));
    }
    if let Some(term) = case["input_term"].as_str() {
        let results = Engine::new().eval_query(term.to_owned(), false).ok()?;
        engine.set_input(results.result.first()?.expressions.first()?.value.clone());
    }
    let rows = match engine.eval_query(case["query"].as_str()?.to_owned(), false) {
        Ok(results) => results.result,
        // Output arguments are rewritten elsewhere.
        Err(error) if !wants_error => {
            return if error.to_string().contains("is unsafe") { None } else { Some(false) };
        }
        Err(_) => return Some(true),
    };
    if wants_error {
        return Some(false);
    }
    if let Some(defined) = case["want_defined"].as_bool() {
        return Some(defined != rows.is_empty());
    }
    let plain = |v: &Value| super::json(&v.to_json_str().unwrap());
    let mut found: Vec<Value> = rows.iter().map(|row| plain(&row.bindings)).collect();
    let mut wanted: Vec<Value> = case["want_result"].as_array().into_iter().flatten().map(value).collect();
    found.sort();
    wanted.sort();
    Some(found == wanted)
}

#[test]
fn functions_give_what_opa_gives() {
    let Some(root) = cases() else {
        eprintln!("skipped: OPA's conformance cases are not here, see GATE_OPA_CASES");
        return;
    };
    let mut wrong = Vec::new();
    for (folder, allowed) in FOLDERS {
        let (mut failed, mut total) = (Vec::new(), 0);
        for file in std::fs::read_dir(root.join(folder)).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let document: serde_json::Value = yaml_serde::from_str(&text).unwrap();
            for case in document["cases"].as_array().unwrap() {
                if let Some(passes) = passes(case) {
                    total += 1;
                    if !passes {
                        failed.push(case["note"].to_string());
                    }
                }
            }
        }
        if failed.len() > allowed || total == 0 {
            wrong.push(format!("{folder}: {} of {total} fail: {failed:?}", failed.len()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
