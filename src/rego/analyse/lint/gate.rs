//! Policies of gate: entry rules, their verdicts, metadata and codes.

use std::collections::BTreeMap;

use super::super::asked;
use super::super::index::{Entry, Index};
use super::rules::graph;
use crate::rego::ast::{Span, Term, TermKind};

pub(super) fn check(index: &Index<'_>) {
    for source in index.judged_sources().filter(|source| !source.is_test()) {
        let Some(gate) = source.gate() else { continue };
        let rules = &source.module.rules;
        if !rules.iter().any(|rule| asked::is_entry(rule.head.name())) {
            let message = format!("`gate.{gate}` has no entry rule in this module");
            index.say(source, "no-entry-rule", source.module.package.span, message, asked::NONE);
        }
    }
    let mut codes: BTreeMap<(String, String), Vec<(&Entry<'_>, Span)>> = BTreeMap::new();
    for entry in index.judged().filter(|entry| !entry.source.is_test()) {
        let Some(gate) = entry.source.gate() else { continue };
        entry_rule(index, entry);
        for annotation in entry.source.annotations.of_rule(entry.number) {
            if let Some(code) = annotation.custom.get("code").and_then(|code| code.as_str()) {
                codes.entry((gate.to_owned(), code.to_owned())).or_default().push((entry, annotation.span));
            }
        }
    }
    for ((_, code), places) in codes {
        let Some(((first, _), rest)) = places.split_first() else { continue };
        for (entry, _) in rest {
            let message = format!(
                "the code `{code}` is already that of the rule in line {}",
                first.rule.span.start.line
            );
            let help = "give each rule a code of its own; further bodies of a rule need no metadata";
            index.say_of(entry, "duplicate-code", message, help);
        }
    }
    helpers(index);
}

fn entry_rule(index: &Index<'_>, entry: &Entry<'_>) {
    let rule = entry.rule;
    let name = rule.head.name();
    if rule.head.args.is_some() {
        return;
    }
    if let Some((message, help)) = asked::misnamed(name) {
        index.say_of(entry, "misnamed-entry", message, help);
        return;
    }
    if !asked::is_set(name) {
        return;
    }
    let is_v0_set = rule.head.reference.len() == 2 && rule.head.value.is_none();
    if rule.head.key.is_none() && !is_v0_set {
        index.say_of(
            entry,
            "entry-not-a-set",
            format!("`{name}` is not a set of verdicts"),
            asked::as_set(name),
        );
        return;
    }
    if matches!(name, "deny" | "violation" | "warn") {
        metadata(index, entry, name);
    }
}

/// The first rule of a code needs metadata; others of the same code share it.
fn metadata(index: &Index<'_>, entry: &Entry<'_>, name: &str) {
    let source = entry.source;
    let own = source
        .annotations
        .of_rule(entry.number)
        .next_back()
        .or_else(|| source.annotations.of_document(&source.module, entry.number));
    let Some(annotation) = own else {
        let said = entry.rule.head.key.as_ref().and_then(code_in);
        let is_described = |code: &str| {
            index
                .sources
                .iter()
                .flat_map(|source| &source.annotations.list)
                .any(|a| a.custom.get("code").and_then(|c| c.as_str()) == Some(code))
        };
        if !said.as_deref().is_some_and(is_described) {
            let help = "put `# METADATA` above it with `title`, `custom.code` and `custom.remediation`";
            index.say_of(entry, "metadata-missing", format!("`{name}` has no metadata"), help);
        }
        return;
    };
    let text = |name: &str| annotation.custom.get(name).and_then(|v| v.as_str()).unwrap_or_default();
    let mut missing = Vec::new();
    if annotation.title.is_empty() {
        missing.push("title");
    }
    if text("code").is_empty() && annotation.custom.get("short_name").is_none() {
        missing.push("custom.code");
    }
    if text("remediation").is_empty() && name != "warn" {
        missing.push("custom.remediation");
    }
    if !missing.is_empty() {
        let message = format!("the metadata of `{name}` lacks {}", missing.join(", "));
        index.say_of(entry, "metadata-missing", message, "reports show them to whoever is blocked");
    }
}

/// The code in the verdict's own object.
fn code_in(term: &Term) -> Option<String> {
    let TermKind::Object(items) = &term.bare().kind else { return None };
    items.iter().find_map(|(key, value)| match (&key.kind, &value.kind) {
        (TermKind::String(key), TermKind::String(code)) if key == "code" => Some(code.clone()),
        _ => None,
    })
}

/// Helper rules of a gate that nothing refers to.
fn helpers(index: &Index<'_>) {
    let graph = graph(index);
    for entry in index.judged().filter(|entry| entry.source.gate().is_some() && !entry.source.is_test()) {
        let name = entry.rule.head.name();
        let path = entry.path.join(".");
        let joins = |to: &String| {
            *to == path
                || to
                    .strip_prefix(&path)
                    .or(path.strip_prefix(to.as_str()))
                    .is_some_and(|rest| rest.starts_with('.'))
        };
        let is_used = graph.iter().any(|(from, to)| *from != path && to.iter().any(joins));
        let is_first = index
            .by_path
            .get(&path)
            .and_then(|n| n.first())
            .and_then(|n| index.entries.get(*n))
            .is_some_and(|e| std::ptr::eq(e.rule, entry.rule));
        if asked::is_entry(name) || is_used || !is_first || name.starts_with('_') {
            continue;
        }
        let is_told = asked::is_almost(name);
        if !is_told {
            index.say_of(entry, "unused-helper", format!("nothing refers to `{name}`"), "remove it");
        }
    }
}
