//! LCOV traces (geninfo(1), section "Tracefile format"), as lcov 1 and 2, gcovr, coverage.py, istanbul, v8,
//! coverlet, llvm-cov and many others write them.
//!
//! The `DA` and `BRDA` lines are the truth: `LF`, `LH`, `BRF` and `BRH` are only compared with them. A source
//! file that several records speak of is one file: a line or branch is reached when any record reached it.
//! Test names, versions, checksums, MC/DC and comments are passed over.
//!
//! One pass over the bytes. Branches and functions are folded at the end of each record, so a second record
//! of the same file makes the reader look at the first once more, which costs nothing where it does not happen.

mod line;

use std::collections::HashMap;

use crate::format::{Clean, Document, Format, Info};
use crate::model::{Count, Coverage, Evidence, FileCoverage, Kind, LineHits, Producer, Text};
use crate::read::{Head, Limits, ParseError, Shape, relative_path};

use line::{Parts, line_of_data, plain, unusual_data};

/// Reads LCOV traces.
pub(crate) struct Lcov;

static INFO: Info = Info {
    id: "lcov",
    title: "LCOV trace",
    kinds: &[Kind::Coverage],
    producers: &["lcov", "gcovr", "coverage.py", "jest", "vitest", "gcov2lcov", "coverlet"],
    detection: "text whose first line, after comments, starts with `TN:` or `SF:`, with an `SF:` line soon after",
    clean: Clean::Recognisable,
};

/// How much of the start is searched for the first `SF:` line.
const WINDOW: usize = 1 << 16;
/// How many bad lines are listed one by one.
const LISTED: usize = 100;

impl Format for Lcov {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        if head.shape != Shape::Other {
            return false;
        }
        let bytes = head.text.as_bytes();
        let start = bytes.get(..WINDOW).unwrap_or(bytes);
        let lines = start.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with(b"#"));
        match lines.next() {
            Some(first) if first.starts_with(b"SF:") => true,
            Some(first) if first.starts_with(b"TN:") => lines.any(|line| line.starts_with(b"SF:")),
            _ => false,
        }
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut trace = Trace::default();
        check_lines(document.text, document.limits)?;
        trace.read(document.text)?;
        trace.finish(document, evidence)
    }
}

fn check_lines(text: &str, limits: Limits) -> Result<(), ParseError> {
    // Every line takes a byte, so a short text needs no counting.
    if text.len() as u64 > limits.elements
        && memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64 > limits.elements
    {
        return Err(ParseError::whole(format!("more lines than the limit of {}", limits.elements))
            .help("raise `limits.elements` in gate.yaml if the report is genuine"));
    }
    Ok(())
}

/// How many there are and how many were reached, as claimed.
type Claim = (Option<u64>, Option<u64>);

/// `LF`, `LH`, `BRF`, `BRH` of a record.
#[derive(Default)]
struct Claims {
    lines: Claim,
    branches: Claim,
}

/// The record that is being read.
struct Open {
    /// Index of its file.
    file: usize,
    /// Where its first line stands.
    start: usize,
    /// Where its lines begin among those of the file.
    lines: usize,
    claims: Claims,
}

struct File {
    coverage: FileCoverage,
    /// Where its first record stands, without the `SF` line.
    first: std::ops::Range<usize>,
    records: u32,
}

#[derive(Default)]
struct Trace<'a> {
    files: Vec<File>,
    by_path: HashMap<Text, usize, foldhash::fast::RandomState>,
    parts: Parts<'a>,
    /// Parts of the files that several records speak of.
    repeated: HashMap<usize, Parts<'a>, foldhash::fast::RandomState>,
    records: u64,
    bad: Vec<(usize, String)>,
    bad_total: u64,
    contradictions: u64,
    contradiction: Option<String>,
    gcovr: bool,
    /// `DA` lines that belong to no file.
    lost_lines: u64,
}

impl<'a> Trace<'a> {
    fn read(&mut self, text: &'a str) -> Result<(), ParseError> {
        let bytes = text.as_bytes();
        let mut pos = 0;
        let mut open: Option<Open> = None;
        while pos < bytes.len() {
            let at = pos;
            let line = bytes.get(pos..).unwrap_or_default();
            if let Some(record) = &mut open
                && let Some(file) = self.files.get_mut(record.file)
            {
                pos += plain(line, &mut file.coverage.lines, &mut self.parts.branches);
                if pos > at {
                    continue;
                }
            }
            let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
            pos = at + end + 1;
            let line = line.get(..end).unwrap_or_default().trim_ascii();
            self.line(text, line, at, pos.min(bytes.len()), &mut open)?;
        }
        match open {
            None => Ok(()),
            Some(record) => Err(ParseError::at(
                record.start,
                "a record is not closed by `end_of_record` before the end of the file",
            )
            .help("the file is cut off: have the tool write it again")),
        }
    }

    /// Any line but a plain `DA`.
    fn line(
        &mut self,
        text: &'a str,
        line: &'a [u8],
        at: usize,
        next: usize,
        open: &mut Option<Open>,
    ) -> Result<(), ParseError> {
        if line.is_empty() || line.starts_with(b"#") {
            return Ok(());
        }
        if line == b"end_of_record" {
            match open.take() {
                Some(record) => self.close(text, record, at),
                None => self.bad(at, "`end_of_record` outside of a record"),
            }
            return Ok(());
        }
        let (key, value) = match memchr::memchr(b':', line) {
            Some(colon) => (line.get(..colon).unwrap_or_default(), line.get(colon + 1..).unwrap_or_default()),
            None => (line, &[][..]),
        };
        match key {
            b"SF" => {
                if open.is_some() {
                    return Err(ParseError::at(at, "expected `end_of_record` before the next `SF`")
                        .help("the record above is cut off: have the tool write the trace again"));
                }
                *open = self.open(value, at, next);
                return Ok(());
            }
            b"TN" => {
                self.gcovr |= value == b"GCOVR_report";
                return Ok(());
            }
            _ => {}
        }
        let Some(record) = open else {
            self.lost_lines += u64::from(key == b"DA");
            self.bad(at, format!("`{}` outside of a record", shown(key)));
            return Ok(());
        };
        let good = match key {
            b"DA" => match (self.files.get_mut(record.file), unusual_data(value)) {
                (Some(file), Some(hits)) => {
                    file.coverage.lines.push(hits);
                    true
                }
                (Some(file), None) => {
                    // A line that no one knows to have been reached was not.
                    file.coverage.lines.extend(line_of_data(value).map(|line| LineHits { line, hits: 0 }));
                    false
                }
                _ => false,
            },
            b"BRDA" | b"FN" | b"FNDA" | b"FNL" | b"FNA" => self.parts.add(key, value),
            b"LF" => claim(value, &mut record.claims.lines.0),
            b"LH" => claim(value, &mut record.claims.lines.1),
            b"BRF" => claim(value, &mut record.claims.branches.0),
            b"BRH" => claim(value, &mut record.claims.branches.1),
            b"VER" | b"FNF" | b"FNH" | b"MCDC" | b"MCF" | b"MCH" => true,
            _ => {
                self.bad(at, format!("`{}` is no keyword of a trace", shown(key)));
                return Ok(());
            }
        };
        if !good {
            self.bad(at, format!("a `{}` line that cannot be read", shown(key)));
        }
        Ok(())
    }

    fn bad(&mut self, at: usize, reason: impl Into<String>) {
        self.bad_total += 1;
        if self.bad.len() < LISTED {
            self.bad.push((at, reason.into()));
        }
    }

    fn open(&mut self, path: &[u8], at: usize, start: usize) -> Option<Open> {
        let path = std::str::from_utf8(path).map(relative_path).unwrap_or_default();
        if path.is_empty() {
            self.bad(at, "an `SF` line without a path");
            return None;
        }
        let file = match self.by_path.get(&*path) {
            Some(index) => *index,
            None => {
                let path = Text::from(path);
                self.files.push(File {
                    coverage: FileCoverage { path: Text::clone(&path), ..FileCoverage::default() },
                    first: start..start,
                    records: 0,
                });
                self.by_path.insert(path, self.files.len() - 1);
                self.files.len() - 1
            }
        };
        let lines = self.files.get(file).map_or(0, |f| f.coverage.lines.len());
        Some(Open { file, start, lines, claims: Claims::default() })
    }

    fn close(&mut self, text: &'a str, record: Open, end: usize) {
        self.records += 1;
        let Some(file) = self.files.get_mut(record.file) else { return };
        file.records = file.records.saturating_add(1);
        let lines = fold_lines(&mut file.coverage.lines, record.lines);
        let (hits, branches) = self.parts.branches();
        let functions = self.parts.functions();
        let claims = &record.claims;
        if contradicts(claims.lines, lines) || contradicts(claims.branches, branches) {
            self.contradictions += 1;
            self.contradiction.get_or_insert_with(|| {
                let (claimed, found, what) = if contradicts(claims.lines, lines) {
                    (claims.lines, lines, "lines")
                } else {
                    (claims.branches, branches, "branches")
                };
                let said = |n: Option<u64>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
                format!(
                    "`{}` claims {} of {} {what}, its lines add up to {} of {}",
                    file.coverage.path,
                    said(claimed.1),
                    said(claimed.0),
                    found.covered,
                    found.valid
                )
            });
        }
        if file.records == 1 {
            file.first = record.start..end;
            file.coverage.line_count = lines;
            file.coverage.branches = hits;
            file.coverage.branch_count = branches;
            file.coverage.function_count = functions;
        } else {
            let first = file.first.clone();
            let known = self.repeated.entry(record.file).or_insert_with(|| Parts::of(text, first));
            known.branches.append(&mut self.parts.branches);
            known.functions.append(&mut self.parts.functions);
        }
        self.parts.clear();
    }

    fn finish(mut self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        if self.records == 0 && !document.text.trim().is_empty() {
            return Err(ParseError::whole("expected an LCOV trace, found no record")
                .help("a record starts with an `SF:` line and ends with `end_of_record`"));
        }
        for (index, mut parts) in self.repeated {
            let Some(file) = self.files.get_mut(index).map(|file| &mut file.coverage) else { continue };
            file.line_count = fold_lines(&mut file.lines, 0);
            (file.branches, file.branch_count) = parts.branches();
            file.function_count = parts.functions();
        }
        let (mut lines, mut branches, mut functions) = <(Count, Count, Count)>::default();
        for File { coverage, .. } in &self.files {
            lines.add(coverage.line_count);
            branches.add(coverage.branch_count);
            functions.add(coverage.function_count);
        }
        if let Some(first) = self.contradiction {
            let more = match self.contradictions {
                1 => String::new(),
                n => format!(" (and {} more records)", n - 1),
            };
            evidence.warn("totals-contradict-lines", format!("{first}{more}; the lines count"));
        }
        if self.lost_lines > 0 {
            evidence.incomplete(
                "lines-without-file",
                format!("{} `DA` lines belong to no file and were left out", self.lost_lines),
            );
        }
        if lines.valid == 0 {
            evidence.incomplete("nothing-measured", "the trace holds no executable line");
        } else {
            evidence.proves(Kind::Coverage);
        }
        let name = if self.gcovr { "gcovr" } else { "LCOV" };
        evidence.producers.push(Producer { name: name.into(), version: None });
        evidence.count("records", self.records);
        evidence.count("files", self.files.len());
        evidence.count("lines_valid", lines.valid);
        evidence.count("lines_covered", lines.covered);
        evidence.count("branches_valid", branches.valid);
        evidence.count("branches_covered", branches.covered);
        evidence.count("functions_valid", functions.valid);
        evidence.count("functions_covered", functions.covered);
        evidence.count("bad_lines", self.bad_total);
        document.keep_skipped((self.bad, self.bad_total), false, evidence);
        let files = self.files.into_iter().map(|file| file.coverage).collect();
        evidence.coverage = Some(Coverage { suite: document.declaration.suite.clone(), files });
        Ok(())
    }
}

/// Sorts the lines from `start` on, joins those that are written twice, and counts them.
fn fold_lines(lines: &mut Vec<LineHits>, start: usize) -> Count {
    let part = lines.get(start..).unwrap_or_default();
    if !part.is_sorted_by(|a, b| a.line < b.line) {
        let mut part = lines.split_off(start);
        part.sort_unstable_by_key(|l| (l.line, std::cmp::Reverse(l.hits)));
        part.dedup_by_key(|l| l.line);
        lines.append(&mut part);
    }
    let part = lines.get(start..).unwrap_or_default();
    Count { covered: part.iter().filter(|l| l.hits > 0).count() as u64, valid: part.len() as u64 }
}

fn contradicts((valid, covered): Claim, found: Count) -> bool {
    valid.is_some_and(|n| n != found.valid) || covered.is_some_and(|n| n != found.covered)
}

fn claim(value: &[u8], claimed: &mut Option<u64>) -> bool {
    *claimed = std::str::from_utf8(value).ok().and_then(|n| n.parse().ok());
    claimed.is_some()
}

/// The start of a key, for messages.
fn shown(key: &[u8]) -> String {
    String::from_utf8_lossy(key).chars().take(24).collect()
}
