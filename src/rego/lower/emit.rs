//! Prints a tree as v1 text, each expression on its line or below.

use std::fmt::Write as _;

use crate::rego::ast::{Body, Expr, ExprKind, Package, Part, PartKind, Place, Rule, Term, TermKind};

/// A module.
pub(super) fn module_text(package: &Package, rules: &[Rule]) -> String {
    let mut out = Printer { text: String::new(), line: 1 };
    out.to(package.span.start);
    out.push("package ");
    for (index, name) in package.path.iter().enumerate() {
        if is_plain(name) {
            if index > 0 {
                out.push(".");
            }
            out.push(name);
        } else {
            out.push("[");
            out.string(name);
            out.push("]");
        }
    }
    for rule in rules {
        out.newline();
        out.to(rule.span.start);
        out.rule(rule);
    }
    out.push("\n");
    out.text
}

/// Expressions of a query.
pub(crate) fn query_text(exprs: &[Expr]) -> String {
    let mut out = Printer { text: String::new(), line: u32::MAX };
    for (index, expr) in exprs.iter().enumerate() {
        if index > 0 {
            out.push("; ");
        }
        out.expr(expr);
    }
    out.text
}

/// A term.
pub(super) fn term_text(term: &Term) -> String {
    let mut out = Printer { text: String::new(), line: u32::MAX };
    out.term(term);
    out.text
}

struct Printer {
    text: String,
    line: u32,
}

/// Whether a name can follow a dot.
fn is_plain(name: &str) -> bool {
    const WORDS: [&str; 15] = [
        "as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null",
        "package", "some", "true", "with",
    ];
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !WORDS.contains(&name)
}

impl Printer {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn newline(&mut self) {
        self.text.push('\n');
        self.line = self.line.saturating_add(1);
    }

    /// Goes down to the line of a place, where it is further down.
    fn to(&mut self, place: Place) {
        while self.line < place.line {
            self.newline();
        }
    }

    fn string(&mut self, text: &str) {
        self.push(&serde_json::Value::String(text.to_owned()).to_string());
    }

    fn rule(&mut self, rule: &Rule) {
        if rule.is_default {
            self.push("default ");
        }
        self.parts(&rule.head.reference, true);
        if let Some(args) = &rule.head.args {
            self.push("(");
            self.terms(args);
            self.push(")");
        }
        if let Some(key) = &rule.head.key {
            self.push(" contains ");
            self.term(key);
        }
        if let Some(value) = &rule.head.value {
            self.push(" := ");
            self.term(value);
        }
        if let Some(body) = &rule.body {
            self.push(" if ");
            self.braced(body);
        }
        for branch in &rule.elses {
            self.push(" else");
            if let Some(value) = &branch.value {
                self.push(" := ");
                self.term(value);
            }
            if let Some(body) = &branch.body {
                self.push(" if ");
                self.braced(body);
            }
        }
    }

    fn parts(&mut self, parts: &[Part], is_head: bool) {
        for (index, part) in parts.iter().enumerate() {
            match &part.kind {
                PartKind::Dot(name) if index == 0 && is_head => self.push(name),
                PartKind::Dot(name) if is_plain(name) => {
                    self.push(".");
                    self.push(name);
                }
                PartKind::Dot(name) => {
                    self.push("[");
                    self.string(name);
                    self.push("]");
                }
                PartKind::Bracket(term) => {
                    self.push("[");
                    self.term(term);
                    self.push("]");
                }
            }
        }
    }

    fn braced(&mut self, body: &Body) {
        self.push("{ ");
        self.exprs(body);
        self.push(" }");
    }

    fn exprs(&mut self, body: &Body) {
        for (index, expr) in body.exprs.iter().enumerate() {
            if index > 0 {
                self.push("; ");
            }
            self.to(expr.span.start);
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if expr.negated {
            self.push("not ");
        }
        match &expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Assign(left, right) => {
                self.term(left);
                self.push(" := ");
                self.term(right);
            }
            ExprKind::Unify(left, right) => {
                self.term(left);
                self.push(" = ");
                self.term(right);
            }
            ExprKind::Some(vars) => {
                self.push("some ");
                self.terms(vars);
            }
            ExprKind::SomeIn { key, value, collection } => {
                self.push("some ");
                if let Some(key) = key {
                    self.term(key);
                    self.push(", ");
                }
                self.term(value);
                self.push(" in ");
                self.term(collection);
            }
            ExprKind::Every { key, value, domain, body } => {
                self.push("every ");
                if let Some(key) = key {
                    self.term(key);
                    self.push(", ");
                }
                self.term(value);
                self.push(" in ");
                self.term(domain);
                self.push(" ");
                self.braced(body);
            }
            ExprKind::Not(_) | ExprKind::Logical { .. } => self.push("false"),
        }
        for with in &expr.with {
            self.push(" with ");
            self.term(&with.target);
            self.push(" as ");
            self.term(&with.value);
        }
    }

    fn terms(&mut self, terms: &[Term]) {
        for (index, term) in terms.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.term(term);
        }
    }

    fn term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Null => self.push("null"),
            TermKind::Bool(value) => self.push(if *value { "true" } else { "false" }),
            TermKind::Number(text) => self.push(text),
            TermKind::String(text) => self.string(text),
            TermKind::Var(name) => self.push(name),
            TermKind::Ref(head, parts) => {
                self.term(head);
                self.parts(parts, false);
            }
            TermKind::Call(function, args) => {
                self.term(function);
                self.push("(");
                self.terms(args);
                self.push(")");
            }
            TermKind::Array(items) => {
                self.push("[");
                self.terms(items);
                self.push("]");
            }
            TermKind::Set(items) if items.is_empty() => self.push("set()"),
            TermKind::Set(items) => {
                self.push("{");
                self.terms(items);
                self.push("}");
            }
            TermKind::Object(items) => {
                self.push("{");
                for (index, (key, value)) in items.iter().enumerate() {
                    if index > 0 {
                        self.push(", ");
                    }
                    self.term(key);
                    self.push(": ");
                    self.term(value);
                }
                self.push("}");
            }
            TermKind::ArrayComprehension(value, body) => {
                self.push("[");
                self.term(value);
                self.push(" | ");
                self.exprs(body);
                self.push("]");
            }
            TermKind::SetComprehension(value, body) => {
                self.push("{");
                self.term(value);
                self.push(" | ");
                self.exprs(body);
                self.push("}");
            }
            TermKind::ObjectComprehension(key, value, body) => {
                self.push("{");
                self.term(key);
                self.push(": ");
                self.term(value);
                self.push(" | ");
                self.exprs(body);
                self.push("}");
            }
            TermKind::Infix(op, left, right) => {
                self.push("(");
                self.term(left);
                let _ = write!(self.text, " {} ", op.text());
                self.term(right);
                self.push(")");
            }
            TermKind::MemberWithKey(key, value, collection) => {
                self.push("(");
                self.term(key);
                self.push(", ");
                self.term(value);
                self.push(" in ");
                self.term(collection);
                self.push(")");
            }
            TermKind::Paren(inner) | TermKind::Minus(inner) => self.term(inner),
            TermKind::Template(_) => self.push("null"),
        }
    }
}
