//! From arguments to files: folders walked in order, patterns, standard input; no file twice.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::{Collected, Request};
use crate::format::Declaration;
use crate::model::{Ignored, Problem};

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file, folder or pattern.
    Path(String),
    /// The same from the configuration: that there is none is shown, and is an error only where it is required.
    Declared(String),
    /// Standard input, already read by the face.
    Bytes {
        /// Name in reports.
        name: String,
        /// Content.
        bytes: Vec<u8>,
    },
}

/// A pattern of paths, relative to a folder.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    base: PathBuf,
    matcher: GlobMatcher,
}

impl Pattern {
    /// A pattern whose relative paths start at `base`. `*` stays within a folder, `**` does not.
    ///
    /// # Errors
    /// When the pattern is not valid.
    pub fn new(text: &str, base: &Path) -> Result<Self, String> {
        let trimmed = text.trim_start_matches("./");
        let glob = GlobBuilder::new(trimmed)
            .literal_separator(true)
            .build()
            .map_err(|error| format!("invalid pattern `{text}`: {}", error.kind()))?;
        Ok(Self { text: text.to_owned(), base: base.to_owned(), matcher: glob.compile_matcher() })
    }

    /// The pattern as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a file is meant: by its path below the base, or by its path as given.
    pub fn matches(&self, given: &Path) -> bool {
        if self.matcher.is_match(given.strip_prefix("./").unwrap_or(given)) {
            return true;
        }
        let (Ok(full), Ok(base)) = (std::path::absolute(given), std::path::absolute(&self.base)) else {
            return false;
        };
        full.strip_prefix(&base).is_ok_and(|relative| self.matcher.is_match(relative))
    }
}

/// What is known of files beforehand.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Which files.
    pub pattern: Pattern,
    /// What is known of them.
    pub declaration: Declaration,
    /// Whether there must be such a file.
    pub required: bool,
}

/// A file to read.
#[derive(Debug)]
pub(super) struct Found {
    /// Name in reports.
    pub(super) name: String,
    /// Where it is; `None` for bytes at hand.
    pub(super) path: Option<PathBuf>,
    /// Bytes at hand.
    pub(super) bytes: Option<Vec<u8>>,
    /// Whether somebody named it, rather than a folder above it.
    pub(super) named: bool,
    /// What is known of it.
    pub(super) declaration: Declaration,
    /// Its place in the order.
    pub(super) order: usize,
}

/// Folders that are never evidence.
const NOT_WALKED: [&str; 1] = [".git"];

/// All files of a request, each once.
pub(super) fn find(request: &Request, collected: &mut Collected) -> Vec<Found> {
    let mut walk = Walk { request, collected, seen: BTreeSet::new(), files: Vec::new() };
    for input in &request.inputs {
        match input {
            Input::Path(path) => walk.argument(path, true),
            Input::Declared(path) => walk.argument(path, false),
            Input::Bytes { name, bytes } => walk.add(name.clone(), None, Some(bytes.clone()), true),
        }
    }
    let files = walk.files;
    for declared in request.declared.iter().filter(|d| d.required) {
        let found = files.iter().any(|f| f.path.as_deref().is_some_and(|p| declared.pattern.matches(p)));
        if !found {
            collected.absent.push((declared.pattern.text().to_owned(), declared.declaration.clone()));
        }
    }
    files
}

struct Walk<'a> {
    request: &'a Request,
    collected: &'a mut Collected,
    seen: BTreeSet<PathBuf>,
    files: Vec<Found>,
}

impl Walk<'_> {
    fn argument(&mut self, given: &str, must_exist: bool) {
        let path = Path::new(given);
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => {
                if let Ok(root) = fs::canonicalize(path) {
                    self.folder(path, &root, &mut BTreeSet::new());
                }
            }
            Ok(_) => self.add(shown(path), Some(path.to_owned()), None, true),
            Err(_) if is_pattern(given) => self.pattern(given, must_exist),
            Err(_) if !must_exist => self.ignore(path, "declared in gate.yaml, but there is no such file"),
            Err(error) => self.problem(given, format!("cannot open: {error}"), "check the path"),
        }
    }

    fn pattern(&mut self, given: &str, must_match: bool) {
        let pattern = match Pattern::new(given, Path::new("")) {
            Ok(pattern) => pattern,
            Err(message) => return self.problem(given, message, "quote it, or name files and folders"),
        };
        let fixed: PathBuf = Path::new(given)
            .components()
            .take_while(|part| !is_pattern(&part.as_os_str().to_string_lossy()))
            .collect();
        let start = if fixed.as_os_str().is_empty() { PathBuf::from(".") } else { fixed };
        // A pattern names what it matches, links and pipes included, as a shell would.
        let mut matched = Vec::new();
        self.matching(&start, &pattern, &mut BTreeSet::new(), &mut matched);
        if matched.is_empty() && !must_match {
            self.ignore(Path::new(given), "declared in gate.yaml, but it matches no file");
        } else if matched.is_empty() {
            self.problem(
                given,
                "the pattern matches no file".to_owned(),
                "check the path; did the tool run?",
            );
        }
        for path in matched {
            self.add(shown(&path), Some(path), None, true);
        }
    }

    /// Everything below a folder that a pattern matches, in order; folders behind links are not entered.
    fn matching(
        &mut self,
        folder: &Path,
        pattern: &Pattern,
        visited: &mut BTreeSet<PathBuf>,
        matched: &mut Vec<PathBuf>,
    ) {
        if !fs::canonicalize(folder).is_ok_and(|canonical| visited.insert(canonical)) {
            return;
        }
        let entries: Result<Vec<PathBuf>, _> =
            fs::read_dir(folder).and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => {
                return self.problem(
                    &shown(folder),
                    format!("cannot read the folder: {error}"),
                    "check its rights",
                );
            }
        };
        entries.sort();
        for path in entries {
            let is_link = fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink());
            if path.is_dir() && !is_link {
                self.matching(&path, pattern, visited, matched);
            } else if !path.is_dir() && pattern.matches(&path) {
                matched.push(path);
            }
        }
    }

    fn folder(&mut self, folder: &Path, root: &Path, visited: &mut BTreeSet<PathBuf>) {
        let canonical = match fs::canonicalize(folder) {
            Ok(canonical) if visited.insert(canonical.clone()) => canonical,
            _ => return,
        };
        let mut entries: Vec<PathBuf> = match fs::read_dir(&canonical) {
            Ok(entries) => entries.flatten().map(|entry| folder.join(entry.file_name())).collect(),
            Err(error) => {
                return self.problem(
                    &shown(folder),
                    format!("cannot read the folder: {error}"),
                    "check its rights",
                );
            }
        };
        entries.sort();
        for path in entries {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let is_link = fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink());
            if is_link && !fs::canonicalize(&path).is_ok_and(|target| target.starts_with(root)) {
                self.ignore(&path, "a link that leads out of the walked folder, or nowhere");
                continue;
            }
            match fs::metadata(&path) {
                Ok(meta) if meta.is_dir() => {
                    if NOT_WALKED.contains(&name.as_str()) {
                        self.ignore(&path, "not walked");
                    } else {
                        self.folder(&path, root, visited);
                    }
                }
                Ok(meta) if meta.is_file() => self.add(shown(&path), Some(path), None, false),
                Ok(_) => self.ignore(&path, "not a regular file"),
                Err(error) => {
                    self.problem(&shown(&path), format!("cannot open: {error}"), "check its rights")
                }
            }
        }
    }

    fn add(&mut self, name: String, path: Option<PathBuf>, bytes: Option<Vec<u8>>, named: bool) {
        let mut declaration = Declaration::default();
        if let Some(path) = &path {
            if !named && self.request.ignore.iter().any(|pattern| pattern.matches(path)) {
                return self.ignore(path, "by `ignore` in gate.yaml");
            }
            if !self.seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())) {
                if named && let Some(known) = self.files.iter_mut().find(|f| f.name == name) {
                    known.named = true;
                }
                return;
            }
        }
        let as_path = path.as_deref().unwrap_or(Path::new(&name)).to_owned();
        for declared in self.request.declared.iter().filter(|d| d.pattern.matches(&as_path)) {
            declaration.merge(&declared.declaration);
        }
        let named = named || declaration.format.is_some();
        let order = self.files.len();
        self.files.push(Found { name, path, bytes, named, declaration, order });
    }

    fn ignore(&mut self, path: &Path, reason: &str) {
        self.collected.ignored.push(Ignored { name: shown(path), reason: reason.to_owned() });
    }

    fn problem(&mut self, file: &str, message: String, help: &str) {
        self.collected.problems.push(Problem {
            code: "evidence".to_owned(),
            message,
            file: file.to_owned(),
            help: help.to_owned(),
            ..Problem::default()
        });
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// A path as reports show it.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").unwrap_or(&text).to_owned()
}
