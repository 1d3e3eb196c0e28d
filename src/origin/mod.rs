//! Where configuration and policies come from: the working tree, or a git ref that a change cannot edit.
//!
//! Under a protected ref every path inside of the repository is read from that ref, never from the working tree; what
//! is not there does not exist. Names are compared as text: a link in the working tree leads nowhere else.

mod git;

use std::path::{Component, Path, PathBuf};

use crate::model::Problem;

/// Where files are read from.
#[derive(Clone, Debug, Default)]
pub enum Origin {
    /// The files as they lie there.
    #[default]
    WorkingTree,
    /// A git ref.
    Protected(Tree),
}

impl Origin {
    /// The protected tree, where there is one.
    pub fn tree(&self) -> Option<&Tree> {
        match self {
            Self::WorkingTree => None,
            Self::Protected(tree) => Some(tree),
        }
    }
}

/// The files of a commit.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The top of the working tree, links resolved.
    root: PathBuf,
    /// The folder that relative paths start from, links resolved.
    here: PathBuf,
    /// The ref as it was asked for.
    pub git_ref: String,
    /// The commit that it names.
    pub commit: String,
    /// Whether the command line named it, rather than a gate.yaml that a change could edit.
    pub by_command: bool,
}

/// Why a file of a ref could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OriginError {
    /// What is wrong.
    pub message: String,
    /// File; empty when there is none.
    pub file: String,
    /// What to do; may be empty.
    pub help: String,
}

impl OriginError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

impl From<OriginError> for Problem {
    fn from(error: OriginError) -> Self {
        Self {
            code: "config".to_owned(),
            message: error.message,
            file: error.file,
            help: error.help,
            ..Self::default()
        }
    }
}

impl Tree {
    /// Resolves a ref of the repository around a folder.
    ///
    /// # Errors
    /// When there is no repository or git, or the ref is unknown or could be several.
    pub fn open(from: &Path, git_ref: &str, by_command: bool) -> Result<Self, OriginError> {
        let git_ref = git_ref.trim();
        let bad = git_ref.is_empty()
            || git_ref.starts_with('-')
            || git_ref.contains("..")
            || !git_ref.bytes().all(|b| b.is_ascii_graphic() && !b":^~?*[\\@{}".contains(&b));
        if bad {
            return Err(OriginError::new(format!("`{git_ref}` is no git ref"))
                .help("name a branch, tag or commit, such as `origin/main`"));
        }
        let here = std::fs::canonicalize(if from.as_os_str().is_empty() { Path::new(".") } else { from })
            .map_err(|e| OriginError::new(format!("`{}` cannot be read: {e}", from.display())))?;
        let root = git::root(&here)?;
        let root = std::fs::canonicalize(&root)
            .map_err(|e| OriginError::new(format!("`{}` cannot be read: {e}", root.display())))?;
        let commit = git::commit(&root, git_ref)?;
        Ok(Self { root, here, git_ref: git_ref.to_owned(), commit, by_command })
    }

    /// The path inside of the repository, with `/`; nothing for what lies outside of it.
    pub fn inside(&self, path: &Path) -> Option<String> {
        let whole = if path.is_absolute() { path.to_owned() } else { self.here.join(path) };
        let mut plain = PathBuf::new();
        for part in whole.components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    plain.pop();
                }
                other => plain.push(other),
            }
        }
        // The outermost folder that leads into the repository counts; what lies below it is a name and no more.
        let mut ancestors: Vec<&Path> = plain.ancestors().collect();
        ancestors.reverse();
        let (above, canonical) = ancestors.into_iter().find_map(|above| {
            let canonical = std::fs::canonicalize(above).ok()?;
            canonical.starts_with(&self.root).then_some((above, canonical))
        })?;
        let inside = canonical.strip_prefix(&self.root).ok()?.join(plain.strip_prefix(above).ok()?);
        Some(inside.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
    }

    /// A file of the commit; nothing where there is none.
    ///
    /// # Errors
    /// When it is a link, a submodule or a folder, or git fails.
    pub fn file(&self, inside: &str) -> Result<Option<Vec<u8>>, OriginError> {
        let entries = git::list(&self.root, &self.commit, inside)?;
        match entries.as_slice() {
            [] => Ok(None),
            [one] if one.name == inside => {
                Ok(git::contents(&self.root, &[one])?.into_iter().next().map(|(_, bytes)| bytes))
            }
            _ => Err(OriginError {
                file: inside.to_owned(),
                ..OriginError::new(format!("is a folder at `{}`, expected a file", self.git_ref))
            }),
        }
    }

    /// The files of the commit below a path that a filter wants, by their names inside of the repository.
    ///
    /// # Errors
    /// When one is a link or a submodule, or git fails.
    pub fn files(
        &self,
        inside: &str,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<(String, Vec<u8>)>, OriginError> {
        let entries = git::list(&self.root, &self.commit, inside)?;
        let wanted: Vec<&git::Entry> =
            entries.iter().filter(|e| e.is_submodule() || wanted(&e.name)).collect();
        git::contents(&self.root, &wanted)
    }

    /// The files at or below paths that are another, or not at all, in the working tree, sorted.
    ///
    /// # Errors
    /// When git fails.
    pub fn differing(
        &self,
        inside: &[String],
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<String>, OriginError> {
        let mut names = git::differing(&self.root, &self.commit, inside)?;
        names.retain(|name| wanted(name));
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// The folders from the starting one up to the top, as paths inside of the repository.
    pub fn folders_upward(&self) -> Vec<String> {
        let inside = self.inside(&self.here).unwrap_or_default();
        let mut folders = vec![inside.clone()];
        let mut rest = inside.as_str();
        while let Some((above, _)) = rest.rsplit_once('/') {
            folders.push(above.to_owned());
            rest = above;
        }
        if !rest.is_empty() {
            folders.push(String::new());
        }
        folders
    }

    /// A path inside of the repository as seen from the starting folder.
    pub fn shown(&self, inside: &str) -> PathBuf {
        let whole = self.root.join(inside);
        match whole.strip_prefix(&self.here) {
            Ok(below) => below.to_owned(),
            Err(_) => whole,
        }
    }
}
