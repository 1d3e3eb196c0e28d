//! Every command of the README does what the README says.

use std::path::Path;
use std::process::Command;

/// The lines of the README's shell blocks.
fn commands() -> Vec<String> {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut commands = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => commands.push(line.to_owned()),
            _ => {}
        }
    }
    commands
}

#[test]
fn every_command_of_the_readme_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root.join("fixtures"), scratch.path().join("fixtures")).unwrap();
    let binary = assert_cmd::cargo::cargo_bin!("gate");
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut ran = 0;
    for command in commands() {
        // What builds is run by `.ci/run`; a test cannot build inside of a test.
        let (command, expected) = match command.strip_prefix("cargo run --release --quiet -- ") {
            Some(rest) => (format!("gate {rest}"), 1),
            None if command.starts_with("cargo ") => continue,
            None => (command, 0),
        };
        let output = crate::cli::clean(Command::new("sh").arg("-c").arg(&command))
            .env("PATH", &path)
            .current_dir(scratch.path())
            .output()
            .unwrap();
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(expected), "`{command}` ended with:\n{text}");
        ran += 1;
    }
    assert!(ran >= 10, "only {ran} commands were found");
    assert!(scratch.path().join("out/report.html").exists());
}
