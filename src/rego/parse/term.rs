//! Terms: literals, references, calls, comprehensions, operators.

use super::{Parsed, Parser};
use crate::rego::SyntaxError;
use crate::rego::ast::{Body, ExprKind, Op, Part, PartKind, Place, TemplatePart, Term, TermKind};
use crate::rego::lex::{Piece, Tok};

/// How strongly the weakest operator binds.
const WEAKEST: u8 = 1;

impl Parser {
    /// A term with operators; `key, value in collection` included.
    pub(super) fn term_infix(&mut self) -> Parsed<Term> {
        self.deeper(|p| {
            let start = p.here();
            let first = p.infix(None, WEAKEST + 1, start)?;
            p.membership(first, true, start)
        })
    }

    /// The same in a list, where a comma ends it.
    fn term_in_list(&mut self) -> Parsed<Term> {
        self.deeper(|p| {
            let start = p.here();
            p.infix_from(None, start)
        })
    }

    /// Goes on after a term that was already read, in a list.
    fn infix_from(&mut self, first: Option<Term>, start: Place) -> Parsed<Term> {
        let left = self.infix(first, WEAKEST + 1, start)?;
        self.membership(left, false, start)
    }

    fn membership(&mut self, mut left: Term, with_key: bool, start: Place) -> Parsed<Term> {
        loop {
            if with_key && self.at(",") && self.is_keyword("in") {
                let saved = self.save();
                self.bump();
                let from = self.here();
                if let Ok(value) = self.infix(None, WEAKEST + 1, from)
                    && self.at_in()
                {
                    self.bump();
                    let from = self.here();
                    let collection = self.infix(None, WEAKEST + 1, from)?;
                    let kind = TermKind::MemberWithKey(Box::new(left), Box::new(value), Box::new(collection));
                    left = Term { span: self.since(start), kind };
                    if !self.at_in() {
                        return Ok(left);
                    }
                    continue;
                }
                self.restore(saved);
            }
            if !self.at_in() {
                return Ok(left);
            }
            self.bump();
            let from = self.here();
            let right = self.infix(None, WEAKEST + 1, from)?;
            left = Term {
                span: self.since(start),
                kind: TermKind::Infix(Op::In, Box::new(left), Box::new(right)),
            };
        }
    }

    fn at_in(&self) -> bool {
        self.at_keyword("in") && !self.begins_reference(0)
    }

    fn operator(&self) -> Option<Op> {
        let Tok::Punct(punct) = self.peek() else { return None };
        Some(match *punct {
            "==" => Op::Equal,
            "!=" => Op::NotEqual,
            "<" => Op::Less,
            "<=" => Op::LessOrEqual,
            ">" => Op::Greater,
            ">=" => Op::GreaterOrEqual,
            "|" => Op::Or,
            "&" => Op::And,
            "+" => Op::Plus,
            "-" => Op::Minus,
            "*" => Op::Multiply,
            "/" => Op::Divide,
            "%" => Op::Remainder,
            _ => return None,
        })
    }

    /// Operators that bind at least so strongly, all from left to right.
    fn infix(&mut self, first: Option<Term>, weakest: u8, start: Place) -> Parsed<Term> {
        self.deeper(|p| {
            let mut left = match first {
                Some(term) => term,
                None => p.term()?,
            };
            while let Some(op) = p.operator().filter(|op| op.binding() >= weakest) {
                p.step()?;
                p.bump();
                let from = p.here();
                let right = p.infix(None, op.binding() + 1, from)?;
                left =
                    Term { span: p.since(start), kind: TermKind::Infix(op, Box::new(left), Box::new(right)) };
            }
            Ok(left)
        })
    }

    /// A term without operators.
    pub(super) fn term(&mut self) -> Parsed<Term> {
        self.deeper(|p| {
            let start = p.here();
            if p.at("-") {
                p.bump();
                if p.nth(0).newline {
                    return Err(p.unexpected("a number or reference after `-`"));
                }
                return match p.peek().clone() {
                    Tok::Number(digits) => {
                        p.bump();
                        Ok(Term { span: p.since(start), kind: TermKind::Number(format!("-{digits}")) })
                    }
                    Tok::Punct(".") => p.fraction("-.", start),
                    Tok::Word(word) if !p.is_keyword(&word) || p.begins_reference(0) => {
                        let inner = p.term()?;
                        Ok(Term { span: p.since(start), kind: TermKind::Minus(Box::new(inner)) })
                    }
                    _ => Err(p.unexpected("a number or reference after `-`")),
                };
            }
            let term = p.primary(start)?;
            p.reference(term, false)
        })
    }

    fn fraction(&mut self, sign: &str, start: Place) -> Parsed<Term> {
        self.bump();
        match self.peek().clone() {
            Tok::Number(digits) => {
                self.bump();
                let text = format!("{}0.{digits}", sign.trim_end_matches('.'));
                Ok(Term { span: self.since(start), kind: TermKind::Number(text) })
            }
            _ => Err(self.unexpected("digits after `.`")),
        }
    }

    fn primary(&mut self, start: Place) -> Parsed<Term> {
        let kind = match self.peek().clone() {
            Tok::Number(text) => {
                self.bump();
                TermKind::Number(text)
            }
            Tok::String(text) => {
                self.bump();
                TermKind::String(text)
            }
            Tok::Template(pieces) => {
                self.bump();
                TermKind::Template(self.template(pieces)?)
            }
            Tok::Word(word) => {
                let is_reference = self.begins_reference(0);
                if self.is_keyword(&word) && !is_reference {
                    let constant = match word.as_str() {
                        "null" => TermKind::Null,
                        "true" => TermKind::Bool(true),
                        "false" => TermKind::Bool(false),
                        // Outside of heads it is the builtin function, and a name.
                        "contains" => TermKind::Var(word),
                        // Set operations by name.
                        "and" | "or" if matches!(self.nth(1).tok, Tok::Punct("(")) && !self.nth(1).space => {
                            TermKind::Var(word)
                        }
                        _ => return Err(self.unexpected("a term")),
                    };
                    self.bump();
                    constant
                } else {
                    self.bump();
                    match word.as_str() {
                        "null" | "true" | "false" if !is_reference => return Err(self.unexpected("a term")),
                        _ => TermKind::Var(word),
                    }
                }
            }
            Tok::Punct(".") => return self.fraction(".", start),
            Tok::Punct("(") => {
                self.bump();
                let inner = self.term_infix()?;
                self.expect(")")?;
                TermKind::Paren(Box::new(inner))
            }
            Tok::Punct("[") => self.array()?,
            Tok::Punct("{") => self.set_or_object()?,
            _ => return Err(self.unexpected("a term")),
        };
        Ok(Term { span: self.since(start), kind })
    }

    fn template(&mut self, pieces: Vec<Piece>) -> Parsed<Vec<TemplatePart>> {
        let mut parts = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => parts.push(TemplatePart::Text(text)),
                Piece::Expr(tokens) => {
                    let (outer, next, last) =
                        (std::mem::replace(&mut self.tokens, tokens), self.next, self.last);
                    self.next = 0;
                    let result = self.deeper(|p| {
                        let expr = p.literal()?;
                        if *p.peek() != Tok::End {
                            return Err(p.unexpected("`}` after the expression in the template string"));
                        }
                        Ok(expr)
                    });
                    self.tokens = outer;
                    self.next = next;
                    self.last = last;
                    let expr = result?;
                    if expr.negated || !matches!(expr.kind, ExprKind::Term(_)) {
                        return Err(SyntaxError::new(
                            "only a value can stand in a template string",
                            expr.span.start,
                        ));
                    }
                    parts.push(TemplatePart::Expr(Box::new(expr)));
                }
            }
        }
        Ok(parts)
    }

    /// One part of a reference, at its `.` or `[`.
    pub(super) fn part(&mut self) -> Parsed<Part> {
        let start = self.here();
        if self.eat(".") {
            let next = self.nth(0);
            if next.space {
                return Err(self.unexpected("a name right after `.`"));
            }
            let Tok::Word(name) = next.tok.clone() else { return Err(self.unexpected("a name")) };
            let span = self.bump().span;
            return Ok(Part { span, kind: PartKind::Dot(name) });
        }
        self.expect("[")?;
        let term = self.term_infix()?;
        self.expect("]")?;
        Ok(Part { span: self.since(start), kind: PartKind::Bracket(Box::new(term)) })
    }

    /// Fields, brackets and calls that follow without space; the first of a head may follow after space.
    pub(super) fn reference(&mut self, mut term: Term, is_head: bool) -> Parsed<Term> {
        let start = term.span.start;
        let mut first = true;
        loop {
            let token = self.nth(0);
            let may_follow = !token.space || (is_head && first && !token.newline);
            first = false;
            if !may_follow {
                return Ok(term);
            }
            match token.tok {
                Tok::Punct("." | "[") => {
                    if !matches!(
                        term.kind,
                        TermKind::Var(_)
                            | TermKind::Ref(..)
                            | TermKind::Call(..)
                            | TermKind::Array(_)
                            | TermKind::Set(_)
                            | TermKind::Object(_)
                            | TermKind::ArrayComprehension(..)
                            | TermKind::SetComprehension(..)
                            | TermKind::ObjectComprehension(..)
                            | TermKind::Paren(_)
                    ) {
                        return Err(SyntaxError::new("nothing can be looked up in this", start));
                    }
                    let part = self.part()?;
                    let span = self.since(start);
                    term = match term.kind {
                        TermKind::Ref(head, mut parts) => {
                            parts.push(part);
                            Term { span, kind: TermKind::Ref(head, parts) }
                        }
                        _ => Term { span, kind: TermKind::Ref(Box::new(term), vec![part]) },
                    };
                }
                Tok::Punct("(") if Self::is_reference(&term.kind) => {
                    self.bump();
                    let args = self.list(")", Vec::new())?;
                    let span = self.since(start);
                    let is_set = matches!(&term.kind, TermKind::Var(name) if name == "set");
                    let kind = if is_set && args.is_empty() {
                        TermKind::Set(Vec::new())
                    } else {
                        TermKind::Call(Box::new(term), args)
                    };
                    term = Term { span, kind };
                    if is_head {
                        return Ok(term);
                    }
                }
                _ => return Ok(term),
            }
        }
    }

    /// Terms up to a closing bracket, which is taken.
    fn list(&mut self, end: &'static str, mut items: Vec<Term>) -> Parsed<Vec<Term>> {
        loop {
            if self.eat(end) {
                return Ok(items);
            }
            items.push(self.term_in_list()?);
            if !self.eat(",") {
                self.expect_or_comma(end)?;
                return Ok(items);
            }
        }
    }

    fn expect_or_comma(&mut self, end: &str) -> Parsed<()> {
        if self.eat(end) { Ok(()) } else { Err(self.unexpected(&format!("`,` or `{end}`"))) }
    }

    /// Tries the body of a comprehension after its `|`; goes back where it is none.
    fn comprehension(&mut self, end: &'static str) -> Result<Body, SyntaxError> {
        let saved = self.save();
        self.bump();
        let start = self.here();
        let body = self.exprs(&Tok::Punct(end)).and_then(|exprs| {
            let span = self.since(start);
            self.expect(end)?;
            Ok(Body { span, braces: false, exprs })
        });
        if body.is_err() {
            self.restore(saved);
        }
        body
    }

    fn array(&mut self) -> Parsed<TermKind> {
        self.bump();
        if self.eat("]") {
            return Ok(TermKind::Array(Vec::new()));
        }
        self.eat(",");
        let start = self.here();
        let first = self.term()?;
        if self.at("|") {
            let saved = self.save();
            match self.comprehension("]") {
                Ok(body) => return Ok(TermKind::ArrayComprehension(Box::new(first), body)),
                Err(error) => {
                    self.restore(saved);
                    return self.rest_of_list(first, start, "]", &error).map(TermKind::Array);
                }
            }
        }
        let first = self.infix_from(Some(first), start)?;
        self.after_first(first, "]").map(TermKind::Array)
    }

    /// The list that follows a first term, which turned out not to be the head of a comprehension.
    fn rest_of_list(
        &mut self,
        first: Term,
        start: Place,
        end: &'static str,
        error: &SyntaxError,
    ) -> Parsed<Vec<Term>> {
        let result = self.infix_from(Some(first), start).and_then(|first| self.after_first(first, end));
        // Whichever got further says what is wrong.
        result.map_err(|other| if other.place > error.place { other } else { error.clone() })
    }

    fn after_first(&mut self, first: Term, end: &'static str) -> Parsed<Vec<Term>> {
        if self.eat(",") {
            return self.list(end, vec![first]);
        }
        self.expect_or_comma(end)?;
        Ok(vec![first])
    }

    fn set_or_object(&mut self) -> Parsed<TermKind> {
        self.bump();
        if self.eat("}") {
            return Ok(TermKind::Object(Vec::new()));
        }
        self.eat(",");
        let start = self.here();
        let first = self.term()?;
        if self.at("|") {
            let saved = self.save();
            match self.comprehension("}") {
                Ok(body) => return Ok(TermKind::SetComprehension(Box::new(first), body)),
                Err(error) => {
                    self.restore(saved);
                    // A union may be the first item or key.
                    let first = self.infix_from(Some(first), start).map_err(|_| error.clone())?;
                    if self.at(":") {
                        return self.object(first);
                    }
                    return self
                        .after_first(first, "}")
                        .map(TermKind::Set)
                        .map_err(|other| if other.place > error.place { other } else { error });
                }
            }
        }
        let first = self.infix_from(Some(first), start)?;
        if self.at(":") {
            return self.object(first);
        }
        self.after_first(first, "}").map(TermKind::Set)
    }

    /// An object after its first key.
    fn object(&mut self, key: Term) -> Parsed<TermKind> {
        self.expect(":")?;
        let start = self.here();
        let value = self.term()?;
        let value = if self.at("|") {
            match self.comprehension("}") {
                Ok(body) => return Ok(TermKind::ObjectComprehension(Box::new(key), Box::new(value), body)),
                Err(error) => self.infix_from(Some(value), start).map_err(|_| error)?,
            }
        } else {
            self.infix_from(Some(value), start)?
        };
        let mut items = vec![(key, value)];
        loop {
            if !self.eat(",") {
                self.expect_or_comma("}")?;
                return Ok(TermKind::Object(items));
            }
            if self.eat("}") {
                return Ok(TermKind::Object(items));
            }
            let key = self.term_in_list()?;
            self.expect(":")?;
            let value = self.term_in_list()?;
            items.push((key, value));
        }
    }
}
