//! Types that cannot meet, and words that the schema does not have.

use super::super::builtins::kind;
use super::super::flow::Shapes;
use super::super::index::{Callee, Entry, Index};
use super::super::shape::Shape;
use super::super::walk::{self, Visit};
use crate::rego::ast::{Expr, ExprKind, Op, Term, TermKind};
use crate::suggest::remedy;

pub(super) fn check(index: &Index<'_>, shapes: &Shapes<'_, '_>) {
    for (number, entry) in index.entries.iter().enumerate() {
        if !entry.source.is_known {
            walk::rule(&mut Types { index, shapes, entry, number }, entry.rule);
        }
    }
}

struct Types<'i, 'a> {
    index: &'i Index<'a>,
    shapes: &'i Shapes<'i, 'a>,
    entry: &'i Entry<'a>,
    number: usize,
}

impl<'t> Visit<'t> for Types<'_, '_> {
    fn term(&mut self, term: &'t Term) {
        walk::into_term(self, term);
        match &term.kind {
            TermKind::Call(function, args) => {
                if let Callee::User(path) = self.index.callee(self.entry.source, function) {
                    for (position, arg) in args.iter().enumerate() {
                        self.argument(
                            function.span.of(&self.entry.source.text),
                            arg,
                            self.taken(&path, position),
                        );
                    }
                }
                if let Callee::Builtin(signature) = self.index.callee(self.entry.source, function)
                    && args.len() >= signature.arguments.len()
                {
                    for (arg, expected) in args.iter().zip(signature.arguments) {
                        self.argument(signature.name, arg, *expected);
                    }
                }
            }
            TermKind::Infix(op, left, right) => match op {
                Op::Equal | Op::NotEqual => self.compared(term, left, right),
                Op::In => {
                    if let Shape::Of(_, item) = self.shapes.shape_in(self.number, right) {
                        self.words(left, &item, right);
                    }
                    if let TermKind::Set(items) | TermKind::Array(items) = &right.bare().kind {
                        let shape = self.shapes.shape_in(self.number, left);
                        items.iter().for_each(|item| self.words(item, &shape, left));
                    }
                }
                Op::Multiply | Op::Divide | Op::Remainder | Op::Plus => {
                    self.argument(op.text(), left, kind::NUMBER);
                    self.argument(op.text(), right, kind::NUMBER);
                }
                Op::And | Op::Or => {
                    self.argument(op.text(), left, kind::SET);
                    self.argument(op.text(), right, kind::SET);
                }
                Op::Minus => {
                    self.argument(op.text(), left, kind::SET | kind::NUMBER);
                    self.argument(op.text(), right, kind::SET | kind::NUMBER);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn expr(&mut self, expr: &'t Expr) {
        walk::into_expr(self, expr);
        if let ExprKind::Unify(left, right) = &expr.kind
            && !has_variables(left)
            && !has_variables(right)
        {
            let whole = Term { span: expr.span, kind: TermKind::Null };
            self.compared(&whole, left, right);
        }
    }
}

/// Patterns are joined item by item, which is not looked into here.
fn has_variables(term: &Term) -> bool {
    !matches!(
        term.bare().kind,
        TermKind::Ref(..)
            | TermKind::String(_)
            | TermKind::Number(_)
            | TermKind::Bool(_)
            | TermKind::Call(..)
    )
}

impl Types<'_, '_> {
    /// The types that a parameter of a function can have: those of the literals in its place.
    fn taken(&self, path: &str, position: usize) -> u8 {
        let numbers = self.index.by_path.get(path).into_iter().flatten();
        numbers.fold(0, |bits, number| {
            let entry = self.index.entries.get(*number);
            let arg = entry.and_then(|entry| entry.rule.head.args.as_ref()?.get(position));
            bits | match arg.map(|arg| &arg.bare().kind) {
                Some(TermKind::String(_)) => kind::STRING,
                Some(TermKind::Number(_)) => kind::NUMBER,
                Some(TermKind::Bool(_)) => kind::BOOLEAN,
                Some(TermKind::Null) => kind::NULL,
                Some(TermKind::Array(_)) => kind::ARRAY,
                Some(TermKind::Object(_)) => kind::OBJECT,
                _ => kind::ANY,
            }
        })
    }

    fn argument(&self, name: &str, arg: &Term, expected: u8) {
        let found = self.shapes.shape_in(self.number, arg).bits();
        if found != 0 && found & expected == 0 {
            let message = format!("`{name}` takes {}, this is {}", kind::names(expected), kind::names(found));
            self.index.say(self.entry.source, "type-error", arg.span, message, "");
        }
    }

    fn compared(&self, whole: &Term, left: &Term, right: &Term) {
        let (a, b) = (self.shapes.shape_in(self.number, left), self.shapes.shape_in(self.number, right));
        if a.bits() & b.bits() == 0 && a.bits() != 0 && b.bits() != 0 {
            let message = format!("{} is never equal to {}", kind::names(a.bits()), kind::names(b.bits()));
            self.index.say(
                self.entry.source,
                "type-error",
                whole.span,
                message,
                "compare values of one type",
            );
            return;
        }
        self.words(left, &b, right);
        self.words(right, &a, left);
    }

    /// A literal that is compared with what can only be certain words.
    fn words(&self, literal: &Term, other: &Shape<'_>, with: &Term) {
        let TermKind::String(word) = &literal.bare().kind else { return };
        if !matches!(other, Shape::Schema(..)) {
            return;
        }
        if let Some(words) = other.words()
            && !words.contains(word)
        {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let lower = word.to_lowercase();
            let help = match words.contains(&lower.as_str()) {
                true => format!("did you mean `{lower}`?"),
                false => remedy(word, &words),
            };
            let shown = with.span.of(&self.entry.source.text);
            let message = format!("`{shown}` is never `{word}`");
            self.index.say(self.entry.source, "wrong-word", literal.span, message, help);
        }
    }
}
