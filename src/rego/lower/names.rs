//! What a name means: a variable of the body, a rule of the package, an import, or a root document.

use std::collections::{BTreeMap, BTreeSet};

use super::Lowering;
use crate::rego::ast::{Expr, ExprKind, Module, Part, PartKind, Span, Term, TermKind};

/// `data.<package>`.
pub(super) fn package_path(module: &Module) -> String {
    module.package.path.iter().fold("data".to_owned(), |path, name| format!("{path}.{name}"))
}

/// The variables of a pattern: what an assignment or parameter binds.
pub(super) fn pattern_vars(term: &Term, names: &mut BTreeSet<String>) {
    match &term.kind {
        TermKind::Var(name) if name != "_" => {
            names.insert(name.clone());
        }
        TermKind::Array(items) | TermKind::Set(items) => {
            items.iter().for_each(|item| pattern_vars(item, names));
        }
        TermKind::Object(items) => items.iter().for_each(|(key, value)| {
            pattern_vars(key, names);
            pattern_vars(value, names);
        }),
        TermKind::Paren(inner) => pattern_vars(inner, names),
        _ => {}
    }
}

/// The variables that `some` declares: each time others than those of the same name outside.
fn by_some(exprs: &[Expr]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for expr in exprs {
        match &expr.kind {
            ExprKind::Some(vars) => vars.iter().for_each(|var| pattern_vars(var, &mut names)),
            ExprKind::SomeIn { key, value, .. } => {
                key.iter().chain([value]).for_each(|term| pattern_vars(term, &mut names));
            }
            _ => {}
        }
    }
    names
}

/// The variables that expressions of one body declare.
fn declared(exprs: &[Expr]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for expr in exprs {
        match &expr.kind {
            ExprKind::Assign(left, _) => pattern_vars(left, &mut names),
            ExprKind::Some(vars) => vars.iter().for_each(|var| pattern_vars(var, &mut names)),
            ExprKind::SomeIn { key, value, .. } => {
                key.iter().chain([value]).for_each(|term| pattern_vars(term, &mut names));
            }
            _ => {}
        }
    }
    names
}

impl Lowering<'_> {
    /// Opens a scope with names, and what else a body declares.
    pub(super) fn open(&mut self, names: BTreeSet<String>, exprs: &[Expr]) {
        let mut scope = BTreeMap::new();
        // The interpreter refuses `some x` that is reached a second time: it is left out, and the name is made new.
        let new =
            if self.package.is_empty() || self.scopes.len() < 2 { BTreeSet::new() } else { by_some(exprs) };
        for name in names.into_iter().chain(declared(exprs)) {
            let shown = if self.is_rule(&name) || is_reserved(&name) || new.contains(&name) {
                self.fresh()
            } else {
                name.clone()
            };
            scope.insert(name, shown);
        }
        self.scopes.push(scope);
    }

    pub(super) fn close(&mut self) {
        self.scopes.pop();
    }

    pub(super) fn is_rule(&self, name: &str) -> bool {
        self.world.rules.get(&self.package).is_some_and(|rules| rules.contains(name))
    }

    pub(super) fn local(&self, name: &str) -> Option<&String> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    /// Whether a name is a document (root, rule or import) rather than a variable.
    pub(super) fn is_document(&self, name: &str) -> bool {
        self.local(name).is_none()
            && (matches!(name, "input" | "data") || self.is_rule(name) || self.imports.contains_key(name))
    }

    /// What a name stands for, as a term.
    pub(super) fn resolve(&self, name: &str, span: Span) -> Term {
        if let Some(local) = self.local(name) {
            return Term::at(span, TermKind::Var(local.clone()));
        }
        if self.is_rule(name) {
            // A keyword cannot be a name: the rule is asked by its full path.
            return if is_keyword(name) {
                self.own_path(name, span)
            } else {
                Term::at(span, TermKind::Var(name.to_owned()))
            };
        }
        match self.imports.get(name).map(Vec::as_slice) {
            Some([root, rest @ ..]) => {
                let head = Term::at(span, TermKind::Var(root.clone()));
                if rest.is_empty() {
                    return head;
                }
                let parts =
                    rest.iter().map(|name| Part { span, kind: PartKind::Dot(name.clone()) }).collect();
                Term::at(span, TermKind::Ref(Box::new(head), parts))
            }
            _ => Term::at(span, TermKind::Var(name.to_owned())),
        }
    }

    /// Whether there is a function of this name: a rule, a builtin function, one of the host.
    pub(super) fn is_known(&self, function: &Term, path: &str) -> bool {
        self.arity(function).is_some()
            || self.world.besides.contains(path)
            || path.starts_with("data.__gate.")
            || crate::rego::builtins::signature::find(path).is_some()
    }

    pub(super) fn own_path(&self, name: &str, span: Span) -> Term {
        let part = |name: &str| Part { span, kind: PartKind::Dot(name.to_owned()) };
        let parts = self.package_parts.iter().map(|p| part(p)).chain([part(name)]).collect();
        Term::at(span, TermKind::Ref(Box::new(Term::at(span, TermKind::Var("data".to_owned()))), parts))
    }

    /// The full path of a function, and how many parameters it has.
    pub(super) fn arity(&self, function: &Term) -> Option<usize> {
        let path = function.fixed_path()?;
        let joined = path.join(".");
        let own = format!("{}.{joined}", self.package);
        self.world
            .functions
            .get(&joined)
            .or_else(|| self.world.functions.get(&own))
            .or_else(|| self.world.host.get(&joined))
            .copied()
            .or_else(|| {
                crate::rego::builtins::signature::find(&joined)
                    .filter(|found| !found.variadic)
                    .map(|found| found.arity())
            })
    }
}

/// Words that cannot begin a rule of the interpreter.
pub(super) fn is_keyword(name: &str) -> bool {
    const KEYWORDS: [&str; 15] = [
        "as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null",
        "package", "some", "true", "with",
    ];
    KEYWORDS.contains(&name)
}

/// Words that the interpreter takes for keywords or functions although OPA lets variables have them.
fn is_reserved(name: &str) -> bool {
    matches!(name, "contains" | "if" | "in" | "every" | "print" | "set" | "some" | "not" | "default")
}
