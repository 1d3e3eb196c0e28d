//! Tests of the format `jacoco`.

use gate::model::{Count, Evidence, FileCoverage, Kind, LineHits};
use serde_json::json;

use super::{detected, read_as, read_fixture};

fn file<'a>(evidence: &'a Evidence, path: &str) -> &'a FileCoverage {
    let files = &evidence.coverage.as_ref().unwrap().files;
    files.iter().find(|f| &*f.path == path).unwrap_or_else(|| panic!("{path} is not among the files"))
}

fn codes(evidence: &Evidence) -> Vec<&str> {
    let warnings = evidence.warnings.iter().map(|w| w.code.as_str());
    warnings.chain(evidence.incomplete.iter().map(|i| i.code.as_str())).collect()
}

fn read(body: &str) -> Evidence {
    read_as("jacoco", &format!("<report name=\"r\">{body}</report>")).unwrap()
}

#[test]
fn a_real_report_gives_lines_branches_and_methods_per_source_file() {
    let evidence = read_fixture("jacoco", "red-jacoco.xml");
    let stock = file(&evidence, "example/shop/Stock.java");
    assert_eq!(stock.line_count, Count { covered: 12, valid: 18 });
    assert_eq!(stock.branch_count, Count { covered: 6, valid: 15 });
    assert_eq!(stock.function_count, Count { covered: 4, valid: 7 });
    assert_eq!(stock.lines[8], LineHits { line: 19, hits: 0 });
    assert_eq!(evidence.counts["counters"]["COMPLEXITY"], json!([10, 5]));
    assert_eq!(evidence.produced_at.unwrap().as_millisecond(), 1_795_247_458_715);
    assert_eq!(evidence.kinds, [Kind::Coverage]);
    assert!(codes(&evidence).is_empty());
}

#[test]
fn lines_without_instruction_counts_leave_the_word_to_the_counters_of_their_file() {
    let evidence = read_fixture("jacoco", "red-gcovr.xml");
    assert_eq!(&*evidence.producers[0].name, "gcovr");
    let checksum = file(&evidence, "checksum.c");
    assert!(checksum.lines.is_empty());
    assert_eq!(checksum.line_count, Count { covered: 5, valid: 18 });
    assert_eq!(checksum.branch_count, Count { covered: 2, valid: 14 });
    assert!(codes(&evidence).is_empty());
    assert_eq!(evidence.skipped_total, 0);
}

#[test]
fn lines_without_instruction_counts_and_without_counter_measure_nothing() {
    let evidence = read(r#"<package name="p"><sourcefile name="a.c"><line nr="1"/></sourcefile></package>"#);
    assert_eq!(codes(&evidence), ["nothing-measured"]);
    assert!(evidence.kinds.is_empty());
    assert_eq!(evidence.skipped_total, 1);
}

#[test]
fn counters_that_contradict_the_lines_are_a_warning() {
    let evidence = read(
        r#"<package name="p"><sourcefile name="A.java"><line nr="3" mi="2" ci="0" mb="0" cb="0"/></sourcefile></package>
           <counter type="LINE" missed="0" covered="9"/>"#,
    );
    assert_eq!(codes(&evidence), ["totals-contradict-lines"]);
    assert_eq!(file(&evidence, "p/A.java").line_count, Count { covered: 0, valid: 1 });
    assert_eq!(evidence.counts["counters"], json!({"LINE": [0, 9]}));
}

#[test]
fn a_report_that_only_claims_totals_measured_nothing() {
    let evidence =
        read(r#"<sessioninfo id="x" start="1" dump="2"/><counter type="LINE" missed="0" covered="9"/>"#);
    assert_eq!(codes(&evidence), ["totals-contradict-lines", "nothing-measured"]);
    assert!(evidence.kinds.is_empty());
}

#[test]
fn without_counters_of_the_report_those_below_are_added_up() {
    let evidence = read(
        r#"<group name="g"><package name="a"><counter type="LINE" missed="1" covered="2"/></package></group>
           <package name="b"><sourcefile name="B.kt"><line nr="1" mi="0" ci="1"/><counter type="LINE" missed="0" covered="1"/>
           <counter type="CLASS" missed="0" covered="1"/></sourcefile></package>"#,
    );
    assert_eq!(evidence.counts["counters"], json!({"LINE": [1, 3], "CLASS": [0, 1]}));
}

#[test]
fn one_path_in_two_groups_is_two_files() {
    let module = |name: &str, ci: u32| {
        format!(
            r#"<group name="{name}"><package name="p"><class name="p/A" sourcefilename="A.java"><counter type="LINE" missed="1" covered="0"/></class>
               <sourcefile name="A.java"><line nr="1" mi="1" ci="{ci}"/></sourcefile></package></group>"#
        )
    };
    let evidence = read(&(module("one", 0) + &module("two", 1)));
    assert_eq!(file(&evidence, "p/A.java").line_count, Count { covered: 0, valid: 1 });
    assert_eq!(file(&evidence, "two/p/A.java").line_count, Count { covered: 1, valid: 1 });
    assert_eq!(evidence.coverage.unwrap().files.len(), 2);
}

#[test]
fn a_package_that_is_written_twice_is_joined_line_by_line() {
    let package = |ci: u32| {
        format!(
            r#"<package name="p"><class name="p/A" sourcefilename="A.java"><counter type="LINE" missed="1" covered="0"/></class>
               <sourcefile name="A.java"><line nr="1" mi="1" ci="{ci}"/></sourcefile></package>"#
        )
    };
    let evidence = read(&(package(0) + &package(1)));
    assert_eq!(file(&evidence, "p/A.java").line_count, Count { covered: 1, valid: 1 });
}

#[test]
fn classes_stand_in_where_the_package_holds_no_source_files() {
    let evidence = read(
        r#"<package name="p">
             <class name="p/A" sourcefilename="A.java"><counter type="LINE" missed="1" covered="2"/><counter type="METHOD" missed="0" covered="2"/></class>
             <class name="p/A$B" sourcefilename="A.java"><counter type="LINE" missed="3" covered="0"/></class>
             <class name="p/C"><counter type="LINE" missed="0" covered="1"/></class>
           </package>"#,
    );
    assert_eq!(file(&evidence, "p/A.java").line_count, Count { covered: 2, valid: 6 });
    assert_eq!(file(&evidence, "p/A.java").function_count, Count { covered: 2, valid: 2 });
    assert_eq!(file(&evidence, "p/C").line_count, Count { covered: 1, valid: 1 });
}

#[test]
fn a_class_without_source_file_does_not_count_twice_beside_source_files() {
    let evidence = read(
        r#"<package name="p"><class name="p/A"><counter type="LINE" missed="0" covered="1"/></class>
           <sourcefile name="A.java"><line nr="1" mi="0" ci="1"/></sourcefile></package>"#,
    );
    assert_eq!(evidence.coverage.unwrap().files.len(), 1);
}

#[test]
fn broken_lines_and_counters_are_recorded() {
    let evidence = read(
        r#"<package name="p"><sourcefile name="A.java"><line nr="1" mi="0" ci="1"/><line nr="x" mi="0" ci="1"/>
           <line nr="3" mi="0" ci="-1"/><line mi="0" ci="1"/></sourcefile><sourcefile><line nr="1" ci="1"/></sourcefile></package>
           <counter type="LINES" missed="0" covered="1"/><counter type="LINE" missed="all" covered="1"/>"#,
    );
    assert_eq!(evidence.skipped_total, 6);
    assert_eq!(file(&evidence, "p/A.java").line_count, Count { covered: 1, valid: 1 });
    assert_eq!(
        evidence.skipped[0].reason,
        "a line whose `nr`, `mi`, `ci`, `mb` or `cb` is not a usable number"
    );
}

#[test]
fn a_report_that_is_cut_off_is_an_error() {
    let whole = r#"<report name="r"><package name="p"><sourcefile name="A"><line nr="1" ci="1"/></sourcefile></package></report>"#;
    for cut in 1..whole.len() {
        assert!(read_as("jacoco", whole.get(..cut).unwrap()).is_err(), "{cut}");
    }
}

#[test]
fn an_external_dtd_is_passed_over_and_an_entity_refused() {
    assert_eq!(
        detected(
            "<!DOCTYPE report PUBLIC \"-//JACOCO//DTD Report 1.1//EN\" \"report.dtd\"[]><report><package/></report>"
        ),
        Some("jacoco")
    );
    let text = "<!DOCTYPE report [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><report name=\"&x;\"><package/></report>";
    assert!(read_as("jacoco", text).is_err());
}

#[test]
fn reports_of_other_tools_are_not_jacoco() {
    for other in [
        "<report><stats><packages value=\"1\"/></stats><data><all name=\"all classes\"/></data></report>",
        "<report><errors><error/></errors></report>",
        "<report name=\"x\"/>",
        "<report><package><test/></package></report>",
        "<reports><package/></reports>",
    ] {
        assert_eq!(detected(other), None, "{other}");
    }
    assert!(read_as("jacoco", "<coverage/>").is_err());
}
