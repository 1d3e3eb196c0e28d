//! Rules (§3.49) of the driver and its extensions (§3.19), and how a result names its rule (§3.52).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::text;
use crate::model::{Details, Severity, Text};
use crate::read::{Interner, Json, JsonKind, ParseError};

type Result<T> = std::result::Result<T, ParseError>;
type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A hierarchical id with more parts than this is not looked up by its beginnings.
const MOST_PARTS: usize = 32;

/// A `level` (§3.27.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    None,
    Note,
    Warning,
    Error,
    /// A word that the standard does not have.
    Unknown,
}

impl Level {
    pub(super) const ALL: [Self; 5] = [Self::None, Self::Note, Self::Warning, Self::Error, Self::Unknown];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn severity(self) -> Severity {
        match self {
            Self::None => Severity::Info,
            Self::Note => Severity::Low,
            Self::Warning => Severity::Medium,
            Self::Error => Severity::High,
            Self::Unknown => Severity::Unknown,
        }
    }

    /// Reads a level; another word or type is recorded.
    pub(super) fn read(j: &mut Json<'_>) -> Result<Option<Self>> {
        if j.kind() == Some(JsonKind::Null) {
            j.skip()?;
            return Ok(None);
        }
        let at = j.position();
        let Some(word) = j.str()? else { return Ok(Some(Self::Unknown)) };
        let level = Self::ALL.into_iter().find(|level| level.as_str() == word).unwrap_or(Self::Unknown);
        if level == Self::Unknown {
            j.record(at, format!("`{}` is not a level of SARIF", excerpt(&word)));
        }
        Ok(Some(level))
    }
}

/// An index into an array of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Index {
    /// Absent or -1.
    #[default]
    Unsaid,
    At(u32),
    /// Not an index at all; recorded.
    Bad,
}

impl Index {
    pub(super) fn read(j: &mut Json<'_>) -> Result<Self> {
        if j.kind() == Some(JsonKind::Null) {
            j.skip()?;
            return Ok(Self::Unsaid);
        }
        let at = j.position();
        Ok(match j.number()? {
            Some(-1.0) => Self::Unsaid,
            Some(n) if n >= 0.0 && n.fract() == 0.0 && n < f64::from(u32::MAX) => Self::At(n as u32),
            Some(n) => {
                j.record(at, format!("expected an array index, found `{n}`"));
                Self::Bad
            }
            None => Self::Bad,
        })
    }

    pub(super) fn of<T>(self, items: &[T]) -> Option<&T> {
        match self {
            Self::At(index) => items.get(usize::try_from(index).ok()?),
            _ => None,
        }
    }
}

/// The start of a text, for a message.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(60).collect()
}

/// How bad something is by the properties that tools add to the standard's own level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Marks {
    /// The worst of what is said; `None` when nothing is.
    pub(super) worst: Option<Severity>,
    /// `security-severity`, when it is from 0 to 10.
    pub(super) score: Option<f64>,
    /// `issue_severity`, which is Bandit's only where Bandit wrote it.
    pub(super) issue: Option<Severity>,
}

impl Marks {
    pub(super) fn raise(&mut self, severity: Severity) {
        self.worst = self.worst.max(Some(severity));
    }

    /// Reads one property of a result or rule, if it is of interest.
    pub(super) fn property(&mut self, j: &mut Json<'_>, key: &str) -> Result<()> {
        match key {
            "security-severity" => self.score(j)?,
            "issue_severity" => self.issue = j.str()?.map(|word| Severity::from_word(&word)),
            // Not defined by the standard, so only a word that is understood counts, and only a text is one.
            "severity" | "problem.severity" if j.kind() == Some(JsonKind::String) => {
                let word = j.str()?.unwrap_or_default();
                let severity =
                    if word == "recommendation" { Severity::Low } else { Severity::from_word(&word) };
                if severity != Severity::Unknown {
                    self.raise(severity);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn score(&mut self, j: &mut Json<'_>) -> Result<()> {
        let at = j.position();
        let score = match j.kind() {
            Some(JsonKind::Null) => return j.skip(),
            Some(JsonKind::Number) => j.number()?,
            _ => {
                let Some(text) = j.str()? else {
                    self.raise(Severity::Unknown);
                    return Ok(());
                };
                let text = text.trim();
                let number = text.parse::<f64>().ok();
                if number.is_none() {
                    self.raise(Severity::from_word(text));
                    j.record(at, format!("expected a score from 0 to 10, found `{}`", excerpt(text)));
                    return Ok(());
                }
                number
            }
        };
        let Some(score) = score else { return Ok(()) };
        let severity = Severity::from_score(score);
        self.raise(severity);
        if severity == Severity::Unknown {
            j.record(at, format!("expected a score from 0 to 10, found `{score}`"));
        } else {
            self.score = Some(score);
        }
        Ok(())
    }
}

/// A reportingDescriptor (§3.49).
#[derive(Debug, Default)]
pub(super) struct Rule {
    pub(super) id: Text,
    guid: Option<Text>,
    pub(super) level: Option<Level>,
    pub(super) marks: Marks,
    pub(super) details: Option<Arc<Details>>,
    strings: Vec<(Text, String)>,
}

impl Rule {
    fn read(j: &mut Json<'_>, interner: &mut Interner) -> Result<Self> {
        let mut rule = Self::default();
        let mut details = Details::default();
        let at = j.position();
        let (mut name, mut null) = (None, false);
        if j.kind() == Some(JsonKind::Null) {
            j.record(at, "expected an object, found null");
            null = true;
        }
        let was_object = j.object(|j, key| {
            match key {
                "id" => rule.id = j.text(interner)?.unwrap_or_default(),
                "guid" => rule.guid = guid(j, interner)?,
                "name" => name = j.text(interner)?,
                "shortDescription" => details.title = text::plain(j)?.map(|text| interner.get(text.trim())),
                "help" => {
                    details.help = text::plain(j)?.map(|text| interner.get(text::start_of_help(&text)));
                }
                "helpUri" => details.url = j.text(interner)?,
                "defaultConfiguration" => {
                    j.object(|j, key| {
                        if key == "level" {
                            rule.level = Level::read(j)?;
                        }
                        Ok(())
                    })?;
                }
                "messageStrings" => rule.strings = strings(j, interner)?,
                "relationships" => {
                    j.array(|j, _| details_of_relationship(j, interner, &mut details))?;
                }
                "properties" => {
                    j.object(|j, key| match key {
                        "tags" => {
                            details.tags = j.texts(interner)?;
                            Ok(())
                        }
                        _ => rule.marks.property(j, key),
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        if !was_object || null {
            rule.level = Some(Level::Unknown);
        }
        let empty = |text: &Option<Text>| text.as_deref().is_none_or(str::is_empty);
        if empty(&details.title) {
            details.title = name.filter(|name| !name.is_empty());
        }
        // Many linters repeat the message there, with holes for its values: that is no help.
        let title = details.title.clone();
        details.help = details
            .help
            .take()
            .filter(|help| !help.is_empty() && !help.contains('{') && title != Some(help.clone()));
        for tag in &details.tags {
            // Exact words only: `HIGH CONFIDENCE` is not a severity.
            if let "CRITICAL" | "HIGH" | "MEDIUM" | "LOW" = &**tag {
                rule.marks.raise(Severity::from_word(tag));
            }
            if let Some(number) = text::cwe(tag) {
                details.cwe.push(interner.get(&format!("CWE-{number}")));
            }
        }
        details.cwe.sort_unstable();
        details.cwe.dedup();
        details.aliases.extend(text::vulnerability(&rule.id).map(|name| interner.get(name)));
        details.cvss = rule.marks.score;
        rule.details = (details != Details::default()).then(|| Arc::new(details));
        Ok(rule)
    }

    /// How bad results of the rule are when nothing else is said.
    pub(super) fn rank(&self) -> Severity {
        let level = self.level.unwrap_or(Level::Warning).severity();
        self.marks.worst.map_or(level, |worst| worst.max(level))
    }
}

/// A relationship (§3.53) to the CWE taxonomy.
fn details_of_relationship(j: &mut Json<'_>, interner: &mut Interner, details: &mut Details) -> Result<()> {
    j.object(|j, key| {
        if key == "target" {
            let target = Reference::read(j, interner)?;
            if let Component::Name(name) = &target.component
                && name.eq_ignore_ascii_case("cwe")
                && let Some(id) = &target.id
                && let Ok(number) = id.trim_start_matches("CWE-").parse::<u32>()
            {
                details.cwe.push(interner.get(&format!("CWE-{number}")));
            }
        }
        Ok(())
    })
    .map(drop)
}

/// Message strings by their key.
fn strings(j: &mut Json<'_>, interner: &mut Interner) -> Result<Vec<(Text, String)>> {
    let mut strings = Vec::new();
    j.object(|j, key| {
        if let Some(text) = text::plain(j)? {
            strings.push((interner.get(key), text.into_owned()));
        }
        Ok(())
    })?;
    Ok(strings)
}

fn guid(j: &mut Json<'_>, interner: &mut Interner) -> Result<Option<Text>> {
    Ok(j.str()?.map(|guid| {
        if guid.bytes().any(|byte| byte.is_ascii_uppercase()) {
            interner.get(&guid.to_ascii_lowercase())
        } else {
            interner.get(&guid)
        }
    }))
}

/// Which component of the tool a reference means (§3.54).
#[derive(Debug, Default, PartialEq)]
pub(super) enum Component {
    #[default]
    Unsaid,
    Index(Index),
    Guid(Text),
    Name(Text),
}

/// A reportingDescriptorReference (§3.52).
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reference {
    pub(super) id: Option<Text>,
    pub(super) index: Index,
    guid: Option<Text>,
    component: Component,
}

impl Reference {
    pub(super) fn read(j: &mut Json<'_>, interner: &mut Interner) -> Result<Self> {
        let mut reference = Self::default();
        let (mut component, mut component_guid, mut name) = (Index::Unsaid, None, None);
        j.object(|j, key| {
            match key {
                "id" => reference.id = j.text(interner)?,
                "index" => reference.index = Index::read(j)?,
                "guid" => reference.guid = guid(j, interner)?,
                "toolComponent" => {
                    j.object(|j, key| {
                        match key {
                            "index" => component = Index::read(j)?,
                            "guid" => component_guid = guid(j, interner)?,
                            "name" => name = j.text(interner)?,
                            _ => {}
                        }
                        Ok(())
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        reference.component = match (component, component_guid, name) {
            // A name wins for taxonomies only, which are never looked up here.
            (Index::Unsaid, _, Some(name)) if name.eq_ignore_ascii_case("cwe") => Component::Name(name),
            (Index::Unsaid, Some(guid), _) => Component::Guid(guid),
            (Index::Unsaid, None, Some(name)) => Component::Name(name),
            (Index::Unsaid, None, None) => Component::Unsaid,
            (index, _, _) => Component::Index(index),
        };
        Ok(reference)
    }
}

/// A toolComponent (§3.19): the driver or an extension.
#[derive(Debug, Default)]
pub(super) struct ToolComponent {
    pub(super) name: Option<Text>,
    pub(super) version: Option<Text>,
    semantic_version: Option<Text>,
    guid: Option<Text>,
    pub(super) rules: Vec<Rule>,
    strings: Vec<(Text, String)>,
    ids: Map<Text, u32>,
}

impl ToolComponent {
    pub(super) fn read(j: &mut Json<'_>, interner: &mut Interner) -> Result<Self> {
        let mut component = Self::default();
        j.object(|j, key| {
            match key {
                "name" => component.name = j.text(interner)?,
                "version" => component.version = j.text(interner)?,
                "semanticVersion" => component.semantic_version = j.text(interner)?,
                "guid" => component.guid = guid(j, interner)?,
                "globalMessageStrings" => component.strings = strings(j, interner)?,
                "rules" => {
                    j.array(|j, _| {
                        component.rules.push(Rule::read(j, interner)?);
                        Ok(())
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        component.version =
            component.semantic_version.take().or(component.version).filter(|version| !version.is_empty());
        Ok(component)
    }
}

/// A rule by its component and its place there.
pub(super) type Place = (u32, u32);

/// What came of looking for a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The rule, and the one that the result names, if that is another.
    Rule(Place, Option<Place>),
    /// The rule at the index, though the result names one that nothing describes.
    Misnamed(Place),
    /// Nothing describes the rule.
    Undescribed,
    /// The result points at a rule that is not there.
    Nowhere,
}

/// A tool: its driver and the extensions, in that order, ready for looking up rules.
#[derive(Debug, Default)]
pub(super) struct Tool {
    components: Vec<ToolComponent>,
    ids: Map<Text, Place>,
    guids: Map<Text, Place>,
    component_guids: Map<Text, u32>,
    component_names: Map<Text, u32>,
}

impl Tool {
    pub(super) fn new(driver: ToolComponent, extensions: Vec<ToolComponent>) -> Self {
        let mut tool = Self { components: vec![driver], ..Self::default() };
        tool.components.extend(extensions);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        for (c, component) in tool.components.iter_mut().enumerate() {
            if let Some(guid) = &component.guid {
                tool.component_guids.entry(Text::clone(guid)).or_insert(number(c));
            }
            if let Some(name) = &component.name {
                tool.component_names.entry(Text::clone(name)).or_insert(number(c));
            }
            for (r, rule) in component.rules.iter().enumerate() {
                if let Some(guid) = &rule.guid {
                    tool.guids.entry(Text::clone(guid)).or_insert((number(c), number(r)));
                }
                match component.ids.entry(Text::clone(&rule.id)) {
                    Entry::Vacant(place) => {
                        place.insert(number(r));
                    }
                    // Ids may repeat (§3.49.3): who names the rule by its id alone gets the worst.
                    Entry::Occupied(mut place) => {
                        let known = usize::try_from(*place.get()).ok().and_then(|r| component.rules.get(r));
                        if known.is_some_and(|known| known.rank() < rule.rank()) {
                            place.insert(number(r));
                        }
                    }
                }
            }
            for (id, r) in &component.ids {
                tool.ids.entry(Text::clone(id)).or_insert((number(c), *r));
            }
        }
        tool
    }

    pub(super) fn driver(&self) -> Option<&ToolComponent> {
        self.components.first()
    }

    pub(super) fn rule(&self, (component, rule): Place) -> Option<&Rule> {
        self.component(component)?.rules.get(usize::try_from(rule).ok()?)
    }

    fn component(&self, component: u32) -> Option<&ToolComponent> {
        self.components.get(usize::try_from(component).ok()?)
    }

    pub(super) fn knows_rules(&self) -> bool {
        self.components.iter().any(|component| !component.rules.is_empty())
    }

    pub(super) fn rules_mut(&mut self) -> impl Iterator<Item = &mut Rule> {
        self.components.iter_mut().flat_map(|component| component.rules.iter_mut())
    }

    /// The rule of a result: by index, by guid, by id, by the beginning of a hierarchical id.
    pub(super) fn find(&self, id: &str, index: Index, reference: Option<&Reference>) -> Found {
        let index = match reference {
            Some(Reference { index: inner, .. }) if *inner != Index::Unsaid => *inner,
            _ => index,
        };
        let component = match reference.map(|r| &r.component) {
            None | Some(Component::Unsaid) => Some(0),
            Some(Component::Index(Index::At(n))) => n.checked_add(1).filter(|c| self.component(*c).is_some()),
            Some(Component::Index(_)) => None,
            Some(Component::Guid(guid)) => self.component_guids.get(guid).copied(),
            Some(Component::Name(name)) => self.component_names.get(name).copied(),
        };
        let named = || {
            let own = component.and_then(|c| Some((c, &self.component(c)?.ids)));
            beginnings(id).find_map(|id| {
                let own = own.and_then(|(c, ids)| Some((c, *ids.get(id)?)));
                own.or_else(|| self.ids.get(id).copied())
            })
        };
        if let (Some(c), Index::At(r)) = (component, index)
            && let Some(rule) = self.rule((c, r))
        {
            return if id.is_empty() || rule.id.is_empty() || is_part_of(id, &rule.id) {
                Found::Rule((c, r), None)
            } else {
                named().map_or(Found::Misnamed((c, r)), |named| Found::Rule((c, r), Some(named)))
            };
        }
        if let Some(guid) = reference.and_then(|r| r.guid.as_ref())
            && let Some(place) = self.guids.get(guid)
        {
            return Found::Rule(*place, None);
        }
        if let Some(place) = named() {
            return Found::Rule(place, None);
        }
        if index == Index::Unsaid && component.is_some() { Found::Undescribed } else { Found::Nowhere }
    }

    /// The text of a message (§3.11.7): of the rule, else of the driver.
    pub(super) fn message(&self, place: Option<Place>, message: &text::Reference) -> Option<String> {
        let of_rule = place.and_then(|place| self.rule(place)).map(|rule| rule.strings.iter());
        let of_driver = self.driver().map(|driver| driver.strings.iter());
        let mut strings = of_rule.into_iter().flatten().chain(of_driver.into_iter().flatten());
        let (_, text) = strings.find(|(id, _)| *id == message.id)?;
        Some(text::filled(text, &message.arguments).into_owned())
    }
}

/// Whether an id is the other or one below it.
fn is_part_of(id: &str, whole: &str) -> bool {
    id.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// An id, then the ids above it: `a/b/c`, `a/b`, `a`.
fn beginnings(id: &str) -> impl Iterator<Item = &str> {
    std::iter::successors((!id.is_empty()).then_some(id), |id| id.rsplit_once('/').map(|(above, _)| above))
        .take(MOST_PARTS)
}

/// The overrides of one invocation (§3.51), ready for looking up.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    places: Map<Place, Level>,
    ids: Map<Text, Level>,
}

impl Overrides {
    pub(super) fn new(tool: &Tool, read: Vec<(Reference, Level)>) -> Self {
        let mut overrides = Self::default();
        for (descriptor, level) in read {
            let id = descriptor.id.clone().unwrap_or_default();
            match tool.find(&id, Index::Unsaid, Some(&descriptor)) {
                Found::Rule(place, _) | Found::Misnamed(place) => {
                    overrides.places.insert(place, level);
                }
                Found::Undescribed | Found::Nowhere => {
                    overrides.ids.insert(id, level);
                }
            }
        }
        overrides
    }

    pub(super) fn level(&self, place: Option<Place>, id: &str) -> Option<Level> {
        if let Some(level) = place.and_then(|place| self.places.get(&place)) {
            return Some(*level);
        }
        if self.ids.is_empty() {
            return None;
        }
        beginnings(id).find_map(|id| self.ids.get(id)).copied()
    }
}
