//! Cases 60 and 80 to 82: what reports show.

use serde_json::{Value, json};

use super::{folder, green};
use crate::cli::{decide, gate, rule, stdout};

/// Case 60. Any order of any evidence is tried in `properties`.
#[test]
fn the_order_of_arguments_changes_no_byte() {
    let files = ["bandit.json", "coverage.xml", "junit.xml"].map(green);
    let [a, b, c] = files.each_ref().map(String::as_str);
    let run = |files: [&str; 3]| {
        let fixed = ["evaluate", "-o", "json", "--now", "2026-11-22T12:00:00Z"];
        gate(&crate::cli::root(), &[&fixed[..], &files].concat()).stdout
    };
    assert_eq!(run([a, b, c]), run([c, a, b]));
}

/// A finding whose every text is made of what would do something somewhere.
fn hostile() -> String {
    let text = "\n::error::x %0A::z\nEOF\n<script>alert(1)</script> ](javascript:alert(1)) @all | =cmd|' \u{1b}]8;;https://e.example\u{7}x \u{202e}y";
    json!({"version": "2.1.0", "runs": [{
        "tool": {"driver": {"name": format!("T{text}"), "rules": [{"id": text, "shortDescription": {"text": text},
            "helpUri": "javascript:alert(1)", "help": {"text": text}}]}},
        "results": [{"ruleId": text, "ruleIndex": 0, "level": "error", "message": {"text": text},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": text}, "region": {"startLine": 1}}}]}]}]})
    .to_string()
}

/// Case 80. Each report is held against each text in `report::inert`.
#[test]
fn text_of_a_finding_does_nothing_in_any_report() {
    let folder = folder(&[("s.sarif", hostile().as_bytes())]);
    for reporter in gate::report::REPORTERS {
        let id = reporter.info().id;
        let output = gate(folder.path(), &["evaluate", "s.sarif", "-o", id]);
        assert_eq!(output.status.code(), Some(1));
        let text = stdout(&output);
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']), "{id}");
        let has_markup = matches!(id, "html" | "markdown" | "github-summary" | "junit");
        assert!(!has_markup || !text.contains("<script>alert"), "{id}");
        for line in text.lines() {
            let own = id == "github"
                && (line.starts_with("::error title=") || line.starts_with("::warning title="));
            assert!(own || !line.trim_start().starts_with("::"), "{id}: {line}");
            assert!(line != "EOF", "{id}");
        }
        match id {
            "json" | "sarif" | "gitlab" => drop(serde_json::from_str::<Value>(&text).unwrap()),
            "junit" => {
                let mut reader = quick_xml::Reader::from_str(&text);
                while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
            }
            "markdown" | "github-summary" => {
                assert!(
                    !text.replace("\\](", "").contains("](javascript:") && !text.contains(" @all"),
                    "{id}"
                )
            }
            "html" => assert!(!text.contains("href=\"javascript:"), "{id}"),
            _ => {}
        }
    }
}

/// Case 81. Other scanners and other secrets are tried in `properties`.
#[test]
fn a_key_in_a_snippet_is_in_no_report() {
    let key = "AKIANOTAREALKEY23456";
    let snippet = json!({"startLine": 1, "snippet": {"text": format!("key = {key}")}});
    let text = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Homemade", "rules": [{"id": "aws"}]}},
        "results": [{"ruleId": "aws", "level": "error", "message": {"text": "A key."}, "locations": [{"physicalLocation":
            {"artifactLocation": {"uri": "a.py"}, "region": snippet, "contextRegion": snippet}}]}]}]});
    let folder = folder(&[("s.sarif", text.to_string().as_bytes())]);
    for reporter in gate::report::REPORTERS {
        let output = gate(folder.path(), &["evaluate", "s.sarif", "-o", reporter.info().id]);
        assert!(!stdout(&output).contains(key), "{}", reporter.info().id);
        assert!(!String::from_utf8_lossy(&output.stderr).contains(key));
    }
}

/// Case 82.
#[test]
fn a_report_of_many_findings_is_bounded_and_tells_how_many_there_are() {
    const MANY: usize = 12_000;
    let results: Vec<String> = (0..MANY)
        .map(|n| {
            let level = if n == MANY - 1 { "error" } else { "note" };
            format!(r#"{{"ruleId":"r{}","level":"{level}","message":{{"text":"finding {n}"}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"src/{n}.c"}},"region":{{"startLine":1}}}}}}]}}"#, n % 7)
        })
        .collect();
    let text = format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"Homemade","rules":[]}}}},"results":[{}]}}]}}"#,
        results.join(",")
    );
    let all = text.replace("\"note\"", "\"error\"");
    let folder = folder(&[("s.sarif", text.as_bytes()), ("all.sarif", all.as_bytes())]);
    let (code, decision) = decide(folder.path(), &["s.sarif", "--gate", "security"]);
    assert_eq!(code, 1, "the last one counts");
    assert_eq!(rule(&decision, "SEC-001")["measured"][0]["value"], 1.0);
    let (code, decision) = decide(folder.path(), &["all.sarif", "--gate", "security"]);
    assert_eq!(code, 1);
    let verdict = &rule(&decision, "SEC-001")["verdicts"][0];
    assert_eq!(verdict["items_total"], MANY);
    assert_eq!(verdict["items"].as_array().unwrap().len(), 5000);
    let output = gate(folder.path(), &["evaluate", "all.sarif", "--gate", "security"]);
    assert!(
        stdout(&output).len() < 20_000 && stdout(&output).contains("12,000"),
        "{}",
        stdout(&output).len()
    );
}
