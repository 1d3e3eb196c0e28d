package gate.accessibility_test

import data.gate.accessibility
import data.gate.fixture

pages(these) := fixture.but({"web": {"pages": these}})

score(value) := object.union(fixture.page, {"scores": {"accessibility": value}})

test_clean if {
	count(accessibility.deny) == 0 with input as fixture.clean
	count(accessibility.warn) == 0 with input as fixture.clean
	fixture.codes(accessibility.measured) == {"A11Y-001", "A11Y-002", "A11Y-003"} with input as fixture.clean
}

test_nothing_is_said_without_evidence if {
	count(accessibility.deny) == 0 with input as fixture.empty
	count(accessibility.warn) == 0 with input as fixture.empty
	count(accessibility.measured) == 0 with input as fixture.empty
}

test_wcag_violations_fail if {
	accessibility.deny == {{
		"code": "A11Y-001",
		"msg": "WCAG A and AA violations: 1, must be at most 0",
		"select": {"wcag": true},
	}} with input as fixture.but({"findings": {"wcag": 1, "by_category": {"accessibility": 1}}})
}

test_wcag_violations_up_to_the_limit_pass if {
	count(accessibility.deny) == 0 with input as fixture.but({"findings": {"wcag": 1, "by_category": {"accessibility": 1}}})
		with data.gate.thresholds.accessibility.max_wcag_violations as 1
}

test_low_score_fails_by_page if {
	accessibility.deny == {{
		"code": "A11Y-002",
		"msg": "https://shop.example/: accessibility score: 89, must be at least 90",
		"page": "https://shop.example/",
	}} with input as pages([score(89), object.union(score(95), {"url": "https://shop.example/cart"})])
}

test_score_at_the_limit_passes if {
	count(accessibility.deny) == 0 with input as pages([score(90)])
	fixture.measures(accessibility.measured, "A11Y-002") == {["https://shop.example/", 90, ">=", 90, ""]} with input as pages([score(90)])
}

test_score_of_zero_fails if {
	fixture.codes(accessibility.deny) == {"A11Y-002"} with input as pages([score(0)])
}

test_page_without_score_is_not_judged if {
	absent := object.union(object.remove(fixture.page, ["scores"]), {"scores": {}})
	count(accessibility.deny) == 0 with input as pages([score(null), absent])
	fixture.measures(accessibility.measured, "A11Y-002") == set() with input as pages([score(null), absent])
}

test_failed_audit_fails if {
	accessibility.deny == {{
		"code": "A11Y-003",
		"msg": "failures of audits: 2, must be at most 0",
		"select": {"tool_failure": true, "categories": ["accessibility"]},
	}} with input as fixture.but({"findings": {"tool_failures": {"accessibility": 2}, "by_category": {"accessibility": 2}}})
}

test_failed_audit_counts_even_where_no_file_is_usable if {
	fixture.codes(accessibility.deny) == {"A11Y-001", "A11Y-003"} with input as object.union(fixture.empty, {"findings": {
		"tool_failures": {"accessibility": 1},
		"wcag": 1,
	}})
}

test_failures_of_other_tools_are_of_no_concern if {
	count(accessibility.deny) == 0 with input as fixture.but({"findings": {"tool_failures": {"security": 2}}})
}

test_other_findings_are_a_warning if {
	accessibility.warn == {{
		"code": "A11Y-901",
		"msg": "findings outside WCAG A and AA: 3, more than 0",
		"select": {"categories": ["accessibility"], "wcag": false, "tool_failure": false},
	}} with input as fixture.but({"findings": {"wcag": 4, "by_category": {"accessibility": 9}, "tool_failures": {"accessibility": 2}}})
	count(accessibility.warn) == 0 with input as fixture.but({"findings": {"wcag": 4, "by_category": {"accessibility": 4}}})
}
