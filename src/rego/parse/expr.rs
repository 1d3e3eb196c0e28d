//! Expressions of bodies.

use super::{Parsed, Parser};
use crate::rego::SyntaxError;
use crate::rego::ast::{Body, Expr, ExprKind, Place, Term, TermKind, With};
use crate::rego::lex::Tok;

impl Parser {
    /// Expressions up to an end, which is left.
    pub(super) fn exprs(&mut self, end: &Tok) -> Parsed<Vec<Expr>> {
        self.deeper(|p| {
            if p.peek() == end {
                return Err(SyntaxError::new("the body is empty", p.here())
                    .help("write what must hold, or `true` if it always does"));
            }
            let mut exprs = Vec::new();
            loop {
                exprs.push(p.literal()?);
                if p.eat(";") {
                    if p.peek() == end {
                        return Ok(exprs);
                    }
                    continue;
                }
                if p.peek() == end {
                    return Ok(exprs);
                }
                if !p.nth(0).newline {
                    return Err(p.unexpected("a line break, `;` or the end of the body"));
                }
            }
        })
    }

    fn has_logical(&self) -> bool {
        self.is_keyword("and") || self.is_keyword("or")
    }

    fn at_logical(&self) -> bool {
        (self.at_keyword("and") || self.at_keyword("or")) && !self.begins_reference(0)
    }

    /// One expression.
    pub(super) fn literal(&mut self) -> Parsed<Expr> {
        self.step()?;
        let start = self.here();
        if self.has_logical() {
            return self.logical();
        }
        let mut expr = self.plain_literal()?;
        expr.span = self.since(start);
        Ok(expr)
    }

    fn plain_literal(&mut self) -> Parsed<Expr> {
        let start = self.here();
        let negated = self.at_keyword("not") && !self.begins_reference(0);
        if negated {
            self.bump();
            if self.not_bodies && self.at("{") {
                let body = self.operand_body()?;
                return self.with_modifiers(start, ExprKind::Not(body), false);
            }
        }
        let is_some = self.at_keyword("some") && !self.begins_reference(0);
        let is_every = self.at_keyword("every") && !self.begins_reference(0);
        if negated && (is_some || is_every) {
            return Err(SyntaxError::new("`some` and `every` cannot be negated", self.here())
                .help("put them into a rule or function of their own and negate that"));
        }
        if is_some {
            return self.some(start);
        }
        if is_every {
            return self.every(start);
        }
        let left = self.term_infix()?;
        let kind = if self.eat(":=") {
            ExprKind::Assign(left, self.term_infix()?)
        } else if self.eat("=") {
            ExprKind::Unify(left, self.term_infix()?)
        } else {
            ExprKind::Term(left)
        };
        if negated && self.not_bodies {
            let span = self.since(start);
            let inner = Expr { span, negated: false, kind, with: Vec::new() };
            let body = Body { span, braces: false, exprs: vec![inner] };
            return self.with_modifiers(start, ExprKind::Not(body), false);
        }
        if negated && matches!(kind, ExprKind::Assign(..)) {
            return Err(SyntaxError::new("an assignment cannot be negated", start).help("compare with `==`"));
        }
        self.with_modifiers(start, kind, negated)
    }

    fn operand_body(&mut self) -> Parsed<Body> {
        let start = self.here();
        self.expect("{")?;
        let exprs = self.exprs(&Tok::Punct("}"))?;
        self.expect("}")?;
        Ok(Body { span: self.since(start), braces: true, exprs })
    }

    fn with_modifiers(&mut self, start: Place, kind: ExprKind, negated: bool) -> Parsed<Expr> {
        let mut with = Vec::new();
        while self.at_keyword("with") && !self.begins_reference(0) {
            let start = self.here();
            self.bump();
            let target = self.term()?;
            if !Self::is_reference(&target.kind) {
                return Err(SyntaxError::new("expected a reference after `with`", target.span.start));
            }
            if !self.eat_keyword("as") {
                return Err(self.unexpected("`as`"));
            }
            let value = self.term_infix()?;
            with.push(With { span: self.since(start), target, value });
        }
        Ok(Expr { span: self.since(start), negated, kind, with })
    }

    fn some(&mut self, start: Place) -> Parsed<Expr> {
        self.bump();
        let saved = self.save();
        // `some x in xs`, `some k, v in xs`
        if self.is_keyword("in")
            && let Ok(term) = self.term_infix()
        {
            match term.kind {
                TermKind::Infix(crate::rego::ast::Op::In, value, collection) => {
                    let kind = ExprKind::SomeIn { key: None, value: *value, collection: *collection };
                    return self.with_modifiers(start, kind, false);
                }
                TermKind::MemberWithKey(key, value, collection) => {
                    let kind = ExprKind::SomeIn { key: Some(*key), value: *value, collection: *collection };
                    return self.with_modifiers(start, kind, false);
                }
                TermKind::Var(_) => {}
                _ => {
                    return Err(SyntaxError::new(
                        "expected `x in xs` or `x, y in xs` after `some`",
                        term.span.start,
                    ));
                }
            }
        }
        self.restore(saved);
        let mut names = Vec::new();
        loop {
            match self.peek() {
                Tok::Word(word) if !self.is_keyword(word) => {
                    let word = word.clone();
                    let span = self.bump().span;
                    names.push(Term { span, kind: TermKind::Var(word) });
                }
                _ => return Err(self.unexpected("a variable")),
            }
            if !self.eat(",") {
                break;
            }
        }
        if matches!(self.peek(), Tok::Word(word) if word == "in")
            && !self.is_keyword("in")
            && !self.nth(0).newline
        {
            return Err(self.unexpected("a line break").help("`in` needs `import rego.v1`"));
        }
        Ok(Expr { span: self.since(start), negated: false, kind: ExprKind::Some(names), with: Vec::new() })
    }

    fn every(&mut self, start: Place) -> Parsed<Expr> {
        self.bump();
        let place = self.here();
        let term = self.term_infix()?;
        let (key, value, domain) = match term.kind {
            TermKind::Infix(crate::rego::ast::Op::In, value, domain) => (None, *value, *domain),
            TermKind::MemberWithKey(key, value, domain) => (Some(*key), *value, *domain),
            _ => return Err(SyntaxError::new("expected `x in xs { ... }` after `every`", place)),
        };
        for name in key.iter().chain([&value]) {
            if !matches!(name.kind, TermKind::Var(_)) {
                return Err(SyntaxError::new("expected a variable after `every`", name.span.start));
            }
        }
        let body = self.operand_body()?;
        self.with_modifiers(start, ExprKind::Every { key, value, domain, body }, false)
    }

    /// `a and b or c`, with `and` binding stronger; modifiers belong to the whole.
    fn logical(&mut self) -> Parsed<Expr> {
        let start = self.here();
        let (mut left, mut plain) = self.operand()?;
        if !self.at_logical() {
            return match plain.take() {
                Some(expr) => Ok(expr),
                // A body in braces alone is a term.
                None => Err(SyntaxError::new("expected `and` or `or` after a body", self.here())),
            };
        }
        if plain.is_some_and(|expr| !expr.with.is_empty()) {
            return Err(self.with_on_operand());
        }
        left = self.and_chain(left, start)?;
        while self.at_keyword("or") {
            self.after_operand()?;
            let from = self.here();
            let (right, _) = self.operand()?;
            let right = self.and_chain(right, from)?;
            left = self.joined(true, left, right, start);
        }
        let inner = left.exprs.into_iter().next();
        let Some(Expr { kind, .. }) = inner else { return Err(self.unexpected("an expression")) };
        let with = std::mem::take(&mut self.trailing_with);
        if with.is_empty() {
            return self.with_modifiers(start, kind, false);
        }
        Ok(Expr { span: self.since(start), negated: false, kind, with })
    }

    /// Steps over an operator, before which no modifiers may stand.
    fn after_operand(&mut self) -> Parsed<()> {
        if !self.trailing_with.is_empty() {
            return Err(self.with_on_operand());
        }
        self.bump();
        Ok(())
    }

    fn with_on_operand(&self) -> SyntaxError {
        SyntaxError::new("`with` is not allowed on an operand of `and` or `or`", self.here())
            .help("put the operand into parentheses, or `with` after the whole expression")
    }

    /// Whether an operator stands before.
    fn after_operator(&self) -> bool {
        let before = self.next.checked_sub(1).and_then(|i| self.tokens.get(i));
        before.is_some_and(|token| match &token.tok {
            Tok::Word(word) => matches!(word.as_str(), "and" | "or") && self.is_keyword(word),
            _ => false,
        })
    }

    fn and_chain(&mut self, mut left: Body, start: Place) -> Parsed<Body> {
        while self.at_keyword("and") {
            self.after_operand()?;
            let (right, _) = self.operand()?;
            left = self.joined(false, left, right, start);
        }
        Ok(left)
    }

    fn joined(&self, is_or: bool, left: Body, right: Body, start: Place) -> Body {
        let span = self.since(start);
        let kind = ExprKind::Logical { is_or, left, right };
        Body { span, braces: false, exprs: vec![Expr { span, negated: false, kind, with: Vec::new() }] }
    }

    /// An operand of `and`, `or`: a body in braces, a group in parentheses, or an expression; the last also as itself.
    fn operand(&mut self) -> Parsed<(Body, Option<Expr>)> {
        let start = self.here();
        let after_operator = self.after_operator();
        if self.at("{") {
            let saved = self.save();
            if let Ok(body) = self.operand_body()
                && self.at_logical()
            {
                return Ok((body, None));
            }
            self.restore(saved);
            // After an operator it is a body anyhow.
            if after_operator {
                return Ok((self.operand_body()?, None));
            }
        }
        let negated = self.at_keyword("not") && !self.begins_reference(0);
        let group_at = usize::from(negated);
        if matches!(self.nth(group_at).tok, Tok::Punct("(")) && (!negated || self.not_bodies) {
            let saved = self.save();
            if let Some(body) = self.group(negated)? {
                let body = if negated {
                    let kind = ExprKind::Not(body);
                    let expr = Expr { span: self.since(start), negated: false, kind, with: Vec::new() };
                    Body { span: expr.span, braces: false, exprs: vec![expr] }
                } else {
                    body
                };
                let Some(expr) =
                    body.exprs.first().filter(|_| !after_operator && !self.at_logical()).cloned()
                else {
                    return Ok((body, None));
                };
                if !expr.with.is_empty() {
                    return Ok((body, Some(expr)));
                }
                let expr = self.with_modifiers(start, expr.kind, false)?;
                return Ok((body, Some(expr)));
            }
            self.restore(saved);
        }
        let mut expr = self.plain_literal()?;
        expr.span = self.since(start);
        if after_operator && let Some(first) = expr.with.first() {
            // Modifiers at the end belong to the whole.
            expr.span.end = first.span.start;
            self.trailing_with = std::mem::take(&mut expr.with);
        }
        Ok((Body { span: expr.span, braces: false, exprs: vec![expr.clone()] }, Some(expr)))
    }

    /// `(a or b)`, `({ body })`: nothing where the parentheses hold a term.
    fn group(&mut self, negated: bool) -> Parsed<Option<Body>> {
        self.deeper(|p| {
            if negated {
                p.bump();
            }
            p.bump();
            // Braces alone are a value here, as parentheses hold no body.
            let body = match p.logical() {
                Ok(expr) => {
                    let is_group = matches!(expr.kind, ExprKind::Logical { .. } | ExprKind::Not(_));
                    let scopes = !expr.with.is_empty();
                    let body = Body { span: expr.span, braces: false, exprs: vec![expr] };
                    (is_group || scopes).then_some(body)
                }
                Err(_) => None,
            };
            Ok(if p.eat(")") { body } else { None })
        })
    }
}
