//! The lints: a file per topic, a line per lint.

mod calls;
mod cost;
mod fields;
mod gate;
mod logic;
mod names;
mod rules;
mod style;
mod types;

use super::flow::Shapes;
use super::index::Index;
use super::{Diagnostic, Severity};

/// A lint.
#[derive(Clone, Copy, Debug)]
pub struct Lint {
    /// Stable name.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it finds.
    pub title: &'static str,
}

const fn error(code: &'static str, title: &'static str) -> Lint {
    Lint { code, severity: Severity::Error, title }
}

const fn warning(code: &'static str, title: &'static str) -> Lint {
    Lint { code, severity: Severity::Warning, title }
}

/// All lints by name.
pub const LINTS: &[Lint] = &[
    warning("always-false", "a condition that is never true: the rule never says anything"),
    warning("always-true", "a condition that is always true"),
    warning("big-product", "loops over two lists inside each other without a lookup"),
    error("conflicting-rules", "definitions of one name that contradict each other"),
    warning("count-exists", "a count over a list although the input has the number"),
    warning("deprecated-in-v0", "a function that OPA 1.0 no longer has"),
    error("deprecated-function", "a function that OPA no longer has"),
    warning("double-negation", "`not` of a rule that says nothing but `not`"),
    error("duplicate-code", "a code that several rules of a gate have"),
    error("entry-not-a-set", "an entry rule that is no set of verdicts"),
    warning("equals-sign", "`=` where `:=` or `==` is meant"),
    warning("import-shadowed", "an import that a rule or variable hides"),
    warning("invalid-regex", "a pattern that does not compile"),
    error("metadata-invalid", "a METADATA block that cannot be read or stands at the wrong place"),
    warning("metadata-missing", "an entry rule without title, code or remediation"),
    error("misnamed-entry", "a rule that is almost named like an entry rule and is never asked"),
    warning("network", "a function that asks the network"),
    error("no-entry-rule", "a module of a gate without entry rule"),
    warning("not-repeatable", "a function whose answer does not follow from the input"),
    warning("not-undefined", "a reference inside `not` that may be undefined"),
    warning("not-raw-regex", "a pattern with backslashes outside of backquotes"),
    error("recursion", "rules or functions that depend on themselves"),
    error("redeclared", "a variable that is declared twice, or used before it is declared"),
    error("reserved-name", "a name that hides `input` or `data`"),
    warning("shadows-builtin", "a rule, parameter or variable named like a builtin function"),
    warning("shadows-rule", "a variable that hides a rule or import"),
    warning("sprintf-arguments", "a format whose verbs and values differ in number"),
    error("syntax-error", "a text that is not Rego"),
    warning("test-without-assertion", "a test that cannot fail"),
    warning("todo-test", "a test that is not run"),
    error("type-error", "values of types that a function or comparison cannot have"),
    error("unknown-data-path", "a path below `data` that nothing defines"),
    error("unknown-function", "a call of a function that there is not"),
    error("unknown-input-field", "a field that the input's schema does not have"),
    warning("unreachable-else", "an `else` that is never reached"),
    error("unsafe-variable", "a variable that nothing gives a value"),
    warning("unused-argument", "a parameter that is not used"),
    warning("unused-import", "an import that is not used"),
    error("unused-declaration", "a variable that `some` or `every` declares and nothing uses"),
    warning("unused-helper", "a helper rule of a gate that nothing refers to"),
    warning("unused-variable", "a variable that is assigned and not used"),
    warning("walk-repeated", "several walks through the whole input"),
    error("wrong-arguments", "a call with too few or too many arguments"),
    warning("wrong-word", "a comparison with a word that the schema does not have"),
];

/// The lint of a name.
pub fn find(code: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.code == code)
}

/// Only what names mean: variables, functions, fields of the input.
pub(super) fn meanings(index: &Index<'_>) -> Vec<Diagnostic> {
    let shapes = Shapes::of(index);
    names::check(index);
    calls::check(index);
    fields::check(index, &shapes);
    index.take()
}

/// Runs all lints.
pub(super) fn all(index: &Index<'_>) -> Vec<Diagnostic> {
    let shapes = Shapes::of(index);
    rules::check(index);
    names::check(index);
    calls::check(index);
    fields::check(index, &shapes);
    types::check(index, &shapes);
    gate::check(index);
    logic::check(index, &shapes);
    cost::check(index, &shapes);
    style::check(index);
    index.take()
}
