package gate.integration_test

import data.gate.fixture
import data.gate.integration

tests(changes) := fixture.but({"tests": {"all": changes}})

test_clean if {
	count(integration.deny) == 0 with input as fixture.clean
	count(integration.warn) == 0 with input as fixture.clean
	fixture.codes(integration.measured) == {"INT-001", "INT-002", "INT-003", "INT-902"} with input as fixture.clean
}

test_nothing_is_said_without_evidence if {
	count(integration.deny) == 0 with input as fixture.empty
	count(integration.warn) == 0 with input as fixture.empty
	count(integration.measured) == 0 with input as fixture.empty
}

test_failed_tests_fail if {
	integration.deny == {{
		"code": "INT-001",
		"msg": "failed tests: 2, must be at most 0",
		"select": {"tests": ["failed", "error"]},
	}} with input as tests({"failed": 2})
}

test_tests_in_error_fail if {
	fixture.said(integration.deny) == {"INT-001 failed tests: 1, must be at most 0"} with input as tests({"errors": 1})
}

test_failed_and_errors_are_added if {
	fixture.said(integration.deny) == {"INT-001 failed tests: 3, must be at most 0"} with input as tests({"failed": 2, "errors": 1})
	fixture.measures(integration.measured, "INT-001") == {["", 3, "<=", 0, "tests"]} with input as tests({"failed": 2, "errors": 1})
}

test_a_failed_test_counts_even_where_no_file_is_usable if {
	fixture.said(integration.deny) == {"INT-001 failed tests: 1, must be at most 0"} with input as object.union(fixture.empty, {"tests": {"all": {"failed": 1}}})
}

test_failed_tests_up_to_the_limit_pass if {
	count(integration.deny) == 0 with input as tests({"failed": 2})
		with data.gate.thresholds.integration.max_failed as 2
	fixture.said(integration.deny) == {"INT-001 failed tests: 3, must be at most 2"} with input as tests({"failed": 3})
		with data.gate.thresholds.integration.max_failed as 2
}

test_no_executed_test_fails if {
	integration.deny == {{
		"code": "INT-002",
		"msg": "executed tests: 0, must be at least 1",
		"select": {"tests": ["skipped"]},
	}} with input as fixture.but({"tests": {"all": fixture.idle}})
}

test_one_executed_test_is_enough if {
	count(integration.deny) == 0 with input as tests({"total": 1, "executed": 1, "passed": 1})
}

test_flaky_tests_above_the_limit_fail if {
	integration.deny == {{
		"code": "INT-003",
		"msg": "flaky tests: 6 %, must be at most 5 %",
		"select": {"tests": ["flaky"]},
	}} with input as tests({"flaky": 6, "passed": 94})
}

test_flaky_tests_at_the_limit_pass_with_a_warning if {
	count(integration.deny) == 0 with input as tests({"flaky": 5, "passed": 95})
	fixture.measures(integration.measured, "INT-003") == {["", 5, "<=", 5, "%"]} with input as tests({"flaky": 5, "passed": 95})
	integration.warn == {{
		"code": "INT-901",
		"msg": "passed only when retried: 5 of 100 tests",
		"select": {"tests": ["flaky"]},
	}} with input as tests({"flaky": 5, "passed": 95})
}

test_flaky_share_is_not_judged_without_an_executed_test if {
	fixture.measures(integration.measured, "INT-003") == set() with input as fixture.but({"tests": {"all": fixture.idle}})
}

test_mostly_skipped_is_a_warning if {
	integration.warn == {{
		"code": "INT-901",
		"msg": "skipped: 51 of 100 tests, more than 50 %",
		"select": {"tests": ["skipped"]},
	}} with input as tests({"skipped": 51, "executed": 49, "passed": 49})
	count(integration.warn) == 0 with input as tests({"skipped": 50, "executed": 50, "passed": 50})
}

test_unread_tests if {
	fixture.said(integration.deny) == {"INT-902 unread elements of test reports: 3, must be at most 0 (a, b)"} with input as fixture.unread("tests", [["b", true, 2], ["a", true, 1], ["c", true, 0]])
	fixture.said(integration.deny) == {"INT-902 unread elements of test reports: 5, must be at most 0 (a, b, c and 2 more)"} with input as fixture.unread("tests", [[name, true, 1] | some name in ["e", "d", "c", "b", "a"]])
	fixture.said(integration.deny) == {"INT-902 unread elements of test reports: 3, must be at most 2 (a)"} with input as fixture.unread("tests", [["a", true, 3]]) with data.gate.thresholds.integration.max_skipped as 2
	count(integration.deny) == 0 with input as fixture.unread("tests", [["a", true, 2]]) with data.gate.thresholds.integration.max_skipped as 2
	count(integration.deny) == 0 with input as fixture.unread("tests", [["a", true, 0]])
	count(integration.deny) == 0 with input as fixture.unread("tests", [["a", false, 3]])
	count(integration.deny) == 0 with input as fixture.unread("sbom", [["a", true, 3]])
}
