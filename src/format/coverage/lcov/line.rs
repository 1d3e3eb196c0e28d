//! Single lines of a trace, read from bytes by hand, and the branches and functions of one record.

use std::hash::BuildHasher;

use crate::model::{BranchHits, Count, LineHits};

/// One `BRDA` line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Branch {
    line: u32,
    /// Block and branch, as numbers where they are, else as a hash of their text.
    id: u64,
    taken: bool,
}

/// What a record says beside its lines.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub(super) branches: Vec<Branch>,
    /// Name (or index, where aliases share one) and whether it was called.
    pub(super) functions: Vec<(&'a [u8], bool)>,
    /// Which function is called next, when calls are written in the order of the functions.
    next: usize,
}

impl<'a> Parts<'a> {
    /// The parts of a record that was read before.
    pub(super) fn of(text: &'a str, range: std::ops::Range<usize>) -> Self {
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
    pub(super) fn add(&mut self, key: &[u8], value: &'a [u8]) -> bool {
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

    pub(super) fn clear(&mut self) {
        self.branches.clear();
        self.functions.clear();
        self.next = 0;
    }

    /// The branches of each line, and their sum. A branch that is written twice is one.
    pub(super) fn branches(&mut self) -> (Vec<BranchHits>, Count) {
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
    pub(super) fn functions(&mut self) -> Count {
        self.functions.sort_unstable_by_key(|(name, called)| (*name, !called));
        self.functions.dedup_by_key(|(name, _)| *name);
        Count {
            covered: self.functions.iter().filter(|(_, called)| *called).count() as u64,
            valid: self.functions.len() as u64,
        }
    }
}

/// Reads as many plain lines `DA:<line>,<hits>` and `BRDA:<line>,<block>,<branch>,<taken>` as follow one
/// another; returns their length in bytes.
///
/// What is not plain (a checksum, a carriage return, a number that is none) is left to the slower reader.
pub(super) fn plain(bytes: &[u8], lines: &mut Vec<LineHits>, branches: &mut Vec<Branch>) -> usize {
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
pub(super) fn unusual_data(value: &[u8]) -> Option<LineHits> {
    let (line, rest) = cut(value)?;
    let (hits, _checksum) = cut(rest).unwrap_or((rest, &[]));
    Some(LineHits { line: line_number(line)?, hits: times(hits)? })
}

/// The line of a `DA` whose number of hits cannot be read.
pub(super) fn line_of_data(value: &[u8]) -> Option<u32> {
    line_number(cut(value).map_or(value, |(line, _)| line))
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
