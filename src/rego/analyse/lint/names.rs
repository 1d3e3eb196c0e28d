//! Variables, parameters and imports: without value, unused, hidden.

use std::collections::HashSet;

use super::super::builtins;
use super::super::index::{Entry, Index};
use super::super::safety::unsafe_variables;
use super::super::scope::Origin;
use super::super::{Diagnostic, Fix, Severity, Source};
use crate::rego::ast::Place;
use crate::suggest::nearest;

pub(super) fn check(index: &Index<'_>) {
    for entry in index.judged() {
        variables(index, entry);
    }
    for source in index.judged_sources() {
        imports(index, source);
    }
}

fn variables(index: &Index<'_>, entry: &Entry<'_>) {
    let source = entry.source;
    for clash in &entry.names.clashes {
        let code = if clash.message.contains("hides the document") { "reserved-name" } else { "redeclared" };
        index.say(source, code, clash.span, clash.message.clone(), "give it another name");
    }
    let arity = |function: &crate::rego::ast::Term| index.arity_of(source, function);
    for (name, span) in unsafe_variables(entry.rule, &entry.names, &arity) {
        let known: Vec<&str> = entry
            .names
            .variables
            .iter()
            .filter(|v| !matches!(v.origin, Origin::Implicit | Origin::Wildcard))
            .map(|v| v.name.as_str())
            .chain(source.module.rules.iter().map(|rule| rule.head.name()))
            .chain(source.module.imports.iter().filter_map(|import| import.name()))
            .filter(|known| *known != name)
            .collect();
        let help = match nearest(&name, &known) {
            Some(near) if name.len() > 2 => format!("did you mean `{near}`?"),
            _ => format!(
                "nothing gives `{name}` a value: declare it with `some {name} in ...` or `{name} := ...`"
            ),
        };
        index.say(source, "unsafe-variable", span, format!("the variable `{name}` is unsafe"), help);
    }
    for variable in &entry.names.variables {
        let name = variable.name.as_str();
        if variable.uses == 0 && name != "_" {
            let (code, what, help) = match variable.origin {
                Origin::Argument => ("unused-argument", "parameter", "write `_` in its place"),
                Origin::Assigned => ("unused-variable", "variable", "remove it, or use `_ := ...`"),
                Origin::Some | Origin::Every => ("unused-declaration", "variable", "remove it, or write `_`"),
                Origin::SomeIn => continue,
                Origin::Implicit | Origin::Wildcard => continue,
            };
            // A branch may be where it is used: all branches share the parameters.
            let message = format!("the {what} `{name}` is not used");
            index.say(source, code, variable.span, message, help);
        }
        if matches!(variable.origin, Origin::Implicit | Origin::Wildcard) {
            continue;
        }
        if index.global(source, name).is_some() && !matches!(name, "input" | "data") {
            let message = format!("the variable `{name}` hides the rule or import of that name");
            index.say(source, "shadows-rule", variable.span, message, "give it another name");
        } else if is_builtin(name) {
            let message = format!("the variable `{name}` hides the builtin of that name");
            index.say(source, "shadows-builtin", variable.span, message, "give it another name");
        }
    }
    let name = entry.rule.head.name();
    if matches!(name, "input" | "data") {
        let message = format!("the rule `{name}` hides the document `{name}`");
        index.say_of(entry, "reserved-name", message, "give it another name");
    } else if is_builtin(name) && !entry.rule.chained {
        let message = format!("the rule `{name}` hides the builtin of that name");
        index.say_of(entry, "shadows-builtin", message, "give it another name");
    }
}

/// A name that is a function or the beginning of functions' names.
fn is_builtin(name: &str) -> bool {
    builtins::SIGNATURES.iter().any(|s| {
        s.name.split('.').next() == Some(name)
            && !matches!(
                name,
                "graph"
                    | "time"
                    | "units"
                    | "internal"
                    | "array"
                    | "object"
                    | "net"
                    | "json"
                    | "rego"
                    | "test"
                    | "providers"
                    | "opa"
                    | "bits"
                    | "strings"
                    | "hex"
                    | "glob"
                    | "yaml"
                    | "uuid"
                    | "http"
                    | "io"
                    | "rand"
                    | "crypto"
                    | "numbers"
                    | "regex"
                    | "semver"
                    | "urlquery"
                    | "base64"
                    | "base64url"
                    | "graphql"
                    | "and"
                    | "or"
                    | "eq"
                    | "all"
                    | "any"
                    | "div"
                    | "plus"
                    | "minus"
                    | "rem"
                    | "mul"
                    | "lt"
                    | "gt"
                    | "lte"
                    | "gte"
                    | "equal"
                    | "neq"
                    | "assign"
            )
    })
}

fn imports(index: &Index<'_>, source: &Source) {
    let mut used: HashSet<&str> = HashSet::new();
    for entry in index.entries.iter().filter(|entry| std::ptr::eq(entry.source, source)) {
        used.extend(entry.names.globals.iter().map(String::as_str));
    }
    let mut seen: HashSet<&str> = HashSet::new();
    for import in &source.module.imports {
        let Some(name) = import.name() else { continue };
        if !seen.insert(name) {
            let message = format!("the name `{name}` is imported twice");
            // Before 1.0 the later one silently won.
            index.say(
                source,
                "conflicting-rules",
                import.span,
                message,
                format!("give one a name: `import {} as ...`", import.path.join(".")),
            );
            continue;
        }
        let hidden = source.module.rules.iter().find(|rule| rule.head.name() == name);
        if let Some(rule) = hidden {
            let message = format!("the rule `{name}` has the name of an import");
            index.say(source, "import-shadowed", rule.head.span, message, "rename one of them");
        }
        if used.contains(name) && hidden.is_none() {
            continue;
        }
        let start = Place {
            column: 1,
            offset: import.span.start.offset - (import.span.start.column - 1),
            ..import.span.start
        };
        let end = import.span.end;
        let line_end = source
            .text
            .get(end.offset as usize..)
            .and_then(|rest| rest.find('\n'))
            .map_or(0, |n| n as u32 + 1);
        let rest = source.text.get(end.offset as usize..(end.offset + line_end) as usize).unwrap_or_default();
        let fix = if rest.trim().is_empty() {
            let end = Place { offset: end.offset + line_end, ..end };
            vec![Fix { span: crate::rego::ast::Span { start, end }, text: String::new() }]
        } else {
            Vec::new()
        };
        index.push(
            source,
            Diagnostic {
                code: "unused-import",
                severity: Severity::Warning,
                path: source.path.clone(),
                span: import.span,
                message: format!("the import `{name}` is not used"),
                help: "remove it".to_owned(),
                fix,
            },
        );
    }
}
