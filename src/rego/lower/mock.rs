//! Functions that `with` replaces.
//!
//! The interpreter replaces functions of policies and those builtin functions that it knows itself. Others are called
//! through a function of a package of gate's own, which can be replaced like any.

use std::collections::BTreeSet;

use super::World;
use crate::rego::ast::{Body, Expr, ExprKind, Module, Part, PartKind, Span, TemplatePart, Term, TermKind};
use crate::rego::builtins::signature;

/// Where the functions stand, in messages.
pub(super) const PATH: &str = "<functions>";

/// The package, below `data`.
const PACKAGE: &str = "__gate";

/// Names of functions that the `with` modifiers of a module are about, on either side.
pub(super) fn targets(module: &Module, names: &mut BTreeSet<String>) {
    for rule in &module.rules {
        let head = &rule.head;
        head.args.iter().flatten().chain(&head.key).chain(&head.value).for_each(|t| in_term(t, names));
        rule.body.iter().for_each(|body| in_body(body, names));
        for branch in &rule.elses {
            branch.value.iter().for_each(|t| in_term(t, names));
            branch.body.iter().for_each(|body| in_body(body, names));
        }
    }
}

fn in_body(body: &Body, names: &mut BTreeSet<String>) {
    body.exprs.iter().for_each(|expr| in_expr(expr, names));
}

fn in_expr(expr: &Expr, names: &mut BTreeSet<String>) {
    for with in &expr.with {
        for side in [&with.target, &with.value] {
            match side.fixed_path() {
                Some(path) => {
                    names.insert(path.join("."));
                }
                None => in_term(side, names),
            }
        }
    }
    match &expr.kind {
        ExprKind::Term(term) => in_term(term, names),
        ExprKind::Assign(left, right) | ExprKind::Unify(left, right) => {
            in_term(left, names);
            in_term(right, names);
        }
        ExprKind::Some(_) => {}
        ExprKind::SomeIn { key, value, collection } => {
            key.iter().chain([value, collection]).for_each(|t| in_term(t, names));
        }
        ExprKind::Every { domain, body, .. } => {
            in_term(domain, names);
            in_body(body, names);
        }
        ExprKind::Not(body) => in_body(body, names),
        ExprKind::Logical { left, right, .. } => {
            in_body(left, names);
            in_body(right, names);
        }
    }
}

fn in_term(term: &Term, names: &mut BTreeSet<String>) {
    match &term.kind {
        TermKind::Template(parts) => parts.iter().for_each(|part| {
            if let TemplatePart::Expr(expr) = part {
                in_expr(expr, names);
            }
        }),
        TermKind::Ref(head, parts) => {
            in_term(head, names);
            for part in parts {
                if let PartKind::Bracket(inner) = &part.kind {
                    in_term(inner, names);
                }
            }
        }
        TermKind::Call(_, items) | TermKind::Array(items) | TermKind::Set(items) => {
            items.iter().for_each(|item| in_term(item, names));
        }
        TermKind::Object(items) => items.iter().for_each(|(key, value)| {
            in_term(key, names);
            in_term(value, names);
        }),
        TermKind::ArrayComprehension(value, body) | TermKind::SetComprehension(value, body) => {
            in_term(value, names);
            in_body(body, names);
        }
        TermKind::ObjectComprehension(key, value, body) => {
            in_term(key, names);
            in_term(value, names);
            in_body(body, names);
        }
        TermKind::Infix(_, left, right) => {
            in_term(left, names);
            in_term(right, names);
        }
        TermKind::MemberWithKey(key, value, collection) => {
            [key, value, collection].into_iter().for_each(|t| in_term(t, names));
        }
        TermKind::Paren(inner) | TermKind::Minus(inner) => in_term(inner, names),
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) | TermKind::Var(_) => {
        }
    }
}

impl World {
    /// Whether a function is called through one of gate's own: a builtin or host function that some `with` is about.
    pub(super) fn is_mocked(&self, path: &str) -> bool {
        if self.host.contains_key(path) {
            return true;
        }
        self.mocked.contains(path) && path != "print" && signature::find(path).is_some()
    }
}

/// The function through which another is called.
pub(super) fn stand_in(path: &str, span: Span) -> Term {
    let part = |name: &str| Part { span, kind: PartKind::Dot(name.to_owned()) };
    let head = Term::at(span, TermKind::Var("data".to_owned()));
    Term::at(span, TermKind::Ref(Box::new(head), vec![part(PACKAGE), part(&stand_in_name(path))]))
}

fn stand_in_name(path: &str) -> String {
    format!("call_{}", path.replace('.', "__"))
}

/// The module of these functions; none if no function is replaced.
pub(super) fn module(world: &World) -> Option<String> {
    let known = world.mocked.iter().filter(|name| world.is_mocked(name) && !world.host.contains_key(*name));
    let known = known.filter_map(|name| {
        let found = signature::find(name)?;
        Some((name.as_str(), found.arity(), found.available))
    });
    let host = world.host.iter().map(|(name, arity)| (name.as_str(), *arity, false));
    let mut text = format!("package {PACKAGE}\n");
    let mut any = false;
    for (name, arity, available) in known.chain(host) {
        any = true;
        let args = (0..arity).map(|n| format!("a{n}")).collect::<Vec<_>>().join(", ");
        let stand_in = stand_in_name(name);
        let call = match (available, name) {
            (_, "time.now_ns") if world.now.is_some() => world.now.unwrap_or_default().to_string(),
            (true, "walk") => continue,
            (true, _) => format!("{name}({args})"),
            (false, _) => format!("gate.internal.unavailable(\"{name}\")"),
        };
        text.push_str(&format!("{stand_in}({args}) := {call}\n"));
    }
    any.then_some(text)
}
