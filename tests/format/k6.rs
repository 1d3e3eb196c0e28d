//! Tests of the format `k6`.

use gate::model::{Evidence, Kind, LoadRun};

use super::{detected, read_as, read_fixture};

fn load(evidence: &Evidence) -> &LoadRun {
    evidence.load.as_ref().unwrap()
}

fn codes(evidence: &Evidence) -> Vec<&str> {
    evidence.incomplete.iter().map(|i| i.code.as_str()).collect()
}

fn warned(evidence: &Evidence, code: &str) -> usize {
    evidence.warnings.iter().filter(|w| w.code == code).count()
}

/// Expressions of the thresholds that failed, with their metrics.
fn failed(evidence: &Evidence) -> Vec<String> {
    let thresholds = load(evidence).thresholds.as_ref().unwrap();
    thresholds.iter().filter(|t| !t.passed).map(|t| format!("{} {}", t.metric, t.expression)).collect()
}

/// A flat summary with one request and the given metrics.
fn flat(metrics: &str) -> String {
    format!(
        r#"{{"root_group": {{"groups": {{}}, "checks": {{}}}}, "metrics": {{
            "http_reqs": {{"count": 10, "rate": 5}}, "iterations": {{"count": 10, "rate": 5}}, {metrics}}}}}"#
    )
}

#[test]
fn the_two_threshold_shapes_of_one_run_give_the_same_verdicts() {
    let export = read_fixture("k6", "red-summary-export.json");
    let handle = read_fixture("k6", "red-handle-summary.json");
    let wanted = [
        "checkout_time p(95)<200",
        "checks rate>0.99",
        "group_duration{group:::browse} p(95)<150",
        "http_req_duration p(95)<200",
        "http_req_duration{kind:list} p(95)<150",
        "http_req_failed rate<0.01",
    ];
    assert_eq!(failed(&export), wanted);
    assert_eq!(failed(&handle), wanted);
    for evidence in [&export, &handle] {
        assert!(evidence.warnings.is_empty(), "{:?}", evidence.warnings);
        assert!(evidence.incomplete.is_empty());
        assert_eq!(evidence.skipped_total, 0);
        assert_eq!(evidence.kinds, [Kind::Load]);
        let run = load(evidence);
        assert_eq!((run.requests, run.failed_requests, run.error_rate), (Some(100), Some(3), Some(0.03)));
        assert_eq!(run.p95_ms, Some(489.48141215));
        assert_eq!(run.p99_ms, None, "k6 does not record it unless asked to");
        assert_eq!(run.throughput, Some(20.92825089953803));
        assert_eq!((run.checks.covered, run.checks.valid), (106, 125));
    }
    assert_eq!(load(&export).metrics.len(), load(&handle).metrics.len());
    assert!(load(&export).metrics.is_sorted_by(|a, b| (&a.name, &a.statistic) < (&b.name, &b.statistic)));
}

#[test]
fn a_green_run_has_every_threshold_passed_in_both_shapes() {
    for file in ["green-summary-export.json", "green-handle-summary.json"] {
        let evidence = read_fixture("k6", file);
        assert_eq!(load(&evidence).thresholds.as_ref().unwrap().len(), 9);
        assert_eq!(failed(&evidence), [""; 0]);
        assert!(evidence.warnings.is_empty() && evidence.incomplete.is_empty());
    }
}

#[test]
fn the_machine_readable_shape_says_nothing_of_thresholds_and_carries_version_and_time() {
    for file in ["red-new-summary-export-compact.json", "red-new-handle-summary-full.json"] {
        let evidence = read_fixture("k6", file);
        assert_eq!(load(&evidence).thresholds, None);
        assert_eq!(warned(&evidence, "no-thresholds-in-shape"), 1);
        assert_eq!(evidence.producers[0].version.as_deref(), Some("1.8.1"));
        assert_eq!(&*evidence.format_version, "1.0.0");
        assert!(evidence.produced_at.is_some());
        assert_eq!(load(&evidence).failed_requests, Some(3));
    }
    let evidence = read_fixture("k6", "red-new-summary-export-compact.json");
    let run = load(&evidence);
    assert_eq!(run.throughput, Some(100.0 / 4.920990156), "`config.duration` is in seconds");
    assert_eq!(run.p95_ms, Some(498.6364405499999));
    assert_eq!((run.checks.covered, run.checks.valid), (103, 125));
}

#[test]
fn the_embedded_script_never_reaches_the_model() {
    let text = r#"{"version": "1.0.0", "metadata": {"k6_version": "1.8.1"},
        "config": {"duration": 1, "script": "const key = 'hunter2'"}, "results": {"metrics": [], "checks": {}}}"#;
    assert_eq!(detected(text), Some("k6"));
    assert!(!format!("{:?}", read_as("k6", text).unwrap()).contains("hunter2"));
}

#[test]
fn another_version_of_the_machine_readable_shape_is_refused() {
    let text = r#"{"version": "2.0.0", "metadata": {"k6_version": "2"}, "config": {}, "results": {}}"#;
    assert_eq!(
        read_as("k6", text).unwrap_err().message,
        "version `2.0.0` of k6's machine-readable summary is not known"
    );
}

#[test]
fn a_run_without_requests_proves_nothing_though_every_threshold_passed() {
    for file in [
        "red-idle-summary-export.json",
        "red-idle-new-summary-export.json",
        "red-setup-throws-summary-export.json",
    ] {
        let evidence = read_fixture("k6", file);
        assert_eq!(codes(&evidence), ["no-requests"], "{file}");
        assert!(evidence.kinds.is_empty(), "{file}");
        assert_eq!(load(&evidence).p95_ms, None, "{file}: 0 is not a latency");
        assert_eq!(load(&evidence).error_rate, None, "{file}: 0 of 0 is not a rate");
    }
    assert_eq!(warned(&read_fixture("k6", "red-setup-throws-summary-export.json"), "no-iterations"), 1);
}

#[test]
fn a_threshold_on_nothing_that_the_values_contradict_counts_as_failed() {
    let evidence = read_fixture("k6", "red-idle-summary-export.json");
    assert_eq!(failed(&evidence), ["checks rate>0.99"]);
    assert_eq!(warned(&evidence, "threshold-without-samples"), 2, "checks and http_req_failed are 0 of 0");
    assert_eq!(evidence.counts["thresholds_failed"], 0, "counts say what the file says");
}

#[test]
fn a_run_in_which_every_request_failed_is_load_but_not_complete() {
    for file in [
        "red-all-failed-green-thresholds-summary-export.json",
        "red-all-failed-green-thresholds-handle-summary.json",
        "red-all-failed-green-thresholds-new-summary-export.json",
    ] {
        let evidence = read_fixture("k6", file);
        assert_eq!(codes(&evidence), ["all-requests-failed"], "{file}");
        assert_eq!(evidence.kinds, [Kind::Load], "{file}");
        let run = load(&evidence);
        assert_eq!((run.requests, run.failed_requests, run.error_rate), (Some(40), Some(40), Some(1.0)));
        assert_eq!(run.p95_ms, None, "{file}: no request was answered");
        assert_eq!(warned(&evidence, "durations-zero"), 1, "{file}");
    }
}

#[test]
fn a_run_without_thresholds_has_an_empty_list_of_them() {
    for file in [
        "red-thresholds-switched-off-summary-export.json",
        "red-no-thresholds-handle-summary.json",
        "red-plain-summary-export.json",
    ] {
        let evidence = read_fixture("k6", file);
        assert_eq!(load(&evidence).thresholds.as_deref(), Some(&[][..]), "{file}");
        assert!(evidence.warnings.is_empty(), "{file}");
    }
}

#[test]
fn the_time_unit_of_the_summary_does_not_change_its_numbers() {
    for file in ["green-stats-seconds-summary-export.json", "green-stats-seconds-handle-summary.json"] {
        let evidence = read_fixture("k6", file);
        let run = load(&evidence);
        assert_eq!(run.p95_ms, None);
        assert!(run.p99_ms.unwrap() > 0.5, "{file}: milliseconds");
        let metric =
            run.metrics.iter().find(|m| &*m.name == "http_req_duration" && &*m.statistic == "p99.9").unwrap();
        assert_eq!(metric.unit, "ms");
    }
    let evidence = read_fixture("k6", "green-stats-seconds-new-summary-export.json");
    assert_eq!(evidence.skipped_total, 0, "a percentile that is null was not asked for");
}

#[test]
fn units_follow_the_type_of_a_metric() {
    let evidence = read_fixture("k6", "red-handle-summary.json");
    let unit = |name: &str, statistic: &str| {
        load(&evidence)
            .metrics
            .iter()
            .find(|m| &*m.name == name && &*m.statistic == statistic)
            .map(|m| m.unit)
    };
    assert_eq!(unit("http_req_duration{kind:list}", "p95"), Some("ms"));
    assert_eq!(unit("basket_value", "avg"), Some(""));
    assert_eq!(unit("http_req_failed", "rate"), Some("ratio"));
    assert_eq!(unit("http_req_failed", "passes"), Some("count"));
    assert_eq!(unit("http_reqs", "rate"), Some("1/s"));
    assert_eq!(unit("http_reqs", "count"), Some("count"));
    assert_eq!(unit("data_sent", "count"), Some("bytes"));
}

#[test]
fn a_file_that_mixes_both_polarities_is_refused() {
    let mixes = [
        // A verdict of one shape among values of the other.
        r#"{"root_group": {}, "metrics": {"a": {"values": {"rate": 1}, "thresholds": {"rate>0": true}}}}"#,
        r#"{"root_group": {}, "metrics": {"a": {"rate": 1, "thresholds": {"rate>0": {"ok": true}}}}}"#,
        // Metrics of both.
        r#"{"root_group": {}, "metrics": {"a": {"values": {"rate": 1}}, "b": {"count": 2}}}"#,
        // Groups of one, metrics of the other.
        r#"{"root_group": {"groups": [], "checks": []}, "metrics": {"b": {"count": 2}}}"#,
        r#"{"metrics": {"b": {"values": {"count": 2}}}, "root_group": {"groups": {}, "checks": {}}}"#,
        r#"{"metrics": {"a": {"thresholds": {"x": true}}, "b": {"thresholds": {"y": {"ok": true}}}}, "root_group": {}}"#,
    ];
    for text in mixes {
        let error = read_as("k6", text).unwrap_err();
        assert!(error.message.contains("stands for opposite verdicts"), "{text}: {error}");
        assert!(error.byte.is_some() && error.help.is_some());
    }
}

#[test]
fn a_threshold_said_to_hold_against_its_own_values_counts_as_failed() {
    let cases = [
        ("\"p(95)\": 812.5, \"avg\": 1", "p(95)<500", true),
        ("\"p(95)\": 812.5, \"avg\": 1", "p( 95.0 ) < 500", true),
        ("\"p(95)\": 500, \"avg\": 1", "p(95)<=500", false),
        ("\"p(95)\": 500, \"avg\": 1", "p(95)<500", true),
        ("\"avg\": 201", "avg<200", true),
        ("\"avg\": 201", "avg>200", false),
        ("\"med\": 3, \"avg\": 1", "med!=3", true),
        ("\"max\": 3, \"avg\": 1", "max===4", true),
        ("\"value\": 0.5, \"passes\": 1, \"fails\": 1", "rate<0.01", true),
        ("\"value\": 0.5, \"passes\": 1, \"fails\": 1", "rate >= 0.5", false),
        ("\"count\": 9, \"rate\": 1", "count>10", true),
        ("\"value\": 7, \"min\": 1, \"max\": 9", "value<7", true),
        // Not decidable: another percentile, another grammar.
        ("\"p(95)\": 812.5, \"avg\": 1", "p(99)<500", false),
        ("\"avg\": 1", "hello", false),
        // The rate of a counter is taken a little earlier for the verdict.
        ("\"count\": 9, \"rate\": 99.7", "rate>100", false),
        ("\"count\": 9, \"rate\": 90", "rate>100", true),
    ];
    for (stats, expression, contradicts) in cases {
        let evidence =
            read_as("k6", &flat(&format!(r#""m": {{{stats}, "thresholds": {{"{expression}": false}}}}"#)))
                .unwrap();
        assert_eq!(
            warned(&evidence, "threshold-contradicts-values") > 0,
            contradicts,
            "{stats} {expression}"
        );
        assert_eq!(failed(&evidence).len(), usize::from(contradicts), "{stats} {expression}");
    }
    let evidence = read_as(
        "k6",
        r#"{"root_group": {"groups": [], "checks": []}, "metrics": {"http_reqs": {"values": {"count": 1}},
            "d": {"type": "trend", "values": {"p(95)": 9}, "thresholds": {"p(95)<5": {"ok": true}}}}}"#,
    )
    .unwrap();
    assert_eq!(failed(&evidence), ["d p(95)<5"]);
}

#[test]
fn a_threshold_that_the_tool_failed_stays_failed_whatever_the_values() {
    let evidence = read_as("k6", &flat(r#""m": {"avg": 1, "thresholds": {"avg<200": true}}"#)).unwrap();
    assert_eq!(failed(&evidence), ["m avg<200"]);
}

#[test]
fn a_verdict_that_cannot_be_read_counts_as_failed_and_is_recorded() {
    let evidence = read_as(
        "k6",
        &flat(r#""m": {"avg": 1, "thresholds": {"avg<1": "passed", "avg<2": null, "avg<3": false}}"#),
    )
    .unwrap();
    assert_eq!(failed(&evidence), ["m avg<1", "m avg<2"]);
    assert_eq!(evidence.counts["thresholds_failed"], 2);
    assert_eq!(evidence.skipped_total, 2);
    assert!(evidence.skipped[0].at.starts_with("/metrics/m/thresholds/avg<1 "), "{:?}", evidence.skipped);

    let text = r#"{"root_group": {}, "metrics": {"m": {"values": {}, "thresholds": {"a": {"ok": "yes"}, "b": {}}}}}"#;
    let evidence = read_as("k6", text).unwrap();
    assert_eq!(failed(&evidence), ["m a", "m b"]);
}

#[test]
fn what_passes_in_http_req_failed_are_the_failures() {
    let evidence =
        read_as("k6", &flat(r#""http_req_failed": {"passes": 2, "fails": 8, "value": 0.2}"#)).unwrap();
    let run = load(&evidence);
    assert_eq!((run.failed_requests, run.error_rate), (Some(2), Some(0.2)));
}

#[test]
fn a_rate_that_contradicts_its_counts_is_the_larger_of_the_two() {
    for (passes, value) in [(5, 0.0), (0, 0.5)] {
        let evidence = read_as(
            "k6",
            &flat(&format!(r#""http_req_failed": {{"passes": {passes}, "fails": 5, "value": {value}}}"#)),
        )
        .unwrap();
        assert_eq!(load(&evidence).error_rate, Some(0.5));
        assert_eq!(warned(&evidence, "rate-contradicts-counts"), 1);
    }
}

#[test]
fn numbers_that_cannot_be_are_not_used() {
    let evidence = read_as(
        "k6",
        &flat(
            r#""http_req_failed": {"value": -1, "fails": 1}, "http_req_duration": {"p(95)": -3, "avg": 1, "max": "9"}"#,
        ),
    )
    .unwrap();
    let run = load(&evidence);
    assert_eq!((run.error_rate, run.p95_ms, run.max_ms), (None, None, None));
    assert_eq!(warned(&evidence, "value-out-of-range"), 2);
    assert_eq!(warned(&evidence, "no-error-rate"), 1);
    assert!(evidence.skipped[0].reason.contains("expected a number, found a string"));

    let evidence =
        read_as("k6", r#"{"root_group": {}, "metrics": {"http_reqs": {"count": "many"}}}"#).unwrap();
    assert_eq!(codes(&evidence), ["no-requests"]);
    assert!(read_as("k6", &flat(r#""m": {"avg": NaN}"#)).is_err());
    assert!(read_as("k6", &flat(r#""m": {"avg": 1e400}"#)).is_err());
}

#[test]
fn only_other_protocols_than_http_are_load_without_requests() {
    let text = r#"{"root_group": {"groups": {}, "checks": {}}, "metrics": {"iterations": {"count": 3, "rate": 1},
        "grpc_req_duration": {"avg": 2, "med": 2}}}"#;
    let evidence = read_as("k6", text).unwrap();
    assert_eq!(codes(&evidence), ["no-requests"]);
    assert_eq!(evidence.kinds, [Kind::Load]);
    let evidence = read_as("k6", &text.replace(": 2", ": 0")).unwrap();
    assert!(evidence.kinds.is_empty(), "a metric without a sample is no run");
}

#[test]
fn checks_in_nested_groups_are_counted_in_both_forms() {
    let map = r#"{"metrics": {}, "root_group": {"checks": {"a": {"passes": 3, "fails": 0}},
        "groups": {"g": {"checks": {}, "groups": {"h": {"checks": {"b": {"passes": 1, "fails": 2}}}}}}}}"#;
    let list = r#"{"metrics": {}, "root_group": {"checks": [{"passes": 3, "fails": 0}],
        "groups": [{"checks": [], "groups": [{"checks": [{"passes": 1, "fails": 2}]}]}]}}"#;
    for text in [map, list] {
        let evidence = read_as("k6", text).unwrap();
        assert_eq!((load(&evidence).checks.covered, load(&evidence).checks.valid), (4, 6));
        assert_eq!(evidence.counts["checks"], 2);
        assert_eq!(evidence.counts["checks_with_failures"], 1);
    }
}

#[test]
fn checks_removed_from_the_groups_are_noticed() {
    let evidence = read_as("k6", &flat(r#""checks": {"passes": 10, "fails": 4, "value": 0.7}"#)).unwrap();
    assert_eq!(warned(&evidence, "totals-contradict-checks"), 1);
}

#[test]
fn a_broken_check_counts_as_failed() {
    let text =
        r#"{"metrics": {}, "root_group": {"checks": [{"passes": 3, "fails": "none"}, 7], "groups": []}}"#;
    let evidence = read_as("k6", text).unwrap();
    assert_eq!((load(&evidence).checks.covered, load(&evidence).checks.valid), (3, 4));
    assert_eq!(evidence.skipped_total, 3);
}

#[test]
fn a_metric_written_twice_is_an_error() {
    let named = r#"{"root_group": {}, "metrics": {"a": {"avg": 1}, "a": {"avg": 2}}}"#;
    assert!(read_as("k6", named).unwrap_err().message.contains("written twice"));
    let listed = r#"{"version": "1.0.0", "metadata": {"k6_version": "1"}, "config": {}, "results": {"metrics": [
        {"name": "a", "values": {"avg": 1}}, {"name": "a", "values": {"avg": 2}}]}}"#;
    assert_eq!(read_as("k6", listed).unwrap_err().message, "metric `a` is written twice");
}

#[test]
fn data_points_and_look_alikes_are_not_summaries() {
    let points =
        "{\"type\":\"Metric\",\"data\":{},\"metric\":\"http_reqs\"}\n{\"type\":\"Point\",\"data\":{}}\n";
    assert_eq!(detected(points), None);
    assert_eq!(detected(r#"{"metrics": {}, "results": [], "errors": []}"#), None);
    assert_eq!(detected(r#"{"metrics": [], "root_group": {}}"#), None);
    assert_eq!(detected(r#"{"version": "1", "config": {}, "metadata": {}, "results": {}}"#), None);
}

#[test]
fn a_summary_that_is_cut_off_anywhere_is_an_error() {
    let text = std::fs::read_to_string(super::fixtures("k6").join("red-plain-summary-export.json")).unwrap();
    let text = text.trim_end();
    for end in (0..text.len()).step_by(7) {
        assert!(read_as("k6", text.get(..end).unwrap()).is_err(), "cut at {end}");
    }
    assert!(read_as("k6", "[]").is_err());
}
