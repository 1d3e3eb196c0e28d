//! `gate.yaml`: found, read, checked.

use std::path::{Path, PathBuf};

use super::raw::{Honoured, RawConfig};
use super::units;
use crate::format::Declaration;
use crate::ingest::{Declared, Pattern};
use crate::model::{Problem, SuppressionKind, Text};
use crate::origin::{Origin, OriginError, Tree};
use crate::read::Limits;
use crate::suggest::{self, nearest};

/// The names under which the file is found.
pub(crate) const NAMES: [&str; 2] = ["gate.yaml", "gate.yml"];

/// An error of the configuration, with its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// What is wrong.
    pub message: String,
    /// The file; empty when there is none.
    pub file: String,
    /// Line from 1; 0 when not known.
    pub line: u64,
    /// Column from 1; 0 when not known.
    pub column: u64,
    /// What to do; may be empty.
    pub help: String,
}

impl ConfigError {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// The same with a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

impl From<ConfigError> for Problem {
    fn from(error: ConfigError) -> Self {
        Self {
            code: "config".to_owned(),
            message: error.message,
            file: error.file,
            line: error.line,
            column: error.column,
            byte: None,
            help: error.help,
        }
    }
}

/// The configuration, checked save for what depends on the policies (gates, rules, thresholds).
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where it was read from; `None` when there is none.
    pub path: Option<PathBuf>,
    /// The folder that its paths are relative to.
    pub base: PathBuf,
    /// As written.
    pub raw: RawConfig,
    /// Its text.
    pub text: String,
    /// Where it, and what it names, is read from.
    pub origin: Origin,
}

impl From<OriginError> for ConfigError {
    fn from(error: OriginError) -> Self {
        Self { message: error.message, file: error.file, help: error.help, ..Self::default() }
    }
}

/// Finds the file upward from a folder.
pub fn find(from: &Path) -> Option<PathBuf> {
    let from = std::path::absolute(from).ok()?;
    from.ancestors().find_map(|folder| NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file()))
}

/// Reads the file.
///
/// # Errors
/// When it cannot be read, is not YAML, or has a key or value that is not known.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let shown = path.to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError {
        file: shown.clone(),
        help: "check the path given with `--config`".to_owned(),
        ..ConfigError::new(format!("cannot read the configuration: {error}"))
    })?;
    let mut config = parse(&text, &shown)?;
    config.base = path.parent().map(Path::to_owned).unwrap_or_default();
    config.path = Some(path.to_owned());
    let Some(protected) = &config.raw.policy.protected else { return Ok(config) };
    let tree = Tree::open(Path::new("."), &protected.git_ref, false).map_err(|error| ConfigError {
        help: error.help,
        ..config.error(&["policy", "protected", "ref"], error.message)
    })?;
    load_protected(tree, Some(path))
}

/// Reads the file of a protected ref: the one named, or the one found upward. Without any the defaults hold.
///
/// # Errors
/// As [`load`], and when a file that was named is not in the ref.
pub fn load_protected(tree: Tree, named: Option<&Path>) -> Result<Config, ConfigError> {
    let mut config = match named {
        Some(path) => match tree.inside(path) {
            // What lies outside of the repository is not a change's to edit.
            None => {
                let shown = path.to_string_lossy().into_owned();
                let text = std::fs::read_to_string(path).map_err(|error| ConfigError {
                    file: shown.clone(),
                    ..ConfigError::new(format!("cannot read the configuration: {error}"))
                })?;
                let mut config = parse(&text, &shown)?;
                config.base = path.parent().map(Path::to_owned).unwrap_or_default();
                config
            }
            Some(inside) => of_tree(&tree, &inside)?.ok_or_else(|| {
                ConfigError {
                    file: path.to_string_lossy().into_owned(),
                    ..ConfigError::new(format!("is not in the protected ref `{}`", tree.git_ref))
                }
                .help("merge it there first: until then nothing says what is protected")
            })?,
        },
        None => upward(&tree)?.unwrap_or_default(),
    };
    config.origin = Origin::Protected(tree);
    Ok(config)
}

/// The file of a ref, found upward from the starting folder.
fn upward(tree: &Tree) -> Result<Option<Config>, ConfigError> {
    for folder in tree.folders_upward() {
        for name in NAMES {
            let inside = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            if let Some(config) = of_tree(tree, &inside)? {
                return Ok(Some(config));
            }
        }
    }
    Ok(None)
}

fn of_tree(tree: &Tree, inside: &str) -> Result<Option<Config>, ConfigError> {
    let Some(bytes) = tree.file(inside)? else { return Ok(None) };
    let shown = format!("{}:{inside}", tree.git_ref);
    let text = String::from_utf8(bytes).map_err(|_| ConfigError {
        file: shown.clone(),
        ..ConfigError::new("the configuration is not UTF-8 text")
    })?;
    let mut config = parse(&text, &shown)?;
    config.base = tree.shown(inside).parent().map(Path::to_owned).unwrap_or_default();
    Ok(Some(config))
}

/// Reads a configuration from its text.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, file: &str) -> Result<Config, ConfigError> {
    // The typed reading below lets the last of two equal keys win; this one refuses them.
    yaml_serde::from_str::<yaml_serde::Value>(text).map_err(|error| of_yaml(&error, file))?;
    let raw = if text.trim().is_empty() {
        RawConfig::default()
    } else {
        yaml_serde::from_str::<RawConfig>(text).map_err(|error| of_yaml(&error, file))?
    };
    let config = Config { raw, text: text.to_owned(), path: Some(PathBuf::from(file)), ..Config::default() };
    if let Some(version) = config.raw.version.filter(|version| *version != 1) {
        return Err(config.error(&["version"], format!("expected `version: 1`, found `{version}`")));
    }
    Ok(config)
}

fn of_yaml(error: &yaml_serde::Error, file: &str) -> ConfigError {
    let text = error.to_string();
    let (line, column) = error.location().map_or((0, 0), |l| (l.line() as u64, l.column() as u64));
    let message = text
        .split(" at line ")
        .next()
        .unwrap_or(&text)
        .replace(
            "data did not match any variant of untagged enum GateSetting",
            "expected `enforce`, `warn`, `off` or `{ mode: ..., evidence: [...] }`",
        )
        .replace(
            "data did not match any variant of untagged enum BundleSetting",
            "expected a path or `{ path: ..., key: ..., digest: ... }`",
        );
    let help = suggestion(&message).unwrap_or_else(|| "`gate schema config` describes every key".to_owned());
    ConfigError { message, file: file.to_owned(), line, column, help }
}

/// "unknown field `x`, expected one of `a`, `b`" carries what is needed to suggest a name.
fn suggestion(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let wrong = quoted.next()?;
    if !message.contains("unknown ") {
        return None;
    }
    let known: Vec<&str> = quoted.collect();
    Some(match nearest(wrong, &known) {
        Some(near) => format!("did you mean `{near}`? `gate schema config` describes every key"),
        None => format!("there are: {}", known.join(", ")),
    })
}

impl Config {
    /// An error at a key, found by its path of keys.
    pub fn error(&self, keys: &[&str], message: impl Into<String>) -> ConfigError {
        let (line, column) = locate(&self.text, keys).unwrap_or_default();
        ConfigError {
            message: message.into(),
            file: self.path.as_ref().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default(),
            line,
            column,
            help: String::new(),
        }
    }

    /// An error at a key that is not known, with the nearest one.
    pub fn unknown(&self, keys: &[&str], what: &str, known: &[&str]) -> ConfigError {
        let name = keys.last().copied().unwrap_or_default();
        let error = self.error(keys, format!("unknown {what} `{name}`"));
        error.help(suggest::remedy(name, known))
    }

    /// The limits on what is read.
    ///
    /// # Errors
    /// When a limit is no size, or too high to be safe.
    pub fn limits(&self) -> Result<Limits, ConfigError> {
        let raw = &self.raw.limits;
        let mut limits = Limits::default();
        if let Some(value) = &raw.bytes {
            limits.bytes = units::bytes(value).map_err(|m| self.error(&["limits", "bytes"], m))?;
        }
        if let Some(depth) = raw.depth {
            if depth > 1024 {
                return Err(self.error(&["limits", "depth"], "expected at most 1024"));
            }
            limits.depth = depth;
        }
        limits.attributes = raw.attributes.unwrap_or(limits.attributes);
        limits.elements = raw.elements.unwrap_or(limits.elements);
        limits.members = raw.members.unwrap_or(limits.members);
        Ok(limits)
    }

    /// What is known of evidence files.
    ///
    /// # Errors
    /// When a pattern or format is not valid.
    pub fn declared(&self) -> Result<Vec<Declared>, ConfigError> {
        let entry = |entry: &super::EvidenceEntry| {
            let pattern = Pattern::new(&entry.path, &self.base).map_err(|m| self.error(&["evidence"], m))?;
            if let Some(format) = &entry.format
                && crate::format::by_id(format).is_none()
            {
                let error = crate::ingest::unknown_format(format);
                return Err(self
                    .error(&["evidence", "format"], error.message)
                    .help(error.help.unwrap_or_default()));
            }
            Ok(Declared {
                pattern,
                declaration: Declaration {
                    format: entry.format.clone(),
                    suite: entry.suite.as_deref().map(Text::from),
                    tests: entry.tests,
                    category: entry.category,
                },
                required: entry.required,
            })
        };
        self.raw.evidence.iter().map(entry).collect()
    }

    /// Patterns of files that are not evidence.
    ///
    /// # Errors
    /// When a pattern is not valid.
    pub fn ignored(&self) -> Result<Vec<Pattern>, ConfigError> {
        self.patterns(&self.raw.ignore, &["ignore"])
    }

    /// Patterns of source files that need more coverage.
    ///
    /// # Errors
    /// When a pattern is not valid.
    pub fn critical_paths(&self) -> Result<Vec<Pattern>, ConfigError> {
        self.patterns(&self.raw.coverage.critical_paths, &["coverage", "critical_paths"])
    }

    fn patterns(&self, texts: &[String], keys: &[&str]) -> Result<Vec<Pattern>, ConfigError> {
        texts.iter().map(|text| Pattern::new(text, &self.base).map_err(|m| self.error(keys, m))).collect()
    }

    /// Time that all policies together may take.
    ///
    /// # Errors
    /// When it is no duration, or none at all.
    pub fn timeout(&self) -> Result<std::time::Duration, ConfigError> {
        let Some(text) = &self.raw.policy.timeout else { return Ok(std::time::Duration::from_secs(10)) };
        let keys = ["policy", "timeout"];
        let duration = units::duration(text).map_err(|m| self.error(&keys, m))?;
        std::time::Duration::try_from(duration)
            .ok()
            .filter(|d| !d.is_zero())
            .ok_or_else(|| self.error(&keys, "expected a time above zero"))
    }

    /// Whose suppressions are honoured.
    pub fn honoured(&self) -> Vec<SuppressionKind> {
        let kind = |honoured: &Honoured| match honoured {
            Honoured::Tool => SuppressionKind::Tool,
            Honoured::Vex => SuppressionKind::Vex,
        };
        self.raw.suppressions.honour.iter().map(kind).collect()
    }
}

/// Line and column of a nested key: each key is looked for behind the one before it, a list item or a value last.
fn locate(text: &str, keys: &[&str]) -> Option<(u64, u64)> {
    let mut found = None;
    let mut from = 0;
    for (number, key) in keys.iter().enumerate() {
        let is_last = number + 1 == keys.len();
        let at = key_after(text, from, key, true)
            .or_else(|| is_last.then(|| key_after(text, from, key, false))?)?;
        from = at + key.len();
        found = Some(at);
    }
    let place = crate::read::Place::of(text, found?);
    Some((place.line as u64, place.column as u64))
}

/// The offset of a word that stands alone, followed by `:` where it must be a key.
fn key_after(text: &str, from: usize, word: &str, is_key: bool) -> Option<usize> {
    let rest = text.get(from..)?;
    rest.match_indices(word).map(|(at, _)| from + at).find(|at| {
        let before = text.get(..*at).and_then(|t| t.chars().next_back());
        let after = text.get(at + word.len()..).unwrap_or_default().trim_start_matches(['"', '\'']);
        let line = text.get(..*at).map(|t| t.rsplit('\n').next().unwrap_or_default()).unwrap_or_default();
        let alone = before.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '{' | '[' | ','));
        let ends = after
            .chars()
            .next()
            .is_none_or(|c| c.is_whitespace() || matches!(c, ':' | ',' | ']' | '}' | '#'));
        alone && ends && (!is_key || after.starts_with(':')) && !line.trim_start().starts_with('#')
    })
}
