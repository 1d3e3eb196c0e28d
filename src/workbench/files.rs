//! Policies and data from files and folders, by OPA's rules.
//!
//! A folder is read with all that is below it: `.rego` are modules, `.json`, `.yaml` and `.yml` are data below the
//! names of the folders between. `a.b:path` puts data below `data.a.b`. In bundle mode only `data.json` and
//! `data.yaml` are data. Never follows a folder deeper than [`DEEPEST`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::rego::ast::Version;
use crate::rego::engine::Source;

/// How deep folders may nest: links can make circles.
const DEEPEST: usize = 64;
/// The largest file that is read.
const LARGEST: u64 = 256 << 20;

/// Unpacks a bundle archive: the names of its files and their bytes.
pub type Archive<'a> = &'a dyn Fn(&[u8]) -> Result<BTreeMap<String, Vec<u8>>, String>;

/// What to read and how.
pub struct Loading<'a> {
    /// Files and folders, with `a.b:` in front where data belongs below `data.a.b`.
    pub paths: &'a [String],
    /// Names of files and folders to leave out, with `*`, `?` and `[...]`.
    pub ignore: &'a [String],
    /// Whether the paths are bundles.
    pub bundle: bool,
    /// The language of the modules.
    pub version: Version,
    /// How bundle archives are unpacked.
    pub archive: Archive<'a>,
}

/// Modules and data.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Modules by path.
    pub modules: Vec<Source>,
    /// The `data` document.
    pub data: Map<String, Value>,
    /// Every file that was read.
    pub files: Vec<PathBuf>,
}

/// Why a file cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LoadError {
    /// The file.
    pub path: String,
    /// Line from 1; 0 where it is about no line.
    pub line: u64,
    /// Column from 1; 0 where it is not known.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// What to do; may be empty.
    pub help: String,
}

impl LoadError {
    fn new(path: &str, message: impl Into<String>, help: &str) -> Self {
        Self { path: path.to_owned(), message: message.into(), help: help.to_owned(), ..Self::default() }
    }
}

/// Reads modules and data.
///
/// # Errors
/// With the first file that cannot be read, is no JSON or YAML, or gives data that another file gave.
pub fn load(loading: &Loading<'_>) -> Result<Loaded, LoadError> {
    let mut ignore = Vec::new();
    for pattern in loading.ignore {
        let glob = globset::GlobBuilder::new(pattern).literal_separator(true).build().map_err(|e| {
            LoadError::new(
                pattern,
                format!("`--ignore {pattern}` is no pattern: {e}"),
                "write names as `*_test.rego`",
            )
        })?;
        ignore.push(glob.compile_matcher());
    }
    let mut loader =
        Loader { loading, ignore, loaded: Loaded::default(), seen: BTreeSet::new(), origin: BTreeMap::new() };
    for path in loading.paths {
        let (below, path) = split_prefix(path);
        loader.path(Path::new(path), path, &below, 0)?;
    }
    let mut loaded = loader.loaded;
    loaded.modules.sort_by(|a, b| a.path.cmp(&b.path));
    loaded.modules.dedup_by(|a, b| a.path == b.path);
    loaded.files.sort();
    Ok(loaded)
}

/// Reads one JSON or YAML document.
///
/// # Errors
/// When it is neither.
pub fn document(shown: &str, text: &str) -> Result<Value, LoadError> {
    let is_json = shown.to_ascii_lowercase().ends_with(".json");
    let parsed = if is_json { Err(None) } else { yaml(text).map_err(Some) };
    // YAML holds JSON, but says worse what is wrong with it.
    match parsed {
        Ok(value) => Ok(value),
        Err(yaml_error) => serde_json::from_str(text).map_err(|e| {
            let (line, column, what, message) = match yaml_error {
                None => (e.line() as u64, e.column() as u64, "JSON", bare(&e.to_string())),
                Some(error) => {
                    let place = error.location();
                    let line = place.as_ref().map(|p| p.line() as u64).unwrap_or_default();
                    let column = place.map(|p| p.column() as u64).unwrap_or_default();
                    (line, column, "YAML", error.to_string())
                }
            };
            LoadError {
                line,
                column,
                ..LoadError::new(
                    shown,
                    format!("cannot be read as {what}: {message}"),
                    "mend the file, or leave it out with `--ignore`",
                )
            }
        }),
    }
}

fn yaml(text: &str) -> Result<Value, yaml_serde::Error> {
    // By way of YAML's own value: it refuses keys that are given twice.
    yaml_serde::from_str::<yaml_serde::Value>(text)?;
    yaml_serde::from_str(text)
}

/// serde_json's message without its place, which is shown apart.
fn bare(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

/// `a.b:path`, as OPA has it; `file://` is no prefix.
fn split_prefix(path: &str) -> (Vec<String>, &str) {
    if let Some(rest) = path.strip_prefix("file://") {
        return (Vec::new(), rest);
    }
    match path.split_once(':') {
        Some((prefix, rest)) if prefix.len() > 1 && !prefix.contains(['/', '\\']) && !rest.is_empty() => {
            (prefix.split('.').map(str::to_owned).collect(), rest)
        }
        _ => (Vec::new(), path),
    }
}

struct Loader<'a> {
    loading: &'a Loading<'a>,
    ignore: Vec<globset::GlobMatcher>,
    loaded: Loaded,
    seen: BTreeSet<(Vec<String>, String)>,
    /// Which file gave a key at the top of the data: for messages.
    origin: BTreeMap<String, String>,
}

impl Loader<'_> {
    fn path(&mut self, path: &Path, shown: &str, below: &[String], depth: usize) -> Result<(), LoadError> {
        let shown_slash = clean(shown);
        let fail = |e: std::io::Error| {
            LoadError::new(&shown_slash, format!("cannot be read: {e}"), "check the path")
        };
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        // A path that was named outright is meant, as in OPA: `.` is not a hidden folder.
        if depth > 0 && self.ignore.iter().any(|glob| glob.is_match(&name)) {
            return Ok(());
        }
        let meta = std::fs::metadata(path).map_err(fail)?;
        if meta.is_dir() {
            return self.folder(path, &shown_slash, below, depth);
        }
        if !self.seen.insert((below.to_vec(), shown_slash.clone())) {
            return Ok(());
        }
        let lower = name.to_ascii_lowercase();
        let is_archive = lower.ends_with(".tar.gz") || lower.ends_with(".tgz");
        let known = self.is_module(&lower) || self.is_data(&lower, depth) || is_archive;
        if !known && depth > 0 {
            return Ok(());
        }
        if !known {
            return Err(LoadError::new(
                &shown_slash,
                "is neither Rego, JSON, YAML nor a bundle",
                "policies end in `.rego`, data in `.json`, `.yaml` or `.yml`, bundles in `.tar.gz`",
            ));
        }
        if meta.len() > LARGEST {
            return Err(LoadError::new(
                &shown_slash,
                format!("is larger than {} MiB", LARGEST >> 20),
                "leave it out with `--ignore`",
            ));
        }
        let bytes = std::fs::read(path).map_err(fail)?;
        self.loaded.files.push(path.to_owned());
        if is_archive {
            return self.archive(&shown_slash, &bytes, below);
        }
        self.file(&shown_slash, &lower, &bytes, below)
    }

    fn folder(&mut self, path: &Path, shown: &str, below: &[String], depth: usize) -> Result<(), LoadError> {
        if depth > DEEPEST {
            return Err(LoadError::new(
                shown,
                format!("folders nest more than {DEEPEST} deep"),
                "look for links that lead in a circle",
            ));
        }
        let fail =
            |e: std::io::Error| LoadError::new(shown, format!("cannot be read: {e}"), "check the path");
        let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
            .map_err(fail)?
            .map(|entry| entry.map(|e| e.path()))
            .collect::<Result<_, _>>()
            .map_err(fail)?;
        entries.sort();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut below = below.to_vec();
        if depth > 0 {
            below.push(name);
        }
        for entry in entries {
            let name = entry.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let shown = if shown == "." { name } else { format!("{}/{name}", shown.trim_end_matches('/')) };
            self.path(&entry, &shown, &below, depth + 1)?;
        }
        Ok(())
    }

    fn is_module(&self, lower: &str) -> bool {
        lower.ends_with(".rego")
    }

    fn is_data(&self, lower: &str, depth: usize) -> bool {
        if self.loading.bundle && depth > 0 {
            return matches!(lower, "data.json" | "data.yaml" | "data.yml");
        }
        [".json", ".yaml", ".yml"].iter().any(|end| lower.ends_with(end))
    }

    fn file(&mut self, shown: &str, lower: &str, bytes: &[u8], below: &[String]) -> Result<(), LoadError> {
        let text = std::str::from_utf8(bytes).map_err(|e| {
            LoadError::new(
                shown,
                format!("is not UTF-8 from byte {} on", e.valid_up_to()),
                "save it as UTF-8",
            )
        })?;
        if self.is_module(lower) {
            let module =
                Source { path: shown.to_owned(), text: text.to_owned(), version: self.loading.version };
            self.loaded.modules.push(module);
            return Ok(());
        }
        if text.trim().is_empty() {
            return Ok(());
        }
        let value = document(shown, text)?;
        let value = below
            .iter()
            .rev()
            .fold(value, |value, key| Value::Object(Map::from_iter([(key.clone(), value)])));
        let Value::Object(value) = value else {
            return Err(LoadError::new(
                shown,
                "is a list or a plain value where data needs an object",
                "put it into a folder, whose name becomes its key, or leave it out with `--ignore`",
            ));
        };
        for key in value.keys() {
            self.origin.entry(key.clone()).or_insert_with(|| shown.to_owned());
        }
        merge(&mut self.loaded.data, value, "data").map_err(|key| {
            let first = key.split('.').nth(1).unwrap_or_default();
            let other = self.origin.get(first).cloned().unwrap_or_default();
            LoadError::new(
                shown,
                format!("gives `{key}`, which `{other}` or a file beside it gave already"),
                "keep each value in one file, or leave one out with `--ignore`",
            )
        })
    }

    fn archive(&mut self, shown: &str, bytes: &[u8], below: &[String]) -> Result<(), LoadError> {
        let files = (self.loading.archive)(bytes).map_err(|message| {
            LoadError::new(shown, message, "build it with `gate bundle build` or `opa build`")
        })?;
        for (name, bytes) in files {
            let short = name.rsplit('/').next().unwrap_or(&name).to_ascii_lowercase();
            let is_data = matches!(short.as_str(), "data.json" | "data.yaml" | "data.yml");
            if !(is_data || self.is_module(&short)) {
                continue;
            }
            let mut keys = below.to_vec();
            let folders = name.trim_start_matches('/').rsplit_once('/').map(|(folders, _)| folders);
            keys.extend(folders.into_iter().flat_map(|f| f.split('/')).map(str::to_owned));
            let keys = if is_data { keys } else { Vec::new() };
            self.file(&format!("{shown}/{}", name.trim_start_matches('/')), &short, &bytes, &keys)?;
        }
        Ok(())
    }
}

/// A path as OPA shows it: without `./` in front.
fn clean(shown: &str) -> String {
    let slashed = shown.replace('\\', "/");
    let mut rest = slashed.as_str();
    while let Some(shorter) = rest.strip_prefix("./") {
        rest = shorter.trim_start_matches('/');
    }
    if rest.is_empty() { ".".to_owned() } else { rest.to_owned() }
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>, at: &str) -> Result<(), String> {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (None, value) => {
                into.insert(key, value);
            }
            (Some(Value::Object(known)), Value::Object(more)) => merge(known, more, &format!("{at}.{key}"))?,
            _ => return Err(format!("{at}.{key}")),
        }
    }
    Ok(())
}
