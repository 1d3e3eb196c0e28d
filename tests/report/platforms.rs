//! What the CI platforms ask of the reports that they read.

use gate::model::{Item, Severity, Status};
use serde_json::Value;

use super::{decisions, empty, error, finding, green, large, red, render};

#[test]
fn github_gets_no_more_annotations_than_it_keeps() {
    for (_, decision) in decisions().into_iter().chain([("large", large(1_000))]) {
        let text = render("github", &decision);
        for level in ["::error ", "::warning "] {
            assert!(text.lines().filter(|line| line.starts_with(level)).count() <= 10);
        }
    }
    let text = render("github", &large(1_000));
    assert!(text.contains("... and 1,000,001 more of 1,000,010"), "{text}");
}

#[test]
fn github_names_the_decision_first_and_nothing_when_allowed() {
    let text = render("github", &red());
    let first = text.lines().next().unwrap();
    assert!(first.starts_with("::error title=gate%3A block (staging)::Code quality fails"), "{first}");
    assert_eq!(render("github", &green()), "");
    assert!(render("github", &empty()).starts_with("::error "));
    assert!(render("github", &error()).contains("file=policies/own/rules.rego,line=12,col=9::"));
}

#[test]
fn github_properties_and_messages_are_escaped() {
    let mut decision = red();
    let item = &mut decision.gates[1].rules[0].verdicts[0].items[1];
    item.path = "src/a,b:c%0A.py".into();
    let text = render("github", &decision);
    assert!(text.contains("file=src/a%2Cb%3Ac%250A.py,line=42,col=5::"), "{text}");
}

#[test]
fn github_shows_every_failing_rule_before_a_second_item_of_one() {
    let text = render("github", &large(1_000));
    for code in ["QUA-001", "SEC-001", "SEC-004", "INT-001"] {
        assert!(text.contains(code), "{code} is not shown in\n{text}");
    }
}

#[test]
fn pull_request_comment_fits_and_keeps_totals_even_with_thousands_of_rules() {
    let mut decision = large(1_000);
    let many: Vec<_> = (0..2_000)
        .map(|n| {
            let mut rule = decision.gates[0].rules[0].clone();
            rule.code = format!("OWN-{n:04}");
            rule
        })
        .collect();
    decision.gates[1].rules.extend(many);
    let text = render("markdown", &decision);
    assert!(text.len() <= 60_000, "{}", text.len());
    assert!(text.contains("1,000,000") && text.contains("Left out for want of room"), "{text}");
    assert!(render("github-summary", &decision).len() <= 1 << 20);
}

#[test]
fn gitlab_issues_have_what_gitlab_needs() {
    let text = render("gitlab", &large(300));
    assert!(!text.starts_with('\u{feff}'));
    let issues: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(issues.len() > 300);
    let mut prints = std::collections::HashSet::new();
    for issue in issues {
        assert!(!issue["description"].as_str().unwrap().is_empty());
        assert!(!issue["check_name"].as_str().unwrap().is_empty());
        assert!(prints.insert(issue["fingerprint"].as_str().unwrap().to_owned()), "fingerprints differ");
        let severity = issue["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
        assert!(!issue["location"]["path"].as_str().unwrap().is_empty());
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
    }
}

#[test]
fn gitlab_gets_only_what_blocks_and_lies_in_the_repository() {
    let mut decision = red();
    let items = &mut decision.gates[1].rules[0].verdicts[0].items;
    let url = finding(Severity::High, "color-contrast", "x", "https://shop.example/cart", 0, "axe");
    items.push(url);
    items.push(Item { name: "nowhere".into(), ..Item::default() });
    // The same finding listed twice is one issue.
    items.push(items[1].clone());
    decision.gates[0].rules[2].verdicts[0].items =
        vec![finding(Severity::Low, "W1", "only a warning", "src/a.py", 1, "Ruff")];
    let issues: Vec<Value> = serde_json::from_str(&render("gitlab", &decision)).unwrap();
    let names: Vec<&str> = issues.iter().map(|issue| issue["check_name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 5, "{names:?}");
    assert!(!names.contains(&"color-contrast") && !names.contains(&"nowhere") && !names.contains(&"W1"));
    assert_eq!(render("gitlab", &green()), "[]\n");
}

#[test]
fn sarif_reads_back_and_every_result_has_rule_place_and_fingerprint() {
    let text = render("sarif", &red());
    let sarif: serde_sarif::sarif::Sarif = serde_json::from_str(&text).unwrap();
    let run = &sarif.runs[0];
    let rules = run.tool.driver.rules.as_ref().unwrap();
    let results = run.results.as_ref().unwrap();
    assert_eq!(rules.len(), 11);
    assert_eq!(results.len(), 9);
    for result in results {
        let index = usize::try_from(result.rule_index.unwrap()).unwrap();
        assert_eq!(Some(&rules[index].id), result.rule_id.as_ref());
        let place = result.locations.as_ref().unwrap()[0].physical_location.as_ref().unwrap();
        let uri = place.artifact_location.as_ref().unwrap().uri.as_ref().unwrap();
        assert!(!uri.is_empty() && !uri.starts_with('/') && !uri.contains(' '), "{uri}");
        assert!(!result.partial_fingerprints.as_ref().unwrap().is_empty());
        assert!(!result.message.text.as_ref().unwrap().is_empty());
    }
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["version"], "2.1.0");
    assert_eq!(value["runs"][0]["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn sarif_results_of_rules_that_only_warn_are_warnings() {
    let value: Value = serde_json::from_str(&render("sarif", &red())).unwrap();
    for result in value["runs"][0]["results"].as_array().unwrap() {
        let warns = ["QUA-005", "PER-004"].contains(&result["ruleId"].as_str().unwrap());
        assert_eq!(result["level"], if warns { "warning" } else { "error" }, "{result}");
    }
}

#[test]
fn sarif_of_an_error_is_a_run_that_failed() {
    let value: Value = serde_json::from_str(&render("sarif", &error())).unwrap();
    let invocation = &value["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().unwrap().len(), 3);
}

/// A consumer that reads only one of these must not take a decision for allowed that is not.
#[test]
fn reports_for_machines_fail_exactly_when_the_decision_is_not_allow() {
    for (name, decision) in decisions() {
        let tap = render("tap", &decision);
        let failed = tap.lines().any(|line| line.starts_with("not ok") && !line.contains(" # TODO"));
        assert_eq!(failed, !decision.allowed, "tap of {name}");
        let junit = render("junit", &decision);
        assert_eq!(
            junit.contains("<failure") || junit.contains("<error"),
            !decision.allowed,
            "junit of {name}"
        );
        let outputs = render("github-output", &decision);
        assert_eq!(outputs.contains("allowed=true\n"), decision.allowed, "outputs of {name}");
        assert_eq!(render("github", &decision).contains("::error "), !decision.allowed, "{name}");
    }
}

#[test]
fn junit_counts_what_it_holds() {
    let text = render("junit", &red());
    let root = text.lines().nth(1).unwrap();
    assert_eq!(root, r#"<testsuites name="gate" tests="12" failures="4" errors="1" skipped="2">"#);
    assert_eq!(text.matches("<failure").count(), 4);
    assert_eq!(text.matches("<error").count(), 1);
    assert_eq!(text.matches("<skipped").count(), 2);
}

#[test]
fn tap_plan_counts_its_points() {
    for (name, decision) in decisions() {
        let text = render("tap", &decision);
        let points =
            text.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")).count();
        assert_eq!(text.lines().nth(1).unwrap(), format!("1..{points}"), "{name}");
    }
}

#[test]
fn rules_that_warn_are_to_do_in_tap_and_rules_that_are_off_are_skipped() {
    let text = render("tap", &red());
    assert!(text.contains("not ok 3 - QUA-005 Quality score # TODO warning only\n"), "{text}");
    assert!(text.contains("ok 7 - SEC-009 Signed artifact # SKIP no artifact is named\n"), "{text}");
    assert_eq!(red().gates[2].rules[1].status, Status::Fail);
    assert!(text.contains("not ok 9 - PER-004 Throughput # TODO warning only\n"), "{text}");
}
