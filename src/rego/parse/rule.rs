//! Rules: heads, bodies, `else`.

use super::{Parsed, Parser, head_parts};
use crate::rego::SyntaxError;
use crate::rego::ast::{Body, Else, Expr, ExprKind, Head, Place, Rule, Term, TermKind, Version};
use crate::rego::lex::Tok;

impl Parser {
    /// A rule, and the bodies chained to it.
    pub(super) fn rules(&mut self, rules: &mut Vec<Rule>) -> Parsed<()> {
        let start = self.here();
        let is_default = self.at_keyword("default") && !self.begins_reference(0);
        if is_default {
            self.bump();
        }
        let head = self.head(is_default)?;
        let mut rule =
            Rule { span: self.since(start), is_default, head, body: None, elses: Vec::new(), chained: false };
        if is_default {
            default_rule(&rule)?;
            rule.span = self.since(start);
            rules.push(rule);
            return Ok(());
        }
        if !self.begins_reference(0) && self.eat_keyword("if") {
            rule.head.has_if = true;
            rule.body = Some(self.if_body()?);
        } else if self.at("{") {
            if self.version == Version::V1 {
                return Err(self
                    .unexpected("`if` before the body of a rule")
                    .help("write `if {`; where the module is of the time before OPA 1.0, say so (`--v0-compatible`)"));
            }
            rule.body = Some(self.braced_body()?);
        }
        while self.at_keyword("else") && !self.begins_reference(0) {
            rule.elses.push(self.else_branch()?);
        }
        rule.span = self.since(start);
        self.well_formed(&rule)?;
        let chainable = rule.elses.is_empty() && rule.body.as_ref().is_some_and(|body| body.braces);
        let head = rule.head.clone();
        rules.push(rule);
        while chainable && self.at("{") {
            let start = self.here();
            let body = self.braced_body()?;
            rules.push(Rule {
                span: self.since(start),
                is_default: false,
                head: head.clone(),
                body: Some(body),
                elses: Vec::new(),
                chained: true,
            });
        }
        let next = self.nth(0);
        if !next.newline && !matches!(next.tok, Tok::End | Tok::Punct(";")) {
            return Err(self.unexpected("a line break after the rule"));
        }
        Ok(())
    }

    /// What OPA asks of a rule beyond its grammar.
    fn well_formed(&self, rule: &Rule) -> Parsed<()> {
        let head = &rule.head;
        let place = head.span.start;
        if let Some(branch) = rule.elses.first() {
            if head.key.is_some() {
                return Err(SyntaxError::new(
                    "`else` cannot follow a rule with `contains`",
                    branch.span.start,
                ));
            }
            if head.reference.iter().skip(1).any(|part| part.name().is_none() && !is_ground(part)) {
                return Err(SyntaxError::new(
                    "`else` cannot follow a rule with variables in its head",
                    branch.span.start,
                ));
            }
        }
        let is_bare = rule.body.is_none() && rule.elses.is_empty();
        let says_nothing = head.value.is_none() && head.key.is_none();
        if is_bare && says_nothing {
            // `f(x)` alone is true; in v0 `p[x]` alone was a set and `p.q.r` alone true.
            let is_function = head.args.as_ref().is_some_and(|args| !args.is_empty());
            let is_v0_path = self.version == Version::V0 && head.reference.len() >= 2 && head.args.is_none();
            if !is_function && !is_v0_path {
                return Err(SyntaxError::new("expected a value or body of the rule, found neither", place)
                    .help("write `:= <value>`, `contains <value>` or `if { ... }`"));
            }
        }
        Ok(())
    }

    fn head(&mut self, is_default: bool) -> Parsed<Head> {
        let start = self.here();
        match self.peek() {
            Tok::Word(word) if self.is_keyword(word) && !self.begins_reference(0) && word != "contains" => {
                let word = word.clone();
                return Err(SyntaxError::new(format!("the keyword `{word}` cannot begin a rule"), start)
                    .help("a module has a package, imports and rules"));
            }
            Tok::Word(_) => {}
            _ => return Err(self.unexpected("a rule")),
        }
        let word = self.bump();
        let Tok::Word(name) = word.tok else { return Err(self.unexpected("a rule")) };
        let mut term = Term { span: word.span, kind: TermKind::Var(name) };
        term = self.reference(term, true)?;
        let (term, args) = match term.kind {
            TermKind::Call(function, args) => (*function, Some(args)),
            _ => (term, None),
        };
        let place = term.span.start;
        let Some(reference) = head_parts(term) else {
            return Err(SyntaxError::new("expected the name of a rule", place));
        };
        let mut head = Head {
            span: self.since(start),
            reference,
            args,
            key: None,
            value: None,
            assigned: false,
            has_if: false,
        };
        if self.at_keyword("contains") && !is_default {
            self.bump();
            if head.args.is_some() {
                return Err(SyntaxError::new("a function cannot have `contains`", start));
            }
            head.key = Some(self.term_infix()?);
        } else if self.eat(":=") {
            head.assigned = true;
            head.value = Some(self.term_infix()?);
        } else if self.eat("=") {
            head.value = Some(self.term_infix()?);
        }
        head.span = self.since(start);
        Ok(head)
    }

    fn braced_body(&mut self) -> Parsed<Body> {
        let start = self.here();
        self.expect("{")?;
        let exprs = self.exprs(&Tok::Punct("}"))?;
        self.expect("}")?;
        Ok(Body { span: self.since(start), braces: true, exprs })
    }

    /// What follows `if`: one expression, or a body in braces.
    ///
    /// A brace may also begin an expression such as `{1, 2}[x] == 1`; a set alone is none, as it is always true.
    fn if_body(&mut self) -> Parsed<Body> {
        let start = self.here();
        if !self.at("{") {
            let expr = self.literal()?;
            return Ok(Body { span: self.since(start), braces: false, exprs: vec![expr] });
        }
        let saved = self.save();
        let as_literal = self.literal();
        if let Ok(expr) = as_literal
            && !is_set(&expr)
            && (self.nth(0).newline
                || matches!(self.peek(), Tok::End | Tok::Punct(";"))
                || self.at_keyword("else"))
        {
            return Ok(Body { span: self.since(start), braces: false, exprs: vec![expr] });
        }
        self.restore(saved);
        self.braced_body()
    }

    fn else_branch(&mut self) -> Parsed<Else> {
        let start = self.here();
        self.bump();
        let mut branch =
            Else { span: self.since(start), value: None, assigned: false, has_if: false, body: None };
        if self.at(":=") || self.at("=") {
            branch.assigned = self.at(":=");
            self.bump();
            branch.value = Some(self.term_infix()?);
        }
        if self.eat_keyword("if") {
            branch.has_if = true;
            branch.body = Some(if self.at("{") {
                self.braced_body()?
            } else {
                let start = self.here();
                let expr = self.literal()?;
                Body { span: self.since(start), braces: false, exprs: vec![expr] }
            });
        } else if self.at("{") {
            if self.version == Version::V1 {
                return Err(self.unexpected("`if` before the body of `else`"));
            }
            branch.body = Some(self.braced_body()?);
        } else if branch.value.is_none() {
            return Err(self.unexpected("a value or body after `else`"));
        }
        branch.span = self.since(start);
        Ok(branch)
    }
}

fn default_rule(rule: &Rule) -> Parsed<()> {
    let place = rule.head.span.start;
    let error = |message: &str, place: Place| Err(SyntaxError::new(message.to_owned(), place));
    let Some(value) = &rule.head.value else { return error("a default rule must have a value", place) };
    if !is_constant(value) {
        return error("the value of a default rule must be a constant or a comprehension", value.span.start);
    }
    let mut seen: Vec<&str> = Vec::new();
    for arg in rule.head.args.iter().flatten() {
        match arg.as_var() {
            Some("_") => {}
            Some(name) if !seen.contains(&name) => seen.push(name),
            Some(_) => return error("the parameters of a default function must differ", arg.span.start),
            None => return error("the parameters of a default function must be variables", arg.span.start),
        }
    }
    Ok(())
}

/// Whether a default may have this value: no variables, references or calls outside of comprehensions.
fn is_constant(term: &Term) -> bool {
    match &term.bare().kind {
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => true,
        TermKind::Array(items) | TermKind::Set(items) => items.iter().all(is_constant),
        TermKind::Object(items) => items.iter().all(|(key, value)| is_constant(key) && is_constant(value)),
        TermKind::ArrayComprehension(..)
        | TermKind::SetComprehension(..)
        | TermKind::ObjectComprehension(..) => true,
        _ => false,
    }
}

fn is_ground(part: &crate::rego::ast::Part) -> bool {
    match &part.kind {
        crate::rego::ast::PartKind::Dot(_) => true,
        crate::rego::ast::PartKind::Bracket(term) => is_constant(term),
    }
}

fn is_set(expr: &Expr) -> bool {
    !expr.negated && matches!(&expr.kind, ExprKind::Term(term) if matches!(term.kind, TermKind::Set(_)))
}
