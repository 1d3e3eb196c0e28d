//! Bodies, expressions and terms.

use std::collections::BTreeSet;

use super::literal::{is_ground, is_out_of_proportion, literal_depth, plain_number};
use super::names::pattern_vars;
use super::{COUNT, Constant, KEEP, Lowering};
use crate::rego::ast::{Body, Expr, ExprKind, Op, Part, PartKind, Span, TemplatePart, Term, TermKind, With};
use crate::rego::engine::{Point, Record};

/// Functions that need a time, with their forms that take it.
const TIMED: [(&str, &str); 3] = [
    ("io.jwt.decode_verify", "internal.jwt_decode_verify"),
    ("crypto.x509.parse_and_verify_certificates", "internal.x509_parse_and_verify_certificates"),
    (
        "crypto.x509.parse_and_verify_certificates_with_options",
        "internal.x509_parse_and_verify_certificates_with_options",
    ),
];

/// Literals that nest deeper are constants beside the text, or variables before the expression.
const DEEPEST_LITERAL: usize = 4;

impl Lowering<'_> {
    /// A body in a scope of its own, with names that are declared outside of its text.
    pub(super) fn body(
        &mut self,
        body: Body,
        names: BTreeSet<String>,
        finish: impl FnOnce(&mut Self, &mut Vec<Expr>),
    ) -> Body {
        self.open(names, &body.exprs);
        let number = *self.bodies;
        *self.bodies += 1;
        // The end of a rule's body is its head, that of a comprehension its first expression.
        let first = body.exprs.first().map_or(body.span, |expr| expr.span);
        let end = self.end.take().unwrap_or(first);
        let mut exprs = Vec::with_capacity(body.exprs.len());
        let mut seen = BTreeSet::new();
        for expr in body.exprs {
            self.point(expr.span, number, false, &seen, &mut exprs);
            if let ExprKind::Assign(left, _) = &expr.kind {
                pattern_vars(left, &mut seen);
            }
            if let ExprKind::SomeIn { key, value, .. } = &expr.kind {
                key.iter().chain([value]).for_each(|term| pattern_vars(term, &mut seen));
            }
            let lowered = self.statements(expr);
            exprs.extend(lowered);
        }
        self.point(end, number, true, &seen, &mut exprs);
        finish(self, &mut exprs);
        self.close();
        Body { span: body.span, braces: true, exprs }
    }

    /// An expression, with what must come before it.
    pub(super) fn statements(&mut self, expr: Expr) -> Vec<Expr> {
        let mut before = Vec::new();
        let lowered = self.expr(expr, &mut before);
        before.extend(lowered);
        before
    }

    /// Records that evaluation comes by, where that is asked for.
    fn point(
        &mut self,
        span: Span,
        body: usize,
        is_end: bool,
        seen: &BTreeSet<String>,
        exprs: &mut Vec<Expr>,
    ) {
        if self.record == Record::Nothing {
            return;
        }
        let index = self.points.len();
        self.points.push(Point { path: self.path.to_owned(), span, rule: self.rule.clone(), body, is_end });
        let number = Term::at(span, TermKind::Number(index.to_string()));
        let call = if self.record == Record::Values {
            let value =
                |name: &String| (Term::at(span, TermKind::String(name.clone())), self.resolve(name, span));
            let values = Term::at(span, TermKind::Object(seen.iter().map(value).collect()));
            self.internal(KEEP, vec![number, values], span)
        } else {
            // As an element of an array: a call that is an expression is looked up twice.
            Term::at(span, TermKind::Array(vec![self.internal(COUNT, vec![number], span)]))
        };
        exprs.push(plain(span, ExprKind::Term(call)));
    }

    /// A call of a function of gate's own.
    pub(super) fn internal(&self, name: &str, args: Vec<Term>, span: Span) -> Term {
        let function = Term::at(span, TermKind::Var(name.to_owned()));
        Term::at(span, TermKind::Call(Box::new(function), args))
    }

    /// One expression; what must come before it is put there.
    fn expr(&mut self, expr: Expr, before: &mut Vec<Expr>) -> Vec<Expr> {
        let span = expr.span;
        let mut with: Vec<With> = Vec::new();
        for modifier in expr.with {
            let target = self.target(modifier.target);
            let path = modifier.value.fixed_path().map(|path| path.join("."));
            let value = match path {
                Some(path) if self.is_replaceable(&modifier.value, &path) => {
                    super::mock::stand_in(&path, modifier.value.span)
                }
                Some(path) if self.is_function(&modifier.value, &path) => self.term(modifier.value, before),
                _ => self.head_term(modifier.value, before),
            };
            with.push(With { span: modifier.span, target, value });
        }
        let first = before.len();
        let mut lowered = self.plain_expr(expr.negated, expr.kind, span, &with, before);
        // What was put in front is under the same modifiers.
        for hoisted in before.iter_mut().skip(first).filter(|hoisted| hoisted.with.is_empty()) {
            hoisted.with.clone_from(&with);
        }
        for expr in &mut lowered {
            expr.with.clone_from(&with);
        }
        lowered
    }

    fn plain_expr(
        &mut self,
        negated: bool,
        kind: ExprKind,
        span: Span,
        with: &[With],
        before: &mut Vec<Expr>,
    ) -> Vec<Expr> {
        if negated {
            let kind = self.negated(kind, with, before);
            return vec![Expr { span, negated: true, kind, with: Vec::new() }];
        }
        let kind = match kind {
            ExprKind::Term(term) => match self.with_output(term) {
                (call, Some(output)) => {
                    let call = self.term(call, before);
                    let output = self.term(output, before);
                    ExprKind::Unify(output, call)
                }
                (term, None) => ExprKind::Term(self.term(term, before)),
            },
            ExprKind::Assign(left, right) => {
                let right = self.term(right, before);
                ExprKind::Assign(self.pattern(left), right)
            }
            ExprKind::Unify(left, right) => {
                let left = self.term(left, before);
                ExprKind::Unify(left, self.term(right, before))
            }
            ExprKind::Some(_) if !self.package.is_empty() => return Vec::new(),
            ExprKind::Some(vars) => ExprKind::Some(vars.into_iter().map(|var| self.pattern(var)).collect()),
            ExprKind::SomeIn { key, value, collection } => {
                let collection = self.collection(collection, before);
                let key = key.map(|key| self.term(key, before));
                let value = self.term(value, before);
                ExprKind::SomeIn { key, value, collection }
            }
            ExprKind::Every { key, value, domain, body } => {
                // Undefined must not be the same as empty.
                let domain = self.collection(domain, before);
                let domain = self.hoisted(domain, with, before);
                let mut names = BTreeSet::new();
                key.iter().chain([&value]).for_each(|term| pattern_vars(term, &mut names));
                self.open(names, &[]);
                let key = key.map(|key| self.pattern(key));
                let value = self.pattern(value);
                let body = self.body(body, BTreeSet::new(), |_, _| {});
                self.close();
                ExprKind::Every { key, value, domain, body }
            }
            ExprKind::Not(body) => {
                let found = self.found(body);
                ExprKind::Term(infix(Op::Equal, found, Term::at(span, TermKind::Array(Vec::new())), span))
            }
            ExprKind::Logical { is_or, left, right } => {
                let none = |span| Term::at(span, TermKind::Array(Vec::new()));
                if is_or {
                    let left = self.found(left);
                    let left = self.hoisted(left, with, before);
                    let mut right = self.found(right);
                    // The right operand is not asked where the left one holds.
                    if let TermKind::ArrayComprehension(_, body) = &mut right.kind {
                        let first = infix(Op::Equal, left.clone(), none(span), span);
                        body.exprs.insert(0, plain(span, ExprKind::Term(first)));
                    }
                    let both = Term::at(span, TermKind::Array(vec![left, right]));
                    let nothing = Term::at(span, TermKind::Array(vec![none(span), none(span)]));
                    ExprKind::Term(infix(Op::NotEqual, both, nothing, span))
                } else {
                    let left = self.found(left);
                    let left = infix(Op::NotEqual, left, none(span), span);
                    let first = plain(span, ExprKind::Term(left));
                    let right = self.found(right);
                    let right = infix(Op::NotEqual, right, none(span), span);
                    return vec![first, plain(span, ExprKind::Term(right))];
                }
            }
        };
        vec![plain(span, kind)]
    }

    /// What is iterated: a value that is no collection is undefined, not an error.
    fn collection(&mut self, term: Term, before: &mut Vec<Expr>) -> Term {
        let span = term.span;
        let is_collection = matches!(
            term.bare().kind,
            TermKind::Array(_)
                | TermKind::Set(_)
                | TermKind::Object(_)
                | TermKind::ArrayComprehension(..)
                | TermKind::SetComprehension(..)
                | TermKind::ObjectComprehension(..)
        );
        let term = self.term(term, before);
        if is_collection { term } else { self.internal("gate.internal.collection", vec![term], span) }
    }

    /// Whether a path means a function, which can stand in for another.
    fn is_function(&self, term: &Term, path: &str) -> bool {
        let first = path.split('.').next().unwrap_or_default();
        self.local(first).is_none() && self.arity(&self.resolved_function(term.clone())).is_some()
    }

    /// `[true | body]`: empty where the body does not hold.
    fn found(&mut self, body: Body) -> Term {
        let span = body.span;
        let body = self.body(body, BTreeSet::new(), |_, _| {});
        Term::at(span, TermKind::ArrayComprehension(Box::new(Term::at(span, TermKind::Bool(true))), body))
    }

    /// A call with one argument more than the function has parameters: the call and the output.
    pub(super) fn with_output(&self, term: Term) -> (Term, Option<Term>) {
        let span = term.span;
        let TermKind::Call(function, mut args) = term.kind else { return (term, None) };
        let resolved = self.resolved_function((*function).clone());
        if self.arity(&resolved).is_some_and(|arity| args.len() == arity + 1)
            && let Some(output) = args.pop()
        {
            return (Term::at(span, TermKind::Call(function, args)), Some(output));
        }
        (Term::at(span, TermKind::Call(function, args)), None)
    }

    /// The target of `with`: never a variable.
    fn target(&mut self, term: Term) -> Term {
        let term = self.function(term);
        let span = term.span;
        let is_function = self.arity(&term).is_some();
        match term.kind {
            // The interpreter takes a bare name for that of a function.
            TermKind::Var(name) if self.is_rule(&name) && !is_function => self.own_path(&name, span),
            TermKind::Var(name) => self.resolve(&name, span),
            TermKind::Ref(head, parts) => match head.as_var() {
                Some(name) if self.is_rule(name) && !is_function => {
                    joined(self.own_path(name, span), parts, span)
                }
                _ => Term::at(span, TermKind::Ref(head, parts)),
            },
            kind => Term { span, kind },
        }
    }

    /// A function's name, or that of the function through which it is called.
    pub(super) fn function(&self, term: Term) -> Term {
        let resolved = self.resolved_function(term);
        let path = resolved.fixed_path().map(|path| path.join("."));
        match path {
            Some(path) if self.is_replaceable(&resolved, &path) => {
                super::mock::stand_in(&path, resolved.span)
            }
            _ => resolved,
        }
    }

    /// Whether a path means a builtin or host function that some `with` is about, and not a rule or variable.
    fn is_replaceable(&self, term: &Term, path: &str) -> bool {
        let first = match &term.kind {
            TermKind::Var(name) => name.as_str(),
            TermKind::Ref(head, _) => head.as_var().unwrap_or_default(),
            _ => return false,
        };
        first != "data"
            && !self.is_document(first)
            && self.local(first).is_none()
            && self.world.is_mocked(path)
    }

    fn resolved_function(&self, term: Term) -> Term {
        let span = term.span;
        match term.kind {
            TermKind::Var(name) if self.is_document(&name) => self.resolve(&name, span),
            TermKind::Ref(head, parts) => match &head.kind {
                TermKind::Var(name) if self.is_document(name) => {
                    joined(self.resolve(name, head.span), parts, span)
                }
                _ => Term::at(span, TermKind::Ref(head, parts)),
            },
            kind => Term { span, kind },
        }
    }

    /// What an assignment binds.
    pub(super) fn pattern(&mut self, term: Term) -> Term {
        let mut before = Vec::new();
        self.term(term, &mut before)
    }

    /// A term with its names resolved.
    pub(super) fn term(&mut self, term: Term, before: &mut Vec<Expr>) -> Term {
        if literal_depth(&term) > DEEPEST_LITERAL && is_ground(&term) {
            let span = term.span;
            return self.constant(Constant::Term(term), span);
        }
        let span = term.span;
        let kind = match term.kind {
            TermKind::Var(name) => return self.resolve(&name, span),
            TermKind::Paren(inner) => return self.term(*inner, before),
            TermKind::Ref(head, parts) => {
                let head = match head.kind {
                    TermKind::Var(name) => self.resolve(&name, head.span),
                    TermKind::Call(..) => self.term(*head, before),
                    _ => {
                        let inner = self.term(*head, before);
                        match inner.kind {
                            TermKind::Var(_) | TermKind::Ref(..) | TermKind::Call(..) => inner,
                            _ => self.hoisted(inner, &[], before),
                        }
                    }
                };
                let parts = self.parts(parts, before);
                return joined(head, parts, span);
            }
            TermKind::Call(function, args) => {
                if let Some(metadata) = self.metadata(&function, &args) {
                    return metadata;
                }
                let args = args.into_iter().map(|arg| self.term(arg, before)).collect();
                return self.call(*function, args, span, before);
            }
            TermKind::Array(items) => TermKind::Array(self.items(items, before)),
            TermKind::Set(items) => TermKind::Set(self.items(items, before)),
            TermKind::Object(items) => TermKind::Object(
                items
                    .into_iter()
                    .map(|(key, value)| {
                        let key = self.term(key, before);
                        (key, self.shallow(value, before))
                    })
                    .collect(),
            ),
            TermKind::ArrayComprehension(value, body) => {
                let (mut values, body) = self.comprehension(vec![*value], body);
                match values.pop() {
                    Some(value) => TermKind::ArrayComprehension(Box::new(value), body),
                    None => TermKind::Null,
                }
            }
            TermKind::SetComprehension(value, body) => {
                let (mut values, body) = self.comprehension(vec![*value], body);
                match values.pop() {
                    Some(value) => TermKind::SetComprehension(Box::new(value), body),
                    None => TermKind::Null,
                }
            }
            TermKind::ObjectComprehension(key, value, body) => {
                let (mut values, body) = self.comprehension(vec![*key, *value], body);
                match (values.pop(), values.pop()) {
                    (Some(value), Some(key)) => {
                        TermKind::ObjectComprehension(Box::new(key), Box::new(value), body)
                    }
                    _ => TermKind::Null,
                }
            }
            TermKind::Infix(op, left, right) => {
                let left = self.term(*left, before);
                let right = self.term(*right, before);
                return self.operation(op, left, right, span);
            }
            TermKind::MemberWithKey(key, value, collection) => {
                let key = self.term(*key, before);
                let value = self.term(*value, before);
                let collection = self.term(*collection, before);
                return self.internal("internal.member_3", vec![key, value, collection], span);
            }
            TermKind::Minus(inner) => {
                let inner = self.term(*inner, before);
                return self.operation(Op::Minus, number(0, span), inner, span);
            }
            TermKind::Number(text) if is_out_of_proportion(&text) => {
                return self.constant(Constant::Term(Term { span, kind: TermKind::Number(text) }), span);
            }
            TermKind::Number(text) => TermKind::Number(plain_number(text)),
            TermKind::Template(parts) => return self.template(parts, span),
            kind => kind,
        };
        Term { span, kind }
    }

    /// An operator; arithmetic by OPA's functions, whose numbers are exact.
    pub(super) fn operation(&self, op: Op, left: Term, right: Term, span: Span) -> Term {
        match op {
            Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Remainder | Op::And | Op::Or | Op::In => {
                self.internal(op.function(), vec![left, right], span)
            }
            // Of sets and objects, the interpreter has another order.
            Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual
                if !is_scalar(&left) && !is_scalar(&right) =>
            {
                self.internal(op.function(), vec![left, right], span)
            }
            _ => infix(op, left, right, span),
        }
    }

    /// A call, by the function that the interpreter is to call.
    pub(super) fn call(
        &mut self,
        function: Term,
        mut args: Vec<Term>,
        span: Span,
        before: &mut Vec<Expr>,
    ) -> Term {
        if args.is_empty() && self.arity(&self.resolved_function(function.clone())) == Some(0) {
            let is_rule =
                function.fixed_path().is_some_and(|path| path.first().is_some_and(|f| self.is_document(f)));
            if is_rule {
                return self.term(function, before);
            }
        }
        let place = function.span.start;
        let function = self.function(function);
        let path = function.fixed_path().map(|path| path.join(".")).unwrap_or_default();
        if !self.is_known(&function, &path) {
            self.unknown.push((path.clone(), place));
        }
        let is_own =
            function.fixed_path().is_some_and(|path| path.first().is_some_and(|f| self.is_document(f)));
        if is_own {
            return Term::at(span, TermKind::Call(Box::new(function), args));
        }
        if path == "walk" && args.len() == 1 {
            let pairs = self.internal("gate.internal.walk", args, span);
            let pairs = self.hoisted(pairs, &[], before);
            let any = Part {
                span,
                kind: PartKind::Bracket(Box::new(Term::at(span, TermKind::Var("_".to_owned())))),
            };
            return Term::at(span, TermKind::Ref(Box::new(pairs), vec![any]));
        }
        let operators = [Op::Equal, Op::NotEqual, Op::Less, Op::LessOrEqual, Op::Greater, Op::GreaterOrEqual];
        if let Some(op) = operators.into_iter().find(|op| op.function() == path && args.len() == 2)
            && let (Some(right), Some(left)) = (args.pop(), args.pop())
        {
            return self.operation(op, left, right, span);
        }
        if let (Some(now), "time.now_ns", true) = (self.world.now, path.as_str(), args.is_empty()) {
            return Term::at(span, TermKind::Number(now.to_string()));
        }
        // Some functions need a time: that of the decision.
        if let (Some(now), Some((_, timed))) = (self.world.now, TIMED.iter().find(|(name, _)| *name == path))
        {
            args.push(Term::at(span, TermKind::Number(now.to_string())));
            return self.internal(timed, args, span);
        }
        Term::at(span, TermKind::Call(Box::new(function), args))
    }

    fn items(&mut self, items: Vec<Term>, before: &mut Vec<Expr>) -> Vec<Term> {
        items.into_iter().map(|item| self.shallow(item, before)).collect()
    }

    /// An inner literal that nests too deep becomes a variable in front.
    fn shallow(&mut self, term: Term, before: &mut Vec<Expr>) -> Term {
        let deep = literal_depth(&term) > DEEPEST_LITERAL;
        let lowered = self.term(term, before);
        if deep && literal_depth(&lowered) > DEEPEST_LITERAL {
            return self.hoisted(lowered, &[], before);
        }
        lowered
    }

    fn comprehension(&mut self, terms: Vec<Term>, body: Body) -> (Vec<Term>, Body) {
        let mut lowered = Vec::new();
        let body = self.body(body, BTreeSet::new(), |this, exprs| {
            for term in terms {
                let term = this.head_term(term, exprs);
                lowered.push(term);
            }
        });
        (lowered, body)
    }

    /// `gate.internal.template_string(["text", {x | x := value}])`: a value that is undefined is an empty set.
    fn template(&mut self, parts: Vec<TemplatePart>, span: Span) -> Term {
        if let [TemplatePart::Text(text)] = parts.as_slice() {
            return Term::at(span, TermKind::String(text.clone()));
        }
        let mut items = Vec::new();
        for part in parts {
            match part {
                TemplatePart::Text(text) => items.push(Term::at(span, TermKind::String(text))),
                TemplatePart::Expr(expr) => {
                    let ExprKind::Term(term) = expr.kind else { continue };
                    let var = self.fresh_var(term.span);
                    let mut assign = plain(term.span, ExprKind::Assign(var.clone(), term));
                    assign.with = expr.with;
                    let body = Body { span: expr.span, braces: false, exprs: vec![assign] };
                    let record = std::mem::take(&mut self.record);
                    let body = self.body(body, BTreeSet::new(), |_, _| {});
                    self.record = record;
                    items.push(Term::at(span, TermKind::SetComprehension(Box::new(var), body)));
                }
            }
        }
        let items = Term::at(span, TermKind::Array(items));
        self.internal("gate.internal.template_string", vec![items], span)
    }

    /// Refers to a literal that is kept beside the text.
    fn constant(&mut self, constant: Constant, span: Span) -> Term {
        let index = number(self.first_constant + self.constants.len(), span);
        self.constants.push(constant);
        self.internal("gate.internal.constant", vec![index], span)
    }

    /// The annotations that a call asks for.
    fn metadata(&mut self, function: &Term, args: &[Term]) -> Option<Term> {
        let path = function.fixed_path()?;
        if !args.is_empty() || self.is_document("rego") {
            return None;
        }
        let (module, rule) = self.here;
        let json = match path.as_slice() {
            ["rego", "metadata", "chain"] => self.chains.chain(module, rule),
            ["rego", "metadata", "rule"] => self.chains.rule(module, rule),
            _ => return None,
        };
        Some(self.constant(Constant::Json(json), function.span))
    }
}

fn is_scalar(term: &Term) -> bool {
    matches!(term.kind, TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_))
}

pub(super) fn plain(span: Span, kind: ExprKind) -> Expr {
    Expr { span, negated: false, kind, with: Vec::new() }
}

pub(super) fn infix(op: Op, left: Term, right: Term, span: Span) -> Term {
    Term::at(span, TermKind::Infix(op, Box::new(left), Box::new(right)))
}

pub(super) fn number(value: usize, span: Span) -> Term {
    Term::at(span, TermKind::Number(value.to_string()))
}

/// A reference of a head that may be one itself.
pub(super) fn joined(head: Term, parts: Vec<Part>, span: Span) -> Term {
    match head.kind {
        TermKind::Ref(inner, mut first) => {
            first.extend(parts);
            Term::at(span, TermKind::Ref(inner, first))
        }
        _ if parts.is_empty() => head,
        _ => Term::at(span, TermKind::Ref(Box::new(head), parts)),
    }
}
