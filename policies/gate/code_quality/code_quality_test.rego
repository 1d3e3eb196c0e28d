package gate.code_quality_test

import data.gate.code_quality
import data.gate.fixture

coverage(critical, changed) := fixture.but({"coverage": {"critical": critical, "changed": changed}})

few(severity, n) := object.union(fixture.none, {severity: n})

# The score alone may fall below its limit in tests of other rules.
others(verdicts) := {verdict | some verdict in verdicts; verdict.code != "CQ-301"}

test_clean if {
	count(code_quality.deny) == 0 with input as fixture.clean
	count(code_quality.warn) == 0 with input as fixture.clean
	fixture.codes(code_quality.measured) == {
		"CQ-101", "CQ-102", "CQ-103", "CQ-104", "CQ-201", "CQ-202", "CQ-203", "CQ-204", "CQ-301", "CQ-302", "CQ-303", "CQ-902",
	} with input as fixture.clean
}

test_nothing_is_said_without_evidence if {
	count(code_quality.deny) == 0 with input as fixture.empty
	count(code_quality.warn) == 0 with input as fixture.empty
	count(code_quality.measured) == 0 with input as fixture.empty
	code_quality.report == {"ratings": {}, "explanation": ["100 points to start with"]} with input as fixture.empty
}

test_low_coverage_of_unit_tests_fails if {
	code_quality.deny == {{
		"code": "CQ-101",
		"msg": "unit: line coverage: 79 %, must be at least 80 %",
		"select": {"coverage_below": 80},
		"suite": "unit",
	}} with input as fixture.suites({"unit": fixture.lines(79, 100)})
}

test_coverage_at_the_limit_passes if {
	count(code_quality.deny) == 0 with input as fixture.suites({"unit": fixture.lines(80, 100)})
	fixture.measures(code_quality.measured, "CQ-101") == {["unit", 80, ">=", 80, "%"]} with input as fixture.suites({"unit": fixture.lines(80, 100)})
}

test_coverage_just_under_the_limit_is_told_as_such if {
	fixture.said(code_quality.deny) == {"CQ-101 unit: line coverage: just under 80 %, must be at least 80 %"} with input as fixture.suites({"unit": fixture.lines(799999, 1000000)})
}

test_no_covered_line_fails if {
	fixture.said(others(code_quality.deny)) == {"CQ-101 unit: line coverage: 0 %, must be at least 80 %"} with input as fixture.suites({"unit": fixture.lines(0, 100)})
}

test_suites_are_judged_each_by_itself if {
	mixed := fixture.suites({"unit": fixture.lines(80, 100), "integration": fixture.lines(84, 100), "e2e": fixture.lines(79, 100)})
	fixture.said(code_quality.deny) == {
		"CQ-102 integration: line coverage: 84 %, must be at least 85 %",
		"CQ-101 e2e: line coverage: 79 %, must be at least 80 %",
	} with input as mixed
	fixture.measures(code_quality.measured, "CQ-101") == {["unit", 80, ">=", 80, "%"], ["e2e", 79, ">=", 80, "%"]} with input as mixed
}

test_coverage_of_nothing_fails if {
	fixture.said(code_quality.deny) == {"CQ-101 unit: line coverage was not measured, no line is executable"} with input as fixture.suites({"unit": fixture.lines(0, 0)})
	fixture.said(code_quality.deny) == {"CQ-102 integration: line coverage was not measured, no line is executable"} with input as fixture.suites({"integration": fixture.lines(0, 0)})
	fixture.said(code_quality.deny) == {"CQ-101 the coverage evidence holds no suite"} with input as fixture.suites({})
}

test_suite_minimum_by_name_then_default_then_everything if {
	one := fixture.suites({"smoke": fixture.lines(50, 100)})
	count(code_quality.deny) == 0 with input as one with data.gate.thresholds.code_quality.suite_line_coverage as {"smoke": 50, "default": 80}
	fixture.said(others(code_quality.deny)) == {"CQ-101 smoke: line coverage: 50 %, must be at least 60 %"} with input as one
		with data.gate.thresholds.code_quality.suite_line_coverage as {"default": 60}
	fixture.said(others(code_quality.deny)) == {"CQ-101 smoke: line coverage: 50 %, must be at least 100 %"} with input as one
		with data.gate.thresholds.code_quality.suite_line_coverage as {"unit": 60}
}

test_low_coverage_of_integration_tests_fails if {
	code_quality.deny == {{
		"code": "CQ-102",
		"msg": "integration: line coverage: 84 %, must be at least 85 %",
		"select": {"coverage_below": 85},
		"suite": "integration",
	}} with input as fixture.suites({"integration": fixture.lines(84, 100)})
	count(code_quality.deny) == 0 with input as fixture.suites({"integration": fixture.lines(85, 100)})
	fixture.measures(code_quality.measured, "CQ-102") == {["integration", 85, ">=", 85, "%"]} with input as fixture.suites({"integration": fixture.lines(85, 100)})
	fixture.measures(code_quality.measured, "CQ-102") == set() with input as fixture.suites({"unit": fixture.lines(85, 100)})
}

test_low_coverage_of_critical_paths_fails if {
	code_quality.deny == {{
		"code": "CQ-103",
		"msg": "line coverage of critical paths: 89 %, must be at least 90 %",
		"select": {"coverage_below": 90},
	}} with input as coverage(fixture.lines(89, 100), null)
	count(code_quality.deny) == 0 with input as coverage(fixture.lines(90, 100), null)
	fixture.measures(code_quality.measured, "CQ-103") == {["", 90, ">=", 90, "%"]} with input as coverage(fixture.lines(90, 100), null)
}

test_critical_paths_that_match_nothing_fail if {
	fixture.said(code_quality.deny) == {"CQ-103 nothing in the coverage evidence matches the critical paths"} with input as coverage(fixture.lines(0, 0), null)
}

test_low_coverage_of_changed_lines_fails if {
	code_quality.deny == {{"code": "CQ-104", "msg": "coverage of changed lines: 79 %, must be at least 80 %"}} with input as coverage(null, fixture.lines(79, 100))
	count(code_quality.deny) == 0 with input as coverage(null, fixture.lines(80, 100))
	fixture.measures(code_quality.measured, "CQ-104") == {["", 80, ">=", 80, "%"]} with input as coverage(null, fixture.lines(80, 100))
}

test_change_without_executable_lines_is_a_warning if {
	count(code_quality.deny) == 0 with input as coverage(null, fixture.lines(0, 0))
	fixture.said(code_quality.warn) == {"CQ-104 no changed line is executable as the coverage evidence has it"} with input as coverage(null, fixture.lines(0, 0))
}

test_critical_paths_and_changes_that_are_not_known_are_not_judged if {
	count(code_quality.deny) == 0 with input as coverage(null, null)
	count(code_quality.warn) == 0 with input as coverage(null, null)
	{"CQ-103", "CQ-104"} & fixture.codes(code_quality.measured) == set() with input as coverage(null, null)
}

test_lint_errors_at_the_limit_fail if {
	others(code_quality.deny) == {{
		"code": "CQ-201",
		"msg": "lint errors: 10, must be below 10",
		"select": {"min_severity": "high", "categories": ["lint"]},
	}} with input as fixture.found("lint", few("high", 10))
	count(others(code_quality.deny)) == 0 with input as fixture.found("lint", few("high", 9))
	count(others(code_quality.deny)) == 0 with input as fixture.found("lint", few("medium", 500))
	fixture.measures(code_quality.measured, "CQ-201") == {["", 9, "<", 10, "findings"]} with input as fixture.found("lint", few("high", 9))
}

test_lint_findings_of_unknown_severity_are_errors if {
	fixture.said(others(code_quality.deny)) == {"CQ-201 lint errors: 11, must be below 10"} with input as fixture.found("lint", object.union(few("unknown", 6), {"critical": 5}))
}

test_severity_of_an_error_is_data if {
	fixture.said(others(code_quality.deny)) == {"CQ-201 lint errors: 10, must be below 10"} with input as fixture.found("lint", few("low", 10))
		with data.gate.thresholds.code_quality.error_severity as "low"
	fixture.said(others(code_quality.deny)) == {"CQ-201 lint errors: 10, must be below 10"} with input as fixture.found("lint", few("info", 10))
		with data.gate.thresholds.code_quality.error_severity as "hihg"
}

test_type_errors_at_the_limit_fail if {
	others(code_quality.deny) == {{
		"code": "CQ-202",
		"msg": "type errors: 5, must be below 5",
		"select": {"min_severity": "high", "categories": ["type"]},
	}} with input as fixture.found("type", few("high", 5))
	count(others(code_quality.deny)) == 0 with input as fixture.found("type", few("high", 4))
	fixture.measures(code_quality.measured, "CQ-202") == {["", 4, "<", 5, "findings"]} with input as fixture.found("type", few("high", 4))
}

test_formatting_violations_fail if {
	code_quality.deny == {{
		"code": "CQ-203",
		"msg": "formatting violations: 1, must be at most 0",
		"select": {"categories": ["format"]},
	}} with input as fixture.found("format", few("info", 1))
	count(code_quality.deny) == 0 with input as fixture.found("format", few("info", 1))
		with data.gate.thresholds.code_quality.max_formatting_violations as 1
}

test_failed_linter_fails if {
	code_quality.deny == {{
		"code": "CQ-204",
		"msg": "failures of tools: 1, must be at most 0",
		"select": {"tool_failure": true, "categories": ["lint", "type", "format", "complexity", "duplication"]},
	}} with input as fixture.but({"findings": {"tool_failures": {"code_quality": 1}}})
	count(code_quality.deny) == 0 with input as fixture.but({"findings": {"tool_failures": {"security": 1}}})
}

test_findings_count_even_where_no_file_is_usable if {
	fixture.said(code_quality.deny) == {
		"CQ-201 lint errors: 10, must be below 10",
		"CQ-202 type errors: 5, must be below 5",
		"CQ-203 formatting violations: 1, must be at most 0",
		"CQ-204 failures of tools: 1, must be at most 0",
		"CQ-302 complexity violations: 1, must be at most 0",
	} with input as object.union(fixture.empty, {"findings": {
		"by_category": {"format": 1, "complexity": 1},
		"by_category_severity": {"lint": {"high": 10}, "type": {"high": 5}},
		"tool_failures": {"code_quality": 1},
	}})
}

test_complexity_fails if {
	code_quality.deny == {{
		"code": "CQ-302",
		"msg": "complexity violations: 1, must be at most 0",
		"select": {"categories": ["complexity"]},
	}} with input as fixture.found("complexity", few("low", 1))
	count(code_quality.deny) == 0 with input as fixture.found("complexity", few("low", 1))
		with data.gate.thresholds.code_quality.max_complexity_violations as 1
}

test_duplication_above_the_limit_is_a_warning if {
	count(code_quality.deny) == 0 with input as fixture.found("duplication", few("low", 11))
	code_quality.warn == {{
		"code": "CQ-303",
		"msg": "duplicated blocks: 11, more than 10",
		"select": {"categories": ["duplication"]},
	}} with input as fixture.found("duplication", few("low", 11))
	count(code_quality.warn) == 0 with input as fixture.found("duplication", few("low", 10))
	fixture.measures(code_quality.measured, "CQ-303") == {["", 10, "<=", 10, "findings"]} with input as fixture.found("duplication", few("low", 10))
	fixture.measures(code_quality.measured, "CQ-303") == set() with input as fixture.found("duplication", few("low", 11))
}

test_evidence_that_contradicts_itself_is_a_warning if {
	code_quality.warn == {{
		"code": "CQ-901",
		"msg": "totals-contradict-lines: 2 times",
		"select": {"evidence_warnings": ["totals-contradict-lines"]},
	}} with input as fixture.but({"evidence": {"warnings": {"totals-contradict-lines": 2, "something-else": 1}}})
	count(code_quality.warn) == 0 with input as fixture.but({"evidence": {"warnings": {"totals-contradict-lines": 0, "something-else": 1}}})
}

# The score.

score(with_input) := value if {
	value := code_quality.report.score with input as with_input
}

test_score_of_the_clean_is_100 if {
	code_quality.report == {
		"score": 100,
		"ratings": {"reliability": "A", "security": "A", "maintainability": "A"},
		"explanation": ["100 points to start with"],
	} with input as fixture.clean
	fixture.measures(code_quality.measured, "CQ-301") == {["", 100, ">", 80, ""]} with input as fixture.clean
}

test_score_at_the_limit_fails if {
	code_quality.deny == {{"code": "CQ-301", "msg": "quality score: 80, must be above 80 (findings 20)"}} with input as fixture.found("duplication", few("high", 10))
	count(code_quality.deny) == 0 with input as fixture.found("duplication", few("high", 9))
}

test_score_weighs_severities if {
	points := {severity: taken |
		some severity, _ in fixture.none
		taken := 100 - score(fixture.found("lint", few(severity, 4)))
	}
	points.info == 0
	points.low < points.medium
	points.medium < points.high
	points.high < points.critical
	points.critical == points.unknown
}

test_score_counts_every_category_of_code_quality_and_no_other if {
	{category | some category, _ in fixture.clean.findings.by_category; score(fixture.found(category, few("high", 1))) == 98} == {"lint", "type", "format", "complexity", "duplication"}
	{category | some category, _ in fixture.clean.findings.by_category; score(fixture.found(category, few("high", 1))) == 100} == {"sast", "sca", "secret", "container", "iac", "dast", "license", "accessibility"}
}

test_score_is_by_size_from_1000_lines_on if {
	large := object.union(fixture.found("lint", few("high", 9)), {"coverage": {"suites": {"unit": fixture.lines(9000, 9000)}}})
	score(large) == 98
	score(fixture.found("lint", few("high", 9))) == 82
}

test_score_falls_with_coverage_below_the_limit if {
	code_quality.report.score == 85 with input as fixture.suites({"unit": fixture.lines(70, 100), "integration": fixture.lines(80, 100)})
	code_quality.report.explanation == [
		"100 points to start with",
		"coverage of suite integration: 5 points taken",
		"coverage of suite unit: 10 points taken",
	] with input as fixture.suites({"unit": fixture.lines(70, 100), "integration": fixture.lines(80, 100)})
	score(fixture.suites({"unit": fixture.lines(80, 100)})) == 100
	code_quality.report.explanation == ["100 points to start with"] with input as fixture.suites({"unit": fixture.lines(80, 100)})
	score(coverage(fixture.lines(1, 100), fixture.lines(1, 100))) == 100
}

test_score_falls_with_failed_tests if {
	score(fixture.but({"tests": {"all": {"failed": 2, "errors": 1}}})) == 85
	score(fixture.but({"tests": {"all": {"skipped": 50, "flaky": 2}}})) == 100
}

test_score_is_never_below_0 if {
	score(fixture.found("lint", few("critical", 100000))) == 0
	score(fixture.but({"tests": {"all": {"failed": 21}}})) == 0
}

test_score_is_told_to_one_decimal if {
	score(fixture.found("lint", few("low", 3))) == 99.7
	code_quality.report.explanation == ["100 points to start with", "findings: 0.3 points taken"] with input as fixture.found("lint", few("low", 3))
}

test_score_never_rises_with_one_more_of_anything if {
	worse := array.concat(
		[fixture.found(category, few(severity, 3)) | some category, _ in fixture.clean.findings.by_category; some severity, _ in fixture.none],
		[fixture.but({"tests": {"all": {outcome: 3}}}) | some outcome in ["failed", "errors", "flaky", "skipped"]],
	)
	every one in worse {
		score(one) <= 100
		every category in ["lint", "type", "format", "complexity", "duplication"] {
			counts := one.findings.by_category_severity[category]
			score(object.union(one, {"findings": {"by_category_severity": {category: {"medium": counts.medium + 1}}}})) < score(one)
		}
		score(object.union(one, {"tests": {"all": {"failed": one.tests.all.failed + 1}}})) < score(one)
		score(object.union(one, {"tests": {"all": {"errors": one.tests.all.errors + 1}}})) < score(one)
	}
}

test_score_needs_one_kind_of_evidence if {
	every kind in ["coverage", "static_analysis", "tests"] {
		score(object.union(fixture.empty, {"evidence": {"kinds": {kind: 1}}})) == 100
	}
	count([s | s := score(object.union(fixture.empty, {"evidence": {"kinds": {"sbom": 1}}}))]) == 0
}

ratings(with_input) := value if {
	value := code_quality.report.ratings with input as with_input
}

test_reliability if {
	ratings(fixture.but({"tests": {"all": {"flaky": 1}}})).reliability == "B"
	ratings(fixture.but({"tests": {"all": {"failed": 1}}})).reliability == "C"
	ratings(fixture.but({"findings": {"tool_failures": {"security": 1}}})).reliability == "C"
	ratings(fixture.but({"tests": {"all": {"errors": 2}}})).reliability == "D"
	ratings(fixture.but({"tests": {"all": {"failed": 6}}})).reliability == "E"
}

test_security_by_the_worst_finding if {
	letters := {severity: ratings(fixture.found("sast", few(severity, 1))).security | some severity, _ in fixture.none}
	letters == {"info": "A", "low": "B", "medium": "C", "high": "D", "critical": "E", "unknown": "E"}
	ratings(fixture.found("secret", object.union(few("low", 9), {"high": 1}))).security == "D"
	ratings(fixture.found("lint", few("high", 1))).security == "A"
	ratings(fixture.but({"findings": {"kev": 1}})).security == "E"
}

test_maintainability_by_weighted_findings if {
	letters := [ratings(fixture.found("lint", few("high", n))).maintainability | some n in [1, 2, 3, 6, 11]]
	letters == ["A", "B", "C", "D", "E"]
}

test_ratings_only_where_there_is_evidence if {
	object.keys(ratings(fixture.without("tests"))) == {"security", "maintainability"}
	object.keys(ratings(fixture.without("security_scan"))) == {"reliability", "maintainability"}
	object.keys(ratings(fixture.without("static_analysis"))) == {"reliability", "security"}
}

test_unread_coverage if {
	fixture.said(code_quality.deny) == {"CQ-902 unread elements of coverage: 3, must be at most 0 (a, b)"} with input as fixture.unread("coverage", [["b", true, 2], ["a", true, 1], ["c", true, 0]])
	fixture.said(code_quality.deny) == {"CQ-902 unread elements of coverage: 5, must be at most 0 (a, b, c and 2 more)"} with input as fixture.unread("coverage", [[name, true, 1] | some name in ["e", "d", "c", "b", "a"]])
	fixture.said(code_quality.deny) == {"CQ-902 unread elements of coverage: 3, must be at most 2 (a)"} with input as fixture.unread("coverage", [["a", true, 3]]) with data.gate.thresholds.code_quality.max_skipped as 2
	count(code_quality.deny) == 0 with input as fixture.unread("coverage", [["a", true, 2]]) with data.gate.thresholds.code_quality.max_skipped as 2
	count(code_quality.deny) == 0 with input as fixture.unread("coverage", [["a", true, 0]])
	count(code_quality.deny) == 0 with input as fixture.unread("coverage", [["a", false, 3]])
	count(code_quality.deny) == 0 with input as fixture.unread("sbom", [["a", true, 3]])
}

test_every_contradiction_is_a_warning if {
	every code in ["lines", "messages", "cases", "results", "checks"] {
		warned := code_quality.warn with input as fixture.but({"evidence": {"warnings": {sprintf("totals-contradict-%s", [code]): 1}}})
		count(warned) == 1
	}
	fixture.said(code_quality.warn) == {"CQ-901 repeated-tests: 1 times"} with input as fixture.but({"evidence": {"warnings": {"repeated-tests": 1}}})
}

test_score_names_the_two_largest_deductions if {
	bad := object.union(fixture.found("duplication", few("high", 20)), {"tests": {"all": {"failed": 5}}, "coverage": {"suites": {"unit": fixture.lines(70, 100)}}})
	"CQ-301 quality score: 25, must be above 80 (findings 40, failed tests 25)" in fixture.said(code_quality.deny) with input as bad
	fixture.said(code_quality.deny) == {"CQ-301 quality score: 100, must be above 100"} with input as fixture.clean
		with data.gate.thresholds.code_quality.quality_score_above as 100
}
