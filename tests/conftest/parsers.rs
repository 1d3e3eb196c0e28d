//! The shapes of parsed files, and what keeps a file from being parsed.

use gate::document::{self, PARSERS};
use gate::read::{Limits, Place, decode};
use serde_json::Value;

use super::fixtures;

/// Parses a text by the parser for a name.
fn parse(name: &str, text: &str) -> Result<Value, String> {
    let parser = document::for_path(name).unwrap();
    parser.parse(text, &Limits::default()).map_err(|error| {
        let place = error.byte.map(|byte| Place::of(text, byte));
        let place = place.map(|place| format!("{}:{}: ", place.line, place.column)).unwrap_or_default();
        format!("{place}{}", error.message)
    })
}

/// Numbers compare by value: 2 is 2.0.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

#[test]
fn files_have_the_shapes_that_conftest_gives_them() {
    let mut seen = std::collections::BTreeSet::new();
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(fixtures().join("parsers")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".expected.json") {
            continue;
        }
        let expected = std::fs::read_to_string(path.with_file_name(format!("{name}.expected.json"))).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        seen.insert(document::for_path(&name).unwrap().id);
        match parse(&name, &decode(&bytes).unwrap()) {
            Ok(found) if same(&found, &expected) => {}
            Ok(found) => wrong.push(format!("{name}: {}", difference("", &found, &expected))),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all: std::collections::BTreeSet<&str> = PARSERS.iter().map(|parser| parser.id).collect();
    assert_eq!(seen, all, "every parser has a fixture");
}

/// The first place where two values differ.
fn difference(at: &str, found: &Value, expected: &Value) -> String {
    match (found, expected) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys()) {
                let (a, b) = (a.get(key), b.get(key));
                match (a, b) {
                    (Some(a), Some(b)) if same(a, b) => {}
                    (Some(a), Some(b)) => return difference(&format!("{at}/{key}"), a, b),
                    _ => return format!("{at}/{key}: found {a:?}, expected {b:?}"),
                }
            }
            String::new()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pair = a.iter().zip(b).enumerate().find(|(_, (a, b))| !same(a, b));
            pair.map(|(i, (a, b))| difference(&format!("{at}/{i}"), a, b)).unwrap_or_default()
        }
        _ => format!("{at}: found {found}, expected {expected}"),
    }
}

#[test]
fn a_key_that_is_written_twice_is_an_error_with_its_place() {
    assert_eq!(parse("a.yaml", "a: 1\nb: 2\na: 3\n").unwrap_err(), "3:1: key `a` is written twice");
    assert!(parse("a.json", "{\"a\": 1,\n \"a\": 2}").unwrap_err().starts_with("2:"));
    assert!(parse("a.toml", "a = 1\na = 2\n").unwrap_err().starts_with("2:"));
    assert!(parse("a.tf", "a = 1\na = 2\n").is_err());
    assert!(parse("a.tf", "x = { a = 1, a = 2 }\n").is_err());
}

#[test]
fn aliases_that_grow_without_bound_are_an_error_with_a_place() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 10].join(", ")));
    }
    let error = parse("bomb.yaml", &text).unwrap_err();
    assert!(error.contains("aliases expanded"), "{error}");
    assert!(error.split(':').next().unwrap().parse::<u32>().unwrap() > 1, "{error}");
}

#[test]
fn an_alias_inside_of_what_it_names_is_an_error() {
    assert!(parse("a.yaml", "a: &a [1, *a]\n").is_err());
    assert!(parse("a.yaml", "a: *nothing\n").is_err());
    // An anchor is known in its own document only.
    assert!(parse("a.yaml", "a: &a 1\n---\nb: *a\n").is_err());
}

#[test]
fn nesting_past_the_limit_is_an_error() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(5000), close.repeat(5000));
    assert!(parse("a.json", &deep("[", "]")).is_err());
    assert!(parse("a.yaml", &deep("[", "]")).is_err());
    assert!(parse("a.yaml", &deep("{a: ", "}")).is_err());
    assert!(parse("a.yaml", &deep("- ", "")).is_err());
    assert!(parse("a.toml", &format!("a = {}", deep("[", "]"))).is_err());
    assert!(parse("a.xml", &deep("<a>", "</a>")).is_err());
    assert!(parse("a.tf", &format!("a = {}", deep("[", "]"))).is_err());
    assert!(parse("a.tf", &format!("a = {}", deep("(", ")"))).is_err());
    assert!(parse("a.tf", &deep("a {\n", "}\n")).is_err());
    assert!(parse("a.tf", &format!("a = {}1", "!".repeat(5000))).is_err());
    assert!(parse("a.jsonc", &deep("[", "]")).is_err());
}

#[test]
fn broken_files_are_errors_with_line_and_column() {
    for (name, text, line) in [
        ("a.yaml", "a: 1\nb: [1, 2\n", 2),
        ("a.yaml", "a: 1\n b: 2\n", 2),
        ("a.yaml", "a: .nan\n", 1),
        ("a.json", "{\n\"a\": }\n", 2),
        ("a.json", "{} {}", 1),
        ("a.jsonc", "{\n/* open\n", 2),
        ("a.toml", "a = 1\nb = \n", 2),
        ("a.ini", "[a]\nno delimiter\n", 2),
        ("a.ini", "[open\n", 1),
        ("a.env", "A=1\nno delimiter\n", 2),
        ("a.env", "A=1\nB=\"open\n", 2),
        ("a.properties", "a = 1\nb = \\u12\n", 2),
        ("a.xml", "<a>\n<b></a>", 2),
        ("a.xml", "<a><b>", 1),
        ("a.xml", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", 1),
        ("a.tf", "a = 1\nb = = 2\n", 2),
        ("Dockerfile", "FROM alpine\nFRUN a\n", 2),
        ("Dockerfile", "FROM alpine\nENV A\n", 2),
        ("Dockerfile", "FROM alpine\nRUN <<EOF\n", 2),
        ("CODEOWNERS", "* @a\n* nobody\n", 2),
    ] {
        let error = parse(name, text).unwrap_err();
        let found = error.split(':').next().unwrap();
        assert!(found.parse::<u32>().is_ok_and(|found| found >= line), "{name}: {text:?}: {error}");
    }
}

#[test]
fn files_without_a_document_are_errors() {
    for (name, text) in [
        ("a.yaml", ""),
        ("a.yaml", "# only a comment\n"),
        ("a.json", ""),
        ("a.xml", ""),
        ("Dockerfile", "# none\n"),
    ] {
        assert!(parse(name, text).is_err(), "{name}: {text:?}");
    }
}

#[test]
fn documents_behind_every_kind_of_separator_are_read() {
    // A separator with a comment behind it ends a document too; none may be passed over.
    for text in
        ["a: 1\n--- # two\na: 2\n", "a: 1\n...\n---\na: 2\n", "a: 1\n---  \na: 2\n", "a: 1\n--- {a: 2}\n"]
    {
        let found = parse("a.yaml", text).unwrap();
        assert_eq!(found.as_array().map(Vec::len), Some(2), "{text:?}: {found}");
    }
}

#[test]
fn the_environment_is_no_part_of_a_document() {
    assert_eq!(parse("a.env", "A=$PATH\n").unwrap()["A"], "");
    assert_eq!(parse("a.properties", "a = ${PATH}\n").unwrap()["a"], "${PATH}");
}

#[test]
fn whole_numbers_keep_all_their_digits() {
    for name in ["a.yaml", "a.json"] {
        let found = parse(name, "{\"a\": 18446744073709551615, \"b\": -9223372036854775808}").unwrap();
        assert_eq!(found["a"].as_u64(), Some(u64::MAX));
        assert_eq!(found["b"].as_i64(), Some(i64::MIN));
    }
}

#[test]
fn names_lead_to_parsers_as_in_conftest() {
    for (name, parser) in [
        ("a/Dockerfile", "dockerfile"),
        ("Dockerfile.debug", "dockerfile"),
        ("dev.Dockerfile", "dockerfile"),
        ("main.tf", "hcl2"),
        ("prod.tfvars", "hcl2"),
        (".env", "dotenv"),
        (".env.prod", "dotenv"),
        ("prod.env", "dotenv"),
        (".gitignore", "ignore"),
        (".dockerignore", "ignore"),
        ("CODEOWNERS", "codeowners"),
        ("A.YML", "yaml"),
        ("-", "yaml"),
    ] {
        assert_eq!(document::for_path(name).map(|parser| parser.id), Some(parser), "{name}");
    }
    assert!(document::for_path("main.cue").is_none());
    assert!(document::for_path("yaml").is_none());
    assert!(document::remedy("cue").contains("convert the file to JSON"));
}

#[test]
fn brackets_may_close_at_the_indentation_of_their_key() {
    let text = "a:\n  b: [\n    1,\n    {c: [\n      2\n    ]}\n  ]\nd: {\n  e: 1\n}\n";
    let expected = serde_json::json!({ "a": { "b": [1, { "c": [2] }] }, "d": { "e": 1 } });
    assert_eq!(parse("a.yaml", text), Ok(expected));
    // A later error keeps its place.
    assert!(parse("a.yaml", &format!("{text}f: .nan\n")).unwrap_err().starts_with("11:4: "));
    assert!(parse("a.yaml", "a: 1\n]\n").is_err());
}
