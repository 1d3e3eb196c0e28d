//! Pages of `docs/` that are made from the code, and the recipes.
//!
//! `GATE_BLESS=1 cargo test docs` writes the pages anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use gate::policy::{PolicySet, Sources, UserModule};
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a page with what it must be, or writes it.
fn is_current(page: &str, text: &str) {
    let path = root().join(page);
    if std::env::var_os("GATE_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "{page}: run `GATE_BLESS=1 cargo test docs` to write it anew");
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The definition that a schema refers to, through `null`.
fn target<'a>(root: &'a Value, schema: &'a Value) -> Option<(&'a str, &'a Value)> {
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    let reference = std::iter::once(schema)
        .chain(alternatives.into_iter().flatten())
        .find_map(|schema| schema.get("$ref").and_then(Value::as_str))?;
    let name = reference.strip_prefix("#/$defs/")?;
    Some((name, root.get("$defs")?.get(name)?))
}

/// The type of a field in a few characters.
fn kind(root: &Value, schema: &Value) -> String {
    let nullable = schema.get("anyOf").is_some()
        || schema
            .get("type")
            .and_then(Value::as_array)
            .is_some_and(|types| types.contains(&Value::from("null")));
    let or_null = if nullable { " or null" } else { "" };
    if let Some((name, definition)) = target(root, schema) {
        let words = definition.get("oneOf").and_then(Value::as_array);
        return match words {
            Some(words) => {
                words.iter().map(|word| format!("`{}`", text(word, "const"))).collect::<Vec<_>>().join(" ")
                    + or_null
            }
            None => format!("[{name}](#{}){or_null}", name.to_lowercase()),
        };
    }
    let types = match schema.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(one) => vec![one.clone()],
        None => return "any".to_owned(),
    };
    let name = types.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("any");
    let shown = match (name, schema.get("items"), schema.get("additionalProperties")) {
        ("array", Some(items), _) if items.is_object() => format!("list of {}", kind(root, items)),
        ("array", ..) => "list".to_owned(),
        ("object", _, Some(values)) if values.is_object() => format!("object of {}", kind(root, values)),
        _ => name.to_owned(),
    };
    shown + or_null
}

/// What a number of this name counts in: the last word of the name says it.
fn unit(name: &str, schema: &Value, owner: &str) -> &'static str {
    let is_number = |schema: &Value| match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(|t| t == "integer" || t == "number"),
        Some(one) => one == "integer" || one == "number",
        None => false,
    };
    let values = schema.get("additionalProperties").unwrap_or(schema);
    if !is_number(values) && !values.get("additionalProperties").is_some_and(is_number) {
        return "";
    }
    match name {
        _ if name.ends_with("_ms") => "ms",
        _ if name.ends_with("_percent") => "%",
        _ if name.ends_with("_seconds") || name == "seconds" => "s",
        _ if name.ends_with("_days") => "days",
        "bytes" => "bytes",
        "throughput" => "requests/s",
        "objective" | "measured" | "budget_left" => "%",
        "scores" => "0 to 100",
        "epss" => "0 to 1",
        "cvss" => "0 to 10",
        "cls" => "score",
        "value" if owner == "MetricView" => "see `unit`",
        "line" | "column" => "position",
        _ => "count",
    }
}

fn table(root: &Value, owner: &str, schema: &Value, page: &mut String) {
    page.push_str("| field | type | unit | meaning |\n|---|---|---|---|\n");
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let keys = field.get("propertyNames").and_then(|names| names.get("enum")).and_then(Value::as_array);
        let keys = keys.map_or_else(String::new, |keys| {
            let keys: Vec<String> =
                keys.iter().filter_map(Value::as_str).map(|key| format!("`{key}`")).collect();
            format!(" Keys: {}.", keys.join(" "))
        });
        let meaning = format!("{}{keys}", text(field, "description")).replace('|', "\\|").replace('\n', " ");
        let _ =
            writeln!(page, "| `{name}` | {} | {} | {meaning} |", kind(root, field), unit(name, field, owner));
    }
}

/// The page of all fields, from the schema.
fn input_page() -> String {
    let schema: Value = serde_json::from_str(&gate::schemas::text("policy-input").unwrap()).unwrap();
    let mut page = String::from(
        "# The policy input\n\n\
        What a policy sees as `input`, made from `gate schema policy-input`. `gate schema policy-input --rego` prints a\n\
        module to begin with. Only usable evidence counts. A number that the evidence does not tell is `null`, never 0. A\n\
        field that is marked *List* is complete, and is only made when a policy refers to it: counts cost less.\n\n",
    );
    table(&schema, "", &schema, &mut page);
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut names: Vec<&str> = Vec::new();
    collect(&schema, &schema, &mut seen, &mut names);
    for name in names {
        let definition = &schema["$defs"][name];
        let _ = write!(page, "\n## {name}\n\n{}\n\n", text(definition, "description"));
        match definition.get("oneOf").and_then(Value::as_array) {
            Some(words) => {
                page.push_str("| value | meaning |\n|---|---|\n");
                for word in words {
                    let _ = writeln!(page, "| `{}` | {} |", text(word, "const"), text(word, "description"));
                }
            }
            None => table(&schema, name, definition, &mut page),
        }
    }
    page
}

/// The definitions in the order in which fields refer to them.
fn collect<'a>(root: &'a Value, schema: &'a Value, seen: &mut BTreeSet<&'a str>, names: &mut Vec<&'a str>) {
    match schema {
        Value::Object(map) => {
            if let Some((name, definition)) = target(root, schema) {
                if seen.insert(name) {
                    names.push(name);
                    collect(root, definition, seen, names);
                }
                return;
            }
            map.iter().filter(|(key, _)| *key != "$defs").for_each(|(_, v)| collect(root, v, seen, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(root, item, seen, names)),
        _ => {}
    }
}

#[test]
fn docs_of_the_input_are_those_of_the_schema() {
    is_current("docs/input.md", &input_page());
}

/// Modules and tests of the recipes: name and text, by name.
fn recipes(of_tests: bool) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::fs::read_dir(root().join("docs/recipes"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "rego"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path))
        .filter(|(name, _)| name.ends_with("_test") == of_tests)
        .map(|(name, path)| (name, std::fs::read_to_string(path).unwrap()))
        .collect();
    found.sort();
    found
}

fn loaded(name: &str, text: &str) -> PolicySet {
    let module = UserModule { path: format!("docs/recipes/{name}.rego"), text: text.to_owned() };
    let modules = vec![module];
    PolicySet::load(Sources { modules, ..crate::policies::sources(&[]) })
        .unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn recipes_page() -> String {
    let mut page = String::from(
        "# Recipes\n\n\
        Rules to copy. Each is a file of its own with tests beside it; lists and limits stand at its top, change them.\n\
        Judge by one:\n\n\
        ```sh\ngate evaluate fixtures/pipeline/green --policy docs/recipes/license_deny_list.rego\n```\n\n\
        A recipe with a code of a shipped rule takes that rule's place. `input` is described in [input.md](input.md).\n\n\
        | code | gate | rule | what it asks |\n|---|---|---|---|\n",
    );
    let mut rows = BTreeSet::new();
    for (name, text) in recipes(false) {
        let set = loaded(&name, &text);
        let here = format!("docs/recipes/{name}.rego:");
        for rule in set.rules.iter().filter(|rule| rule.defined_in.starts_with(&here)) {
            rows.insert(format!(
                "| {} | `{}` | [{}](recipes/{name}.rego) | {} |\n",
                rule.code, rule.gate, rule.title, rule.description
            ));
        }
    }
    page.extend(rows);
    page
}

#[test]
fn docs_of_the_recipes_are_those_of_their_metadata() {
    is_current("docs/recipes.md", &recipes_page());
}

#[test]
fn recipes_load_and_say_of_themselves_what_reports_need() {
    let recipes = recipes(false);
    assert!(recipes.len() >= 30, "only {} recipes", recipes.len());
    let mut codes = BTreeSet::new();
    for (name, text) in &recipes {
        let set = loaded(name, text);
        let here = format!("docs/recipes/{name}.rego:");
        let own: Vec<_> = set.rules.iter().filter(|rule| rule.defined_in.starts_with(&here)).collect();
        let [rule] = own.as_slice() else { panic!("{name}: {} rules instead of one", own.len()) };
        assert!(codes.insert(rule.code.clone()), "{name}: the code {} is taken", rule.code);
        for (what, text) in
            [("title", &rule.title), ("description", &rule.description), ("remediation", &rule.remediation)]
        {
            assert!(!text.is_empty() && *text != rule.code, "{name} has no {what}");
        }
    }
    let tests = self::recipes(true);
    for (name, _) in &recipes {
        let test = tests.iter().find(|(test, _)| *test == format!("{name}_test"));
        let cases = test.map_or(0, |(_, text)| text.lines().filter(|line| line.starts_with("test_")).count());
        assert!(cases >= 2, "{name} has {cases} tests");
    }
}

#[test]
fn recipes_load_together() {
    let modules = recipes(false)
        .into_iter()
        .map(|(name, text)| UserModule { path: format!("docs/recipes/{name}.rego"), text })
        .collect();
    PolicySet::load(Sources { modules, ..crate::policies::sources(&[]) }).unwrap_or_else(|e| panic!("{e}"));
}

fn tested_by(program: &Path) {
    let output = Command::new(program).arg("test").arg("docs/recipes").current_dir(root()).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("PASS: "), "{}: {text}", program.display());
}

#[test]
fn recipes_pass_their_tests_under_opa() {
    if let Some(opa) = crate::bundle::tool("opa") {
        tested_by(&opa);
    }
}

#[test]
fn recipes_pass_their_tests_under_gate() {
    tested_by(assert_cmd::cargo::cargo_bin!("gate"));
}

#[test]
fn recipes_are_laid_out_and_clean() {
    for arguments in [&["fmt", "--check", "docs/recipes"][..], &["check", "--strict", "docs/recipes"]] {
        let output = crate::cli::clean(&mut Command::new(assert_cmd::cargo::cargo_bin!("gate")))
            .args(arguments)
            .current_dir(root())
            .output()
            .unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {text}");
    }
}
