//! The table of signatures.

use std::process::Command;

use super::super::{all, signature};

/// What other parts provide: operators and statements of the language, metadata, and families of functions.
const ELSEWHERE: [&str; 17] = [
    "assign",
    "eq",
    "equal",
    "neq",
    "gt",
    "gte",
    "lt",
    "lte",
    "print",
    "walk",
    "internal.",
    "rego.metadata.",
    "crypto.",
    "io.jwt.",
    "json.match_schema",
    "json.verify_schema",
    "trace",
];

#[test]
fn every_function_is_listed_once_and_with_its_number_of_arguments() {
    let mut names: Vec<&str> = all().map(|b| b.name).collect();
    for builtin in all().filter(|b| !b.name.starts_with("gate.internal.") && !b.name.starts_with("internal."))
    {
        let found = signature::find(builtin.name).unwrap_or_else(|| panic!("{}", builtin.name));
        assert_eq!(found.arity(), usize::from(builtin.arity), "{}", builtin.name);
        assert!(found.available, "{}", builtin.name);
    }
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn what_is_said_to_be_available_is_there() {
    let missing: Vec<&str> = signature::SIGNATURES
        .iter()
        .filter(|s| {
            s.available
                && !ELSEWHERE.iter().any(|e| s.name == *e || (e.ends_with('.') && s.name.starts_with(e)))
        })
        .map(|s| s.name)
        .filter(|name| !all().any(|b| b.name == *name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn clock_network_and_chance_are_not_to_be_had() {
    for name in ["time.now_ns", "http.send", "net.lookup_ip_addr", "rand.intn", "uuid.rfc4122", "opa.runtime"]
    {
        assert!(!signature::find(name).unwrap().available, "{name}");
        assert!(!all().any(|b| b.name == name), "{name}");
    }
    assert!(signature::find("no.such_function").is_none());
}

#[test]
fn the_table_is_what_opa_says_of_itself() {
    let Some(opa) = super::opa() else {
        eprintln!("skipped: opa is not installed");
        return;
    };
    let output = Command::new(opa).args(["capabilities", "--current"]).output().unwrap();
    let all: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let builtins = all["builtins"].as_array().unwrap();
    assert_eq!(builtins.len(), signature::SIGNATURES.len());
    for builtin in builtins {
        let name = builtin["name"].as_str().unwrap();
        let known = signature::find(name).unwrap_or_else(|| panic!("{name} is not in the table"));
        let arity = builtin["decl"]["args"].as_array().map_or(0, Vec::len);
        assert_eq!(known.arity(), arity, "{name}");
        assert_eq!(known.deterministic, builtin["nondeterministic"] != true, "{name}");
        assert_eq!(known.relation, builtin["relation"] == true, "{name}");
        assert_eq!(known.operator, builtin["infix"].as_str(), "{name}");
        assert_eq!(known.is_boolean(), builtin["decl"]["result"]["type"] == "boolean", "{name}");
        assert_eq!(known.variadic, !builtin["decl"]["variadic"].is_null(), "{name}");
    }
}
