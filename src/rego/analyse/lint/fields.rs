//! References into the input and into `data` that lead nowhere.

use serde_json::Value;

use super::super::flow::Shapes;
use super::super::index::{Entry, Index};
use super::super::shape::Shape;
use super::super::walk::{self, Visit};
use crate::rego::ast::{Expr, Span, Term, TermKind};
use crate::suggest::remedy;

pub(super) fn check(index: &Index<'_>, shapes: &Shapes<'_, '_>) {
    shapes.unknown_fields();
    for entry in index.judged().filter(|entry| entry.source.is_gate()) {
        walk::rule(&mut Data { index, entry }, entry.rule);
    }
    for source in index.judged_sources().filter(|source| source.is_gate()) {
        for import in &source.module.imports {
            if import.path.first().is_some_and(|root| root == "data") {
                let names: Vec<&str> = import.path.iter().map(String::as_str).collect();
                if let Some((number, known)) = leads_nowhere(index, &names) {
                    say(index, source, import.span, &names, number, &known);
                }
            } else if import.path.first().is_some_and(|root| root == "input") && !source.is_test() {
                let mut shape = Shape::root(&index.context.gate_schema);
                for (number, name) in import.path.iter().enumerate().skip(1) {
                    match shape.field(name) {
                        Ok(next) => shape = next,
                        Err(known) => {
                            let known: Vec<&str> = known.iter().map(String::as_str).collect();
                            let shown = import.path.get(..=number).unwrap_or_default().join(".");
                            let message = format!("`{shown}` does not exist");
                            index.say(
                                source,
                                "unknown-input-field",
                                import.span,
                                message,
                                remedy(name, &known),
                            );
                            break;
                        }
                    }
                }
            }
        }
    }
}

fn say(
    index: &Index<'_>,
    source: &super::super::Source,
    span: Span,
    names: &[&str],
    number: usize,
    known: &[String],
) {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let shown = names.get(..=number).unwrap_or_default().join(".");
    let wrong = names.get(number).copied().unwrap_or_default();
    let help =
        if known.is_empty() { "the value before it has no fields".to_owned() } else { remedy(wrong, &known) };
    index.say(source, "unknown-data-path", span, format!("`{shown}` does not exist"), help);
}

/// The first name of a path below `data` that nothing defines, and the names there are.
fn leads_nowhere(index: &Index<'_>, names: &[&str]) -> Option<(usize, Vec<String>)> {
    let mut value = Some(&index.context.data);
    for (number, name) in names.iter().enumerate().skip(1) {
        let prefix = names.get(..=number)?.join(".");
        if index.by_path.contains_key(&prefix) {
            return None;
        }
        let is_above = |path: &[String]| {
            path.iter().zip(names.iter().take(number + 1)).all(|(a, b)| a == b) && path.len() > number
        };
        let is_package = index.packages.iter().any(|package| is_above(package));
        let is_rule = index.entries.iter().any(|entry| is_above(&entry.path));
        let below = value.and_then(|value| value.get(*name));
        if below.is_none() && !is_package && !is_rule {
            // What is not below `gate` may be given when it is evaluated, unless its package is known.
            let above: Vec<String> = names.iter().take(number).map(|name| (*name).to_owned()).collect();
            let is_closed = names.get(1) == Some(&"gate") || index.packages.contains(&above);
            if number == 1 || !is_closed || value.is_some_and(|value| !value.is_object() && !value.is_null())
            {
                return None;
            }
            let mut known: Vec<String> = value
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(|fields| fields.keys().cloned())
                .collect();
            let paths = index.packages.iter().chain(index.entries.iter().map(|entry| &entry.path));
            known.extend(
                paths.filter(|path| path.starts_with(&above)).filter_map(|path| path.get(number).cloned()),
            );
            known.sort();
            known.dedup();
            known.retain(|name| !name.starts_with("test_"));
            return Some((number, known));
        }
        value = below;
        if value.is_some_and(|value| !value.is_object()) {
            return None;
        }
    }
    None
}

struct Data<'i, 'a> {
    index: &'i Index<'a>,
    entry: &'i Entry<'a>,
}

impl<'t> Visit<'t> for Data<'_, '_> {
    fn term(&mut self, term: &'t Term) {
        if let TermKind::Call(_, args) = &term.kind {
            // An unknown function has a lint of its own.
            return args.iter().for_each(|arg| self.term(arg));
        }
        walk::into_term(self, term);
        if matches!(term.kind, TermKind::Ref(..))
            && let Some(path) = self.index.path_of(self.entry, term)
            && path.first().is_some_and(|root| root == "data")
        {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            if let Some((number, known)) = leads_nowhere(self.index, &names) {
                say(self.index, self.entry.source, term.span, &names, number, &known);
            }
        }
    }

    /// `with input as {...}` must hold what the schema knows.
    fn expr(&mut self, expr: &'t Expr) {
        for with in &expr.with {
            let target = with.target.fixed_path().unwrap_or_default();
            if target.first() != Some(&"input") || !self.entry.source.is_gate() {
                continue;
            }
            let mut shape = Shape::root(&self.index.context.gate_schema);
            for name in target.iter().skip(1) {
                shape = shape.field(name).unwrap_or(Shape::Any);
            }
            self.literal(&with.value, &shape);
        }
        walk::into_expr(self, expr);
    }
}

impl Data<'_, '_> {
    fn literal(&self, term: &Term, shape: &Shape<'_>) {
        match &term.bare().kind {
            TermKind::Object(items) => {
                for (key, value) in items {
                    let TermKind::String(name) = &key.kind else { continue };
                    match shape.field(name) {
                        Ok(next) => self.literal(value, &next),
                        Err(known) => {
                            let known: Vec<&str> = known.iter().map(String::as_str).collect();
                            let message = format!("the input has no field `{name}` here");
                            let help = if known.is_empty() { String::new() } else { remedy(name, &known) };
                            self.index.say(self.entry.source, "unknown-input-field", key.span, message, help);
                        }
                    }
                }
            }
            TermKind::Array(items) => items.iter().for_each(|item| self.literal(item, &shape.item())),
            _ => {}
        }
    }
}
