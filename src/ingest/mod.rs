//! From paths to evidence: walking, opening, unpacking, recognising and reading, files side by side.
//!
//! A file that was named and cannot be understood is a problem; a file of a walked folder that is well-formed
//! and that no format claims is listed as ignored. What looks like evidence and is broken is always a problem.

mod again;
pub mod documents;
mod open;
mod walk;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};

use crate::digest::hex;
use crate::format::{self, Clean, Declaration, Document, Format, Undetected};
use crate::model::{Evidence, Ignored, Problem};
use crate::read::{self, Limits, ParseError, Place};

pub use again::{Content, absent, contents, declared_of, file_of, reread};
pub use walk::{Declared, Input, Pattern};

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Collected {
    /// Evidence, by name.
    pub evidence: Vec<Evidence>,
    /// Files in walked folders that no format claims, by name.
    pub ignored: Vec<Ignored>,
    /// Files that could not be read, by name.
    pub problems: Vec<Problem>,
    /// Declared evidence that is required and that no file matches: the pattern and its declaration.
    pub absent: Vec<(String, Declaration)>,
}

/// What to read and how.
#[derive(Debug, Default)]
pub struct Request {
    /// Paths, patterns, standard input.
    pub inputs: Vec<Input>,
    /// What is known of files beforehand; the first that matches holds.
    pub declared: Vec<Declared>,
    /// Patterns of files that are not evidence.
    pub ignore: Vec<Pattern>,
    /// Limits.
    pub limits: Limits,
}

/// Stack of a reading thread: values nest as deep as `limits.depth` allows, and readers follow them.
const STACK_BYTES: usize = 64 << 20;

/// Told about progress: files done, files in all.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Finds and reads all evidence of a request.
pub fn collect(request: &Request, progress: Progress<'_>) -> Collected {
    let mut collected = Collected::default();
    let files = walk::find(request, &mut collected);
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, Vec<Outcome>)>> = Mutex::new(Vec::with_capacity(files.len()));
    let work = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcomes = guarded(file, request);
            if let Ok(mut results) = results.lock() {
                results.push((file.order, outcomes));
            }
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, files.len());
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let reader = std::thread::Builder::new().stack_size(STACK_BYTES);
            // Where no thread can be had, the others or this one do its work.
            let _ = reader.spawn_scoped(scope, work);
        }
    });
    work();
    let mut results = results.into_inner().unwrap_or_default();
    if results.len() != files.len() {
        collected.problems.push(internal("", "a reading thread ended early"));
    }
    results.sort_by_key(|(order, _)| *order);
    for outcome in results.into_iter().flat_map(|(_, outcomes)| outcomes) {
        match outcome {
            Outcome::Read(evidence) => collected.evidence.push(*evidence),
            Outcome::Ignored(ignored) => collected.ignored.push(ignored),
            Outcome::Problem(problem) => collected.problems.push(problem),
        }
    }
    collected.evidence.sort_by(|a, b| (&a.name, &a.sha256).cmp(&(&b.name, &b.sha256)));
    collected.ignored.sort();
    collected.ignored.dedup();
    collected.problems.sort_by(|a, b| (&a.file, a.byte, &a.message).cmp(&(&b.file, b.byte, &b.message)));
    collected.problems.dedup();
    collected
}

enum Outcome {
    Read(Box<Evidence>),
    Ignored(Ignored),
    Problem(Problem),
}

fn internal(file: &str, message: &str) -> Problem {
    Problem {
        code: "internal".to_owned(),
        message: message.to_owned(),
        file: file.to_owned(),
        help: "this is a bug of gate: report it with the file".to_owned(),
        ..Problem::default()
    }
}

/// Reads one file; a panic of a reader is that file's problem and nobody else's.
fn guarded(file: &walk::Found, request: &Request) -> Vec<Outcome> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| one(file, request)))
        .unwrap_or_else(|_| vec![Outcome::Problem(internal(&file.name, "the reader panicked"))])
}

fn one(file: &walk::Found, request: &Request) -> Vec<Outcome> {
    let parts = match open::open(file, &request.limits) {
        Ok(open::Opened::Parts(parts)) => parts,
        Ok(open::Opened::Binary) if looks_like_evidence(&file.name) => {
            let error = ParseError::whole("named like evidence, but it is not a text")
                .help("write the report as UTF-8, or leave it out with `ignore:` in gate.yaml");
            return vec![Outcome::Problem(problem(&file.name, None, error))];
        }
        Ok(open::Opened::Binary) => {
            return vec![Outcome::Ignored(Ignored {
                name: file.name.clone(),
                reason: "not a text, and not compressed in a way that is read".to_owned(),
            })];
        }
        Err(error) => return vec![Outcome::Problem(problem(&file.name, None, error))],
    };
    parts.into_iter().map(|part| read_part(file, &part, request)).collect()
}

fn read_part(file: &walk::Found, part: &open::Part, request: &Request) -> Outcome {
    let text = match read::decode(&part.bytes) {
        Ok(text) => text,
        Err(error) => {
            return if file.named || looks_like_evidence(&part.name) {
                Outcome::Problem(problem(&part.name, None, error))
            } else {
                Outcome::Ignored(Ignored { name: part.name.clone(), reason: error.message })
            };
        }
    };
    let format = match &file.declaration.format {
        Some(id) => match format::by_id(id) {
            Some(format) => format,
            None => return Outcome::Problem(problem(&part.name, None, unknown_format(id))),
        },
        None => match format::detect(&part.name, &text, request.limits) {
            Ok(format) => format,
            Err(undetected) => return undetected_outcome(file, part, &text, undetected, request),
        },
    };
    let document =
        Document { name: &part.name, text: &text, declaration: &file.declaration, limits: request.limits };
    match hashed(&part.bytes, || parse(format, &document)) {
        (hash, Ok(mut evidence)) => {
            evidence.sha256 = hash;
            evidence.bytes = part.bytes.len() as u64;
            Outcome::Read(Box::new(evidence))
        }
        (_, Err(error)) => Outcome::Problem(problem(&part.name, Some(&text), error)),
    }
}

/// The error for a format id that is not known, with the nearest one.
pub fn unknown_format(id: &str) -> ParseError {
    let ids: Vec<&str> = format::FORMATS.iter().map(|f| f.info().id).collect();
    ParseError::whole(format!("unknown format `{id}`")).help(match crate::suggest::nearest(id, &ids) {
        Some(near) => format!("did you mean `{near}`? `gate formats` lists them all"),
        None => "`gate formats` lists them all".to_owned(),
    })
}

/// Reads a text as a format; a blank text or empty array stands for a clean run only where it was declared.
fn parse(format: &'static dyn Format, document: &Document<'_>) -> Result<Evidence, ParseError> {
    if document.text.is_empty() {
        return Err(ParseError::at(0, "the file is empty").help("a report was expected: did the tool run?"));
    }
    format::parse(format, document)
}

/// Hashes the bytes while the work is done; large files on a thread of their own.
fn hashed<T>(bytes: &[u8], work: impl FnOnce() -> T) -> (String, T) {
    let digest = || hex(&Sha256::digest(bytes));
    if bytes.len() < 1 << 20 {
        return (digest(), work());
    }
    std::thread::scope(|scope| {
        let hash = scope.spawn(digest);
        let value = work();
        (hash.join().unwrap_or_default(), value)
    })
}

fn undetected_outcome(
    file: &walk::Found,
    part: &open::Part,
    text: &str,
    undetected: Undetected,
    request: &Request,
) -> Outcome {
    let ignored =
        |reason: &str| Outcome::Ignored(Ignored { name: part.name.clone(), reason: reason.to_owned() });
    let must = file.named || looks_like_evidence(&part.name);
    match undetected {
        Undetected::Unknown if is_one_document(&part.name) && is_several(text, request) => {
            let error = ParseError::whole("holds more than one JSON document")
                .help("write one report per file, or JSON lines under a name that ends in `.jsonl`");
            Outcome::Problem(problem(&part.name, None, error))
        }
        Undetected::Unknown if file.named => Outcome::Problem(problem(
            &part.name,
            None,
            ParseError::whole("no format recognises this file")
                .help("name its format with `--as FORMAT`; `gate formats` lists them"),
        )),
        Undetected::Unknown if is_trace(&part.name) => Outcome::Problem(problem(
            &part.name,
            None,
            ParseError::whole("named like an lcov trace, but it does not begin as one")
                .help("have the tool write it again, or leave it out with `ignore:` in gate.yaml"),
        )),
        Undetected::Unknown => ignored("no format recognises it"),
        Undetected::Ambiguous(_) if !must => ignored("blank"),
        Undetected::Ambiguous(ids) => {
            let what = if ids
                .iter()
                .all(|id| format::by_id(id).is_some_and(|f| f.info().clean != Clean::Recognisable))
            {
                "an empty report looks the same in several formats"
            } else {
                "several formats recognise this file"
            };
            Outcome::Problem(problem(
                &part.name,
                None,
                ParseError::whole(format!("{what}: {}", ids.join(", "))).help(format!(
                    "say which it is: `--as '{}={}'`, or `evidence:` in gate.yaml",
                    part.name,
                    hinted(&part.name, &ids)
                )),
            ))
        }
        Undetected::Malformed(error) if must || begins_like_a_report(text) => {
            Outcome::Problem(problem(&part.name, Some(text), error))
        }
        Undetected::Malformed(_) => ignored("not well-formed, and not named like evidence"),
    }
}

/// The candidate that the file's name speaks of, else a placeholder.
fn hinted<'a>(name: &str, ids: &[&'a str]) -> &'a str {
    let name = name.to_ascii_lowercase();
    ids.iter().copied().find(|id| name.contains(id)).unwrap_or("FORMAT")
}

/// Whether the name is one that evidence usually has, so that a broken file of that name must not go unseen.
fn looks_like_evidence(name: &str) -> bool {
    const ENDINGS: [&str; 8] = [".json", ".jsonl", ".ndjson", ".sarif", ".xml", ".info", ".lcov", ".golden"];
    let name = name.to_ascii_lowercase();
    let name =
        [".gz", ".zst", ".xz", ".bz2"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(&name);
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether a text that is not well-formed begins as reports do: as JSON with a key, or as XML.
fn begins_like_a_report(text: &str) -> bool {
    let text = text.trim_start();
    let inside = text.strip_prefix('[').unwrap_or(text).trim_start();
    let is_json = inside.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'));
    const ROOTS: [&str; 6] = ["<?xml", "<coverage", "<testsuite", "<report", "<bom", "<!DOCTYPE coverage"];
    is_json || ROOTS.iter().any(|root| text.starts_with(root))
}

/// Whether a file of that name holds one JSON document, not one a line.
fn is_one_document(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".json") || name.ends_with(".sarif")
}

fn is_several(text: &str, request: &Request) -> bool {
    read::Head::of("", text, request.limits, true)
        .is_ok_and(|head| matches!(head.shape, read::Shape::Lines(_)))
}

fn is_trace(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".info") || name.ends_with(".lcov")
}

fn problem(name: &str, text: Option<&str>, error: ParseError) -> Problem {
    let place = text.zip(error.byte).map(|(text, byte)| Place::of(text, byte));
    Problem {
        code: "evidence".to_owned(),
        message: error.message,
        file: name.to_owned(),
        line: place.map_or(0, |p| p.line as u64),
        column: place.map_or(0, |p| p.column as u64),
        byte: error.byte.map(|byte| byte as u64),
        help: error.help.unwrap_or_default(),
    }
}
