//! Writes terms.

use super::show;
use super::tree::{Call, Piece, Term, Value};
use super::writer::{Out, Writer};

impl<'a> Writer<'a> {
    /// A term; one with a comment that has no place is kept as written.
    pub(super) fn term(&mut self, term: &Term<'a>) -> Out {
        self.or_as_written(term.loc, |w| w.term_in(false, term))
    }

    /// A term, with parentheses around an infix operator where asked.
    pub(super) fn term_in(&mut self, mut parens: bool, term: &Term<'a>) -> Out {
        if self.paren_term.is_some_and(|marked| std::ptr::eq(marked, term)) {
            self.paren_term = None;
            parens = true;
        }
        self.comments_to(term.loc)?;
        if !self.inline {
            self.start_line();
        }
        match &term.value {
            Value::Plain(text) => self.write(text),
            Value::Str(_, Some(literal)) => self.write(literal),
            Value::Str(text, None) => self.write(&show::quoted(text)),
            Value::Var(name) => self.write(name),
            Value::Ref(parts) => self.reference(parts)?,
            Value::Call(call) => self.call_term(parens, call, term)?,
            Value::Array(items) => {
                self.bracketed("[", "]", |w| w.list(items, term.loc, (b'[', b']'), true))?
            }
            Value::Set(items) if items.is_empty() => {
                self.write("set()");
                self.comments_to_close(b'(', b')', term.loc)?;
            }
            Value::Set(items) => self.bracketed("{", "}", |w| w.list(items, term.loc, (b'{', b'}'), true))?,
            Value::Object(items) => self.bracketed("{", "}", |w| w.object(items, term.loc))?,
            Value::ArrayOf(item, body) => {
                self.bracketed("[", "]", |w| {
                    w.comprehension((b'[', b']'), item, item.loc.row, body, term.loc)
                })?;
            }
            Value::SetOf(item, body) => {
                self.bracketed("{", "}", |w| {
                    w.comprehension((b'{', b'}'), item, item.loc.row, body, term.loc)
                })?;
            }
            Value::ObjectOf(key, item, body) => {
                self.bracketed("{", "}", |w| {
                    w.in_parens_if(key.is_union(), |w| w.term(key))?;
                    w.write(": ");
                    w.comprehension((b'{', b'}'), item, term.loc.row, body, term.loc)
                })?;
            }
            Value::Template(is_raw, pieces) => self.template(*is_raw, pieces)?,
        }
        if !self.inline {
            self.start_line();
        }
        Ok(())
    }

    /// Writes between brackets, and the closing one whatever happens.
    pub(super) fn bracketed(&mut self, open: &str, close: &str, write: impl FnOnce(&mut Self) -> Out) -> Out {
        self.write(open);
        let result = write(self);
        self.write(close);
        result
    }

    pub(super) fn in_parens_if(&mut self, parens: bool, write: impl FnOnce(&mut Self) -> Out) -> Out {
        if parens { self.bracketed("(", ")", write) } else { write(self) }
    }

    /// Whether a node was written in parentheses.
    pub(super) fn has_parens(&self, term: &Term<'a>) -> bool {
        term.loc.text(self.source).starts_with('(')
    }

    pub(super) fn reference(&mut self, parts: &[Term<'a>]) -> Out {
        let Some((head, path)) = parts.split_first() else { return Ok(()) };
        let parens = matches!(head.value, Value::Call(_)) && self.has_parens(head);
        self.term_in(parens, head)?;
        for part in path {
            match &part.value {
                Value::Str(name, literal) => self.field(name, literal.is_some(), part),
                Value::Var(name) => {
                    self.write("[");
                    self.write(name);
                    self.write("]");
                }
                _ => {
                    self.write("[");
                    if self.term(part).is_err() {
                        // What was kept as written may end in a comment.
                        self.write("\n");
                    }
                    self.write("]");
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, name: &str, is_literal: bool, part: &Term<'a>) {
        let is_keyword = self.dialect.keywords.iter().any(|keyword| keyword == name);
        let keeps_quotes = is_keyword && is_literal && part.loc.text(self.source).starts_with('"');
        if !show::is_name(name) || keeps_quotes {
            self.write(&format!("[{}]", show::quoted(name)));
        } else {
            self.write(".");
            self.write(name);
        }
    }

    /// A call inside of another term.
    fn call_term(&mut self, parens: bool, call: &Call<'a>, term: &Term<'a>) -> Out {
        match (call.infix(), call.args.as_slice()) {
            (Some(("in", arity)), operands) if operands.len() == arity => self.membership(true, operands),
            (Some((operator, _)), [left, right]) if operator != "in" => self.in_parens_if(parens, |w| {
                w.term_in(true, left)?;
                w.write(&format!(" {operator} "));
                w.term_in(true, right)
            }),
            _ => self.plain_call(call, term.loc),
        }
    }

    pub(super) fn plain_call(&mut self, call: &Call<'a>, fallback: super::tree::Loc) -> Out {
        let loc = match &call.callee {
            Some(callee) => {
                if let Value::Ref(parts) = &callee.value {
                    self.reference(parts)?;
                }
                callee.loc
            }
            None => fallback,
        };
        self.bracketed("(", ")", |w| w.list(&call.args, loc, (b'(', b')'), false))
    }

    /// `x in xs`, `k, v in xs`.
    pub(super) fn membership(&mut self, parens: bool, operands: &[Term<'a>]) -> Out {
        match operands {
            [item, collection] => {
                self.term_in(true, item)?;
                self.write(" in ");
                self.term_in(true, collection)
            }
            [key, item, collection] => self.in_parens_if(parens, |w| {
                w.term_in(true, key)?;
                w.write(", ");
                w.term_in(true, item)?;
                w.write(" in ");
                w.term_in(true, collection)
            }),
            _ => Ok(()),
        }
    }

    fn template(&mut self, is_raw: bool, pieces: &[Piece<'a>]) -> Out {
        let quote = if is_raw { "`" } else { "\"" };
        self.write("$");
        self.write(quote);
        for (i, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Text(text, _) => self.write(&show::template_text(text, is_raw)),
                Piece::Expr(expr) => {
                    self.write("{");
                    self.up();
                    if self.has_note_at_end() {
                        self.end_line();
                        self.start_line();
                    } else if self.has_comment_before(expr.loc.row) {
                        let before = self.take_before(expr.loc.row);
                        self.write(" ");
                        self.inline = true;
                        self.write_comments(&before);
                    }
                    self.expr(expr)?;
                    let next = match pieces.get(i + 1) {
                        Some(Piece::Text(_, row)) => Some(*row),
                        Some(Piece::Expr(next)) => Some(next.loc.row),
                        None => None,
                    };
                    if let Some(row) = next
                        && self.has_comment_before(row)
                    {
                        let before = self.take_before(row);
                        self.end_line();
                        self.write_comments(&before);
                        self.start_line();
                    }
                    self.write("}");
                    self.down();
                }
            }
        }
        self.write(quote);
        Ok(())
    }
}
