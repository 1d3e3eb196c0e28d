//! Tests of the format `lighthouse`.

use gate::model::{Category, Evidence, Finding, Kind, Severity};

use super::{detected, read_as, read_fixture};

fn codes(evidence: &Evidence) -> Vec<&str> {
    evidence.incomplete.iter().map(|i| i.code.as_str()).collect()
}

fn score(evidence: &Evidence, category: &str) -> Option<f64> {
    evidence.pages[0].scores.iter().find(|(id, _)| &**id == category).unwrap().1
}

/// A result with an accessibility category of that score over two audits.
fn result(accessibility: &str, audits: &str) -> String {
    format!(
        r#"{{"lighthouseVersion": "13.5.0", "requestedUrl": "http://a/", "finalDisplayedUrl": "http://a/home",
            "fetchTime": "2026-11-21T07:30:00.000Z", "audits": {{{audits}}}, "categories": {{"accessibility":
            {{"score": {accessibility}, "auditRefs": [{{"id": "image-alt", "weight": 10}}, {{"id": "list", "weight": 3}}]}}}}}}"#
    )
}

fn audit(id: &str, score: &str, mode: &str) -> String {
    format!(r#""{id}": {{"title": "{id} fails", "score": {score}, "scoreDisplayMode": "{mode}"}}"#)
}

fn both(first: &str, second: &str) -> String {
    format!("{}, {}", audit("image-alt", first, "binary"), audit("list", second, "binary"))
}

#[test]
fn failing_accessibility_audits_are_findings() {
    let evidence = read_fixture("lighthouse", "red-checkout-a11y.json");
    assert_eq!(score(&evidence, "accessibility"), Some(24.0));
    assert_eq!(evidence.kinds, [Kind::Accessibility], "no performance was measured");
    assert_eq!(evidence.findings.len(), 9);
    let contrast = evidence.findings.iter().find(|f| &*f.rule == "color-contrast").unwrap();
    assert_eq!(contrast.severity, Severity::High);
    assert_eq!(contrast.category, Some(Category::Accessibility));
    let place = contrast.location.as_ref().unwrap();
    assert_eq!(&*place.path, "http://127.0.0.1:8081/checkout");
    assert_eq!(place.symbol.as_deref(), Some("body > form > span.pale > a"));
    let landmark = evidence.findings.iter().find(|f| &*f.rule == "landmark-one-main").unwrap();
    assert_eq!(landmark.severity, Severity::Medium);
    assert!(evidence.warnings.is_empty() && evidence.incomplete.is_empty() && evidence.skipped_total == 0);
    assert_eq!(evidence.produced_at.map(|at| at.to_string().len()), Some(24));
}

#[test]
fn a_result_of_lighthouse_ci_is_read_alike() {
    let evidence = read_fixture("lighthouse", "red-lhci-checkout.json");
    assert_eq!(evidence.producers[0].version.as_deref(), Some("12.6.1"));
    assert_eq!(score(&evidence, "accessibility"), Some(27.0));
    assert_eq!(evidence.kinds, [Kind::Accessibility]);
}

#[test]
fn a_performance_run_proves_web_vitals_only() {
    let evidence = read_fixture("lighthouse", "green-perf.json");
    assert_eq!(evidence.kinds, [Kind::WebVitals]);
    let page = &evidence.pages[0];
    assert_eq!(score(&evidence, "performance"), Some(100.0));
    assert!(page.lcp_ms.unwrap() > 100.0, "milliseconds");
    assert!(page.cls.unwrap() < 0.1);
    assert!(page.fcp_ms.is_some() && page.tbt_ms.is_some());
    assert_eq!(page.inp_ms, None, "the laboratory does not interact");
}

#[test]
fn a_page_that_failed_to_load_proves_nothing() {
    for (file, code, url) in [
        ("red-not-found.json", "ERRORED_DOCUMENT_REQUEST", "http://127.0.0.1:8081/missing"),
        ("red-refused.json", "CHROME_INTERSTITIAL_ERROR", "http://127.0.0.1:9/"),
    ] {
        let evidence = read_fixture("lighthouse", file);
        assert_eq!(codes(&evidence), ["page-failed"], "{file}");
        assert!(evidence.incomplete[0].message.contains(code), "{file}");
        assert!(evidence.kinds.is_empty(), "{file}");
        assert_eq!(&*evidence.pages[0].url, url);
        assert_eq!(score(&evidence, "accessibility"), None);
    }
}

#[test]
fn a_runtime_error_without_code_is_a_failed_page_and_no_error_is_none() {
    let text = |error: &str| {
        result("1", &both("1", "1")).replacen('{', &format!(r#"{{"runtimeError": {error}, "#), 1)
    };
    for error in ["{}", "\"boom\"", r#"{"code": "NO_FCP", "message": "m"}"#] {
        assert_eq!(codes(&read_as("lighthouse", &text(error)).unwrap()), ["page-failed"], "{error}");
    }
    for error in ["null", r#"{"code": "NO_ERROR", "message": ""}"#] {
        let evidence = read_as("lighthouse", &text(error)).unwrap();
        assert!(evidence.incomplete.is_empty(), "{error}");
        assert_eq!(evidence.kinds, [Kind::Accessibility]);
    }
}

#[test]
fn scores_are_of_a_hundred_without_noise() {
    let evidence = read_as("lighthouse", &result("0.29", &both("1", "0"))).unwrap();
    assert_eq!(score(&evidence, "accessibility"), Some(29.0));
    assert_eq!(evidence.counts["categories"]["accessibility"], 0.29);
    assert_eq!(evidence.findings.len(), 1);
    assert_eq!(&*evidence.findings[0].message, "list fails");
}

#[test]
fn a_score_that_is_null_or_impossible_proves_nothing() {
    for score in ["null", "95", "-1", "\"1\""] {
        let evidence = read_as("lighthouse", &result(score, &both("1", "1"))).unwrap();
        assert_eq!(codes(&evidence), ["nothing-tested"], "{score}");
        assert!(evidence.kinds.is_empty(), "{score}");
        assert_eq!(evidence.skipped_total, u64::from(score != "null"), "{score}");
    }
}

#[test]
fn an_accessibility_score_without_a_tested_audit_proves_nothing() {
    for mode in ["notApplicable", "not-applicable", "manual", "informative"] {
        let audits = format!("{}, {}", audit("image-alt", "null", mode), audit("list", "null", mode));
        let evidence = read_as("lighthouse", &result("1", &audits)).unwrap();
        assert_eq!(codes(&evidence), ["nothing-tested"], "{mode}");
        assert!(evidence.findings.is_empty(), "{mode}");
    }
    let evidence = read_as("lighthouse", &result("1", "")).unwrap();
    assert!(evidence.kinds.is_empty());
    assert_eq!(evidence.warnings.iter().filter(|w| w.code == "audit-absent").count(), 2);
}

#[test]
fn an_audit_that_ended_with_an_error_is_a_failure_of_the_tool() {
    let audits = format!(
        r#"{}, "list": {{"score": null, "scoreDisplayMode": "error", "errorMessage": "no artifact"}},
           "largest-contentful-paint": {{"score": null, "scoreDisplayMode": "error", "errorMessage": "NO_LCP"}},
           "is-crawlable": {{"score": null, "scoreDisplayMode": "error"}}"#,
        audit("image-alt", "1", "binary")
    );
    let evidence = read_as("lighthouse", &result("1", &audits)).unwrap();
    let messages: Vec<_> = evidence.findings.iter().map(|f| &*f.message).collect();
    assert_eq!(
        messages,
        ["audit `list` failed: no artifact", "audit `largest-contentful-paint` failed: NO_LCP"]
    );
    assert!(evidence.findings.iter().all(|f| &*f.rule == Finding::TOOL_FAILURE));
    assert_eq!(evidence.warnings[0].code, "audit-failed", "an audit of no gate is only told");
    assert_eq!(evidence.counts["score_modes"]["error"], 3);
}

#[test]
fn an_audit_that_should_have_a_score_but_has_none_is_a_failure_of_the_tool() {
    for list in [audit("list", "null", "binary"), audit("list", "2", "binary"), r#""list": 7"#.to_owned()] {
        let audits = format!("{}, {list}", audit("image-alt", "1", "binary"));
        let evidence = read_as("lighthouse", &result("1", &audits)).unwrap();
        assert_eq!(evidence.findings.len(), 1, "{list}");
        assert_eq!(&*evidence.findings[0].rule, Finding::TOOL_FAILURE, "{list}");
    }
}

#[test]
fn interaction_to_next_paint_is_read_under_both_names() {
    for id in ["interaction-to-next-paint", "experimental-interaction-to-next-paint"] {
        let audits =
            format!(r#""{id}": {{"score": 1, "scoreDisplayMode": "numeric", "numericValue": 184.5}}"#);
        let evidence = read_as("lighthouse", &result("null", &audits)).unwrap();
        assert_eq!(evidence.pages[0].inp_ms, Some(184.5));
        assert_eq!(evidence.kinds, [Kind::WebVitals]);
    }
}

#[test]
fn a_first_paint_alone_is_no_core_web_vital() {
    let audits =
        r#""first-contentful-paint": {"score": 1, "scoreDisplayMode": "numeric", "numericValue": 9}"#;
    let evidence = read_as("lighthouse", &result("null", audits)).unwrap();
    assert_eq!(evidence.pages[0].fcp_ms, Some(9.0));
    assert!(evidence.kinds.is_empty());
}

#[test]
fn a_run_of_chosen_audits_says_so() {
    let text = result("1", &both("1", "1")).replacen(
        '{',
        r#"{"configSettings": {"onlyAudits": ["image-alt"]}, "runWarnings": ["slow"], "#,
        1,
    );
    let evidence = read_as("lighthouse", &text).unwrap();
    let warnings: Vec<_> = evidence.warnings.iter().map(|w| w.code.as_str()).collect();
    assert_eq!(warnings, ["run-warning", "audits-limited"]);
}

#[test]
fn the_result_of_the_node_interface_is_unwrapped() {
    let text =
        format!(r#"{{"lhr": {}, "report": "...", "artifacts": {{}}}}"#, result("0.9", &both("1", "1")));
    assert_eq!(detected(&text), Some("lighthouse"));
    let evidence = read_as("lighthouse", &text).unwrap();
    assert_eq!(score(&evidence, "accessibility"), Some(90.0));
    assert_eq!(&*evidence.pages[0].url, "http://a/home");
}

#[test]
fn markup_never_reaches_the_model() {
    let audits = format!(
        r#""image-alt": {{"title": "t", "score": 0, "scoreDisplayMode": "binary", "details": {{"items": [
            {{"node": {{"snippet": "<img src=hunter2>", "selector": "img", "nodeLabel": "hunter2"}}}}]}}}}, {}"#,
        audit("list", "1", "binary")
    );
    let evidence = read_as("lighthouse", &result("0.5", &audits)).unwrap();
    assert_eq!(evidence.findings[0].location.as_ref().unwrap().symbol.as_deref(), Some("img"));
    assert!(!format!("{evidence:?}").contains("hunter2"));
}

#[test]
fn files_of_lighthouse_ci_and_look_alikes_are_not_results() {
    assert_eq!(
        detected(r#"[{"url": "u", "isRepresentativeRun": true, "jsonPath": "p", "summary": {}}]"#),
        None
    );
    assert_eq!(detected(r#"[{"name": "minScore", "auditId": "categories", "level": "error"}]"#), None);
    assert_eq!(detected(r#"{"lighthouseVersion": "13.5.0", "audits": {}}"#), None);
    assert_eq!(detected(r#"{"lhr": {"version": 1}}"#), None);
}

#[test]
fn a_result_that_is_cut_off_anywhere_is_an_error() {
    let text = result("1", &both("1", "0"));
    for end in 0..text.len() {
        assert!(read_as("lighthouse", text.get(..end).unwrap()).is_err(), "cut at {end}");
    }
    assert!(read_as("lighthouse", "[]").is_err());
}

#[test]
fn the_error_page_of_the_browser_proves_nothing() {
    let text = result("0.9", &audit("cumulative-layout-shift", "1", "numeric"));
    let text = text.replacen("finalDisplayedUrl", "was", 1);
    let text = text.replacen('{', r#"{"finalDisplayedUrl": "chrome-error://chromewebdata/", "#, 1);
    let evidence = read_as("lighthouse", &text).unwrap();
    assert!(codes(&evidence).contains(&"page-failed"), "{:?}", codes(&evidence));
    assert!(evidence.kinds.is_empty());
}
