//! `gate fmt`: Rego in its canonical layout, as `opa fmt` has it.
//!
//! A file with an error is never touched, and never keeps others from being laid out.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::{Exit, output};
use crate::rego::ast::Version;
use crate::rego::{SyntaxError, format_module};
use crate::report::inert;

/// Arguments of `gate fmt`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate fmt                     lay out every .rego file below this folder
  gate fmt policies/ --check   exit 1 and list the files that would change
  gate fmt --diff policies/    show what would change
  gate fmt - < policy.rego     from standard input to standard output

Exit codes: 0 done (with --check and --diff: nothing would change), 1 files would change, 2 an error in a file.
The layout is that of `opa fmt`. A file with an error is left as it is; the others are laid out.")]
pub(super) struct Arguments {
    /// Files, and folders of *.rego files; `-` for standard input.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Write nothing: list the files that would change and exit 1 if there are any.
    #[arg(long)]
    check: bool,
    /// Write nothing: show the changes as a unified diff and exit 1 if there are any.
    #[arg(long, short)]
    diff: bool,
    /// Write files in place, which is the default.
    #[arg(long, short, conflicts_with_all = ["check", "diff"])]
    write: bool,
    /// Read and write the language of the time before OPA 1.0.
    #[arg(long)]
    v0_compatible: bool,
}

/// What came of the files.
#[derive(Default)]
struct Outcome {
    changed: usize,
    same: usize,
    failed: usize,
    out: String,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let version = if arguments.v0_compatible { Version::V0 } else { Version::V1 };
    let mut outcome = Outcome::default();
    let mut files = BTreeSet::new();
    for path in &arguments.paths {
        if path.as_os_str() == "-" {
            standard_input(arguments, version, &mut outcome);
        } else if let Err(error) = collect(path, true, &mut files) {
            outcome.failed += 1;
            output::complain(&format!("cannot read `{}`: {error}", shown(path)));
        }
    }
    let uses_files = arguments.paths.iter().any(|path| path.as_os_str() != "-");
    if uses_files && files.is_empty() && outcome.failed == 0 {
        outcome.failed += 1;
        output::complain("no .rego file was found");
        output::complain("  help: name the files, or a folder that holds them");
    }
    for path in &files {
        file(path, arguments, version, &mut outcome);
    }
    if !output::print(&outcome.out) {
        return Exit::Error;
    }
    if uses_files && !arguments.diff {
        output::complain(&summary(&outcome, arguments.check));
    }
    let looks_only = arguments.check || arguments.diff;
    match outcome {
        Outcome { failed: 1.., .. } => Exit::Error,
        Outcome { changed: 1.., .. } if looks_only => Exit::Block,
        _ => Exit::Ok,
    }
}

fn summary(outcome: &Outcome, check: bool) -> String {
    let plural = |n: usize| if n == 1 { "file" } else { "files" };
    let mut text = match (outcome.changed, check) {
        (0, _) => String::new(),
        (n, true) => format!("{n} {} would change; run `gate fmt`. ", plural(n)),
        (n, false) => format!("{n} {} laid out. ", plural(n)),
    };
    if outcome.same > 0 {
        let _ = write!(text, "{} already in order. ", outcome.same);
    }
    if outcome.failed > 0 {
        let _ = write!(text, "{} with an error, left as it is. ", outcome.failed);
    }
    text.trim_end().to_owned()
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    inert::line(text.strip_prefix("./").unwrap_or(&text))
}

/// A file, or the `*.rego` files of a folder; hidden folders and links to folders are skipped.
fn collect(path: &Path, named: bool, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    let kind = if named { std::fs::metadata(path)? } else { std::fs::symlink_metadata(path)? };
    if kind.is_dir() {
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            let below = entry.path();
            let is_rego = below.extension().is_some_and(|extension| extension == "rego");
            if !is_hidden && (is_rego || entry.file_type()?.is_dir()) {
                collect(&below, false, files)?;
            }
        }
    } else if named || path.is_file() {
        files.insert(path.to_owned());
    }
    Ok(())
}

fn standard_input(arguments: &Arguments, version: Version, outcome: &mut Outcome) {
    let mut text = String::new();
    if let Err(error) = io::stdin().lock().read_to_string(&mut text) {
        outcome.failed += 1;
        output::complain(&format!("cannot read standard input: {error}"));
        return;
    }
    match format_module(&text, version) {
        Ok(formatted) => {
            outcome.changed += usize::from(text != formatted);
            if arguments.diff {
                outcome.out.push_str(&diff("standard input", &text, &formatted));
            } else if !arguments.check {
                outcome.out.push_str(&formatted);
            }
        }
        Err(error) => {
            outcome.failed += 1;
            complain(Path::new("standard input"), &text, &error);
        }
    }
}

fn file(path: &Path, arguments: &Arguments, version: Version, outcome: &mut Outcome) {
    let text = match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => {
            outcome.failed += 1;
            output::complain(&format!("{}: not a text in UTF-8", shown(path)));
            return;
        }
        Err(error) => {
            outcome.failed += 1;
            output::complain(&format!("cannot read `{}`: {error}", shown(path)));
            return;
        }
    };
    let formatted = match format_module(&text, version) {
        Ok(formatted) => formatted,
        Err(error) => {
            outcome.failed += 1;
            complain(path, &text, &error);
            return;
        }
    };
    if text == formatted {
        outcome.same += 1;
        return;
    }
    if arguments.diff {
        outcome.out.push_str(&diff(&shown(path), &text, &formatted));
    } else {
        if !arguments.check
            && let Err(error) = replace(path, &formatted)
        {
            outcome.failed += 1;
            output::complain(&format!("cannot write `{}`: {error}", shown(path)));
            return;
        }
        let _ = writeln!(outcome.out, "{}", shown(path));
    }
    outcome.changed += 1;
}

fn diff(name: &str, before: &str, after: &str) -> String {
    similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(name, &format!("{name} (laid out)"))
        .to_string()
}

/// Replaces a file as a whole; its permissions stay, and a link stays a link.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = std::fs::canonicalize(path)?;
    let permissions = std::fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = (|| {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
        io::Write::write_all(&mut file, text.as_bytes())?;
        file.sync_all()?;
        std::fs::set_permissions(&beside, permissions)?;
        std::fs::rename(&beside, &path)
    })();
    written.inspect_err(|error| {
        // What stood there before was not made here.
        if error.kind() != io::ErrorKind::AlreadyExists {
            let _ = std::fs::remove_file(&beside);
        }
    })
}

/// The error with its line and a caret below the place.
fn complain(path: &Path, text: &str, error: &SyntaxError) {
    let (line, column) = (error.place.line, error.place.column);
    let source =
        text.trim_start_matches('\u{feff}').lines().nth(line.saturating_sub(1) as usize).unwrap_or_default();
    let source = source.replace('\t', " ");
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let indent = " ".repeat(column.saturating_sub(1) as usize);
    output::complain(&format!("{}:{line}:{column}: {}", shown(path), inert::line(&error.message)));
    output::complain(&format!("  {number} | {}", clipped(&source)));
    if indent.len() < CLIP {
        output::complain(&format!("  {margin} | {indent}^"));
    }
    if !error.help.is_empty() {
        output::complain(&format!("  help: {}", inert::line(&error.help)));
    }
}

/// How much of a line is shown.
const CLIP: usize = 160;

fn clipped(line: &str) -> String {
    line.chars().take(CLIP).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
