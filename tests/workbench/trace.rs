//! From points and hits to the expressions that stopped.

use gate::workbench::{CoverageReport, Mark, MarkHit, Trace};

fn mark(rule: &str, body: usize, line: u32, text: &str, is_end: bool) -> Mark {
    Mark {
        path: "a.rego".to_owned(),
        line,
        column: 2,
        end_line: line,
        end_column: 9,
        rule: format!("data.a.{rule}"),
        body,
        is_end,
        text: text.to_owned(),
    }
}

fn trace(hits: &[(usize, u64)]) -> Trace {
    Trace {
        marks: vec![
            mark("test_p", 0, 3, "x := helper", false),
            mark("test_p", 0, 4, "x == 1", false),
            mark("test_p", 0, 2, "test_p", true),
            mark("helper", 1, 8, "input.a", false),
            mark("helper", 1, 9, "input.b", false),
            mark("helper", 1, 7, "helper", true),
            mark("other", 2, 12, "false", false),
            mark("other", 2, 11, "other", true),
        ],
        hits: hits
            .iter()
            .map(|(mark, count)| MarkHit { mark: *mark, count: *count, values: Vec::new() })
            .collect(),
    }
}

fn texts(trace: &Trace, rule: &str) -> Vec<String> {
    trace.failed(rule).into_iter().map(|failed| failed.text).collect()
}

#[test]
fn an_expression_stopped_when_it_was_reached_and_the_next_was_not() {
    assert_eq!(texts(&trace(&[(0, 1), (1, 1)]), "data.a.test_p"), ["x == 1"]);
    assert!(texts(&trace(&[(0, 1), (1, 1), (2, 1)]), "data.a.test_p").is_empty());
    assert!(texts(&trace(&[]), "data.a.test_p").is_empty());
    assert!(texts(&trace(&[(0, 0)]), "data.a.test_p").is_empty(), "a hit of nothing is none");
}

#[test]
fn rules_that_the_expression_names_follow_and_others_do_not() {
    let trace = trace(&[(0, 1), (3, 1), (4, 1), (6, 1)]);
    assert_eq!(texts(&trace, "data.a.test_p"), ["x := helper", "input.b"]);
}

#[test]
fn coverage_counts_lines_of_modules_and_nothing_that_was_written_below_them() {
    let mut trace = trace(&[]);
    trace.marks.push(mark("gate_cases_0", 3, 99, "x", false));
    let lines = [("a.rego".to_owned(), 20)].into_iter().collect();
    let report = CoverageReport::of(&[], &lines, &trace.marks, &[2, 0, 0, 1, 1, 1, 0, 0, 7]);
    let file = &report.files["a.rego"];
    assert_eq!((file.covered_lines, file.not_covered_lines), (4, 4));
    assert_eq!(file.lines[&3], 2);
    assert!((report.coverage - 50.0).abs() < 1e-9);
}
