//! The schemas in `schemas/` are those of the code, and documents hold to them.

use std::path::Path;

#[test]
fn shipped_schemas_are_those_of_the_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    for name in gate::schemas::NAMES {
        let path = folder.join(format!("{name}.v1.json"));
        let text = gate::schemas::text(name).unwrap();
        if std::env::var_os("GATE_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let shipped = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(shipped == text, "{name}: run `GATE_BLESS=1 cargo test schemas` to write it anew");
    }
}

#[test]
fn every_schema_is_a_valid_schema() {
    for name in gate::schemas::NAMES {
        let schema: serde_json::Value = serde_json::from_str(&gate::schemas::text(name).unwrap()).unwrap();
        jsonschema::validator_for(&schema).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}
