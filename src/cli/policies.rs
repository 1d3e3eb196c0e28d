//! What `test`, `eval` and `dev` have in common: which policies and data are read, and how.

use std::path::PathBuf;
use std::time::Duration;

use super::output;
use crate::model::Problem;
use crate::policy::Isolation;
use crate::rego::ast::Version;
use crate::workbench::{self, Capabilities, Fault, LoadError, Loaded, Loading};

/// Options that say how policies are read.
#[derive(Clone, Debug, Default, clap::Args)]
#[group(id = "reading")]
pub(super) struct Options {
    /// Leave out files and folders of this name, with `*` and `?`; repeatable.
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    pub(super) ignore: Vec<String>,
    /// Read modules as Rego v0, without `if` and `contains`.
    #[arg(long)]
    pub(super) v0_compatible: bool,
    /// OPA's capabilities file: functions of your host that `with` mocks, and which functions are allowed.
    #[arg(long, value_name = "FILE")]
    pub(super) capabilities: Option<PathBuf>,
    /// Accepted as OPA has it; `gate check` judges references by schemas.
    #[arg(long, short, value_name = "PATH")]
    pub(super) schema: Option<PathBuf>,
}

impl Options {
    pub(super) fn version(&self) -> Version {
        if self.v0_compatible { Version::V0 } else { Version::V1 }
    }
}

/// Reads policies and data.
pub(super) fn load(options: &Options, paths: &[String], bundle: bool) -> Result<Loaded, Box<Problem>> {
    workbench::load(&Loading {
        paths,
        ignore: &options.ignore,
        bundle,
        version: options.version(),
        archive: &unpack,
    })
    .map_err(|error| Box::new(error.into()))
}

/// Unpacks a bundle archive.
fn unpack(bytes: &[u8]) -> Result<std::collections::BTreeMap<String, Vec<u8>>, String> {
    crate::bundle::unpack(bytes, &crate::bundle::ArchiveLimits::default()).map_err(|error| error.to_string())
}

/// Reads the capabilities, if there are any.
pub(super) fn capabilities(options: &Options) -> Result<Option<Capabilities>, Box<Problem>> {
    let Some(path) = &options.capabilities else { return Ok(None) };
    let shown = path.to_string_lossy().into_owned();
    let problem = |message: String, help: String| {
        Box::new(Problem { file: shown.clone(), ..*output::usage(message, help) })
    };
    let text = std::fs::read_to_string(path)
        .map_err(|e| problem(format!("cannot read the capabilities: {e}"), "check the path".to_owned()))?;
    Capabilities::read(&text).map(Some).map_err(|e| {
        let mut problem = problem(e.message, e.help);
        (problem.line, problem.column) = (e.line.into(), e.column.into());
        problem
    })
}

/// The functions of the host, by the capabilities.
pub(super) fn host(capabilities: Option<&Capabilities>) -> Vec<(String, u8)> {
    capabilities
        .into_iter()
        .flat_map(|known| known.functions().map(|(name, arity)| (name.to_owned(), arity)))
        .collect()
}

/// The time that functions see which need one.
pub(super) fn now() -> Option<i64> {
    i64::try_from(jiff::Timestamp::now().as_nanosecond()).ok()
}

/// Where policies are asked: never in this process, unless they are the shipped ones.
pub(super) fn isolation() -> Isolation {
    std::env::current_exe().map_or_else(|error| Isolation::Unavailable(error.to_string()), Isolation::Process)
}

/// `5s`, `500ms`, `1m`, `1m30s`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a time as 5s, 500ms or 1m".to_owned();
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, tail) = rest.split_at_checked(end).ok_or_else(wrong)?;
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(end).ok_or_else(wrong)?;
        let factor = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        let seconds = number.parse::<f64>().map_err(|_| wrong())? * factor;
        total += Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
        rest = tail;
    }
    if total.is_zero() { Err(wrong()) } else { Ok(total) }
}

impl From<LoadError> for Problem {
    fn from(error: LoadError) -> Self {
        Self {
            code: "policy".to_owned(),
            message: error.message,
            file: error.path,
            line: error.line,
            column: error.column,
            byte: None,
            help: error.help,
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self {
            code: "policy".to_owned(),
            message: if fault.code.is_empty() || fault.code == "internal" {
                fault.message
            } else {
                format!("{}: {}", fault.code, fault.message)
            },
            file: fault.path,
            line: fault.line.into(),
            column: fault.column.into(),
            byte: None,
            help: fault.help,
        }
    }
}
