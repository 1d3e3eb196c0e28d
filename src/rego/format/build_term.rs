//! From the syntax tree as written to the tree that the layout needs: terms.

use super::build::Builder;
use super::tree::{Call, Loc, Piece, Term, Value, newlines};
use crate::rego::ast::{self, Part, TemplatePart, TermKind};

impl<'a> Builder<'a> {
    pub(super) fn term(&self, term: &'a ast::Term) -> Term<'a> {
        let mut loc = self.loc(term.span);
        let value = match &term.kind {
            TermKind::Null => Value::Plain("null".to_owned()),
            TermKind::Bool(truth) => Value::Plain(truth.to_string()),
            TermKind::Number(_) => Value::Plain(self.number(term)),
            TermKind::String(text) => Value::Str(text, Some(term.span.of(self.source))),
            TermKind::Template(parts) => return self.template(term, parts),
            TermKind::Var(name) if matches!(name.as_str(), "input" | "data") => {
                Value::Ref(vec![Term { loc, value: Value::Var(name) }])
            }
            TermKind::Var(name) => Value::Var(name),
            TermKind::Paren(inner) => {
                let inner = self.term(inner);
                return Term { loc: self.widened(inner.loc, loc), ..inner };
            }
            TermKind::Ref(head, parts) => return self.reference(term, head, parts),
            TermKind::Call(callee, args) => {
                let name = callee.fixed_path().map(|path| path.join(".")).unwrap_or_default();
                let callee = self.callee(callee);
                loc = self.widened(callee.loc, Loc { start: callee.loc.start, ..loc });
                let args = args.iter().map(|arg| self.term(arg)).collect();
                Value::Call(Call { name, callee: Some(Box::new(callee)), args })
            }
            TermKind::Array(items) => Value::Array(self.terms(items)),
            TermKind::Set(items) => Value::Set(self.distinct(self.terms(items))),
            TermKind::Object(items) => {
                Value::Object(items.iter().map(|(key, value)| (self.term(key), self.term(value))).collect())
            }
            TermKind::ArrayComprehension(item, body) => {
                Value::ArrayOf(Box::new(self.term(item)), self.body(body))
            }
            TermKind::SetComprehension(item, body) => {
                Value::SetOf(Box::new(self.term(item)), self.body(body))
            }
            TermKind::ObjectComprehension(key, item, body) => {
                Value::ObjectOf(Box::new(self.term(key)), Box::new(self.term(item)), self.body(body))
            }
            TermKind::Infix(op, left, right) => {
                let left = self.term(left);
                loc = self.widened(left.loc, loc);
                Value::Call(Call::operator(op.function(), vec![left, self.term(right)]))
            }
            TermKind::MemberWithKey(key, item, collection) => {
                let key = self.term(key);
                loc = self.widened(key.loc, loc);
                Value::Call(Call::operator(
                    "internal.member_3",
                    vec![key, self.term(item), self.term(collection)],
                ))
            }
            TermKind::Minus(inner) => {
                let zero = Term { loc, value: Value::Plain("0".to_owned()) };
                Value::Call(Call::operator("minus", vec![zero, self.term(inner)]))
            }
        };
        Term { loc, value }
    }

    /// The row of one, the text of the other.
    fn widened(&self, row: Loc, text: Loc) -> Loc {
        self.fixed.unwrap_or(Loc { row: row.row, ..text })
    }

    fn terms(&self, items: &'a [ast::Term]) -> Vec<Term<'a>> {
        items.iter().map(|item| self.term(item)).collect()
    }

    /// A number as written, without space after its sign.
    fn number(&self, term: &ast::Term) -> String {
        term.span.of(self.source).chars().filter(|c| !c.is_whitespace()).collect()
    }

    /// A set names an item once. Variables named `_` differ each time.
    fn distinct(&self, items: Vec<Term<'a>>) -> Vec<Term<'a>> {
        let mut seen = std::collections::BTreeSet::new();
        items
            .into_iter()
            .filter(|item| match &item.value {
                Value::Plain(text) => seen.insert((0, text.clone())),
                Value::Str(text, _) => seen.insert((1, (*text).to_owned())),
                Value::Var(name) if *name != "_" => seen.insert((2, (*name).to_owned())),
                _ => true,
            })
            .collect()
    }

    /// The function of a call is a reference, if only of one name.
    fn callee(&self, callee: &'a ast::Term) -> Term<'a> {
        let term = self.term(callee);
        match term.value {
            Value::Ref(_) => term,
            _ => Term { loc: term.loc, value: Value::Ref(vec![term]) },
        }
    }

    fn reference(&self, term: &'a ast::Term, head: &'a ast::Term, parts: &'a [Part]) -> Term<'a> {
        let mut first = self.term(head);
        if let Value::Ref(inner) = &mut first.value
            && inner.len() == 1
            && let Some(name) = inner.pop()
        {
            first = name;
        }
        let whole = self.loc(term.span);
        let start = match head.kind {
            TermKind::Var(_) | TermKind::Call(..) => first.loc.start,
            // Where the head ends in a bracket, the text begins there.
            _ => head.span.end.offset.saturating_sub(1),
        };
        let loc = self.widened(first.loc, Loc { start, ..whole });
        let mut items = vec![first];
        items.extend(parts.iter().map(|part| self.part(part)));
        Term { loc, value: Value::Ref(items) }
    }

    fn template(&self, term: &'a ast::Term, parts: &'a [TemplatePart]) -> Term<'a> {
        let loc = self.loc(term.span);
        let is_raw = term.span.of(self.source).starts_with("$`");
        // Where the text before an expression ended: at the brace, from which comments may follow.
        let mut before = term.span.start.offset;
        let mut row = loc.row;
        let mut pieces = Vec::new();
        for part in parts {
            match part {
                TemplatePart::Text(text) => pieces.push(Piece::Text(text.clone(), row)),
                TemplatePart::Expr(expr) => {
                    let commented = self.comments.iter().any(|comment| {
                        let at = comment.span.start.offset;
                        before <= at && at < expr.span.start.offset
                    });
                    pieces.push(match constant(expr) {
                        Some(constant) if !commented => match &constant.kind {
                            TermKind::String(text) => Piece::Text(text.clone(), row),
                            _ => Piece::Text(self.term(constant).plain(), row),
                        },
                        _ => Piece::Expr(Box::new(self.expr(expr))),
                    });
                    before = expr.span.end.offset;
                    row = expr.span.end.line.saturating_add(self.rows_to_brace(before));
                }
            }
        }
        Term { loc, value: Value::Template(is_raw, pieces) }
    }

    /// Rows from the end of an expression to the brace that closes it, over comments.
    fn rows_to_brace(&self, from: u32) -> u32 {
        let rest = self.source.get(from as usize..).unwrap_or_default();
        let mut length = 0;
        for line in rest.split_inclusive('\n') {
            let code = line.trim_start();
            if !code.is_empty() && !code.starts_with('#') {
                break;
            }
            length += line.len();
        }
        newlines(rest.get(..length).unwrap_or_default())
    }
}

impl Term<'_> {
    fn plain(&self) -> String {
        match &self.value {
            Value::Plain(text) => text.clone(),
            _ => String::new(),
        }
    }
}

/// The constant that an expression of a template string is.
fn constant(expr: &ast::Expr) -> Option<&ast::Term> {
    let ast::ExprKind::Term(term) = &expr.kind else { return None };
    let constant = term.bare();
    let is_constant = matches!(
        constant.kind,
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_)
    );
    (is_constant && expr.with.is_empty() && !expr.negated).then_some(constant)
}
