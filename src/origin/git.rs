//! The one place that runs git: plumbing commands only, whose output no configuration of a repository changes.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::OriginError;

/// A file of a tree.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    mode: String,
    object: String,
    pub(super) name: String,
}

impl Entry {
    pub(super) fn is_submodule(&self) -> bool {
        self.mode == "160000"
    }
}

/// Bytes of all files that are read of a commit.
const MOST_BYTES: usize = 1 << 30;

fn command(root: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(root)
        .args(["--no-pager", "--literal-pathspecs"])
        // A replaced object would be another file under the same commit.
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C");
    command
}

fn start_error(error: &std::io::Error) -> OriginError {
    OriginError::new(format!("git cannot be run: {error}"))
        .help("a protected ref needs `git` on the path: install it")
}

fn output(command: &mut Command) -> Result<Output, OriginError> {
    command.stdin(Stdio::null()).output().map_err(|error| start_error(&error))
}

/// What git said, in one line.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or("git failed").trim().to_owned()
}

fn lines(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim_end_matches(['\n', '\r']).to_owned()
}

/// The top of the working tree around a folder.
pub(super) fn root(from: &Path) -> Result<PathBuf, OriginError> {
    let output = output(command(from).args(["rev-parse", "--show-toplevel"]))?;
    let top = lines(&output);
    if !output.status.success() || top.is_empty() {
        return Err(OriginError::new(format!("a protected ref needs a git repository: {}", said(&output)))
            .help("check the repository out in the step that runs gate"));
    }
    Ok(PathBuf::from(top))
}

/// The commit that a ref names. A short name that several refs have is refused: whoever may push a tag could take the
/// place of a branch.
pub(super) fn commit(root: &Path, git_ref: &str) -> Result<String, OriginError> {
    let unknown = |why: String| {
        OriginError::new(format!("git ref `{git_ref}` is not there: {why}")).help(
            "fetch it before gate runs: `git fetch origin main:refs/remotes/origin/main`, or check out with full history",
        )
    };
    if !git_ref.starts_with("refs/") {
        let candidates: Vec<String> =
            ["tags", "heads", "remotes"].iter().map(|kind| format!("refs/{kind}/{git_ref}")).collect();
        let found = output(command(root).args(["for-each-ref", "--format=%(refname)"]).args(&candidates))?;
        let found = lines(&found);
        let found: Vec<&str> = found.lines().filter(|name| candidates.iter().any(|c| c == name)).collect();
        if found.len() > 1 {
            return Err(OriginError::new(format!("git ref `{git_ref}` could be {}", found.join(" or ")))
                .help("name the one that is protected in full, such as `refs/remotes/origin/main`"));
        }
    }
    let output = output(
        command(root)
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
            .arg(format!("{git_ref}^{{commit}}")),
    )?;
    let commit = lines(&output);
    if !output.status.success() || commit.len() < 40 || !commit.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(unknown(if output.stderr.is_empty() { "no such ref".to_owned() } else { said(&output) }));
    }
    Ok(commit)
}

/// The files of a commit at or below a path.
pub(super) fn list(root: &Path, commit: &str, path: &str) -> Result<Vec<Entry>, OriginError> {
    let mut command = command(root);
    command.args(["ls-tree", "-r", "-z", "--full-tree", commit]);
    if !path.is_empty() {
        command.arg("--").arg(path);
    }
    let output = output(&mut command)?;
    if !output.status.success() {
        return Err(OriginError::new(format!("the files of {commit} cannot be listed: {}", said(&output))));
    }
    let text = String::from_utf8(output.stdout)
        .map_err(|_| OriginError::new(format!("{commit} has a file whose name is not UTF-8")))?;
    let entry = |line: &str| {
        let (head, name) = line.split_once('\t')?;
        let mut words = head.split(' ');
        let (mode, _, object) = (words.next()?, words.next()?, words.next()?);
        Some(Entry { mode: mode.to_owned(), object: object.to_owned(), name: name.to_owned() })
    };
    text.split('\0')
        .filter(|line| !line.is_empty())
        .map(entry)
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| OriginError::new(format!("the list of the files of {commit} cannot be understood")))
}

/// The contents of files, as they were committed.
pub(super) fn contents(root: &Path, entries: &[&Entry]) -> Result<Vec<(String, Vec<u8>)>, OriginError> {
    let about = |entry: &Entry, message: &str, help: &str| OriginError {
        file: entry.name.clone(),
        ..OriginError::new(message).help(help)
    };
    for entry in entries {
        match entry.mode.as_str() {
            "100644" | "100755" | "100664" => {}
            "120000" => {
                return Err(about(entry, "is a link in the protected ref", "commit the file itself"));
            }
            _ => return Err(about(entry, "is a submodule in the protected ref", "name a folder without it")),
        }
    }
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let mut child = command(root)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| start_error(&error))?;
    let asked: String = entries.iter().map(|entry| format!("{}\n", entry.object)).collect();
    let stdin = child.stdin.take();
    let writer = std::thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(asked.as_bytes())));
    let output = child.wait_with_output().map_err(|e| OriginError::new(format!("git was lost: {e}")))?;
    drop(writer.join());
    if !output.status.success() {
        return Err(OriginError::new(format!("files cannot be read: {}", said(&output))));
    }
    if output.stdout.len() > MOST_BYTES {
        return Err(OriginError::new(format!("the files have more than {MOST_BYTES} bytes")));
    }
    let mut rest = output.stdout.as_slice();
    entries
        .iter()
        .map(|entry| {
            let cut = || about(entry, "git did not give its whole content", "fetch the ref again");
            // `<object> blob <size>`, a line feed, the content, a line feed.
            let end = rest.iter().position(|b| *b == b'\n').ok_or_else(cut)?;
            let (head, after) = rest.split_at_checked(end).ok_or_else(cut)?;
            let head = String::from_utf8_lossy(head);
            let size = head
                .strip_prefix(&format!("{} blob ", entry.object))
                .and_then(|size| size.parse::<usize>().ok())
                .ok_or_else(cut)?;
            let after = after.get(1..).ok_or_else(cut)?;
            let (content, after) = after.split_at_checked(size).ok_or_else(cut)?;
            rest = after.get(1..).ok_or_else(cut)?;
            Ok((entry.name.clone(), content.to_vec()))
        })
        .collect()
}

/// The files at or below paths that the working tree has otherwise than the commit: changed, added or taken away.
pub(super) fn differing(root: &Path, commit: &str, paths: &[String]) -> Result<Vec<String>, OriginError> {
    let mut names = Vec::new();
    let changed = ["diff", "--no-ext-diff", "--no-textconv", "--no-renames", "--name-only", "-z", commit];
    let added = ["ls-files", "--others", "-z"];
    for arguments in [&changed[..], &added[..]] {
        let output = output(command(root).args(arguments).arg("--").args(paths))?;
        if !output.status.success() {
            return Err(OriginError::new(format!("the working tree cannot be compared: {}", said(&output))));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        names.extend(text.split('\0').filter(|name| !name.is_empty()).map(str::to_owned));
    }
    Ok(names)
}
