//! What `# METADATA` says: dates from and until when a rule denies, and the scopes of annotations.

use serde_json::Value;

use super::{always, project, run};
use crate::cli::{decide, rule};

/// Decides at a time with one module beside the shipped ones.
fn at(now: &str, module: &str) -> (i32, Value) {
    let folder = project(&[("policy/own.rego", module)]);
    decide(folder.path(), &["reports", "--policy", "policy", "--now", now])
}

/// What a module is refused with.
fn refused(module: &str) -> String {
    let folder = project(&[("policy/own.rego", module)]);
    let (code, decision) = decide(folder.path(), &["reports", "--policy", "policy"]);
    assert_eq!(code, 2, "{decision:#}");
    let error = &decision["errors"][0];
    format!("{}:{}: {}", error["file"].as_str().unwrap(), error["line"], error["message"].as_str().unwrap())
}

#[test]
fn a_rule_warns_before_its_date_and_denies_from_its_first_second_on() {
    let module = always("TEAM-001", "#   effective_on: 2026-12-01\n");
    let (code, before) = at("2026-11-30T23:59:59Z", &module);
    assert_eq!(code, 0, "{}", before["reason"]);
    let pending = rule(&before, "TEAM-001");
    assert_eq!(pending["status"], "warn");
    assert_eq!(pending["effective_on"], "2026-12-01T00:00:00Z");
    assert_eq!(pending["verdicts"][0]["effective_on"], "2026-12-01T00:00:00Z");
    let (code, from) = at("2026-12-01T00:00:00Z", &module);
    assert_eq!(code, 1);
    assert_eq!(rule(&from, "TEAM-001")["status"], "fail");
    assert_eq!(rule(&from, "TEAM-001")["verdicts"][0]["effective_on"], Value::Null);
}

#[test]
fn reports_say_when_a_warning_becomes_a_denial() {
    let module = always("TEAM-001", "#   effective_on: \"2026-12-01T12:00:00+02:00\"\n");
    let folder = project(&[("policy/own.rego", &module)]);
    let mut arguments = vec!["evaluate", "reports", "--policy", "policy", "--now", "2026-11-01T00:00:00Z"];
    arguments.extend(["-o", "terminal=t.txt", "-o", "markdown=m.md", "-o", "html=h.html", "--quiet"]);
    assert_eq!(run(folder.path(), &arguments).0, 0);
    for file in ["t.txt", "m.md", "h.html"] {
        let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
        let plain = text.replace('\\', "").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            plain.contains("a warning until 2026-12-01T10:00:00Z, a denial from then on"),
            "{file}: {text}"
        );
    }
}

#[test]
fn a_rule_is_silent_after_its_last_day_and_the_report_says_so() {
    let module = always("TEAM-001", "#   effective_until: 2026-12-31\n");
    let (code, last_day) = at("2026-12-31T23:59:59Z", &module);
    assert_eq!((code, &rule(&last_day, "TEAM-001")["status"]), (1, &Value::from("fail")));
    let (code, after) = at("2027-01-01T00:00:00Z", &module);
    assert_eq!(code, 0);
    let expired = rule(&after, "TEAM-001");
    assert_eq!(expired["status"], "off");
    assert_eq!(expired["note"], "no longer in effect since 2027-01-01T00:00:00Z");
}

#[test]
fn a_gate_whose_rules_have_all_ended_does_not_pass() {
    let module = always("TEAM-001", "#   effective_until: 2026-01-01\n");
    let folder = project(&[("policy/own.rego", &module)]);
    let arguments = ["reports", "--policy", "policy", "--no-shipped-policies", "--gate", "security"];
    let (code, decision) = decide(folder.path(), &arguments);
    assert_ne!(code, 0, "{}", decision["reason"]);
}

#[test]
fn a_result_may_have_a_date_of_its_own_and_one_that_is_none_denies() {
    let module = |date: &str| {
        format!(
            "package gate.security\n\ndeny contains {{\"code\": \"TEAM-001\", \"msg\": \"x\", \"effective_on\": {date}}} if input.schema\n"
        )
    };
    let status = |date: &str| {
        let (_, decision) = at("2026-11-01T00:00:00Z", &module(date));
        rule(&decision, "TEAM-001")["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status("\"2026-12-01T00:00:00Z\""), "warn");
    assert_eq!(status("\"2026-10-01T00:00:00Z\""), "fail");
    assert_eq!(status("\"someday\""), "fail");
    assert_eq!(status("true"), "fail");
}

#[test]
fn a_broken_date_is_an_error_at_its_line() {
    for (custom, expected) in [
        ("#   effective_on: 2026-13-01\n", "policy/own.rego:7: `effective_on` is no date: `2026-13-01`"),
        ("#   effective_on: soon\n", "policy/own.rego:7: `effective_on` is no date: `soon`"),
        ("#   effective_until: 2026\n", "policy/own.rego:7: `effective_until` is no date"),
        ("#   effective_until: []\n", "policy/own.rego:7: `effective_until` is no date"),
        (
            "#   effective_on: 2026-12-01\n#   effective_until: 2026-01-01\n",
            "policy/own.rego:8: `effective_until` lies before `effective_on`",
        ),
    ] {
        let error = refused(&always("TEAM-001", custom));
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn rules_of_one_code_cannot_have_different_dates() {
    let module = always("TEAM-001", "#   effective_on: 2026-12-01\n")
        + "\n# METADATA\n# custom:\n#   code: TEAM-001\ndeny contains {\"code\": \"TEAM-001\", \"msg\": \"y\"} if input.now\n";
    let error = refused(&module);
    assert!(error.contains("the rules of code `TEAM-001` disagree on `effective_on`"), "{error}");
}

#[test]
fn what_a_rule_does_not_say_is_taken_from_its_document_and_packages() {
    let module = "# METADATA
# scope: subpackages
# organizations: [Platform]
# authors:
# - name: Subpackages
# METADATA
# scope: package
# description: Of the package
# related_resources:
# - ref: https://example.org/package
#   description: The handbook
# - javascript:alert(1)
# custom:
#   code: NEVER
#   collections: [minimal]
package gate.security

# METADATA
# scope: document
# authors:
# - name: Ann
#   email: ann@example.org
# METADATA
# title: First
# custom:
#   code: TEAM-001
deny contains {\"code\": \"TEAM-001\", \"msg\": \"x\"} if input.schema

# METADATA
# title: Second
# description: Of its own
# custom:
#   code: TEAM-002
deny contains {\"code\": \"TEAM-002\", \"msg\": \"y\"} if input.schema

# METADATA
# title: Third
# custom:
#   code: TEAM-003
warn contains {\"code\": \"TEAM-003\", \"msg\": \"z\"} if input.schema
";
    let folder = project(&[("policy/own.rego", module)]);
    let (_, decision) = decide(folder.path(), &["reports", "--policy", "policy"]);
    let first = rule(&decision, "TEAM-001");
    assert_eq!(first["authors"], serde_json::json!(["Ann <ann@example.org>"]));
    assert_eq!(first["organizations"], serde_json::json!(["Platform"]));
    assert_eq!(first["description"], "Of the package");
    assert_eq!(first["collections"], serde_json::json!(["minimal"]));
    assert_eq!(first["related_resources"][0]["url"], "https://example.org/package");
    assert_eq!(rule(&decision, "TEAM-002")["description"], "Of its own");
    assert_eq!(rule(&decision, "TEAM-002")["authors"], serde_json::json!(["Ann <ann@example.org>"]));
    assert_eq!(rule(&decision, "TEAM-003")["authors"], serde_json::json!(["Subpackages"]));
    let (_, html, _) = run(folder.path(), &["evaluate", "reports", "--policy", "policy", "-o", "html"]);
    assert!(
        html.contains("<a href=\"https://example.org/package\" rel=\"noopener noreferrer\">The handbook</a>")
    );
    assert!(!html.contains("href=\"javascript"));
}

#[test]
fn a_scope_that_cannot_stand_there_is_an_error() {
    let module = |scope: &str| {
        format!(
            "package gate.security\n\n# METADATA\n# scope: {scope}\ndeny contains \"x\" if input.schema\n"
        )
    };
    assert!(refused(&module("package")).contains("must stand above `package`"));
    assert!(refused(&module("everything")).contains("unknown metadata scope `everything`"));
}

#[test]
fn what_a_shipped_package_says_of_itself_is_not_said_of_rules_that_others_add() {
    let module =
        "package gate.security\n\nwarn contains {\"code\": \"TEAM-001\", \"msg\": \"x\"} if input.schema\n";
    let (_, decision) = at("2026-11-01T00:00:00Z", module);
    assert_eq!(rule(&decision, "TEAM-001")["title"], "TEAM-001");
    assert_eq!(rule(&decision, "TEAM-001")["description"], "");
}
