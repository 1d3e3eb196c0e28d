//! Which rules ask for which: recursion is found before anything is evaluated, and how deep calls can go.
//!
//! Reads lowered rules, in which names are resolved: a variable that is named like a rule of its package is that rule.
//! Rules are told apart as OPA does, by the constant parts of their heads; a part that is only known later may be any.

use std::collections::{BTreeMap, BTreeSet};

use super::emit::term_text;
use crate::rego::ast::{
    Body, Expr, ExprKind, Package, Part, PartKind, Place, Rule, TemplatePart, Term, TermKind,
};

/// A rule that asks for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recursion {
    /// The module.
    pub(crate) path: String,
    /// Where the rule begins.
    pub(crate) place: Place,
    /// Rules from one to itself.
    pub(crate) cycle: Vec<String>,
}

/// What is known of rules before they run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dependencies {
    /// The first rule that asks for itself.
    pub(crate) recursion: Option<Recursion>,
    /// The most rules that can wait for each other.
    pub(crate) depth: usize,
    /// What rules define: the module, where, and the constant names of the path below `data`.
    pub(crate) defined: Vec<(String, Place, Vec<String>)>,
}

/// Text of each constant part of a reference; nothing for a part that is known later.
type Path = Vec<Option<String>>;

#[derive(Default)]
struct Node {
    children: BTreeMap<String, usize>,
    rules: Vec<usize>,
}

struct Defined<'a> {
    file: &'a str,
    package: &'a Package,
    rule: &'a Rule,
    path: Path,
}

/// Looks at all rules together.
pub(super) fn of(modules: &[(String, Package, Vec<Rule>)]) -> Dependencies {
    let mut nodes = vec![Node::default()];
    let mut rules: Vec<Defined<'_>> = Vec::new();
    let mut names: BTreeMap<&[String], BTreeSet<&str>> = BTreeMap::new();
    for (file, package, all) in modules {
        for rule in all {
            names.entry(&package.path).or_default().insert(rule.head.name());
            let mut path: Path = package.path.iter().cloned().map(Some).collect();
            path.extend(rule.head.reference.iter().map(constant));
            let mut at = 0;
            for name in path.iter().map_while(Option::as_ref) {
                at = child(&mut nodes, at, name);
            }
            let index = rules.len();
            if let Some(node) = nodes.get_mut(at) {
                node.rules.push(index);
            }
            rules.push(Defined { file, package, rule, path });
        }
    }
    // Rules come first, then nodes: to ask for a node is to ask for all rules at and below it.
    let offset = rules.len();
    let mut edges: Vec<Vec<usize>> = Vec::with_capacity(offset + nodes.len());
    for defined in &rules {
        let mut found = BTreeSet::new();
        let own = names.get(defined.package.path.as_slice());
        let mut asked = References { own, package: &defined.package.path, paths: Vec::new() };
        asked.rule(defined.rule);
        for path in asked.paths {
            select(&nodes, &rules, 0, &path, 0, offset, &mut found);
        }
        edges.push(found.into_iter().collect());
    }
    for node in &nodes {
        edges.push(node.children.values().map(|at| at + offset).chain(node.rules.iter().copied()).collect());
    }
    let mut found = search(&edges, &rules);
    found.defined = rules
        .iter()
        .map(|defined| {
            let path = defined.path.iter().map_while(Clone::clone).collect();
            (defined.file.to_owned(), defined.rule.span.start, path)
        })
        .collect();
    found
}

fn child(nodes: &mut Vec<Node>, at: usize, name: &str) -> usize {
    if let Some(found) = nodes.get(at).and_then(|node| node.children.get(name)) {
        return *found;
    }
    let index = nodes.len();
    nodes.push(Node::default());
    if let Some(node) = nodes.get_mut(at) {
        node.children.insert(name.to_owned(), index);
    }
    index
}

fn constant(part: &Part) -> Option<String> {
    match &part.kind {
        PartKind::Dot(name) => Some(name.clone()),
        PartKind::Bracket(term) => match &term.bare().kind {
            TermKind::String(name) => Some(name.clone()),
            TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) => {
                Some(format!("[{}]", term_text(term)))
            }
            _ => None,
        },
    }
}

/// The rules and nodes that a reference asks for, from one of its parts on.
fn select(
    nodes: &[Node],
    rules: &[Defined<'_>],
    at: usize,
    path: &[Option<String>],
    depth: usize,
    offset: usize,
    found: &mut BTreeSet<usize>,
) {
    let Some(node) = nodes.get(at) else { return };
    let mut step = |child: usize| {
        let next = depth.saturating_add(1);
        for &index in nodes.get(child).map(|node| node.rules.as_slice()).unwrap_or_default() {
            let Some(defined) = rules.get(index) else { continue };
            let mut pairs = defined.path.iter().zip(path).skip(next);
            if pairs.all(|(a, b)| a.is_none() || b.is_none() || a == b) {
                found.insert(index);
            }
        }
        select(nodes, rules, child, path, next, offset, found);
    };
    match path.get(depth) {
        None => {
            found.insert(at.saturating_add(offset));
        }
        Some(Some(name)) => {
            if let Some(&child) = node.children.get(name) {
                step(child);
            }
        }
        Some(None) => node.children.values().for_each(|&child| step(child)),
    }
}

/// Walks the graph without recursion of its own: the first cycle, and the longest path.
fn search(edges: &[Vec<usize>], rules: &[Defined<'_>]) -> Dependencies {
    let mut result = Dependencies::default();
    // 0: not seen, 1: on the way, 2: done.
    let mut state = vec![0u8; edges.len()];
    let mut depths = vec![0usize; edges.len()];
    for start in 0..edges.len() {
        if state.get(start) != Some(&0) {
            continue;
        }
        let mut way = vec![(start, 0usize)];
        if let Some(seen) = state.get_mut(start) {
            *seen = 1;
        }
        while let Some((at, next)) = way.last_mut() {
            let at = *at;
            let following = edges.get(at).and_then(|all| all.get(*next)).copied();
            *next = next.saturating_add(1);
            match following {
                Some(to) => match state.get(to) {
                    Some(0) => {
                        if let Some(seen) = state.get_mut(to) {
                            *seen = 1;
                        }
                        way.push((to, 0));
                    }
                    Some(1) => {
                        result.recursion = Some(cycle(&way, to, rules));
                        return result;
                    }
                    _ => {}
                },
                None => {
                    let below = edges.get(at).into_iter().flatten().filter_map(|to| depths.get(*to)).max();
                    let depth = below.copied().unwrap_or(0).saturating_add(usize::from(at < rules.len()));
                    if let Some(known) = depths.get_mut(at) {
                        *known = depth;
                    }
                    if let Some(seen) = state.get_mut(at) {
                        *seen = 2;
                    }
                    result.depth = result.depth.max(depth);
                    way.pop();
                }
            }
        }
    }
    result
}

fn cycle(way: &[(usize, usize)], to: usize, rules: &[Defined<'_>]) -> Recursion {
    let from = way.iter().position(|(at, _)| *at == to).unwrap_or(0);
    let mut members: Vec<&Defined<'_>> = way.iter().skip(from).filter_map(|(at, _)| rules.get(*at)).collect();
    // The one that stands first in the text is the one that is named.
    let first = (0..members.len())
        .min_by_key(|&at| members.get(at).map(|d| (d.file, d.rule.span.start.offset)))
        .unwrap_or(0);
    if !members.is_empty() {
        members.rotate_left(first);
    }
    let name = |defined: &Defined<'_>| {
        let mut text = "data".to_owned();
        for part in &defined.path {
            match part {
                Some(name) if name.starts_with('[') => text.push_str(name),
                Some(name) => {
                    text.push('.');
                    text.push_str(name);
                }
                None => text.push_str("[_]"),
            }
        }
        text
    };
    let mut cycle: Vec<String> = members.iter().copied().map(name).collect();
    cycle.extend(cycle.first().cloned());
    Recursion {
        path: members.first().map(|d| d.file.to_owned()).unwrap_or_default(),
        place: members.first().map(|d| d.rule.span.start).unwrap_or_default(),
        cycle,
    }
}

/// Collects what a rule refers to below `data`.
struct References<'a> {
    own: Option<&'a BTreeSet<&'a str>>,
    package: &'a [String],
    paths: Vec<Path>,
}

impl References<'_> {
    fn rule(&mut self, rule: &Rule) {
        let head = &rule.head;
        self.parts(&head.reference);
        head.args.iter().flatten().chain(&head.key).chain(&head.value).for_each(|t| self.term(t));
        rule.body.iter().for_each(|body| self.body(body));
        for branch in &rule.elses {
            branch.value.iter().for_each(|t| self.term(t));
            branch.body.iter().for_each(|body| self.body(body));
        }
    }

    fn body(&mut self, body: &Body) {
        body.exprs.iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &Expr) {
        for with in &expr.with {
            self.term(&with.target);
            self.term(&with.value);
        }
        match &expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Assign(left, right) | ExprKind::Unify(left, right) => {
                self.term(left);
                self.term(right);
            }
            ExprKind::Some(_) => {}
            ExprKind::SomeIn { key, value, collection } => {
                key.iter().chain([value, collection]).for_each(|t| self.term(t));
            }
            ExprKind::Every { domain, body, .. } => {
                self.term(domain);
                self.body(body);
            }
            ExprKind::Not(body) => self.body(body),
            ExprKind::Logical { left, right, .. } => {
                self.body(left);
                self.body(right);
            }
        }
    }

    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            if let PartKind::Bracket(inner) = &part.kind {
                self.term(inner);
            }
        }
    }

    fn reference(&mut self, head: &str, parts: &[Part]) {
        let mut path: Path = match head {
            "data" => Vec::new(),
            name if self.own.is_some_and(|own| own.contains(name)) => {
                self.package.iter().map(String::as_str).chain([name]).map(|n| Some(n.to_owned())).collect()
            }
            _ => return,
        };
        path.extend(parts.iter().map(constant));
        self.paths.push(path);
    }

    fn term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Var(name) => self.reference(name, &[]),
            TermKind::Ref(head, parts) => {
                match &head.kind {
                    TermKind::Var(name) => self.reference(name, parts),
                    _ => self.term(head),
                }
                self.parts(parts);
            }
            TermKind::Call(function, args) => {
                self.term(function);
                args.iter().for_each(|arg| self.term(arg));
            }
            TermKind::Template(parts) => parts.iter().for_each(|part| {
                if let TemplatePart::Expr(expr) = part {
                    self.expr(expr);
                }
            }),
            TermKind::Array(items) | TermKind::Set(items) => items.iter().for_each(|item| self.term(item)),
            TermKind::Object(items) => items.iter().for_each(|(key, value)| {
                self.term(key);
                self.term(value);
            }),
            TermKind::ArrayComprehension(value, body) | TermKind::SetComprehension(value, body) => {
                self.term(value);
                self.body(body);
            }
            TermKind::ObjectComprehension(key, value, body) => {
                self.term(key);
                self.term(value);
                self.body(body);
            }
            TermKind::Infix(_, left, right) => {
                self.term(left);
                self.term(right);
            }
            TermKind::MemberWithKey(key, value, collection) => {
                [key, value, collection].into_iter().for_each(|t| self.term(t));
            }
            TermKind::Paren(inner) | TermKind::Minus(inner) => self.term(inner),
            TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => {}
        }
    }
}
