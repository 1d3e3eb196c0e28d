//! Heads of rules.

use std::collections::BTreeSet;

use super::Lowering;
use super::names::{is_keyword, pattern_vars};
use crate::rego::ast::{Body, Else, Expr, ExprKind, Head, Package, Part, PartKind, Rule, Span, Term, TermKind};

impl Lowering<'_> {
    /// All rules of a module.
    pub(super) fn rules(&mut self, rules: Vec<Rule>) -> Vec<Rule> {
        rules
            .into_iter()
            .enumerate()
            .map(|(index, rule)| {
                self.here.1 = index;
                self.rule(rule)
            })
            .collect()
    }

    fn rule(&mut self, rule: Rule) -> Rule {
        let span = rule.span;
        self.generated = 0;
        self.rule = rule.head.reference.iter().filter_map(Part::name).fold(self.package.clone(), |path, name| format!("{path}.{name}"));
        let mut head = as_v1(rule.head, rule.body.is_some());
        let full_path = self.rule.clone();
        let has_wrapper = head.args.is_some() && self.world.defaulted.contains(&full_path);
        if rule.is_default && has_wrapper {
            return self.default_function(span, head, self.world.defined.contains(&full_path));
        }
        if has_wrapper {
            hide(&mut head.reference);
        }
        if rule.is_default {
            head.reference = self.parts(head.reference, &mut Vec::new());
            return Rule { span, is_default: true, head, body: None, elses: Vec::new(), chained: false };
        }
        let mut names = BTreeSet::new();
        head.args.iter().flatten().for_each(|arg| pattern_vars(arg, &mut names));
        self.open(names, &[]);
        let args = head.args.take().map(|args| args.into_iter().map(|arg| self.pattern(arg)).collect());
        let (has_body, body) = match rule.body {
            Some(body) => (true, body),
            None => (false, always(head.span)),
        };
        let (key, value, reference) = (head.key.take(), head.value.take(), head.reference);
        let mut lowered = (None, None, Vec::new());
        let body = self.body(body, BTreeSet::new(), |this, exprs| {
            let before = exprs.len();
            let reference = this.parts(reference, exprs);
            let key = key.map(|key| this.term(key, exprs));
            let value = value.map(|value| this.term(value, exprs));
            let _ = before;
            lowered = (key, value, reference);
        });
        let (key, value, reference) = lowered;
        let keep_body = has_body || body.exprs.len() > 1 || self.record != crate::rego::engine::Record::Nothing;
        let elses = rule.elses.into_iter().map(|branch| self.branch(branch)).collect();
        self.close();
        Rule {
            span,
            is_default: false,
            head: Head { span: head.span, reference, args, key, value, assigned: true, has_if: true },
            body: keep_body.then_some(body),
            elses,
            chained: false,
        }
    }

    /// `default a.f(_) := v` as `a.f(x) := a.__g_f(x) else := v`.
    fn default_function(&mut self, span: Span, mut head: Head, is_defined: bool) -> Rule {
        let value = head.value.take().map(|value| self.term(value, &mut Vec::new()));
        let args: Vec<Term> = head.args.iter().flatten().map(|_| self.fresh_var(span)).collect();
        head.args = Some(args.clone());
        head.assigned = true;
        head.has_if = false;
        let mut elses = Vec::new();
        if is_defined {
            let mut parts: Vec<Part> =
                self.package_parts.iter().map(|name| Part { span, kind: PartKind::Dot(name.clone()) }).collect();
            parts.extend(head.reference.iter().cloned());
            hide(&mut parts);
            let data = Term::at(span, TermKind::Var("data".to_owned()));
            let function = Term::at(span, TermKind::Ref(Box::new(data), parts));
            head.value = Some(Term::at(span, TermKind::Call(Box::new(function), args)));
            elses.push(Else { span, value, assigned: true, has_if: false, body: None });
        } else {
            head.value = value;
        }
        Rule { span, is_default: false, head, body: None, elses, chained: false }
    }

    fn branch(&mut self, branch: Else) -> Else {
        let span = branch.span;
        let body = branch.body.unwrap_or_else(|| always(span));
        let mut lowered = None;
        let value = branch.value;
        let body = self.body(body, BTreeSet::new(), |this, exprs| {
            lowered = value.map(|value| this.term(value, exprs));
        });
        Else { span, value: lowered, assigned: true, has_if: true, body: Some(body) }
    }

    fn parts(&mut self, parts: Vec<Part>, before: &mut Vec<Expr>) -> Vec<Part> {
        parts
            .into_iter()
            .map(|part| Part {
                span: part.span,
                kind: match part.kind {
                    PartKind::Bracket(term) => PartKind::Bracket(Box::new(self.term(*term, before))),
                    kind => kind,
                },
            })
            .collect()
    }
}

/// The name of the definitions of a function that is called through another.
fn hide(parts: &mut [Part]) {
    if let Some(part) = parts.last_mut() {
        let name = format!("__g_{}", part.name().unwrap_or_default());
        part.kind = PartKind::Dot(name);
    }
}

/// A body that is always true.
fn always(span: Span) -> Body {
    let expr = Expr {
        span,
        negated: false,
        kind: ExprKind::Term(Term::at(span, TermKind::Bool(true))),
        with: Vec::new(),
    };
    Body { span, braces: true, exprs: vec![expr] }
}

/// A v0 set `p[x] { ... }` as `p contains x if { ... }`.
fn as_v1(mut head: Head, has_body: bool) -> Head {
    let is_set = !head.has_if
        && head.key.is_none()
        && head.value.is_none()
        && head.args.is_none()
        && head.reference.len() == 2;
    let _ = has_body;
    if is_set && let Some(part) = head.reference.pop() {
        head.key = Some(match part.kind {
            PartKind::Bracket(term) => *term,
            PartKind::Dot(name) => Term::at(part.span, TermKind::String(name)),
        });
    }
    head
}

/// Rules by package: those whose head begins with a keyword stand in a package below.
pub(super) fn by_package(package: &Package, rules: Vec<Rule>) -> Vec<(Package, Vec<Rule>)> {
    let mut all: Vec<(Package, Vec<Rule>)> = vec![(package.clone(), Vec::new())];
    for mut rule in rules {
        let name = rule.head.name().to_owned();
        let at = if is_keyword(&name) && rule.head.reference.len() > 1 {
            rule.head.reference.remove(0);
            if let Some(part) = rule.head.reference.first_mut()
                && let Some(name) = part.name().map(ToOwned::to_owned)
            {
                part.kind = PartKind::Dot(name);
            }
            let mut below = package.clone();
            below.path.push(name);
            match all.iter().position(|(known, _)| known.path == below.path) {
                Some(at) => at,
                None => {
                    all.push((below, Vec::new()));
                    all.len().saturating_sub(1)
                }
            }
        } else {
            0
        };
        if let Some((_, rules)) = all.get_mut(at) {
            rules.push(rule);
        }
    }
    all
}
