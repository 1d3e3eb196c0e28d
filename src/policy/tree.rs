//! What only the syntax tree shows of modules of others, before anything is evaluated.

use super::engine::Module;
use super::{PolicyError, input_schema, scan};
use crate::rego::analyse;
use crate::rego::ast::Version;

/// What only the syntax tree shows of modules of others: variables without value, misspelt fields behind functions,
/// calls of functions that there are not, and verdicts that nobody would ask for.
pub(super) fn check(all: &[(Module, scan::Module)], gates: &[String]) -> Result<(), PolicyError> {
    const CODES: [&str; 4] =
        ["unsafe-variable", "unknown-input-field", "unknown-function", "wrong-arguments"];
    if all.iter().all(|(module, _)| module.entries.is_some()) {
        return Ok(());
    }
    let mut trees = Vec::with_capacity(all.len());
    for (module, _) in all {
        let mut tree = analyse::Source::read(&module.path, &module.text, Version::V1).map_err(|error| {
            PolicyError::new(error.message)
                .at(&module.path, error.place.line, error.place.column)
                .help(error.help)
        })?;
        tree.is_known = module.entries.is_some();
        // The input is that of gate, whatever schema a module names for it.
        tree.annotations.list.iter_mut().for_each(|block| block.schemas.clear());
        if !tree.is_known {
            unasked(&tree, gates)?;
        }
        trees.push(tree);
    }
    let context = analyse::Context {
        gate_schema: input_schema().clone(),
        input_schema: Some(input_schema().clone()),
        ..analyse::Context::default()
    };
    let found = analyse::check_names(&trees, &context).into_iter().find(|d| CODES.contains(&d.code));
    match found {
        Some(found) => Err(PolicyError::new(found.message)
            .at(&found.path, found.span.start.line, found.span.start.column)
            .help(found.help)),
        None => Ok(()),
    }
}

/// Verdicts that stand where no gate looks: as functions, or further down in the head of a rule.
fn unasked(tree: &analyse::Source, gates: &[String]) -> Result<(), PolicyError> {
    const VERDICTS: [&str; 3] = ["deny", "violation", "warn"];
    let is_gate =
        matches!(tree.module.package.path.as_slice(), [root, name] if root == "gate" && gates.contains(name));
    for rule in &tree.module.rules {
        let names: Vec<&str> = rule.head.reference.iter().filter_map(|part| part.name()).collect();
        let is_function = is_gate && rule.head.args.is_some() && VERDICTS.contains(&rule.head.name());
        let is_below = names.len() > 1 && names.iter().skip(1).any(|name| VERDICTS.contains(name));
        if is_function || is_below {
            let place = rule.head.span.start;
            return Err(PolicyError::new(format!("`{}` would never be asked", names.join(".")))
                .at(&tree.path, place.line, place.column)
                .help(
                    "begin the module with `package gate.<gate>` and write `deny contains ... if { ... }`",
                ));
        }
    }
    Ok(())
}
