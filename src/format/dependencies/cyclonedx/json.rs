//! The JSON serialisation.

use std::borrow::Cow;

use super::bom::{Bom, Composition, Draft, Role};
use super::check_version;
use super::vulnerability::{Rating, Vulnerability, is_state};
use crate::format::Document;
use crate::model::{Evidence, Text};
use crate::read::{Interner, Json, JsonKind, ParseError, timestamp};

type Result<T> = std::result::Result<T, ParseError>;

/// Reads the document.
pub(super) fn read<'a>(document: &Document<'a>, evidence: &mut Evidence) -> Result<Bom<'a>> {
    document.json(evidence, |j, interner, _| {
        let mut reader = Reader { bom: Bom::default(), interner };
        reader.document(j)?;
        Ok(reader.bom)
    })
}

struct Reader<'a, 'i> {
    bom: Bom<'a>,
    interner: &'i mut Interner,
}

impl<'a> Reader<'a, '_> {
    fn document(&mut self, j: &mut Json<'a>) -> Result<()> {
        let (mut named, mut version) = (false, None);
        let was_object = j.object(|j, key| match key {
            "bomFormat" => {
                let at = j.position();
                named = j.str()?.as_deref() == Some("CycloneDX");
                if named { Ok(()) } else { Err(not_cyclonedx(at)) }
            }
            "specVersion" => {
                let at = j.position();
                version = j.text(self.interner)?;
                version.as_deref().map_or(Ok(()), |version| check_version(version, 2, at))
            }
            "metadata" => self.metadata(j),
            "components" => {
                self.bom.has_components = j.array(|j, _| self.component(j, Role::Top))?;
                Ok(())
            }
            "services" => j
                .array(|j, _| {
                    self.bom.services += 1;
                    self.component(j, Role::Other)
                })
                .map(drop),
            "dependencies" => j.array(|j, _| self.dependency(j)).map(drop),
            "compositions" => j.array(|j, _| self.composition(j)).map(drop),
            "vulnerabilities" => {
                self.bom.has_vulnerabilities = j.array(|j, _| self.vulnerability(j))?;
                Ok(())
            }
            _ => Ok(()),
        })?;
        if !was_object {
            return Err(j.fail("expected an object"));
        }
        if !named {
            return Err(not_cyclonedx(0));
        }
        self.bom.spec = version.ok_or_else(|| {
            ParseError::whole("`specVersion` is absent")
                .help("have the tool write one of the versions 1.2 to 1.7")
        })?;
        Ok(())
    }

    fn metadata(&mut self, j: &mut Json<'a>) -> Result<()> {
        j.object(|j, key| match key {
            "timestamp" => {
                self.bom.produced_at = time(j)?;
                Ok(())
            }
            "component" => match j.kind() {
                Some(JsonKind::Null) => j.skip(),
                _ => self.component(j, Role::Root),
            },
            // An array up to 1.4, an object from 1.5 on, though some tools keep the array.
            "tools" if j.kind() == Some(JsonKind::Array) => j.array(|j, _| self.tool(j)).map(drop),
            "tools" => j
                .object(|j, key| match key {
                    "components" | "services" => j.array(|j, _| self.tool(j)).map(drop),
                    _ => Ok(()),
                })
                .map(drop),
            _ => Ok(()),
        })
        .map(drop)
    }

    fn tool(&mut self, j: &mut Json<'a>) -> Result<()> {
        let at = j.position();
        let (mut name, mut version) = (None, None);
        let was_object = j.object(|j, key| {
            match key {
                "name" => name = j.text(self.interner)?,
                "version" => version = j.text(self.interner)?,
                _ => {}
            }
            Ok(())
        })?;
        if !self.bom.producer(name, version) && was_object {
            j.record(at, "a tool without `name`");
        }
        Ok(())
    }

    fn component(&mut self, j: &mut Json<'a>, role: Role) -> Result<()> {
        if !is_object(j)? {
            return Ok(());
        }
        let at = j.position();
        let mut slot = None;
        let mut draft = Draft::default();
        j.object(|j, key| {
            match key {
                "bom-ref" => draft.bom_ref = j.str()?,
                "type" => draft.kind = j.text(self.interner)?,
                "group" => draft.group = j.str()?,
                "name" => draft.name = j.str()?,
                "version" => draft.version = j.text(self.interner)?,
                "purl" => draft.purl = j.str()?.map(Text::from),
                "scope" => draft.scope = j.text(self.interner)?,
                "licenses" => {
                    j.array(|j, _| self.licence(j, &mut draft))?;
                }
                "supplier" => {
                    j.object(|j, key| {
                        if key == "name" {
                            draft.supplier = j.text(self.interner)?;
                        }
                        Ok(())
                    })?;
                }
                "hashes" => {
                    j.array(|j, _| {
                        draft.has_hash = true;
                        if role == Role::Root { hash(j, &mut draft.sha256) } else { Ok(()) }
                    })?;
                }
                "releaseNotes" => {
                    j.object(|j, key| {
                        if key == "timestamp" {
                            draft.released_at = time(j)?;
                        }
                        Ok(())
                    })?;
                }
                "components" | "services" => {
                    slot.get_or_insert_with(|| self.bom.open(role));
                    j.array(|j, _| self.component(j, role.below()))?;
                }
                _ => {}
            }
            Ok(())
        })?;
        if draft.name.as_ref().is_none_or(|name| name.is_empty()) {
            j.record(at, "a component without `name`");
        }
        self.bom.close(role, slot, draft);
        Ok(())
    }

    fn licence(&mut self, j: &mut Json<'a>, draft: &mut Draft<'a>) -> Result<()> {
        let (mut id, mut name, mut expression) = (None, None, None);
        j.object(|j, key| {
            match key {
                "license" => {
                    j.object(|j, key| {
                        match key {
                            "id" => id = j.text(self.interner)?,
                            "name" => name = j.text(self.interner)?,
                            _ => {}
                        }
                        Ok(())
                    })?;
                }
                "expression" => expression = j.text(self.interner)?,
                _ => {}
            }
            Ok(())
        })?;
        draft.licence(id, name, expression);
        Ok(())
    }

    fn dependency(&mut self, j: &mut Json<'a>) -> Result<()> {
        if !is_object(j)? {
            return Ok(());
        }
        self.bom.dependencies += 1;
        j.object(|j, key| match key {
            "ref" => {
                j.str()?.into_iter().for_each(|name| self.bom.dependency_ref(name));
                Ok(())
            }
            "dependsOn" => j
                .array(|j, _| {
                    self.bom.edges += 1;
                    j.str()?.into_iter().for_each(|name| self.bom.dependency_ref(name));
                    Ok(())
                })
                .map(drop),
            _ => Ok(()),
        })
        .map(drop)
    }

    fn composition(&mut self, j: &mut Json<'a>) -> Result<()> {
        if !is_object(j)? {
            return Ok(());
        }
        let mut composition = Composition::default();
        j.object(|j, key| match key {
            "aggregate" => {
                composition.aggregate = j.str()?;
                Ok(())
            }
            "assemblies" | "dependencies" => j
                .array(|j, _| {
                    composition.refs.extend(j.str()?);
                    Ok(())
                })
                .map(drop),
            "vulnerabilities" => j
                .array(|_, _| {
                    composition.of_vulnerabilities = true;
                    Ok(())
                })
                .map(drop),
            _ => Ok(()),
        })?;
        self.bom.compositions.push(composition);
        Ok(())
    }

    fn vulnerability(&mut self, j: &mut Json<'a>) -> Result<()> {
        if !is_object(j)? {
            self.bom.vulnerabilities.push(Vulnerability::unreadable());
            return Ok(());
        }
        let mut v = Vulnerability::default();
        j.object(|j, key| {
            match key {
                "id" => v.id = j.text(self.interner)?,
                "source" => {
                    j.object(|j, key| {
                        match key {
                            "name" => v.source = j.text(self.interner)?,
                            "url" => v.source_url = j.text(self.interner)?,
                            _ => {}
                        }
                        Ok(())
                    })?;
                }
                "references" => each_text(j, "id", |id| v.aliases.push(self.interner.get(&id)))?,
                "ratings" => {
                    j.array(|j, _| {
                        v.rating.add(&rating(j)?);
                        Ok(())
                    })?;
                }
                "cwes" => {
                    j.array(|j, _| {
                        let number = j.unsigned()?;
                        v.cwe.extend(number.map(|number| self.interner.get(&format!("CWE-{number}"))));
                        Ok(())
                    })?;
                }
                "description" => v.description = j.text(self.interner)?,
                "detail" => v.detail = j.text(self.interner)?,
                "recommendation" => v.recommendation = j.text(self.interner)?,
                "advisories" => each_text(j, "url", |url| {
                    v.advisory_url.get_or_insert_with(|| self.interner.get(&url));
                })?,
                "analysis" => self.analysis(j, &mut v)?,
                "affects" => {
                    j.array(|j, _| {
                        v.affects_written += 1;
                        let at = j.position();
                        let known = v.affects.len();
                        j.object(|j, key| {
                            if key == "ref" {
                                v.affects.extend(j.str()?);
                            }
                            Ok(())
                        })?;
                        if v.affects.len() == known {
                            j.record(at, "an entry of `affects` without `ref`");
                        }
                        Ok(())
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        self.bom.vulnerabilities.push(v);
        Ok(())
    }

    fn analysis(&mut self, j: &mut Json<'a>, v: &mut Vulnerability<'a>) -> Result<()> {
        j.object(|j, key| {
            match key {
                "state" => {
                    let at = j.position();
                    v.state = j.text(self.interner)?;
                    if let Some(state) = v.state.as_deref().filter(|state| !is_state(state)) {
                        j.record(at, format!("`{state}` is no state of an analysis"));
                    }
                }
                "justification" => v.justification = j.text(self.interner)?,
                "detail" => v.state_detail = j.text(self.interner)?,
                _ => {}
            }
            Ok(())
        })
        .map(drop)
    }
}

fn not_cyclonedx(at: usize) -> ParseError {
    ParseError::at(at, "expected `bomFormat` to be `CycloneDX`")
}

/// Whether an object comes next; anything else, `null` as well, is recorded and passed over.
fn is_object(j: &mut Json<'_>) -> Result<bool> {
    let kind = j.kind();
    if kind == Some(JsonKind::Object) {
        return Ok(true);
    }
    let at = j.position();
    j.skip()?;
    if let Some(kind) = kind {
        j.record(at, format!("expected an object, found {kind}"));
    }
    Ok(false)
}

/// A time; one that is not understood is recorded.
fn time(j: &mut Json<'_>) -> Result<Option<jiff::Timestamp>> {
    let at = j.position();
    let Some(text) = j.str()? else { return Ok(None) };
    let time = timestamp(&text);
    if time.is_none() {
        j.record(at, "expected a time as in RFC 3339");
    }
    Ok(time)
}

/// Hands the text under one key of each object of an array to the closure.
fn each_text<'a>(j: &mut Json<'a>, wanted: &str, mut each: impl FnMut(Cow<'a, str>)) -> Result<()> {
    j.array(|j, _| {
        j.object(|j, key| {
            if key == wanted
                && let Some(text) = j.str()?
            {
                each(text);
            }
            Ok(())
        })
        .map(drop)
    })
    .map(drop)
}

fn hash<'a>(j: &mut Json<'a>, sha256: &mut Option<Cow<'a, str>>) -> Result<()> {
    let (mut algorithm, mut content) = (None, None);
    j.object(|j, key| {
        match key {
            "alg" => algorithm = j.str()?,
            "content" => content = j.str()?,
            _ => {}
        }
        Ok(())
    })?;
    if algorithm.as_deref() == Some("SHA-256") {
        *sha256 = content;
    }
    Ok(())
}

/// A rating; a value of the wrong type counts as one that is not understood.
fn rating<'a>(j: &mut Json<'a>) -> Result<Rating<'a>> {
    let mut rating = Rating::default();
    j.object(|j, key| {
        let absent = j.kind() == Some(JsonKind::Null);
        match key {
            "severity" => rating.severity = j.str()?.or((!absent).then_some("(unreadable)".into())),
            "score" => rating.score = j.number()?.or((!absent).then_some(f64::NAN)),
            "method" => rating.method = j.str()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(rating)
}
