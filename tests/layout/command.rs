//! `gate fmt` as a program.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::cli::{clean, gate};
use crate::reliability::folder;

const LOOSE: &[u8] = b"package a\np   :=  1\n";
const TIDY: &str = "package a\n\np := 1\n";
const BROKEN: &[u8] = b"package a\n\np := [1,\n";

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn text(output: &Output) -> (String, String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

#[test]
fn files_are_rewritten_and_listed() {
    let folder =
        folder(&[("a/loose.rego", LOOSE), ("tidy.rego", TIDY.as_bytes()), (".hidden/x.rego", LOOSE)]);
    let (out, said, code) = text(&gate(folder.path(), &["fmt"]));
    assert_eq!((out.as_str(), code), ("a/loose.rego\n", Some(0)));
    assert!(said.contains("1 file laid out"), "{said}");
    assert_eq!(read(folder.path(), "a/loose.rego"), TIDY);
    assert_eq!(read(folder.path(), ".hidden/x.rego").as_bytes(), LOOSE);
}

#[test]
fn check_and_diff_write_nothing_and_end_in_1() {
    let folder = folder(&[("loose.rego", LOOSE)]);
    let (out, _, code) = text(&gate(folder.path(), &["fmt", "--check"]));
    assert_eq!((out.as_str(), code), ("loose.rego\n", Some(1)));
    let (out, _, code) = text(&gate(folder.path(), &["fmt", "--diff"]));
    assert!(out.contains("-p   :=  1\n") && out.contains("+p := 1\n"), "{out}");
    assert_eq!(code, Some(1));
    assert_eq!(read(folder.path(), "loose.rego").as_bytes(), LOOSE);
}

#[test]
fn a_file_with_an_error_is_shown_and_left_alone_while_others_are_laid_out() {
    let folder = folder(&[("broken.rego", BROKEN), ("loose.rego", LOOSE)]);
    for arguments in [&["fmt"][..], &["fmt", "--check"], &["fmt", "--diff"]] {
        let (_, said, code) = text(&gate(folder.path(), arguments));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("broken.rego:") && said.contains('^'), "{said}");
    }
    assert_eq!(read(folder.path(), "broken.rego").as_bytes(), BROKEN);
    assert_eq!(read(folder.path(), "loose.rego"), TIDY);
}

#[test]
fn nothing_to_lay_out_is_an_error() {
    let folder = folder(&[("a.txt", b"")]);
    assert_eq!(gate(folder.path(), &["fmt"]).status.code(), Some(2));
    assert_eq!(gate(folder.path(), &["fmt", "gone.rego"]).status.code(), Some(2));
}

#[test]
fn standard_input_goes_to_standard_output() {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("gate"));
    let mut child =
        clean(command.args(["fmt", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped())).spawn().unwrap();
    child.stdin.take().unwrap().write_all(LOOSE).unwrap();
    assert_eq!(text(&child.wait_with_output().unwrap()).0, TIDY);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder(&[("loose.rego", LOOSE)]);
    let path = folder.path().join("loose.rego");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&path, folder.path().join("link.rego")).unwrap();
    assert_eq!(gate(folder.path(), &["fmt", "link.rego"]).status.code(), Some(0));
    assert!(std::fs::symlink_metadata(folder.path().join("link.rego")).unwrap().is_symlink());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(read(folder.path(), "loose.rego"), TIDY);
}

#[test]
fn a_value_of_else_keeps_its_string() {
    let source = "package a\n\np := \"x\" if false\n\nelse := \"y\" if input.z == \"w\"\n";
    let formatted = gate::rego::format_module(source, gate::rego::ast::Version::V1).unwrap();
    assert_eq!(formatted, source);
}
