//! Builtin functions: what they give, what they refuse, and that OPA gives the same.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr
)]

mod hostile;
mod limits;
mod signatures;
mod values;

use regorus::Value;

/// Calls a function with arguments written as JSON.
fn call(name: &str, arguments: &str) -> Result<Value, String> {
    let Value::Array(arguments) = json(arguments) else { panic!("not an array") };
    call_with(name, arguments.as_slice())
}

/// A value written as JSON, its numbers in full.
fn json(text: &str) -> Value {
    call_with("json.unmarshal", &[Value::from(text)]).unwrap()
}

fn call_with(name: &str, arguments: &[Value]) -> Result<Value, String> {
    let builtin = super::all().find(|b| b.name == name).unwrap_or_else(|| panic!("no function {name}"));
    assert_eq!(usize::from(builtin.arity), arguments.len(), "{name}");
    (builtin.call)(arguments).map_err(|error| error.to_string())
}

/// The real tool, if it is to be had.
fn opa() -> Option<std::path::PathBuf> {
    let home = std::env::var_os("HOME").map(std::path::PathBuf::from);
    let known = home.map(|home| home.join("go/bin/opa"));
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).map(|folder| folder.join("opa")).find(|file| file.is_file())
    });
    found.or(known).filter(|file| file.is_file())
}
