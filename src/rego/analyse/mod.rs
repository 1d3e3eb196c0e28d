//! Analysis of modules: names, safety, types by schema, and the lints that follow.
//!
//! Nothing is evaluated and nothing is read from outside: modules, schema and data are given. What OPA refuses to
//! compile is an error here; what is only unwise is a warning.

pub(crate) mod asked;
pub(crate) mod builtins;
mod diagnostic;
mod flow;
mod index;
pub mod lint;
mod safety;
mod scope;
mod shape;
mod upgrade;
mod walk;

use std::collections::BTreeMap;

pub use diagnostic::{Diagnostic, Fix, Severity};
use index::Index;
use serde_json::Value;
pub use upgrade::{apply, upgrade};

use super::annotation::Annotations;
use super::ast::{Module, Version};
use super::{SyntaxError, parse_module};

/// A module with its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path as shown.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its tree.
    pub module: Module,
    /// Its metadata.
    pub annotations: Annotations,
    /// Whether only others are judged by it: nothing is said about it.
    pub is_known: bool,
}

impl Source {
    /// Reads a module.
    ///
    /// # Errors
    /// When it breaks the grammar.
    pub fn read(path: &str, text: &str, version: Version) -> Result<Self, SyntaxError> {
        let module = parse_module(text, version)?;
        let annotations = Annotations::of(&module);
        Ok(Self { path: path.to_owned(), text: text.to_owned(), module, annotations, is_known: false })
    }

    /// Whether it is a policy of gate.
    pub(crate) fn is_gate(&self) -> bool {
        self.module.package.path.first().is_some_and(|root| root == "gate")
    }

    /// Whether it is the module of one gate, with entry rules.
    pub(crate) fn gate(&self) -> Option<&str> {
        match self.module.package.path.as_slice() {
            [root, name]
                if root == "gate" && name != "lib" && !name.ends_with("_test") && name != "fixture" =>
            {
                Some(name)
            }
            _ => None,
        }
    }

    /// Whether it holds tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("_test.rego")
            || self.module.rules.iter().any(|rule| rule.head.name().starts_with("test_"))
    }
}

/// What modules are judged by.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The schema of gate's policy input, for modules below `package gate`.
    pub gate_schema: Value,
    /// A schema of the input of all other modules.
    pub input_schema: Option<Value>,
    /// Schemas by name, for `schemas:` of METADATA.
    pub schemas: BTreeMap<String, Value>,
    /// What is known of `data`, `data.gate` included.
    pub data: Value,
    /// Codes of lints that are left out.
    pub disabled: Vec<String>,
    /// Names of functions of the host.
    pub functions: Vec<String>,
}

/// Checks only what names mean (variables, functions, fields of the input), as loading does: cheap for any set.
pub fn check_names(sources: &[Source], context: &Context) -> Vec<Diagnostic> {
    lint::meanings(&Index::of(sources, context))
}

/// Checks modules together. Sorted by path and place.
pub fn check(sources: &[Source], context: &Context) -> Vec<Diagnostic> {
    let index = Index::of(sources, context);
    let mut found = lint::all(&index);
    found.retain(|d| !context.disabled.iter().any(|code| code == d.code));
    for source in sources {
        let ignored = ignored(source);
        if !ignored.is_empty() {
            found.retain(|d| {
                d.path != source.path
                    || d.code == "syntax-error"
                    || !ignored.iter().any(|(line, code)| {
                        code == d.code && (d.span.start.line == *line || d.span.start.line == line + 1)
                    })
            });
        }
    }
    found.sort_by(|a, b| (&a.path, a.span, a.code).cmp(&(&b.path, b.span, b.code)));
    found.dedup_by(|a, b| (&a.path, a.span, a.code, &a.message) == (&b.path, b.span, b.code, &b.message));
    found
}

/// Lines with `# gate:ignore CODE`, which counts for its line and the next.
fn ignored(source: &Source) -> Vec<(u32, String)> {
    let comments = source.module.comments.iter();
    comments
        .filter_map(|comment| {
            Some((comment.span.start.line, comment.text.trim().strip_prefix("gate:ignore")?))
        })
        .flat_map(|(line, codes)| {
            codes.split([' ', ',']).filter(|code| !code.is_empty()).map(move |code| (line, code.to_owned()))
        })
        .collect()
}
