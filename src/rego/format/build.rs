//! From the syntax tree as written to the tree that the layout needs: rules and expressions.

use super::tree::{Call, Expr, Head, Kind, Loc, Operand, Rule, Term, Value, With};
use crate::rego::ast::{self, ExprKind, PartKind};

/// Builds nodes of a module.
#[derive(Clone, Copy)]
pub(super) struct Builder<'a> {
    pub(super) source: &'a str,
    pub(super) comments: &'a [ast::Comment],
    /// The place of everything, where the language gives nodes none of their own.
    pub(super) fixed: Option<Loc>,
}

impl<'a> Builder<'a> {
    pub(super) fn loc(&self, span: ast::Span) -> Loc {
        self.fixed.unwrap_or_else(|| Loc::of(span))
    }

    /// The same for nodes that all stand in one place.
    fn at(self, loc: Loc) -> Self {
        Self { fixed: Some(loc), ..self }
    }

    pub(super) fn rule(self, rule: &'a ast::Rule) -> Rule<'a> {
        let place = if rule.chained { self.at(Loc::of(rule.span)) } else { self };
        let mut head = place.head(&rule.head);
        let mut loc = Loc::of(rule.span);
        let mut body = Vec::new();
        if rule.is_default {
            body.push(Expr::of_term(loc, Term::truth(loc)));
        } else if let Some(written) = &rule.body {
            place.head_of_body(&mut head, &rule.head);
            body = self.body(written);
        } else {
            loc = place.head_alone(&mut head);
            body.push(Expr::of_term(loc, Term::truth(loc)));
        }
        Rule { loc, is_default: rule.is_default, head, body, otherwise: self.elses(&rule.elses, rule.span) }
    }

    fn head(&self, head: &'a ast::Head) -> Head<'a> {
        let mut reference: Vec<Term<'a>> = head.reference.iter().map(|part| self.part(part)).collect();
        if let Some(Term { value, .. }) = reference.first_mut()
            && let Value::Str(name, None) = *value
        {
            *value = Value::Var(name);
        }
        Head {
            loc: self.loc(head.span),
            reference,
            args: head.args.iter().flatten().map(|arg| self.term(arg)).collect(),
            key: head.key.as_ref().map(|key| self.term(key)),
            value: head.value.as_ref().map(|value| self.term(value)),
            implied: false,
            assigned: head.assigned,
            is_else: false,
        }
    }

    /// What a head before a body means.
    fn head_of_body(&self, head: &mut Head<'a>, written: &ast::Head) {
        let contains = head.key.is_some();
        if contains {
            return;
        }
        let is_pair = head.reference.len() == 2 && head.args.is_empty();
        if is_pair && written.has_if {
            let second = head.reference.get(1);
            head.key = second.filter(|part| !part.is_fixed()).cloned();
            head.implied = head.value.is_none();
        } else if is_pair {
            // `p[x]` before a body in braces: a set, or an object if there is a value.
            head.key = head.reference.get(1).cloned();
            if head.value.is_none() {
                head.reference.truncate(1);
                return;
            }
        } else if head.reference.len() == 2 && written.has_if && head.value.is_none() {
            // The value of a function `p.q(x)`.
            head.implied = false;
        }
        if self.fixed.is_some() && head.value.is_none() {
            head.implied = true;
        }
        if head.value.is_none() {
            head.value = Some(Term::truth(Loc::default()));
        }
    }

    /// What a head without body means, and the place of its rule.
    fn head_alone(&self, head: &mut Head<'a>) -> Loc {
        if head.key.is_some() {
            return head.loc;
        }
        let is_pair = head.reference.len() == 2 && head.args.is_empty();
        if is_pair {
            head.key = head.reference.get(1).cloned();
        }
        if head.value.is_none() {
            if is_pair {
                head.reference.truncate(1);
            } else {
                head.implied = true;
                head.value = Some(Term::truth(head.loc));
            }
        }
        head.loc
    }

    fn elses(self, elses: &'a [ast::Else], whole: ast::Span) -> Option<Box<Rule<'a>>> {
        let (branch, rest) = elses.split_first()?;
        let loc = Loc { end: whole.end.offset, ..Loc::of(branch.span) };
        let mut head_loc = loc;
        head_loc.end = match &branch.value {
            Some(value) => value.span.end.offset,
            None => loc.start.saturating_add(4),
        };
        let value = match &branch.value {
            Some(value) => Term { loc: head_loc, ..self.term(value) },
            None => Term::truth(head_loc),
        };
        let reference = vec![Term { loc: head_loc, value: Value::Var("else") }];
        let head = Head {
            loc: head_loc,
            reference,
            args: Vec::new(),
            key: None,
            value: Some(value),
            implied: false,
            assigned: branch.assigned,
            is_else: true,
        };
        let body = match &branch.body {
            None => vec![Expr::of_term(loc, Term::truth(loc))],
            Some(body) if body.braces => self.body(body),
            Some(body) => self.at(loc).body(body),
        };
        Some(Box::new(Rule { loc, is_default: false, head, body, otherwise: self.elses(rest, whole) }))
    }

    pub(super) fn body(&self, body: &'a ast::Body) -> Vec<Expr<'a>> {
        body.exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    pub(super) fn expr(&self, expr: &'a ast::Expr) -> Expr<'a> {
        let loc = self.loc(expr.span);
        let kind = match &expr.kind {
            ExprKind::Term(term) => Expr::of_term(loc, self.term(term)).kind,
            ExprKind::Assign(left, right) => {
                Kind::Call(Call::operator("assign", vec![self.term(left), self.term(right)]))
            }
            ExprKind::Unify(left, right) => {
                Kind::Call(Call::operator("eq", vec![self.term(left), self.term(right)]))
            }
            ExprKind::Some(names) => Kind::Some(names.iter().map(|name| self.term(name)).collect()),
            ExprKind::SomeIn { key, value, collection } => {
                Kind::SomeIn(key.iter().chain([value, collection]).map(|term| self.term(term)).collect())
            }
            ExprKind::Every { key, value, domain, body } => Kind::Every {
                key: key.as_ref().map(|key| self.term(key)),
                value: self.term(value),
                domain: self.term(domain),
                body: self.body(body),
            },
            ExprKind::Not(body) => Kind::Not { body: self.body(body), explicit: body.braces },
            ExprKind::Logical { is_or, left, right } => Kind::Logical {
                is_or: *is_or,
                left: self.operand(left, loc),
                right: self.operand(right, loc),
            },
        };
        let with = expr.with.iter().map(|with| self.with(with)).collect();
        Expr { loc, negated: expr.negated, kind, with }
    }

    fn operand(&self, body: &'a ast::Body, whole: Loc) -> Operand<'a> {
        let exprs = self.body(body);
        let brace = (body.braces || exprs.len() != 1).then(|| Loc { end: whole.end, ..self.loc(body.span) });
        Operand { body: exprs, brace }
    }

    fn with(&self, with: &'a ast::With) -> With<'a> {
        With { loc: self.loc(with.span), target: self.term(&with.target), value: self.term(&with.value) }
    }

    /// A part of a reference: a field is a string.
    pub(super) fn part(&self, part: &'a ast::Part) -> Term<'a> {
        match &part.kind {
            PartKind::Dot(name) => Term { loc: self.loc(part.span), value: Value::Str(name, None) },
            PartKind::Bracket(term) => self.term(term),
        }
    }
}
