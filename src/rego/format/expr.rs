//! Writes bodies and expressions.

use super::tree::{Call, Expr, Kind, Loc, Operand, Term, With, closing_row};
use super::writer::{Out, Writer};

impl<'a> Writer<'a> {
    /// Expressions, each on its own line; blank lines between them are kept.
    pub(super) fn body(&mut self, body: &[Expr<'a>]) -> Out {
        if let Some(first) = body.first() {
            self.comments_to(first.loc)?;
        }
        let mut end = None;
        for expr in body {
            if end.is_some_and(|end: u32| expr.loc.row > end.saturating_add(1)) {
                self.blank_line();
            }
            self.start_line();
            // An expression that was kept as written is no reason to stop.
            let _ = self.expr(expr);
            self.end_line();
            end = Some(expr.loc.end_row(self.source));
        }
        Ok(())
    }

    pub(super) fn expr(&mut self, expr: &Expr<'a>) -> Out {
        let parens = self.paren_expr.is_some_and(|marked| std::ptr::eq(marked, expr));
        if parens {
            self.paren_expr = None;
        }
        self.comments_to(expr.loc)?;
        if !self.inline {
            self.start_line();
        }
        if expr.negated {
            self.write("not ");
        }
        self.in_parens_if(parens || (expr.negated && expr.is_logical()), |w| w.kind(expr))?;
        self.modifiers(expr)
    }

    fn kind(&mut self, expr: &Expr<'a>) -> Out {
        match &expr.kind {
            Kind::Term(term) => self.term(term),
            Kind::Call(call) => self.call(call, expr.loc),
            Kind::Some(names) => self.some(names, expr.loc),
            Kind::SomeIn(operands) => {
                self.write("some ");
                self.membership(false, operands)
            }
            Kind::Every { key, value, domain, body } => {
                self.write("every ");
                if let Some(key) = key {
                    self.term(key)?;
                    self.write(", ");
                }
                self.term(value)?;
                self.write(" in ");
                self.term(domain)?;
                self.write(" ");
                self.braces(body, expr.loc, true);
                Ok(())
            }
            Kind::Not { body, explicit } => {
                self.not(body, *explicit, expr.loc);
                Ok(())
            }
            Kind::Logical { is_or, left, right } => self.logical(*is_or, left, right),
        }
    }

    /// A body in braces after `every`, `not`, `and`, `or`.
    fn braces(&mut self, body: &[Expr<'a>], loc: Loc, single: bool) {
        self.write("{");
        // A comment without place inside leaves what follows it in order.
        let _ = self.comprehension_body((b'{', b'}'), body, loc, loc);
        let last_here = body.last().is_some_and(|last| last.loc.row == loc.row);
        if last_here && (!single || body.len() == 1) {
            self.write(" ");
        }
        self.write("}");
    }

    fn some(&mut self, names: &[Term<'a>], loc: Loc) -> Out {
        self.write("some ");
        let mut row = loc.row;
        for (i, name) in names.iter().enumerate() {
            if name.loc.row > row {
                self.end_line();
                self.start_line();
                self.write("\t");
                row = name.loc.row;
            } else if i > 0 {
                self.write(" ");
            }
            self.term(name)?;
            if i + 1 < names.len() {
                self.write(",");
            }
        }
        Ok(())
    }

    /// A call or infix operator as an expression.
    fn call(&mut self, call: &Call<'a>, loc: Loc) -> Out {
        let Some((operator, arity)) = call.infix() else { return self.plain_call(call, loc) };
        match call.args.as_slice() {
            operands if operator == "in" && operands.len() == arity => self.membership(false, operands),
            [left, right] if operator != "in" => {
                self.term(left)?;
                self.write(&format!(" {operator} "));
                self.term(right)
            }
            [left, right, result] if operator != "in" => {
                self.term(result)?;
                self.write(" = ");
                self.term(left)?;
                self.write(&format!(" {operator} "));
                self.term(right)
            }
            _ => self.plain_call(call, loc),
        }
    }

    /// `with`: on the line where it was, or indented on lines of their own.
    fn modifiers(&mut self, expr: &Expr<'a>) -> Out {
        let Some((first, rest)) = expr.with.split_first() else { return Ok(()) };
        let mut rest = rest;
        let own = Loc { end: first.loc.start, ..expr.loc }
            .text(self.source)
            .trim_end_matches([' ', '\t', '\r', '\n']);
        let mut last = expr.loc.row.saturating_add(super::tree::newlines(own));
        if first.loc.row == last {
            self.with(first, false)?;
        } else {
            rest = &expr.with;
        }
        let mut indented = false;
        let mut result = Ok(());
        for with in rest {
            let breaks = with.loc.row > last;
            if breaks {
                if !indented {
                    self.up();
                    indented = true;
                }
                self.end_line();
                self.start_line();
                last = with.loc.row;
            }
            result = self.with(with, breaks);
            if result.is_err() {
                break;
            }
        }
        if indented {
            self.down();
        }
        result
    }

    fn with(&mut self, with: &With<'a>, begins_line: bool) -> Out {
        self.comments_to(with.loc)?;
        if !begins_line {
            self.write(" ");
        }
        self.write("with ");
        self.term(&with.target)?;
        self.write(" as ");
        // Kept as written if a comment has no place; the modifiers after it follow.
        let _ = self.term(&with.value);
        Ok(())
    }

    fn not(&mut self, body: &[Expr<'a>], explicit: bool, loc: Loc) {
        self.write("not ");
        match body {
            [inner] if !explicit => {
                let parens = !inner.with.is_empty()
                    || inner.is_logical()
                    || matches!(inner.kind, Kind::Not { .. })
                    || inner.leads_with_brace();
                let _ = self.in_parens_if(parens, |w| w.expr(inner));
            }
            _ => {
                self.mark_if_union(body);
                self.braces(body, loc, false);
            }
        }
    }

    fn mark_if_union(&mut self, body: &[Expr<'a>]) {
        if let Some(first) = body.first().filter(|first| first.is_union()) {
            self.paren_expr = Some(std::ptr::from_ref(first));
        }
    }

    /// Parentheses for a union that would begin a body in braces, where it reads as a comprehension.
    pub(super) fn mark_leading_union(&mut self, expr: &Expr<'a>) {
        if expr.negated {
            return;
        }
        match &expr.kind {
            Kind::Logical { is_or, left, right } => {
                let (first, _) = flat(*is_or, left, right);
                if first.operand.brace.is_none()
                    && !first.parens
                    && let Some(inner) = first.operand.body.first()
                {
                    self.mark_leading_union(inner);
                }
            }
            Kind::Call(_) if expr.is_union() => self.paren_expr = Some(std::ptr::from_ref(expr)),
            Kind::Call(call) => {
                if let Some(lead) = call.lead().filter(|lead| lead.is_union()) {
                    self.paren_term = Some(std::ptr::from_ref(lead));
                }
            }
            _ => {}
        }
    }

    fn logical(&mut self, is_or: bool, left: &Operand<'a>, right: &Operand<'a>) -> Out {
        let (first, steps) = flat(is_or, left, right);
        let _ = self.operand(&first);
        let mut indented = false;
        for step in steps {
            self.write(if step.is_or { " or" } else { " and" });
            let start = step.right.operand.brace.or(step.right.operand.body.first().map(|expr| expr.loc));
            let before = step.left.map_or(0, |left| self.operand_end(left));
            if start.is_some_and(|start| start.row > before) {
                if !indented {
                    self.up();
                    indented = true;
                }
                self.end_line();
                self.start_line();
            } else {
                self.write(" ");
            }
            let _ = self.operand(&step.right);
        }
        if indented {
            self.down();
        }
        Ok(())
    }

    fn operand_end(&self, operand: &Operand<'a>) -> u32 {
        operand
            .brace
            .and_then(|brace| closing_row(None, b'{', b'}', brace, self.source))
            .or_else(|| operand.body.last().map(|last| last.loc.end_row(self.source)))
            .unwrap_or(0)
    }

    fn operand(&mut self, side: &Side<'_, 'a>) -> Out {
        match (side.operand.brace, side.operand.body.first()) {
            (Some(brace), _) => {
                self.mark_if_union(&side.operand.body);
                self.braces(&side.operand.body, brace, false);
                Ok(())
            }
            (None, Some(inner)) => self.in_parens_if(side.parens, |w| w.expr(inner)),
            (None, None) => Ok(()),
        }
    }
}

/// An operand in its chain.
struct Side<'t, 'a> {
    operand: &'t Operand<'a>,
    parens: bool,
}

/// An operator with what follows it.
struct Step<'t, 'a> {
    is_or: bool,
    /// All that stands left of the operator.
    left: Option<&'t Operand<'a>>,
    right: Side<'t, 'a>,
}

/// A chain of operators from left to right: its first operand, and the operators.
fn flat<'t, 'a>(
    is_or: bool,
    left: &'t Operand<'a>,
    right: &'t Operand<'a>,
) -> (Side<'t, 'a>, Vec<Step<'t, 'a>>) {
    let step = Step { is_or, left: Some(left), right: side(right, is_or, true) };
    let first = side(left, is_or, false);
    if !first.parens
        && left.brace.is_none()
        && let [Expr { kind: Kind::Logical { is_or, left, right }, .. }] = left.body.as_slice()
    {
        let (first, mut steps) = flat(*is_or, left, right);
        steps.push(step);
        return (first, steps);
    }
    (first, vec![step])
}

fn side<'t, 'a>(operand: &'t Operand<'a>, parent_is_or: bool, is_right: bool) -> Side<'t, 'a> {
    let parens = match operand.body.as_slice() {
        [inner] if operand.brace.is_none() => match inner.kind {
            _ if !inner.with.is_empty() => true,
            Kind::Logical { is_or: true, .. } => !parent_is_or || is_right,
            Kind::Logical { is_or: false, .. } => !parent_is_or && is_right,
            _ => inner.leads_with_brace(),
        },
        _ => false,
    };
    Side { operand, parens }
}
