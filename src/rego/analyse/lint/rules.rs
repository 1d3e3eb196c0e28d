//! Rules together: contradicting definitions, recursion, metadata.

use std::collections::{BTreeMap, BTreeSet};

use super::super::index::{Callee, Entry, Index};
use super::super::walk::{self, Visit};
use crate::rego::annotation::Chains;
use crate::rego::ast::{Rule, Term, TermKind};

pub(super) fn check(index: &Index<'_>) {
    conflicts(index);
    recursion(index);
    metadata(index);
}

/// What kind of definition a rule is.
fn shape_of(rule: &Rule) -> &'static str {
    match () {
        () if rule.head.args.is_some() => "a function",
        () if rule.head.key.is_some() => "a set",
        () => "a value",
    }
}

fn conflicts(index: &Index<'_>) {
    const CODE: &str = "conflicting-rules";
    for (path, entries) in &index.groups() {
        let Some((first, rest)) = entries.split_first() else { continue };
        for entry in rest {
            if let Some(message) = contradiction(first, entry) {
                index.say_of(entry, CODE, message, "give one of them another name");
            }
        }
        let mut defaults = entries.iter().filter(|entry| entry.rule.is_default && entry.is_fixed);
        if let (Some(first), Some(second)) = (defaults.next(), defaults.next()) {
            let message =
                format!("`{}` has a default already in line {}", name_of(first), first.rule.span.start.line);
            index.say(second.source, CODE, second.rule.span, message, "keep one");
        }
        if let Some(entry) = entries.iter().find(|entry| entry.is_fixed)
            && let Some(message) = not_a_leaf(index, path, entry)
        {
            index.say_of(entry, CODE, message, "rename one of them");
        }
    }
}

fn name_of<'e>(entry: &'e Entry<'_>) -> &'e str {
    entry.path.last().map(String::as_str).unwrap_or_default()
}

/// How two definitions of one name contradict each other.
fn contradiction(first: &Entry<'_>, entry: &Entry<'_>) -> Option<String> {
    let is_v0_set = |entry: &Entry<'_>| !entry.is_fixed && entry.rule.head.key.is_none();
    let arity = |entry: &Entry<'_>| entry.rule.head.args.as_ref().map(Vec::len);
    let (a, b) = (shape_of(first.rule), shape_of(entry.rule));
    let (name, line) = (name_of(first), first.rule.span.start.line);
    if a != b {
        let differ = !is_v0_set(first) && !is_v0_set(entry);
        return differ.then(|| format!("`{name}` is {b} here and {a} in line {line}"));
    }
    match (arity(first), arity(entry)) {
        (Some(a), Some(b)) if a != b => Some(format!("`{name}` takes {b} here and {a} in line {line}")),
        _ => None,
    }
}

/// A value cannot have rules below it, nor be a package.
fn not_a_leaf(index: &Index<'_>, path: &str, entry: &Entry<'_>) -> Option<String> {
    let below = index.entries.iter().find(|other| {
        other.path.len() > entry.path.len()
            && other.path.starts_with(&entry.path)
            && !same_package_deeper(entry, other)
    });
    if let Some(other) = below {
        return Some(format!("`{path}` is a value and has `{}` below it", other.path.join(".")));
    }
    let is_package = index.packages.iter().any(|package| package.starts_with(&entry.path));
    is_package.then(|| format!("`{path}` is a rule and a package"))
}

/// Rules of packages below are told of as packages.
fn same_package_deeper(entry: &Entry<'_>, other: &Entry<'_>) -> bool {
    other.source.module.package.path.len() > entry.source.module.package.path.len()
}

/// What a rule refers to.
struct Uses<'i, 'a> {
    index: &'i Index<'a>,
    entry: &'i Entry<'a>,
    found: BTreeSet<String>,
}

impl Uses<'_, '_> {
    /// The longest beginning of a path that is a rule.
    fn rule(&mut self, path: &[String]) {
        for length in (2..=path.len()).rev() {
            let name = path.get(..length).unwrap_or_default().join(".");
            if self.index.by_path.contains_key(&name) {
                self.found.insert(name);
                return;
            }
        }
        // A package or a part of a general rule: all below it.
        for other in &self.index.entries {
            if other.path.len() > path.len() && other.path.starts_with(path) {
                self.found.insert(other.path.join("."));
            }
        }
    }
}

impl<'t> Visit<'t> for Uses<'_, '_> {
    fn term(&mut self, term: &'t Term) {
        match &term.kind {
            TermKind::Call(function, args) => {
                if let Callee::User(path) = self.index.callee(self.entry.source, function) {
                    self.found.insert(path.to_string());
                }
                args.iter().for_each(|arg| self.term(arg));
            }
            TermKind::Var(_) | TermKind::Ref(..) => {
                if let Some(path) = self.index.path_of(self.entry, term)
                    && path.first().is_some_and(|root| root == "data")
                    && path.len() > 1
                {
                    self.rule(&path);
                }
                if let TermKind::Ref(head, _) = &term.kind {
                    if self.index.path_of(self.entry, head).is_none() {
                        self.term(head);
                    }
                    walk::for_children(term, |child| match child {
                        walk::Child::Term(inner) if !std::ptr::eq(inner, &**head) => self.term(inner),
                        _ => {}
                    });
                }
            }
            _ => walk::into_term(self, term),
        }
    }

    fn expr(&mut self, expr: &'t crate::rego::ast::Expr) {
        // What is replaced is not evaluated.
        let kept = self.found.clone();
        walk::into_expr(self, expr);
        for with in &expr.with {
            if let Some(path) = self.index.path_of(self.entry, &with.target) {
                let replaced = path.join(".");
                self.found.retain(|name| *name != replaced || kept.contains(name));
            }
        }
    }
}

/// What each rule refers to, by path.
pub(super) fn graph(index: &Index<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in &index.entries {
        let mut uses = Uses { index, entry, found: BTreeSet::new() };
        walk::rule(&mut uses, entry.rule);
        graph.entry(entry.path.join(".")).or_default().append(&mut uses.found);
    }
    graph
}

fn recursion(index: &Index<'_>) {
    let graph = graph(index);
    let none = BTreeSet::new();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in graph.keys() {
        let mut open: Vec<(&str, std::collections::btree_set::Iter<'_, String>)> = Vec::new();
        let mut next = Some(start.as_str());
        loop {
            if let Some(name) = next.take().filter(|name| done.insert(name)) {
                open.push((name, graph.get(name).unwrap_or(&none).iter()));
            }
            let Some((_, callees)) = open.last_mut() else { break };
            match callees.next() {
                Some(callee) => match open.iter().position(|(name, _)| name == callee) {
                    Some(from) => {
                        let mut circle: Vec<&str> = open
                            .iter()
                            .skip(from)
                            .map(|(name, _)| name.rsplit('.').next().unwrap_or(name))
                            .collect();
                        circle.extend(callee.rsplit('.').next());
                        if let Some(entry) = index
                            .by_path
                            .get(callee)
                            .and_then(|n| n.first())
                            .and_then(|n| index.entries.get(*n))
                        {
                            let name = callee.rsplit('.').next().unwrap_or(callee);
                            let message = format!("`{name}` depends on itself: {}", circle.join(" -> "));
                            let help =
                                "rego has no recursion: use a comprehension, `walk` or `graph.reachable`";
                            index.say_of(entry, "recursion", message, help);
                        }
                    }
                    None => next = Some(callee),
                },
                None => {
                    open.pop();
                }
            }
        }
    }
}

fn metadata(index: &Index<'_>) {
    for source in index.judged_sources() {
        for error in &source.annotations.errors {
            let line =
                source.text.lines().nth(error.place.line.saturating_sub(1) as usize).unwrap_or_default();
            let length = line.chars().count() as u32;
            let mut end = error.place;
            end.column = length + 1;
            let span = crate::rego::ast::Span { start: error.place, end };
            index.say(source, "metadata-invalid", span, error.message.clone(), "");
        }
    }
    let chains = Chains::of(index.sources.iter().map(|source| (&source.module, &source.annotations)));
    for (module, error) in &chains.errors {
        if let Some(source) = index.sources.get(*module) {
            let span = crate::rego::ast::Span { start: error.place, end: error.place };
            index.say(source, "metadata-invalid", span, error.message.clone(), "keep one of them");
        }
    }
}
