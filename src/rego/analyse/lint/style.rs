//! Tests, `=` and `:=`, and what v0 lets one leave out.

use super::super::index::{Entry, Index};
use super::super::walk::{self, Visit};
use super::super::{Diagnostic, Fix, Severity};
use crate::rego::ast::{Expr, ExprKind, Span, TermKind, Version};

pub(super) fn check(index: &Index<'_>) {
    for entry in index.judged() {
        tests(index, entry);
        equals(index, entry);
        if entry.source.module.version == Version::V1 {
            walk::rule(&mut Style { index, entry }, entry.rule);
        }
    }
}

fn tests(index: &Index<'_>, entry: &Entry<'_>) {
    let name = entry.rule.head.name();
    if name.starts_with("todo_test_") {
        let message = format!("`{name}` is not run");
        index.say_of(entry, "todo-test", message, "finish it, or remove it");
    }
    if !name.starts_with("test_") || entry.rule.head.args.is_some() || entry.rule.head.key.is_some() {
        return;
    }
    // A value or a table of cases is an assertion of its own.
    if entry.rule.head.value.is_some() || entry.rule.head.reference.len() > 1 {
        return;
    }
    let asserts = |expr: &Expr| match &expr.kind {
        ExprKind::Term(term) => !matches!(term.bare().kind, TermKind::Bool(true)),
        ExprKind::Assign(..) | ExprKind::Some(_) | ExprKind::SomeIn { .. } => false,
        _ => true,
    };
    if !entry.rule.body.as_ref().is_some_and(|body| body.exprs.iter().any(asserts)) {
        let message = format!("`{name}` asserts nothing");
        index.say_of(
            entry,
            "test-without-assertion",
            message,
            "compare what the rule says with what it should",
        );
    }
}

/// `name = value` at the beginning of a rule.
fn equals(index: &Index<'_>, entry: &Entry<'_>) {
    let head = &entry.rule.head;
    if entry.source.module.version == Version::V0 || head.assigned || entry.rule.chained {
        return;
    }
    let Some(value) = &head.value else { return };
    let text = &entry.source.text;
    let (from, to) = (head.reference.last().map_or(head.span.start, |p| p.span.end), value.span.start);
    let between = Span { start: from, end: to };
    let Some(at) = between.of(text).rfind('=') else { return };
    let offset = between.start.offset + at as u32;
    let mut place = between.start;
    for c in between.of(text).get(..at).unwrap_or_default().chars() {
        if c == '\n' {
            place.line += 1;
            place.column = 1;
        } else {
            place.column += 1;
        }
    }
    place.offset = offset;
    let mut end = place;
    end.offset += 1;
    end.column += 1;
    let span = Span { start: place, end };
    index.push(
        entry.source,
        Diagnostic {
            code: "equals-sign",
            severity: Severity::Warning,
            path: entry.source.path.clone(),
            span,
            message: format!("`{}` is assigned with `=`", head.name()),
            help: "write `:=`".to_owned(),
            fix: vec![Fix { span, text: ":=".to_owned() }],
        },
    );
}

struct Style<'i, 'a> {
    index: &'i Index<'a>,
    entry: &'i Entry<'a>,
}

impl<'t> Visit<'t> for Style<'_, '_> {
    fn expr(&mut self, expr: &'t Expr) {
        walk::into_expr(self, expr);
        if let ExprKind::Unify(left, right) = &expr.kind
            && matches!(right.bare().kind, TermKind::String(_) | TermKind::Number(_) | TermKind::Bool(_))
            && matches!(left.bare().kind, TermKind::Ref(..))
            && left.fixed_path().is_some()
        {
            let message = "`=` joins both sides; here only a comparison is meant".to_owned();
            self.index.say(self.entry.source, "equals-sign", expr.span, message, "write `==`");
        }
    }
}
