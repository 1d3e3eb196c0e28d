//! What is negated: references and calls inside go in front of it, as OPA's compiler has them.

use super::Lowering;
use super::body::{infix, joined, number, plain};
use crate::rego::ast::{Expr, ExprKind, Op, Part, PartKind, Term, TermKind, With};

impl Lowering<'_> {
    /// What is negated, with its references and calls in front, as OPA's rewriting of dynamic terms has it.
    pub(super) fn negated(&mut self, kind: ExprKind, with: &[With], before: &mut Vec<Expr>) -> ExprKind {
        match kind {
            // References on the sides of `==` stay, as on those of `=`.
            ExprKind::Term(Term { kind: TermKind::Infix(Op::Equal, left, right), span }) => {
                let left = self.inner_hoisted(*left, with, before);
                let right = self.inner_hoisted(*right, with, before);
                ExprKind::Term(infix(Op::Equal, left, right, span))
            }
            ExprKind::Term(Term { kind: TermKind::Paren(inner), .. }) => {
                self.negated(ExprKind::Term(*inner), with, before)
            }
            ExprKind::Term(term) => {
                let term = match self.with_output(term) {
                    (call, Some(output)) => {
                        let span = call.span;
                        let call = self.arguments_hoisted(call, with, before);
                        let output = self.inner_hoisted(output, with, before);
                        return ExprKind::Term(infix(Op::Equal, call, output, span));
                    }
                    (term, None) => term,
                };
                ExprKind::Term(self.arguments_hoisted(term, with, before))
            }
            ExprKind::Unify(left, right) => {
                let left = self.inner_hoisted(left, with, before);
                let right = self.inner_hoisted(right, with, before);
                ExprKind::Unify(left, right)
            }
            other => other,
        }
    }

    /// The term itself stays; the operands of its operator, call or brackets go in front.
    fn arguments_hoisted(&mut self, term: Term, with: &[With], before: &mut Vec<Expr>) -> Term {
        let span = term.span;
        match term.kind {
            TermKind::Paren(inner) => self.arguments_hoisted(*inner, with, before),
            TermKind::Infix(op, left, right) => {
                let left = self.all_hoisted(*left, with, before);
                let right = self.all_hoisted(*right, with, before);
                self.operation(op, left, right, span)
            }
            TermKind::MemberWithKey(key, value, collection) => {
                let key = self.all_hoisted(*key, with, before);
                let value = self.all_hoisted(*value, with, before);
                let collection = self.all_hoisted(*collection, with, before);
                self.internal("internal.member_3", vec![key, value, collection], span)
            }
            TermKind::Call(function, args) => {
                let args = args.into_iter().map(|arg| self.all_hoisted(arg, with, before)).collect();
                self.call(*function, args, span, before)
            }
            TermKind::Ref(head, parts) => {
                let head = match head.kind {
                    TermKind::Var(_) => self.term(*head, before),
                    _ => self.all_hoisted(*head, with, before),
                };
                let parts = parts.into_iter().map(|part| self.part_hoisted(part, with, before)).collect();
                joined(head, parts, span)
            }
            TermKind::Var(name) => self.resolve(&name, span),
            TermKind::Minus(inner) => {
                let inner = self.all_hoisted(*inner, with, before);
                self.operation(Op::Minus, number(0, span), inner, span)
            }
            TermKind::Array(_) | TermKind::Set(_) | TermKind::Object(_) => {
                self.all_hoisted(term, with, before)
            }
            kind => self.term(Term { span, kind }, before),
        }
    }

    /// A side of a negated unification: references stay, what is inside of them does not.
    fn inner_hoisted(&mut self, term: Term, with: &[With], before: &mut Vec<Expr>) -> Term {
        match term.bare().kind {
            TermKind::Ref(..) | TermKind::Var(_) => self.arguments_hoisted(term, with, before),
            _ => self.all_hoisted(term, with, before),
        }
    }

    fn part_hoisted(&mut self, part: Part, with: &[With], before: &mut Vec<Expr>) -> Part {
        let kind = match part.kind {
            PartKind::Bracket(term) => PartKind::Bracket(Box::new(self.all_hoisted(*term, with, before))),
            kind => kind,
        };
        Part { span: part.span, kind }
    }

    /// A variable in place of a reference or call; literals stay, with variables inside.
    fn all_hoisted(&mut self, term: Term, with: &[With], before: &mut Vec<Expr>) -> Term {
        let span = term.span;
        match term.kind {
            TermKind::Paren(inner) => self.all_hoisted(*inner, with, before),
            TermKind::Var(ref name) => {
                let resolved = self.resolve(name, span);
                if self.is_document(name) { self.hoisted(resolved, with, before) } else { resolved }
            }
            TermKind::Array(items) => {
                let items = items.into_iter().map(|item| self.all_hoisted(item, with, before)).collect();
                Term::at(span, TermKind::Array(items))
            }
            TermKind::Set(items) => {
                let items = items.into_iter().map(|item| self.all_hoisted(item, with, before)).collect();
                Term::at(span, TermKind::Set(items))
            }
            TermKind::Object(items) => {
                let items = items
                    .into_iter()
                    .map(|(key, value)| {
                        (self.all_hoisted(key, with, before), self.all_hoisted(value, with, before))
                    })
                    .collect();
                Term::at(span, TermKind::Object(items))
            }
            TermKind::Ref(..)
            | TermKind::Call(..)
            | TermKind::Infix(..)
            | TermKind::MemberWithKey(..)
            | TermKind::Minus(_) => {
                let inner = self.arguments_hoisted(term, with, before);
                self.hoisted(inner, with, before)
            }
            kind => self.term(Term { span, kind }, before),
        }
    }

    /// Assigns a term to a new variable in front.
    pub(super) fn hoisted(&mut self, term: Term, with: &[With], before: &mut Vec<Expr>) -> Term {
        let span = term.span;
        let var = self.fresh_var(span);
        let mut expr = plain(span, ExprKind::Assign(var.clone(), term));
        expr.with = with.to_vec();
        before.push(expr);
        var
    }
}
