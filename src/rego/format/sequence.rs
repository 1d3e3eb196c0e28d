//! Writes lists, objects and comprehensions: on one line, or over several where the source has line breaks.

use super::tree::{Expr, Loc, Term, Value, closing_row};
use super::writer::{Misplaced, Out, Writer};

/// The rows of items: a new one begins where an item stands below the one before.
fn rows<T>(items: &[T], before: Loc, loc: impl Fn(&T) -> Loc) -> Vec<Vec<&T>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut last = before.row;
    for (i, item) in items.iter().enumerate() {
        let here = loc(item).row;
        if here > last && i > 0 {
            rows.push(std::mem::take(&mut row));
        }
        last = here;
        row.push(item);
    }
    rows.push(row);
    rows
}

impl<'a> Writer<'a> {
    pub(super) fn comments_to_close(&mut self, open: u8, close: u8, loc: Loc) -> Out {
        self.comments_to_row(closing_row(None, open, close, loc, self.source))
    }

    /// Terms between brackets; unions get parentheses where they would be read as a comprehension.
    pub(super) fn list(&mut self, items: &[Term<'a>], loc: Loc, brackets: (u8, u8), unions: bool) -> Out {
        self.items(
            items,
            loc,
            brackets,
            |item| item.loc,
            |w, item| {
                let parens = item.is_union() && (unions || w.has_parens(item));
                w.in_parens_if(parens, |w| w.term(item))
            },
        )
    }

    pub(super) fn object(&mut self, items: &[(Term<'a>, Term<'a>)], loc: Loc) -> Out {
        self.items(
            items,
            loc,
            (b'{', b'}'),
            |(key, _)| key.loc,
            |w, (key, value)| {
                w.in_parens_if(key.is_union(), |w| w.term(key))?;
                w.write(": ");
                w.in_parens_if(value.is_union(), |w| w.term(value))
            },
        )
    }

    fn items<T>(
        &mut self,
        items: &[T],
        loc: Loc,
        (open, close): (u8, u8),
        place: impl Fn(&T) -> Loc,
        write: impl Fn(&mut Self, &T) -> Out,
    ) -> Out {
        let rows = rows(items, loc, &place);
        let end = closing_row(None, open, close, loc, self.source);
        let mut is_long = rows.len() > 1;
        if !is_long {
            let inside = self.waiting().iter().find(|note| note.row > loc.row);
            if inside.is_some_and(|note| end.is_some_and(|end| note.row < end)) {
                return Err(Misplaced);
            }
            if let Some(first) = items.first() {
                let text = loc.text(self.source);
                let before = text.find(place(first).text(self.source)).and_then(|cut| text.get(..cut));
                is_long = before.and_then(|before| before.find('\n')).is_some_and(|at| at > 0);
            }
        }
        if is_long {
            self.start_sequence();
        }
        for (i, row) in rows.iter().enumerate() {
            if i > 0 {
                self.write(",");
                self.end_line();
                self.start_line();
            }
            for (j, item) in row.iter().enumerate() {
                if j > 0 {
                    self.write(", ");
                }
                write(self, item)?;
            }
        }
        if is_long {
            self.write(",");
            self.end_line();
            self.comments_to_row(end)?;
            self.down();
            self.start_line();
        }
        Ok(())
    }

    /// What a comprehension has between its brackets, after the key of an object.
    pub(super) fn comprehension(
        &mut self,
        brackets: (u8, u8),
        item: &Term<'a>,
        item_row: u32,
        body: &[Expr<'a>],
        loc: Loc,
    ) -> Out {
        if item_row > loc.row {
            self.end_line();
            self.start_line();
        }
        let parens = matches!(item.value, Value::Call(_)) && (item.is_union() || self.has_parens(item));
        self.term_on_row(parens, item, item_row)?;
        self.write(" |");
        self.comprehension_body(brackets, body, Loc { row: item_row, ..item.loc }, loc)
    }

    /// A term that counts as standing on another row.
    fn term_on_row(&mut self, parens: bool, item: &Term<'a>, row: u32) -> Out {
        if row == item.loc.row {
            return self.term_in(parens, item);
        }
        let item = Term { loc: Loc { row, ..item.loc }, value: item.value.clone() };
        self.term_in(parens, &item)
    }

    /// Expressions on one line after semicolons, or on lines of their own where the source has line breaks.
    pub(super) fn comprehension_body(
        &mut self,
        (open, close): (u8, u8),
        body: &[Expr<'a>],
        before: Loc,
        whole: Loc,
    ) -> Out {
        let is_long = body.first().is_some_and(|first| first.loc.row > before.row)
            || rows(body, before, |expr| expr.loc).len() > 1;
        if !is_long {
            self.write(" ");
            for (i, expr) in body.iter().enumerate() {
                if i > 0 {
                    self.write("; ");
                }
                self.expr(expr)?;
            }
            return self.comments_to_close(open, close, whole);
        }
        self.end_line();
        self.up();
        let result = self.body(body).and_then(|()| self.comments_to_close(open, close, whole));
        self.down();
        self.start_line();
        result
    }
}
