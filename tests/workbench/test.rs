//! `gate test`: what is a test, how it ends, and what is shown of it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{code, folder, json, opa, records, stderr};
use crate::cli::{gate, root, stdout};

/// Every kind of rule that a test can be.
const KINDS: &str = r#"package kinds_test

test_true if 1 == 1

test_undefined if { x := 3
	print("x is", x)
	x == 4 }

test_twice if true

test_twice if false

todo_test_later if false

test_conflict if {
	f(1) == 2
}

f(_) := 1

f(_) := 2

test_number := 5

test_false := false

test_set contains 1 if true

test_case[case.note] if {
	some case in [{"note": "a", "x": 1}, {"note": "b", "x": 2}]
	case.x == 1
}

test_deep[n][m] if {
	some n, o in {"q": {"r": 1, "s": 2}}
	some m, v in o
	v == 1
}

test_quoted["a b"] if true

deeper.test_nested if true

deeper.test_nested.more if false

test_division if 1 / 0 == 1

test_function(_) if true

test_no_case[x] if {
	some x in input.none
}

test_default if 2 > 1

default test_default := false
"#;

/// Name and end of each test.
fn ends(results: &Value) -> BTreeMap<String, String> {
    let end = |r: &Value| {
        let end = if r.get("error").is_some() {
            "error"
        } else if r["skip"] == true {
            "skip"
        } else if r["fail"] == true {
            "fail"
        } else {
            "pass"
        };
        let subs = r.get("sub_results").map(|subs| subs.to_string()).unwrap_or_default();
        format!("{end} {}:{} {}", r["location"]["file"].as_str().unwrap(), r["location"]["row"], subs)
    };
    let name = |r: &Value| format!("{}.{}", r["package"].as_str().unwrap(), r["name"].as_str().unwrap());
    let all = results.as_array().unwrap();
    let ends: BTreeMap<String, String> = all.iter().map(|r| (name(r), end(r))).collect();
    assert_eq!(ends.len(), all.len(), "each test has a name of its own");
    ends
}

#[test]
fn every_kind_of_test_ends_as_under_opa() {
    let folder = folder(&[("kinds_test.rego", KINDS)]);
    let output = gate(folder.path(), &["test", ".", "--output", "json"]);
    assert_eq!(code(&output), 1);
    let ours = ends(&json(&output));
    assert_eq!(ours["data.kinds_test.test_twice"], "pass kinds_test.rego:9 ");
    assert_eq!(ours["data.kinds_test.test_twice#01"], "fail kinds_test.rego:11 ");
    assert_eq!(ours["data.kinds_test.deeper[\"test_nested#01\"]"], "fail kinds_test.rego:44 ");
    let Some(theirs) = opa(folder.path(), &["test", ".", "-f", "json"]) else { return };
    assert_eq!(ours, ends(&json(&theirs)));
}

#[test]
fn the_shipped_policies_pass_the_same_tests_as_under_opa() {
    let output = gate(&root(), &["test", "policies", "--timeout", "60s", "--output", "json"]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let ours = ends(&json(&output));
    assert!(ours.values().all(|end| end.starts_with("pass")));
    let Some(theirs) = opa(&root(), &["test", "policies", "-f", "json"]) else { return };
    assert_eq!(ours, ends(&json(&theirs)));
}

#[test]
fn failures_are_shown_with_their_place_and_what_was_printed() {
    let folder = folder(&[("kinds_test.rego", KINDS)]);
    let text = stdout(&gate(folder.path(), &["test"]));
    assert!(text.contains("kinds_test.rego:5: data.kinds_test.test_undefined: FAIL"), "{text}");
    assert!(text.contains("x is 3"), "{text}");
    assert!(text.contains("gave 5, not true"), "{text}");
    assert!(text.contains("  b: FAIL\n") && !text.contains("  a: PASS\n"), "{text}");
    assert!(text.contains("a test takes no arguments"), "{text}");
    assert!(!text.contains("test_true"), "what passes is not listed: {text}");
    assert!(text.ends_with("PASS: 7/21\nFAIL: 11/21\nSKIPPED: 1/21\nERROR: 2/21\n"), "{text}");
    let text = stdout(&gate(folder.path(), &["test", "-v"]));
    assert!(text.contains("data.kinds_test.test_true: PASS") && text.contains("  a: PASS\n"), "{text}");
}

#[test]
fn a_failure_names_the_expression_and_its_values() {
    if !records() {
        eprintln!("skipped: the engine does not record");
        return;
    }
    let folder = folder(&[(
        "a_test.rego",
        "package a_test\n\ntest_it if {\n\tx := 3\n\tcount([1, 2]) == x + 1 with input as {\"a\": 1}\n}\n",
    )]);
    let text = stdout(&gate(folder.path(), &["test"]));
    assert!(text.contains("a_test.rego:5:2: not true:"), "{text}");
    assert!(
        text.contains("x = 3") && text.contains("count([1, 2]) = 2") && text.contains("x + 1 = 4"),
        "{text}"
    );
    let results = json(&gate(folder.path(), &["test", "--output", "json"]));
    assert_eq!(results[0]["expressions"][0]["location"]["row"], 5);
    assert_eq!(results[0]["expressions"][0]["values"]["x"], 3);
    let text = stdout(&gate(folder.path(), &["test", "--output", "github"]));
    assert!(text.contains("::error file=a_test.rego,line=5,col=2,"), "{text}");
}

#[test]
fn no_test_is_an_error_with_a_remedy() {
    let folder =
        folder(&[("a.rego", "package a\n\np := 1\n"), ("b_test.rego", "package b\n\ntest_it if true\n")]);
    for (arguments, says) in [
        (&["test", "a.rego"][..], "there is no test in `a.rego`"),
        (&["test", ".", "--run", "nothing_like_it"], "no test matches"),
        (&["test", "nowhere"], "cannot be read"),
        (&["test", ".", "--run", "("], "no regular expression"),
        (&["test", ".", "--ignore", "*.rego"], "there is no policy"),
        (&["test", ".", "--threshold", "101"], "no percentage"),
        (&["test", ".", "--coverage-output", "lcv=x"], "did you mean `lcov`?"),
    ] {
        let output = gate(folder.path(), arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
    }
    assert!(stderr(&gate(folder.path(), &["test", "a.rego"])).contains("a test is a rule named `test_...`"));
}

#[test]
fn skipped_tests_fail_the_run_unless_they_may() {
    let folder = folder(&[("a_test.rego", "package a\n\ntest_a if true\n\ntodo_test_b if true\n")]);
    assert_eq!(code(&gate(folder.path(), &["test"])), 1);
    assert_eq!(code(&gate(folder.path(), &["test", "-z"])), 0);
}

#[test]
fn a_filter_is_matched_against_the_full_name() {
    let folder = folder(&[(
        "a_test.rego",
        "package a.b\n\ntest_one if true\n\ntest_two if false\n\ntest_two if true\n",
    )]);
    let names = |run: &str| {
        let output = gate(folder.path(), &["test", "--run", run, "--output", "json"]);
        ends(&json(&output)).into_keys().collect::<Vec<_>>()
    };
    assert_eq!(names("data.a.b.test_one"), ["data.a.b.test_one"]);
    assert_eq!(names("two$"), ["data.a.b.test_two"]);
    assert_eq!(names("#01"), ["data.a.b.test_two#01"]);
}

#[test]
fn a_module_that_is_no_rego_is_an_error_at_its_place() {
    let folder = folder(&[("a_test.rego", "package a\n\ntest_a if {\n")]);
    let output = gate(folder.path(), &["test"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("a_test.rego:") && stderr(&output).contains("rego_parse_error"));
}

#[test]
fn a_test_that_never_ends_is_in_error_and_the_others_are_run() {
    let endless =
        "count([1 | some a in numbers.range(1, 20000); some b in numbers.range(1, 20000); a + b == 0]) == 1";
    let text = format!("package a\n\ntest_endless if {endless}\n\ntest_ok if true\n");
    let folder = folder(&[("a_test.rego", &text)]);
    let output = gate(folder.path(), &["test", "--timeout", "300ms", "--output", "json"]);
    assert_eq!(code(&output), 1);
    let ends = ends(&json(&output));
    assert!(ends["data.a.test_endless"].starts_with("error"));
    assert!(ends["data.a.test_ok"].starts_with("pass"));
}

#[test]
fn a_test_that_takes_its_process_down_is_named_and_the_others_are_run() {
    // Functions that call each other: without a check before evaluation the stack ends.
    let text = "package a\n\ntest_deep if f(1)\n\nf(x) if g(x + 1)\n\ng(x) if f(x + 1)\n\ntest_ok if true\n";
    let folder = folder(&[("a_test.rego", text)]);
    let output = gate(folder.path(), &["test", "--output", "json"]);
    if code(&output) == 2 {
        assert!(
            stderr(&output).contains("recursi") || stderr(&output).contains("itself"),
            "{}",
            stderr(&output)
        );
        return;
    }
    assert_eq!(code(&output), 1);
    let ends = ends(&json(&output));
    assert!(ends["data.a.test_deep"].starts_with("error"), "{ends:?}");
    assert!(ends["data.a.test_ok"].starts_with("pass"), "{ends:?}");
}

#[test]
fn results_come_in_every_form() {
    let folder = folder(&[(
        "a_test.rego",
        "package a\n\ntest_a if true\n\ntest_b if false\n\ntest_c[x] if some x in [\"x\"]\n",
    )]);
    let text = |form: &str| stdout(&gate(folder.path(), &["test", "--output", form]));
    let junit = text("junit");
    assert!(
        junit.contains("<testsuite name=\"data.a\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"0\""),
        "{junit}"
    );
    assert!(junit.contains("<testcase classname=\"data.a\" name=\"test_c / x\""), "{junit}");
    let tap = text("tap");
    assert!(
        tap.starts_with("TAP version 14\n1..3\nok 1 - data.a.test_a\nnot ok 2 - data.a.test_b\n"),
        "{tap}"
    );
    let github = text("github");
    assert!(github.contains("::error file=a_test.rego,line="), "{github}");
    assert!(github.ends_with("2 passed, 1 failed, 0 in error, 0 skipped\n"), "{github}");
}

#[test]
fn junit_of_tests_is_evidence_that_gate_reads() {
    let folder = folder(&[("a_test.rego", "package a\n\ntest_a if true\n\ntest_b if false\n")]);
    let junit = stdout(&gate(folder.path(), &["test", "--output", "junit"]));
    super::write(folder.path(), "tests.xml", &junit);
    let inspected = json(&gate(folder.path(), &["inspect", "tests.xml", "--output", "json"]));
    assert_eq!(inspected["files"][0]["format"], "junit", "{inspected}");
}

#[test]
fn host_functions_of_a_capabilities_file_can_be_mocked_and_others_are_refused() {
    let text = "package a\n\np := host.lookup(\"x\")\n\ntest_a if p == 1 with host.lookup as 1\n";
    let folder = folder(&[
        ("a_test.rego", text),
        (
            "capabilities.json",
            r#"{"builtins": [{"name": "host.lookup", "decl": {"args": [{"type": "string"}], "result": {"type": "any"}, "type": "function"}},
                {"name": "equal", "decl": {"args": [{"type": "any"}, {"type": "any"}], "result": {"type": "boolean"}, "type": "function"}}]}"#,
        ),
        ("b/b_test.rego", "package b\n\ntest_b if count([]) == 0\n"),
    ]);
    let output = gate(folder.path(), &["test", "b", "--capabilities", "capabilities.json"]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("b/b_test.rego:3:11: function `count` is not among the capabilities"),
        "{}",
        stderr(&output)
    );
    let output = gate(folder.path(), &["test", "a_test.rego", "--capabilities", "capabilities.json"]);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn coverage_is_that_of_opa() {
    if !records() {
        eprintln!("skipped: the engine does not record");
        return;
    }
    let folder = folder(&[
        (
            "c.rego",
            "package c\n\np if {\n\tinput.x == 1\n\tsome y in [1, 2]\n\ty > 1\n}\n\nq := 2 if input.x == 2\n\nr contains 1 if {\n\tinput.z\n}\n",
        ),
        ("c_test.rego", "package c\n\ntest_p if p with input as {\"x\": 1}\n"),
    ]);
    let output = gate(folder.path(), &["test", "--coverage", "--output", "json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let ours = json(&output);
    let table = stdout(&gate(
        folder.path(),
        &[
            "test",
            "--coverage",
            "--coverage-output",
            "lcov=lcov.info",
            "--coverage-output",
            "cobertura=c.xml",
        ],
    ));
    assert!(
        table.contains("rules that were never true:\n  c.rego:9: data.c.q\n  c.rego:11: data.c.r\n"),
        "{table}"
    );
    let lcov = std::fs::read_to_string(folder.path().join("lcov.info")).unwrap();
    assert!(lcov.contains("SF:c.rego\n") && lcov.contains("DA:9,0\n"), "{lcov}");
    for (file, format) in [("lcov.info", "lcov"), ("c.xml", "cobertura")] {
        let inspected = json(&gate(folder.path(), &["inspect", file, "--output", "json"]));
        assert_eq!(inspected["files"][0]["format"], format);
    }
    assert_eq!(code(&gate(folder.path(), &["test", "--threshold", "99"])), 1);
    assert_eq!(code(&gate(folder.path(), &["test", "--threshold", "10"])), 0);
    let Some(theirs) = opa(folder.path(), &["test", ".", "--coverage"]) else { return };
    let theirs = json(&theirs);
    for file in ["c.rego", "c_test.rego"] {
        let lines = |report: &Value| {
            let counted = |key: &str| report["files"][file][key].as_u64().unwrap_or_default();
            (counted("covered_lines"), counted("not_covered_lines"))
        };
        assert_eq!(lines(&ours), lines(&theirs), "{file}");
    }
}

#[test]
fn coverage_that_is_not_known_never_reaches_a_threshold() {
    let folder = folder(&[("a_test.rego", "package a\n\ntest_a if true\n")]);
    let output = gate(folder.path(), &["test", "--threshold", "0"]);
    assert_eq!(code(&output), i32::from(!records()), "nothing that was reached is not enough");
}

#[test]
fn tests_can_be_timed_and_repeated() {
    let folder = folder(&[("a_test.rego", "package a\n\ntest_a if 1 + 1 == 2\n")]);
    let text = stdout(&gate(folder.path(), &["test", "--bench", "--count", "1"]));
    assert!(text.contains("data.a.test_a: PASS (") && text.contains(" runs, median "), "{text}");
    assert_eq!(code(&gate(folder.path(), &["test", "--count", "3"])), 0);
    assert_eq!(code(&gate(folder.path(), &["test", "--count", "0"])), 2);
}

#[test]
fn v0_modules_are_tested_where_that_is_asked() {
    let folder = folder(&[(
        "a_test.rego",
        "package a\n\ntest_a { count([1]) == 1 }\n\ntest_c[x] = true { x := \"k\" }\n",
    )]);
    assert_eq!(code(&gate(folder.path(), &["test"])), 2);
    let output = gate(folder.path(), &["test", "--v0-compatible"]);
    if code(&output) == 2 && !records() {
        eprintln!("skipped: the engine has no v0: {}", stderr(&output));
        return;
    }
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
}
