//! Configuration files for policies by conftest's conventions: found, read and parsed.
//!
//! A file that was named must parse; in a folder, files that no parser reads are listed as ignored. No file is
//! taken twice, and links are followed once.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::walk::Input;
use crate::digest::hex;
use crate::document::{self, Parser};
use crate::model::{Ignored, Problem};
use crate::read::{self, Limits, ParseError, Place};

/// How configuration files are found and read.
pub struct DocumentRequest<'a> {
    /// Files, folders, standard input.
    pub inputs: Vec<Input>,
    /// The parser for all of them; else each file's own.
    pub parser: Option<&'static Parser>,
    /// Which paths are left out.
    pub ignore: &'a dyn Fn(&str) -> bool,
    /// Limits.
    pub limits: Limits,
}

impl std::fmt::Debug for DocumentRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DocumentRequest").field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

/// One parsed file.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedFile {
    /// Path as given.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Id of the parser.
    pub parser: &'static str,
    /// Its documents.
    pub documents: Vec<Value>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Documents {
    /// Parsed files, in the order given, folders by name.
    pub files: Vec<ParsedFile>,
    /// Files in walked folders that no parser reads.
    pub ignored: Vec<Ignored>,
    /// Files that could not be read.
    pub problems: Vec<Problem>,
}

/// Finds, reads and parses.
pub fn collect(request: &DocumentRequest<'_>) -> Documents {
    let mut found = Documents::default();
    let mut paths: Vec<(PathBuf, String)> = Vec::new();
    for input in &request.inputs {
        match input {
            Input::Bytes { name, bytes } => {
                let parsed = parse(name, bytes, request);
                record(&mut found, parsed);
            }
            Input::Path(given) | Input::Declared(given) => {
                let path = Path::new(given);
                match fs::metadata(path) {
                    Err(error) => found.problems.push(unreadable(given, &error)),
                    Ok(about) if about.is_dir() => {
                        walk(path, request, &mut BTreeSet::new(), &mut paths, &mut found);
                    }
                    Ok(_) if (request.ignore)(given) => {}
                    Ok(_) => paths.push((path.to_owned(), given.clone())),
                }
            }
        }
    }
    let mut seen = BTreeSet::new();
    for (path, shown) in paths {
        if !seen.insert(fs::canonicalize(&path).unwrap_or_else(|_| path.clone())) {
            continue;
        }
        let parsed =
            read_file(&path, &shown, &request.limits).and_then(|bytes| parse(&shown, &bytes, request));
        record(&mut found, parsed);
    }
    found.ignored.sort();
    found
}

/// Parses one file by its own parser.
///
/// # Errors
/// When it cannot be read or parsed.
pub fn parse_file(path: &Path) -> Result<Value, Box<Problem>> {
    let shown = path.to_string_lossy().replace('\\', "/");
    let limits = Limits::default();
    let bytes = read_file(path, &shown, &limits)?;
    value(&shown, &bytes, None, &limits).map(|(_, value)| value)
}

fn record(found: &mut Documents, parsed: Result<ParsedFile, Box<Problem>>) {
    match parsed {
        Ok(file) => found.files.push(file),
        Err(problem) => found.problems.push(*problem),
    }
}

fn unreadable(shown: &str, error: &std::io::Error) -> Problem {
    Problem {
        code: "evidence".to_owned(),
        message: format!("cannot read the file: {error}"),
        file: shown.to_owned(),
        help: "check the path".to_owned(),
        ..Problem::default()
    }
}

/// The files of a folder that a parser reads, by name.
fn walk(
    folder: &Path,
    request: &DocumentRequest<'_>,
    visited: &mut BTreeSet<PathBuf>,
    paths: &mut Vec<(PathBuf, String)>,
    found: &mut Documents,
) {
    let shown = |path: &Path| path.to_string_lossy().replace('\\', "/");
    let real = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    if !visited.insert(real) {
        return;
    }
    let entries = fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let mut entries: Vec<PathBuf> = match entries {
        Ok(entries) => entries.into_iter().map(|entry| entry.path()).collect(),
        Err(error) => return found.problems.push(unreadable(&shown(folder), &error)),
    };
    entries.sort();
    for path in entries {
        let name = shown(&path);
        match fs::metadata(&path) {
            Err(error) => found.problems.push(unreadable(&name, &error)),
            // Git's own files are no configuration of the project.
            Ok(about) if about.is_dir() && path.file_name().is_some_and(|name| name == ".git") => {}
            Ok(about) if about.is_dir() => walk(&path, request, visited, paths, found),
            Ok(_) if (request.ignore)(&name) => {}
            Ok(_) if document::for_path(&name).is_none() => {
                found.ignored.push(Ignored { name, reason: "no parser reads it".to_owned() });
            }
            Ok(_) => paths.push((path, name)),
        }
    }
}

fn read_file(path: &Path, shown: &str, limits: &Limits) -> Result<Vec<u8>, Box<Problem>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(limits.bytes.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| Box::new(unreadable(shown, &error)))?;
    Ok(bytes)
}

fn parse(shown: &str, bytes: &[u8], request: &DocumentRequest<'_>) -> Result<ParsedFile, Box<Problem>> {
    let (parser, value) = value(shown, bytes, request.parser, &request.limits)?;
    let documents = document::documents(value);
    if documents.is_empty() {
        return Err(Box::new(Problem {
            code: "evidence".to_owned(),
            message: "the file holds no document".to_owned(),
            file: shown.to_owned(),
            help: "an empty array has nothing to judge: leave the file out".to_owned(),
            ..Problem::default()
        }));
    }
    Ok(ParsedFile {
        path: shown.to_owned(),
        sha256: hex(&Sha256::digest(bytes)),
        bytes: bytes.len() as u64,
        parser: parser.id,
        documents,
    })
}

fn value(
    shown: &str,
    bytes: &[u8],
    parser: Option<&'static Parser>,
    limits: &Limits,
) -> Result<(&'static Parser, Value), Box<Problem>> {
    let Some(parser) = parser.or_else(|| document::for_path(shown)) else {
        let extension = Path::new(shown).extension().map(|e| e.to_string_lossy().to_lowercase());
        return Err(Box::new(Problem {
            code: "usage".to_owned(),
            message: "no parser reads a file of this name".to_owned(),
            file: shown.to_owned(),
            help: document::remedy(&extension.unwrap_or_default()),
            ..Problem::default()
        }));
    };
    let problem = |text: Option<&str>, error: ParseError| {
        let place = text.zip(error.byte).map(|(text, byte)| Place::of(text, byte));
        Box::new(Problem {
            code: "evidence".to_owned(),
            message: error.message,
            file: shown.to_owned(),
            line: place.map_or(0, |place| place.line as u64),
            column: place.map_or(0, |place| place.column as u64),
            byte: error.byte.map(|byte| byte as u64),
            help: error.help.unwrap_or_default(),
        })
    };
    let text = read::decode(bytes).map_err(|error| problem(None, error))?;
    let value = parser.parse(&text, limits).map_err(|error| problem(Some(&text), error))?;
    Ok((parser, value))
}
