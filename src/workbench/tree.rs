//! Every term of a rule or body, outside in, in the order of the text.

use crate::rego::ast::{Body, Expr, ExprKind, PartKind, Rule, TemplatePart, Term, TermKind};

/// What is done with each term.
pub(super) type Visit<'v, 'a> = &'v mut dyn FnMut(&'a Term);

pub(super) fn rule<'a>(rule: &'a Rule, visit: Visit<'_, 'a>) {
    let head = &rule.head;
    for part in &head.reference {
        if let PartKind::Bracket(inner) = &part.kind {
            term(inner, visit);
        }
    }
    for one in head.args.iter().flatten().chain(&head.key).chain(&head.value) {
        term(one, visit);
    }
    if let Some(inner) = &rule.body {
        body(inner, visit);
    }
    for branch in &rule.elses {
        if let Some(value) = &branch.value {
            term(value, visit);
        }
        if let Some(inner) = &branch.body {
            body(inner, visit);
        }
    }
}

pub(super) fn body<'a>(body: &'a Body, visit: Visit<'_, 'a>) {
    for one in &body.exprs {
        expr(one, visit);
    }
}

pub(super) fn expr<'a>(expr: &'a Expr, visit: Visit<'_, 'a>) {
    match &expr.kind {
        ExprKind::Term(one) => term(one, visit),
        ExprKind::Assign(left, right) | ExprKind::Unify(left, right) => {
            term(left, visit);
            term(right, visit);
        }
        ExprKind::Some(vars) => vars.iter().for_each(|one| term(one, visit)),
        ExprKind::SomeIn { key, value, collection } => {
            for one in key.iter().chain([value, collection]) {
                term(one, visit);
            }
        }
        ExprKind::Every { key, value, domain, body: inner } => {
            for one in key.iter().chain([value, domain]) {
                term(one, visit);
            }
            body(inner, visit);
        }
        ExprKind::Not(inner) => body(inner, visit),
        ExprKind::Logical { left, right, .. } => {
            body(left, visit);
            body(right, visit);
        }
    }
    for with in &expr.with {
        term(&with.target, visit);
        term(&with.value, visit);
    }
}

pub(super) fn term<'a>(this: &'a Term, visit: Visit<'_, 'a>) {
    visit(this);
    match &this.kind {
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) | TermKind::Var(_) => {
        }
        TermKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Expr(inner) = part {
                    expr(inner, visit);
                }
            }
        }
        TermKind::Ref(head, parts) => {
            term(head, visit);
            for part in parts {
                if let PartKind::Bracket(inner) = &part.kind {
                    term(inner, visit);
                }
            }
        }
        TermKind::Call(function, args) => {
            term(function, visit);
            args.iter().for_each(|one| term(one, visit));
        }
        TermKind::Array(items) | TermKind::Set(items) => items.iter().for_each(|one| term(one, visit)),
        TermKind::Object(pairs) => {
            for (key, value) in pairs {
                term(key, visit);
                term(value, visit);
            }
        }
        TermKind::ArrayComprehension(value, inner) | TermKind::SetComprehension(value, inner) => {
            term(value, visit);
            body(inner, visit);
        }
        TermKind::ObjectComprehension(key, value, inner) => {
            term(key, visit);
            term(value, visit);
            body(inner, visit);
        }
        TermKind::Infix(_, left, right) => {
            term(left, visit);
            term(right, visit);
        }
        TermKind::MemberWithKey(key, value, collection) => {
            term(key, visit);
            term(value, visit);
            term(collection, visit);
        }
        TermKind::Paren(inner) | TermKind::Minus(inner) => term(inner, visit),
    }
}

/// The names of the variables in a term.
pub(super) fn variables(this: &Term) -> Vec<&str> {
    let mut names = Vec::new();
    term(this, &mut |one| {
        if let TermKind::Var(name) = &one.kind {
            names.push(name.as_str());
        }
    });
    names
}
