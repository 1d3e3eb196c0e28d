//! The report at a terminal: what a tired engineer sees, and how it fits.

use gate::report::{self, Options};

use super::{PAYLOADS, decisions, error, green, hostile, large, red, render};

#[test]
fn no_line_is_wider_than_the_terminal_unless_a_word_is() {
    for width in [60, 80, 120] {
        for (name, decision) in decisions() {
            let options = Options { width, ..Options::default() };
            let text = report::by_id("terminal").unwrap().render(&decision, &options);
            for line in text.lines().filter(|line| line.chars().count() > width) {
                let longest = line.split(' ').map(|word| word.chars().count()).max().unwrap_or_default();
                assert!(longest > width / 3, "{name} at {width}: {line}");
            }
        }
    }
}

#[test]
fn answer_comes_first_then_the_matrix_then_the_failures() {
    let text = render("terminal", &red());
    let places: Vec<usize> = [
        "BLOCK  environment staging, commit 4f2a9c8",
        "Code quality fails",
        "  FAIL  Integration",
        "FAIL  Code quality\n",
        "FAIL  Security\n",
        "WARN  Performance\n",
        "PASS  3 rules",
        "EVIDENCE",
        "NEXT",
    ]
    .map(|part| text.find(part).unwrap_or_else(|| panic!("{part} is missing in\n{text}")))
    .into();
    assert!(places.is_sorted(), "{places:?}\n{text}");
}

#[test]
fn missing_evidence_stands_in_the_matrix_row() {
    let text = render("terminal", &red());
    let row = text.lines().find(|line| line.starts_with("  FAIL  Integration")).unwrap();
    assert!(row.ends_with("cannot be judged; missing evidence: tests"), "{row}");
}

#[test]
fn failure_says_where_why_and_how_to_mend_it() {
    let text = render("terminal", &red());
    for part in [
        "integration  88.1 %, limit >= 85 %",
        "- high  B602 at src/shop/report.py:42:5 (export)",
        "fix: Pass a list of arguments and leave shell out.",
        "fix: update to 2.32.0",
        "requests@2.19.1 in",
        "evidence: reports/bandit.json, reports/semgrep.sarif (Bandit)",
        "see: https://nvd.nist.gov/vuln/detail/CVE-2024-35195",
        "... and 130 more of 133",
        "rule: policies/gate/security/security.rego:17",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn value_that_misses_its_limit_never_looks_equal_to_it() {
    let text = render("terminal", &red());
    assert!(text.contains("99.9996/s, must be >= 100/s"), "{text}");
}

#[test]
fn errors_come_first_when_there_is_no_decision() {
    let text = render("terminal", &error());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "ERROR  environment production, commit 4f2a9c8");
    assert_eq!(lines[3], "error  policies/own/rules.rego:12:9: `input.findigns` does not exist");
    assert_eq!(lines[4], "  help: did you mean `input.findings`?");
}

#[test]
fn partial_decision_says_so_in_its_first_line() {
    let text = render("terminal", &green());
    let first: String =
        text.split("\n  PASS").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(first.contains("partial: only code_quality, security, performance asked"), "{first}");
}

#[test]
fn colour_changes_no_letter_and_no_column() {
    for (name, decision) in decisions() {
        let plain = render("terminal", &decision);
        let options = Options { color: true, ..Options::default() };
        let colored = report::by_id("terminal").unwrap().render(&decision, &options);
        assert!(!plain.contains('\u{1b}'), "{name}");
        assert!(colored.contains('\u{1b}'), "{name}");
        let mut bare = String::new();
        let mut rest = colored.as_str();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            bare.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        bare.push_str(rest);
        assert_eq!(bare, plain, "{name}");
    }
}

#[test]
fn items_are_bounded_as_asked() {
    let options = Options { shown: 2, ..Options::default() };
    let text = report::by_id("terminal").unwrap().render(&large(50), &options);
    assert_eq!(text.matches("- high  B602").count(), 2);
    assert!(text.contains("... and 999,998 more of 1,000,000"), "{text}");
}

#[test]
fn no_line_is_a_command_of_a_runner() {
    for payload in PAYLOADS {
        let text = render("terminal", &hostile(payload));
        for line in text.lines() {
            assert!(!line.trim_start().starts_with("::"), "{line}");
            assert!(!line.contains("##[") && !line.contains("##vso["), "{line}");
        }
    }
}
