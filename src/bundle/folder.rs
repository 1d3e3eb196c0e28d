//! Folders and files as the members of a bundle.

use std::fs;
use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::archive::{ArchiveLimits, Files, member_name};
use super::{BundleError, MANIFEST, SIGNATURES};

/// What of a folder is taken.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Patterns of names that are left out.
    pub ignore: Vec<String>,
    /// Whether `*_test.rego` is taken.
    pub tests: bool,
    /// Whether `.signatures.json` is taken.
    pub signatures: bool,
}

/// Reads the policies and data of folders and files. Names are relative to the folder given; a file lies at the top.
///
/// # Errors
/// When a path cannot be read, two paths give the same name, or a limit is broken.
pub fn read_paths(paths: &[&Path], selection: &Selection) -> Result<Files, BundleError> {
    let mut ignore = GlobSetBuilder::new();
    for pattern in &selection.ignore {
        let glob = GlobBuilder::new(pattern)
            .literal_separator(true)
            .build()
            .map_err(|e| BundleError::new(format!("`--ignore {pattern}`: {e}")))?;
        ignore.add(glob);
    }
    let ignore = ignore.build().map_err(|e| BundleError::new(e.to_string()))?;
    let limits = ArchiveLimits::default();
    let mut walk = Walk { files: Files::new(), selection, ignore, limits, bytes: 0 };
    for path in paths {
        let shown = shown(path);
        let meta = fs::metadata(path).map_err(|e| unreadable(&shown, &e))?;
        if meta.is_dir() {
            walk.folder(path, "")?;
        } else {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if !is_member(&name) {
                return Err(BundleError::new("neither a Rego module nor data")
                    .at(&shown)
                    .help("name folders, `*.rego`, `data.json`, `data.yaml` or `.manifest`"));
            }
            walk.file(path, &name)?;
        }
    }
    Ok(walk.files)
}

struct Walk<'a> {
    files: Files,
    selection: &'a Selection,
    ignore: GlobSet,
    limits: ArchiveLimits,
    bytes: u64,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), BundleError> {
        let mut entries = fs::read_dir(folder)
            .and_then(|entries| entries.collect::<Result<Vec<_>, _>>())
            .map_err(|e| unreadable(&shown(folder), &e))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let Ok(own) = entry.file_name().into_string() else {
                return Err(BundleError::new("the name is not UTF-8").at(&shown(&path)));
            };
            let name = if prefix.is_empty() { own.clone() } else { format!("{prefix}/{own}") };
            if self.ignore.is_match(&name) || self.ignore.is_match(&own) {
                continue;
            }
            let kind = entry.file_type().map_err(|e| unreadable(&shown(&path), &e))?;
            if kind.is_dir() {
                if !own.starts_with('.') {
                    self.folder(&path, &name)?;
                }
                continue;
            }
            if kind.is_symlink() && fs::metadata(&path).is_ok_and(|meta| meta.is_dir()) {
                if own.starts_with('.') {
                    continue;
                }
                return Err(BundleError::new("a link to a folder is not followed")
                    .at(&shown(&path))
                    .help("name the folder itself, or leave it out with `--ignore`"));
            }
            let is_test = own.ends_with("_test.rego") && !self.selection.tests;
            let is_signature = own == SIGNATURES && !self.selection.signatures;
            if is_member(&own) && !is_test && !is_signature {
                self.file(&path, &name)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, name: &str) -> Result<(), BundleError> {
        let shown = shown(path);
        let name = member_name(name)?;
        let meta = fs::metadata(path).map_err(|e| unreadable(&shown, &e))?;
        if !meta.is_file() {
            return Err(BundleError::new("expected a file, found a pipe, device or socket").at(&shown));
        }
        if meta.len() > self.limits.unpacked {
            return Err(BundleError::new("the file is too large").at(&shown));
        }
        let bytes = fs::read(path).map_err(|e| unreadable(&shown, &e))?;
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes > self.limits.unpacked || self.files.len() >= self.limits.files {
            return Err(BundleError::new(format!(
                "more than {} bytes or {} files",
                self.limits.unpacked, self.limits.files
            ))
            .at(&shown));
        }
        if self.files.insert(name.clone(), bytes).is_some() {
            return Err(BundleError::new(format!("two files would be `{name}` in the bundle"))
                .at(&shown)
                .help("put them into folders of different names below one folder, and name that"));
        }
        Ok(())
    }
}

/// Whether a file of this name is of a bundle.
fn is_member(name: &str) -> bool {
    name.ends_with(".rego")
        || matches!(
            name,
            "data.json"
                | "data.yaml"
                | "data.yml"
                | "patch.json"
                | "policy.wasm"
                | "plan.json"
                | MANIFEST
                | SIGNATURES
        )
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

fn unreadable(shown: &str, error: &std::io::Error) -> BundleError {
    BundleError::new(format!("cannot be read: {error}")).at(shown).help("check the path")
}
