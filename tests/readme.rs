//! Every command of the README and of `docs/` does what the page says.
//!
//! A page is followed from top to bottom in one empty folder, where `fixtures` and `docs` are those of the repository.
//!
//! - A block whose fence names a file (```` ```rego policy/a.rego ````) is written to that file.
//! - Each line of a `sh` block is run by `sh`. It must exit 0, or as its comment says: `# exits 1`.
//! - A `text` block after a `sh` block is what its commands print, standard error included. Its lines must be there in
//!   their order; a line `...` stands for any lines, and `...` within a line for any characters.
//! - `$REGISTRY` is a registry on this machine. Where there is none, and for other tools that are not installed, the
//!   line is skipped and the reason printed.

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Tools of a page that need not be installed.
const TOOLS: [&str; 2] = ["openssl ", "git "];

/// A block of a page.
struct Block {
    /// The words after the fence.
    info: Vec<String>,
    /// Line of the fence.
    line: usize,
    lines: Vec<String>,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if inside => inside = false,
            Some(info) => {
                let info = info.split_whitespace().map(str::to_owned).collect();
                blocks.push(Block { info, line: number + 1, lines: Vec::new() });
                inside = true;
            }
            None if inside => blocks.last_mut().unwrap().lines.push(line.to_owned()),
            None => {}
        }
    }
    assert!(!inside, "a fence is left open");
    blocks
}

/// Whether a line has the parts of another, between the `...` of which anything may stand.
fn is_like(found: &str, wanted: &str) -> bool {
    let mut rest = found.trim_end();
    let mut parts = wanted.trim_end().split("...");
    let Some(after) = rest.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    rest = after;
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    true
}

/// The first line that is wanted and not there in its order.
fn missing<'a>(printed: &str, wanted: &'a [String]) -> Option<&'a String> {
    let mut found = printed.lines();
    wanted
        .iter()
        .filter(|line| !matches!(line.trim(), "" | "..."))
        .find(|wanted| !found.any(|line| is_like(line, wanted)))
}

struct Registry(Option<(Child, String)>);

impl Registry {
    fn start() -> Self {
        let start = || {
            let mut child = Command::new(crate::bundle::tool("registry")?)
                .args(["-port", "0"])
                .stderr(Stdio::piped())
                .stdout(Stdio::null())
                .spawn()
                .ok()?;
            let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take()?));
            let port = lines.find_map(|line| line.ok()?.rsplit_once("port ").map(|(_, p)| p.to_owned()))?;
            std::thread::spawn(move || lines.for_each(drop));
            Some((child, format!("localhost:{port}")))
        };
        Self(start())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Why a command cannot be run here.
fn cannot_run(command: &str, registry: &Registry) -> Option<&'static str> {
    if command.contains("$REGISTRY") && registry.0.is_none() {
        return Some("there is no registry");
    }
    let tool = TOOLS.iter().find(|tool| command.starts_with(**tool))?;
    crate::bundle::tool(tool.trim()).is_none().then_some(*tool)
}

/// Follows a page; how many commands ran.
fn follow(page: &str, folder: &Path) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join(page)).unwrap();
    for name in ["fixtures", "docs"] {
        std::os::unix::fs::symlink(root.join(name), folder.join(name)).unwrap();
    }
    let binary = assert_cmd::cargo::cargo_bin!("gate");
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let registry = if text.contains("$REGISTRY") { Registry::start() } else { Registry(None) };
    let (mut ran, mut printed) = (0, None);
    for block in blocks(&text) {
        let at = format!("{page}:{}", block.line);
        let info: Vec<&str> = block.info.iter().map(String::as_str).collect();
        match info.as_slice() {
            ["sh"] => {
                let mut output = String::new();
                let mut skipped = false;
                for line in &block.lines {
                    // What builds is run by `.ci/run`; a test cannot build inside of a test.
                    let (command, exit) = match line.strip_prefix("cargo run --release --quiet -- ") {
                        Some(rest) => (format!("gate {rest}"), 1),
                        None if line.starts_with("cargo ") || line.trim().is_empty() => continue,
                        None => match line.rsplit_once("# exits ") {
                            Some((command, exit)) => (command.to_owned(), exit.trim().parse().unwrap()),
                            None => (line.clone(), 0),
                        },
                    };
                    if let Some(reason) = cannot_run(&command, &registry) {
                        eprintln!("skipped: {at}: `{command}`: {reason}");
                        skipped = true;
                        continue;
                    }
                    let result = crate::cli::clean(Command::new("sh").arg("-c").arg(&command))
                        .env("PATH", &path)
                        .env("HOME", folder)
                        .env("GIT_CONFIG_GLOBAL", "/dev/null")
                        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "ada")))
                        .envs(
                            ["AUTHOR", "COMMITTER"]
                                .map(|who| (format!("GIT_{who}_EMAIL"), "ada@shop.example")),
                        )
                        .env("REGISTRY", registry.0.as_ref().map_or("", |(_, host)| host))
                        .current_dir(folder)
                        .output()
                        .unwrap();
                    let text = format!(
                        "{}{}",
                        String::from_utf8_lossy(&result.stdout),
                        String::from_utf8_lossy(&result.stderr)
                    );
                    assert_eq!(result.status.code(), Some(exit), "{at}: `{command}` ended with:\n{text}");
                    output.push_str(&text);
                    ran += 1;
                }
                printed = (!skipped).then_some(output);
            }
            ["text"] => {
                if let Some(printed) = &printed {
                    let wanted = missing(printed, &block.lines);
                    assert!(wanted.is_none(), "{at}: `{}` is not printed in:\n{printed}", wanted.unwrap());
                }
            }
            [_, file] => {
                let file = folder.join(file);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, block.lines.join("\n") + "\n").unwrap();
            }
            _ => {}
        }
    }
    ran
}

#[test]
fn every_command_of_the_readme_works() {
    let scratch = tempfile::tempdir().unwrap();
    let ran = follow("README.md", scratch.path());
    assert!(ran >= 10, "only {ran} commands were found");
    assert!(scratch.path().join("out/report.html").exists());
}

#[test]
fn every_command_of_the_pages_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<String> = std::fs::read_dir(root.join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md"))
        .collect();
    pages.sort();
    let mut ran = 0;
    for page in &pages {
        ran += follow(&format!("docs/{page}"), tempfile::tempdir().unwrap().path());
    }
    assert!(ran >= 20, "only {ran} commands were found in {pages:?}");
}

#[test]
fn printed_lines_are_compared_in_order_and_dots_stand_for_anything() {
    let wanted = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let printed = "PASS: 4/4 (3 ms)\n\nall 8\n";
    assert!(missing(printed, &wanted(&["PASS: 4/4 (... ms)", "...", "all 8"])).is_none());
    for wrong in [&["all 8", "PASS: 4/4 ..."][..], &["PASS: 4/4"], &["... 9"], &["PASS: 5/4 (...)"]] {
        assert!(missing(printed, &wanted(wrong)).is_some(), "{wrong:?}");
    }
}
