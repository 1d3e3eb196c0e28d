//! gate's own small document of what no tool reports: approvals, change freezes, service level objectives and
//! facts of the change. `schemas/evidence.v1.json` describes it.
//!
//! Nobody but its author can be surprised by it, so it is read strictly: a key that is not known, a value of the
//! wrong type (`null` too) or one that cannot be is an error, not a recorded oddity.

use jiff::Timestamp;

use crate::format::{Clean, Document, Format, Info};
use crate::model::{Approval, Change, Evidence, Freeze, Kind, Operations, Producer, Slo, Subject, Text};
use crate::read::{Head, Interner, Json, JsonKind, Keys, ParseError};

/// Reads gate's own evidence documents.
pub(crate) struct GateEvidence;

static INFO: Info = Info {
    id: "gate-evidence",
    title: "gate evidence",
    kinds: &[Kind::Operations],
    producers: &["written by hand or by a script"],
    detection: "object whose `schema` is `gate.evidence/v1`",
    clean: Clean::Recognisable,
};

const SCHEMA: &str = "gate.evidence/v1";
const FORM: &str = "`schemas/evidence.v1.json` says which keys and values there are";

impl Format for GateEvidence {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        head.object().text("schema") == Some(SCHEMA)
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut operations = Operations::default();
        let mut says = Says::default();
        document.json(evidence, |j, interner, evidence| says.read(j, interner, &mut operations, evidence))?;
        if !says.schema {
            return Err(ParseError::whole("key `schema` is absent")
                .help(format!("write `\"schema\": \"{SCHEMA}\"` into the document")));
        }
        evidence.count("approvals", operations.approvals.len());
        evidence.count("freezes", operations.freezes.len());
        evidence.count("slos", operations.slos.len());
        evidence.count("change", operations.change.is_some());
        if says.anything {
            evidence.proves(Kind::Operations);
        } else {
            evidence.incomplete(
                "nothing-said",
                "none of `approvals`, `freezes`, `slos` and `change` is there: the document says nothing",
            );
        }
        evidence.operations = Some(operations);
        Ok(())
    }
}

#[derive(Default)]
struct Says {
    schema: bool,
    anything: bool,
}

impl Says {
    fn read(
        &mut self,
        j: &mut Json<'_>,
        interner: &mut Interner,
        operations: &mut Operations,
        evidence: &mut Evidence,
    ) -> Result<(), ParseError> {
        const KEYS: &[&str] =
            &["schema", "produced_at", "producer", "subject", "approvals", "freezes", "slos", "change"];
        object(j, "the document", KEYS, |j, key| {
            self.anything |= matches!(key, "approvals" | "freezes" | "slos" | "change");
            match key {
                "schema" => {
                    let at = start(j);
                    let found = text(j, key, interner)?;
                    if &*found != SCHEMA {
                        return Err(ParseError::at(at, format!("schema `{found}` is not known"))
                            .help(format!("this version of gate reads `{SCHEMA}`")));
                    }
                    evidence.format_version = "v1".into();
                    self.schema = true;
                }
                "produced_at" => evidence.produced_at = Some(instant(j, key)?),
                "producer" => evidence.producers.push(producer(j, interner)?),
                "subject" => evidence.subject = subject(j, interner)?,
                "approvals" => array(j, key, |j| {
                    operations.approvals.push(approval(j, interner)?);
                    Ok(())
                })?,
                "freezes" => array(j, key, |j| {
                    operations.freezes.push(freeze(j, interner)?);
                    Ok(())
                })?,
                "slos" => array(j, key, |j| {
                    operations.slos.push(slo(j, interner)?);
                    Ok(())
                })?,
                _ => operations.change = Some(change(j)?),
            }
            Ok(())
        })
    }
}

fn producer(j: &mut Json<'_>, interner: &mut Interner) -> Result<Producer, ParseError> {
    let at = start(j);
    let (mut name, mut version) = (None, None);
    object(j, "`producer`", &["name", "version"], |j, key| {
        let target = if key == "name" { &mut name } else { &mut version };
        *target = Some(text(j, key, interner)?);
        Ok(())
    })?;
    Ok(Producer { name: needed(name, "producer", "name", at)?, version })
}

fn subject(j: &mut Json<'_>, interner: &mut Interner) -> Result<Subject, ParseError> {
    let mut subject = Subject::default();
    object(j, "`subject`", &["commit", "ref", "repository", "digest"], |j, key| {
        let at = start(j);
        let value = text(j, key, interner)?;
        match key {
            "commit" => {
                if !(7..=64).contains(&value.len()) || !hexadecimal(&value) {
                    return Err(ParseError::at(at, format!("commit `{value}` is not a commit hash"))
                        .help("write 7 to 64 hexadecimal digits, best all of them"));
                }
                subject.commit = Some(interner.get(&value.to_ascii_lowercase()));
            }
            "ref" => subject.git_ref = Some(value),
            "repository" => subject.repository = Some(value),
            _ => {
                let good =
                    value.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hexadecimal(hex));
                if !good {
                    return Err(ParseError::at(at, format!("digest `{value}` is not a SHA-256 digest"))
                        .help("write `sha256:` and 64 hexadecimal digits"));
                }
                subject.digest = Some(interner.get(&value.to_ascii_lowercase()));
            }
        }
        Ok(())
    })?;
    Ok(subject)
}

fn approval(j: &mut Json<'_>, interner: &mut Interner) -> Result<Approval, ParseError> {
    let start = start(j);
    let (mut by, mut role, mut at) = (None, None, None);
    object(j, "an approval", &["by", "role", "at"], |j, key| {
        match key {
            "by" => by = Some(text(j, key, interner)?),
            "role" => role = Some(text(j, key, interner)?),
            _ => at = Some(instant(j, key)?),
        }
        Ok(())
    })?;
    Ok(Approval { by: needed(by, "approval", "by", start)?, role: role.unwrap_or_default(), at })
}

fn freeze(j: &mut Json<'_>, interner: &mut Interner) -> Result<Freeze, ParseError> {
    let at = start(j);
    let (mut name, mut from, mut until) = (None, None, None);
    object(j, "a freeze", &["name", "from", "until"], |j, key| {
        match key {
            "name" => name = Some(text(j, key, interner)?),
            "from" => from = Some(instant(j, key)?),
            _ => until = Some(instant(j, key)?),
        }
        Ok(())
    })?;
    let freeze = Freeze {
        name: needed(name, "freeze", "name", at)?,
        from: needed(from, "freeze", "from", at)?,
        until: needed(until, "freeze", "until", at)?,
    };
    if freeze.from >= freeze.until {
        return Err(ParseError::at(at, format!("freeze `{}` ends before it begins", freeze.name))
            .help("`from` is its first instant, `until` the first instant after it"));
    }
    Ok(freeze)
}

fn slo(j: &mut Json<'_>, interner: &mut Interner) -> Result<Slo, ParseError> {
    let at = start(j);
    let (mut name, mut objective, mut measured, mut budget_left) = (None, None, None, None);
    object(j, "an objective", &["name", "objective", "measured", "budget_left"], |j, key| {
        match key {
            "name" => name = Some(text(j, key, interner)?),
            "objective" => objective = Some(percent(j, key, "99.9 means 99.9 %")?),
            "measured" => measured = Some(percent(j, key, "99.9 means 99.9 %")?),
            _ => budget_left = Some(percent(j, key, "a budget that is spent, or more than spent, is 0")?),
        }
        Ok(())
    })?;
    Ok(Slo {
        name: needed(name, "objective", "name", at)?,
        objective: needed(objective, "objective", "objective", at)?,
        measured: needed(measured, "objective", "measured", at)?,
        budget_left,
    })
}

fn change(j: &mut Json<'_>) -> Result<Change, ParseError> {
    let mut change = Change::default();
    object(j, "`change`", &["lines", "files", "migration", "breaking"], |j, key| {
        match key {
            "lines" => change.lines = Some(whole(j, key)?),
            "files" => change.files = Some(whole(j, key)?),
            "migration" => change.migration = boolean(j, key)?,
            _ => change.breaking = boolean(j, key)?,
        }
        Ok(())
    })?;
    Ok(change)
}

/// Walks an object that may have these keys and no other.
fn object<'a>(
    j: &mut Json<'a>,
    what: &str,
    keys: &[&str],
    mut each: impl FnMut(&mut Json<'a>, &str) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    expect(j, what, JsonKind::Object)?;
    j.object(|j, key| {
        if !keys.contains(&key) {
            let error = j.fail(format!("key `{key}` of {what} is not known"));
            let near = keys
                .iter()
                .map(|known| (strsim::damerau_levenshtein(known, key), known))
                .min()
                .filter(|(distance, known)| *distance <= known.len().div_ceil(2));
            return Err(error.help(match near {
                Some((_, known)) => format!("did you mean `{known}`?"),
                None => format!("known keys: `{}`", keys.join("`, `")),
            }));
        }
        each(j, key)
    })
    .map(drop)
}

fn array<'a>(
    j: &mut Json<'a>,
    key: &str,
    mut each: impl FnMut(&mut Json<'a>) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    expect(j, &format!("`{key}`"), JsonKind::Array)?;
    j.array(|j, _| each(j)).map(drop)
}

fn text(j: &mut Json<'_>, key: &str, interner: &mut Interner) -> Result<Text, ParseError> {
    expect(j, &format!("`{key}`"), JsonKind::String)?;
    let at = j.position();
    let text = j.text(interner)?.unwrap_or_default();
    if text.trim().is_empty() {
        return Err(
            ParseError::at(at, format!("`{key}` is blank")).help("leave the key out, or give it a value")
        );
    }
    Ok(text)
}

fn instant(j: &mut Json<'_>, key: &str) -> Result<Timestamp, ParseError> {
    expect(j, &format!("`{key}`"), JsonKind::String)?;
    let at = j.position();
    let text = j.str()?.unwrap_or_default();
    text.parse().map_err(|_| {
        ParseError::at(at, format!("`{key}` is not a time: `{text}`"))
            .help("write it by RFC 3339 with a time zone: `2026-12-24T00:00:00Z`")
    })
}

fn percent(j: &mut Json<'_>, key: &str, help: &str) -> Result<f64, ParseError> {
    expect(j, &format!("`{key}`"), JsonKind::Number)?;
    let at = j.position();
    let number = j.number()?.unwrap_or(f64::NAN);
    if (0.0..=100.0).contains(&number) {
        return Ok(number);
    }
    Err(ParseError::at(at, format!("`{key}` must be from 0 to 100 percent, found {number}")).help(help))
}

fn whole(j: &mut Json<'_>, key: &str) -> Result<u64, ParseError> {
    expect(j, &format!("`{key}`"), JsonKind::Number)?;
    let at = j.position();
    j.unsigned()?.ok_or_else(|| {
        ParseError::at(at, format!("`{key}` must be a whole number that is not negative")).help(FORM)
    })
}

fn boolean(j: &mut Json<'_>, key: &str) -> Result<bool, ParseError> {
    expect(j, &format!("`{key}`"), JsonKind::Bool)?;
    Ok(j.bool()?.unwrap_or_default())
}

fn expect(j: &mut Json<'_>, what: &str, wanted: JsonKind) -> Result<(), ParseError> {
    match j.kind() {
        Some(found) if found != wanted => {
            Err(j.fail(format!("expected {what} to be {wanted}, found {found}")).help(FORM))
        }
        _ => Ok(()),
    }
}

fn needed<T>(value: Option<T>, what: &str, key: &str, at: usize) -> Result<T, ParseError> {
    value.ok_or_else(|| ParseError::at(at, format!("the {what} has no `{key}`")).help(FORM))
}

/// The offset at which the next value begins.
fn start(j: &mut Json<'_>) -> usize {
    j.kind();
    j.position()
}

fn hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
