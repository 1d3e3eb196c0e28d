//! `gate check`: what it refuses, what it lets pass, and how it says so.

mod annotations;
mod bad;
mod command;
mod fields;
mod silent;

use std::path::PathBuf;

use gate::rego::analyse::{Context, Diagnostic, Severity, Source, check};
use gate::rego::ast::Version;

/// Policies of gate as checked by the program: schema, thresholds and the library.
pub(crate) fn of_gate(text: &str) -> Vec<Diagnostic> {
    let data: serde_json::Value = serde_json::from_str(gate::policy::shipped_data()).unwrap();
    let context = Context { gate_schema: gate::policy::input_schema().clone(), data, ..Context::default() };
    let mut sources = vec![Source::read("team.rego", text, Version::V1).unwrap()];
    for (path, text) in gate::policy::shipped_modules() {
        let mut source = Source::read(path, text, Version::V1).unwrap();
        source.is_known = true;
        sources.push(source);
    }
    check(&sources, &context)
}

/// Codes of errors of a module that is not of gate; a syntax error is one.
pub(crate) fn errors(text: &str) -> Vec<&'static str> {
    found(text).into_iter().filter(|d| d.severity == Severity::Error).map(|d| d.code).collect()
}

pub(crate) fn found(text: &str) -> Vec<Diagnostic> {
    match Source::read("a.rego", text, Version::V1) {
        Ok(source) => check(&[source], &Context::default()),
        Err(error) => vec![Diagnostic {
            code: "syntax-error",
            severity: Severity::Error,
            path: "a.rego".to_owned(),
            span: gate::rego::ast::Span { start: error.place, end: error.place },
            message: error.message,
            help: error.help,
            fix: Vec::new(),
        }],
    }
}

/// The real OPA, where there is one.
pub(crate) fn opa() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let places = [PathBuf::from("opa"), home.join("go/bin/opa")];
    let found = places.into_iter().find(|path| {
        std::process::Command::new(path).arg("version").output().is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        eprintln!("skipped: no `opa` to compare with");
    }
    found
}
