//! What a module of others must not do, found in its text before the interpreter sees it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::PolicyError;
use super::fields::{input_schema, unknown_step};
use super::scan::{self, At, Step};
use crate::rego::analyse::builtins::NOT_REPEATABLE;
use crate::suggest::nearest;

/// The interpreter's parser takes twice as long for each further level of `[` and `{`.
const DEEPEST: u32 = 12;

/// Besides builtins whose answer does not follow from the input.
const TRACE: (&str, &str) = ("trace", "use `print` while testing");

/// Checks one module.
pub(super) fn module(path: &str, module: &scan::Module, data: &Value) -> Result<(), PolicyError> {
    shape(path, module)?;
    let error = |message: String, at: At| PolicyError::new(message).at(path, at.line, at.column);
    for (name, at) in &module.names {
        if let Some((_, help)) = NOT_REPEATABLE.iter().chain([&TRACE]).find(|(forbidden, _)| {
            name.strip_prefix(forbidden).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }) {
            let is_local = module.rules.iter().any(|rule| rule.name == *name);
            if !is_local {
                return Err(error(format!("`{name}` is not available to policies"), *at).help(*help));
            }
        }
    }
    references(path, module, data)
}

/// Checks what holds for every module, whatever its input is: its metadata, package and nesting.
pub(super) fn shape(path: &str, module: &scan::Module) -> Result<(), PolicyError> {
    let error = |message: String, at: At| PolicyError::new(message).at(path, at.line, at.column);
    if let Some((message, at)) = module.metadata_errors.first() {
        return Err(error(message.clone(), *at));
    }
    if module.package.is_empty() {
        return Err(error("expected `package`, found none".to_owned(), At { line: 1, column: 1 })
            .help("begin the module with `package gate.<gate>`"));
    }
    if module.deepest.0 > DEEPEST {
        return Err(error(
            format!("brackets nest {} deep, more than the limit of {DEEPEST}", module.deepest.0),
            module.deepest.1,
        )
        .help("name the inner value with a rule of its own"));
    }
    Ok(())
}

/// References into the input and the thresholds must lead somewhere: a misspelt one would be undefined, and the
/// rule would never say anything.
fn references(path: &str, module: &scan::Module, data: &Value) -> Result<(), PolicyError> {
    let schema = input_schema();
    for (steps, at) in &module.input_refs {
        if let Some((index, names)) = unknown_step(schema, steps) {
            return Err(missing("input", steps, index, &names).at(path, at.line, at.column));
        }
    }
    for (steps, at) in &module.data_refs {
        if !matches!(steps.as_slice(), [Step::Field(a), Step::Field(b), ..] if a == "gate" && b == "thresholds")
        {
            continue;
        }
        let mut here = data;
        for (index, step) in steps.iter().enumerate() {
            let (Step::Field(name), Some(names)) = (step, here.as_object()) else { break };
            match names.get(name) {
                Some(next) => here = next,
                None => {
                    let names: Vec<String> = names.keys().cloned().collect();
                    return Err(missing("data", steps, index, &names).at(path, at.line, at.column));
                }
            }
        }
    }
    Ok(())
}

fn missing(root: &str, steps: &[Step], index: usize, names: &[String]) -> PolicyError {
    let shown = steps.iter().take(index + 1).fold(root.to_owned(), |shown, step| match step {
        Step::Field(name) => format!("{shown}.{name}"),
        Step::Any => shown + "[_]",
    });
    let wrong = match steps.get(index) {
        Some(Step::Field(name)) => name.as_str(),
        _ => "",
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let error = PolicyError::new(format!("`{shown}` does not exist"));
    match nearest(wrong, &names) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None if names.is_empty() => error.help("the value before it has no fields of that kind"),
        None => error.help(format!("there are: {}", names.join(", "))),
    }
}

/// Functions that call themselves, directly or through others, over all modules.
///
/// The interpreter notices recursion of plain rules, but that of functions ends in a stack overflow.
pub(super) fn recursion(modules: &[(&str, &scan::Module)]) -> Result<(), PolicyError> {
    let mut functions: BTreeMap<String, (&str, At)> = BTreeMap::new();
    let full = |module: &scan::Module, name: &str| format!("data.{}.{name}", module.package.join("."));
    for (path, module) in modules {
        for rule in module.rules.iter().filter(|r| r.is_function) {
            functions.entry(full(module, &rule.name)).or_insert((path, rule.at));
        }
    }
    let mut calls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, module) in modules {
        for rule in module.rules.iter().filter(|r| r.is_function) {
            let from = calls.entry(full(module, &rule.name)).or_default();
            for (name, _) in &rule.calls {
                let target = match name.split_once('.') {
                    None => full(module, name),
                    Some(("data", _)) => name.clone(),
                    Some((alias, rest)) => match module.imports.iter().find(|(local, _)| local == alias) {
                        Some((_, path)) => format!("{path}.{rest}"),
                        None => continue,
                    },
                };
                if functions.contains_key(&target) {
                    from.insert(target);
                }
            }
        }
    }
    // Depth first, each function once: a call to one that is still open closes a circle.
    let none = BTreeSet::new();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in functions.keys() {
        let mut open: Vec<(&str, std::collections::btree_set::Iter<'_, String>)> = Vec::new();
        let mut on_path: BTreeSet<&str> = BTreeSet::new();
        let mut next = Some(start.as_str());
        loop {
            if let Some(name) = next.take().filter(|name| done.insert(name)) {
                on_path.insert(name);
                open.push((name, calls.get(name).unwrap_or(&none).iter()));
            }
            let Some((name, callees)) = open.last_mut() else { break };
            match callees.next() {
                Some(callee) if on_path.contains(callee.as_str()) => {
                    let (path, at) = functions.get(callee).copied().unwrap_or_default();
                    let short = callee.rsplit('.').next().unwrap_or(callee);
                    return Err(PolicyError::new(format!("function `{short}` calls itself"))
                        .at(path, at.line, at.column)
                        .help("rego has no recursion: use a comprehension, `walk` or `graph.reachable`"));
                }
                Some(callee) => next = Some(callee),
                None => {
                    on_path.remove(name);
                    open.pop();
                }
            }
        }
    }
    Ok(())
}
