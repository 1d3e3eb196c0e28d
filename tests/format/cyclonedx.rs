//! Tests of the format `cyclonedx`.

use gate::model::{Category, Component, Evidence, Kind, Severity, SuppressionKind};

use super::{detected, fixtures, read_as, read_fixture};

/// A JSON document with these keys beside the obligatory ones.
fn json(rest: &str) -> Evidence {
    read_as("cyclonedx", &format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", {rest}}}"#)).unwrap()
}

/// An XML document with this content.
fn xml(version: &str, content: &str) -> Evidence {
    let text = format!(r#"<bom xmlns="http://cyclonedx.org/schema/bom/{version}">{content}</bom>"#);
    read_as("cyclonedx", &text).unwrap()
}

/// A JSON document with one component `a` and one vulnerability of these keys.
fn vulnerable(keys: &str) -> Evidence {
    json(&format!(
        r#""vulnerabilities": [{{"id": "CVE-1", {keys}}}],
           "components": [{{"type": "library", "name": "a", "version": "1", "bom-ref": "a"}}]"#
    ))
}

fn severity(ratings: &str) -> Severity {
    vulnerable(&format!(r#""ratings": {ratings}"#)).findings[0].severity
}

fn components(evidence: &Evidence) -> &[Component] {
    &evidence.sbom.as_ref().unwrap().components
}

fn codes(evidence: &Evidence) -> Vec<&str> {
    evidence.warnings.iter().map(|w| &*w.code).collect()
}

fn incomplete(evidence: &Evidence) -> Vec<&str> {
    evidence.incomplete.iter().map(|i| &*i.code).collect()
}

fn producers(evidence: &Evidence) -> Vec<(&str, Option<&str>)> {
    evidence.producers.iter().map(|p| (&*p.name, p.version.as_deref())).collect()
}

fn texts(texts: &[gate::model::Text]) -> Vec<&str> {
    texts.iter().map(|t| &**t).collect()
}

#[test]
fn json_and_xml_of_one_run_give_the_same_evidence() {
    for (left, right) in [("npm-red-1.5.json", "npm-red-1.5.xml"), ("maven-1.6.json", "maven-1.6.xml")] {
        let (json, xml) = (read_fixture("cyclonedx", left), read_fixture("cyclonedx", right));
        assert_eq!(json.sbom, xml.sbom, "{left}");
        assert_eq!(json.producers, xml.producers, "{left}");
        assert_eq!(json.counts, xml.counts, "{left}");
        assert_eq!(json.kinds, [Kind::Sbom], "an inventory without `vulnerabilities` proves no scan");
        assert!(json.produced_at.is_some() && xml.produced_at.is_some());
    }
}

#[test]
fn no_fixture_holds_anything_that_cannot_be_read() {
    for entry in std::fs::read_dir(fixtures("cyclonedx")).unwrap() {
        let file = entry.unwrap().file_name().to_string_lossy().into_owned();
        if file != "SOURCE.tsv" {
            let evidence = read_fixture("cyclonedx", &file);
            assert_eq!(evidence.skipped, [], "{file}");
            assert!(codes(&evidence).iter().all(|code| *code == "scan-not-shown"), "{file}");
        }
    }
}

#[test]
fn an_independent_reader_finds_as_many_components() {
    use cyclonedx_bom::models::bom::Bom;
    for file in ["syft-1.3.json", "npm-red-1.3.json", "npm-red-1.5.json", "py-1.4.json", "checkov-red.json"] {
        let text = std::fs::read_to_string(fixtures("cyclonedx").join(file)).unwrap();
        let bom = Bom::parse_from_json(text.as_bytes()).unwrap();
        let theirs: Vec<String> = bom.components.unwrap().0.into_iter().map(|c| c.name.to_string()).collect();
        let evidence = read_fixture("cyclonedx", file);
        assert_eq!(theirs.len(), components(&evidence).len(), "{file}");
        for (name, component) in theirs.iter().zip(components(&evidence)) {
            assert!(component.name.ends_with(name.as_str()), "{file}: {name} is {}", component.name);
        }
        let theirs = bom.vulnerabilities.map_or(0, |v| v.0.len());
        assert_eq!(evidence.counts["vulnerabilities"], theirs, "{file}");
    }
}

#[test]
fn a_component_is_read_with_all_that_the_model_knows_of_it() {
    let maven = read_fixture("cyclonedx", "maven-1.6.json");
    let junit = &components(&maven)[0];
    assert_eq!(&*junit.name, "org.junit.jupiter/junit-jupiter");
    assert_eq!(junit.purl.as_deref(), Some("pkg:maven/org.junit.jupiter/junit-jupiter@5.10.2?type=jar"));
    assert_eq!(junit.version.as_deref(), Some("5.10.2"));
    assert_eq!(&*junit.kind, "library");
    assert_eq!(texts(&junit.licenses), ["EPL-2.0"]);
    assert_eq!(junit.scope.as_deref(), Some("required"));
    assert!(junit.has_hash);

    let evidence = json(
        r#""components": [{"type": "library", "name": "a", "version": "", "purl": "", "hashes": [],
            "supplier": {"name": "Acme"}, "releaseNotes": {"type": "major", "timestamp": "2024-02-03T00:00:00Z"}}]"#,
    );
    let component = &components(&evidence)[0];
    assert_eq!((&component.version, &component.purl, component.has_hash), (&None, &None, false));
    assert_eq!(component.supplier.as_deref(), Some("Acme"));
    assert_eq!(component.released_at.unwrap().to_string(), "2024-02-03T00:00:00Z");
    assert_eq!(evidence.counts["components_without_version"], 1);
}

#[test]
fn a_licence_is_its_identifier_else_its_expression_else_its_name_as_written() {
    let evidence = json(
        r#""components": [{"type": "library", "name": "a", "licenses": [
            {"license": {"name": "The MIT License", "id": "MIT"}}, {"license": {"name": "Own terms"}},
            {"expression": "Apache-2.0 OR GPL-2.0-only"}, {"license": {"id": "No-Such-Id"}}, {"license": {}}]}]"#,
    );
    assert_eq!(
        texts(&components(&evidence)[0].licenses),
        ["Apache-2.0 OR GPL-2.0-only", "MIT", "No-Such-Id", "Own terms"]
    );
    assert_eq!(
        evidence.counts["licenses"],
        serde_json::json!({"id": 2, "name": 1, "expression": 1, "other": 1})
    );
}

#[test]
fn nested_components_are_inventory_and_pedigree_and_the_described_component_are_not() {
    let evidence = json(
        r#""metadata": {"component": {"type": "application", "name": "app", "components": [
                {"type": "library", "name": "part"}]}},
           "components": [{"type": "library", "name": "outer",
                "pedigree": {"ancestors": [{"type": "library", "name": "ancestor"}]},
                "components": [{"type": "library", "name": "inner", "components": [
                    {"type": "file", "name": "innermost"}]}]}]"#,
    );
    let names: Vec<_> = components(&evidence).iter().map(|c| &*c.name).collect();
    assert_eq!(names, ["outer", "inner", "innermost"]);
    assert_eq!(evidence.counts["components_top"], 1);
    assert_eq!(evidence.counts["components_nested"], 2);

    let evidence = xml(
        "1.2",
        "<components><component type='library'><name>outer</name><pedigree><ancestors>\
         <component type='library'><name>ancestor</name></component></ancestors></pedigree><components>\
         <component type='library'><name>inner</name></component></components></component></components>",
    );
    let names: Vec<_> = components(&evidence).iter().map(|c| &*c.name).collect();
    assert_eq!(names, ["outer", "inner"]);
}

#[test]
fn tools_are_read_from_the_array_and_from_the_object() {
    let array = read_fixture("cyclonedx", "npm-sbom.json");
    assert_eq!(producers(&array), [("cli", Some("11.19.1"))]);
    let object = read_fixture("cyclonedx", "trivy-1.7.json");
    assert_eq!(producers(&object), [("trivy", Some("0.72.0"))]);
    let unset = read_fixture("cyclonedx", "syft-1.6.json");
    assert_eq!(producers(&unset), [("syft", None)], "`[not provided]` is no version");
    let services = json(r#""metadata": {"tools": {"services": [{"name": "scanner"}, {"vendor": "x"}]}}"#);
    assert_eq!(producers(&services), [("scanner", None)]);
    assert_eq!(services.skipped[0].reason, "a tool without `name`");
}

#[test]
fn a_document_without_components_is_no_bill_of_materials() {
    for file in ["syft-empty.json", "py-empty.json", "cargo-empty.json", "pip-audit-nothing.json"] {
        let evidence = read_fixture("cyclonedx", file);
        assert_eq!(incomplete(&evidence), ["no-components"], "{file}");
        assert_eq!(evidence.kinds, [], "{file}");
    }
    for keys in [r#""components": []"#, r#""components": null"#, r#""components": [], "vulnerabilities": []"#]
    {
        let evidence = json(keys);
        assert_eq!(incomplete(&evidence), ["no-components"], "{keys}");
        assert_eq!(evidence.kinds, [], "{keys}");
    }
    let wrong = json(r#""components": {}"#);
    assert_eq!(wrong.skipped[0].reason, "expected an array, found an object");
    assert_eq!(incomplete(&wrong), ["no-components"]);
    assert_eq!(incomplete(&xml("1.6", "<components/>")), ["no-components"]);
}

#[test]
fn a_document_of_vulnerabilities_only_is_a_scan_and_no_inventory() {
    let evidence = json(
        r#""metadata": {"component": {"type": "application", "name": "app", "version": "2", "bom-ref": "root"}},
           "vulnerabilities": [{"id": "CVE-1", "affects": [{"ref": "root"}],
               "analysis": {"state": "not_affected", "justification": "code_not_present", "detail": "removed"}}]"#,
    );
    assert_eq!(evidence.kinds, [Kind::SecurityScan]);
    assert!(!evidence.sbom.as_ref().unwrap().inventory);
    assert_eq!(incomplete(&evidence), [""; 0]);
    let package = evidence.findings[0].details.as_ref().unwrap().package.as_ref().unwrap();
    assert_eq!((&*package.name, &*package.version), ("app", "2"));
    let suppression = evidence.findings[0].suppression.as_ref().unwrap();
    assert_eq!(suppression.kind, SuppressionKind::Vex);
    assert_eq!(&*suppression.reason, "code_not_present: removed");
    assert!(!suppression.in_force && evidence.findings[0].is_open(), "a statement alone settles nothing");
}

#[test]
fn an_empty_list_of_vulnerabilities_is_a_scan_and_an_absent_one_is_not() {
    let component = r#""components": [{"type": "library", "name": "a"}]"#;
    assert_eq!(json(component).kinds, [Kind::Sbom]);
    assert_eq!(json(&format!(r#"{component}, "vulnerabilities": null"#)).kinds, [Kind::Sbom]);
    let scanned = json(&format!(r#"{component}, "vulnerabilities": []"#));
    assert_eq!(scanned.kinds, [Kind::SecurityScan, Kind::Sbom]);
}

#[test]
fn the_empty_list_that_trivy_writes_without_scanning_is_no_scan() {
    let evidence = read_fixture("cyclonedx", "trivy-1.7.json");
    assert_eq!(evidence.kinds, [Kind::Sbom]);
    assert_eq!(codes(&evidence), ["scan-not-shown"]);
    let found = json(
        r#""metadata": {"tools": {"components": [{"type": "application", "name": "trivy"}]}},
           "components": [{"type": "library", "name": "a"}], "vulnerabilities": [{"id": "CVE-1"}]"#,
    );
    assert_eq!(found.kinds, [Kind::SecurityScan, Kind::Sbom]);
}

#[test]
fn real_vulnerabilities_become_findings_of_the_component_they_affect() {
    let evidence = read_fixture("cyclonedx", "checkov-red.json");
    assert_eq!(evidence.kinds, [Kind::SecurityScan, Kind::Sbom]);
    assert_eq!(evidence.findings.len(), 56);
    let finding = evidence.findings.iter().find(|f| &*f.rule == "CKV2_AWS_30").unwrap();
    assert_eq!(finding.severity, Severity::Unknown, "checkov rates nothing");
    assert_eq!(finding.category, Some(Category::Iac));
    assert_eq!(&*finding.tool, "checkov", "not the library that it writes with");
    assert!(finding.message.contains("Query Logging"));
    let package = finding.details.as_ref().unwrap().package.as_ref().unwrap();
    assert!(package.purl.as_deref().unwrap().starts_with("pkg:terraform/"));
}

#[test]
fn a_vulnerability_is_one_finding_per_component_and_references_are_resolved_at_the_end() {
    let evidence = json(
        r#""vulnerabilities": [{"id": "GHSA-1", "description": "text", "recommendation": "Upgrade",
               "source": {"name": "NVD", "url": "https://nvd.example/1"},
               "references": [{"id": "CVE-2"}, {"id": "GHSA-1"}, {"id": "CVE-2"}], "cwes": [502, 20],
               "affects": [{"ref": "inner"}, {"ref": "outer"}, {"ref": "inner"}, {"ref": "urn:cdx:f/1#x"}]},
             {"id": "CVE-3"}],
           "dependencies": [{"ref": "outer", "dependsOn": ["inner"]}],
           "components": [{"type": "library", "name": "outer", "bom-ref": "outer", "components": [
               {"type": "library", "group": "g", "name": "inner", "version": "7", "bom-ref": "inner",
                "purl": "pkg:npm/g/inner@7"}]}]"#,
    );
    let packages: Vec<_> = evidence
        .findings
        .iter()
        .map(|f| {
            f.details.as_ref().unwrap().package.as_ref().map(|p| (&*p.name, &*p.version, p.purl.as_deref()))
        })
        .collect();
    assert_eq!(
        packages,
        [
            Some(("g/inner", "7", Some("pkg:npm/g/inner@7"))),
            Some(("outer", "", None)),
            Some(("urn:cdx:f/1#x", "", None)),
            None,
        ]
    );
    let first = &evidence.findings[0];
    let details = first.details.as_ref().unwrap();
    assert_eq!(texts(&details.aliases), ["CVE-2"]);
    assert_eq!(texts(&details.cwe), ["CWE-20", "CWE-502"]);
    assert_eq!(details.help.as_deref(), Some("Upgrade"));
    assert_eq!(details.url.as_deref(), Some("https://nvd.example/1"));
    assert_eq!((&*first.message, first.category), ("text", Some(Category::Sca)));
    assert_eq!(evidence.counts["vuln_affects"], 4);
    assert_eq!(codes(&evidence), [""; 0]);
}

#[test]
fn the_worst_rating_counts_by_word_and_by_cvss_score() {
    assert_eq!(severity(r#"[{"severity": "low"}, {"severity": "high"}]"#), Severity::High);
    assert_eq!(severity(r#"[{"severity": "low", "score": 9.8, "method": "CVSSv31"}]"#), Severity::Critical);
    assert_eq!(severity(r#"[{"score": 7.5, "method": "CVSSv4"}]"#), Severity::High);
    assert_eq!(severity(r#"[{"severity": "none"}]"#), Severity::Info);
    assert_eq!(severity(r#"[{"severity": "low"}, {"score": 9, "method": "OWASP"}]"#), Severity::Low);
    assert_eq!(severity(r#"[{"severity": "unknown"}, {"severity": "medium"}]"#), Severity::Medium);
    let evidence =
        vulnerable(r#""ratings": [{"score": 5.1, "method": "CVSSv2"}, {"score": 9.1, "method": "CVSSv3"}]"#);
    assert_eq!(evidence.findings[0].details.as_ref().unwrap().cvss, Some(9.1));
    assert_eq!(evidence.counts["vuln_max_severity"], serde_json::json!({"(unrated)": 1}));
}

#[test]
fn a_severity_that_is_absent_or_not_understood_is_unknown() {
    for ratings in [
        "[]",
        "null",
        "{}",
        r#"[{"score": 9.8}]"#,
        r#"[{"severity": "unknown"}]"#,
        r#"[{"severity": "low"}, {"severity": "critcal"}]"#,
        r#"[{"severity": "low"}, {"severity": 9}]"#,
        r#"[{"severity": "low", "score": "9.8", "method": "CVSSv3"}]"#,
        r#"[{"severity": "low", "score": 98, "method": "CVSSv3"}]"#,
    ] {
        assert_eq!(severity(ratings), Severity::Unknown, "{ratings}");
    }
}

#[test]
fn only_settled_states_are_suppressions() {
    for state in ["not_affected", "false_positive", "resolved", "resolved_with_pedigree"] {
        let evidence = vulnerable(&format!(r#""analysis": {{"state": "{state}"}}"#));
        let suppression = evidence.findings[0].suppression.as_ref().unwrap();
        assert_eq!((&*suppression.reason, suppression.in_force), (state, false));
        assert_eq!(evidence.counts["vuln_states"], serde_json::json!({ state: 1 }));
    }
    for state in ["exploitable", "in_triage"] {
        let evidence = vulnerable(&format!(r#""analysis": {{"state": "{state}"}}"#));
        assert_eq!(evidence.findings[0].suppression, None);
        assert_eq!(evidence.skipped, []);
    }
    let evidence = vulnerable(r#""analysis": {"state": "not-affected"}"#);
    assert_eq!(evidence.findings[0].suppression, None);
    assert_eq!(evidence.skipped[0].reason, "`not-affected` is no state of an analysis");
}

#[test]
fn a_vulnerability_that_cannot_be_read_is_a_finding_of_unknown_severity() {
    let evidence = json(
        r#""components": [{"type": "library", "name": "a"}, null, 12],
           "vulnerabilities": ["CVE-1", null, {"description": "no id"}]"#,
    );
    let rules: Vec<_> = evidence.findings.iter().map(|f| (&*f.rule, f.severity)).collect();
    assert_eq!(
        rules,
        [
            ("unreadable-vulnerability", Severity::Unknown),
            ("unreadable-vulnerability", Severity::Unknown),
            ("unnamed-vulnerability", Severity::Unknown),
        ]
    );
    assert_eq!(components(&evidence).len(), 1);
    let places: Vec<_> = evidence.skipped.iter().map(|s| s.at.split(' ').next().unwrap()).collect();
    assert_eq!(places, ["/components/1", "/components/2", "/vulnerabilities/0", "/vulnerabilities/1"]);
}

#[test]
fn repeated_and_dangling_references_are_warnings() {
    let evidence = json(
        r#""components": [{"type": "library", "name": "a", "bom-ref": "a"},
               {"type": "library", "name": "b", "bom-ref": "a"}],
           "services": [{"name": "api", "bom-ref": "s"}],
           "dependencies": [{"ref": "a", "dependsOn": ["s", "x", "y", "urn:cdx:f/1#z"]}, {"ref": "a"}],
           "vulnerabilities": [{"id": "CVE-1", "affects": [{"ref": "pkg:npm/q@1"}, {}]}]"#,
    );
    let messages: Vec<_> = evidence.warnings.iter().map(|w| (&*w.code, &*w.message)).collect();
    assert_eq!(
        messages,
        [
            ("duplicate-bom-ref", "1 components repeat the `bom-ref` of another, such as `a`"),
            (
                "unknown-dependency-ref",
                "2 references in `dependencies` name nothing in the document, such as `x`"
            ),
            (
                "unknown-affects-ref",
                "1 vulnerabilities affect nothing in the document, such as `pkg:npm/q@1`"
            ),
        ]
    );
    assert_eq!(evidence.counts["dependencies"], 2);
    assert_eq!(evidence.counts["dependency_edges"], 4);
    assert_eq!(evidence.counts["services"], 1);
    assert_eq!(evidence.skipped[0].reason, "an entry of `affects` without `ref`");
    let package = evidence.findings[0].details.as_ref().unwrap().package.as_ref().unwrap();
    assert_eq!(package.purl.as_deref(), Some("pkg:npm/q@1"));
}

#[test]
fn only_a_composition_of_the_whole_declares_it_incomplete() {
    let declared = |compositions: &str| {
        json(&format!(
            r#""compositions": {compositions}, "metadata": {{"component":
                {{"type": "application", "name": "app", "bom-ref": "root"}}}},
               "components": [{{"type": "library", "name": "a", "bom-ref": "a"}}]"#
        ))
        .sbom
        .unwrap()
        .declared_incomplete
    };
    for aggregate in ["incomplete", "incomplete_first_party_only", "unknown", "not_specified", "complet"] {
        assert!(declared(&format!(r#"[{{"aggregate": "{aggregate}"}}]"#)), "{aggregate}");
        assert!(declared(&format!(r#"[{{"aggregate": "{aggregate}", "assemblies": ["root"]}}]"#)));
        assert!(declared(&format!(r#"[{{"aggregate": "{aggregate}", "dependencies": ["root"]}}]"#)));
        assert!(!declared(&format!(r#"[{{"aggregate": "{aggregate}", "assemblies": ["a"]}}]"#)));
        assert!(!declared(&format!(r#"[{{"aggregate": "{aggregate}", "vulnerabilities": ["v"]}}]"#)));
    }
    assert!(!declared(r#"[{"aggregate": "complete", "assemblies": ["root"]}]"#));
    assert!(!declared("[]"));
    let evidence = xml(
        "1.3",
        "<metadata><component bom-ref='r' type='application'><name>x</name></component></metadata>\
         <compositions><composition><aggregate>incomplete</aggregate><assemblies><assembly ref='r'/>\
         </assemblies></composition></compositions>",
    );
    assert!(evidence.sbom.unwrap().declared_incomplete);
}

#[test]
fn the_digest_of_a_described_image_is_the_subject() {
    let (hash, upper) = ("ab".repeat(32), "AB".repeat(32));
    let wanted = format!("sha256:{hash}");
    let digest = |component: &str| {
        json(&format!(r#""metadata": {{"component": {{"name": "x", {component}}}}}"#)).subject.digest
    };
    for component in [
        format!(
            r#""type": "container", "hashes": [{{"alg": "SHA-1", "content": "00"}}, {{"alg": "SHA-256", "content": "{upper}"}}]"#
        ),
        format!(r#""type": "container", "version": "sha256:{hash}""#),
        format!(r#""type": "application", "purl": "pkg:oci/x@sha256%3A{hash}?repository_url=r""#),
        format!(r#""type": "application", "purl": "pkg:docker/lib/x@sha256:{hash}""#),
    ] {
        assert_eq!(digest(&component).as_deref(), Some(&*wanted), "{component}");
    }
    for component in [
        format!(r#""type": "application", "hashes": [{{"alg": "SHA-256", "content": "{hash}"}}]"#),
        r#""type": "container", "version": "1.2", "purl": "pkg:oci/x@1.2""#.to_owned(),
        r#""type": "container", "hashes": [{"alg": "SHA-256", "content": "zz"}]"#.to_owned(),
    ] {
        assert_eq!(digest(&component), None, "{component}");
    }
    let evidence = xml(
        "1.4",
        &format!(
            "<metadata><component type='container'><name>x</name><hashes><hash alg='SHA-256'>{hash}</hash>\
             </hashes></component></metadata>"
        ),
    );
    assert_eq!(evidence.subject.digest.as_deref(), Some(&*wanted));
}

#[test]
fn vulnerabilities_of_xml_are_read_as_those_of_json() {
    let evidence = xml(
        "1.4",
        "<components><component type='library' bom-ref='a'><name>a</name><version>1</version></component></components>\
         <vulnerabilities><vulnerability><id>CVE-1</id><source><url>https://nvd.example/1</url></source>\
         <references><reference><id>GHSA-1</id><source><name>x</name></source></reference></references>\
         <ratings><rating><score>9.8</score><method>CVSSv3</method></rating><rating><severity>low</severity></rating></ratings>\
         <cwes><cwe>79</cwe><cwe>x</cwe></cwes><detail>because</detail><affects><target><ref>a</ref></target></affects>\
         <analysis><state>false_positive</state><detail>why</detail></analysis></vulnerability></vulnerabilities>",
    );
    let finding = &evidence.findings[0];
    let details = finding.details.as_ref().unwrap();
    assert_eq!((finding.severity, &*finding.message), (Severity::Critical, "because"));
    assert_eq!(texts(&details.aliases), ["GHSA-1"]);
    assert_eq!(texts(&details.cwe), ["CWE-79"]);
    assert_eq!(details.cvss, Some(9.8));
    assert_eq!(&*details.package.as_ref().unwrap().name, "a");
    assert_eq!(&*finding.suppression.as_ref().unwrap().reason, "why");
    assert_eq!(evidence.skipped[0].reason, "expected the number of a CWE");
    assert_eq!(evidence.kinds, [Kind::SecurityScan, Kind::Sbom]);
}

#[test]
fn the_vulnerability_extension_of_old_xml_is_read() {
    let vulnerability = |attribute: &str| {
        format!(
            "<v:vulnerabilities xmlns:v='http://cyclonedx.org/schema/ext/vulnerability/1.0'>\
             <v:vulnerability{attribute}><v:id>CVE-1</v:id><v:source name='NVD'><v:url>https://nvd.example/1</v:url>\
             </v:source><v:ratings><v:rating><v:score><v:base>9.8</v:base><v:impact>5.9</v:impact></v:score>\
             <v:severity>High</v:severity><v:method>CVSSv3</v:method></v:rating></v:ratings><v:recommendations>\
             <v:recommendation>Upgrade</v:recommendation></v:recommendations><v:advisories>\
             <v:advisory>https://a.example</v:advisory></v:advisories></v:vulnerability></v:vulnerabilities>"
        )
    };
    let beside = format!(
        "<components><component type='library' bom-ref='a'><name>a</name></component></components>{}",
        vulnerability(" ref='a'")
    );
    let below = format!(
        "<components><component type='library'><name>a</name>{}</component></components>",
        vulnerability("")
    );
    for text in [beside, below] {
        let evidence = xml("1.2", &text);
        let finding = &evidence.findings[0];
        let details = finding.details.as_ref().unwrap();
        assert_eq!((&*finding.rule, finding.severity), ("CVE-1", Severity::Critical));
        assert_eq!(details.help.as_deref(), Some("Upgrade"));
        assert_eq!(details.url.as_deref(), Some("https://nvd.example/1"));
        assert_eq!(&*details.package.as_ref().unwrap().name, "a");
        assert_eq!(evidence.counts["vuln_max_severity"], serde_json::json!({"high": 1}));
        assert_eq!(evidence.counts["vuln_affects"], 0);
        assert_eq!(codes(&evidence), [""; 0]);
    }
}

#[test]
fn a_version_that_is_not_known_is_refused() {
    for version in ["1.8", "2.0", "1.1", "12", "1.05", ""] {
        let text = format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "{version}"}}"#);
        let error = read_as("cyclonedx", &text).unwrap_err();
        assert_eq!(error.message, format!("unsupported CycloneDX version `{version}`"));
        assert_eq!(error.help.as_deref(), Some("have the tool write one of the versions 1.2 to 1.7"));
        assert_eq!(error.byte, Some(42));
    }
    for text in [r#"{"bomFormat": "CycloneDX"}"#, r#"{"bomFormat": "CycloneDX", "specVersion": 1.5}"#] {
        assert_eq!(read_as("cyclonedx", text).unwrap_err().message, "`specVersion` is absent");
    }
    let text = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.8"/>"#;
    let error = read_as("cyclonedx", text).unwrap_err();
    assert_eq!(error.message, "unsupported CycloneDX version `1.8`");
    assert_eq!(detected(text), Some("cyclonedx"), "it is refused by name, not as unknown");
}

#[test]
fn what_only_looks_like_cyclonedx_is_not_recognised() {
    assert_eq!(detected(r#"{"bomFormat": "SPDX", "specVersion": "1.5", "components": []}"#), None);
    assert_eq!(detected(r#"{"specVersion": "1.5", "components": []}"#), None);
    assert_eq!(detected(r#"[{"bomFormat": "CycloneDX"}]"#), None);
    assert_eq!(detected("<bom/>"), None);
    assert_eq!(detected("<bom xmlns='http://example.org/schema/bom/1.4'/>"), None);
    assert_eq!(detected("<project xmlns='http://cyclonedx.org/schema/bom/1.4'/>"), None);
    assert_eq!(detected("<b:bom xmlns:b='http://cyclonedx.org/schema/bom/1.4'/>"), Some("cyclonedx"));
    let error = read_as("cyclonedx", "<bom xmlns='http://example.org/'/>").unwrap_err();
    assert_eq!(error.message, "the root `bom` is not in a namespace of CycloneDX");
    let error = read_as("cyclonedx", r#"{"specVersion": "1.5", "components": []}"#).unwrap_err();
    assert_eq!(error.message, "expected `bomFormat` to be `CycloneDX`");
}

#[test]
fn wrong_types_are_recorded_and_the_rest_is_read() {
    let evidence = json(
        r#""metadata": {"timestamp": "yesterday", "tools": "syft", "component": []},
           "components": [{"type": 1, "name": "a", "version": 2, "licenses": "MIT", "hashes": {}},
               {"type": "library"}],
           "dependencies": ["a", {"ref": 1, "dependsOn": "b"}], "compositions": [1]"#,
    );
    let skipped: Vec<_> = evidence
        .skipped
        .iter()
        .map(|s| format!("{}: {}", s.at.split(' ').next().unwrap(), s.reason))
        .collect();
    assert_eq!(
        skipped,
        [
            "/metadata/timestamp: expected a time as in RFC 3339",
            "/metadata/tools: expected an object, found a string",
            "/metadata/component: expected an object, found an array",
            "/components/0/type: expected a string, found a number",
            "/components/0/version: expected a string, found a number",
            "/components/0/licenses: expected an array, found a string",
            "/components/0/hashes: expected an array, found an object",
            "/components/1: a component without `name`",
            "/dependencies/0: expected an object, found a string",
            "/dependencies/1/ref: expected a string, found a number",
            "/dependencies/1/dependsOn: expected an array, found a string",
            "/compositions/0: expected an object, found a number",
        ]
    );
    assert_eq!(components(&evidence).len(), 2);
    assert_eq!(evidence.counts["types"], serde_json::json!({"(none)": 1, "library": 1}));
}

#[test]
fn a_text_cut_off_anywhere_is_an_error() {
    for file in ["npm-red-1.3.json", "npm-red-1.5.xml"] {
        let text = std::fs::read_to_string(fixtures("cyclonedx").join(file)).unwrap();
        let text = text.trim_end();
        for end in (1..text.len()).step_by(61).filter(|end| text.is_char_boundary(*end)) {
            assert!(read_as("cyclonedx", text.get(..end).unwrap()).is_err(), "{file} cut off at {end}");
        }
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let depth = 400;
    let text = format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}{}]}}"#,
        r#"{"type": "library", "name": "a", "components": ["#.repeat(depth),
        "]}".repeat(depth)
    );
    assert!(read_as("cyclonedx", &text).unwrap_err().message.contains("nesting is deeper"));
}

#[test]
fn texts_of_licences_and_proofs_are_not_kept() {
    let evidence = json(
        r#""components": [{"type": "library", "name": "a", "properties": [{"name": "k", "value": "hunter2"}],
               "licenses": [{"license": {"id": "MIT", "text": {"content": "hunter2"}}}]}],
           "vulnerabilities": [{"id": "CVE-1", "proofOfConcept": {"reproductionSteps": "hunter2"}}]"#,
    );
    assert!(!format!("{evidence:?}").contains("hunter2"));
}

#[test]
fn strings_of_every_length_are_read_as_serde_json_reads_them() {
    for length in 0..140 {
        for at in 0..=length {
            for special in ["", "\\n", "\\\"", "\\u00e9", "é", "\u{7f}", "\u{1}"] {
                let mut text = "a".repeat(length);
                text.insert_str(at, special);
                let text = format!(r#"["{text}"]"#);
                let mut read = Vec::new();
                let mut json = gate::read::Json::new(&text, gate::read::Limits::default());
                let outcome = json.array(|j, _| {
                    read.extend(j.str()?.map(|s| s.into_owned()));
                    Ok(())
                });
                let skipped = gate::read::Json::new(&text, gate::read::Limits::default()).skip();
                match serde_json::from_str::<Vec<String>>(&text) {
                    Ok(theirs) => assert_eq!((read, outcome.is_ok(), skipped.is_ok()), (theirs, true, true)),
                    Err(_) => assert!(outcome.is_err() && skipped.is_err(), "{text}"),
                }
            }
        }
    }
}
