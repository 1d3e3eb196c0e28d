# METADATA
# title: Code quality
# description: Coverage, linters, type checkers, formatters, complexity, duplication, and a score over all of them.
package gate.code_quality

import data.gate.lib

limits := data.gate.thresholds.code_quality

# METADATA
# title: Line coverage
# description: Line coverage of each suite by itself, except the suite integration. Coverage without a declared suite is of suite unit.
# custom:
#   code: CQ-101
#   remediation: Test the lines that no test reaches. The report lists the files with the least coverage first.
#   evidence: [coverage]
#   thresholds: [code_quality.suite_line_coverage]
#   not_judged: integration is the only suite
deny contains {"code": "CQ-101", "msg": miss.msg, "select": {"coverage_below": miss.limit}, "suite": miss.label} if {
	some miss in lib.missed(where_known, "CQ-101", "line coverage")
}

deny contains {"code": "CQ-101", "msg": sprintf("%s: line coverage was not measured, no line is executable", [suite])} if {
	some suite, counts in input.coverage.suites
	suite != "integration"
	counts.lines.valid == 0
}

deny contains {"code": "CQ-101", "msg": "the coverage evidence holds no suite"} if {
	lib.present("coverage")
	count(input.coverage.suites) == 0
}

# What is judged only where the evidence tells it.
measured contains entry if some entry in where_known

where_known contains {"code": "CQ-101", "label": suite, "value": percent, "limit": suite_minimum(suite), "comparison": ">=", "unit": "%"} if {
	some suite, counts in input.coverage.suites
	suite != "integration"
	percent := line_percent(counts)
}

line_percent(counts) := lib.percent(counts.lines.covered, counts.lines.valid)

suite_minimum(suite) := object.get(minima, suite, object.get(minima, "default", 100)) if {
	minima := data.gate.thresholds.code_quality.suite_line_coverage
}

# METADATA
# title: Line coverage of integration tests
# description: Line coverage of the suite integration, when there is one.
# custom:
#   code: CQ-102
#   remediation: Let integration tests reach the lines that none reaches. The report lists the files with the least coverage first.
#   evidence: [coverage]
#   thresholds: [code_quality.suite_line_coverage]
#   not_judged: no evidence is declared as suite integration
deny contains {"code": "CQ-102", "msg": miss.msg, "select": {"coverage_below": miss.limit}, "suite": miss.label} if {
	some miss in lib.missed(where_known, "CQ-102", "line coverage")
}

deny contains {"code": "CQ-102", "msg": "integration: line coverage was not measured, no line is executable"} if {
	input.coverage.suites.integration.lines.valid == 0
}

where_known contains {"code": "CQ-102", "label": "integration", "value": percent, "limit": suite_minimum("integration"), "comparison": ">=", "unit": "%"} if {
	percent := line_percent(input.coverage.suites.integration)
}

# METADATA
# title: Line coverage of critical paths
# description: Line coverage of the files that `coverage.critical_paths` names, over all suites. When no covered file matches, the rule fails.
# custom:
#   code: CQ-103
#   remediation: Test the critical paths, or correct `coverage.critical_paths`.
#   evidence: [coverage]
#   thresholds: [code_quality.critical_line_coverage]
#   not_judged: no critical paths are configured
deny contains {"code": "CQ-103", "msg": miss.msg, "select": {"coverage_below": miss.limit}} if {
	some miss in lib.missed(where_known, "CQ-103", "line coverage of critical paths")
}

deny contains {"code": "CQ-103", "msg": "nothing in the coverage evidence matches the critical paths"} if {
	input.coverage.critical.lines.valid == 0
}

where_known contains {"code": "CQ-103", "label": "", "value": percent, "limit": limits.critical_line_coverage, "comparison": ">=", "unit": "%"} if {
	percent := line_percent(input.coverage.critical)
}

# METADATA
# title: Coverage of changed lines
# description: The share of changed executable lines that tests reach. A change without an executable line, such as one of documentation, is a warning.
# custom:
#   code: CQ-104
#   remediation: Test the lines that the change adds or touches.
#   evidence: [coverage]
#   thresholds: [code_quality.changed_line_coverage]
#   not_judged: the changed lines are not known
deny contains {"code": "CQ-104", "msg": miss.msg} if some miss in lib.missed(where_known, "CQ-104", "coverage of changed lines")

warn contains {"code": "CQ-104", "msg": "no changed line is executable as the coverage evidence has it"} if {
	input.coverage.changed.lines.valid == 0
}

where_known contains {"code": "CQ-104", "label": "", "value": percent, "limit": limits.changed_line_coverage, "comparison": ">=", "unit": "%"} if {
	percent := line_percent(input.coverage.changed)
}

# METADATA
# title: Lint errors
# description: Open lint findings of the severity of an error or worse. An unknown severity counts.
# custom:
#   code: CQ-201
#   remediation: Mend the errors. Many linters mend some by themselves (ruff check --fix, eslint --fix).
#   evidence: [static_analysis]
#   thresholds: [code_quality.lint_errors_below, code_quality.error_severity]
deny contains {"code": "CQ-201", "msg": miss.msg, "select": {"min_severity": limits.error_severity, "categories": ["lint"]}} if {
	some miss in lib.missed(measured, "CQ-201", "lint errors")
}

measured contains {"code": "CQ-201", "label": "", "value": errors, "limit": limits.lint_errors_below, "comparison": "<", "unit": "findings"} if {
	errors := lib.count_at_least(input.findings.by_category_severity.lint, limits.error_severity)
	lib.judged("static_analysis", errors)
}

# METADATA
# title: Type errors
# description: Open findings of type checkers of the severity of an error or worse. An unknown severity counts.
# custom:
#   code: CQ-202
#   remediation: Mend the types. Do not silence the checker where it is right.
#   evidence: [static_analysis]
#   thresholds: [code_quality.type_errors_below, code_quality.error_severity]
deny contains {"code": "CQ-202", "msg": miss.msg, "select": {"min_severity": limits.error_severity, "categories": ["type"]}} if {
	some miss in lib.missed(measured, "CQ-202", "type errors")
}

measured contains {"code": "CQ-202", "label": "", "value": errors, "limit": limits.type_errors_below, "comparison": "<", "unit": "findings"} if {
	errors := lib.count_at_least(input.findings.by_category_severity.type, limits.error_severity)
	lib.judged("static_analysis", errors)
}

# METADATA
# title: Formatting
# description: Open findings of formatters, of any severity.
# custom:
#   code: CQ-203
#   remediation: Run the formatter.
#   evidence: [static_analysis]
#   thresholds: [code_quality.max_formatting_violations]
deny contains {"code": "CQ-203", "msg": miss.msg, "select": {"categories": ["format"]}} if {
	some miss in lib.missed(measured, "CQ-203", "formatting violations")
}

measured contains {"code": "CQ-203", "label": "", "value": number, "limit": limits.max_formatting_violations, "comparison": "<=", "unit": "findings"} if {
	number := input.findings.by_category.format
	lib.judged("static_analysis", number)
}

# METADATA
# title: Every linter did its work
# description: Files or runs on which a linter, type checker or formatter failed. What was not checked is not clean.
# custom:
#   code: CQ-204
#   remediation: Mend what kept the tool from its work (the report has its message) and run it again.
#   evidence: [static_analysis]
#   thresholds: [code_quality.max_tool_failures]
deny contains {"code": "CQ-204", "msg": miss.msg, "select": {"tool_failure": true, "categories": lib.categories.code_quality}} if {
	some miss in lib.missed(measured, "CQ-204", "failures of tools")
}

measured contains {"code": "CQ-204", "label": "", "value": number, "limit": limits.max_tool_failures, "comparison": "<=", "unit": "failures"} if {
	number := lib.tool_failures("code_quality")
	lib.judged("static_analysis", number)
}

# METADATA
# title: Quality score
# description: >-
#   100, less the points of open lint, type, format, complexity and duplication findings by severity for each 1000 executable lines,
#   less points for each percentage point by which a suite misses its line coverage, less points for each failed test; never below 0.
#   What there is no evidence of takes no points.
# custom:
#   code: CQ-301
#   remediation: Start with what takes the most points. The gate's report lists them.
#   evidence: [coverage, static_analysis, tests]
#   thresholds: [code_quality.quality_score_above, code_quality.score_weights, code_quality.score_per_coverage_point, code_quality.score_per_failed_test]
deny contains {"code": "CQ-301", "msg": msg} if {
	some miss in lib.missed(measured, "CQ-301", "quality score")
	msg := concat("", [miss.msg, largest_penalties])
}

# The two that take the most points, in brackets.
largest_penalties := sprintf(" (%s)", [concat(", ", [pair[1] | some pair in array.slice(ordered_penalties, 0, 2)])]) if {
	count(penalties) > 0
}

largest_penalties := "" if count(penalties) == 0

ordered_penalties := sort([[0 - points, line] |
	some what, points in penalties
	line := sprintf("%s %s", [what, lib.text(points)])
])

measured contains {"code": "CQ-301", "label": "", "value": score, "limit": limits.quality_score_above, "comparison": ">", "unit": ""}

# score = max(0, 100 - weighted findings / thousands of lines - missing coverage - failed tests), to one decimal.
# It falls or stays with every further finding and every further failed test, and never rises.
score := lib.rounded(max([0, 100 - sum([points | some points in penalties])]), 10) if {
	some kind in ["coverage", "static_analysis", "tests"]
	lib.present(kind)
}

penalties["findings"] := debt if debt > 0

penalties["failed tests"] := failed * limits.score_per_failed_test if failed > 0

penalties[sprintf("coverage of suite %s", [entry.label])] := (entry.limit - entry.value) * limits.score_per_coverage_point if {
	some entry in where_known
	entry.code in {"CQ-101", "CQ-102"}
	entry.value < entry.limit
}

failed := input.tests.all.failed + input.tests.all.errors

# Weighted findings for each 1000 executable lines of the largest suite. Where there are fewer, or the lines are not known,
# 1000 are assumed, so that the score of a small program does not hang on a single finding.
debt := lib.rounded((points * 1000) / max({1000} | {counts.lines.valid | some counts in input.coverage.suites}), 100) if {
	points := sum([weighted |
		some category in lib.categories.code_quality
		some severity, n in input.findings.by_category_severity[category]
		weighted := n * object.get(limits.score_weights, severity, limits.score_weights.unknown)
	])
}

# Ratings from A to E, each where there is evidence of it. Reliability: failed tests and tool failures count 1, flaky tests 0.5.
# Security: the worst open finding, low B, medium C, high D, anything worse or exploited E. Maintainability: weighted findings
# for each 1000 lines.
ratings["reliability"] := lib.letter(troubles, limits.reliability_limits) if {
	lib.present("tests")
	troubles := (failed + sum([n | some n in input.findings.tool_failures])) + (input.tests.all.flaky * 0.5)
}

ratings["security"] := substring("ABCDE", min([4, max(ranks)]), 1) if {
	lib.present("security_scan")
	ranks := ({0} | {rank | input.findings.kev > 0; rank := 4}) | {rank |
		some category in lib.categories.security
		some severity, n in input.findings.by_category_severity[category]
		n > 0
		rank := lib.rank(severity)
	}
}

ratings["maintainability"] := lib.letter(debt, limits.maintainability_limits) if lib.present("static_analysis")

report := object.union({"ratings": ratings, "explanation": explanation}, {"score": value | value := score})

explanation := array.concat(["100 points to start with"], sort([line |
	some what, points in penalties
	line := sprintf("%s: %s points taken", [what, lib.text(points)])
]))

# METADATA
# title: Complexity
# description: Open findings of complexity checkers, which hold functions to the limit of their own configuration.
# custom:
#   code: CQ-302
#   remediation: Split the functions that the report names.
#   evidence: [static_analysis]
#   thresholds: [code_quality.max_complexity_violations]
deny contains {"code": "CQ-302", "msg": miss.msg, "select": {"categories": ["complexity"]}} if {
	some miss in lib.missed(measured, "CQ-302", "complexity violations")
}

measured contains {"code": "CQ-302", "label": "", "value": number, "limit": limits.max_complexity_violations, "comparison": "<=", "unit": "findings"} if {
	number := input.findings.by_category.complexity
	lib.judged("static_analysis", number)
}

# METADATA
# title: Duplication
# description: Duplicated blocks that a duplication checker reports.
# custom:
#   code: CQ-303
#   remediation: Move what is written twice to one place.
#   evidence: [static_analysis]
#   thresholds: [code_quality.max_duplications]
warn contains {"code": "CQ-303", "msg": msg, "select": {"categories": ["duplication"]}} if {
	number := input.findings.by_category.duplication
	number > limits.max_duplications
	msg := sprintf("duplicated blocks: %s, more than %s", [lib.text(number), lib.text(limits.max_duplications)])
}

# A verdict says the numbers where there are too many.
measured contains {"code": "CQ-303", "label": "", "value": number, "limit": limits.max_duplications, "comparison": "<=", "unit": "findings"} if {
	lib.present("static_analysis")
	number := input.findings.by_category.duplication
	number <= limits.max_duplications
}

# METADATA
# title: Evidence contradicts itself
# description: Reports whose totals say something else than their details. The details are judged.
# custom:
#   code: CQ-901
#   remediation: Look at how the report was made. Merged or post-processed reports often keep old totals.
#   evidence: [coverage, static_analysis, tests]
#   thresholds: [code_quality.contradiction_warnings]
warn contains {"code": "CQ-901", "msg": msg, "select": {"evidence_warnings": [warning]}} if {
	some warning in limits.contradiction_warnings
	number := input.evidence.warnings[warning]
	number > 0
	msg := sprintf("%s: %s times", [warning, lib.text(number)])
}

# METADATA
# title: Coverage evidence could be read whole
# description: Elements of usable files that could not be read. What was not read is not judged.
# custom:
#   code: CQ-902
#   remediation: Look at the files that the message names. They are cut off, damaged, or of a shape that is not known.
#   evidence: [coverage]
#   thresholds: [code_quality.max_skipped]
deny contains {"code": "CQ-902", "msg": msg} if {
	some miss in lib.missed(measured, "CQ-902", "unread elements of coverage")
	msg := concat("", [miss.msg, lib.unread_names("coverage")])
}

measured contains {"code": "CQ-902", "label": "", "value": number, "limit": limits.max_skipped, "comparison": "<=", "unit": "elements"} if {
	number := lib.unread_total("coverage")
	lib.judged("coverage", number)
}
