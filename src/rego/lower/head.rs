//! Heads of rules.

use std::collections::{BTreeMap, BTreeSet};

use super::Lowering;
use super::emit::term_text;
use super::literal::is_ground;
use super::names::{is_keyword, pattern_vars};
use crate::rego::ast::{
    Body, Else, Expr, ExprKind, Head, Package, Part, PartKind, Rule, Span, Term, TermKind,
};

impl Lowering<'_> {
    /// All rules of a module.
    pub(super) fn rules(&mut self, rules: Vec<Rule>) -> Vec<Rule> {
        let mut prefixes = BTreeSet::new();
        let mut lowered = Vec::new();
        for (index, rule) in rules.into_iter().enumerate() {
            self.here.1 = index;
            let rule = self.rule(rule);
            let companion = self.companion(&rule, &mut prefixes);
            lowered.push(rule);
            lowered.extend(companion);
        }
        lowered
    }

    /// For `p.q[x].r`, a rule of `p.q[x]` without a value: `p.q` is an object, empty or not.
    fn companion(&mut self, rule: &Rule, prefixes: &mut BTreeSet<Vec<String>>) -> Option<Rule> {
        let reference = &rule.head.reference;
        let constants: Vec<String> = reference.iter().map_while(constant).collect();
        let is_constant = constants.len() == reference.len();
        // The interpreter makes the objects of constant heads itself, where all their parts are names.
        if rule.head.args.is_some() || (is_constant && reference.iter().all(|part| part.name().is_some())) {
            return None;
        }
        let length = if is_constant { reference.len().saturating_sub(1) } else { constants.len() };
        let prefix: Vec<String> = constants.into_iter().take(length).collect();
        let is_partial_object = reference.len() == length.saturating_add(1) && rule.head.key.is_none();
        if (is_partial_object && !is_constant)
            || self.shorter(&prefix).is_some()
            || !prefixes.insert(prefix.clone())
        {
            return None;
        }
        let span = rule.head.span;
        let var = self.fresh_var(span);
        let mut reference: Vec<Part> = reference.iter().take(prefix.len()).cloned().collect();
        reference.push(Part { span, kind: PartKind::Bracket(Box::new(var.clone())) });
        let plain = |kind| Expr { span, negated: false, kind, with: Vec::new() };
        let never = plain(ExprKind::Term(Term::at(span, TermKind::Bool(false))));
        let bound = plain(ExprKind::Assign(var, Term::at(span, TermKind::Bool(true))));
        let value = Some(Term::at(span, TermKind::Bool(true)));
        Some(Rule {
            span,
            is_default: false,
            head: Head { span, reference, args: None, key: None, value, assigned: true, has_if: true },
            body: Some(Body { span, braces: true, exprs: vec![never, bound] }),
            elses: Vec::new(),
            chained: false,
        })
    }

    fn rule(&mut self, rule: Rule) -> Rule {
        let span = rule.span;
        self.generated = 0;
        self.rule = rule
            .head
            .reference
            .iter()
            .filter_map(Part::name)
            .fold(self.package.clone(), |path, name| format!("{path}.{name}"));
        let mut head = as_v1(rule.head);
        // A function without parameters is a rule.
        head.args = head.args.filter(|args| !args.is_empty());
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
        // What a parameter must be equal to is compared in the body where it is no pattern.
        let mut compared = Vec::new();
        let mut given = BTreeSet::new();
        let args = head.args.take().map(|args| {
            let mut lowered = Vec::new();
            for arg in args {
                let mut own = BTreeSet::new();
                pattern_vars(&arg, &mut own);
                // A variable of an earlier parameter must have the same value again.
                let is_repeated = own.iter().any(|name| given.contains(name));
                given.append(&mut own);
                let arg = match arg.bare().kind {
                    _ if is_repeated => {
                        let name = self.fresh();
                        let var = Term::at(arg.span, TermKind::Var(name));
                        let kind = ExprKind::Unify(var.clone(), arg);
                        compared.push(Expr { span: var.span, negated: false, kind, with: Vec::new() });
                        var
                    }
                    TermKind::Template(_) | TermKind::Ref(..) | TermKind::Call(..) | TermKind::Infix(..) => {
                        let name = self.fresh();
                        let var = Term::at(arg.span, TermKind::Var(name));
                        let kind = ExprKind::Unify(var.clone(), arg);
                        compared.push(Expr { span: var.span, negated: false, kind, with: Vec::new() });
                        var
                    }
                    _ => self.pattern(arg),
                };
                lowered.push(arg);
            }
            lowered
        });
        let (has_body, mut body) = match rule.body {
            Some(body) => (true, body),
            None => (false, always(head.span)),
        };
        body.exprs.splice(0..0, compared.iter().cloned());
        let (key, value, reference) = (head.key.take(), head.value.take(), head.reference);
        let elses = rule.elses;
        let is_late = elses.is_empty() && args.is_none();
        let mut lowered = (None, None, Vec::new());
        self.end = Some(head.span);
        let body = self.body(body, BTreeSet::new(), |this, exprs| {
            let is_late = is_late && reference.len() > 1;
            let reference = this.head_parts(reference, is_late.then_some(key.is_some()), exprs);
            let key = key.map(|key| this.head_term(key, exprs));
            let value = value.map(|value| this.head_term(value, exprs));
            lowered = (key, value, reference);
        });
        let (key, value, reference) = lowered;
        let keep_body =
            has_body || body.exprs.len() > 1 || self.record != crate::rego::engine::Record::Nothing;
        let elses = elses
            .into_iter()
            .map(|mut branch| {
                if !compared.is_empty() {
                    let span = branch.span;
                    branch
                        .body
                        .get_or_insert_with(|| always(span))
                        .exprs
                        .splice(0..0, compared.iter().cloned());
                }
                self.branch(branch)
            })
            .collect();
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
        let mut body = None;
        if is_defined {
            let mut parts: Vec<Part> = self
                .package_parts
                .iter()
                .map(|name| Part { span, kind: PartKind::Dot(name.clone()) })
                .collect();
            parts.extend(head.reference.iter().cloned());
            hide(&mut parts);
            let data = Term::at(span, TermKind::Var("data".to_owned()));
            let function = Term::at(span, TermKind::Ref(Box::new(data), parts));
            let call = Term::at(span, TermKind::Call(Box::new(function), args));
            let mut exprs = Vec::new();
            head.value = Some(self.hoisted(call, &[], &mut exprs));
            body = Some(Body { span, braces: true, exprs });
            elses.push(Else { span, value, assigned: true, has_if: false, body: None });
        } else {
            head.value = value;
        }
        Rule { span, is_default: false, head, body, elses, chained: false }
    }

    fn branch(&mut self, branch: Else) -> Else {
        let span = branch.span;
        let body = branch.body.unwrap_or_else(|| always(span));
        let mut lowered = None;
        let value = branch.value;
        self.end = Some(value.as_ref().map_or(span, |value| span.to(value.span)));
        let body = self.body(body, BTreeSet::new(), |this, exprs| {
            lowered = value.map(|value| this.head_term(value, exprs));
        });
        Else { span, value: lowered, assigned: true, has_if: true, body: Some(body) }
    }

    /// A term of a head: what may be undefined is assigned in the body, which then does not hold.
    pub(super) fn head_term(&mut self, term: Term, exprs: &mut Vec<Expr>) -> Term {
        let is_plain = self.is_plain(&term);
        let lowered = self.term(term, exprs);
        if is_plain { lowered } else { self.hoisted(lowered, &[], exprs) }
    }

    /// The length of a shorter path below which another rule of the package has parts that are known later.
    fn shorter(&self, path: &[String]) -> Option<usize> {
        let known = self.world.dynamic.get(&self.package)?;
        known.iter().filter(|other| other.len() < path.len() && path.starts_with(other)).map(Vec::len).min()
    }

    /// The parts of a head; `is_set` is known where they may be assigned in the body.
    fn head_parts(&mut self, parts: Vec<Part>, is_set: Option<bool>, exprs: &mut Vec<Expr>) -> Vec<Part> {
        let constant: Vec<String> = parts.iter().map_while(constant).collect();
        // A set among rules of dynamic paths exists only where it has elements.
        let first = is_set.and_then(|is_set| if is_set { self.shorter(&constant) } else { None });
        let mut lowered = Vec::new();
        for (index, part) in parts.into_iter().enumerate() {
            let span = part.span;
            let is_late = first.is_some_and(|first| index >= first);
            let kind = match part.kind {
                PartKind::Bracket(term) if is_late => {
                    let term = self.term(*term, exprs);
                    PartKind::Bracket(Box::new(self.hoisted(term, &[], exprs)))
                }
                PartKind::Dot(name) if is_late => {
                    let term = Term::at(span, TermKind::String(name));
                    PartKind::Bracket(Box::new(self.hoisted(term, &[], exprs)))
                }
                PartKind::Bracket(term) => PartKind::Bracket(Box::new(self.head_term(*term, exprs))),
                kind => kind,
            };
            lowered.push(Part { span, kind });
        }
        lowered
    }

    /// Whether a term is made of constants and declared variables only.
    pub(super) fn is_plain(&self, term: &Term) -> bool {
        match &term.kind {
            TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => true,
            TermKind::Var(name) => self.local(name).is_some(),
            TermKind::Array(items) | TermKind::Set(items) => items.iter().all(|item| self.is_plain(item)),
            TermKind::Object(items) => items.iter().all(|(k, v)| self.is_plain(k) && self.is_plain(v)),
            TermKind::Paren(inner) => self.is_plain(inner),
            _ => false,
        }
    }

    /// Parts of a reference with their names resolved.
    pub(super) fn parts(&mut self, parts: Vec<Part>, before: &mut Vec<Expr>) -> Vec<Part> {
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

/// The text of a part that is a constant.
fn constant(part: &Part) -> Option<String> {
    match &part.kind {
        PartKind::Bracket(term) if part.name().is_none() => {
            is_ground(term).then(|| format!("[{}]", term_text(term)))
        }
        _ => part.name().map(ToOwned::to_owned),
    }
}

/// The constant parts before the first that is known later; nothing where all are constant.
pub(super) fn dynamic_prefix(head: &Head) -> Option<Vec<String>> {
    let prefix: Vec<String> = head.reference.iter().map_while(constant).collect();
    (head.args.as_ref().is_none_or(Vec::is_empty) && prefix.len() < head.reference.len()).then_some(prefix)
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
fn as_v1(mut head: Head) -> Head {
    let is_set = !head.has_if
        && head.key.is_none()
        && head.value.is_none()
        && head.args.is_none()
        && head.reference.len() == 2;
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

/// Puts the definitions of a function that stand in several modules of a package into the first of them: the
/// interpreter reads the parameters of all by the names of one module.
pub(super) fn gathered(trees: &mut [(String, Package, Vec<Rule>)]) {
    let path = |package: &Package, rule: &Rule| -> Option<Vec<String>> {
        rule.head.args.as_ref()?;
        let names = rule.head.reference.iter().filter_map(Part::name).map(ToOwned::to_owned);
        Some(package.path.iter().cloned().chain(names).collect())
    };
    let mut homes: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut moved: Vec<(usize, Rule)> = Vec::new();
    for (index, (_, package, rules)) in trees.iter_mut().enumerate() {
        let mut kept = Vec::with_capacity(rules.len());
        for rule in rules.drain(..) {
            match path(package, &rule).map(|path| *homes.entry(path).or_insert(index)) {
                Some(home) if home != index => moved.push((home, rule)),
                _ => kept.push(rule),
            }
        }
        *rules = kept;
    }
    for (home, rule) in moved {
        if let Some((_, _, rules)) = trees.get_mut(home) {
            rules.push(rule);
        }
    }
}
