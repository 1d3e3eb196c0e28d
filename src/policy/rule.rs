//! The entry rules of a set: one for each code, with everything that is said of it.
//!
//! Reads what [`super::annotation`] and the scan found; never judges.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::annotation::{Annotations, Term};
use super::engine::Module;
use super::{PolicyError, scan};
use crate::model::{RelatedResource, RuleAbout};

/// One entry rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// Code, unique within its gate.
    pub code: String,
    /// Gate.
    pub gate: String,
    /// Title.
    pub title: String,
    /// What it judges.
    pub description: String,
    /// Whether it only warns.
    pub warns: bool,
    /// How to mend what it finds.
    pub remediation: String,
    /// Kinds of evidence that it judges; empty = any.
    pub evidence: Vec<String>,
    /// Thresholds that it uses, as `gate.name`.
    pub thresholds: Vec<String>,
    /// Whether the policy always measures a value for it where there is evidence.
    pub measured: bool,
    /// Why the rule may have nothing to measure although there is evidence; empty when it must have.
    pub not_judged: String,
    /// Where it is defined: `path:line`.
    pub defined_in: String,
    /// Who wrote it: `Name <mail>`.
    pub authors: Vec<String>,
    /// Organizations that it belongs to.
    pub organizations: Vec<String>,
    /// Where to read more.
    pub related_resources: Vec<RelatedResource>,
    /// Collections that it belongs to.
    pub collections: Vec<String>,
    /// Before this time it only warns.
    pub effective_on: Option<Timestamp>,
    /// From this time on it says nothing.
    pub effective_until: Option<Timestamp>,
    /// `sha256:<hex>` of its text, its metadata included.
    pub text_digest: String,
}

impl RuleInfo {
    /// What reports say of the rule beyond its title.
    pub fn about(&self) -> RuleAbout {
        RuleAbout {
            description: self.description.clone(),
            authors: self.authors.clone(),
            organizations: self.organizations.clone(),
            related_resources: self.related_resources.clone(),
            collections: self.collections.clone(),
            effective_on: self.effective_on.map(|at| at.to_string()),
            effective_until: self.effective_until.map(|at| at.to_string()),
            excluded: Vec::new(),
        }
    }
}

/// The code that a rule's own metadata gives it.
pub(super) fn code_of(rule: &scan::Rule) -> Option<&str> {
    rule.metadata.as_ref().map(|m| m.custom.code.as_str()).filter(|code| !code.is_empty())
}

/// A rule while its texts are put together.
struct Draft {
    info: RuleInfo,
    /// Whether a metadata block of its own carries the words.
    own: bool,
    term: Option<Term>,
    text: Sha256,
}

/// The entry rules of all gates, one for each code.
pub(super) fn rules(
    modules: &[(Module, scan::Module)],
    gates: &[String],
) -> Result<Vec<RuleInfo>, PolicyError> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut measured: BTreeSet<(&str, &str)> = BTreeSet::new();
    let is_shipped = |module: &Module| module.entries.is_some();
    let annotations = [false, true].map(|shipped| {
        Annotations::new(modules.iter().filter(|(m, _)| is_shipped(m) == shipped).map(|(_, scanned)| scanned))
    });
    let [of_others, of_shipped] = &annotations;
    for (module, scanned) in modules {
        let Some(gate) = module.gate.as_deref() else { continue };
        for rule in &scanned.rules {
            let Some(text) = module.text.get(rule.span.clone()).filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            if rule.name == "measured" {
                measured.extend(rule.codes.iter().map(|code| (gate, code.as_str())));
            }
            if !matches!(rule.name.as_str(), "deny" | "violation" | "warn") {
                continue;
            }
            let fallback = format!("{gate}.{}", rule.name);
            let code = code_of(rule).or(rule.codes.first().map(String::as_str)).unwrap_or(&fallback);
            let own = rule.metadata.is_some();
            let annotations = if is_shipped(module) { of_shipped } else { of_others };
            let metadata = annotations.of(scanned, rule);
            // Broken dates were refused where the block stands.
            let term = metadata.term().unwrap_or_default();
            let mut info = RuleInfo {
                code: code.to_owned(),
                gate: gate.to_owned(),
                title: if metadata.title.is_empty() { code.to_owned() } else { metadata.title.clone() },
                description: metadata.description.trim().to_owned(),
                warns: rule.name == "warn",
                remediation: metadata.custom.remediation.trim().to_owned(),
                authors: metadata.authors(),
                related_resources: metadata.related(),
                organizations: metadata.organizations,
                evidence: metadata.custom.evidence,
                thresholds: metadata.custom.thresholds,
                measured: false,
                not_judged: metadata.custom.not_judged,
                defined_in: format!("{}:{}", module.path, rule.at.line),
                collections: metadata.custom.collections,
                effective_on: term.on,
                effective_until: term.until,
                text_digest: String::new(),
            };
            match drafts.iter_mut().find(|d| d.info.gate == gate && d.info.code == code) {
                // Several rules may share a code: the first that has metadata carries the words.
                Some(known) => {
                    known.text.update(text);
                    let warns = known.info.warns && info.warns;
                    if own && known.term.is_some_and(|known| known != term) {
                        return Err(PolicyError::new(format!(
                            "the rules of code `{code}` disagree on `effective_on` or `effective_until`"
                        ))
                        .at(&module.path, rule.at.line, rule.at.column)
                        .help("state the same dates in each of their metadata blocks, or give them codes of their own"));
                    }
                    if own && !known.own {
                        info.defined_in.clone_from(&known.info.defined_in);
                        known.info = info;
                        known.own = true;
                        known.term = Some(term);
                    }
                    known.info.warns = warns;
                }
                None => drafts.push(Draft {
                    info,
                    own,
                    term: own.then_some(term),
                    text: Sha256::new_with_prefix(text),
                }),
            }
        }
    }
    let mut rules: Vec<RuleInfo> = drafts
        .into_iter()
        .map(|Draft { mut info, text, .. }| {
            info.measured = measured.contains(&(info.gate.as_str(), info.code.as_str()));
            info.text_digest = format!("sha256:{}", crate::digest::hex(&text.finalize()));
            info
        })
        .collect();
    let order = |gate: &str| gates.iter().position(|g| g == gate);
    rules.sort_by(|a, b| (order(&a.gate), &a.code).cmp(&(order(&b.gate), &b.code)));
    Ok(rules)
}
