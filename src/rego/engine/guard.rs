//! What would bring the interpreter down is refused before it runs: rules that ask for themselves, chains of rules
//! that are too long, and documents that are both data and rules.

use serde_json::Value as Json;

use super::Error;
use crate::rego::ast::Place;
use crate::rego::lower::depends::Dependencies;

/// Most rules and functions that may wait for each other.
const DEEPEST_CHAIN: usize = 10_000;

/// Stack of an evaluation, before what its chains of rules need; address space until it is used.
const STACK: usize = 64 << 20;

/// Stack for one rule that waits for another.
const STACK_OF_RULE: usize = 96 << 10;

fn error(path: &str, place: Place, message: String, help: &str, code: &'static str) -> Error {
    Error {
        path: path.to_owned(),
        line: place.line,
        column: place.column,
        message,
        help: help.to_owned(),
        code,
    }
}

/// Refuses rules that ask for themselves.
pub(super) fn recursion(dependencies: &Dependencies) -> Result<(), Error> {
    let Some(found) = &dependencies.recursion else { return Ok(()) };
    let name = found.cycle.first().map(String::as_str).unwrap_or_default();
    let message = format!("rule `{name}` is recursive: {}", found.cycle.join(" -> "));
    let help =
        "a rule cannot depend on itself: use `walk`, `graph.reachable` or a comprehension over the input";
    Err(error(&found.path, found.place, message, help, "rego_recursion_error"))
}

/// Refuses rules where the data has a document, or something above it that cannot hold one.
pub(super) fn conflicts(dependencies: &Dependencies, data: &Json) -> Result<(), Error> {
    for (path, place, names) in &dependencies.defined {
        let mut at = Some(data);
        for name in names {
            at = match at {
                Some(Json::Object(map)) => map.get(name),
                other => other,
            };
        }
        if at.is_some() {
            let message =
                format!("conflicting rule for data path `{}`: the data has it too", names.join("/"));
            let help = "rename the rule, or take the document out of the data files";
            return Err(error(path, *place, message, help, "rego_compile_error"));
        }
    }
    Ok(())
}

/// The stack that the longest chain of rules needs.
pub(super) fn stack(dependencies: &Dependencies) -> Result<usize, Error> {
    let depth = dependencies.depth;
    if depth > DEEPEST_CHAIN {
        let message = format!("{depth} rules wait for each other, more than the limit of {DEEPEST_CHAIN}");
        let help = "combine rules that only pass values on";
        return Err(error("", Place::default(), message, help, "rego_compile_error"));
    }
    Ok(STACK.saturating_add(depth.saturating_mul(STACK_OF_RULE)))
}

/// Runs on a thread with that much stack.
pub(super) fn on_stack<T: Send>(stack: usize, run: impl FnOnce() -> T + Send) -> Result<T, Error> {
    let failed = |message: &str| Error {
        path: String::new(),
        line: 0,
        column: 0,
        message: message.to_owned(),
        help: String::new(),
        code: "eval_internal_error",
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("policies".to_owned()).stack_size(stack);
        let thread =
            thread.spawn_scoped(scope, run).map_err(|error| failed(&format!("no thread: {error}")))?;
        thread.join().map_err(|_| failed("the interpreter failed by a panic"))
    })
}
