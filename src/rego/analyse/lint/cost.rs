//! Patterns whose cost grows with the square of the input.

use super::super::flow::Shapes;
use super::super::index::{Callee, Entry, Index};
use super::super::shape::Shape;
use super::super::walk::{self, Visit};
use crate::rego::ast::{Body, Expr, ExprKind, PartKind, Span, Term, TermKind};

pub(super) fn check(index: &Index<'_>, shapes: &Shapes<'_, '_>) {
    for (number, entry) in index.entries.iter().enumerate() {
        if entry.source.is_known || entry.source.is_test() {
            continue;
        }
        let mut cost = Cost { index, shapes, entry, number, walks: Vec::new() };
        walk::rule(&mut cost, entry.rule);
        if let [_, second, ..] = cost.walks.as_slice() {
            let message = "the whole input is walked through again".to_owned();
            index.say(
                entry.source,
                "walk-repeated",
                *second,
                message,
                "walk once and keep what is needed in a rule",
            );
        }
    }
}

struct Cost<'i, 'a> {
    index: &'i Index<'a>,
    shapes: &'i Shapes<'i, 'a>,
    entry: &'i Entry<'a>,
    number: usize,
    walks: Vec<Span>,
}

/// The list of the input that an expression goes through, with the variables that it gives.
fn loop_over(expr: &Expr) -> Option<(&Term, Span)> {
    match &expr.kind {
        ExprKind::SomeIn { collection, .. } => Some((collection, expr.span)),
        ExprKind::Assign(_, right) | ExprKind::Unify(_, right) => match &right.kind {
            TermKind::Ref(..) if indexes(right) == 1 => Some((right, expr.span)),
            _ => None,
        },
        _ => None,
    }
}

fn indexes(term: &Term) -> usize {
    match &term.kind {
        TermKind::Ref(_, parts) => parts
            .iter()
            .filter(|part| matches!(&part.kind, PartKind::Bracket(index) if index.as_var().is_some()))
            .count(),
        _ => 0,
    }
}

impl Cost<'_, '_> {
    fn is_list(&self, term: &Term) -> bool {
        let is_input = self
            .index
            .path_of(self.entry, term)
            .is_some_and(|path| path.first().is_some_and(|root| root == "input"));
        is_input
            && (indexes(term) == 1
                || matches!(self.shapes.shape_in(self.number, term), Shape::Any | Shape::Of(..))
                || self.shapes.shape_in(self.number, term).bits() & 16 != 0)
    }
}

impl<'t> Visit<'t> for Cost<'_, '_> {
    fn body(&mut self, body: &'t Body) {
        let loops: Vec<(&Term, Span)> =
            body.exprs.iter().filter_map(loop_over).filter(|(term, _)| self.is_list(term)).collect();
        if let [(first, _), (second, span), ..] = loops.as_slice() {
            let text = &self.entry.source.text;
            let (a, b) = (first.span.of(text), second.span.of(text));
            let message = format!("for each of `{a}` all of `{b}` is gone through");
            let help = "build an object by the common key with a comprehension, and look up in it";
            self.index.say(self.entry.source, "big-product", *span, message, help);
        }
        body.exprs.iter().for_each(|expr| self.expr(expr));
    }

    fn term(&mut self, term: &'t Term) {
        if let TermKind::Call(function, args) = &term.kind
            && let Callee::Builtin(signature) = self.index.callee(self.entry.source, function)
        {
            let first = args.first();
            if signature.name == "walk"
                && first.and_then(|a| a.fixed_path()).is_some_and(|path| path == ["input"])
            {
                self.walks.push(term.span);
            }
            if signature.name == "count" {
                self.counted(term, first);
            }
        }
        walk::into_term(self, term);
    }
}

impl Cost<'_, '_> {
    /// `count([x | x := input.list[_]])` where a sibling of the list holds the number.
    fn counted(&self, whole: &Term, arg: Option<&Term>) {
        let Some(TermKind::ArrayComprehension(_, body) | TermKind::SetComprehension(_, body)) =
            arg.map(|arg| &arg.bare().kind)
        else {
            return;
        };
        let [expr] = body.exprs.as_slice() else { return };
        let collection = match &expr.kind {
            ExprKind::SomeIn { collection, .. } => collection,
            ExprKind::Assign(_, right) | ExprKind::Unify(_, right) => right,
            _ => return,
        };
        let Some(path) = self.index.path_of(self.entry, collection) else { return };
        if path.first().is_some_and(|root| root == "input") {
            let shown = path.join(".");
            let message = format!("all of `{shown}` is copied to be counted");
            let help = format!("write `count({shown})`");
            self.index.say(self.entry.source, "count-exists", whole.span, message, help);
        }
    }
}
