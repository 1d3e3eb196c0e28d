//! JSON in the shape of `opa test --format json`; what is more stands in fields of its own.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use crate::workbench::test::{Outcome, Report, Status, SubResult};

/// Renders results.
pub fn render(report: &Report) -> String {
    let outcomes: Vec<Value> = report.outcomes.iter().map(one).collect();
    format!("{:#}\n", Value::Array(outcomes))
}

fn one(outcome: &Outcome) -> Value {
    let case = &outcome.case;
    let mut object = Map::new();
    object.insert("location".to_owned(), json!({"file": case.path, "row": case.line, "col": case.column}));
    object.insert("package".to_owned(), json!(case.package));
    object.insert("name".to_owned(), json!(case.name));
    match outcome.status {
        Status::Fail => drop(object.insert("fail".to_owned(), json!(true))),
        Status::Skip => drop(object.insert("skip".to_owned(), json!(true))),
        Status::Error => {
            let fault = outcome.error.clone().unwrap_or_default();
            let mut error = Map::new();
            if !fault.code.is_empty() {
                error.insert("code".to_owned(), json!(fault.code));
            }
            error.insert("message".to_owned(), json!(fault.message));
            if fault.line > 0 {
                let place = json!({"file": fault.path, "row": fault.line, "col": fault.column});
                error.insert("location".to_owned(), place);
            }
            object.insert("error".to_owned(), Value::Object(error));
        }
        Status::Pass => {}
    }
    object.insert("duration".to_owned(), json!(outcome.duration));
    if !outcome.prints.is_empty() {
        let text = outcome.prints.iter().fold(String::new(), |text, line| text + line.trim_end() + "\n");
        object.insert("output".to_owned(), json!(base64::engine::general_purpose::STANDARD.encode(text)));
    }
    if !outcome.subs.is_empty() {
        object.insert("sub_results".to_owned(), subs(&outcome.subs));
    }
    if let Some(bench) = &outcome.bench {
        object.insert("benchmark".to_owned(), json!(bench));
    }
    if outcome.status == Status::Fail {
        let failed: Vec<Value> = outcome
            .failure
            .failed
            .iter()
            .map(|f| {
                let values: Map<String, Value> = f.values.iter().cloned().collect();
                json!({
                    "location": {"file": f.path, "row": f.line, "col": f.column},
                    "rule": f.rule,
                    "text": f.text,
                    "values": values,
                })
            })
            .collect();
        object.insert("expressions".to_owned(), Value::Array(failed));
    }
    Value::Object(object)
}

fn subs(all: &[SubResult]) -> Value {
    let one = |sub: &SubResult| {
        let mut object = Map::new();
        object.insert("name".to_owned(), json!(sub.name));
        if sub.fail {
            object.insert("fail".to_owned(), json!(true));
        }
        if !sub.below.is_empty() {
            object.insert("sub_results".to_owned(), subs(&sub.below));
        }
        (sub.name.clone(), Value::Object(object))
    };
    Value::Object(all.iter().map(one).collect())
}
