//! Tests of the format `trivy`.

use gate::model::{Category, Finding, Kind, Severity, SuppressionKind};

use super::{detected, no_cut_is_read, read_as, read_fixture};

/// A report with one result that has these keys.
fn result(artifact: &str, keys: &str) -> String {
    format!(
        r#"{{"SchemaVersion": 2, "ArtifactName": "a", "ArtifactType": "{artifact}",
            "Results": [{{"Target": "a (alpine 3.9)", {keys}}}]}}"#
    )
}

/// A vulnerability with these keys besides its name.
fn vulnerability(keys: &str) -> String {
    result(
        "filesystem",
        &format!(r#""Class": "lang-pkgs", "Vulnerabilities": [{{"VulnerabilityID": "CVE-2020-1", {keys}}}]"#),
    )
}

#[test]
fn failed_checks_are_read_with_place_and_remedy() {
    let red = read_fixture("trivy", "config-red.json");
    assert_eq!(red.counts["misconf_fail"]["HIGH"], 6);
    assert_eq!(red.kinds, [Kind::SecurityScan]);
    assert_eq!(&*red.format_version, "2");
    assert_eq!(red.producers[0].version.as_deref(), Some("0.72.0"));
    assert!(red.produced_at.is_some() && red.warnings.is_empty() && red.skipped.is_empty());
    let first = &red.findings[0];
    assert_eq!((&*first.rule, first.category), ("KSV-0006", Some(Category::Iac)));
    assert_eq!(first.severity, Severity::High);
    let place = first.location.as_ref().unwrap();
    assert_eq!((&*place.path, place.line, place.end_line), ("deployment.yaml", 5, 31));
    let details = first.details.as_ref().unwrap();
    assert_eq!(details.title.as_deref(), Some("hostPath volume mounted with docker.sock"));
    assert!(details.help.is_some());
    assert!(!format!("{red:?}").contains("matchLabels"), "no code is kept");
}

#[test]
fn a_result_without_findings_is_clean_and_a_report_without_results_is_not() {
    let green = read_fixture("trivy", "config-green.json");
    assert!(green.findings.is_empty() && green.incomplete.is_empty());
    assert_eq!(green.kinds, [Kind::SecurityScan]);
    let nothing = read_fixture("trivy", "config-no-files.json");
    assert_eq!(nothing.counts["results_missing"], true);
    assert_eq!(nothing.incomplete[0].code, "results-absent");
    assert!(nothing.kinds.is_empty());
    let empty = read_as("trivy", r#"{"SchemaVersion": 2, "ArtifactName": "a", "Results": []}"#).unwrap();
    assert_eq!(empty.incomplete[0].code, "nothing-tested");
    assert!(empty.kinds.is_empty());
}

#[test]
fn secrets_are_named_by_their_rule_and_nothing_of_them_is_kept() {
    let red = read_fixture("trivy", "fs-secret-red.json");
    assert_eq!(red.counts["secrets"]["CRITICAL"], 3);
    assert_eq!(red.counts["packages"], 14);
    let first = &red.findings[0];
    assert_eq!((&*first.rule, &*first.message), ("github-pat", "GitHub Personal Access Token"));
    assert_eq!((first.category, first.severity), (Some(Category::Secret), Severity::Critical));
    let place = first.location.as_ref().unwrap();
    assert_eq!((&*place.path, place.line), ("Dockerfile", 3));
    let debug = format!("{red:?}");
    assert!(!debug.contains("API_TOKEN") && !debug.contains("*****") && !debug.contains("hunter2"));
}

#[test]
fn licences_are_findings_of_their_package() {
    let green = read_fixture("trivy", "fs-green.json");
    assert_eq!(green.counts["licenses"]["LOW"], 29);
    let licence = green.findings.iter().find(|f| f.category == Some(Category::License)).unwrap();
    assert_eq!((&*licence.rule, &*licence.message), ("MIT", "licence MIT (notice)"));
    assert!(licence.details.as_ref().unwrap().package.is_some());
    assert_eq!(green.subject.commit.as_deref(), Some("342d9717ffd379f83cd23ebb931247f3be3ddb40"));
}

#[test]
fn a_vulnerability_is_read_with_package_fix_and_score() {
    let evidence = read_as(
        "trivy",
        &vulnerability(
            r#""VendorIDs": ["GHSA-x", "RHSA-2020:1"], "PkgName": "p", "PkgIdentifier": {"PURL": "pkg:npm/p@1"},
               "InstalledVersion": "1", "FixedVersion": "2", "Title": "t", "PrimaryURL": "https://u", "Severity": "HIGH",
               "CweIDs": ["CWE-9", "CWE-79"], "CVSS": {"nvd": {"V2Score": 10.0, "V3Score": 7.5}, "ghsa": {"V3Score": 5.0}}"#,
        ),
    )
    .unwrap();
    let finding = &evidence.findings[0];
    assert_eq!((&*finding.rule, &*finding.message), ("CVE-2020-1", "t"));
    assert_eq!((finding.category, finding.severity), (Some(Category::Sca), Severity::High));
    let place = finding.location.as_ref().unwrap();
    assert_eq!((&*place.path, place.symbol.as_deref()), ("a (alpine 3.9)", Some("p@1")));
    let details = finding.details.as_ref().unwrap();
    assert_eq!(details.aliases, ["GHSA-x".into()]);
    assert_eq!(details.cwe, ["CWE-79".into(), "CWE-9".into()]);
    assert_eq!(details.cvss, Some(7.5));
    let package = details.package.as_ref().unwrap();
    assert_eq!((package.purl.as_deref(), package.fixed_version.as_deref()), (Some("pkg:npm/p@1"), Some("2")));
    assert_eq!((&evidence.counts["fixable"], &evidence.counts["distinct_vuln_ids"]), (&1.into(), &1.into()));
}

#[test]
fn the_worse_of_word_and_score_counts() {
    for (keys, severity) in [
        (r#""Severity": "LOW", "CVSS": {"nvd": {"V3Score": 9.8}}"#, Severity::Critical),
        (r#""Severity": "LOW", "CVSS": {"nvd": {"V40Score": 7.0}}"#, Severity::High),
        (r#""Severity": "LOW", "CVSS": {"nvd": {"V2Score": 4.3}}"#, Severity::Medium),
        (r#""Severity": "CRITICAL", "CVSS": {"nvd": {"V3Score": 2.0}}"#, Severity::Critical),
        (r#""Severity": "LOW", "CVSS": {"nvd": {"V3Score": 0}}"#, Severity::Low),
        (r#""Severity": "UNKNOWN""#, Severity::Unknown),
        (r#""Severity": "UNKNOWN", "CVSS": {"nvd": {"V3Score": 5.0}}"#, Severity::Medium),
        (r#""Severity": "Hihg", "CVSS": {"nvd": {"V3Score": 5.0}}"#, Severity::Unknown),
        (r#""Severity": "LOW", "CVSS": {"nvd": {"V3Score": 98}}"#, Severity::Unknown),
        (r#""Severity": 4"#, Severity::Unknown),
        (r#""Title": "t""#, Severity::Unknown),
    ] {
        assert_eq!(read_as("trivy", &vulnerability(keys)).unwrap().findings[0].severity, severity, "{keys}");
    }
}

#[test]
fn a_vulnerability_without_title_has_the_first_line_of_its_description_or_its_name() {
    let message =
        |keys: &str| read_as("trivy", &vulnerability(keys)).unwrap().findings[0].message.to_string();
    assert_eq!(message(r#""Description": "\nfirst\nsecond""#), "first");
    assert_eq!(message(r#""Severity": "LOW""#), "CVE-2020-1");
}

#[test]
fn packages_of_the_system_belong_to_the_container_only_in_an_image() {
    let keys = r#""Vulnerabilities": [{"VulnerabilityID": "CVE-1", "Severity": "LOW"}], "Class": "os-pkgs""#;
    let category =
        |artifact: &str, keys: &str| read_as("trivy", &result(artifact, keys)).unwrap().findings[0].category;
    assert_eq!(category("container_image", keys), Some(Category::Container));
    assert_eq!(category("vm", keys), Some(Category::Sca));
    assert_eq!(category("container_image", &keys.replace("os-pkgs", "lang-pkgs")), Some(Category::Sca));
}

#[test]
fn keys_in_another_order_give_the_same() {
    let evidence = read_as(
        "trivy",
        r#"{"Results": [{"Vulnerabilities": [{"Severity": "LOW", "VulnerabilityID": "CVE-1"}], "Class": "os-pkgs",
            "Target": "image"}], "ArtifactType": "container_image", "SchemaVersion": 2}"#,
    )
    .unwrap();
    assert_eq!(evidence.findings[0].category, Some(Category::Container));
    assert_eq!(&*evidence.findings[0].location.as_ref().unwrap().path, "image");
}

#[test]
fn only_failed_checks_are_findings_and_an_odd_status_is_a_failure() {
    let check = |status: &str| format!(r#"{{"ID": "K1", "Title": "t", "Severity": "LOW"{status}}}"#);
    let checks = [
        check(r#", "Status": "PASS""#),
        check(r#", "Status": "EXCEPTION""#),
        check(r#", "Status": "FAIL""#),
        check(r#", "Status": "pas""#),
        check(""),
    ];
    let keys = format!(r#""MisconfSummary": {{"Failures": 3}}, "Misconfigurations": [{}]"#, checks.join(","));
    let evidence = read_as("trivy", &result("filesystem", &keys)).unwrap();
    assert_eq!(evidence.findings.len(), 3);
    assert_eq!(
        (&evidence.counts["misconf_fail"]["LOW"], &evidence.counts["misconf_nonfail"]),
        (&3.into(), &2.into())
    );
    assert_eq!(&*evidence.findings[0].message, "t");
    assert!(evidence.warnings.is_empty());
}

#[test]
fn a_summary_that_contradicts_its_list_is_a_warning() {
    let evidence = read_as("trivy", &result("filesystem", r#""MisconfSummary": {"Failures": 2}"#)).unwrap();
    assert_eq!(evidence.warnings[0].code, "totals-contradict-results");
}

#[test]
fn findings_that_the_tool_took_out_are_kept_and_stay_open() {
    let evidence = read_as(
        "trivy",
        &result(
            "filesystem",
            r#""ExperimentalModifiedFindings": [
                {"Finding": {"VulnerabilityID": "CVE-1", "Severity": "HIGH"}, "Type": "vulnerability",
                 "Status": "not_affected", "Statement": "not in the path", "Source": "./vex.json"},
                {"Type": "misconfiguration", "Status": "ignored", "Finding": {"ID": "K1", "Severity": 1}},
                {"Type": "something", "Status": "ignored", "Finding": {}}]"#,
        ),
    )
    .unwrap();
    assert_eq!(
        (&evidence.counts["suppressed_modified"], &evidence.counts["vulnerabilities"]),
        (&3.into(), &0.into())
    );
    let suppressed: Vec<_> = evidence
        .findings
        .iter()
        .map(|f| {
            let s = f.suppression.as_ref().unwrap();
            assert!(f.is_open() && !s.in_force);
            (&*f.rule, s.kind, &*s.reason)
        })
        .collect();
    assert_eq!(
        suppressed,
        [
            ("CVE-1", SuppressionKind::Vex, "not_affected: not in the path"),
            ("K1", SuppressionKind::Tool, "ignored"),
            ("", SuppressionKind::Tool, "ignored"),
        ]
    );
    assert_eq!(evidence.findings[2].severity, Severity::Unknown);
    let reasons: Vec<_> = evidence.skipped.iter().map(|s| format!("{}: {}", s.at, s.reason)).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(
        reasons[0].starts_with("/Results/0/ExperimentalModifiedFindings/1/Finding/Severity (line 5,"),
        "{reasons:?}"
    );
    assert!(reasons[1].ends_with("a modified finding without a known `Type` and a `Finding`"), "{reasons:?}");
}

#[test]
fn the_subject_is_the_one_digest_of_the_image() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let subject = |digests: &str| {
        let text = format!(
            r#"{{"SchemaVersion": 2, "ArtifactType": "container_image", "Metadata": {{"RepoDigests": [{digests}],
                "ImageID": "sha256:{}"}}, "Results": []}}"#,
            "0".repeat(64)
        );
        read_as("trivy", &text).unwrap().subject.digest
    };
    assert_eq!(subject(&format!(r#""shop@{digest}", "mirror/shop@{digest}""#)).as_deref(), Some(&*digest));
    assert_eq!(subject(&format!(r#""shop@{digest}", "shop@sha256:{}""#, "cd".repeat(32))), None);
    assert_eq!(subject(r#""""#), None);
    assert_eq!(subject(r#""shop@sha256:12""#), None);
}

#[test]
fn a_system_at_the_end_of_its_life_is_a_warning() {
    let evidence = read_as(
        "trivy",
        r#"{"SchemaVersion": 2, "ArtifactType": "container_image", "Results": [{"Target": "a", "Class": "os-pkgs"}],
            "Metadata": {"OS": {"Family": "alpine", "Name": "3.9.4", "EOSL": true}}}"#,
    )
    .unwrap();
    assert_eq!(evidence.warnings[0].code, "os-end-of-life");
}

#[test]
fn a_cluster_is_read_and_a_resource_that_failed_is_a_failure_of_the_tool() {
    let text = r#"{"ClusterName": "c", "Resources": [
        {"Namespace": "n", "Kind": "Deployment", "Name": "d", "Results": [
            {"Target": "image", "Class": "os-pkgs", "Vulnerabilities": [{"VulnerabilityID": "CVE-1", "Severity": "LOW"}]},
            {"Class": "config", "Misconfigurations": [{"ID": "K1", "Severity": "HIGH", "Status": "FAIL"}]}]},
        {"Namespace": "n", "Kind": "Pod", "Name": "p", "Error": "scan failed"}]}"#;
    assert_eq!(detected(text), Some("trivy"));
    let evidence = read_as("trivy", text).unwrap();
    assert_eq!(
        (&evidence.counts["results"], &evidence.counts["results_missing"]),
        (&2.into(), &false.into())
    );
    let places: Vec<_> =
        evidence.findings.iter().map(|f| (&*f.rule, &*f.location.as_ref().unwrap().path)).collect();
    assert_eq!(places, [("CVE-1", "image"), ("K1", "n/Deployment/d"), (Finding::TOOL_FAILURE, "n/Pod/p")]);
    assert_eq!(evidence.findings[0].category, Some(Category::Container));
}

#[test]
fn what_hides_findings_counts_as_one() {
    let text = r#"{"SchemaVersion": 2, "ArtifactName": "a", "Results": [7,
        {"Target": "a", "Vulnerabilities": {}, "Secrets": null, "Licenses": [3, {"Severity": "LOW"}]}]}"#;
    let evidence = read_as("trivy", text).unwrap();
    let found: Vec<_> = evidence.findings.iter().map(|f| (&*f.rule, f.severity)).collect();
    assert_eq!(
        found,
        [
            (Finding::TOOL_FAILURE, Severity::Unknown),
            (Finding::TOOL_FAILURE, Severity::Unknown),
            ("", Severity::Unknown),
            ("", Severity::Unknown),
        ]
    );
    let reasons: Vec<_> = evidence.skipped.iter().map(|s| &*s.reason).collect();
    assert_eq!(
        reasons,
        [
            "expected an object, found a number",
            "expected an array, found an object",
            "expected an object, found a number",
            "a finding without a name",
        ]
    );
}

#[test]
fn another_version_of_the_schema_is_refused_by_its_number() {
    let error = read_as("trivy", r#"{"SchemaVersion": 3, "ArtifactName": "a", "Results": []}"#).unwrap_err();
    assert_eq!(error.message, "schema version 3 of Trivy is not supported");
    assert_eq!(error.byte, Some(18));
}

#[test]
fn a_report_without_its_end_is_refused() {
    no_cut_is_read("trivy", "config-red.json");
    no_cut_is_read("trivy", "config-no-files.json");
}

#[test]
fn only_trivy_is_recognised() {
    for foreign in [
        r#"{"SchemaVersion": "2", "ArtifactName": "a"}"#,
        r#"{"SchemaVersion": 2, "Results": []}"#,
        r#"{"ClusterName": "c"}"#,
        r#"{"Results": [], "ArtifactName": "a"}"#,
        r#"[{"Target": "a", "Vulnerabilities": []}]"#,
    ] {
        assert_ne!(detected(foreign), Some("trivy"), "{foreign}");
    }
}
