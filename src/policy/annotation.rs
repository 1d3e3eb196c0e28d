//! Annotations of rules: what their `# METADATA` blocks say, with those of their document, package and the packages
//! above where a rule is silent.
//!
//! The only source of annotations for the rest of [`super`]: [`Annotations::of`] answers for a rule, whoever read the
//! blocks. Never decides what an annotation means for a verdict.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::scan;
use crate::model::RelatedResource;
pub(super) use crate::rego::annotation::Scope;

/// What a `# METADATA` block says that gate reads.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    pub(super) scope: Option<String>,
    pub(super) entrypoint: bool,
    pub(super) title: String,
    pub(super) description: String,
    authors: Vec<RawAuthor>,
    related_resources: Vec<RawResource>,
    pub(super) organizations: Vec<String>,
    pub(super) custom: Custom,
}

/// The `custom` part of the metadata.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Custom {
    pub(super) code: String,
    pub(super) remediation: String,
    pub(super) evidence: Vec<String>,
    pub(super) thresholds: Vec<String>,
    pub(super) not_judged: String,
    pub(super) collections: Vec<String>,
    effective_on: Option<yaml_serde::Value>,
    effective_until: Option<yaml_serde::Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum RawAuthor {
    Text(String),
    Full {
        #[serde(default)]
        name: String,
        #[serde(default)]
        email: String,
    },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum RawResource {
    Text(String),
    Full {
        #[serde(rename = "ref")]
        reference: String,
        #[serde(default)]
        description: String,
    },
}

/// From when and until when a rule denies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Term {
    /// Before this it only warns.
    pub(super) on: Option<Timestamp>,
    /// From this on it says nothing.
    pub(super) until: Option<Timestamp>,
}

impl Metadata {
    /// The scope as stated, else by where the block stands.
    ///
    /// # Errors
    /// When it is not one that may stand there.
    pub(super) fn scope(&self, above_package: bool) -> Result<Scope, String> {
        Scope::of(self.scope.as_deref().unwrap_or_default(), above_package, self.entrypoint)
    }

    /// The dates of the block.
    ///
    /// # Errors
    /// When one of them is no date: which key, and what is wrong with it.
    pub(super) fn term(&self) -> Result<Term, (&'static str, String)> {
        let read = |key, value: &Option<yaml_serde::Value>, end| match value {
            None => Ok(None),
            Some(yaml_serde::Value::String(text)) => date(text, end).map(Some).ok_or_else(|| {
                (key, format!("`{key}` is no date: `{text}`; write it as 2026-01-31 or 2026-01-31T12:00:00Z"))
            }),
            Some(_) => Err((key, format!("`{key}` is no date: write it as 2026-01-31"))),
        };
        let term = Term {
            on: read("effective_on", &self.custom.effective_on, false)?,
            until: read("effective_until", &self.custom.effective_until, true)?,
        };
        if term.on.zip(term.until).is_some_and(|(on, until)| until <= on) {
            return Err(("effective_until", "`effective_until` lies before `effective_on`".to_owned()));
        }
        Ok(term)
    }

    /// Authors as `Name <mail>`.
    pub(super) fn authors(&self) -> Vec<String> {
        let author = |author: &RawAuthor| match author {
            RawAuthor::Text(text) => text.trim().to_owned(),
            RawAuthor::Full { name, email } if email.is_empty() => name.clone(),
            RawAuthor::Full { name, email } => format!("{name} <{email}>").trim().to_owned(),
        };
        self.authors.iter().map(author).filter(|author| !author.is_empty()).collect()
    }

    /// Related resources.
    pub(super) fn related(&self) -> Vec<RelatedResource> {
        let resource = |resource: &RawResource| match resource {
            RawResource::Text(url) => RelatedResource { url: url.clone(), description: String::new() },
            RawResource::Full { reference, description } => {
                RelatedResource { url: reference.clone(), description: description.clone() }
            }
        };
        self.related_resources.iter().map(resource).collect()
    }

    /// Fills what is not said here from a block of a wider scope. A code names one rule and is never taken over.
    fn inherit(&mut self, wider: &Self) {
        fn text(here: &mut String, wider: &str) {
            if here.is_empty() {
                wider.clone_into(here);
            }
        }
        fn list<T: Clone>(here: &mut Vec<T>, wider: &[T]) {
            if here.is_empty() {
                here.extend_from_slice(wider);
            }
        }
        text(&mut self.title, &wider.title);
        text(&mut self.description, &wider.description);
        list(&mut self.authors, &wider.authors);
        list(&mut self.related_resources, &wider.related_resources);
        list(&mut self.organizations, &wider.organizations);
        let (custom, from) = (&mut self.custom, &wider.custom);
        text(&mut custom.remediation, &from.remediation);
        list(&mut custom.evidence, &from.evidence);
        list(&mut custom.thresholds, &from.thresholds);
        text(&mut custom.not_judged, &from.not_judged);
        list(&mut custom.collections, &from.collections);
        // The dates of one block belong together: an inherited end must not cut a start of the rule's own.
        if custom.effective_on.is_none() && custom.effective_until.is_none() {
            custom.effective_on.clone_from(&from.effective_on);
            custom.effective_until.clone_from(&from.effective_until);
        }
    }
}

/// A date or time. A date alone begins with its first second in UTC, and as an end includes its whole day.
pub(crate) fn date(text: &str, is_end: bool) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() == 10 {
        let date: Date = text.parse().ok()?;
        let date = if is_end { date.tomorrow().ok()? } else { date };
        return date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    }
    text.parse().ok()
}

/// The annotations of a set of modules that belong together: the shipped ones, or those of others. What is said of a
/// shipped package is not said of the rules that others add to it.
#[derive(Debug, Default)]
pub(super) struct Annotations {
    /// By package and rule name.
    documents: BTreeMap<(Vec<String>, String), Metadata>,
    packages: BTreeMap<Vec<String>, Metadata>,
    subpackages: BTreeMap<Vec<String>, Metadata>,
}

impl Annotations {
    /// Collects the blocks of wider scope than a rule. Of several for one thing the first says it, later ones fill in.
    pub(super) fn new<'a>(modules: impl Iterator<Item = &'a scan::Module>) -> Self {
        let mut all = Self::default();
        let put = |known: Option<&mut Metadata>, block: &Metadata| match known {
            Some(known) => {
                known.inherit(block);
                None
            }
            None => Some(block.clone()),
        };
        for module in modules {
            for block in &module.package_metadata {
                let map = match block.scope(true) {
                    Ok(Scope::Subpackages) => &mut all.subpackages,
                    _ => &mut all.packages,
                };
                if let Some(new) = put(map.get_mut(&module.package), block) {
                    map.insert(module.package.clone(), new);
                }
            }
            for rule in &module.rules {
                for block in &rule.document {
                    let key = (module.package.clone(), rule.name.clone());
                    if let Some(new) = put(all.documents.get_mut(&key), block) {
                        all.documents.insert(key, new);
                    }
                }
            }
        }
        all
    }

    /// What is said of a rule: by itself, then by its document, its package and the packages above, nearest first.
    pub(super) fn of(&self, module: &scan::Module, rule: &scan::Rule) -> Metadata {
        let mut metadata = rule.metadata.clone().unwrap_or_default();
        if let Some(document) = self.documents.get(&(module.package.clone(), rule.name.clone())) {
            metadata.inherit(document);
        }
        // The blocks of its own file come before those of other files of the package.
        for block in module.package_metadata.iter().filter(|b| b.scope(true) == Ok(Scope::Package)) {
            metadata.inherit(block);
        }
        if let Some(package) = self.packages.get(&module.package) {
            metadata.inherit(package);
        }
        for depth in (1..=module.package.len()).rev() {
            let above = module.package.get(..depth).unwrap_or_default();
            if let Some(package) = self.subpackages.get(above) {
                metadata.inherit(package);
            }
        }
        metadata
    }
}
