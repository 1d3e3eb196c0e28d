//! The rules of a bill of materials, whichever way it was written down.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::vulnerability::Vulnerability;
use crate::format::Tally;
use crate::model::{Component, Evidence, Kind, Package, Producer, Sbom, Text};

/// Tools that write an empty list of vulnerabilities also when they were not asked to look for any.
const SCAN_ON_REQUEST: &[&str] = &["trivy"];

/// Where a component stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// An item of `components`.
    Top,
    /// Below another component of the inventory.
    Nested,
    /// `metadata.component`: what the document is about, not part of its inventory.
    Root,
    /// A part of `metadata.component`, or a service: can be referred to, but is not inventory.
    Other,
}

impl Role {
    /// The role of components below one of this role.
    pub(super) fn below(self) -> Self {
        match self {
            Self::Top | Self::Nested => Self::Nested,
            Self::Root | Self::Other => Self::Other,
        }
    }

    fn is_inventory(self) -> bool {
        matches!(self, Self::Top | Self::Nested)
    }
}

/// How licences are given, one count per entry of `licenses`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Licences {
    id: u64,
    name: u64,
    expression: u64,
    other: u64,
}

/// A component while it is read.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    pub(super) bom_ref: Option<Cow<'a, str>>,
    pub(super) group: Option<Cow<'a, str>>,
    pub(super) name: Option<Cow<'a, str>>,
    /// Its SHA-256, read of the described component only.
    pub(super) sha256: Option<Cow<'a, str>>,
    pub(super) kind: Option<Text>,
    pub(super) version: Option<Text>,
    pub(super) purl: Option<Text>,
    pub(super) supplier: Option<Text>,
    pub(super) scope: Option<Text>,
    pub(super) released_at: Option<jiff::Timestamp>,
    pub(super) has_hash: bool,
    licenses: Vec<Text>,
    licences: Licences,
}

impl Draft<'_> {
    /// Adds one entry of `licenses`. An identifier says more than a name, and a name than nothing.
    pub(super) fn licence(&mut self, id: Option<Text>, name: Option<Text>, expression: Option<Text>) {
        let filled = |text: Option<Text>| text.filter(|text| !text.is_empty());
        let (count, text) = if let Some(id) = filled(id) {
            (&mut self.licences.id, Some(id))
        } else if let Some(expression) = filled(expression) {
            (&mut self.licences.expression, Some(expression))
        } else if let Some(name) = filled(name) {
            (&mut self.licences.name, Some(name))
        } else {
            (&mut self.licences.other, None)
        };
        *count += 1;
        self.licenses.extend(text);
    }

    /// The digest of the image that the document describes: its hash, else that in its package URL or version.
    fn image_digest(&self) -> Option<Text> {
        let purl = self.purl.as_deref().unwrap_or_default();
        let image = purl.starts_with("pkg:oci/") || purl.starts_with("pkg:docker/");
        if !image && self.kind.as_deref() != Some("container") {
            return None;
        }
        let bare = purl.split(['?', '#']).next().unwrap_or_default();
        let in_purl = bare.rsplit_once('@').map(|(_, version)| version).filter(|_| image);
        let prefixed = |text: &str| {
            ["sha256:", "sha256%3A", "sha256%3a"].iter().find_map(|p| text.strip_prefix(p)).and_then(digest)
        };
        self.sha256
            .as_deref()
            .and_then(digest)
            .or_else(|| in_purl.and_then(prefixed))
            .or_else(|| self.version.as_deref().and_then(prefixed))
    }
}

fn digest(hexadecimal: &str) -> Option<Text> {
    let whole = hexadecimal.len() == 64 && hexadecimal.bytes().all(|b| b.is_ascii_hexdigit());
    whole.then(|| format!("sha256:{}", hexadecimal.to_ascii_lowercase()).into())
}

/// One entry of `compositions`.
#[derive(Debug, Default)]
pub(super) struct Composition<'a> {
    pub(super) aggregate: Option<Cow<'a, str>>,
    /// What `assemblies` and `dependencies` name.
    pub(super) refs: Vec<Cow<'a, str>>,
    /// Whether it speaks of vulnerabilities.
    pub(super) of_vulnerabilities: bool,
}

impl Composition<'_> {
    /// Whether it says that the whole document is not complete: it names the described component, or nothing
    /// at all, and its aggregate is anything but `complete` (`incomplete...`, `unknown`, `not_specified`, a
    /// word that is not known, none).
    fn leaves_whole_open(&self, root: Option<&str>) -> bool {
        let of_whole = if self.refs.is_empty() {
            !self.of_vulnerabilities
        } else {
            root.is_some_and(|root| self.refs.iter().any(|name| name == root))
        };
        of_whole && self.aggregate.as_deref() != Some("complete")
    }
}

/// The component that a reference means.
#[derive(Clone, Copy, Debug)]
enum Target {
    Inventory(usize),
    Other(usize),
}

/// A bill of materials while it is read.
#[derive(Debug, Default)]
pub(super) struct Bom<'a> {
    pub(super) spec: Text,
    pub(super) producers: Vec<Producer>,
    pub(super) produced_at: Option<jiff::Timestamp>,
    pub(super) has_components: bool,
    pub(super) has_vulnerabilities: bool,
    pub(super) services: u64,
    pub(super) dependencies: u64,
    pub(super) edges: u64,
    pub(super) compositions: Vec<Composition<'a>>,
    pub(super) vulnerabilities: Vec<Vulnerability<'a>>,
    components: Vec<Component>,
    others: Vec<Component>,
    refs: Vec<(Cow<'a, str>, Target)>,
    /// Where in `refs` a reference is, by its hash: to look up many, the text need not be touched again.
    index: HashMap<u64, usize, RandomState>,
    hasher: RandomState,
    repeated_refs: u64,
    repeated_ref: Option<Cow<'a, str>>,
    /// References of `dependencies` that meant nothing when they were read.
    pending_refs: Vec<Cow<'a, str>>,
    root_ref: Option<Cow<'a, str>>,
    image_digest: Option<Text>,
    top: u64,
    purls: u64,
    without_version: u64,
    without_license: u64,
    licences: Licences,
    types: Tally,
    joined: String,
}

impl<'a> Bom<'a> {
    /// Keeps a place for a component that is followed by parts of it before it is complete.
    pub(super) fn open(&mut self, role: Role) -> usize {
        self.place(role, Component::default())
    }

    fn place(&mut self, role: Role, component: Component) -> usize {
        let list = if role.is_inventory() { &mut self.components } else { &mut self.others };
        list.push(component);
        list.len() - 1
    }

    /// Takes a component into account, in the place that was kept for it if there is one.
    pub(super) fn close(&mut self, role: Role, slot: Option<usize>, mut draft: Draft<'a>) {
        if role == Role::Root {
            self.image_digest = draft.image_digest();
            self.root_ref = draft.bom_ref.clone();
        }
        let filled = |text: Option<Text>| text.filter(|text| !text.is_empty());
        if draft.licenses.len() > 1 {
            draft.licenses.sort_unstable();
            draft.licenses.dedup();
        }
        let component = Component {
            name: match draft.group.filter(|group| !group.is_empty()) {
                Some(group) => {
                    self.joined.clear();
                    self.joined.push_str(&group);
                    self.joined.push('/');
                    self.joined.push_str(draft.name.as_deref().unwrap_or_default());
                    Text::from(self.joined.as_str())
                }
                None => Text::from(draft.name.unwrap_or_default()),
            },
            purl: filled(draft.purl),
            version: filled(draft.version),
            kind: draft.kind.unwrap_or_default(),
            licenses: draft.licenses,
            supplier: filled(draft.supplier),
            scope: filled(draft.scope),
            released_at: draft.released_at,
            has_hash: draft.has_hash,
        };
        if role.is_inventory() {
            let Licences { id, name, expression, other } = draft.licences;
            self.licences.id += id;
            self.licences.name += name;
            self.licences.expression += expression;
            self.licences.other += other;
            self.top += u64::from(role == Role::Top);
            self.purls += u64::from(component.purl.is_some());
            self.without_version += u64::from(component.version.is_none());
            self.without_license += u64::from(id + name + expression + other == 0);
            self.types.add(if component.kind.is_empty() { "(none)" } else { &component.kind });
        }
        let slot = match slot {
            Some(slot) => {
                let list = if role.is_inventory() { &mut self.components } else { &mut self.others };
                if let Some(place) = list.get_mut(slot) {
                    *place = component;
                }
                slot
            }
            None => self.place(role, component),
        };
        let target = if role.is_inventory() { Target::Inventory(slot) } else { Target::Other(slot) };
        if let Some(name) = draft.bom_ref.filter(|name| !name.is_empty()) {
            match self.index.entry(self.hasher.hash_one(&*name)) {
                Entry::Vacant(place) => {
                    place.insert(self.refs.len());
                    self.refs.push((name, target));
                }
                Entry::Occupied(_) => {
                    self.repeated_refs += 1;
                    self.repeated_ref.get_or_insert(name);
                }
            }
        }
    }

    /// Takes a reference of `dependencies` into account, in either direction.
    pub(super) fn dependency_ref(&mut self, name: Cow<'a, str>) {
        if !self.index.contains_key(&self.hasher.hash_one(&*name)) {
            self.pending_refs.push(name);
        }
    }

    /// The component that a reference means.
    fn resolve(&self, name: &str) -> Option<&Component> {
        let slot = *self.index.get(&self.hasher.hash_one(name))?;
        let (known, target) = self.refs.get(slot)?;
        if known != name {
            return None;
        }
        match target {
            Target::Inventory(slot) => self.components.get(*slot),
            Target::Other(slot) => self.others.get(*slot),
        }
    }

    /// Adds a tool. Its version is none where syft writes that none was given.
    pub(super) fn producer(&mut self, name: Option<Text>, version: Option<Text>) -> bool {
        let Some(name) = name.filter(|name| !name.is_empty()) else { return false };
        let version = version.filter(|version| !version.is_empty() && &**version != "[not provided]");
        self.producers.push(Producer { name, version });
        true
    }

    /// Makes the evidence of it.
    pub(super) fn finish(mut self, evidence: &mut Evidence) {
        self.check_refs(evidence);
        self.findings(evidence);
        self.prove(evidence);
        let total = self.components.len() as u64;
        evidence.count("spec", &*self.spec);
        evidence.count("components_total", total);
        evidence.count("components_top", self.top);
        evidence.count("components_nested", total - self.top);
        evidence.count("components_without_version", self.without_version);
        evidence.count("components_without_license", self.without_license);
        evidence.count("purls", self.purls);
        let Licences { id, name, expression, other } = self.licences;
        evidence.count(
            "licenses",
            serde_json::json!({"id": id, "name": name, "expression": expression, "other": other}),
        );
        evidence.count("types", self.types);
        evidence.count("services", self.services);
        evidence.count("dependencies", self.dependencies);
        evidence.count("dependency_edges", self.edges);
        let root = self.root_ref.as_deref();
        evidence.sbom = Some(Sbom {
            declared_incomplete: self.compositions.iter().any(|c| c.leaves_whole_open(root)),
            dependency_edges: self.edges,
            inventory: self.has_components || !self.has_vulnerabilities,
            components: self.components,
        });
        evidence.format_version = self.spec;
        evidence.producers = self.producers;
        evidence.produced_at = self.produced_at;
        evidence.subject.digest = self.image_digest;
    }

    /// Warns of references that mean several things or nothing.
    fn check_refs(&self, evidence: &mut Evidence) {
        if let Some(example) = &self.repeated_ref {
            evidence.warn(
                "duplicate-bom-ref",
                format!(
                    "{} components repeat the `bom-ref` of another, such as `{example}`",
                    self.repeated_refs
                ),
            );
        }
        let mut unknown =
            self.pending_refs.iter().filter(|name| self.resolve(name).is_none() && !is_bom_link(name));
        if let Some(example) = unknown.next() {
            let count = 1 + unknown.count();
            evidence.warn(
                "unknown-dependency-ref",
                format!(
                    "{count} references in `dependencies` name nothing in the document, such as `{example}`"
                ),
            );
        }
    }

    /// One finding per vulnerability and component concerned.
    fn findings(&mut self, evidence: &mut Evidence) {
        let tool = self.tool();
        let (mut states, mut severities, mut affects) = (Tally::default(), Tally::default(), 0_u64);
        let (mut unknown, mut example) = (0_u64, None);
        let vulnerabilities = std::mem::take(&mut self.vulnerabilities);
        evidence.count("vulnerabilities", vulnerabilities.len());
        for mut vulnerability in vulnerabilities {
            affects += vulnerability.affects_written;
            states.add(vulnerability.state.as_deref().unwrap_or("(none)"));
            severities.add(vulnerability.rating.word());
            let mut refs = std::mem::take(&mut vulnerability.affects);
            refs.sort_unstable();
            refs.dedup();
            let finding = vulnerability.finding(Text::clone(&tool));
            for name in &refs {
                let target = self.resolve(name);
                if target.is_none() && !is_bom_link(name) {
                    unknown += 1;
                    example.get_or_insert_with(|| name.clone());
                }
                let mut finding = finding.clone();
                finding.details_mut().package = Some(package(target, name));
                evidence.findings.push(finding);
            }
            if refs.is_empty() {
                evidence.findings.push(finding);
            }
        }
        if let Some(example) = example.filter(|_| self.has_components) {
            evidence.warn(
                "unknown-affects-ref",
                format!("{unknown} vulnerabilities affect nothing in the document, such as `{example}`"),
            );
        }
        evidence.count("vuln_affects", affects);
        evidence.count("vuln_states", states);
        evidence.count("vuln_max_severity", severities);
    }

    /// The tool that findings are attributed to: the first one that is not merely a library for writing.
    fn tool(&self) -> Text {
        let library = |name: &str| name.starts_with("cyclonedx-") && name.contains("lib");
        self.producers
            .iter()
            .find(|producer| !library(&producer.name))
            .or(self.producers.first())
            .map_or_else(|| "CycloneDX".into(), |producer| Text::clone(&producer.name))
    }

    fn prove(&self, evidence: &mut Evidence) {
        let found = !evidence.findings.is_empty();
        if found {
            evidence.proves(Kind::SecurityScan);
        } else if self.has_vulnerabilities && !self.components.is_empty() {
            let silent = self.producers.iter().find(|p| SCAN_ON_REQUEST.contains(&&*p.name));
            if let Some(silent) = silent {
                evidence.warn(
                    "scan-not-shown",
                    format!(
                        "`vulnerabilities` is empty, as `{}` writes it also when it did not look for any",
                        silent.name
                    ),
                );
            } else {
                evidence.proves(Kind::SecurityScan);
            }
        }
        if !self.components.is_empty() {
            evidence.proves(Kind::Sbom);
        } else if self.has_components || !found {
            evidence.incomplete("no-components", "the bill of materials lists no component");
        }
    }
}

/// Whether a reference leads to another document (`urn:cdx:serial/version#ref`).
fn is_bom_link(name: &str) -> bool {
    name.starts_with("urn:cdx:")
}

/// The package that a vulnerability affects; what cannot be resolved stays as it is written.
fn package(component: Option<&Component>, name: &str) -> Package {
    match component {
        Some(component) => Package {
            purl: component.purl.clone(),
            name: Text::clone(&component.name),
            version: component.version.clone().unwrap_or_default(),
            fixed_version: None,
        },
        None => Package {
            purl: name.starts_with("pkg:").then(|| name.into()),
            name: name.into(),
            ..Package::default()
        },
    }
}
