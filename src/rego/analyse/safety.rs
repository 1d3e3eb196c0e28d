//! Whether every variable of a body gets a value: OPA's safety, found by putting the expressions in an order.

use std::collections::HashSet;

use super::scope::Names;
use super::walk::{Child, for_children};
use crate::rego::ast::{Body, Expr, ExprKind, PartKind, Rule, Span, Term, TermKind};

type Set = HashSet<usize>;

/// Variables without value: name and place, each name once.
pub(crate) fn unsafe_variables(
    rule: &Rule,
    names: &Names,
    arity: &dyn Fn(&Term) -> Option<usize>,
) -> Vec<(String, Span)> {
    let mut safety = Safety { names, arity, found: Vec::new() };
    let mut safe = Set::new();
    for arg in rule.head.args.iter().flatten() {
        safety.bind(arg, &mut safe);
    }
    let heads = rule.head.key.iter().chain(&rule.head.value);
    let brackets = rule.head.reference.iter().filter_map(|part| match &part.kind {
        PartKind::Bracket(term) => Some(&**term),
        PartKind::Dot(_) => None,
    });
    let heads: Vec<&Term> = heads.chain(brackets).collect();
    safety.scope(rule.body.as_ref().map_or(&[], |body| &body.exprs), &heads, safe.clone());
    for branch in &rule.elses {
        let heads: Vec<&Term> = branch.value.iter().collect();
        safety.scope(branch.body.as_ref().map_or(&[], |body| &body.exprs), &heads, safe.clone());
    }
    safety.found
}

struct Safety<'a> {
    names: &'a Names,
    arity: &'a dyn Fn(&Term) -> Option<usize>,
    found: Vec<(String, Span)>,
}

/// A body of its own inside an expression, with the terms that it feeds and the variables it declares beside.
struct Closure<'t> {
    heads: Vec<&'t Term>,
    body: &'t Body,
    own: Vec<&'t Term>,
}

impl<'a> Safety<'a> {
    /// Variables of a term outside of comprehensions.
    fn variables<'t>(&self, term: &'t Term, into: &mut Vec<(usize, &'t Term)>) {
        if let Some(id) = self.names.of(term) {
            into.push((id, term.bare()));
        }
        if let TermKind::Call(function, args) = &term.kind {
            if !matches!(function.kind, TermKind::Var(_) | TermKind::Ref(..)) {
                self.variables(function, into);
            }
            args.iter().for_each(|arg| self.variables(arg, into));
            return;
        }
        if is_comprehension(term) || matches!(term.kind, TermKind::Paren(_)) && self.names.of(term).is_some()
        {
            return;
        }
        for_children(term, |child| match child {
            Child::Term(term) => self.variables(term, into),
            Child::Expr(expr) => self.of_expr(expr, into),
            Child::Body(_) => {}
        });
    }

    fn of_expr<'t>(&self, expr: &'t Expr, into: &mut Vec<(usize, &'t Term)>) {
        match &expr.kind {
            ExprKind::Term(term) => self.variables(term, into),
            ExprKind::Assign(left, right) | ExprKind::Unify(left, right) => {
                self.variables(left, into);
                self.variables(right, into);
            }
            ExprKind::SomeIn { key, value, collection } => {
                key.iter().for_each(|key| self.variables(key, into));
                self.variables(value, into);
                self.variables(collection, into);
            }
            ExprKind::Every { domain, .. } => self.variables(domain, into),
            ExprKind::Some(_) | ExprKind::Not(_) | ExprKind::Logical { .. } => {}
        }
        expr.with.iter().for_each(|with| self.variables(&with.value, into));
    }

    /// Bodies inside a term.
    fn closures<'t>(&self, term: &'t Term, into: &mut Vec<Closure<'t>>) {
        match &term.kind {
            TermKind::ArrayComprehension(head, body) | TermKind::SetComprehension(head, body) => {
                into.push(Closure { heads: vec![head], body, own: Vec::new() });
            }
            TermKind::ObjectComprehension(key, value, body) => {
                into.push(Closure { heads: vec![key, value], body, own: Vec::new() });
            }
            _ => for_children(term, |child| match child {
                Child::Term(term) => self.closures(term, into),
                Child::Expr(expr) => self.closures_of(expr, into),
                Child::Body(_) => {}
            }),
        }
    }

    fn closures_of<'t>(&self, expr: &'t Expr, into: &mut Vec<Closure<'t>>) {
        let body_of = |body: &'t Body| Closure { heads: Vec::new(), body, own: Vec::new() };
        match &expr.kind {
            ExprKind::Term(term) => self.closures(term, into),
            ExprKind::Assign(left, right) | ExprKind::Unify(left, right) => {
                self.closures(left, into);
                self.closures(right, into);
            }
            ExprKind::SomeIn { collection, .. } => self.closures(collection, into),
            ExprKind::Every { key, value, domain, body } => {
                self.closures(domain, into);
                into.push(Closure { heads: Vec::new(), body, own: key.iter().chain([value]).collect() });
            }
            ExprKind::Some(_) => {}
            ExprKind::Not(body) => into.push(body_of(body)),
            ExprKind::Logical { left, right, .. } => into.extend([body_of(left), body_of(right)]),
        }
        expr.with.iter().for_each(|with| self.closures(&with.value, into));
    }

    /// All variables in a closure, inner ones included.
    fn inside(&self, closure: &Closure<'_>, into: &mut Set) {
        let mut found = Vec::new();
        let mut deeper = Vec::new();
        for head in &closure.heads {
            self.variables(head, &mut found);
            self.closures(head, &mut deeper);
        }
        for expr in &closure.body.exprs {
            self.of_expr(expr, &mut found);
            self.closures_of(expr, &mut deeper);
        }
        into.extend(found.into_iter().map(|(id, _)| id));
        deeper.iter().for_each(|closure| self.inside(closure, into));
    }

    /// Checks a body and what it feeds; `safe` have values from outside.
    fn scope(&mut self, exprs: &[Expr], heads: &[&Term], mut safe: Set) {
        let mut outer = safe.clone();
        for expr in exprs {
            let mut found = Vec::new();
            self.of_expr(expr, &mut found);
            outer.extend(found.into_iter().map(|(id, _)| id));
        }
        let mut waiting: Vec<&Expr> = exprs.iter().collect();
        loop {
            let before = waiting.len();
            waiting.retain(|expr| match self.after(expr, &safe, &outer) {
                Some(more) => {
                    safe.extend(more);
                    false
                }
                None => true,
            });
            if waiting.len() == before || waiting.is_empty() {
                break;
            }
        }
        for expr in &waiting {
            let mut found = Vec::new();
            self.of_expr(expr, &mut found);
            let reached = self.reached(expr, &safe);
            let missing: Vec<_> = found.into_iter().filter(|(id, _)| !reached.contains(id)).collect();
            self.report(&missing);
            if missing.is_empty() {
                let mut closures = Vec::new();
                self.closures_of(expr, &mut closures);
                for closure in &closures {
                    let mut inner = Set::new();
                    self.inside(closure, &mut inner);
                    let blame = inner.iter().find(|id| outer.contains(id) && !safe.contains(id));
                    if let Some(variable) = blame.and_then(|id| self.names.variables.get(*id)) {
                        self.found.push((variable.name.clone(), expr.span));
                    }
                }
            }
        }
        safe.extend(outer);
        for head in heads {
            self.of_references(head, &mut safe);
            let mut found = Vec::new();
            self.variables(head, &mut found);
            found.retain(|(id, _)| !safe.contains(id));
            self.report(&found);
        }
        let mut closures = Vec::new();
        exprs.iter().for_each(|expr| self.closures_of(expr, &mut closures));
        heads.iter().for_each(|head| self.closures(head, &mut closures));
        for closure in closures {
            let mut inner = safe.clone();
            for name in &closure.own {
                self.bind(name, &mut inner);
            }
            self.scope(&closure.body.exprs, &closure.heads, inner);
        }
    }

    fn report(&mut self, missing: &[(usize, &Term)]) {
        for (id, term) in missing {
            let Some(variable) = self.names.variables.get(*id) else { continue };
            if !self.found.iter().any(|(name, _)| *name == variable.name && name != "_") {
                self.found.push((variable.name.clone(), term.span));
            }
        }
    }

    /// Variables with a value once an expression is evaluated after `safe`; nothing where it must wait.
    fn after(&self, expr: &Expr, safe: &Set, outer: &Set) -> Option<Set> {
        let mut closures = Vec::new();
        self.closures_of(expr, &mut closures);
        for closure in &closures {
            let mut inner = Set::new();
            self.inside(closure, &mut inner);
            if inner.iter().any(|id| outer.contains(id) && !safe.contains(id)) {
                // What the closure is joined to may be what gives the variable a value elsewhere only.
                return None;
            }
        }
        let reached = self.reached(expr, safe);
        let mut found = Vec::new();
        self.of_expr(expr, &mut found);
        found.iter().all(|(id, _)| reached.contains(id)).then_some(reached)
    }

    fn reached(&self, expr: &Expr, safe: &Set) -> Set {
        let mut reached = safe.clone();
        if expr.negated {
            return reached;
        }
        match &expr.kind {
            ExprKind::Term(term) => self.of_references(term, &mut reached),
            ExprKind::Assign(left, right) | ExprKind::Unify(left, right) => {
                self.of_references(left, &mut reached);
                self.of_references(right, &mut reached);
                loop {
                    let before = reached.len();
                    self.unify(left, right, &mut reached);
                    self.of_references(left, &mut reached);
                    self.of_references(right, &mut reached);
                    if reached.len() == before {
                        break;
                    }
                }
            }
            ExprKind::SomeIn { key, value, collection } => {
                self.of_references(collection, &mut reached);
                if self.is_ground(collection, &reached) {
                    key.iter().for_each(|key| self.bind(key, &mut reached));
                    self.bind(value, &mut reached);
                }
            }
            ExprKind::Every { domain, .. } => self.of_references(domain, &mut reached),
            ExprKind::Some(_) | ExprKind::Not(_) | ExprKind::Logical { .. } => {}
        }
        expr.with.iter().for_each(|with| self.of_references(&with.value, &mut reached));
        reached
    }

    /// Indexes of references get values where what they look into has one; so does an output argument.
    fn of_references(&self, term: &Term, safe: &mut Set) {
        match &term.kind {
            TermKind::Ref(head, parts) => {
                self.of_references(head, safe);
                if !self.is_ground(head, safe) {
                    return;
                }
                for part in parts {
                    if let PartKind::Bracket(index) = &part.kind {
                        self.of_references(index, safe);
                        self.bind(index, safe);
                    }
                }
            }
            TermKind::Call(function, args) => {
                args.iter().for_each(|arg| self.of_references(arg, safe));
                if let Some((last, first)) = args.split_last()
                    && (self.arity)(function) == Some(first.len())
                    && first.iter().all(|arg| self.is_ground(arg, safe))
                {
                    self.bind(last, safe);
                }
            }
            _ if is_comprehension(term) => {}
            _ => for_children(term, |child| match child {
                Child::Term(term) => self.of_references(term, safe),
                Child::Expr(_) | Child::Body(_) => {}
            }),
        }
    }

    fn is_ground(&self, term: &Term, safe: &Set) -> bool {
        let mut found = Vec::new();
        self.variables(term, &mut found);
        found.iter().all(|(id, _)| safe.contains(id))
    }

    fn unify(&self, left: &Term, right: &Term, safe: &mut Set) {
        if self.is_ground(left, safe) {
            self.bind(right, safe);
        }
        if self.is_ground(right, safe) {
            self.bind(left, safe);
        }
        match (&left.bare().kind, &right.bare().kind) {
            (TermKind::Array(a), TermKind::Array(b)) if a.len() == b.len() => {
                a.iter().zip(b).for_each(|(a, b)| self.unify(a, b, safe));
            }
            (TermKind::Object(a), TermKind::Object(b)) => {
                for (key, value) in a {
                    let TermKind::String(key) = &key.kind else { continue };
                    let other = b.iter().find(|(k, _)| matches!(&k.kind, TermKind::String(k) if k == key));
                    if let Some((_, other)) = other {
                        self.unify(value, other, safe);
                    }
                }
            }
            _ => {}
        }
    }

    /// The variables of a pattern get values.
    fn bind(&self, pattern: &Term, safe: &mut Set) {
        if let Some(id) = self.names.of(pattern) {
            safe.insert(id);
            return;
        }
        match &pattern.bare().kind {
            TermKind::Array(items) => items.iter().for_each(|item| self.bind(item, safe)),
            TermKind::Object(items) => items.iter().for_each(|(_, value)| self.bind(value, safe)),
            _ => {}
        }
    }
}

fn is_comprehension(term: &Term) -> bool {
    matches!(
        term.kind,
        TermKind::ArrayComprehension(..) | TermKind::SetComprehension(..) | TermKind::ObjectComprehension(..)
    )
}
