//! Tests of the format `gate-evidence`.

use gate::model::Kind;
use serde_json::Value;

use super::{detected, fixtures, read_as, read_fixture};

const FILES: [&str; 3] = ["release.json", "approvals-only.json", "freeze-in-force.json"];

/// The message and remedy of the error that a document with these members gives.
fn refused(members: &str) -> (String, String) {
    let error = read_as("gate-evidence", &document(members)).expect_err(members);
    (error.message, error.help.unwrap_or_default())
}

fn document(members: &str) -> String {
    format!(r#"{{"schema": "gate.evidence/v1", {members}}}"#)
}

fn schema() -> jsonschema::Validator {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/evidence.v1.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// Documents that the schema can tell are wrong, with what gate says of them.
const BROKEN: [(&str, &str); 24] = [
    (r#""aprovals": []"#, "key `aprovals` of the document is not known"),
    (r#""metrics": []"#, "key `metrics` of the document is not known"),
    (r#""approvals": {}"#, "expected `approvals` to be an array, found an object"),
    (r#""approvals": null"#, "expected `approvals` to be an array, found null"),
    (r#""approvals": ["mira"]"#, "expected an approval to be an object, found a string"),
    (r#""approvals": [{"role": "owner"}]"#, "the approval has no `by`"),
    (r#""approvals": [{"by": 7}]"#, "expected `by` to be a string, found a number"),
    (r#""approvals": [{"by": "  "}]"#, "`by` is blank"),
    (r#""approvals": [{"by": "m", "when": "now"}]"#, "key `when` of an approval is not known"),
    (r#""approvals": [{"by": "m", "at": "yesterday"}]"#, "`at` is not a time: `yesterday`"),
    (r#""produced_at": "2026-12-24T00:00:00""#, "`produced_at` is not a time: `2026-12-24T00:00:00`"),
    (r#""producer": {"version": "1"}"#, "the producer has no `name`"),
    (r#""freezes": [{"name": "f", "from": "2026-12-24T00:00:00Z"}]"#, "the freeze has no `until`"),
    (r#""slos": [{"name": "s", "objective": 99}]"#, "the objective has no `measured`"),
    (
        r#""slos": [{"name": "s", "objective": 101, "measured": 99}]"#,
        "`objective` must be from 0 to 100 percent, found 101",
    ),
    (
        r#""slos": [{"name": "s", "objective": 99, "measured": -0.5}]"#,
        "`measured` must be from 0 to 100 percent, found -0.5",
    ),
    (
        r#""slos": [{"name": "s", "objective": 99, "measured": 98, "budget_left": -20}]"#,
        "`budget_left` must be from 0 to 100 percent, found -20",
    ),
    (
        r#""slos": [{"name": "s", "objective": "99", "measured": 99}]"#,
        "expected `objective` to be a number, found a string",
    ),
    (r#""change": []"#, "expected `change` to be an object, found an array"),
    (r#""change": {"lines": -1}"#, "`lines` must be a whole number that is not negative"),
    (r#""change": {"files": 1.5}"#, "`files` must be a whole number that is not negative"),
    (r#""change": {"migration": "no"}"#, "expected `migration` to be a boolean, found a string"),
    (r#""subject": {"commit": "main"}"#, "commit `main` is not a commit hash"),
    (r#""subject": {"digest": "sha256:abc"}"#, "digest `sha256:abc` is not a SHA-256 digest"),
];

#[test]
fn a_whole_document_is_read() {
    let evidence = read_fixture("gate-evidence", "release.json");
    assert_eq!(evidence.kinds, [Kind::Operations]);
    assert!(evidence.incomplete.is_empty() && evidence.skipped_total == 0);
    assert_eq!(&*evidence.format_version, "v1");
    assert_eq!(evidence.produced_at.unwrap().to_string(), "2026-11-20T16:05:00Z");
    assert_eq!(&*evidence.producers[0].name, "release-form");
    assert_eq!(evidence.subject.git_ref.as_deref(), Some("refs/heads/main"));
    let operations = evidence.operations.unwrap();
    assert_eq!(&*operations.approvals[0].by, "mira");
    assert_eq!(operations.approvals[0].at.unwrap().to_string(), "2026-11-20T14:58:12Z");
    assert_eq!((&*operations.approvals[1].role, operations.approvals[1].at), ("service-owner", None));
    assert_eq!(operations.freezes[0].until.to_string(), "2027-01-04T06:00:00Z");
    assert_eq!((operations.slos[0].measured, operations.slos[0].budget_left), (99.95, Some(50.0)));
    assert_eq!(operations.slos[1].budget_left, None);
    let change = operations.change.unwrap();
    assert_eq!(
        (change.lines, change.files, change.migration, change.breaking),
        (Some(214), Some(9), true, false)
    );
}

#[test]
fn an_empty_list_of_approvals_says_that_nobody_approved() {
    let evidence = read_fixture("gate-evidence", "approvals-only.json");
    assert_eq!(evidence.kinds, [Kind::Operations]);
    assert!(evidence.incomplete.is_empty());
}

#[test]
fn a_document_that_says_nothing_proves_nothing() {
    let evidence = read_as("gate-evidence", &document(r#""producer": {"name": "p"}"#)).unwrap();
    assert_eq!(evidence.incomplete[0].code, "nothing-said");
    assert!(evidence.kinds.is_empty());
}

#[test]
fn every_departure_from_the_form_is_an_error_that_names_it() {
    for (members, message) in BROKEN {
        let (found, help) = refused(members);
        assert_eq!(found, message, "{members}");
        assert!(!help.is_empty(), "{members}: no remedy");
    }
}

#[test]
fn a_misspelt_key_is_answered_with_the_nearest_one() {
    assert_eq!(refused(r#""aprovals": []"#).1, "did you mean `approvals`?");
    assert_eq!(refused(r#""approvals": [{"by": "m", "rôle": "o"}]"#).1, "did you mean `role`?");
    assert_eq!(
        refused(r#""change": {"x_y_z_far_away": 1}"#).1,
        "known keys: `lines`, `files`, `migration`, `breaking`"
    );
}

#[test]
fn a_freeze_that_ends_before_it_begins_is_an_error() {
    for until in ["2026-12-23T00:00:00Z", "2026-12-24T00:00:00Z", "2026-12-24T00:30:00+01:00"] {
        let (message, _) = refused(&format!(
            r#""freezes": [{{"name": "f", "from": "2026-12-24T00:00:00Z", "until": "{until}"}}]"#
        ));
        assert_eq!(message, "freeze `f` ends before it begins", "{until}");
    }
}

#[test]
fn a_key_written_twice_another_schema_and_none_are_errors() {
    assert!(refused(r#""approvals": [{"by": "m"}], "approvals": []"#).0.contains("written twice"));
    assert!(read_as("gate-evidence", r#"{"schema": "gate.evidence/v2", "approvals": []}"#).is_err());
    assert_eq!(
        read_as("gate-evidence", r#"{"approvals": []}"#).unwrap_err().message,
        "key `schema` is absent"
    );
    for text in ["[]", "7", "null", ""] {
        assert!(read_as("gate-evidence", text).is_err(), "{text}");
    }
}

#[test]
fn the_error_points_at_the_value() {
    let text = document("\"slos\": [\n{\"name\": \"s\", \"objective\": 101, \"measured\": 99}]");
    let error = read_as("gate-evidence", &text).unwrap_err();
    assert!(text.get(error.byte.unwrap()..).unwrap().starts_with("101"));
}

#[test]
fn the_published_schema_accepts_what_is_read_and_nothing_of_what_is_refused() {
    let schema = schema();
    for file in FILES {
        let text = std::fs::read_to_string(fixtures("gate-evidence").join(file)).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert!(schema.validate(&value).is_ok(), "{file}: {:?}", schema.validate(&value));
    }
    for (members, _) in BROKEN {
        let value: Value = serde_json::from_str(&document(members)).unwrap();
        assert!(!schema.is_valid(&value), "{members}");
    }
    assert!(!schema.is_valid(&serde_json::json!({"approvals": []})), "without `schema`");
    assert!(!schema.is_valid(&serde_json::json!({"schema": "gate.evidence/v2"})));
}

#[test]
fn only_this_schema_is_recognised() {
    assert_eq!(detected(&document(r#""approvals": []"#)), Some("gate-evidence"));
    assert_eq!(detected(r#"{"schema": "gate.decision/v1", "approvals": []}"#), None);
    assert_eq!(detected(r#"{"schema": 1, "approvals": []}"#), None);
}

#[test]
fn a_document_that_is_cut_off_anywhere_is_an_error() {
    let text = std::fs::read_to_string(fixtures("gate-evidence").join("release.json")).unwrap();
    let text = text.trim_end();
    for cut in (0..text.len()).filter_map(|end| text.get(..end)) {
        assert!(read_as("gate-evidence", cut).is_err(), "cut at {}", cut.len());
    }
}
