//! Which files policies and data are, and where data comes to lie.

use super::{code, folder, json, opa, stderr};
use crate::cli::gate;

#[test]
fn data_lies_below_the_folders_that_hold_it_as_under_opa() {
    let folder = folder(&[
        ("top/a.json", r#"{"one": 1}"#),
        ("top/deep/er/b.yaml", "two: [1, 2]\n"),
        ("top/deep/c.yml", "three: yes it is\n"),
        ("top/.hidden/d.json", r#"{"four": 4}"#),
        ("top/readme.txt", "no data"),
        ("alone.json", r#"{"x": true}"#),
    ]);
    let arguments = ["eval", "data", "-d", "top", "-d", "some.where:alone.json"];
    let ours = json(&gate(folder.path(), &arguments));
    let data = &ours["result"][0]["expressions"][0]["value"];
    assert_eq!(data["one"], 1);
    assert_eq!(data["deep"]["er"]["two"][1], 2);
    assert_eq!(data["some"]["where"]["x"], true);
    let Some(theirs) = opa(folder.path(), &arguments) else { return };
    assert_eq!(*data, json(&theirs)["result"][0]["expressions"][0]["value"]);
}

#[test]
fn a_bundle_folder_has_data_only_in_files_of_that_name() {
    let folder = folder(&[
        ("b/x/data.json", r#"{"one": 1}"#),
        ("b/x/other.json", r#"{"two": 2}"#),
        ("b/.manifest", r#"{"roots": ["x", "p"]}"#),
        ("b/p.rego", "package p\n\nq := data.x.one\n"),
    ]);
    let ours = json(&gate(folder.path(), &["eval", "[data.x, data.p.q]", "-b", "b"]));
    assert_eq!(ours["result"][0]["expressions"][0]["value"], serde_json::json!([{"one": 1}, 1]));
}

#[test]
fn what_cannot_be_read_is_an_error_that_names_the_file() {
    let folder = folder(&[
        ("list/a.json", "[1, 2]"),
        ("broken/a.json", "{\"a\": 1,\n \"b\" 2}"),
        ("twice/a.json", r#"{"a": {"b": 1}}"#),
        ("twice/b.json", r#"{"a": {"b": 2}}"#),
        ("text.txt", "?"),
        ("latin.rego", "package a"),
    ]);
    std::fs::write(folder.path().join("latin.rego"), b"package a # \xe9").unwrap();
    for (path, says) in [
        ("list", "list/a.json: is a list or a plain value"),
        ("broken", "broken/a.json:2:6: cannot be read as JSON"),
        ("twice", "twice/b.json: gives `data.a.b`"),
        ("text.txt", "text.txt: is neither Rego, JSON, YAML nor a bundle"),
        ("latin.rego", "latin.rego: is not UTF-8"),
        ("nowhere", "nowhere: cannot be read"),
    ] {
        let output = gate(folder.path(), &["eval", "true", "-d", path]);
        assert_eq!(code(&output), 2, "{path}");
        assert!(stderr(&output).contains(says), "{path}: {}", stderr(&output));
    }
}

#[test]
fn a_value_beside_another_merges_and_the_same_file_counts_once() {
    let folder = folder(&[("a.json", r#"{"a": {"b": 1}}"#), ("b.json", r#"{"a": {"c": 2}}"#)]);
    let ours = json(&gate(folder.path(), &["eval", "data", "-d", ".", "-d", "a.json", "-d", "./a.json"]));
    let value = &ours["result"][0]["expressions"][0]["value"];
    assert_eq!(*value, serde_json::json!({"a": {"b": 1, "c": 2}}));
}

#[cfg(unix)]
#[test]
fn folders_that_link_to_themselves_end() {
    let folder = folder(&[("a/x.rego", "package x\n")]);
    std::os::unix::fs::symlink("../a", folder.path().join("a/again")).unwrap();
    let output = gate(folder.path(), &["eval", "true", "-d", "a"]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("deep") || stderr(&output).contains("symbolic links"),
        "{}",
        stderr(&output)
    );
}
