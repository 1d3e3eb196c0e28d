//! The JSON Schemas (draft 2020-12) of gate's documents, generated from the types that read and write them.

use serde_json::Value;

use crate::config::RawConfig;
use crate::inspect::Inspected;
use crate::model::Decision;
use crate::workbench::{Diff, Record, Replay};

/// The documents that have a schema.
pub const NAMES: [&str; 8] =
    ["policy-input", "decision", "config", "inspect", "evidence", "record", "replay", "policy-diff"];

/// The schema of a document, as text that ends in a line end.
pub fn text(name: &str) -> Option<String> {
    if name == "evidence" {
        return Some(include_str!("../schemas/evidence.v1.json").to_owned());
    }
    let settings = schemars::generate::SchemaSettings::draft2020_12;
    let schema: Value = match name {
        "policy-input" => crate::policy::input_schema().clone(),
        "decision" => settings().for_serialize().into_generator().into_root_schema_for::<Decision>().into(),
        "inspect" => settings().for_serialize().into_generator().into_root_schema_for::<Inspected>().into(),
        "record" => settings().for_serialize().into_generator().into_root_schema_for::<Record>().into(),
        "replay" => settings().for_serialize().into_generator().into_root_schema_for::<Replay>().into(),
        "policy-diff" => settings().for_serialize().into_generator().into_root_schema_for::<Diff>().into(),
        "config" => settings().for_deserialize().into_generator().into_root_schema_for::<RawConfig>().into(),
        _ => return None,
    };
    Some(format!("{schema:#}\n"))
}

/// A Rego module that begins a policy: how to check it against the schema, and every field of the input with its type.
pub fn policy_input_stub() -> String {
    let schema = crate::policy::input_schema();
    let mut text = String::from(
        "# Checked by `gate check`, and by OPA with the schema beside it:\n\
         #   gate schema policy-input > schemas/input.json\n\
         #   opa check --schema schemas/ <this file>\n\
         #\n\
         # METADATA\n\
         # title: My rules\n\
         # schemas:\n\
         # - input: schema.input\n\
         package gate.security\n\n\
         # METADATA\n\
         # title: No finding that is exploited\n\
         # custom:\n\
         #   code: TEAM-001\n\
         #   remediation: Upgrade to the fixed version.\n\
         #   evidence: [security_scan]\n\
         deny contains {\"code\": \"TEAM-001\", \"msg\": msg} if {\n\
         \tsome finding in input.findings.open\n\
         \tfinding.kev\n\
         \tmsg := sprintf(\"%s is exploited\", [finding.id])\n\
         }\n\n\
         # The fields of the input:\n#\n",
    );
    fields(schema, schema, "input", 0, &mut text);
    text
}

/// One line for a node, then those below it.
fn fields(root: &Value, node: &Value, path: &str, depth: u8, text: &mut String) {
    let mut target = node;
    let mut is_optional = false;
    for _ in 0..8 {
        if let Some(pointer) = target.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#')) {
            target = root.pointer(pointer).unwrap_or(&Value::Null);
        } else if let Some(choices) = target.get("anyOf").and_then(Value::as_array) {
            let is_null = |choice: &&Value| choice.get("type").and_then(Value::as_str) == Some("null");
            is_optional |= choices.iter().any(|choice| is_null(&choice));
            target = choices.iter().find(|choice| !is_null(choice)).unwrap_or(&Value::Null);
        } else {
            break;
        }
    }
    let names = match target.get("type") {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    };
    let words =
        target.get("enum").or_else(|| target.pointer("/propertyNames/enum")).and_then(Value::as_array);
    let words: Vec<&str> = words.into_iter().flatten().filter_map(Value::as_str).collect();
    let description = node.get("description").or_else(|| target.get("description")).and_then(Value::as_str);
    if depth > 0 {
        let keys = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
        let or_null = if is_optional { " or null" } else { "" };
        let said = description
            .map(|d| format!(" - {}", d.split_whitespace().collect::<Vec<_>>().join(" ")))
            .unwrap_or_default();
        text.push_str(&format!("# {path}: {names}{or_null}{keys}{said}\n"));
    }
    if depth > 8 {
        return;
    }
    for (name, below) in target.get("properties").and_then(Value::as_object).into_iter().flatten() {
        fields(root, below, &format!("{path}.{name}"), depth + 1, text);
    }
    for (key, suffix) in [("items", "[_]"), ("additionalProperties", "[_]")] {
        if let Some(below) = target.get(key).filter(|below| below.is_object()) {
            let inner = below.get("$ref").is_some()
                || below.get("properties").is_some()
                || below.get("additionalProperties").is_some();
            if inner {
                fields(root, below, &format!("{path}{suffix}"), depth + 1, text);
            }
        }
    }
}
