//! Tests of the format `gitleaks`.

use gate::model::{Category, Kind, Severity};

use super::{detected, no_cut_is_read, read_as, read_fixture};

const VERSION_7: &str = r#"[{"line": "key = hunter2", "lineNumber": 13, "offender": "hunter2", "commit": "0123456789abcdef",
    "repo": ".", "leakURL": "https://host/hunter2", "rule": "AWS Access Key", "commitMessage": "hunter2",
    "author": "a", "email": "e", "file": "src/a.txt", "date": "2021-07-15T22:00:32+07:00", "tags": "key, AWS"}]"#;

#[test]
fn a_real_report_is_read_with_rule_place_and_commit() {
    let git = read_fixture("gitleaks", "git.json");
    assert_eq!(git.counts["findings"], 6);
    assert_eq!(git.counts["by_rule"]["github-pat"], 2);
    assert_eq!(git.counts["distinct_fingerprints"], 6);
    assert_eq!(git.kinds, [Kind::SecurityScan]);
    let first = &git.findings[0];
    assert_eq!((&*first.rule, first.category), ("github-pat", Some(Category::Secret)));
    assert_eq!(first.severity, Severity::High);
    assert!(first.message.starts_with("Uncovered a GitHub Personal Access Token"));
    assert!(first.message.ends_with("(in commit 73a54d0)"), "{}", first.message);
    let place = first.location.as_ref().unwrap();
    assert_eq!((&*place.path, place.line, place.column, place.end_line), ("Dockerfile", 3, 16, 3));
    let debug = format!("{git:?}");
    assert!(!debug.contains("REDACTED") && !debug.contains("shop.example"));
}

#[test]
fn a_scan_of_a_folder_names_no_commit() {
    let dir = read_fixture("gitleaks", "dir.json");
    assert!(dir.findings.iter().all(|f| !f.message.contains("commit")));
    assert!(dir.skipped.is_empty());
}

#[test]
fn an_empty_array_that_is_declared_is_a_clean_scan_and_nothing_else_is() {
    let clean = read_as("gitleaks", "[]\n").unwrap();
    assert!(clean.findings.is_empty() && clean.incomplete.is_empty());
    assert_eq!(clean.kinds, [Kind::SecurityScan]);
    for text in ["null", "{}", ""] {
        assert!(read_as("gitleaks", text).is_err(), "{text:?}");
    }
    assert_eq!(detected("[]"), None);
}

#[test]
fn version_7_is_read_and_no_secret_of_it_is_kept() {
    assert_eq!(detected(VERSION_7), Some("gitleaks"));
    let evidence = read_as("gitleaks", VERSION_7).unwrap();
    let finding = &evidence.findings[0];
    assert_eq!(&*finding.message, "secret found by the rule `AWS Access Key` (in commit 0123456)");
    let place = finding.location.as_ref().unwrap();
    assert_eq!((&*place.path, place.line), ("src/a.txt", 13));
    assert!(!format!("{evidence:?}").contains("hunter2"));
}

#[test]
fn what_was_found_is_never_kept() {
    let text = r#"[{"RuleID": "r", "Description": "", "StartLine": 1, "EndLine": 2, "StartColumn": 1, "EndColumn": 9,
        "Match": "pw=hunter2", "Secret": "hunter2", "Line": "hunter2", "Link": "https://x/hunter2", "File": "a",
        "Commit": "", "Message": "hunter2", "Tags": ["k"], "Fingerprint": ""}]"#;
    let evidence = read_as("gitleaks", text).unwrap();
    assert_eq!(&*evidence.findings[0].message, "secret found by the rule `r`");
    assert_eq!(evidence.findings[0].details.as_ref().unwrap().tags, ["k".into()]);
    assert_eq!(evidence.counts["distinct_fingerprints"], 0);
    assert!(!format!("{evidence:?}").contains("hunter2"));
}

#[test]
fn equal_entries_are_two_findings_and_one_fingerprint() {
    let one = r#"{"RuleID": "r", "StartLine": 1, "File": "a", "Secret": "s", "Fingerprint": "a:r:1"}"#;
    let evidence = read_as("gitleaks", &format!("[{one}, {one}]")).unwrap();
    assert_eq!(evidence.findings.len(), 2);
    assert_eq!(evidence.counts["distinct_fingerprints"], 1);
}

#[test]
fn an_item_that_is_no_leak_is_recorded_and_still_counts() {
    let evidence = read_as("gitleaks", r#"[3, {"code": "E501", "filename": "a.py"}]"#).unwrap();
    assert!(evidence.findings.iter().all(|f| f.severity == Severity::Unknown));
    let reasons: Vec<_> = evidence.skipped.iter().map(|s| &*s.reason).collect();
    assert_eq!(reasons, ["expected an object, found a number", "a leak without `RuleID`"]);
}

#[test]
fn a_report_without_its_end_is_refused() {
    no_cut_is_read("gitleaks", "git.json");
}

#[test]
fn only_gitleaks_is_recognised() {
    for foreign in [
        r#"[{"RuleID": "r", "Severity": "HIGH", "StartLine": 1, "Match": "x"}]"#,
        r#"[{"rule": "r", "file": "a", "commit": "c"}]"#,
        r#"{"RuleID": "r", "StartLine": 1, "File": "a", "Fingerprint": ""}"#,
        r#"[{"code": "E501", "filename": "a.py", "message": "m"}]"#,
    ] {
        assert_ne!(detected(foreign), Some("gitleaks"), "{foreign}");
    }
}
