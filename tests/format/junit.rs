//! Tests of the format `junit`.

use gate::format::{self, Declaration, Document};
use gate::model::{Evidence, Kind, TestCase, TestKind, TestOutcome};
use gate::read::Limits;

use super::{detected, read_as, read_fixture};

fn read(text: &str) -> Evidence {
    read_as("junit", text).unwrap()
}

fn cases(evidence: &Evidence) -> Vec<(&str, TestOutcome)> {
    evidence.tests.as_ref().unwrap().cases.iter().map(|c| (&*c.name, c.outcome)).collect()
}

fn case<'a>(evidence: &'a Evidence, name: &str) -> &'a TestCase {
    let cases = &evidence.tests.as_ref().unwrap().cases;
    cases.iter().find(|c| &*c.name == name).unwrap_or_else(|| panic!("{name} is not among the cases"))
}

fn codes(evidence: &Evidence) -> Vec<&str> {
    let warnings = evidence.warnings.iter().map(|w| w.code.as_str());
    warnings.chain(evidence.incomplete.iter().map(|i| i.code.as_str())).collect()
}

fn with(evidence: &Evidence, outcome: TestOutcome) -> usize {
    evidence.tests.as_ref().unwrap().cases.iter().filter(|c| c.outcome == outcome).count()
}

#[test]
fn tries_of_pytest_that_look_passed_do_not_hide_the_failure() {
    let evidence = read_fixture("junit", "red-pytest.xml");
    assert_eq!(evidence.counts["tests"], 18, "elements are counted as they stand");
    assert_eq!(evidence.tests.as_ref().unwrap().cases.len(), 15);
    assert_eq!(case(&evidence, "test_product_price_is_text").outcome, TestOutcome::Failed);
    assert_eq!(with(&evidence, TestOutcome::Passed), 11);
    assert_eq!(&*evidence.producers[0].name, "pytest");
}

#[test]
fn a_go_test_that_passes_when_tried_again_is_flaky_and_one_that_does_not_failed() {
    let evidence = read_fixture("junit", "red-go-rerun.xml");
    assert_eq!(case(&evidence, "TestFlaky").outcome, TestOutcome::Flaky);
    assert_eq!(case(&evidence, "TestGrade/idle").outcome, TestOutcome::Failed);
    assert!(case(&evidence, "TestFlaky").message.is_some(), "why its first try failed");
}

#[test]
fn surefire_writes_tries_below_the_test() {
    let evidence = read_fixture("junit", "red-surefire.xml");
    assert_eq!(&*evidence.producers[0].name, "Maven Surefire");
    assert_eq!(with(&evidence, TestOutcome::Flaky), 1);
    assert_eq!(evidence.counts["flaky"], 1);
    assert!(codes(&evidence).is_empty(), "attributes that count tries are no contradiction");
}

#[test]
fn a_failing_todo_of_node_is_not_a_failure() {
    let evidence = read_fixture("junit", "red-node-test.xml");
    assert_eq!(case(&evidence, "todo one").outcome, TestOutcome::Skipped);
    assert_eq!(case(&evidence, "price is a number").outcome, TestOutcome::Failed);
    assert_eq!(&*case(&evidence, "price is a number").suite, "nested");
    assert_eq!(&*case(&evidence, "lists products").suite, "");
}

#[test]
fn a_collection_error_is_an_error() {
    let evidence = read_fixture("junit", "red-pytest-collection-error.xml");
    assert_eq!(cases(&evidence), [("tests.test_shop", TestOutcome::Error)]);
    assert_eq!(case(&evidence, "tests.test_shop").message.as_deref(), Some("collection failure"));
}

#[test]
fn a_run_without_tests_is_incomplete() {
    for file in ["red-pytest-no-tests.xml", "green-gosec.xml", "green-spectral.xml", "green-bandit.xml"] {
        let evidence = read_fixture("junit", file);
        assert_eq!(evidence.incomplete[0].code, "nothing-tested", "{file}");
        assert!(evidence.kinds.is_empty(), "{file}");
    }
}

#[test]
fn a_run_that_skipped_everything_is_incomplete() {
    let evidence = read(
        "<testsuite name='s' tests='2'><testcase name='a'><skipped/></testcase><testcase name='b' status='notrun'/></testsuite>",
    );
    assert_eq!(codes(&evidence), ["nothing-tested"]);
    assert!(evidence.kinds.is_empty());
    assert_eq!(evidence.counts["skipped"], 2);
}

#[test]
fn green_reports_show_no_failure_and_no_contradiction() {
    let mut seen = 0;
    for entry in std::fs::read_dir(super::fixtures("junit")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if name.starts_with("green") {
            let evidence = read_fixture("junit", &name);
            assert_eq!(
                with(&evidence, TestOutcome::Failed) + with(&evidence, TestOutcome::Error),
                0,
                "{name}"
            );
            assert!(evidence.skipped.is_empty(), "{name}: {:?}", evidence.skipped);
            seen += 1;
        }
    }
    assert!(seen > 20);
}

#[test]
fn red_reports_show_a_failure() {
    for entry in std::fs::read_dir(super::fixtures("junit")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if name.starts_with("red") && name != "red-pytest-no-tests.xml" {
            let evidence = read_fixture("junit", &name);
            assert!(with(&evidence, TestOutcome::Failed) + with(&evidence, TestOutcome::Error) > 0, "{name}");
            assert_eq!(evidence.kinds, [Kind::Tests], "{name}");
        }
    }
}

#[test]
fn several_outcomes_of_one_case_count_as_the_worst() {
    let evidence = read(
        "<testsuites><testsuite name='s'>
           <testcase name='a'><skipped/><failure message='f'/><error message='e'/></testcase>
           <testcase name='b'><skipped/><failure message='one'/><failure message='two'/></testcase>
           <testcase name='c'><failure/><flakyFailure/></testcase>
           <testcase name='d'><flakyError message='once'/></testcase>
           <testcase name='e'><failure message='x'/><rerunFailure message='y'/></testcase></testsuite></testsuites>",
    );
    use TestOutcome::{Error, Failed, Flaky};
    assert_eq!(cases(&evidence), [("a", Error), ("b", Failed), ("c", Failed), ("d", Flaky), ("e", Failed)]);
    assert_eq!(case(&evidence, "b").message.as_deref(), Some("one"));
    assert_eq!((&evidence.counts["passed"], &evidence.counts["flaky"]), (&1.into(), &1.into()));
}

#[test]
fn order_does_not_turn_a_repeated_failure_into_a_pass() {
    let (pass, fail) =
        ("<testcase classname='c' name='t'/>", "<testcase classname='c' name='t'><failure/></testcase>");
    for tries in [[pass, fail], [fail, pass]] {
        let evidence = read(&format!("<testsuite name='s'>{}</testsuite>", tries.concat()));
        assert_eq!(cases(&evidence), [("t", TestOutcome::Failed)]);
        assert_eq!(codes(&evidence), ["repeated-tests"]);
        assert_eq!((&evidence.counts["passed"], &evidence.counts["failed"]), (&1.into(), &1.into()));
    }
}

#[test]
fn only_failures_before_a_pass_are_tries_of_a_go_test() {
    let (pass, fail) =
        ("<testcase classname='c' name='t'/>", "<testcase classname='c' name='t'><failure/></testcase>");
    let outcome = |tries: &[&str]| {
        let go = "<properties><property name='go.version' value='go1'/></properties>";
        let evidence = read(&format!("<testsuite name='s' failures='1'>{go}{}</testsuite>", tries.concat()));
        case(&evidence, "t").outcome
    };
    assert_eq!(outcome(&[fail, fail, pass]), TestOutcome::Flaky);
    assert_eq!(outcome(&[fail, pass, fail]), TestOutcome::Failed);
    assert_eq!(outcome(&[pass, fail, pass]), TestOutcome::Failed);
    assert_eq!(outcome(&[pass, fail]), TestOutcome::Failed);
}

#[test]
fn tests_of_the_same_name_are_joined_only_within_their_suite_and_line() {
    let evidence = read(
        "<testsuites><testsuite name='desktop'><testcase classname='c' name='t'/></testsuite>
         <testsuite name='mobile'><testcase classname='c' name='t'><failure/></testcase></testsuite>
         <testsuite name='ruff'><testcase classname='c' name='E501' line='1'/><testcase classname='c' name='E501' line='2'/>
         <testcase classname='d' name='E501' line='2'/><testcase classname='d' name='E501' line='2'><skipped/></testcase></testsuite></testsuites>",
    );
    use TestOutcome::{Failed, Passed};
    assert_eq!(
        cases(&evidence),
        [("t", Passed), ("t", Failed), ("E501", Passed), ("E501", Passed), ("E501", Passed)]
    );
}

#[test]
fn a_suite_that_failed_as_a_whole_is_a_case_of_its_own() {
    let evidence = read(
        "<testsuites><testsuite name='outer'><testsuite name='s' errors='1' tests='1'><error message='no class' type='E'>trace</error></testsuite>
         <testcase name='t'/></testsuite><testsuite name='f'><failure>it broke</failure></testsuite></testsuites>",
    );
    use TestOutcome::{Error, Failed, Passed};
    assert_eq!(cases(&evidence), [("(suite)", Error), ("t", Passed), ("(suite)", Failed)]);
    assert_eq!(case(&evidence, "(suite)").message.as_deref(), Some("no class"));
    assert_eq!(evidence.counts["suite_level_errors"], 1);
    assert_eq!(evidence.counts["suite_level_failures"], 1);
    assert_eq!(evidence.counts["suites"], 3);
    assert_eq!(evidence.counts["tests"], 1);
}

#[test]
fn failures_that_are_claimed_but_not_shown_are_a_failure() {
    for text in [
        "<testsuites><testsuite name='s' failures='1' skipped='2' tests='6'/></testsuites>",
        "<testsuites failures='1'><testsuite name='s'><testcase name='t'/></testsuite></testsuites>",
        "<testsuite name='s' errors='2' tests='1'><testcase name='t'/></testsuite>",
    ] {
        let evidence = read(text);
        assert_eq!(case(&evidence, "(suite)").outcome, TestOutcome::Failed, "{text}");
        assert_eq!(codes(&evidence), ["totals-contradict-cases"], "{text}");
        assert_eq!(evidence.counts["failed"], 0, "only elements are counted");
    }
}

#[test]
fn attributes_are_never_the_truth() {
    let evidence = read(
        "<testsuite name='s' tests='1' failures='0'><testcase name='t'><failure/></testcase></testsuite>",
    );
    assert_eq!(cases(&evidence), [("t", TestOutcome::Failed)]);
    let evidence = read("<testsuite name='s' tests='186'><testcase name='t'/></testsuite>");
    assert_eq!(codes(&evidence), ["totals-contradict-cases"]);
    assert_eq!(evidence.counts["tests"], 1);
    let evidence =
        read("<testsuite name='s' tests='many' failures='' errors='NaN'><testcase name='t'/></testsuite>");
    assert_eq!(evidence.skipped_total, 1);
}

#[test]
fn outcomes_in_attributes_are_read() {
    let evidence = read(
        "<testsuites name='AllTests'><testsuite name='s'><testcase name='a' status='notrun' result='suppressed'/><testcase name='b' status='run' result='completed'/>
         <testcase name='c' status='disabled'/><testcase name='d' status='failed'/><testcase name='e' status='errored'/></testsuite></testsuites>",
    );
    use TestOutcome::{Error, Failed, Passed, Skipped};
    assert_eq!(
        cases(&evidence),
        [("a", Skipped), ("b", Passed), ("c", Skipped), ("d", Failed), ("e", Error)]
    );
}

#[test]
fn times_are_seconds_where_they_can_be_used() {
    let of = |time: &str| {
        let evidence = read(&format!("<testsuite><testcase name='t' time='{time}'/></testsuite>"));
        case(&evidence, "t").seconds
    };
    assert_eq!(of("0.123"), Some(0.123));
    assert_eq!(of("2,503.1"), Some(2503.1));
    assert_eq!(of("1,002,503"), Some(1_002_503.0));
    assert_eq!(of("1e-3"), Some(0.001));
    assert_eq!(of("0.009843299"), Some(0.009_843_299));
    assert_eq!(of("12345678901.12345"), Some(12_345_678_901.123_45));
    for unusable in ["", "-345345", "NaN", "inf", "0,123", "1,5", "abc", ".", "12,34"] {
        assert_eq!(of(unusable), None, "{unusable}");
    }
}

#[test]
fn file_line_message_and_class_are_kept() {
    let evidence = read(
        "<testsuite name='s'><testcase classname='C' name='t' file='.\\tests\\t.py' line='15'><failure type='AssertionError'>\n  <![CDATA[boom]]> &amp; more\n</failure></testcase>
         <testcase name='u'><failure type='AssertionError'/></testcase><testcase name='v'><skipped message='later'/></testcase></testsuite>",
    );
    let t = case(&evidence, "t");
    assert_eq!((&*t.class, t.file.as_deref(), t.line), ("C", Some("tests/t.py"), 15));
    assert_eq!(t.message.as_deref(), Some("boom & more"));
    assert_eq!(case(&evidence, "u").message.as_deref(), Some("AssertionError"));
    assert_eq!(case(&evidence, "v").message.as_deref(), Some("later"));
}

#[test]
fn long_messages_are_cut_at_a_character() {
    let long = "ä".repeat(5000);
    let evidence = read(&format!(
        "<testsuite><testcase name='a'><failure message='{long}'/></testcase><testcase name='b'><failure>{long}</failure></testcase></testsuite>"
    ));
    assert_eq!(case(&evidence, "a").message.as_ref().unwrap().len(), 2000);
    assert_eq!(case(&evidence, "b").message.as_ref().unwrap().len(), 2000);
}

#[test]
fn text_of_scanners_is_not_kept() {
    let evidence = read(
        "<testsuites><testsuite name='gitleaks'><testcase name='t'><failure>{\"Secret\": \"hunter2\"}</failure></testcase></testsuite></testsuites>",
    );
    assert_eq!(case(&evidence, "t").message, None);
    let evidence = read_fixture("junit", "red-semgrep.xml");
    assert!(
        evidence.tests.unwrap().cases.iter().all(|c| !c.message.as_ref().unwrap().contains("hashlib.md5("))
    );
}

#[test]
fn the_time_of_the_latest_suite_is_that_of_the_report() {
    let evidence = read(
        "<testsuites><testsuite timestamp='1970-01-01T00:00:00'><testcase name='a'/></testsuite><testsuite timestamp='2026-11-21T07:48:57'/></testsuites>",
    );
    assert_eq!(evidence.produced_at.unwrap().to_string(), "2026-11-21T07:48:57Z");
    let evidence = read_fixture("junit", "red-dredd.xml");
    assert_eq!(evidence.produced_at.unwrap().to_string(), "2026-11-21T07:38:10Z");
}

#[test]
fn the_declared_kind_of_tests_is_kept() {
    assert_eq!(read("<testsuite><testcase name='a'/></testsuite>").tests.unwrap().kind, TestKind::Unit);
    let declaration = Declaration { tests: Some(TestKind::E2e), ..Declaration::default() };
    let text = "<testsuite><testcase name='a'/></testsuite>";
    let document = Document { name: "t", text, declaration: &declaration, limits: Limits::default() };
    let evidence = format::parse(format::by_id("junit").unwrap(), &document).unwrap();
    assert_eq!(evidence.tests.unwrap().kind, TestKind::E2e);
}

#[test]
fn a_case_without_a_name_is_recorded_and_still_counts() {
    let evidence = read("<testsuite><testcase/><testcase><failure/></testcase></testsuite>");
    assert_eq!(evidence.skipped_total, 2);
    assert_eq!(cases(&evidence), [("", TestOutcome::Passed), ("", TestOutcome::Failed)]);
}

#[test]
fn cases_below_elements_that_no_dialect_knows_are_found() {
    let evidence = read(
        "<testsuites><wrapper><testsuite><testcase name='a'><failure/></testcase></testsuite></wrapper></testsuites>",
    );
    assert_eq!(cases(&evidence), [("a", TestOutcome::Failed)]);
}

#[test]
fn a_report_that_is_cut_off_is_an_error() {
    let whole = "<testsuites><testsuite name='s'><testcase name='a'/><testcase name='b'><failure>x</failure></testcase></testsuite></testsuites>";
    for cut in 1..whole.len() {
        assert!(read_as("junit", whole.get(..cut).unwrap()).is_err(), "{cut}");
    }
}

#[test]
fn a_declared_entity_is_refused() {
    let text = "<!DOCTYPE testsuite [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><testsuite name='&x;'/>";
    assert!(read_as("junit", text).is_err());
}

#[test]
fn roots_of_other_formats_are_not_junit() {
    for other in [
        "<testsuite name='plan'><node_order>1</node_order><testcase name='a'/></testsuite>",
        "<assemblies><assembly/></assemblies>",
        "<test-run><test-suite/></test-run>",
        "<robot><suite/></robot>",
        "<testExecutions version='1'/>",
    ] {
        assert_eq!(detected(other), None, "{other}");
    }
    assert_eq!(detected("<testsuites/>"), Some("junit"));
    assert!(read_as("junit", "<robot/>").is_err());
}

fn only(attributes: &str, children: &str) -> Evidence {
    read(&format!("<testsuite><testcase name='a' {attributes}>{children}</testcase></testsuite>"))
}

#[test]
fn words_of_failure_in_an_attribute_fail_a_case_without_a_child() {
    for attribute in [
        "success='False'",
        "status='FAILURE'",
        "result='Crashed'",
        "status='broken'",
        "status='timeout'",
        "result='aborted'",
        "result='Error'",
    ] {
        assert!(case(&only(attribute, ""), "a").outcome >= TestOutcome::Failed, "{attribute}");
    }
    for attribute in ["success='true'", "status='run' result='completed'", "status='PASSED'", "result='ok'"] {
        assert_eq!(case(&only(attribute, ""), "a").outcome, TestOutcome::Passed, "{attribute}");
    }
}

#[test]
fn an_unknown_status_is_an_error() {
    let evidence = only("status='exploded'", "");
    assert_eq!(case(&evidence, "a").outcome, TestOutcome::Error);
    assert_eq!(codes(&evidence), ["unknown-status"]);
    assert_eq!(case(&only("status='untested'", "<skipped/>"), "a").outcome, TestOutcome::Skipped);
}

#[test]
fn a_failure_is_seen_in_any_spelling_and_depth() {
    for children in [
        "<Failure message='m'/>",
        "<ERROR/>",
        "<result><failure/></result>",
        "<testcase name='b'><failure/></testcase>",
        "<testcase name='b' status='failed'/>",
        "<properties><testcase name='b'><error/></testcase></properties>",
        "<rerunFailure/>",
        "<rerunError/>",
    ] {
        assert!(case(&only("", children), "a").outcome >= TestOutcome::Failed, "{children}");
    }
    assert_eq!(case(&only("", "<step><skipped/></step>"), "a").outcome, TestOutcome::Passed);
    let evidence =
        read("<testsuite><properties><testcase name='b'><failure/></testcase></properties></testsuite>");
    assert_eq!(cases(&evidence), [("b", TestOutcome::Failed)]);
}

#[test]
fn a_suite_that_says_it_failed_over_passing_cases_is_a_failed_test() {
    let evidence = read("<testsuite name='s' result='Failed'><testcase name='a'/></testsuite>");
    assert_eq!(cases(&evidence), [("a", TestOutcome::Passed), ("(suite)", TestOutcome::Failed)]);
    assert_eq!(codes(&evidence), ["totals-contradict-cases"]);
    let evidence = read("<testsuite result='Failed'><testcase name='a'><failure/></testcase></testsuite>");
    assert_eq!(cases(&evidence), [("a", TestOutcome::Failed)]);
}
