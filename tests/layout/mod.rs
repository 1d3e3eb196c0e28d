//! Rego in its canonical layout: equal to `opa fmt` where that is installed, and safe for the files of people.

mod command;
mod opa;

use std::path::{Path, PathBuf};

/// The `.rego` files below a folder.
fn rego_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rego") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
