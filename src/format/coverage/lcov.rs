//! LCOV traces (geninfo(1), section "Tracefile format"), as lcov 1 and 2, gcovr, coverage.py, istanbul, v8,
//! coverlet, llvm-cov and many others write them.
//!
//! The `DA` and `BRDA` lines are the truth: `LF`, `LH`, `BRF` and `BRH` are only compared with them. A source
//! file that several records speak of is one file: a line or branch is reached when any record reached it.
//! Test names, versions, checksums, MC/DC and comments are passed over.
//!
//! One pass over the bytes. Branches and functions are folded at the end of each record, so a second record
//! of the same file makes the reader look at the first once more, which costs nothing where it does not happen.

use std::collections::HashMap;
use std::hash::BuildHasher;

use crate::format::{Clean, Document, Format, Info};
use crate::model::{BranchHits, Count, Coverage, Evidence, FileCoverage, Kind, LineHits, Producer, Text};
use crate::read::{Head, Limits, ParseError, Shape, relative_path};

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
        let start = head.text.get(..head.text.floor_char_boundary(WINDOW)).unwrap_or_default();
        let mut lines = start.lines().map(str::trim_start).filter(|l| !l.is_empty() && !l.starts_with('#'));
        match lines.next() {
            Some(first) if first.starts_with("SF:") => true,
            Some(first) if first.starts_with("TN:") => lines.any(|line| line.starts_with("SF:")),
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

/// One `BRDA` line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Branch {
    line: u32,
    /// Block and branch, as numbers where they are, else as a hash of their text.
    id: u64,
    taken: bool,
}

/// What a record says beside its lines.
#[derive(Default)]
struct Parts<'a> {
    branches: Vec<Branch>,
    /// Name (or index, where aliases share one) and whether it was called.
    functions: Vec<(&'a [u8], bool)>,
    /// Which function is called next, when calls are written in the order of the functions.
    next: usize,
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
            self.bad(at, format!("`{}` outside of a record", shown(key)));
            return Ok(());
        };
        let good = match key {
            b"DA" => match (self.files.get_mut(record.file), unusual_data(value)) {
                (Some(file), Some(hits)) => {
                    file.coverage.lines.push(hits);
                    true
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

impl<'a> Parts<'a> {
    /// The parts of a record that was read before.
    fn of(text: &'a str, range: std::ops::Range<usize>) -> Self {
        let mut parts = Self::default();
        for line in text.as_bytes().get(range).unwrap_or_default().split(|b| *b == b'\n') {
            let line = line.trim_ascii();
            if let Some(colon) = memchr::memchr(b':', line) {
                let key = line.get(..colon).unwrap_or_default();
                parts.add(key, line.get(colon + 1..).unwrap_or_default());
            }
        }
        parts
    }

    /// Takes a line of branches or functions in; `false` when it cannot be read.
    fn add(&mut self, key: &[u8], value: &'a [u8]) -> bool {
        match key {
            b"BRDA" => branch(value).map(|branch| self.branches.push(branch)).is_some(),
            b"FNDA" => called(value).map(|(name, called)| self.call(name, called)).is_some(),
            b"FN" => defined(value).map(|name| self.functions.push((name, false))).is_some(),
            b"FNL" => cut(value).map(|(index, _)| self.functions.push((index, false))).is_some(),
            b"FNA" => alias(value).map(|(index, called)| self.call(index, called)).is_some(),
            _ => true,
        }
    }

    fn call(&mut self, name: &'a [u8], called: bool) {
        match self.functions.get_mut(self.next) {
            Some((expected, so_far)) if *expected == name => {
                *so_far |= called;
                self.next += 1;
            }
            _ => self.functions.push((name, called)),
        }
    }

    fn clear(&mut self) {
        self.branches.clear();
        self.functions.clear();
        self.next = 0;
    }

    /// The branches of each line, and their sum. A branch that is written twice is one.
    fn branches(&mut self) -> (Vec<BranchHits>, Count) {
        let branches = &mut self.branches;
        if !branches.is_sorted_by(|a, b| (a.line, a.id) < (b.line, b.id)) {
            branches.sort_unstable_by_key(|b| (b.line, b.id, !b.taken));
            branches.dedup_by_key(|b| (b.line, b.id));
        }
        let mut lines: Vec<BranchHits> = Vec::new();
        let mut sum = Count { covered: 0, valid: branches.len() as u64 };
        for branch in branches.iter() {
            let taken = u32::from(branch.taken);
            sum.covered += u64::from(taken);
            match lines.last_mut() {
                Some(last) if last.line == branch.line => {
                    last.covered += taken;
                    last.valid += 1;
                }
                _ => lines.push(BranchHits { line: branch.line, covered: taken, valid: 1 }),
            }
        }
        (lines, sum)
    }

    /// How many functions were called. A name that is written twice is one.
    fn functions(&mut self) -> Count {
        self.functions.sort_unstable_by_key(|(name, called)| (*name, !called));
        self.functions.dedup_by_key(|(name, _)| *name);
        Count {
            covered: self.functions.iter().filter(|(_, called)| *called).count() as u64,
            valid: self.functions.len() as u64,
        }
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

/// Reads as many plain lines `DA:<line>,<hits>` and `BRDA:<line>,<block>,<branch>,<taken>` as follow one
/// another; returns their length in bytes.
///
/// What is not plain (a checksum, a carriage return, a number that is none) is left to the slower reader.
fn plain(bytes: &[u8], lines: &mut Vec<LineHits>, branches: &mut Vec<Branch>) -> usize {
    let mut rest = bytes;
    loop {
        let after = if let Some(after) = rest.strip_prefix(b"DA:") {
            plain_data(after).map(|(line, after)| {
                lines.push(line);
                after
            })
        } else if let Some(after) = rest.strip_prefix(b"BRDA:") {
            plain_branch(after).map(|(branch, after)| {
                branches.push(branch);
                after
            })
        } else {
            None
        };
        match after {
            Some(after) => rest = after,
            None => return bytes.len() - rest.len(),
        }
    }
}

fn plain_data(bytes: &[u8]) -> Option<(LineHits, &[u8])> {
    let (line, rest) = short_number(bytes)?;
    let (hits, rest) = short_number(rest.strip_prefix(b",")?)?;
    let rest = rest.strip_prefix(b"\n")?;
    (line > 0).then_some((LineHits { line, hits }, rest))
}

fn plain_branch(bytes: &[u8]) -> Option<(Branch, &[u8])> {
    let (line, rest) = short_number(bytes)?;
    let (block, rest) = short_number(rest.strip_prefix(b",")?)?;
    let (branch, rest) = short_number(rest.strip_prefix(b",")?)?;
    let rest = rest.strip_prefix(b",")?;
    let (taken, rest) = match rest.strip_prefix(b"-") {
        Some(rest) => (0, rest),
        None => short_number(rest)?,
    };
    let rest = rest.strip_prefix(b"\n")?;
    (line > 0).then_some((Branch { line, id: both(block, branch), taken: taken > 0 }, rest))
}

/// A decimal number of one to nine digits, which always fits.
fn short_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut number = 0_u32;
    let mut digits = 0;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        digits += 1;
        if digits > 9 {
            return None;
        }
        number = number.wrapping_mul(10).wrapping_add(u32::from(digit));
    }
    if digits == 0 { None } else { bytes.get(digits..).map(|rest| (number, rest)) }
}

/// `<line>,<hits>[,<checksum>]`.
fn unusual_data(value: &[u8]) -> Option<LineHits> {
    let (line, rest) = cut(value)?;
    let (hits, _checksum) = cut(rest).unwrap_or((rest, &[]));
    Some(LineHits { line: line_number(line)?, hits: times(hits)? })
}

/// `<line>,[e]<block>,<branch>,<taken>`; the branch may be any expression, commas included.
fn branch(value: &[u8]) -> Option<Branch> {
    let (line, rest) = cut(value)?;
    let comma = memchr::memrchr(b',', rest)?;
    let (name, taken) = (rest.get(..comma)?, rest.get(comma + 1..)?);
    let id = match cut(name) {
        Some((block, branch)) => match (whole(block), whole(branch)) {
            (Some(block), Some(branch)) => both(block, branch),
            _ => hashed(name),
        },
        None => return None,
    };
    let taken = taken != b"-" && times(taken)? > 0;
    Some(Branch { line: line_number(line)?, id, taken })
}

/// `<line>[,<end line>],<name>`.
fn defined(value: &[u8]) -> Option<&[u8]> {
    let (line, rest) = cut(value)?;
    line_number(line)?;
    match cut(rest) {
        Some((end, name)) if whole(end).is_some() && !name.is_empty() => Some(name),
        _ if rest.is_empty() => None,
        _ => Some(rest),
    }
}

/// `<calls>,<name>`.
fn called(value: &[u8]) -> Option<(&[u8], bool)> {
    let (calls, name) = cut(value)?;
    if name.is_empty() { None } else { Some((name, times(calls)? > 0)) }
}

/// `<index>,<calls>,<name>`: all names of one index are one function.
fn alias(value: &[u8]) -> Option<(&[u8], bool)> {
    let (index, rest) = cut(value)?;
    let (calls, _name) = cut(rest)?;
    Some((index, times(calls)? > 0))
}

fn claim(value: &[u8], claimed: &mut Option<u64>) -> bool {
    *claimed = std::str::from_utf8(value).ok().and_then(|n| n.parse().ok());
    claimed.is_some()
}

fn cut(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let comma = memchr::memchr(b',', value)?;
    Some((value.get(..comma)?, value.get(comma + 1..)?))
}

fn whole(value: &[u8]) -> Option<u32> {
    match short_number(value) {
        Some((number, [])) => Some(number),
        _ if value.first().is_some_and(u8::is_ascii_digit) => std::str::from_utf8(value).ok()?.parse().ok(),
        _ => None,
    }
}

fn line_number(value: &[u8]) -> Option<u32> {
    whole(value).filter(|line| *line > 0)
}

/// A number of times, cut off at `u32::MAX`; gcov's overflows are written with an exponent. Negative and
/// fractional numbers are none.
fn times(value: &[u8]) -> Option<u32> {
    if let Some((number, [])) = short_number(value) {
        return Some(number);
    }
    let text = std::str::from_utf8(value).ok()?;
    if !value.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    // The conversion saturates.
    (number.fract() == 0.0 || number > f64::from(u32::MAX)).then_some(number as u32)
}

/// One number of block and branch. Both are far below 2^31 in any trace; a larger block only shares the range
/// of the hashes.
fn both(block: u32, branch: u32) -> u64 {
    (u64::from(block) << 32) | u64::from(branch)
}

/// Names that are no numbers get the upper half of the range, which numbers do not reach.
fn hashed(name: &[u8]) -> u64 {
    foldhash::fast::FixedState::default().hash_one(name) | (1 << 63)
}

/// The start of a key, for messages.
fn shown(key: &[u8]) -> String {
    String::from_utf8_lossy(key).chars().take(24).collect()
}
