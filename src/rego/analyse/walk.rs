//! Going through a syntax tree.

use crate::rego::ast::{Body, Expr, ExprKind, Part, PartKind, Rule, TemplatePart, Term, TermKind};

/// What is done at each node; each goes on to what is inside unless it is told otherwise.
pub(crate) trait Visit<'a>: Sized {
    /// A term.
    fn term(&mut self, term: &'a Term) {
        into_term(self, term);
    }
    /// An expression.
    fn expr(&mut self, expr: &'a Expr) {
        into_expr(self, expr);
    }
    /// A body, also of comprehensions.
    fn body(&mut self, body: &'a Body) {
        for expr in &body.exprs {
            self.expr(expr);
        }
    }
}

/// All of a rule.
pub(crate) fn rule<'a>(visit: &mut impl Visit<'a>, rule: &'a Rule) {
    // What gives values comes before what uses them.
    if let Some(body) = &rule.body {
        visit.body(body);
    }
    if !rule.chained {
        head(visit, rule);
    }
    for branch in &rule.elses {
        if let Some(body) = &branch.body {
            visit.body(body);
        }
        if let Some(value) = &branch.value {
            visit.term(value);
        }
    }
}

/// The terms of a rule's head.
pub(crate) fn head<'a>(visit: &mut impl Visit<'a>, rule: &'a Rule) {
    for part in &rule.head.reference {
        into_part(visit, part);
    }
    for term in rule.head.args.iter().flatten().chain(&rule.head.key).chain(&rule.head.value) {
        visit.term(term);
    }
}

fn into_part<'a>(visit: &mut impl Visit<'a>, part: &'a Part) {
    if let PartKind::Bracket(term) = &part.kind {
        visit.term(term);
    }
}

/// What is inside an expression.
pub(crate) fn into_expr<'a>(visit: &mut impl Visit<'a>, expr: &'a Expr) {
    match &expr.kind {
        ExprKind::Term(term) => visit.term(term),
        ExprKind::Assign(left, right) | ExprKind::Unify(left, right) => {
            visit.term(left);
            visit.term(right);
        }
        ExprKind::Some(names) => names.iter().for_each(|name| visit.term(name)),
        ExprKind::SomeIn { key, value, collection } => {
            key.iter().for_each(|key| visit.term(key));
            visit.term(value);
            visit.term(collection);
        }
        ExprKind::Every { key, value, domain, body } => {
            key.iter().for_each(|key| visit.term(key));
            visit.term(value);
            visit.term(domain);
            visit.body(body);
        }
        ExprKind::Not(body) => visit.body(body),
        ExprKind::Logical { left, right, .. } => {
            visit.body(left);
            visit.body(right);
        }
    }
    for with in &expr.with {
        visit.term(&with.target);
        visit.term(&with.value);
    }
}

/// What is inside a term.
pub(crate) fn into_term<'a>(visit: &mut impl Visit<'a>, term: &'a Term) {
    for_children(term, |child| match child {
        Child::Term(term) => visit.term(term),
        Child::Body(body) => visit.body(body),
        Child::Expr(expr) => visit.expr(expr),
    });
}

/// What may be inside a term.
pub(crate) enum Child<'a> {
    /// A term.
    Term(&'a Term),
    /// The body of a comprehension.
    Body(&'a Body),
    /// An expression of a template string.
    Expr(&'a Expr),
}

/// What is directly inside a term.
pub(crate) fn for_children<'a>(term: &'a Term, mut each: impl FnMut(Child<'a>)) {
    match &term.kind {
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) | TermKind::Var(_) => {
        }
        TermKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Expr(expr) = part {
                    each(Child::Expr(expr));
                }
            }
        }
        TermKind::Ref(head, parts) => {
            each(Child::Term(head));
            for part in parts {
                if let PartKind::Bracket(term) = &part.kind {
                    each(Child::Term(term));
                }
            }
        }
        TermKind::Call(function, args) => {
            each(Child::Term(function));
            args.iter().for_each(|arg| each(Child::Term(arg)));
        }
        TermKind::Array(items) | TermKind::Set(items) => {
            items.iter().for_each(|item| each(Child::Term(item)))
        }
        TermKind::Object(items) => {
            for (key, value) in items {
                each(Child::Term(key));
                each(Child::Term(value));
            }
        }
        TermKind::ArrayComprehension(head, body) | TermKind::SetComprehension(head, body) => {
            each(Child::Body(body));
            each(Child::Term(head));
        }
        TermKind::ObjectComprehension(key, value, body) => {
            each(Child::Body(body));
            each(Child::Term(key));
            each(Child::Term(value));
        }
        TermKind::Infix(_, left, right) => {
            each(Child::Term(left));
            each(Child::Term(right));
        }
        TermKind::MemberWithKey(a, b, c) => {
            each(Child::Term(a));
            each(Child::Term(b));
            each(Child::Term(c));
        }
        TermKind::Paren(inner) | TermKind::Minus(inner) => each(Child::Term(inner)),
    }
}
