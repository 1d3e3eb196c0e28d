//! Tests of the format `lcov`.

use gate::model::{Count, Evidence, FileCoverage, Kind, LineHits};

use super::{detected, read_as, read_fixture};

fn file<'a>(evidence: &'a Evidence, path: &str) -> &'a FileCoverage {
    let files = &evidence.coverage.as_ref().unwrap().files;
    files.iter().find(|f| &*f.path == path).unwrap_or_else(|| panic!("{path} is not among the files"))
}

fn record(body: &str) -> String {
    format!("TN:\nSF:src/a.c\n{body}end_of_record\n")
}

fn read(body: &str) -> Evidence {
    read_as("lcov", &record(body)).unwrap()
}

fn codes(evidence: &Evidence) -> Vec<&str> {
    let warnings = evidence.warnings.iter().map(|w| w.code.as_str());
    warnings.chain(evidence.incomplete.iter().map(|i| i.code.as_str())).collect()
}

#[test]
fn a_real_trace_gives_lines_branches_and_functions_per_file() {
    let evidence = read_fixture("lcov", "red-lcov-branch.info");
    let checksum = file(&evidence, "/app/shop/c/checksum.c");
    assert_eq!(checksum.line_count, Count { covered: 5, valid: 18 });
    assert_eq!(checksum.function_count, Count { covered: 1, valid: 3 });
    assert_eq!(checksum.lines[2], LineHits { line: 7, hits: 4 });
    assert_eq!(
        (checksum.branches[0].line, checksum.branches[0].covered, checksum.branches[0].valid),
        (7, 2, 2)
    );
    assert!(codes(&evidence).is_empty());
    assert_eq!(evidence.kinds, [Kind::Coverage]);
}

#[test]
fn checksums_of_gcovr_and_its_name_are_understood() {
    let evidence = read_fixture("lcov", "red-gcovr.info");
    assert_eq!(&*evidence.producers[0].name, "gcovr");
    assert_eq!(file(&evidence, "/app/shop/c/checksum.c").lines[0], LineHits { line: 4, hits: 1 });
    assert_eq!(evidence.skipped_total, 0);
}

#[test]
fn a_trace_of_an_initial_run_is_coverage_of_nothing_and_still_measured() {
    let evidence = read_fixture("lcov", "red-lcov-zero.info");
    assert_eq!(evidence.counts["lines_covered"], 0);
    assert_eq!(evidence.counts["lines_valid"], 30);
    assert_eq!(evidence.kinds, [Kind::Coverage]);
    assert!(evidence.incomplete.is_empty());
}

#[test]
fn a_trace_without_lines_measured_nothing() {
    for text in ["TN:\nSF:a.c\nend_of_record\n", "TN:\nSF:a.c\nLF:10\nLH:10\nend_of_record\n"] {
        let evidence = read_as("lcov", text).unwrap();
        assert_eq!(evidence.incomplete[0].code, "nothing-measured");
        assert!(evidence.kinds.is_empty());
    }
    assert_eq!(codes(&read("LF:10\nLH:10\n")), ["totals-contradict-lines", "nothing-measured"]);
}

#[test]
fn lines_are_the_truth_and_contradicting_totals_a_warning() {
    let evidence = read("DA:1,1\nDA:2,0\nLF:2\nLH:2\n");
    assert_eq!(evidence.counts["lines_covered"], 1);
    assert_eq!(codes(&evidence), ["totals-contradict-lines"]);
    assert_eq!(
        evidence.warnings[0].message,
        "`src/a.c` claims 2 of 2 lines, its lines add up to 1 of 2; the lines count"
    );
    assert_eq!(codes(&read("DA:1,1\nBRDA:1,0,0,1\nBRF:2\nBRH:1\n")), ["totals-contradict-lines"]);
    assert!(codes(&read("DA:1,1\nDA:2,0\nLF:2\nLH:1\n")).is_empty());
}

#[test]
fn contradictions_of_many_records_are_one_warning() {
    let text = "SF:a\nDA:1,1\nLF:9\nend_of_record\nSF:b\nDA:1,1\nLF:9\nend_of_record\n";
    let evidence = read_as("lcov", text).unwrap();
    assert_eq!(evidence.warnings.len(), 1);
    assert!(evidence.warnings[0].message.contains("(and 1 more records)"));
}

#[test]
fn the_same_file_in_several_records_is_one_file_covered_by_any() {
    let text = "TN:one\nSF:src/a.c\nFN:1,f\nFN:9,g\nFNDA:0,f\nFNDA:1,g\nBRDA:2,0,0,1\nBRDA:2,0,1,-\nDA:1,0\nDA:2,3\n\
                end_of_record\n\
                TN:two\nSF:./src/a.c\nFN:1,f\nFNDA:4,f\nBRDA:2,0,0,-\nBRDA:2,0,1,2\nBRDA:3,0,0,0\nDA:1,5\nDA:2,0\nDA:3,0\n\
                end_of_record\n\
                TN:three\nSF:src/a.c\nBRDA:3,0,0,7\nDA:3,0\nend_of_record\n";
    let evidence = read_as("lcov", text).unwrap();
    assert_eq!(evidence.counts["records"], 3);
    assert_eq!(evidence.counts["files"], 1);
    let file = file(&evidence, "src/a.c");
    let hits: Vec<_> = file.lines.iter().map(|l| (l.line, l.hits)).collect();
    assert_eq!(hits, [(1, 5), (2, 3), (3, 0)]);
    let branches: Vec<_> = file.branches.iter().map(|b| (b.line, b.covered, b.valid)).collect();
    assert_eq!(branches, [(2, 2, 2), (3, 1, 1)]);
    assert_eq!(file.function_count, Count { covered: 2, valid: 2 });
}

#[test]
fn a_line_that_is_written_twice_is_one_line() {
    let evidence = read("DA:46,0\nDA:46,2\nDA:9,0\nLF:2\nLH:1\n");
    let lines = &file(&evidence, "src/a.c").lines;
    assert_eq!(lines, &[LineHits { line: 9, hits: 0 }, LineHits { line: 46, hits: 2 }]);
    assert!(codes(&evidence).is_empty());
}

#[test]
fn huge_counts_are_cut_off() {
    let evidence =
        read("DA:1,2874063630\nDA:2,99999999999999999999999\nDA:3,1.0e+19\nDA:4,1e3\nDA:5,4294967296,abc\n");
    let hits: Vec<_> = file(&evidence, "src/a.c").lines.iter().map(|l| l.hits).collect();
    assert_eq!(hits, [2_874_063_630, u32::MAX, u32::MAX, 1000, u32::MAX]);
    assert_eq!(evidence.counts["bad_lines"], 0);
}

#[test]
fn counts_that_are_none_are_bad_lines() {
    let bad = [
        "DA:2,-1",
        "DA:3,=====",
        "DA:4",
        "DA:5,",
        "DA:,1",
        "DA:x,1",
        "DA:0,1",
        "DA:6,1.5",
        "DA:7,nan",
        "DA:99999999999,1",
        "DA:8,+1",
        "DA:-8,1",
        "DA:9,1e-3",
    ];
    for line in bad {
        let evidence = read(&format!("DA:1,1\n{line}\n"));
        assert_eq!(evidence.counts["bad_lines"], 1, "{line}");
        let uncovered = line.as_bytes()[3].is_ascii_digit() && !line.starts_with("DA:0") && line.len() < 14;
        assert_eq!(evidence.counts["lines_valid"], 1 + u64::from(uncovered), "{line}");
        assert_eq!(evidence.counts["lines_covered"], 1, "{line}");
        assert_eq!(evidence.skipped[0].at, "line 4, column 1");
        assert_eq!(evidence.skipped[0].reason, "a `DA` line that cannot be read");
    }
}

#[test]
fn words_that_are_no_keyword_and_lines_outside_of_records_are_bad_lines() {
    let evidence = read_as("lcov", &(record("DA:1,1\nXY:3\n") + "DA:2,0\nEOF\nend_of_record\n")).unwrap();
    let reasons: Vec<_> = evidence.skipped.iter().map(|s| s.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "`XY` is no keyword of a trace",
            "`DA` outside of a record",
            "`EOF` outside of a record",
            "`end_of_record` outside of a record",
        ]
    );
    assert_eq!(evidence.counts["bad_lines"], 4);
    assert_eq!(evidence.skipped_total, 4);
}

#[test]
fn a_source_file_without_a_path_is_recorded_with_its_lines() {
    let evidence = read_as("lcov", &(record("DA:1,1\n") + "SF:\nDA:1,1\nend_of_record\n")).unwrap();
    assert_eq!(evidence.counts["bad_lines"], 3);
    assert_eq!(evidence.counts["lines_valid"], 1);
}

#[test]
fn a_branch_that_was_not_reached_counts_as_not_taken() {
    let evidence = read("BRDA:1,0,0,-\nBRDA:1,0,1,0\nBRDA:1,0,2,5\nDA:1,1\n");
    assert_eq!(evidence.counts["branches_valid"], 3);
    assert_eq!(evidence.counts["branches_covered"], 1);
}

#[test]
fn exception_branches_and_branches_named_by_expressions_are_branches() {
    let evidence = read(
        "BRDA:1,0,0,1\nBRDA:1,e0,0,-\nBRDA:1,e0,1,2\nBRDA:2,0,(a, b) > 1,0\nBRDA:2,0,(a, c) > 1,3\nDA:1,1\r\n",
    );
    assert_eq!(evidence.counts["branches_valid"], 5);
    assert_eq!(evidence.counts["branches_covered"], 3);
    assert_eq!(evidence.counts["bad_lines"], 0);
}

#[test]
fn a_branch_with_a_bad_count_is_a_bad_line() {
    for line in ["BRDA:1,0,0,-2", "BRDA:1,0", "BRDA:1,0,3", "BRDA:x,0,0,1", "BRDA:1,0,0,"] {
        let evidence = read(&format!("DA:1,1\n{line}\n"));
        assert_eq!(evidence.counts["bad_lines"], 1, "{line}");
        assert_eq!(evidence.counts["branches_valid"], 0, "{line}");
    }
}

#[test]
fn function_names_may_hold_commas_and_lines_may_have_an_end() {
    let evidence = read(
        "FN:1,f(int, char)\nFN:5,9,g\nFN:10,12,h(a, b)\nFN:20,3dots\nFNDA:2,f(int, char)\nFNDA:0,g\nFNDA:1,h(a, b)\nDA:1,1\n",
    );
    assert_eq!(evidence.counts["functions_valid"], 4);
    assert_eq!(evidence.counts["functions_covered"], 2);
    assert_eq!(evidence.counts["bad_lines"], 0);
}

#[test]
fn functions_of_lcov_2_are_counted_once_for_all_their_names() {
    let evidence = read("FNL:0,1,4\nFNA:0,0,f<int>\nFNA:0,3,f<char>\nFNL:1,6\nFNA:1,0,g\nDA:1,1\n");
    assert_eq!(evidence.counts["functions_valid"], 2);
    assert_eq!(evidence.counts["functions_covered"], 1);
}

#[test]
fn what_gate_does_not_use_is_passed_over() {
    let evidence = read(
        "VER:28bbf5b2\n# a remark\n\nMCDC:1,2,t,1,0,a && b\nMCF:2\nMCH:1\nFNF:0\nFNH:0\nBRF:0\nBRH:0\nDA:1,1\n",
    );
    assert_eq!(evidence.counts["bad_lines"], 0);
    assert_eq!(evidence.skipped_total, 0);
}

#[test]
fn line_ends_of_windows_and_paths_of_windows_are_read() {
    let evidence =
        read_as("lcov", "TN:\r\nSF:C:\\src\\a.cs\r\nDA:1,2\r\nBRDA:1,0,0,-\r\nLF:1\r\nend_of_record\r\n")
            .unwrap();
    assert_eq!(file(&evidence, "C:/src/a.cs").line_count, Count { covered: 1, valid: 1 });
    assert_eq!(evidence.counts["bad_lines"], 0);
}

#[test]
fn a_trace_that_is_cut_off_inside_a_record_is_an_error() {
    let whole = record("FN:1,f\nFNDA:1,f\nBRDA:1,0,0,1\nDA:1,1\nDA:2,0\nLF:2\n");
    let inside = whole.find("SF:").unwrap() + "SF:s".len();
    let end = whole.len() - "\n".len();
    for cut in inside..end {
        let error = read_as("lcov", whole.get(..cut).unwrap()).unwrap_err();
        assert!(error.message.contains("`end_of_record`"), "{cut}: {error}");
    }
    assert!(read_as("lcov", whole.get(..end).unwrap()).is_ok(), "only the last line end is missing");
}

#[test]
fn a_record_that_the_next_one_interrupts_is_an_error() {
    let error = read_as("lcov", "SF:a\nDA:1,1\nSF:b\nDA:1,1\nend_of_record\n").unwrap_err();
    assert_eq!(error.byte, Some(12));
    assert_eq!(error.message, "expected `end_of_record` before the next `SF`");
}

#[test]
fn a_text_without_any_record_is_no_trace() {
    assert!(read_as("lcov", "hello\n").is_err());
}

#[test]
fn a_trace_is_recognised_by_its_first_lines() {
    assert_eq!(detected("TN:\nSF:a.c\nend_of_record\n"), Some("lcov"));
    assert_eq!(detected("SF:a.c\nend_of_record\n"), Some("lcov"));
    assert_eq!(detected("# lcov 2\n\nTN:x\n# more\nSF:a.c\nend_of_record\n"), Some("lcov"));
    for other in ["TN: a telephone number\n", "DA:1,1\nSF:a.c\n", "mode: set\na.go:1.2,3.4 1 1\n", "SFO: x\n"]
    {
        assert_eq!(detected(other), None, "{other}");
    }
}

#[test]
fn more_lines_than_the_limit_are_an_error() {
    let text = record("DA:1,1\nDA:2,1\n");
    let declaration = gate::format::Declaration::default();
    let limits = gate::read::Limits { elements: 4, ..gate::read::Limits::default() };
    let document = gate::format::Document { name: "t", text: &text, declaration: &declaration, limits };
    let error = gate::format::parse(gate::format::by_id("lcov").unwrap(), &document).unwrap_err();
    assert_eq!(error.message, "more lines than the limit of 4");
}

#[test]
fn lines_that_belong_to_no_file_make_the_trace_incomplete() {
    for lost in ["DA:2,0\n", "SF:\nDA:2,0\nend_of_record\n"] {
        let evidence = read_as("lcov", &(record("DA:1,1\n") + lost)).unwrap();
        assert_eq!(evidence.incomplete[0].code, "lines-without-file", "{lost}");
    }
    let evidence = read_as("lcov", &(record("DA:1,1\n") + "EOF\n")).unwrap();
    assert!(evidence.incomplete.is_empty());
}
