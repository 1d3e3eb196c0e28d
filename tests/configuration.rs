//! `gate.yaml`: what it means, and what is refused with which remedy.

use std::path::Path;

use gate::config::{self, Config};
use gate::model::{Kind, Mode};
use serde_json::{Value, json};

use crate::cli::{decide, root, rule};

fn shipped() -> Value {
    serde_json::from_str(gate::policy::shipped_data()).unwrap()
}

fn resolved(text: &str, environment: &str) -> Result<config::Environment, String> {
    let config = config::parse(text, "gate.yaml")
        .map_err(|e| format!("{}:{}:{}: {} ({})", e.file, e.line, e.column, e.message, e.help))?;
    config::resolve(&config, &shipped(), environment, &["SEC-001".to_owned(), "CQ-101".to_owned()])
        .map_err(|e| format!("{}:{}:{}: {} ({})", e.file, e.line, e.column, e.message, e.help))
}

#[test]
fn environments_inherit_and_can_be_changed_and_added() {
    let text = "
environments:
  production:
    gates: { performance: warn }
    thresholds: { performance: { p95_below_ms: 1500ms } }
    max_age: 24h
    unknown_age: block
  preview:
    extends: production
    gates:
      security: { evidence: [sbom] }
thresholds:
  code_quality: { critical_line_coverage: \"85.5%\" }
";
    let preview = resolved(text, "preview").unwrap();
    let gate = |name: &str| preview.gates.iter().find(|g| g.name == name).unwrap();
    assert_eq!(gate("performance").mode, Mode::Warn);
    assert_eq!(gate("security").evidence, [Kind::Sbom]);
    assert_eq!(preview.gate_data["thresholds"]["performance"]["p95_below_ms"], 1500);
    assert_eq!(preview.gate_data["thresholds"]["code_quality"]["critical_line_coverage"], json!(85.5));
    assert_eq!(preview.max_age, Some(jiff::SignedDuration::from_hours(24)));
    assert!(!preview.unknown_age_counts);
    let development = resolved(text, "development").unwrap();
    assert_eq!(development.gates.iter().find(|g| g.name == "performance").unwrap().mode, Mode::Enforce);
}

#[test]
fn names_that_are_not_known_are_refused_with_place_and_nearest_name() {
    for (text, environment, expected) in [
        ("enviroment: x\n", "development", "gate.yaml:1:1: unknown field `enviroment`"),
        ("version: 2\n", "development", "gate.yaml:1:1: expected `version: 1`, found `2`"),
        (
            "thresholds:\n  secuirty: {}\n",
            "development",
            "gate.yaml:2:3: unknown gate `secuirty` (did you mean `security`?)",
        ),
        (
            "thresholds:\n  performance:\n    p59_below_ms: 1s\n",
            "development",
            "unknown threshold `p59_below_ms` (did you mean `p95_below_ms`?)",
        ),
        (
            "thresholds:\n  performance:\n    p95_below_ms: fast\n",
            "development",
            "gate.yaml:3:5: `performance.p95_below_ms`: expected a duration such as `2000ms` or `2s`, found `fast`",
        ),
        (
            "thresholds:\n  code_quality:\n    critical_line_coverage: 180%\n",
            "development",
            "expected a percentage from 0 to 100",
        ),
        ("rules:\n  SEC-01: off\n", "development", "gate.yaml:2:3: unknown rule `SEC-01`"),
        ("environments:\n  qa:\n    extends: stagin\n", "qa", "did you mean `staging`?"),
        ("environments:\n  qa:\n    extends: qa\n", "qa", "environment `qa` extends itself"),
        ("environments:\n  qa:\n    gates: { securty: off }\n", "qa", "unknown gate `securty`"),
        (
            "environments:\n  qa:\n    gates: { security: { evidence: [sbmo] } }\n",
            "qa",
            "unknown kind of evidence `sbmo` (did you mean `sbom`?)",
        ),
        (
            "environments:\n  qa:\n    max_age: tomorrow\n",
            "qa",
            "gate.yaml:3:5: `max_age`: expected a duration",
        ),
        ("gates: { security: Mine }\n", "development", "cannot be the name of a gate of your own"),
        ("", "prod", "unknown environment `prod` (did you mean `production`?)"),
        ("environment: [\n", "development", "gate.yaml:"),
    ] {
        let error = resolved(text, environment).expect_err(text);
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn units_are_understood() {
    for (written, unit, value) in [
        (json!("80%"), "%", json!(80)),
        (json!(80), "%", json!(80)),
        (json!("2s"), "ms", json!(2000)),
        (json!("2500 ms"), "ms", json!(2500)),
        (json!("6000/min"), "/s", json!(100)),
        (json!("2y"), "days", json!(730)),
        (json!("high"), "severity", json!("high")),
        (json!(null), "days", json!(null)),
    ] {
        assert_eq!(config::threshold(&written, unit).unwrap(), value, "{written}");
    }
    for (written, unit) in [
        (json!("high%"), "%"),
        (json!(-1), "ms"),
        (json!("2h"), "/s"),
        (json!("urgent"), "severity"),
        (json!(true), "%"),
        (json!("nan"), "ms"),
    ] {
        config::threshold(&written, unit).expect_err(&written.to_string());
    }
}

#[test]
fn a_configuration_is_found_upward_and_an_unreadable_one_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b");
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(folder.path().join("gate.yaml"), "treshold: {}\n").unwrap();
    assert!(config::find(&deep).is_some());
    let green = root().join("fixtures/pipeline/green").to_string_lossy().into_owned();
    let (code, decision) = decide(&deep, &[&green]);
    assert_eq!(code, 2);
    assert_eq!(decision["errors"][0]["code"], "config");
    assert_eq!(decision["errors"][0]["line"], 1);
}

fn written(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("gate.yaml"), text).unwrap();
    std::os::unix::fs::symlink(root().join("fixtures"), folder.path().join("fixtures")).unwrap();
    folder
}

#[test]
fn modes_and_rules_that_are_switched_off_are_shown_as_off() {
    let folder = written(
        "environments:\n  development:\n    gates: { security: warn, performance: off }\nrules: { CQ-101: warn }\n",
    );
    let (_, decision) = decide(folder.path(), &["fixtures/pipeline/red"]);
    let gate = |name: &str| {
        decision["gates"].as_array().unwrap().iter().find(|g| g["name"] == name).unwrap().clone()
    };
    assert_eq!(gate("security")["status"], "warn");
    assert_eq!(gate("performance")["status"], "off");
    assert_eq!(rule(&decision, "PERF-001")["status"], "off");
    assert_eq!(rule(&decision, "CQ-101")["status"], "warn");
}

#[test]
fn thresholds_of_the_configuration_are_those_that_judge() {
    let folder = written("thresholds: { code_quality: { suite_line_coverage: { unit: 10 } } }\n");
    let (_, decision) = decide(folder.path(), &["fixtures/pipeline/red"]);
    assert_eq!(rule(&decision, "CQ-101")["measured"][0]["limit"], 10.0);
}

#[test]
fn required_evidence_that_is_absent_blocks_and_is_named() {
    let folder = written("evidence:\n  - { path: \"out/*.sarif\", format: sarif, required: true }\n");
    let (code, decision) = decide(folder.path(), &["fixtures/pipeline/green"]);
    assert_eq!(code, 1);
    assert!(decision.to_string().contains("required evidence `out/*.sarif` (sarif) matches no file"));
}

#[test]
fn a_declared_format_makes_an_empty_report_a_clean_run() {
    let folder = written("evidence:\n  - { path: lint.json, format: ruff }\n");
    std::fs::write(folder.path().join("lint.json"), "[]\n").unwrap();
    let (code, _) = decide(folder.path(), &["lint.json", "--gate", "code_quality", "--config", "gate.yaml"]);
    assert_eq!(code, 1, "code quality needs coverage, too");
    std::fs::write(folder.path().join("gate.yaml"), "").unwrap();
    let (code, decision) = decide(folder.path(), &["lint.json"]);
    assert_eq!(code, 2);
    let error = &decision["errors"][0];
    assert!(error["message"].as_str().unwrap().contains("gitleaks"), "{error}");
    assert!(error["help"].as_str().unwrap().contains("--as"), "{error}");
}

#[test]
fn suites_and_critical_paths_have_limits_of_their_own() {
    let folder = written(
        "evidence:\n  - { path: \"fixtures/pipeline/green/coverage.xml\", suite: integration }\ncoverage:\n  critical_paths: [\"nowhere/**\"]\n",
    );
    let (code, decision) = decide(folder.path(), &["fixtures/pipeline/green"]);
    assert!(
        rule(&decision, "CQ-102")["measured"].as_array().is_some_and(|m| !m.is_empty())
            || rule(&decision, "CQ-101")["measured"].to_string().contains("integration")
    );
    assert_eq!(
        rule(&decision, "CQ-103")["status"],
        "fail",
        "critical paths that match nothing are not covered"
    );
    assert_eq!(code, 1);
}

#[test]
fn the_subject_comes_from_the_ci_then_from_git() {
    let variables = |pairs: &'static [(&'static str, &'static str)]| {
        move |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
    };
    for (pairs, commit) in [
        (&[("GITHUB_ACTIONS", "true"), ("GITHUB_SHA", "aaaaaaaa")][..], "aaaaaaaa"),
        (&[("GITLAB_CI", "true"), ("CI_COMMIT_SHA", "bbbbbbbb")], "bbbbbbbb"),
        (&[("JENKINS_URL", "http://j"), ("GIT_COMMIT", "cccccccc")], "cccccccc"),
        (&[("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", "dddddddd")], "dddddddd"),
        (&[("CIRCLECI", "true"), ("CIRCLE_SHA1", "eeeeeeee")], "eeeeeeee"),
        (&[("BUILDKITE", "true"), ("BUILDKITE_COMMIT", "ffffffff")], "ffffffff"),
    ] {
        let subject = config::detect_subject(Default::default(), &variables(pairs), Path::new("/"));
        assert_eq!(subject.commit.as_deref(), Some(commit));
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join(".git/refs/heads")).unwrap();
    std::fs::write(folder.path().join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    std::fs::write(
        folder.path().join(".git/packed-refs"),
        "# pack\n0123456789abcdef0123456789abcdef01234567 refs/heads/main\n",
    )
    .unwrap();
    let subject = config::detect_subject(Default::default(), &|_| None, folder.path());
    assert_eq!(subject.commit.as_deref(), Some("0123456789abcdef0123456789abcdef01234567"));
    assert_eq!(subject.git_ref.as_deref(), Some("refs/heads/main"));
}

#[test]
fn an_empty_configuration_is_a_configuration() {
    assert!(config::parse("", "gate.yaml").is_ok());
    assert_eq!(Config::default().limits().unwrap(), gate::read::Limits::default());
    let config = config::parse("limits: { bytes: 2MiB, depth: 12 }\n", "gate.yaml").unwrap();
    assert_eq!((config.limits().unwrap().bytes, config.limits().unwrap().depth), (2 << 20, 12));
}
