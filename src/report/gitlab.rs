//! GitLab's Code Quality report: the Code Climate shape, what keeps a merge request from going on and has a place in
//! the repository.

use std::collections::HashSet;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Info, Options, Reporter, inert, json, wording};
use crate::digest::hex;
use crate::model::{Decision, Item, RuleResult, Severity, Status, Verdict};

/// GitLab code quality.
pub(super) struct Gitlab;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

impl Reporter for Gitlab {
    fn info(&self) -> &'static Info {
        &Info { id: "gitlab", title: "GitLab code quality", file: "gl-code-quality-report.json" }
    }

    fn render(&self, decision: &Decision, _: &Options) -> String {
        let mut seen = HashSet::new();
        let mut issues = Vec::new();
        for gate in &decision.gates {
            for rule in gate.rules.iter().filter(|rule| wording::blocks(gate, rule)) {
                let verdicts = rule.verdicts.iter().filter(|v| v.level != Status::Warn);
                let items = verdicts.flat_map(|v| v.items.iter().map(move |item| (v, item)));
                for (verdict, item) in
                    items.filter(|(_, item)| !item.path.is_empty() && !item.path.contains("://"))
                {
                    let issue = issue(rule, verdict, item);
                    // GitLab takes a second issue of the same fingerprint for the first one.
                    if seen.insert(issue.fingerprint.clone()) {
                        issues.push(issue);
                    }
                }
            }
        }
        json::pretty(&issues)
    }
}

fn issue(rule: &RuleResult, verdict: &Verdict, item: &Item) -> Issue {
    let message = match wording::message(item) {
        // What is said of a document is what the verdict says.
        _ if item.kind == wording::DOCUMENT => inert::line(&verdict.message),
        empty if empty.is_empty() => inert::line(&rule.title),
        message => message,
    };
    let is_check = item.kind == "finding" && !item.name.is_empty();
    let check_name = inert::line(if is_check { &item.name } else { &rule.code });
    let path = inert::line(&item.path);
    let mut hash = Sha256::new();
    // An id is enough of an identity; without one, the same thing at the same place is the same issue.
    let line = if item.id.is_empty() { item.line.to_string() } else { String::new() };
    for part in [rule.code.as_str(), &item.id, &item.name, &item.path, &line, &item.message] {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    Issue {
        description: inert::clip(&format!("{}: {message}", inert::line(&rule.code)), wording::MESSAGE),
        check_name: inert::clip(&check_name, 200),
        fingerprint: hex(&hash.finalize()),
        severity: match item.severity {
            Some(Severity::Info) => "info",
            Some(Severity::Low) => "minor",
            Some(Severity::Medium) | None => "major",
            Some(Severity::High) => "critical",
            Some(Severity::Critical | Severity::Unknown) => "blocker",
        },
        location: Location {
            path: path.strip_prefix("./").unwrap_or(&path).to_owned(),
            lines: Lines { begin: item.line.max(1) },
        },
    }
}
