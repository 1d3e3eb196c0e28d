//! METADATA blocks, held against OPA where there is one.

use gate::rego::annotation::{Annotations, Chains, Scope};
use gate::rego::ast::Version;
use gate::rego::parse_module;
use serde_json::json;

const TEXT: &str = r#"# METADATA
# title: all
# authors:
# - Jane Doe <jane@example.com>
# - name: team
# related_resources:
# - https://example.com/a
# - ref: https://example.com/b
#   description: b
# organizations: [one, two]
# schemas:
# - input: schema.foo
# - data.acl: {type: object}
# custom:
#   effective_on: 2024-01-01
#   quoted: "2024-01-01"
package x.y

# METADATA
# title: farther

# METADATA
# title: nearer
p := rego.metadata.chain()

# METADATA
# scope: document
# title: document
p := rego.metadata.chain() if false

q := rego.metadata.rule()
"#;

#[test]
fn the_chain_goes_from_the_rule_outward() {
    let module = parse_module(TEXT, Version::V1).unwrap();
    let annotations = Annotations::of(&module);
    assert!(annotations.errors.is_empty(), "{:?}", annotations.errors);
    let chains = Chains::of([(&module, &annotations)]);
    let chain = chains.chain(0, 0);
    let titles: Vec<_> =
        chain.as_array().unwrap().iter().map(|l| l["annotations"]["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["nearer", "farther", "document", "all"]);
    assert_eq!(
        chain[3]["annotations"]["custom"],
        json!({"effective_on": "2024-01-01T00:00:00Z", "quoted": "2024-01-01"})
    );
    assert_eq!(chains.rule(0, 2), json!({}));
    assert_eq!(annotations.of_document(&module, 0).unwrap().scope, Scope::Document);
}

#[test]
fn the_chain_is_that_of_opa() {
    let Some(opa) = super::opa() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.rego");
    std::fs::write(&path, TEXT).unwrap();
    let output =
        std::process::Command::new(opa).args(["eval", "-d"]).arg(&path).arg("data.x.y.p").output().unwrap();
    let theirs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let module = parse_module(TEXT, Version::V1).unwrap();
    let annotations = Annotations::of(&module);
    let ours = Chains::of([(&module, &annotations)]).chain(0, 0);
    assert_eq!(ours, theirs["result"][0]["expressions"][0]["value"]);
}

#[test]
fn blocks_that_cannot_be_are_told_with_their_line() {
    for (text, said, line) in [
        ("# METADATA\npackage a", "the metadata block is empty", 1),
        ("# METADATA\n# title: [\npackage a", "not valid YAML", 2),
        ("# METADATA\n# scope: rule\npackage a", "must stand above a rule", 1),
        ("# METADATA\n# scope: every\npackage a", "unknown metadata scope `every`", 1),
        ("package a\n# METADATA\n# title: x\nimport data.b\np := 1", "belongs to nothing", 2),
        ("package a\n# METADATA\n# scope: package\np := 1", "above `package`", 2),
        ("package a\n# METADATA\n# scope: rule\n# entrypoint: true\np := 1", "`entrypoint` needs", 2),
        ("package a\n# METADATA\n# authors: [{}]\np := 1", "needs `name` or `email`", 2),
        ("package a\np := 1\n# METADATA\n# title: x", "belongs to nothing", 3),
    ] {
        let module = parse_module(text, Version::V1).unwrap();
        let errors = Annotations::of(&module).errors;
        assert_eq!(errors.len(), 1, "{text}");
        assert!(errors[0].message.contains(said), "{text}: {}", errors[0].message);
        assert_eq!(errors[0].place.line, line, "{text}");
    }
}
