//! The HTML report in a real browser: axe finds nothing, nothing is loaded, nothing runs but its own script.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{PAYLOADS, decisions, hostile, large, render};

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

/// Browser, Node and the packages, or what is missing.
fn tools(folder: &Path) -> Result<(PathBuf, PathBuf), String> {
    let browser = std::env::var_os("GATE_CHROMIUM")
        .map(PathBuf::from)
        .or_else(|| on_path(&["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]))
        .ok_or("no chromium or chrome on the path, and `GATE_CHROMIUM` is not set")?;
    let node = on_path(&["node"]).ok_or("no node on the path")?;
    let npm = on_path(&["npm"]).ok_or("no npm on the path")?;
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    std::fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    for file in ["package.json", "axe.mjs"] {
        std::fs::copy(sources.join(file), folder.join(file)).map_err(|e| e.to_string())?;
    }
    let installed = Command::new(npm)
        .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"])
        .current_dir(folder)
        .output()
        .map_err(|e| e.to_string())?;
    match installed.status.success() {
        true => Ok((browser, node)),
        false => Err(format!("npm could not install axe: {}", String::from_utf8_lossy(&installed.stderr))),
    }
}

#[test]
fn html_passes_axe_in_light_and_dark_on_desktop_and_phone() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    let (browser, node) = match tools(&folder) {
        Ok(found) => found,
        Err(reason) => {
            eprintln!("skipped: {reason}");
            return;
        }
    };
    let mut command = Command::new(node);
    let shots = std::env::var("GATE_SCREENSHOTS").unwrap_or_else(|_| "-".to_owned());
    command.arg("axe.mjs").arg(browser).arg(shots).current_dir(&folder);
    let more = [("payloads", hostile(&PAYLOADS.join(" "))), ("large", large(60))];
    for (name, decision) in decisions().into_iter().chain(more) {
        let file = folder.join(format!("{name}.html"));
        std::fs::write(&file, render("html", &decision)).unwrap();
        command.arg(file);
    }
    let output = command.output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    eprintln!("{said}");
    assert!(output.status.success(), "{said}");
}
