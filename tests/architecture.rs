//! The dependency rules of the crate, read from its sources.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What each module may use of the crate.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("digest", &[]),
    ("suggest", &[]),
    ("rego", &["digest", "suggest"]),
    ("read", &["model"]),
    ("document", &["read", "suggest"]),
    ("format", &["model", "read", "suggest"]),
    ("ingest", &["digest", "document", "format", "model", "read", "suggest"]),
    ("adjust", &["model"]),
    ("policy", &["digest", "document", "model", "read", "rego", "suggest"]),
    ("bundle", &["digest", "model", "policy", "read", "suggest"]),
    ("signature", &["digest", "model", "read", "suggest"]),
    ("origin", &["model"]),
    ("config", &["format", "ingest", "model", "origin", "read", "suggest"]),
    ("sources", &["bundle", "config", "model", "origin", "policy"]),
    ("decide", &["adjust", "config", "digest", "format", "ingest", "model", "policy"]),
    ("inspect", &["ingest", "model"]),
    ("report", &["digest", "model", "rego"]),
    ("workbench", &["bundle", "config", "decide", "format", "model", "policy", "rego", "report", "suggest"]),
    ("schemas", &["config", "inspect", "model", "policy", "workbench"]),
    (
        "cli",
        &[
            "bundle",
            "config",
            "decide",
            "digest",
            "document",
            "format",
            "ingest",
            "inspect",
            "model",
            "origin",
            "policy",
            "read",
            "rego",
            "report",
            "schemas",
            "sources",
            "suggest",
            "workbench",
        ],
    ),
];

/// Words that only the named files or folders may hold.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("regorus", &["policy/engine", "rego/engine/", "rego/builtins/"]),
    ("clap", &["cli/"]),
    ("askama", &["report/"]),
    ("similar::", &["cli/"]),
    ("serde_sarif", &["report/"]),
    // A worker, git, and the credential helpers of Docker.
    (
        "Command::new(",
        &["policy/worker.rs", "workbench/worker.rs", "origin/git.rs", "bundle/oci/credentials.rs"],
    ),
    ("ureq", &["bundle/oci/client.rs"]),
    ("aws_lc_rs", &["bundle/keys.rs", "bundle/oci/client.rs", "rego/builtins/"]),
    ("use tar::", &["bundle/archive.rs"]),
    ("Timestamp::now", &["cli/"]),
    ("std::env::", &["cli/"]),
    (
        "std::fs",
        &[
            "bundle/folder.rs",
            "bundle/oci/credentials.rs",
            "cli/",
            "config/",
            "ingest/",
            "origin/",
            "sources/",
            "workbench/files.rs",
        ],
    ),
    ("println!", &[]),
    ("webpki", &["rego/builtins/x509/"]),
];

/// Source files above 500 lines, each with its reason.
const LONG: &[(&str, &str)] = &[
    ("format/load/k6.rs", "three shapes of one report that must be told apart in one place"),
    ("format/tests/junit/mod.rs", "one grammar with the dialects that it has in the wild"),
    ("format/static_analysis/sarif/rule.rs", "the specification's rules of looking up a rule"),
    ("report/html.rs", "one page, filled in one place"),
    ("read/json.rs", "one grammar, read in one place"),
    ("policy/input.rs", "one public contract, a documented field a line"),
    ("decide/judge.rs", "the whole way from verdicts to rows"),
    ("rego/lower/body.rs", "one rewriting, a construct of the language an arm"),
    ("model/decision.rs", "one public contract, a documented field a line"),
];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files
        .into_iter()
        .filter(|path| {
            !path.components().any(|part| part.as_os_str() == "tests")
                || path.ends_with("model/tests.rs")
                || path.to_string_lossy().contains("format")
        })
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The text without comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

#[test]
fn modules_use_only_what_they_may() {
    let mut wrong = BTreeSet::new();
    for (name, text) in sources() {
        let module = name.split(['/', '.']).next().unwrap();
        if matches!(module, "lib" | "main") {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(m, _)| *m == module) else {
            wrong.insert(format!("{name}: module `{module}` has no rule"));
            continue;
        };
        for part in code(&text).split("crate::").skip(1) {
            let used: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let is_module = MAY_USE.iter().any(|(m, _)| *m == used);
            if is_module && used != module && !allowed.contains(&used.as_str()) {
                wrong.insert(format!("{name}: must not use `{used}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_outside_world_is_touched_only_where_it_belongs() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        for (word, places) in ONLY_IN {
            if code(&text).contains(word) && !places.iter().any(|place| name.starts_with(place)) {
                wrong.push(format!("{name}: holds `{word}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_above_500_lines_have_a_reason() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > 500)
        .map(|(name, _)| name)
        .filter(|name| !LONG.iter().any(|(known, _)| known == name))
        .collect();
    assert!(long.is_empty(), "split them, or state the reason in LONG: {long:#?}");
}

#[test]
fn every_format_has_fixtures_and_an_id_of_its_own() {
    let mut ids = BTreeSet::new();
    for info in gate::format::FORMATS.iter().map(|f| f.info()) {
        assert!(ids.insert(info.id), "{} is taken twice", info.id);
        assert!(!info.producers.is_empty() && !info.detection.is_empty(), "{} is not documented", info.id);
        assert!(crate::format::fixtures(info.id).join("SOURCE.tsv").exists(), "{} has no fixtures", info.id);
    }
}
