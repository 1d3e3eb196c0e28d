//! Which variable a name is, by OPA's rules of scope.

use std::collections::{HashMap, HashSet};

use crate::rego::ast::{Body, Expr, ExprKind, Part, PartKind, Rule, Span, TemplatePart, Term, TermKind};

/// How a variable came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A parameter.
    Argument,
    /// `some x`
    Some,
    /// `some x in xs`
    SomeIn,
    /// `x := ...`
    Assigned,
    /// `every x in xs`
    Every,
    /// Used without being declared.
    Implicit,
    /// `_`
    Wildcard,
}

/// A variable of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) span: Span,
    /// How often it is used beside where it is declared.
    pub(crate) uses: u32,
}

/// What is wrong with a name.
#[derive(Clone, Debug)]
pub(crate) struct Clash {
    pub(crate) message: String,
    pub(crate) span: Span,
}

/// The variables of one rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) variables: Vec<Variable>,
    /// By the offset where the name stands.
    at: HashMap<u32, usize>,
    pub(crate) clashes: Vec<Clash>,
    /// Names that are no variables of the rule: rules, imports, `input`, `data`.
    pub(crate) globals: HashSet<String>,
}

impl Names {
    /// The variable that a term is.
    pub(crate) fn of(&self, term: &Term) -> Option<usize> {
        match &term.bare().kind {
            TermKind::Var(_) => self.at.get(&term.bare().span.start.offset).copied(),
            _ => None,
        }
    }
}

/// Resolves the names of a rule; `is_global` knows rules and imports.
pub(crate) fn resolve(rule: &Rule, is_global: &dyn Fn(&str) -> bool) -> Names {
    let mut binder = Binder {
        names: Names::default(),
        scopes: vec![Level::default()],
        implicit: HashMap::new(),
        is_global,
    };
    for arg in rule.head.args.iter().flatten() {
        binder.pattern(arg, Origin::Argument);
    }
    binder.scopes.push(Level::default());
    if let Some(body) = &rule.body {
        binder.exprs(&body.exprs);
    }
    for part in &rule.head.reference {
        binder.part(part);
    }
    for term in rule.head.key.iter().chain(&rule.head.value) {
        binder.term(term);
    }
    binder.scopes.pop();
    for branch in &rule.elses {
        binder.scopes.push(Level::default());
        if let Some(body) = &branch.body {
            binder.exprs(&body.exprs);
        }
        if let Some(value) = &branch.value {
            binder.term(value);
        }
        binder.scopes.pop();
    }
    binder.names
}

#[derive(Default)]
struct Level {
    declared: HashMap<String, usize>,
    seen: HashSet<String>,
}

struct Binder<'g> {
    names: Names,
    scopes: Vec<Level>,
    implicit: HashMap<String, usize>,
    is_global: &'g dyn Fn(&str) -> bool,
}

impl Binder<'_> {
    fn add(&mut self, name: &str, origin: Origin, span: Span) -> usize {
        self.names.variables.push(Variable { name: name.to_owned(), origin, span, uses: 0 });
        self.names.variables.len() - 1
    }

    fn clash(&mut self, message: String, span: Span) {
        self.names.clashes.push(Clash { message, span });
    }

    fn declare(&mut self, name: &str, origin: Origin, span: Span) {
        if name == "_" {
            let id = self.add(name, Origin::Wildcard, span);
            self.names.at.insert(span.start.offset, id);
            return;
        }
        if matches!(name, "input" | "data") {
            self.clash(format!("the variable `{name}` hides the document `{name}`"), span);
        }
        let is_argument = origin != Origin::Argument
            && self.scopes.len() == 2
            && self.scopes.first().is_some_and(|level| level.declared.contains_key(name));
        let known = self.scopes.last().and_then(|level| level.declared.get(name)).copied();
        if origin == Origin::Argument {
            if let Some(id) = known {
                // The same parameter twice: both must be equal.
                self.names.at.insert(span.start.offset, id);
                if let Some(variable) = self.names.variables.get_mut(id) {
                    variable.uses += 1;
                }
                return;
            }
        } else if is_argument {
            self.clash(format!("the parameter `{name}` is declared again"), span);
        } else if let Some(id) = known {
            let before = match self.names.variables.get(id).map(|v| v.origin) {
                Some(Origin::Assigned) => "assigned",
                _ => "declared",
            };
            self.clash(format!("the variable `{name}` is already {before} above"), span);
        } else if self.scopes.last().is_some_and(|level| level.seen.contains(name)) {
            self.clash(format!("the variable `{name}` is used above, before it is declared"), span);
        }
        let id = self.add(name, origin, span);
        self.names.at.insert(span.start.offset, id);
        if let Some(level) = self.scopes.last_mut() {
            level.declared.insert(name.to_owned(), id);
        }
    }

    fn used(&mut self, name: &str, span: Span) {
        if name == "_" {
            let id = self.add(name, Origin::Wildcard, span);
            self.names.at.insert(span.start.offset, id);
            return;
        }
        let declared = self.scopes.iter().rev().find_map(|level| level.declared.get(name)).copied();
        if let Some(level) = self.scopes.last_mut().filter(|_| declared.is_none()) {
            level.seen.insert(name.to_owned());
        }
        let id = match declared.or_else(|| self.implicit.get(name).copied()) {
            Some(id) => id,
            None if matches!(name, "input" | "data") || (self.is_global)(name) => {
                self.names.globals.insert(name.to_owned());
                return;
            }
            None => {
                let id = self.add(name, Origin::Implicit, span);
                self.implicit.insert(name.to_owned(), id);
                id
            }
        };
        self.names.at.insert(span.start.offset, id);
        if let Some(variable) = self.names.variables.get_mut(id) {
            variable.uses += 1;
        }
    }

    /// Declares the variables of a pattern; whatever else is in it is used.
    fn pattern(&mut self, term: &Term, origin: Origin) {
        match &term.kind {
            TermKind::Var(name) => self.declare(name, origin, term.span),
            TermKind::Array(items) => items.iter().for_each(|item| self.pattern(item, origin)),
            TermKind::Object(items) => {
                for (key, value) in items {
                    self.term(key);
                    self.pattern(value, origin);
                }
            }
            TermKind::Paren(inner) => self.pattern(inner, origin),
            _ => self.term(term),
        }
    }

    fn part(&mut self, part: &Part) {
        if let PartKind::Bracket(term) = &part.kind {
            self.term(term);
        }
    }

    fn function(&mut self, function: &Term) {
        let head = match &function.kind {
            TermKind::Ref(head, _) => head,
            _ => function,
        };
        let TermKind::Var(name) = &head.kind else { return self.term(function) };
        if self.scopes.iter().any(|level| level.declared.contains_key(name)) {
            self.clash(format!("the function `{name}` is hidden by a variable"), function.span);
        } else if matches!(name.as_str(), "input" | "data") || (self.is_global)(name) {
            self.names.globals.insert(name.clone());
        }
    }

    fn nested(&mut self, body: &Body, heads: &[&Term]) {
        self.scopes.push(Level::default());
        self.exprs(&body.exprs);
        heads.iter().for_each(|head| self.term(head));
        self.scopes.pop();
    }

    fn term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Var(name) => self.used(name, term.span),
            TermKind::Call(function, args) => {
                self.function(function);
                args.iter().for_each(|arg| self.term(arg));
            }
            TermKind::ArrayComprehension(head, body) | TermKind::SetComprehension(head, body) => {
                self.nested(body, &[head]);
            }
            TermKind::ObjectComprehension(key, value, body) => self.nested(body, &[key, value]),
            TermKind::Ref(head, parts) => {
                self.term(head);
                parts.iter().for_each(|part| self.part(part));
            }
            TermKind::Template(parts) => {
                for part in parts {
                    if let TemplatePart::Expr(expr) = part {
                        self.expr(expr);
                    }
                }
            }
            TermKind::Array(items) | TermKind::Set(items) => items.iter().for_each(|item| self.term(item)),
            TermKind::Object(items) => {
                for (key, value) in items {
                    self.term(key);
                    self.term(value);
                }
            }
            TermKind::Infix(_, left, right) => {
                self.term(left);
                self.term(right);
            }
            TermKind::MemberWithKey(a, b, c) => [a, b, c].into_iter().for_each(|t| self.term(t)),
            TermKind::Paren(inner) | TermKind::Minus(inner) => self.term(inner),
            TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => {}
        }
    }

    fn exprs(&mut self, exprs: &[Expr]) {
        exprs.iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &Expr) {
        for with in &expr.with {
            self.term(&with.value);
            // The target names a document or function; it is no variable.
            if let Some(name) = with.target.fixed_path().and_then(|path| path.first().copied())
                && (self.is_global)(name)
            {
                self.names.globals.insert(name.to_owned());
            }
        }
        match &expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Assign(left, right) => {
                self.term(right);
                if !matches!(left.bare().kind, TermKind::Var(_) | TermKind::Array(_) | TermKind::Object(_)) {
                    self.clash("only a variable can be assigned".to_owned(), left.span);
                }
                self.pattern(left, Origin::Assigned);
            }
            ExprKind::Unify(left, right) => {
                self.term(left);
                self.term(right);
            }
            ExprKind::Some(names) => names.iter().for_each(|name| self.pattern(name, Origin::Some)),
            ExprKind::SomeIn { key, value, collection } => {
                self.term(collection);
                key.iter().for_each(|key| self.pattern(key, Origin::SomeIn));
                self.pattern(value, Origin::SomeIn);
            }
            ExprKind::Every { key, value, domain, body } => {
                self.term(domain);
                self.scopes.push(Level::default());
                key.iter().for_each(|key| self.pattern(key, Origin::Every));
                self.pattern(value, Origin::Every);
                self.nested(body, &[]);
                self.scopes.pop();
            }
            ExprKind::Not(body) => self.nested(body, &[]),
            ExprKind::Logical { left, right, .. } => {
                self.nested(left, &[]);
                self.nested(right, &[]);
            }
        }
    }
}
