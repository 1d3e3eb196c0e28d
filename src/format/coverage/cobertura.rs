//! Cobertura XML, as coverage.py, gcovr, istanbul, coverlet, gocover-cobertura and many others write it.
//!
//! The lines of the classes are the truth: rates and totals are only compared with them. A file that several
//! classes share is one file, and a line that is written twice is one line. Lines under `<methods>` repeat those
//! of the class and count only where the class has none of its own. File names are relative to `<source>`; only a
//! single relative one can be put in front of them, as an absolute one says nothing of the repository.

use std::collections::HashMap;

use crate::format::{Clean, Document, Format, Info};
use crate::model::{BranchHits, Count, Coverage, Evidence, FileCoverage, Kind, LineHits, Producer, Text};
use crate::read::{Element, Head, Interner, ParseError, Xml, relative_path};

/// Reads Cobertura XML.
pub(crate) struct Cobertura;

static INFO: Info = Info {
    id: "cobertura",
    title: "Cobertura XML",
    kinds: &[Kind::Coverage],
    producers: &[
        "coverage.py",
        "gcovr",
        "jest",
        "vitest",
        "gocover-cobertura",
        "coverlet",
        "altcover",
        "OpenCppCoverage",
        "simplecov",
    ],
    detection: "XML root `coverage` with `line-rate` or `packages`, and without Clover's `project`",
    clean: Clean::Recognisable,
};

impl Format for Cobertura {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        head.root() == "coverage"
            && (head.root_attribute("line-rate").is_some() || head.has_element("packages"))
            && !head.has_element("project")
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut report = Report::default();
        document.xml(evidence, |x, interner, evidence| {
            x.document(|x, root| {
                if root.name() != "coverage" {
                    return Err(ParseError::at(
                        root.position(),
                        format!("expected the root `coverage`, found `{}`", root.name()),
                    ));
                }
                report.root(root, evidence)?;
                x.children(|x, e| report.element(x, e, interner))
            })
        })?;
        report.finish(document, evidence);
        Ok(())
    }
}

#[derive(Default)]
struct Report {
    files: Vec<FileCoverage>,
    by_path: HashMap<Text, usize>,
    /// `lines-valid` and `lines-covered` of the root, where written as whole numbers.
    claimed: (Option<u64>, Option<u64>),
    claimed_rate: Option<f64>,
    /// The folder that file names are relative to, when there is one and it is relative itself.
    source: Option<String>,
    sources: u32,
    /// Lines of classes that name no file.
    lost_lines: u64,
}

impl Report {
    fn root(&mut self, root: &Element<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        root.attributes(|name, value| {
            match name {
                "lines-valid" => self.claimed.0 = value.parse().ok(),
                "lines-covered" => self.claimed.1 = value.parse().ok(),
                "line-rate" => self.claimed_rate = value.parse().ok(),
                "version" => evidence.format_version = Text::from(value),
                "timestamp" => evidence.produced_at = epoch(&value),
                _ => {}
            }
            Ok(())
        })
    }

    /// `packages/package/classes/class`, wherever a producer put it.
    fn element(
        &mut self,
        x: &mut Xml<'_>,
        e: &Element<'_>,
        interner: &mut Interner,
    ) -> Result<(), ParseError> {
        match e.name() {
            "class" => self.class(x, e, interner),
            "source" => {
                let source = x.text(4096)?;
                self.sources += 1;
                self.source = (self.sources == 1).then(|| relative_source(&source)).flatten();
                Ok(())
            }
            _ => x.children(|x, e| self.element(x, e, interner)),
        }
    }

    fn class(&mut self, x: &mut Xml<'_>, e: &Element<'_>, interner: &mut Interner) -> Result<(), ParseError> {
        let mut path = None;
        e.attributes(|name, value| {
            if name == "filename" {
                let name = relative_path(&value);
                path = Some(match &self.source {
                    Some(source) if !name.is_empty() && !is_absolute(&name) => {
                        interner.get(&format!("{source}/{name}"))
                    }
                    _ => interner.get(&name),
                });
            }
            Ok(())
        })?;
        let Some(path) = path.filter(|p| !p.is_empty()) else {
            x.record(e.position(), "a class without `filename`");
            return self.lost(x);
        };
        let file = match self.by_path.get(&path) {
            Some(index) => *index,
            None => {
                self.files.push(FileCoverage { path: Text::clone(&path), ..FileCoverage::default() });
                self.by_path.insert(path, self.files.len() - 1);
                self.files.len() - 1
            }
        };
        let Some(file) = self.files.get_mut(file) else { return Ok(()) };
        let before = file.lines.len();
        let mut of_methods = FileCoverage::default();
        let mut methods = Count::default();
        x.children(|x, e| match e.name() {
            "lines" => x.children(|x, e| line(x, e, file)),
            "methods" => x.children(|x, _method| {
                let first = of_methods.lines.len();
                x.children(|x, e| {
                    if e.name() == "lines" { x.children(|x, e| line(x, e, &mut of_methods)) } else { Ok(()) }
                })?;
                let lines = of_methods.lines.get(first..).unwrap_or_default();
                let covered = u64::from(lines.iter().any(|line| line.hits > 0));
                methods.add(Count { covered, valid: u64::from(!lines.is_empty()) });
                Ok(())
            }),
            _ => Ok(()),
        })?;
        file.function_count.add(methods);
        if file.lines.len() == before {
            file.lines.append(&mut of_methods.lines);
            file.branches.append(&mut of_methods.branches);
        }
        Ok(())
    }

    /// Looks for lines below a class that belong to no file.
    fn lost(&mut self, x: &mut Xml<'_>) -> Result<(), ParseError> {
        x.children(|x, e| {
            self.lost_lines += u64::from(e.name() == "line");
            self.lost(x)
        })
    }

    fn finish(mut self, document: &Document<'_>, evidence: &mut Evidence) {
        for file in &mut self.files {
            file.normalise();
        }
        let (mut lines, mut branches) = (Count::default(), Count::default());
        for file in &self.files {
            lines.add(file.line_count);
            branches.add(file.branch_count);
        }
        if let (Some(valid), Some(covered)) = self.claimed
            && (valid, covered) != (lines.valid, lines.covered)
        {
            evidence.warn(
                "totals-contradict-lines",
                format!(
                    "the report claims {covered} of {valid} lines, its lines add up to {} of {}; the lines count",
                    lines.covered, lines.valid
                ),
            );
        } else if let Some(claimed) = self.claimed_rate
            && let Some(percent) = lines.percent()
            && (claimed * 100.0 - percent).abs() > 1.0
        {
            evidence.warn(
                "totals-contradict-lines",
                format!(
                    "the report claims a line rate of {claimed}, its lines give {:.4}; the lines count",
                    percent / 100.0
                ),
            );
        }
        if self.lost_lines > 0 {
            evidence.incomplete(
                "lines-without-file",
                format!("{} lines stand in classes that name no file and were left out", self.lost_lines),
            );
        }
        if lines.valid == 0 {
            evidence.incomplete("nothing-measured", "the report holds no executable line");
        } else {
            evidence.proves(Kind::Coverage);
        }
        let gcovr = evidence.format_version.strip_prefix("gcovr ");
        let (name, version) = gcovr.map_or(("Cobertura", None), |version| ("gcovr", Some(version.into())));
        evidence.producers.push(Producer { name: name.into(), version });
        evidence.count("files", self.files.len());
        evidence.count("lines_valid", lines.valid);
        evidence.count("lines_covered", lines.covered);
        evidence.count("branches_valid", branches.valid);
        evidence.count("branches_covered", branches.covered);
        evidence.coverage = Some(Coverage { suite: document.declaration.suite.clone(), files: self.files });
    }
}

fn line(x: &mut Xml<'_>, e: &Element<'_>, file: &mut FileCoverage) -> Result<(), ParseError> {
    let (mut number, mut hits, mut conditions) = (None, None, None);
    e.attributes(|name, value| {
        match name {
            "number" => number = value.trim_ascii().parse::<u32>().ok(),
            "hits" => hits = whole_hits(&value),
            "condition-coverage" => conditions = fraction(&value),
            _ => {}
        }
        Ok(())
    })?;
    if number.is_none() || hits.is_none() {
        x.record(e.position(), "a line without a usable `number` and `hits`");
    }
    let Some(line) = number else { return Ok(()) };
    // A line that no one knows to have been reached was not.
    let hits = hits.unwrap_or_default();
    file.lines.push(LineHits { line, hits });
    if let Some((covered, valid)) = conditions.filter(|(_, valid)| *valid > 0) {
        file.branches.push(BranchHits { line, covered: covered.min(valid), valid });
    }
    Ok(())
}

/// Hits, cut off at `u32::MAX`; a negative or fractional number is none.
fn whole_hits(value: &str) -> Option<u32> {
    use std::num::IntErrorKind;
    match value.trim_ascii().parse::<u32>() {
        Ok(hits) => Some(hits),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Some(u32::MAX),
        Err(_) => None,
    }
}

/// The folder of a `<source>`, if it is relative and not the place itself.
fn relative_source(source: &str) -> Option<String> {
    let folder = relative_path(source.trim());
    let folder = folder.trim_end_matches('/');
    let usable = !folder.is_empty() && folder != "." && !folder.starts_with('-') && !is_absolute(folder);
    usable.then(|| folder.to_owned())
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || path.contains(':')
}

/// `50% (1/2)` as covered and valid.
fn fraction(value: &str) -> Option<(u32, u32)> {
    let (_, inner) = value.split_once('(')?;
    let (inner, _) = inner.split_once(')')?;
    let (covered, valid) = inner.split_once('/')?;
    Some((covered.trim_ascii().parse().ok()?, valid.trim_ascii().parse().ok()?))
}

/// A time since 1970 in seconds or milliseconds: producers write either.
fn epoch(value: &str) -> Option<jiff::Timestamp> {
    let number: f64 = value.trim().parse().ok().filter(|n: &f64| n.is_finite() && *n > 0.0)?;
    let milliseconds = if number > 1e11 { number } else { number * 1000.0 };
    jiff::Timestamp::from_millisecond(milliseconds as i64).ok()
}
