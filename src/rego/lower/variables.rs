//! The variables of a query that have values in its answers.

use std::collections::BTreeSet;

use crate::rego::ast::{Expr, ExprKind, PartKind, Term, TermKind};

/// Variables of an expression, those of comprehensions and `every` left out; wildcards have no name.
pub(super) fn of_expr(expr: &Expr, names: &mut BTreeSet<String>) {
    if expr.negated {
        return;
    }
    match &expr.kind {
        ExprKind::Term(term) => of_term(term, names),
        ExprKind::Assign(left, right) | ExprKind::Unify(left, right) => {
            of_term(left, names);
            of_term(right, names);
        }
        ExprKind::SomeIn { key, value, collection } => {
            key.iter().chain([value, collection]).for_each(|term| of_term(term, names));
        }
        ExprKind::Every { domain, .. } => of_term(domain, names),
        ExprKind::Some(_) | ExprKind::Not(_) | ExprKind::Logical { .. } => {}
    }
}

fn of_term(term: &Term, names: &mut BTreeSet<String>) {
    match &term.kind {
        TermKind::Var(name) if name != "_" => {
            names.insert(name.clone());
        }
        TermKind::Ref(head, parts) => {
            of_term(head, names);
            for part in parts {
                if let PartKind::Bracket(inner) = &part.kind {
                    of_term(inner, names);
                }
            }
        }
        TermKind::Call(_, items) | TermKind::Array(items) | TermKind::Set(items) => {
            items.iter().for_each(|item| of_term(item, names));
        }
        TermKind::Object(items) => items.iter().for_each(|(key, value)| {
            of_term(key, names);
            of_term(value, names);
        }),
        TermKind::Infix(_, left, right) => {
            of_term(left, names);
            of_term(right, names);
        }
        TermKind::MemberWithKey(key, value, collection) => {
            [key, value, collection].into_iter().for_each(|t| of_term(t, names));
        }
        TermKind::Paren(inner) | TermKind::Minus(inner) => of_term(inner, names),
        _ => {}
    }
}
