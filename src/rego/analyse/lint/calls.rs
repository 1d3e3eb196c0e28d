//! Calls: functions that there are, their arguments, formats and patterns.

use super::super::builtins::{self, DEPRECATED, NOT_REPEATABLE};
use super::super::index::{Callee, Entry, Index};
use super::super::walk::{self, Visit};
use super::super::{Diagnostic, Fix, Severity};
use crate::rego::ast::{Term, TermKind, Version};
use crate::suggest::nearest;

pub(super) fn check(index: &Index<'_>) {
    for entry in index.judged() {
        let mut calls = Calls { index, entry };
        walk::rule(&mut calls, entry.rule);
    }
}

struct Calls<'i, 'a> {
    index: &'i Index<'a>,
    entry: &'i Entry<'a>,
}

impl<'t> Visit<'t> for Calls<'_, '_> {
    fn term(&mut self, term: &'t Term) {
        walk::into_term(self, term);
        if let TermKind::Call(function, args) = &term.kind {
            self.call(term, function, args);
        }
    }
}

impl Calls<'_, '_> {
    fn say(&self, code: &'static str, term: &Term, message: String, help: impl Into<String>) {
        self.index.say(self.entry.source, code, term.span, message, help);
    }

    fn call(&self, term: &Term, function: &Term, args: &[Term]) {
        let shown = function.span.of(&self.entry.source.text).to_owned();
        let (name, arity) = match self.index.callee(self.entry.source, function) {
            Callee::Host => return,
            Callee::Unknown(name) => return self.unknown(function, &shown, &name),
            Callee::User(path) => {
                let Some(arity) = self.index.arity(&path) else { return };
                (path.to_string(), arity)
            }
            Callee::Builtin(signature) => {
                self.builtin(term, function, signature.name, args);
                if signature.name == "print" {
                    return;
                }
                (signature.name.to_owned(), signature.arguments.len())
            }
        };
        let is_function = arity > 0 || builtins::find(&name).is_some() || self.has_arguments(&name);
        if args.len() != arity && args.len() != arity + 1 || !is_function {
            let message = if is_function {
                format!(
                    "`{shown}` takes {arity} {}, {} given",
                    if arity == 1 { "argument" } else { "arguments" },
                    args.len()
                )
            } else {
                format!("`{shown}` is no function")
            };
            self.say("wrong-arguments", term, message, "");
        }
    }

    fn has_arguments(&self, path: &str) -> bool {
        self.index
            .by_path
            .get(path)
            .into_iter()
            .flatten()
            .any(|number| self.index.entries.get(*number).is_some_and(|entry| entry.rule.head.args.is_some()))
    }

    fn unknown(&self, function: &Term, shown: &str, name: &str) {
        if self.index.context.functions.iter().any(|host| host == shown) {
            return;
        }
        let own: Vec<String> = self
            .index
            .entries
            .iter()
            .filter(|entry| entry.rule.head.args.is_some())
            .filter_map(|entry| {
                if entry.source.module.package.path == self.entry.source.module.package.path {
                    entry.path.last().cloned()
                } else if name.starts_with("data.") {
                    Some(entry.path.join("."))
                } else {
                    None
                }
            })
            .collect();
        let known: Vec<&str> =
            builtins::SIGNATURES.iter().map(|s| s.name).chain(own.iter().map(String::as_str)).collect();
        let help = match nearest(name, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "define it, import it, or name it with `--capabilities`".to_owned(),
        };
        self.say("unknown-function", function, format!("there is no function `{shown}`"), help);
    }

    fn builtin(&self, term: &Term, function: &Term, name: &'static str, args: &[Term]) {
        if let Some((_, instead)) = NOT_REPEATABLE.iter().find(|(known, _)| *known == name) {
            let is_network = matches!(name, "http.send" | "net.lookup_ip_addr");
            let code = if is_network { "network" } else { "not-repeatable" };
            let message = if is_network {
                format!("`{name}` asks the network: the decision depends on it")
            } else {
                format!("`{name}` gives another answer each time")
            };
            self.say(code, function, message, *instead);
        }
        if let Some((_, instead)) = DEPRECATED.iter().find(|(known, _)| *known == name) {
            let is_v1 = self.entry.source.module.version == Version::V1;
            let fix = if name == "re_match" || name == "net.cidr_overlap" {
                vec![Fix { span: function.span, text: (*instead).to_owned() }]
            } else {
                Vec::new()
            };
            self.index.push(
                self.entry.source,
                Diagnostic {
                    code: if is_v1 { "deprecated-function" } else { "deprecated-in-v0" },
                    severity: if is_v1 { Severity::Error } else { Severity::Warning },
                    path: self.entry.source.path.clone(),
                    span: function.span,
                    message: format!("OPA 1.0 has no `{name}`"),
                    help: format!("use `{instead}`"),
                    fix,
                },
            );
        }
        if let ("sprintf", Some(TermKind::String(format)), Some(TermKind::Array(values))) =
            (name, args.first().map(|a| &a.bare().kind), args.get(1).map(|a| &a.bare().kind))
            && let Some(wanted) = verbs(format)
            && wanted != values.len()
        {
            let message = format!("the format has {wanted} verbs, {} values are given", values.len());
            self.say("sprintf-arguments", term, message, "give each verb a value; `%%` is a percent sign");
        }
        let pattern = match name {
            "regex.match"
            | "regex.is_valid"
            | "regex.split"
            | "regex.find_n"
            | "regex.find_all_string_submatch_n"
            | "re_match" => args.first(),
            "regex.replace" => args.get(1),
            _ => None,
        };
        if name == "regex.is_valid" {
            return;
        }
        if let Some(pattern) = pattern
            && let TermKind::String(text) = &pattern.bare().kind
        {
            if let Err(error) = regex_syntax::ast::parse::Parser::new().parse(text) {
                let said = error.to_string();
                let why = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                self.say("invalid-regex", pattern, format!("the pattern does not compile: {why}"), "");
            }
            let written = pattern.bare().span.of(&self.entry.source.text);
            if written.starts_with('"')
                && written.contains("\\\\")
                && !text.contains('`')
                && !text.contains('\n')
            {
                self.index.push(
                    self.entry.source,
                    Diagnostic {
                        code: "not-raw-regex",
                        severity: Severity::Warning,
                        path: self.entry.source.path.clone(),
                        span: pattern.bare().span,
                        message: "the backslashes of the pattern are doubled".to_owned(),
                        help: format!("write it between backquotes: `{text}`"),
                        fix: vec![Fix { span: pattern.bare().span, text: format!("`{text}`") }],
                    },
                );
            }
        }
    }
}

/// The number of values that a format takes; nothing where it names them by position.
fn verbs(format: &str) -> Option<usize> {
    let mut count = 0;
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            continue;
        }
        loop {
            match rest.next() {
                Some('%') => break,
                Some('[') => return None,
                Some('*') => count += 1,
                Some('+' | '-' | '#' | ' ' | '0'..='9' | '.') => {}
                Some(_) => {
                    count += 1;
                    break;
                }
                None => return Some(count + 1),
            }
        }
    }
    Some(count)
}
