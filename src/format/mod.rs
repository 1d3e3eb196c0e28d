//! Evidence formats: one file each, one line each in [`FORMATS`].
//!
//! A format recognises a file by its content and reads it into [`Evidence`]. It never opens a file, looks at a
//! clock, or decides anything. The folders say what the formats speak of.
//!
//! To add one: write `src/format/<topic>/<id>.rs` with a unit struct that implements [`Format`], name it in
//! [`FORMATS`], and put at least one real output under `fixtures/formats/<id>/`.

mod accessibility;
mod coverage;
mod dependencies;
mod load;
mod operations;
mod secrets;
mod static_analysis;
mod tests;

use crate::model::{Category, Evidence, Kind, Skipped, TestKind, Text};
use crate::read::{Head, Interner, Json, Limits, ParseError, Place, Shape, Xml};

/// What `gate.yaml` or the command line says about a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    /// The format's id; overrides detection.
    pub format: Option<String>,
    /// The suite whose coverage it is.
    pub suite: Option<Text>,
    /// What its tests exercise.
    pub tests: Option<TestKind>,
    /// What findings are about that nothing else classifies.
    pub category: Option<Category>,
}

impl Declaration {
    /// Adds what another one says and this one does not.
    pub fn merge(&mut self, more: &Self) {
        self.format = self.format.take().or_else(|| more.format.clone());
        self.suite = self.suite.take().or_else(|| more.suite.clone());
        self.tests = self.tests.or(more.tests);
        self.category = self.category.or(more.category);
    }
}

/// One evidence format.
pub trait Format: Sync {
    /// Its identity and documentation.
    fn info(&self) -> &'static Info;
    /// Whether the content is of this format. Must not look at the name.
    fn detect(&self, head: &Head<'_>) -> bool;
    /// Reads the content.
    ///
    /// # Errors
    /// When the file is malformed, cut off, or not of this format after all.
    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError>;
}

/// Identity and documentation of a format.
#[derive(Debug)]
pub struct Info {
    /// Short stable id.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Kinds of content it can bring.
    pub kinds: &'static [Kind],
    /// Producers whose real output was read.
    pub producers: &'static [&'static str],
    /// How it is recognised.
    pub detection: &'static str,
    /// Whether a clean run is an empty JSON array or an empty text, which proves nothing unless it is declared.
    pub clean: Clean,
}

/// What the report of a clean run looks like where it is ambiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clean {
    /// It can be told from other formats.
    Recognisable,
    /// `[]`.
    EmptyArray,
    /// A blank text of at least one line end.
    BlankText,
}

/// Counts by word, for `gate inspect`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(std::collections::BTreeMap<String, u64>);

impl Tally {
    /// Counts one more of that word.
    pub(crate) fn add(&mut self, word: &str) {
        match self.0.get_mut(word) {
            Some(count) => *count += 1,
            None => {
                self.0.insert(word.to_owned(), 1);
            }
        }
    }
}

impl From<Tally> for serde_json::Value {
    fn from(tally: Tally) -> Self {
        tally.0.into_iter().collect()
    }
}

/// A decoded file.
#[derive(Debug)]
pub struct Document<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its text, without byte order mark.
    pub text: &'a str,
    /// What was declared about it.
    pub declaration: &'a Declaration,
    /// Limits.
    pub limits: Limits,
}

impl<'a> Document<'a> {
    /// Reads the document as one JSON value; what the closure leaves is skipped.
    pub(crate) fn json<T>(
        &self,
        evidence: &mut Evidence,
        read: impl FnOnce(&mut Json<'a>, &mut Interner, &mut Evidence) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        let mut json = Json::new(self.text, self.limits);
        let value = read(&mut json, &mut Interner::default(), evidence)?;
        json.finish()?;
        self.keep_skipped(json.into_skipped(), true, evidence);
        Ok(value)
    }

    /// Reads JSON values that stand one after the other (JSON lines).
    pub(crate) fn json_values(
        &self,
        evidence: &mut Evidence,
        mut read: impl FnMut(&mut Json<'a>, &mut Interner, &mut Evidence) -> Result<(), ParseError>,
    ) -> Result<(), ParseError> {
        let mut json = Json::new(self.text, self.limits);
        let mut interner = Interner::default();
        while json.kind().is_some() {
            let before = json.position();
            read(&mut json, &mut interner, evidence)?;
            if json.position() == before {
                json.skip()?;
            }
        }
        json.finish()?;
        self.keep_skipped(json.into_skipped(), false, evidence);
        Ok(())
    }

    /// Reads the document as XML.
    pub(crate) fn xml<T>(
        &self,
        evidence: &mut Evidence,
        read: impl FnOnce(&mut Xml<'a>, &mut Interner, &mut Evidence) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        let mut xml = Xml::new(self.text, self.limits);
        let value = read(&mut xml, &mut Interner::default(), evidence)?;
        self.keep_skipped(xml.into_skipped(), false, evidence);
        Ok(value)
    }

    /// Adds what was passed over to the evidence, with places that people can find.
    pub(crate) fn keep_skipped(
        &self,
        (listed, total): (Vec<(usize, String)>, u64),
        pointers: bool,
        evidence: &mut Evidence,
    ) {
        evidence.skipped_total += total;
        let bytes: Vec<usize> = listed.iter().map(|(byte, _)| *byte).collect();
        let mut found = if pointers {
            crate::read::pointers(self.text, &bytes).into_iter()
        } else {
            Vec::new().into_iter()
        };
        for (byte, reason) in listed {
            let place = Place::of(self.text, byte);
            let line = format!("line {}, column {}", place.line, place.column);
            let at = match found.next() {
                Some(pointer) if !pointer.is_empty() => format!("{pointer} ({line})"),
                _ => line,
            };
            evidence.skipped.push(Skipped { at, reason });
        }
    }
}

/// Every format, in the order of `gate formats`.
pub static FORMATS: &[&dyn Format] = &[
    &coverage::Cobertura,
    &coverage::Lcov,
    &coverage::Jacoco,
    &static_analysis::Sarif,
    &static_analysis::Bandit,
    &static_analysis::Semgrep,
    &static_analysis::Ruff,
    &static_analysis::Eslint,
    &static_analysis::Mypy,
    &dependencies::Trivy,
    &dependencies::CycloneDx,
    &secrets::Gitleaks,
    &tests::Junit,
    &load::K6,
    &accessibility::Axe,
    &accessibility::Lighthouse,
    &operations::GateEvidence,
];

/// The format of that id.
pub fn by_id(id: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.info().id == id)
}

/// Why no format was found.
#[derive(Debug, PartialEq, Eq)]
pub enum Undetected {
    /// Well-formed, but nothing that is known.
    Unknown,
    /// Several formats claim it: their ids.
    Ambiguous(Vec<&'static str>),
    /// Too broken to tell.
    Malformed(ParseError),
}

/// Finds the one format of a text.
pub fn detect(name: &str, text: &str, limits: Limits) -> Result<&'static dyn Format, Undetected> {
    let mut head = Head::of(name, text, limits, false).map_err(Undetected::Malformed)?;
    let mut found = claims(&head);
    if found.len() != 1 && !head.complete {
        head = Head::of(name, text, limits, true).map_err(Undetected::Malformed)?;
        found = claims(&head);
    }
    let ambiguous = |clean: Clean| {
        Undetected::Ambiguous(
            FORMATS.iter().map(|f| f.info()).filter(|i| i.clean == clean).map(|i| i.id).collect(),
        )
    };
    match found.as_slice() {
        [one] => Ok(*one),
        [] if head.is_empty_array() => Err(ambiguous(Clean::EmptyArray)),
        [] => match head.shape {
            Shape::Blank(0) => Err(Undetected::Malformed(
                ParseError::whole("the file is empty").help("a report was expected: did the tool run?"),
            )),
            Shape::Blank(_) => Err(ambiguous(Clean::BlankText)),
            _ => Err(Undetected::Unknown),
        },
        several => Err(Undetected::Ambiguous(several.iter().map(|f| f.info().id).collect())),
    }
}

fn claims(head: &Head<'_>) -> Vec<&'static dyn Format> {
    FORMATS.iter().copied().filter(|format| format.detect(head)).collect()
}

/// Reads a text as a format.
///
/// # Errors
/// When the text is malformed, cut off or not of that format.
pub fn parse(format: &'static dyn Format, document: &Document<'_>) -> Result<Evidence, ParseError> {
    let mut evidence = Evidence {
        format: format.info().id,
        name: Text::from(document.name),
        declared_category: document.declaration.category,
        ..Evidence::default()
    };
    format.parse(document, &mut evidence)?;
    Ok(evidence)
}
