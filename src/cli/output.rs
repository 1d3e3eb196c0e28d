//! Writing: standard output, standard error, files. A closed pipe is not an error; a full disk is.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use crate::model::Problem;

/// How lists are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Layout {
    /// For people.
    #[default]
    Table,
    /// JSON.
    Json,
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// JSON.
    Json,
}

/// A problem with how gate was called.
pub(super) fn usage(message: impl Into<String>, help: impl Into<String>) -> Box<Problem> {
    Box::new(Problem {
        code: "usage".to_owned(),
        message: message.into(),
        help: help.into(),
        ..Problem::default()
    })
}

/// Pretty JSON with a line end, inert on a terminal.
pub(super) fn json<T: serde::Serialize>(value: &T) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    crate::report::inert::json(&text) + "\n"
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether standard output gets colour.
    pub(super) fn for_stdout(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
                    && (io::stdout().is_terminal() || std::env::var_os("CLICOLOR_FORCE").is_some())
            }
        }
    }
}

/// Writes to standard output. Returns whether that worked; a reader that left is no failure.
pub(super) fn print(text: &str) -> bool {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => true,
        Err(error) => {
            complain(&format!("cannot write to standard output: {error}"));
            false
        }
    }
}

/// Writes a line to standard error, as far as that is possible.
pub(super) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "gate: {text}");
}

/// Writes a line that is not gate's own to standard error.
pub(super) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", crate::report::inert::line(text));
}

/// Writes a problem with its place and remedy to standard error.
pub(super) fn complain_of(problem: &Problem) {
    complain(&crate::report::inert::line(&problem.to_string()));
    if !problem.help.is_empty() {
        complain(&format!("  help: {}", crate::report::inert::line(&problem.help)));
    }
}

/// Writes a whole file: beside its place first, so that nobody ever reads half of it.
pub(super) fn write_file(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    if !path.parent().is_none_or(|parent| parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    }
    if path.exists() && !path.is_file() {
        // A pipe or a device such as /dev/stderr cannot be replaced.
        return std::fs::write(path, content);
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = Path::new(&beside);
    std::fs::write(beside, content).and_then(|()| std::fs::rename(beside, path)).inspect_err(|_| {
        let _ = std::fs::remove_file(beside);
    })
}

/// Appends to a file, as CI platforms want it of their own.
pub(super) fn append_file(path: &Path, text: &str) -> io::Result<()> {
    std::fs::OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes())
}

/// Columns of the terminal, 80 where there is none.
pub(super) fn columns() -> usize {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|n| *n >= 40)
        .unwrap_or(80)
        .min(120)
}
