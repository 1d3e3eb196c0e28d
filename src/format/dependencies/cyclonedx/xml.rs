//! The XML serialisation, with the vulnerability extension 1.0 of the time before 1.4.

use super::bom::{Bom, Composition, Draft, Role};
use super::vulnerability::{Rating, Vulnerability, is_state};
use super::{NAMESPACE, check_version, is_namespace};
use crate::format::Document;
use crate::model::{Evidence, Text};
use crate::read::{Element, Interner, ParseError, Xml, timestamp};

type Result<T> = std::result::Result<T, ParseError>;

/// How much of one text is read.
const LONGEST: usize = 1 << 16;

/// Reads the document.
pub(super) fn read<'a>(document: &Document<'a>, evidence: &mut Evidence) -> Result<Bom<'a>> {
    document.xml(evidence, |x, interner, _| {
        let mut reader = Reader { bom: Bom::default(), interner };
        x.document(|x, root| reader.document(x, root))?;
        Ok(reader.bom)
    })
}

struct Reader<'a, 'i> {
    bom: Bom<'a>,
    interner: &'i mut Interner,
}

impl<'a> Reader<'a, '_> {
    fn document(&mut self, x: &mut Xml<'a>, root: &Element<'a>) -> Result<()> {
        if root.name() != "bom" {
            return Err(ParseError::at(
                root.position(),
                format!("expected the root `bom`, found `{}`", root.name()),
            ));
        }
        let mut spec = None;
        root.attributes(|name, value| {
            if is_namespace(name)
                && let Some(version) = value.strip_prefix(NAMESPACE)
            {
                spec = Some(Text::from(version));
            }
            Ok(())
        })?;
        let spec = spec.ok_or_else(|| {
            ParseError::at(root.position(), "the root `bom` is not in a namespace of CycloneDX")
                .help(format!("the namespace must be `{NAMESPACE}` with a version from 1.0 to 1.7"))
        })?;
        check_version(&spec, 0, root.position())?;
        self.bom.spec = spec;
        x.children(|x, e| match e.name() {
            "metadata" => self.metadata(x),
            "components" => {
                self.bom.has_components = true;
                x.children(|x, e| self.component(x, e, Role::Top))
            }
            "services" => x.children(|x, e| {
                self.bom.services += 1;
                self.component(x, e, Role::Other)
            }),
            "dependencies" => x.children(|x, e| {
                self.bom.dependencies += 1;
                self.dependency(x, e)
            }),
            "compositions" => x.children(|x, _| self.composition(x)),
            "vulnerabilities" => self.vulnerabilities(x, None),
            _ => Ok(()),
        })
    }

    fn metadata(&mut self, x: &mut Xml<'a>) -> Result<()> {
        x.children(|x, e| match e.name() {
            "timestamp" => {
                self.bom.produced_at = time(x, e)?;
                Ok(())
            }
            "component" => self.component(x, e, Role::Root),
            "tools" => x.children(|x, e| match e.name() {
                "components" | "services" => x.children(|x, e| self.tool(x, e)),
                _ => self.tool(x, e),
            }),
            _ => Ok(()),
        })
    }

    fn tool(&mut self, x: &mut Xml<'a>, e: &Element<'a>) -> Result<()> {
        let (mut name, mut version) = (None, None);
        x.children(|x, e| {
            match e.name() {
                "name" => name = Some(self.text(x)?),
                "version" => version = Some(self.text(x)?),
                _ => {}
            }
            Ok(())
        })?;
        if !self.bom.producer(name, version) {
            x.record(e.position(), "a tool without `name`");
        }
        Ok(())
    }

    fn component(&mut self, x: &mut Xml<'a>, e: &Element<'a>, role: Role) -> Result<()> {
        let at = e.position();
        let mut slot = None;
        let mut draft = Draft::default();
        e.attributes(|name, value| {
            match name {
                "bom-ref" => draft.bom_ref = Some(value.into_owned().into()),
                "type" => draft.kind = Some(self.interner.get(value.trim())),
                _ => {}
            }
            Ok(())
        })?;
        x.children(|x, e| {
            match e.name() {
                "group" => draft.group = Some(text(x)?.into()),
                "name" => draft.name = Some(text(x)?.into()),
                "version" => draft.version = Some(self.text(x)?),
                "purl" => draft.purl = Some(text(x)?.into()),
                "scope" => draft.scope = Some(self.text(x)?),
                "licenses" => x.children(|x, e| self.licence(x, e, &mut draft))?,
                "supplier" => x.children(|x, e| {
                    if e.name() == "name" {
                        draft.supplier = Some(self.text(x)?);
                    }
                    Ok(())
                })?,
                "hashes" => x.children(|x, e| {
                    draft.has_hash = true;
                    if role == Role::Root && e.attribute("alg")?.as_deref() == Some("SHA-256") {
                        draft.sha256 = Some(text(x)?.into());
                    }
                    Ok(())
                })?,
                "releaseNotes" => x.children(|x, e| {
                    if e.name() == "timestamp" {
                        draft.released_at = time(x, e)?;
                    }
                    Ok(())
                })?,
                "components" | "services" => {
                    slot.get_or_insert_with(|| self.bom.open(role));
                    x.children(|x, e| self.component(x, e, role.below()))?;
                }
                "vulnerabilities" => {
                    // The extension names no component here, so that one without `bom-ref` needs a name of its own.
                    draft.bom_ref.get_or_insert_with(|| format!("#{at}").into());
                    self.vulnerabilities(x, Some(&draft))?;
                }
                _ => {}
            }
            Ok(())
        })?;
        if draft.name.as_ref().is_none_or(|name| name.is_empty()) {
            x.record(at, "a component without `name`");
        }
        self.bom.close(role, slot, draft);
        Ok(())
    }

    fn licence(&mut self, x: &mut Xml<'a>, e: &Element<'a>, draft: &mut Draft<'a>) -> Result<()> {
        let (mut id, mut name, mut expression) = (None, None, None);
        match e.name() {
            "license" => x.children(|x, e| {
                match e.name() {
                    "id" => id = Some(self.text(x)?),
                    "name" => name = Some(self.text(x)?),
                    _ => {}
                }
                Ok(())
            })?,
            "expression" => expression = Some(self.text(x)?),
            _ => {}
        }
        draft.licence(id, name, expression);
        Ok(())
    }

    /// A dependency; those it depends on stand below it, to any depth.
    fn dependency(&mut self, x: &mut Xml<'a>, e: &Element<'a>) -> Result<()> {
        match e.attribute("ref")? {
            Some(name) => self.bom.dependency_ref(name.into()),
            None => x.record(e.position(), "a dependency without `ref`"),
        }
        x.children(|x, e| {
            if e.name() == "dependency" {
                self.bom.edges += 1;
                self.dependency(x, e)?;
            }
            Ok(())
        })
    }

    fn composition(&mut self, x: &mut Xml<'a>) -> Result<()> {
        let mut composition = Composition::default();
        x.children(|x, e| match e.name() {
            "aggregate" => {
                composition.aggregate = Some(text(x)?.into());
                Ok(())
            }
            "assemblies" | "dependencies" => x.children(|_, e| {
                composition.refs.extend(e.attribute("ref")?.map(Into::into));
                Ok(())
            }),
            "vulnerabilities" => x.children(|_, _| {
                composition.of_vulnerabilities = true;
                Ok(())
            }),
            _ => Ok(()),
        })?;
        self.bom.compositions.push(composition);
        Ok(())
    }

    fn vulnerabilities(&mut self, x: &mut Xml<'a>, below: Option<&Draft<'a>>) -> Result<()> {
        self.bom.has_vulnerabilities = true;
        x.children(|x, e| if e.name() == "vulnerability" { self.vulnerability(x, e, below) } else { Ok(()) })
    }

    /// A vulnerability. In the extension it names its component by the attribute `ref` or stands below it.
    fn vulnerability(&mut self, x: &mut Xml<'a>, e: &Element<'a>, below: Option<&Draft<'a>>) -> Result<()> {
        let mut v = Vulnerability::default();
        let named = e.attribute("ref")?;
        let extension = named.is_some() || below.is_some();
        v.affects.extend(named.map(Into::into).or_else(|| below.and_then(|draft| draft.bom_ref.clone())));
        x.children(|x, e| match e.name() {
            "id" => {
                v.id = Some(self.text(x)?);
                Ok(())
            }
            "source" => {
                v.source = e.attribute("name")?.map(Text::from);
                x.children(|x, e| {
                    match e.name() {
                        "name" => v.source = Some(self.text(x)?),
                        "url" => v.source_url = Some(self.text(x)?),
                        _ => {}
                    }
                    Ok(())
                })
            }
            "references" => x.children(|x, _| {
                x.children(|x, e| {
                    if e.name() == "id" {
                        v.aliases.push(self.text(x)?);
                    }
                    Ok(())
                })
            }),
            "ratings" => x.children(|x, _| {
                v.rating.add(&rating(x, extension)?);
                Ok(())
            }),
            "cwes" => x.children(|x, e| {
                let number = text(x)?;
                match number.parse::<u64>() {
                    Ok(number) => v.cwe.push(self.interner.get(&format!("CWE-{number}"))),
                    Err(_) => x.record(e.position(), "expected the number of a CWE"),
                }
                Ok(())
            }),
            "description" => {
                v.description = Some(self.text(x)?);
                Ok(())
            }
            "detail" => {
                v.detail = Some(self.text(x)?);
                Ok(())
            }
            "recommendation" => {
                v.recommendation = Some(self.text(x)?);
                Ok(())
            }
            "recommendations" => x.children(|x, _| {
                let more = self.text(x)?;
                v.recommendation.get_or_insert(more);
                Ok(())
            }),
            "advisories" => x.children(|x, _| {
                if extension {
                    let url = self.text(x)?;
                    v.advisory_url.get_or_insert(url);
                    return Ok(());
                }
                x.children(|x, e| {
                    if e.name() == "url" {
                        let url = self.text(x)?;
                        v.advisory_url.get_or_insert(url);
                    }
                    Ok(())
                })
            }),
            "analysis" => self.analysis(x, &mut v),
            "affects" => x.children(|x, e| {
                v.affects_written += 1;
                let known = v.affects.len();
                x.children(|x, e| {
                    if e.name() == "ref" {
                        v.affects.push(text(x)?.into());
                    }
                    Ok(())
                })?;
                if v.affects.len() == known {
                    x.record(e.position(), "an entry of `affects` without `ref`");
                }
                Ok(())
            }),
            _ => Ok(()),
        })?;
        self.bom.vulnerabilities.push(v);
        Ok(())
    }

    fn analysis(&mut self, x: &mut Xml<'a>, v: &mut Vulnerability<'a>) -> Result<()> {
        x.children(|x, e| {
            match e.name() {
                "state" => {
                    let state = self.text(x)?;
                    if !is_state(&state) {
                        x.record(e.position(), format!("`{state}` is no state of an analysis"));
                    }
                    v.state = Some(state);
                }
                "justification" => v.justification = Some(self.text(x)?),
                "detail" => v.state_detail = Some(self.text(x)?),
                _ => {}
            }
            Ok(())
        })
    }

    fn text(&mut self, x: &mut Xml<'a>) -> Result<Text> {
        Ok(self.interner.get(&text(x)?))
    }
}

/// The text of the current element, without white space around it.
fn text(x: &mut Xml<'_>) -> Result<String> {
    let mut text = x.text(LONGEST)?;
    text.truncate(text.trim_end().len());
    text.drain(..text.len() - text.trim_start().len());
    Ok(text)
}

/// A time; one that is not understood is recorded.
fn time(x: &mut Xml<'_>, e: &Element<'_>) -> Result<Option<jiff::Timestamp>> {
    let time = timestamp(&text(x)?);
    if time.is_none() {
        x.record(e.position(), "expected a time as in RFC 3339");
    }
    Ok(time)
}

/// A rating; a score that is no number counts as one that is not understood.
fn rating(x: &mut Xml<'_>, extension: bool) -> Result<Rating<'static>> {
    let mut rating = Rating::default();
    let score = |x: &mut Xml<'_>, e: &Element<'_>| {
        let number = text(x)?.parse::<f64>().ok().filter(|n| n.is_finite());
        if number.is_none() {
            x.record(e.position(), "expected a number");
        }
        Ok(Some(number.unwrap_or(f64::NAN)))
    };
    x.children(|x, e| {
        match e.name() {
            "severity" => rating.severity = Some(text(x)?.into()),
            "score" if extension => x.children(|x, e| {
                if e.name() == "base" {
                    rating.score = score(x, e)?;
                }
                Ok(())
            })?,
            "score" => rating.score = score(x, e)?,
            "method" => rating.method = Some(text(x)?.into()),
            _ => {}
        }
        Ok(())
    })?;
    Ok(rating)
}
