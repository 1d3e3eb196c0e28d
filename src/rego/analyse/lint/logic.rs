//! Conditions that are always or never true.

use std::collections::HashMap;

use super::super::flow::Shapes;
use super::super::index::{Entry, Index};
use super::super::shape::Shape;
use super::super::walk::{self, Visit};
use crate::rego::ast::{Body, Expr, ExprKind, Op, Term, TermKind};

pub(super) fn check(index: &Index<'_>, shapes: &Shapes<'_, '_>) {
    for (number, entry) in index.entries.iter().enumerate() {
        if entry.source.is_known {
            continue;
        }
        let mut logic = Logic { index, shapes, entry, number, is_top: true };
        if let Some(body) = &entry.rule.body {
            logic.body(body);
        }
        logic.is_top = false;
        walk::head(&mut logic, entry.rule);
        branches(index, entry);
    }
}

/// Branches after one that always holds.
fn branches(index: &Index<'_>, entry: &Entry<'_>) {
    let is_always = |body: Option<&Body>| {
        body.is_none_or(|body| {
            body.exprs.iter().all(|e| {
                !e.negated
                    && matches!(&e.kind, ExprKind::Term(t) if matches!(t.bare().kind, TermKind::Bool(true)))
            })
        })
    };
    let mut always = is_always(entry.rule.body.as_ref());
    let has_literal_args = entry.rule.head.args.iter().flatten().any(|arg| arg.as_var().is_none());
    for branch in &entry.rule.elses {
        if always && !has_literal_args {
            let message = "this `else` is never reached: what is before it always holds".to_owned();
            index.say(
                entry.source,
                "unreachable-else",
                branch.span,
                message,
                "remove it, or give the body before it a condition",
            );
            return;
        }
        always = is_always(branch.body.as_ref());
    }
}

struct Logic<'i, 'a> {
    index: &'i Index<'a>,
    shapes: &'i Shapes<'i, 'a>,
    entry: &'i Entry<'a>,
    number: usize,
    is_top: bool,
}

/// Between which numbers a value must be.
#[derive(Clone, Copy)]
struct Range {
    least: f64,
    least_open: bool,
    most: f64,
    most_open: bool,
}

impl Range {
    fn is_empty(self) -> bool {
        self.least > self.most || (self.least >= self.most && (self.least_open || self.most_open))
    }

    fn narrow(&mut self, op: Op, to: f64) {
        let (mut least, mut most) = (None, None);
        match op {
            Op::Less => most = Some(true),
            Op::LessOrEqual => most = Some(false),
            Op::Greater => least = Some(true),
            Op::GreaterOrEqual => least = Some(false),
            Op::Equal => (least, most) = (Some(false), Some(false)),
            _ => {}
        }
        if let Some(open) = least
            && (to > self.least || (to >= self.least && open))
        {
            (self.least, self.least_open) = (to, open);
        }
        if let Some(open) = most
            && (to < self.most || (to <= self.most && open))
        {
            (self.most, self.most_open) = (to, open);
        }
    }
}

fn number(term: &Term) -> Option<f64> {
    match &term.bare().kind {
        TermKind::Number(text) => text.parse().ok(),
        TermKind::Minus(inner) => number(inner).map(|n| -n),
        _ => None,
    }
}

fn flipped(op: Op) -> Op {
    match op {
        Op::Less => Op::Greater,
        Op::LessOrEqual => Op::GreaterOrEqual,
        Op::Greater => Op::Less,
        Op::GreaterOrEqual => Op::LessOrEqual,
        other => other,
    }
}

/// A comparison of a fixed reference or variable with a constant: what, how, with what.
fn comparison(expr: &Expr) -> Option<(&Term, Op, &Term)> {
    if expr.negated || !expr.with.is_empty() {
        return None;
    }
    let (op, left, right) = match &expr.kind {
        ExprKind::Term(term) => match &term.bare().kind {
            TermKind::Infix(op, left, right) => (*op, &**left, &**right),
            _ => return None,
        },
        ExprKind::Unify(left, right) => (Op::Equal, left, right),
        _ => return None,
    };
    match (is_place(left), is_constant(right), is_constant(left), is_place(right)) {
        (true, true, _, _) => Some((left, op, right)),
        (_, _, true, true) => Some((right, flipped(op), left)),
        _ => None,
    }
}

fn is_constant(term: &Term) -> bool {
    number(term).is_some()
        || matches!(
            term.bare().kind,
            TermKind::String(_) | TermKind::Bool(_) | TermKind::Null | TermKind::Number(_)
        )
}

/// Always the same value: no index that changes.
fn is_place(term: &Term) -> bool {
    term.fixed_path().is_some_and(|path| path != ["_"])
        || match &term.bare().kind {
            TermKind::Ref(head, parts) => {
                head.fixed_path().is_some()
                    && parts.iter().all(|part| match &part.kind {
                        crate::rego::ast::PartKind::Dot(_) => true,
                        crate::rego::ast::PartKind::Bracket(index) => {
                            !matches!(index.bare().kind, TermKind::Var(ref name) if name == "_")
                                && (is_constant(index) || index.as_var().is_some())
                        }
                    })
            }
            _ => false,
        }
}

impl Logic<'_, '_> {
    fn say(&self, code: &'static str, span: crate::rego::ast::Span, message: String, help: &str) {
        self.index.say(self.entry.source, code, span, message, help);
    }

    fn contradictions(&self, body: &Body) {
        let text = &self.entry.source.text;
        let mut ranges: HashMap<&str, Range> = HashMap::new();
        let mut equal: HashMap<&str, &Term> = HashMap::new();
        for expr in &body.exprs {
            let Some((place, op, constant)) = comparison(expr) else { continue };
            let name = place.bare().span.of(text);
            if let Some(value) = number(constant) {
                let range = ranges.entry(name).or_insert(Range {
                    least: f64::NEG_INFINITY,
                    least_open: false,
                    most: f64::INFINITY,
                    most_open: false,
                });
                let before = range.is_empty();
                range.narrow(op, value);
                if range.is_empty() && !before {
                    let message = format!("`{name}` cannot be all that this body asks of it");
                    self.say(
                        "always-false",
                        expr.span,
                        message,
                        "the rule never says anything: mend one of the comparisons",
                    );
                    continue;
                }
            }
            let here = constant.bare().span.of(text);
            match (op, equal.get(name)) {
                (Op::Equal, Some(other)) if number(constant).is_none() || number(other).is_none() => {
                    let before = other.bare().span.of(text);
                    if before != here {
                        let message = format!("`{name}` cannot be {before} and {here}");
                        self.say(
                            "always-false",
                            expr.span,
                            message,
                            "the rule never says anything: for one of several, write `in`",
                        );
                    }
                }
                (Op::Equal, None) => {
                    equal.insert(name, constant);
                }
                (Op::NotEqual, Some(other)) if other.bare().span.of(text) == here => {
                    let message = format!("`{name}` cannot be {here} and something else");
                    self.say("always-false", expr.span, message, "mend one of the comparisons");
                }
                _ => {}
            }
        }
    }

    fn constant(&self, expr: &Expr, alone: bool) {
        let ExprKind::Term(term) = &expr.kind else { return };
        let holds = match &term.bare().kind {
            TermKind::Bool(value) => *value,
            TermKind::String(_)
            | TermKind::Number(_)
            | TermKind::Null
            | TermKind::Array(_)
            | TermKind::Set(_)
            | TermKind::Object(_)
            | TermKind::ArrayComprehension(..)
            | TermKind::SetComprehension(..)
            | TermKind::ObjectComprehension(..) => true,
            TermKind::Infix(op, left, right) if is_constant(left) && is_constant(right) => {
                match (op, number(left), number(right)) {
                    (Op::Less, Some(a), Some(b)) => a < b,
                    (Op::LessOrEqual, Some(a), Some(b)) => a <= b,
                    (Op::Greater, Some(a), Some(b)) => a > b,
                    (Op::GreaterOrEqual, Some(a), Some(b)) => a >= b,
                    (Op::Equal, Some(a), Some(b)) => (a - b).abs() == 0.0,
                    (Op::NotEqual, Some(a), Some(b)) => (a - b).abs() != 0.0,
                    _ => {
                        let text = &self.entry.source.text;
                        let same = left.bare().span.of(text) == right.bare().span.of(text);
                        match op {
                            Op::Equal => same,
                            Op::NotEqual => !same,
                            _ => return,
                        }
                    }
                }
            }
            _ => return,
        };
        match (holds != expr.negated, alone) {
            (false, _) => self.say(
                "always-false",
                expr.span,
                "this is never true".to_owned(),
                "the rule never says anything: remove it, or mend the condition",
            ),
            (true, false) => self.say(
                "always-true",
                expr.span,
                "this is always true".to_owned(),
                "remove it, or mend the condition",
            ),
            (true, true) => {}
        }
    }

    /// `not` of a rule that says nothing but `not`.
    fn twice(&self, term: &Term, expr: &Expr) {
        let Some(path) = self.index.path_of(self.entry, term).filter(|path| path.len() > 1) else { return };
        let Some([only]) = self.index.by_path.get(&path.join(".")).map(Vec::as_slice) else { return };
        let Some(rule) = self.index.entries.get(*only).map(|entry| entry.rule) else { return };
        let is_not =
            rule.body.as_ref().is_some_and(|body| matches!(body.exprs.as_slice(), [expr] if expr.negated));
        if is_not && rule.elses.is_empty() && rule.head.value.is_none() {
            let shown = term.span.of(&self.entry.source.text);
            let message = format!("`{shown}` is itself a `not`: this negates twice");
            self.say("double-negation", expr.span, message, "ask for what the rule negates");
        }
    }

    /// References inside `not` that the schema lets be absent.
    fn negated(&self, expr: &Expr) {
        let ExprKind::Term(term) = &expr.kind else { return };
        self.twice(term, expr);
        // `not input.x` alone asks whether it is there, which is what it is for.
        let parts: Vec<&Term> = match &term.bare().kind {
            TermKind::Call(_, args) => args.iter().collect(),
            TermKind::Infix(Op::In, left, _) => vec![left],
            TermKind::Infix(_, left, right) => vec![left, right],
            _ => return,
        };
        for part in parts {
            if let TermKind::Ref(..) = &part.bare().kind
                && let Shape::Schema(root, nodes) = self.shapes.shape_in(self.number, part)
                && nodes.iter().any(|node| is_absent(root, self.shapes, self.number, part, node))
            {
                let shown = part.span.of(&self.entry.source.text);
                let message = format!("if `{shown}` is undefined, this whole body is undefined, not true");
                self.say(
                    "not-undefined",
                    part.span,
                    message,
                    "ask for it before, or name the comparison with a rule and negate that",
                );
            }
        }
    }
}

/// Whether the last field of a reference is not required by the schema.
fn is_absent(
    _: &serde_json::Value,
    shapes: &Shapes<'_, '_>,
    number: usize,
    term: &Term,
    _: &serde_json::Value,
) -> bool {
    let TermKind::Ref(head, parts) = &term.bare().kind else { return false };
    let Some((last, before)) = parts.split_last() else { return false };
    let owner = if before.is_empty() {
        (**head).clone()
    } else {
        Term { span: term.span, kind: TermKind::Ref(head.clone(), before.to_vec()) }
    };
    let Some(name) = last.name() else { return false };
    match shapes.shape_in(number, &owner) {
        Shape::Schema(root, nodes) => nodes.iter().any(|node| {
            let node = node
                .get("$ref")
                .and_then(|r| r.as_str())
                .and_then(|r| root.pointer(r.strip_prefix('#')?))
                .unwrap_or(node);
            node.get("properties").and_then(|p| p.get(name)).is_some()
                && !node
                    .get("required")
                    .and_then(|r| r.as_array())
                    .is_some_and(|r| r.iter().any(|n| n.as_str() == Some(name)))
        }),
        _ => false,
    }
}

impl<'t> Visit<'t> for Logic<'_, '_> {
    fn body(&mut self, body: &'t Body) {
        self.is_top = false;
        self.contradictions(body);
        for expr in &body.exprs {
            self.constant(expr, body.exprs.len() == 1);
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &'t Expr) {
        if expr.negated {
            self.negated(expr);
        }
        walk::into_expr(self, expr);
    }
}
