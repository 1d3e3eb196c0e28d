//! References into the input through names: `some f in input.findings.open`, `x := input.coverage`,
//! `import input.tests as t`.
//!
//! A name that is bound in two ways within one rule is left alone: which of them is meant is the interpreter's to
//! know.

use std::collections::HashMap;

use super::{At, Kind, Module, Step, Token, after_dot, at, reference};

/// Names and what they stand for; `None` = not the input, or not known.
type Names = HashMap<String, Option<Vec<Step>>>;

/// Every reference of a module that goes through a name.
pub(super) fn references(tokens: &[Token<'_>], module: &Module) -> Vec<(Vec<Step>, At)> {
    let mut global = Names::new();
    for (alias, path) in &module.imports {
        let mut parts = path.split('.');
        if parts.next() == Some("input") {
            global.insert(alias.clone(), Some(parts.map(|part| Step::Field(part.to_owned())).collect()));
        }
    }
    for rule in &module.rules {
        let body = tokens.get(rule.tokens.clone()).unwrap_or_default();
        if let [name, equals, ..] = body
            && let Some(value) = assigned(tokens, rule.tokens.start, equals)
            && value.1 == rule.tokens.end
            && !rule.is_function
        {
            let steps = resolve(tokens, value.0, &global);
            global.entry(name.text.to_owned()).and_modify(|known| *known = None).or_insert(steps);
        }
    }
    let mut found = Vec::new();
    for rule in &module.rules {
        let names = local(tokens, rule.tokens.clone(), &global);
        for i in rule.tokens.clone() {
            let Some(token) = tokens.get(i).filter(|t| t.kind == Kind::Word && !after_dot(tokens, i)) else {
                continue;
            };
            if let Some(Some(base)) = names.get(token.text) {
                let chain = reference(tokens, i);
                if !chain.is_empty() {
                    found.push(([base.as_slice(), &chain].concat(), at(token)));
                }
            }
        }
    }
    found
}

/// The names of one rule over those of the module.
fn local(tokens: &[Token<'_>], range: std::ops::Range<usize>, global: &Names) -> Names {
    let mut own = Names::new();
    for i in range.clone() {
        let Some(token) = tokens.get(i) else { break };
        if (token.is("some") || token.is("every")) && !after_dot(tokens, i) {
            let mut bound = Vec::new();
            let mut next = i + 1;
            while let Some(name) = tokens.get(next).filter(|t| t.kind == Kind::Word && !t.is("in")) {
                bound.push(name.text);
                next += 1;
                if tokens.get(next).is_some_and(|t| t.is(",")) {
                    next += 1;
                }
            }
            let is_in = tokens.get(next).is_some_and(|t| t.is("in"));
            let item = is_in.then(|| resolve(tokens, next + 1, &merged(&own, global))).flatten();
            let last = bound.len();
            for (n, name) in bound.into_iter().enumerate() {
                let steps = item.clone().filter(|_| n + 1 == last).map(|mut steps| {
                    steps.push(Step::Any);
                    steps
                });
                bind(&mut own, name, steps);
            }
        } else if token.kind == Kind::Word
            && i > range.start
            && !after_dot(tokens, i)
            && let Some(equals) = tokens.get(i + 1)
            && let Some((value, end)) = assigned(tokens, i, equals)
        {
            // Only a bare reference: of an expression around it nothing is known.
            let ends = tokens
                .get(end)
                .is_none_or(|t| end >= range.end || t.first || t.is(";") || t.is("}") || t.is("]"));
            let steps = ends.then(|| resolve(tokens, value, &merged(&own, global))).flatten();
            bind(&mut own, token.text, steps);
        }
    }
    merged(&own, global)
}

/// The index of the value of `name := value` and that of the token behind its reference.
fn assigned(tokens: &[Token<'_>], name: usize, equals: &Token<'_>) -> Option<(usize, usize)> {
    let second = tokens.get(name + 2)?;
    let value = if equals.is(":") && second.is("=") && second.start == equals.end() {
        name + 3
    } else {
        return None;
    };
    let first = tokens.get(value)?;
    let chain_end = reference_end(tokens, value);
    (first.kind == Kind::Word).then_some((value, chain_end))
}

/// The index of the first token behind a reference.
fn reference_end(tokens: &[Token<'_>], start: usize) -> usize {
    let mut i = start;
    while let (Some(here), Some(next)) = (tokens.get(i), tokens.get(i + 1)) {
        if next.start != here.end() {
            break;
        }
        if next.is(".") {
            i += 2;
        } else if next.is("[") {
            let Some(close) = super::closing(tokens, i + 1) else { break };
            i = close;
        } else {
            break;
        }
    }
    i + 1
}

/// What a reference stands for, when it begins with the input or a name for a part of it.
fn resolve(tokens: &[Token<'_>], start: usize, names: &Names) -> Option<Vec<Step>> {
    let first = tokens.get(start).filter(|t| t.kind == Kind::Word)?;
    let chain = reference(tokens, start);
    if first.text == "input" {
        return Some(chain);
    }
    let base = names.get(first.text)?.as_ref()?;
    Some([base.as_slice(), &chain].concat())
}

fn bind(names: &mut Names, name: &str, steps: Option<Vec<Step>>) {
    match names.get_mut(name) {
        Some(known) if *known == steps => {}
        Some(known) => *known = None,
        None => {
            names.insert(name.to_owned(), steps);
        }
    }
}

fn merged(own: &Names, global: &Names) -> Names {
    let mut names = global.clone();
    names.extend(own.iter().map(|(name, steps)| (name.clone(), steps.clone())));
    names
}
