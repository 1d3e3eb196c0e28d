//! `conftest.toml`: the settings of conftest that mean something here.
//!
//! A setting that would change what is judged and that gate does not have is an error; one that only changes how
//! conftest prints is passed over.

use std::path::Path;

use super::ConfigError;
use crate::suggest;

/// The name of the file.
pub const CONFTEST_FILE: &str = "conftest.toml";

/// What a `conftest.toml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConftestConfig {
    /// Files and folders of policies.
    pub policy: Vec<String>,
    /// Namespaces to ask.
    pub namespace: Vec<String>,
    /// Whether all namespaces are asked.
    pub all_namespaces: bool,
    /// Whether all documents are one input.
    pub combine: bool,
    /// Files and folders of data.
    pub data: Vec<String>,
    /// Whether warnings fail.
    pub fail_on_warn: bool,
    /// A regular expression of paths to leave out.
    pub ignore: Option<String>,
    /// The parser of all files.
    pub parser: Option<String>,
    /// `v0` or `v1`.
    pub rego_version: Option<String>,
    /// Whether errors of builtin functions are errors.
    pub show_builtin_errors: bool,
}

/// Settings about output and about other commands of conftest.
const PASSED_OVER: [&str; 13] = [
    "file",
    "github-hide-passed",
    "junit-hide-message",
    "no-color",
    "no-fail",
    "output",
    "quiet",
    "report",
    "show-exceptions",
    "stdin-filename",
    "strict",
    "suppress-exceptions",
    "trace",
];
/// Settings that are taken.
const TAKEN: [&str; 10] = [
    "all-namespaces",
    "combine",
    "data",
    "fail-on-warn",
    "ignore",
    "namespace",
    "parser",
    "policy",
    "rego-version",
    "show-builtin-errors",
];
/// Settings that change what is judged, with what to do instead.
const REFUSED: [(&str, &str); 4] = [
    ("update", "fetch the policies beforehand and name their folder: `policy = \"DIR\"`"),
    ("capabilities", "policies have no network and no environment here in any case: remove the setting"),
    ("proto-file-dirs", "textproto files are not read: convert them to JSON"),
    ("tls", "nothing is fetched: remove the setting"),
];

/// Reads a `conftest.toml`.
///
/// # Errors
/// When it cannot be read, is not TOML, or holds a setting that is not known or not had.
pub fn load_conftest(path: &Path) -> Result<ConftestConfig, ConfigError> {
    let file = path.to_string_lossy().replace('\\', "/");
    let error = |line: u64, column: u64, message: String, help: &str| ConfigError {
        file: file.clone(),
        line,
        column,
        message,
        help: help.to_owned(),
    };
    let text = std::fs::read_to_string(path)
        .map_err(|e| error(0, 0, format!("cannot read the configuration: {e}"), "check the path"))?;
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
        let place = e.span().map(|span| crate::read::Place::of(&text, span.start));
        let (line, column) = place.map_or((0, 0), |place| (place.line as u64, place.column as u64));
        error(line, column, format!("not valid TOML: {}", e.message()), "")
    })?;
    let mut config = ConftestConfig::default();
    for (key, value) in &table {
        let name = key.to_ascii_lowercase();
        let line = text
            .lines()
            .position(|line| line.trim_start().starts_with(key.as_str()))
            .map_or(0, |line| line as u64 + 1);
        if let Some((_, help)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return Err(error(line, 1, format!("`{key}` is not supported"), help));
        }
        if PASSED_OVER.contains(&name.as_str()) {
            continue;
        }
        let wrong = |expected: &str| error(line, 1, format!("`{key}`: expected {expected}"), "");
        let list = || match value {
            toml::Value::String(text) => Ok(text.split(',').map(|part| part.trim().to_owned()).collect()),
            toml::Value::Array(items) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong("texts")))
                .collect::<Result<Vec<String>, _>>(),
            _ => Err(wrong("text or an array of texts")),
        };
        let text_of = || value.as_str().map(str::to_owned).ok_or_else(|| wrong("text"));
        let yes = || value.as_bool().ok_or_else(|| wrong("`true` or `false`"));
        match name.as_str() {
            "all-namespaces" => config.all_namespaces = yes()?,
            "combine" => config.combine = yes()?,
            "data" => config.data = list()?,
            "fail-on-warn" => config.fail_on_warn = yes()?,
            "ignore" => config.ignore = Some(text_of()?),
            "namespace" => config.namespace = list()?,
            "parser" => config.parser = Some(text_of()?),
            "policy" => config.policy = list()?,
            "rego-version" => config.rego_version = Some(text_of()?),
            "show-builtin-errors" => config.show_builtin_errors = yes()?,
            _ => {
                let help = suggest::remedy(&name, &TAKEN);
                return Err(error(line, 1, format!("unknown setting `{key}`"), &help));
            }
        }
    }
    Ok(config)
}
