//! JaCoCo XML (report.dtd 1.1), as JaCoCo, gcovr, Pester and others write it.
//!
//! The lines of the source files are the truth. Where a source file has no usable lines (gcovr writes them
//! without instruction counts), its counters stand in; where a package has no source files, those of its
//! classes do. The counters of the report are only compared with what was read.

use std::collections::HashMap;

use crate::format::{Clean, Document, Format, Info};
use crate::model::{BranchHits, Count, Coverage, Evidence, FileCoverage, Kind, LineHits, Producer, Text};
use crate::read::{Element, Head, ParseError, Shape, Xml, relative_path};

/// Reads JaCoCo XML.
pub(crate) struct Jacoco;

static INFO: Info = Info {
    id: "jacoco",
    title: "JaCoCo XML",
    kinds: &[Kind::Coverage],
    producers: &["JaCoCo", "gcovr", "Pester"],
    detection: "XML root `report` above nothing but elements of JaCoCo's report.dtd",
    clean: Clean::Recognisable,
};

/// Elements of report.dtd below the root.
const ELEMENTS: [&str; 8] =
    ["sessioninfo", "group", "package", "class", "method", "sourcefile", "line", "counter"];

/// Kinds of counters, in the order of [`Counters`].
const TYPES: [&str; 6] = ["INSTRUCTION", "BRANCH", "LINE", "COMPLEXITY", "METHOD", "CLASS"];
const BRANCH: usize = 1;
const LINE: usize = 2;
const METHOD: usize = 4;

impl Format for Jacoco {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        match &head.shape {
            Shape::Xml { root, elements, .. } => {
                root == "report"
                    && !elements.is_empty()
                    && elements.iter().all(|element| ELEMENTS.contains(&element.as_str()))
            }
            _ => false,
        }
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut report = Report::default();
        document.xml(evidence, |x, _, _| {
            x.document(|x, root| {
                if root.name() != "report" {
                    return Err(ParseError::at(
                        root.position(),
                        format!("expected the root `report`, found `{}`", root.name()),
                    ));
                }
                report.name = root.attribute("name")?.unwrap_or_default();
                report.counters = report.group(x, "")?;
                Ok(())
            })
        })?;
        report.finish(document, evidence);
        Ok(())
    }
}

/// Missed and covered by kind, `None` where there is no counter of that kind.
#[derive(Clone, Copy, Default)]
struct Counters([Option<(u64, u64)>; TYPES.len()]);

impl Counters {
    fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            if let Some((missed, covered)) = theirs {
                let (m, c) = mine.unwrap_or_default();
                *mine = Some((m.saturating_add(*missed), c.saturating_add(*covered)));
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// These, or where there are none the sum of what is below.
    fn or(self, below: Self) -> Self {
        if self.is_empty() { below } else { self }
    }

    fn count(&self, kind: usize) -> Option<Count> {
        let (missed, covered) = self.0.get(kind).copied().flatten()?;
        Some(Count { covered, valid: missed.saturating_add(covered) })
    }

    /// Reads `<counter type="LINE" missed="1" covered="2"/>`.
    fn read(&mut self, x: &mut Xml<'_>, e: &Element<'_>) -> Result<(), ParseError> {
        let (mut slot, mut missed, mut covered) = (None, None, None);
        e.attributes(|name, value| {
            match name {
                "type" => slot = TYPES.iter().position(|known| *known == value),
                "missed" => missed = value.trim().parse().ok(),
                "covered" => covered = value.trim().parse().ok(),
                _ => {}
            }
            Ok(())
        })?;
        match (slot.and_then(|slot| self.0.get_mut(slot)), missed, covered) {
            (Some(slot), Some(missed), Some(covered)) => *slot = Some((missed, covered)),
            _ => x.record(e.position(), "a counter without a usable `type`, `missed` and `covered`"),
        }
        Ok(())
    }
}

/// A class, as far as it may have to stand in for its source file.
struct Class {
    path: String,
    /// Whether the class names its source file.
    sourced: bool,
    counters: Counters,
}

struct File {
    coverage: FileCoverage,
    /// The group that it was first met in.
    group: Text,
}

#[derive(Default)]
struct Report {
    name: String,
    counters: Counters,
    files: Vec<File>,
    by_path: HashMap<Text, usize, foldhash::fast::RandomState>,
    /// Latest dump, milliseconds since 1970.
    dumped: Option<i64>,
}

impl Report {
    /// A report or a group: its counters, or the sum of those below.
    fn group(&mut self, x: &mut Xml<'_>, group: &str) -> Result<Counters, ParseError> {
        let (mut own, mut below) = (Counters::default(), Counters::default());
        x.children(|x, e| {
            match e.name() {
                "sessioninfo" => {
                    let dump = e.attribute("dump")?.and_then(|dump| dump.trim().parse().ok());
                    self.dumped = self.dumped.max(dump);
                }
                "group" => {
                    let name = e.attribute("name")?.unwrap_or_default();
                    let inner = if group.is_empty() { name } else { format!("{group}/{name}") };
                    below.add(&self.group(x, &inner)?);
                }
                "package" => {
                    let name = e.attribute("name")?.unwrap_or_default();
                    below.add(&self.package(x, &name, group)?);
                }
                "counter" => own.read(x, e)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(own.or(below))
    }

    fn package(&mut self, x: &mut Xml<'_>, package: &str, group: &str) -> Result<Counters, ParseError> {
        let (mut own, mut of_files, mut of_classes) = <(Counters, Counters, Counters)>::default();
        let mut classes: Vec<Class> = Vec::new();
        let mut any = false;
        x.children(|x, e| {
            match e.name() {
                "counter" => own.read(x, e)?,
                "class" => {
                    let class = class(x, e, package)?;
                    of_classes.add(&class.counters);
                    classes.push(class);
                }
                "sourcefile" => {
                    any = true;
                    match e.attribute("name")?.filter(|name| !name.is_empty()) {
                        Some(name) => of_files.add(&self.source(x, &joined(package, &name), group)?),
                        None => x.record(e.position(), "a source file without `name`"),
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        self.stand_in(&classes, any, group);
        Ok(own.or(of_files.or(of_classes)))
    }

    /// Adds files for the classes whose source file the package does not hold. A class that names none may be
    /// in any source file, so it only counts where the package has none at all.
    fn stand_in(&mut self, classes: &[Class], any: bool, group: &str) {
        let before = self.files.len();
        for class in classes {
            if (any && !class.sourced) || class.counters.is_empty() {
                continue;
            }
            let index = self.file(&relative_path(&class.path), group);
            let Some(file) = self.files.get_mut(index).filter(|_| index >= before) else { continue };
            file.coverage.line_count.add(class.counters.count(LINE).unwrap_or_default());
            file.coverage.branch_count.add(class.counters.count(BRANCH).unwrap_or_default());
            file.coverage.function_count.add(class.counters.count(METHOD).unwrap_or_default());
        }
    }

    /// The index of the file of that path. The same path in another group is a file of another module.
    fn file(&mut self, path: &str, group: &str) -> usize {
        let mut path = Text::from(path);
        let mut known = self.by_path.get(&path).copied();
        if known.and_then(|index| self.files.get(index)).is_some_and(|file| &*file.group != group) {
            path = Text::from(joined(group, &path));
            known = self.by_path.get(&path).copied();
        }
        known.unwrap_or_else(|| {
            let coverage = FileCoverage { path: Text::clone(&path), ..FileCoverage::default() };
            self.files.push(File { coverage, group: Text::from(group) });
            self.by_path.insert(path, self.files.len() - 1);
            self.files.len() - 1
        })
    }

    fn source(&mut self, x: &mut Xml<'_>, path: &str, group: &str) -> Result<Counters, ParseError> {
        let index = self.file(&relative_path(path), group);
        let Some(file) = self.files.get_mut(index).map(|file| &mut file.coverage) else {
            return Ok(Counters::default());
        };
        let mut counters = Counters::default();
        let mut uncounted = None;
        x.children(|x, e| match e.name() {
            "line" => {
                let counted = line(x, e, file)?;
                if !counted {
                    uncounted.get_or_insert(e.position());
                }
                Ok(())
            }
            "counter" => counters.read(x, e),
            _ => Ok(()),
        })?;
        if let Some(at) = uncounted {
            // Lines with and without counts cannot be added up; the counter speaks for all of them.
            match counters.count(LINE) {
                Some(count) => {
                    file.lines.clear();
                    file.line_count = count;
                }
                None => x.record(at, "a line without instruction counts in a source file without counter"),
            }
        } else if file.lines.is_empty() {
            file.line_count.add(counters.count(LINE).unwrap_or_default());
        }
        file.normalise();
        if file.branches.is_empty() {
            file.branch_count = counters.count(BRANCH).unwrap_or_default();
        }
        file.function_count = counters.count(METHOD).unwrap_or(file.function_count);
        Ok(counters)
    }

    fn finish(self, document: &Document<'_>, evidence: &mut Evidence) {
        let (mut lines, mut branches) = (Count::default(), Count::default());
        for File { coverage, .. } in &self.files {
            lines.add(coverage.line_count);
            branches.add(coverage.branch_count);
        }
        for (kind, what, found) in [(LINE, "lines", lines), (BRANCH, "branches", branches)] {
            if let Some(claimed) = self.counters.count(kind).filter(|claimed| *claimed != found) {
                evidence.warn(
                    "totals-contradict-lines",
                    format!(
                        "the report claims {} of {} {what}, its source files add up to {} of {}; those count",
                        claimed.covered, claimed.valid, found.covered, found.valid
                    ),
                );
            }
        }
        if lines.valid == 0 {
            evidence.incomplete("nothing-measured", "the report holds no executable line");
        } else {
            evidence.proves(Kind::Coverage);
        }
        let name = match self.name.as_str() {
            "GCOVR report" => "gcovr",
            name if name.starts_with("Pester") => "Pester",
            _ => "JaCoCo",
        };
        evidence.producers.push(Producer { name: name.into(), version: None });
        evidence.produced_at = self.dumped.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        let counters: serde_json::Map<String, serde_json::Value> = TYPES
            .iter()
            .zip(self.counters.0)
            .filter_map(|(kind, counter)| {
                let (missed, covered) = counter?;
                Some(((*kind).to_owned(), vec![missed, covered].into()))
            })
            .collect();
        evidence.count("counters", counters);
        let files = self.files.into_iter().map(|file| file.coverage).collect();
        evidence.coverage = Some(Coverage { suite: document.declaration.suite.clone(), files });
    }
}

/// A class without its methods, whose counters it sums up.
fn class(x: &mut Xml<'_>, e: &Element<'_>, package: &str) -> Result<Class, ParseError> {
    let (mut name, mut source) = (String::new(), None);
    e.attributes(|key, value| {
        match key {
            "name" => name = value.into_owned(),
            "sourcefilename" if !value.is_empty() => source = Some(joined(package, &value)),
            _ => {}
        }
        Ok(())
    })?;
    let mut counters = Counters::default();
    x.children(|x, e| if e.name() == "counter" { counters.read(x, e) } else { Ok(()) })?;
    let sourced = source.is_some();
    Ok(Class { path: source.unwrap_or(name), sourced, counters })
}

/// Reads a line; `false` when it says nothing of its instructions.
fn line(x: &mut Xml<'_>, e: &Element<'_>, file: &mut FileCoverage) -> Result<bool, ParseError> {
    let mut number = None;
    let mut broken = false;
    let (mut mi, mut ci, mut mb, mut cb) = (None, None, 0, 0);
    e.attributes(|name, value| {
        let mut read = |value: &str| {
            let number = value.trim().parse::<u32>().ok();
            broken |= number.is_none();
            number
        };
        match name {
            "nr" => number = read(&value).filter(|nr| *nr > 0),
            "mi" => mi = read(&value),
            "ci" => ci = read(&value),
            "mb" => mb = read(&value).unwrap_or_default(),
            "cb" => cb = read(&value).unwrap_or_default(),
            _ => {}
        }
        Ok(())
    })?;
    let Some(line) = number.filter(|_| !broken) else {
        x.record(e.position(), "a line whose `nr`, `mi`, `ci`, `mb` or `cb` is not a usable number");
        return Ok(true);
    };
    if mb > 0 || cb > 0 {
        file.branches.push(BranchHits { line, covered: cb, valid: mb.saturating_add(cb) });
    }
    if mi.is_none() && ci.is_none() {
        return Ok(false);
    }
    // `ci` counts instructions, not runs: all it says is that the line was reached.
    file.lines.push(LineHits { line, hits: u32::from(ci.unwrap_or_default() > 0) });
    Ok(true)
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
