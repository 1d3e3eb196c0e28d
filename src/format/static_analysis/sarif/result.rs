//! Results (§3.27) as they are read, before their rules are known.

use super::rule::{Index, Level, Marks, Reference, excerpt};
use super::text::Message;
use crate::model::{Location, State, Suppression, SuppressionKind, Text};
use crate::read::{Interner, Json, JsonKind, ParseError, relative_path};

type Result<T> = std::result::Result<T, ParseError>;

/// A `kind` (§3.27.9) as far as it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ResultKind {
    #[default]
    Fail,
    /// `pass`, `open`, `review`, `informational`, `notApplicable`.
    NoFailure,
    /// A word that the standard does not have: taken for a failure of unknown severity.
    Unknown,
}

impl ResultKind {
    fn read(j: &mut Json<'_>) -> Result<Self> {
        if j.kind() == Some(JsonKind::Null) {
            j.skip()?;
            return Ok(Self::Fail);
        }
        let at = j.position();
        let Some(word) = j.str()? else { return Ok(Self::Unknown) };
        Ok(match &*word {
            "fail" => Self::Fail,
            "pass" | "open" | "review" | "informational" | "notApplicable" => Self::NoFailure,
            other => {
                j.record(at, format!("`{}` is not a kind of result in SARIF", excerpt(other)));
                Self::Unknown
            }
        })
    }
}

/// A location (§3.28) with what is looked up when the run is known.
#[derive(Debug, Default)]
pub(super) struct Place {
    path: Option<Text>,
    line: u32,
    column: u32,
    end_line: u32,
    symbol: Option<Text>,
    /// Into the run's artifacts, when there is no URI.
    pub(super) artifact: Index,
    /// Into the run's logical locations, when there is no name.
    pub(super) logical: Index,
    physical: bool,
}

impl Place {
    /// Reads the first of several locations; the others say where else the same flaw is seen.
    pub(super) fn read_first(&mut self, j: &mut Json<'_>, interner: &mut Interner) -> Result<()> {
        j.array(|j, index| if index == 0 { self.read(j, interner) } else { Ok(()) }).map(drop)
    }

    fn read(&mut self, j: &mut Json<'_>, interner: &mut Interner) -> Result<()> {
        j.object(|j, key| {
            match key {
                "physicalLocation" => self.physical(j, interner)?,
                "logicalLocations" => {
                    j.array(|j, index| if index == 0 { self.logical(j, interner) } else { Ok(()) })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        if self.physical {
            self.symbol = None;
            self.logical = Index::Unsaid;
        }
        Ok(())
    }

    /// The location, if anything is said or referred to.
    pub(super) fn location(self) -> Option<Location> {
        let said = self.path.is_some()
            || self.symbol.is_some()
            || (self.line, self.column, self.end_line) != (0, 0, 0)
            || (self.artifact, self.logical) != (Index::Unsaid, Index::Unsaid);
        said.then(|| Location {
            path: self.path.unwrap_or_default(),
            line: self.line,
            column: self.column,
            end_line: self.end_line,
            symbol: self.symbol,
        })
    }

    fn physical(&mut self, j: &mut Json<'_>, interner: &mut Interner) -> Result<()> {
        let mut index = Index::Unsaid;
        j.object(|j, key| {
            match key {
                "artifactLocation" => (self.path, index) = artifact(j, interner)?,
                "region" => {
                    j.object(|j, key| {
                        match key {
                            "startLine" => self.line = j.line()?.unwrap_or_default(),
                            "startColumn" => self.column = j.line()?.unwrap_or_default(),
                            "endLine" => self.end_line = j.line()?.unwrap_or_default(),
                            _ => {}
                        }
                        Ok(())
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        self.physical = self.path.is_some() || index != Index::Unsaid;
        self.artifact = if self.path.is_some() { Index::Unsaid } else { index };
        Ok(())
    }

    fn logical(&mut self, j: &mut Json<'_>, interner: &mut Interner) -> Result<()> {
        let (name, index) = logical_location(j, interner)?;
        self.logical = if name.is_some() { Index::Unsaid } else { index };
        self.symbol = name;
        Ok(())
    }
}

/// The path of an artifactLocation (§3.4) and its index among the run's artifacts.
pub(super) fn artifact(j: &mut Json<'_>, interner: &mut Interner) -> Result<(Option<Text>, Index)> {
    let (mut path, mut index) = (None, Index::Unsaid);
    j.object(|j, key| {
        match key {
            "uri" => {
                path = j.str()?.filter(|uri| !uri.is_empty()).map(|uri| interner.get(&relative_path(&uri)))
            }
            "index" => index = Index::read(j)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((path, index))
}

/// The name of a logicalLocation (§3.33) and its index among the run's.
pub(super) fn logical_location(j: &mut Json<'_>, interner: &mut Interner) -> Result<(Option<Text>, Index)> {
    let (mut full, mut name, mut index) = (None, None, Index::Unsaid);
    j.object(|j, key| {
        match key {
            "fullyQualifiedName" => full = j.text(interner)?,
            "name" => name = j.text(interner)?,
            "index" => index = Index::read(j)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((full.or(name), index))
}

/// A result as it is read.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) id: Option<Text>,
    pub(super) index: Index,
    pub(super) reference: Option<Box<Reference>>,
    pub(super) kind: ResultKind,
    pub(super) level: Option<Level>,
    pub(super) marks: Marks,
    pub(super) message: Option<Message>,
    pub(super) place: Place,
    pub(super) suppression: Option<Box<Suppression>>,
    pub(super) state: State,
    pub(super) invocation: Index,
    /// Whether something that decides how bad it is could not be read.
    pub(super) broken: bool,
}

impl Raw {
    pub(super) fn read(&mut self, j: &mut Json<'_>, interner: &mut Interner) -> Result<()> {
        let raw = self;
        if j.kind() == Some(JsonKind::Null) {
            let at = j.position();
            j.record(at, "expected an object, found null");
        }
        let was_object = j.object(|j, key| {
            match key {
                "ruleId" => raw.id = j.text(interner)?.filter(|id| !id.is_empty()),
                "ruleIndex" => raw.index = Index::read(j)?,
                "rule" => match j.kind() {
                    Some(JsonKind::Object) => raw.reference = Some(Box::new(Reference::read(j, interner)?)),
                    Some(JsonKind::Null) => j.skip()?,
                    _ => {
                        j.object(|_, _| Ok(()))?;
                        raw.broken = true;
                    }
                },
                "kind" => raw.kind = ResultKind::read(j)?,
                "level" => raw.level = Level::read(j)?,
                "message" => raw.message = Message::read(j, interner)?,
                "locations" => raw.place.read_first(j, interner)?,
                "suppressions" => raw.suppression = suppressions(j, interner)?,
                "baselineState" => raw.state = baseline_state(j)?,
                "provenance" => {
                    j.object(|j, key| {
                        if key == "invocationIndex" {
                            raw.invocation = Index::read(j)?;
                        }
                        Ok(())
                    })?;
                }
                "properties" => {
                    j.object(|j, key| raw.marks.property(j, key))?;
                }
                _ => {}
            }
            Ok(())
        })?;
        raw.broken |= !was_object || raw.kind == ResultKind::Unknown;
        Ok(())
    }
}

/// `absent` (§3.27.24) is a result of an earlier run; everything else is one of this run.
fn baseline_state(j: &mut Json<'_>) -> Result<State> {
    let at = j.position();
    Ok(match j.str()?.as_deref() {
        Some("absent") => State::Fixed,
        None | Some("new" | "unchanged" | "updated") => State::New,
        Some(other) => {
            j.record(at, format!("`{}` is not a baseline state of SARIF", excerpt(other)));
            State::New
        }
    })
}

/// What the tool says against counting the result (§3.27.23): nothing unless all suppressions are accepted.
fn suppressions(j: &mut Json<'_>, interner: &mut Interner) -> Result<Option<Box<Suppression>>> {
    let (mut reason, mut open) = (None, false);
    j.array(|j, _| {
        let (mut kind, mut justification) = (None, None);
        let was_object = j.object(|j, key| {
            match key {
                "kind" => kind = j.text(interner)?,
                "justification" => justification = j.text(interner)?.filter(|text| !text.is_empty()),
                "status" => {
                    let at = j.position();
                    match j.kind() {
                        Some(JsonKind::Null) => j.skip()?,
                        _ => match j.str()?.as_deref() {
                            Some("accepted") => {}
                            Some("underReview" | "rejected") | None => open = true,
                            Some(other) => {
                                j.record(at, format!("`{}` is not a status of SARIF", excerpt(other)));
                                open = true;
                            }
                        },
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        open |= !was_object;
        if reason.is_none() {
            reason = Some(justification.or(kind).unwrap_or_default());
        }
        Ok(())
    })?;
    let in_force = false;
    Ok(reason
        .filter(|_| !open)
        .map(|reason| Box::new(Suppression { kind: SuppressionKind::Tool, reason, in_force })))
}
