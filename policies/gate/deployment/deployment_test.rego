package gate.deployment_test

import data.gate.deployment
import data.gate.fixture

operations(changes) := fixture.but({"operations": changes})

change(changes) := operations({"change": changes})

approved(people) := operations({"approvals": [{"by": by, "role": role, "at": null} | some [by, role] in people]})

slo(changes) := operations({"slos": [object.union(fixture.clean.operations.slos[0], changes)]})

freeze := {"name": "peak", "from": "2026-01-10T00:00:00Z", "until": "2026-01-20T00:00:00Z", "active": true}

test_clean if {
	count(deployment.deny) == 0 with input as fixture.clean
	count(deployment.warn) == 0 with input as fixture.clean
	fixture.codes(deployment.measured) == {"DEP-001", "DEP-002", "DEP-003", "DEP-004"} with input as fixture.clean
}

test_nothing_is_said_without_evidence if {
	count(deployment.deny) == 0 with input as fixture.empty
	count(deployment.measured) == 0 with input as fixture.empty
}

test_missing_approval_fails if {
	deployment.deny == {{"code": "DEP-001", "msg": "approvals: 0, must be at least 1"}} with input as approved([])
	fixture.measures(deployment.measured, "DEP-001") == {["", 0, ">=", 1, "approvals"]} with input as approved([])
}

test_one_person_counts_once if {
	fixture.said(deployment.deny) == {"DEP-001 approvals: 1, must be at least 2 (so far: ada)"} with input as approved([["ada", ""], ["Ada ", "owner"]])
		with data.gate.thresholds.deployment.min_approvals as 2
	count(deployment.deny) == 0 with input as approved([["ada", ""], ["bob", ""]])
		with data.gate.thresholds.deployment.min_approvals as 2
}

test_approval_by_nobody_does_not_count if {
	fixture.codes(deployment.deny) == {"DEP-001"} with input as approved([[" ", "owner"]])
}

test_required_role_that_did_not_approve_fails if {
	deployment.deny == {{
		"code": "DEP-001",
		"msg": "nobody in the role security approved (so far: ada)",
		"role": "security",
	}} with input as approved([["ada", "owner"], [" ", "security"]])
		with data.gate.thresholds.deployment.required_roles as ["owner", "security"]
	count(deployment.deny) == 0 with input as approved([["ada", "owner"], ["bob", "security"]])
		with data.gate.thresholds.deployment.required_roles as ["owner", "security"]
	count(deployment.deny) == 0 with input as fixture.empty
		with data.gate.thresholds.deployment.required_roles as ["owner", "security"]
}

test_active_freeze_fails if {
	deployment.deny == {{
		"code": "DEP-002",
		"msg": "active freezes: 1, must be at most 0 (peak until 2026-01-20T00:00:00Z)",
		"freezes": {"peak until 2026-01-20T00:00:00Z"},
	}} with input as operations({"freezes": [freeze]})
	fixture.measures(deployment.measured, "DEP-002") == {["", 1, "<=", 0, "freezes"]} with input as operations({"freezes": [freeze]})
}

test_active_freeze_counts_even_where_no_file_is_usable if {
	fixture.codes(deployment.deny) == {"DEP-002"} with input as object.union(fixture.empty, {"operations": {"freezes": [freeze]}})
}

test_freeze_that_does_not_hold_passes if {
	count(deployment.deny) == 0 with input as operations({"freezes": [object.union(freeze, {"active": false})]})
}

test_missed_objective_fails if {
	deployment.deny == {{
		"code": "DEP-003",
		"msg": "checkout: measured: 99.89 %, must be at least 99.9 %",
		"slo": "checkout",
	}} with input as slo({"measured": 99.89})
	count(deployment.deny) == 0 with input as slo({"measured": 99.9})
	fixture.measures(deployment.measured, "DEP-003") == {["checkout", 99.9, ">=", 99.9, "%"]} with input as slo({"measured": 99.9})
}

test_used_up_error_budget_fails if {
	deployment.deny == {{
		"code": "DEP-004",
		"msg": "checkout: error budget left: 0 %, must be above 0 %",
		"slo": "checkout",
	}} with input as slo({"budget_left": 0})
	fixture.said(deployment.deny) == {"DEP-004 checkout: error budget left: -20 %, must be above 0 %"} with input as slo({"budget_left": -20})
	count(deployment.deny) == 0 with input as slo({"budget_left": 0.1})
	fixture.measures(deployment.measured, "DEP-004") == {["checkout", 0.1, ">", 0, "%"]} with input as slo({"budget_left": 0.1})
}

test_budget_and_objectives_are_not_judged_without_a_measure if {
	count(deployment.deny) == 0 with input as slo({"budget_left": null})
	fixture.measures(deployment.measured, "DEP-004") == set() with input as slo({"budget_left": null})
	fixture.codes(deployment.measured) == {"DEP-001", "DEP-002"} with input as operations({"slos": []})
}

test_change_that_is_not_described_is_a_warning if {
	deployment.warn == {{"code": "DEP-901", "msg": "the change to be deployed is not described"}} with input as operations({"change": null})
	count(deployment.warn) == 0 with input as fixture.empty
}

# How to deploy.

small := "a small change, and nothing speaks against it"

test_small_change_is_rolled_out if {
	deployment.report.risk == "low" with input as fixture.clean
	deployment.report.strategy == "rolling" with input as fixture.clean
	deployment.report.reasons == [small] with input as fixture.clean
	count(deployment.report.steps) > 0 with input as fixture.clean
}

test_larger_change_is_a_canary if {
	deployment.report.strategy == "canary" with input as change({"lines": 201})
	deployment.report.reasons == ["lines changed: 201, more than 200"] with input as change({"lines": 201})
	deployment.report.reasons == ["files changed: 11, more than 10"] with input as change({"files": 11})
	deployment.report.risk == "low" with input as change({"lines": 200, "files": 10})
	count(deployment.report.steps) == 4 with input as change({"lines": 201})
}

test_change_of_unknown_size_is_a_canary if {
	unknown := ["the size of the change is not known"]
	deployment.report.reasons == unknown with input as operations({"change": null})
	deployment.report.reasons == unknown with input as change({"lines": null, "files": null})
	deployment.report.risk == "low" with input as change({"lines": null})
	deployment.report.risk == "low" with input as change({"files": null})
	deployment.report.risk == "medium" with input as fixture.empty
}

test_badly_covered_change_is_a_canary if {
	deployment.report.risk == "medium" with input as fixture.but({"coverage": {"changed": fixture.lines(79, 100)}})
	deployment.report.reasons == ["the changed lines are not covered well enough"] with input as fixture.but({"coverage": {"changed": fixture.lines(79, 100)}})
	deployment.report.risk == "low" with input as fixture.but({"coverage": {"changed": fixture.lines(80, 100)}})
}

test_risky_change_is_deployed_beside if {
	every reason, with_input in {
		"a database migration is part of the change": change({"migration": true}),
		"an interface that others use is broken": change({"breaking": true}),
		"lines changed: 1001, more than 1000": change({"lines": 1001}),
		"files changed: 51, more than 50": change({"files": 51}),
		"a test failed": fixture.but({"tests": {"all": {"failed": 1}}}),
		"the objective of checkout is not met": slo({"measured": 90}),
	} {
		report := deployment.report with input as with_input
		report.risk == "high"
		report.strategy == "blue-green"
		report.reasons == [reason]
	}
	deployment.report.reasons == ["a test failed"] with input as fixture.but({"tests": {"all": {"errors": 1}}})
	deployment.report.risk == "medium" with input as change({"lines": 1000, "files": 50})
}

test_strategies_are_data if {
	deployment.report == {"risk": "low", "strategy": "recreate", "steps": [], "reasons": [small]} with input as fixture.clean
		with data.gate.thresholds.deployment.strategies as {"low": {"strategy": "recreate", "steps": []}}
}

test_approval_of_a_later_time_does_not_count if {
	every at, n in {
		"2026-01-15T12:00:00Z": 1, "2026-01-15T11:59:59.5Z": 1, "2026-01-14T23:00:00Z": 1, "0001-01-01T00:00:00Z": 1,
		"2026-01-15T12:00:00.5Z": 0, "2026-01-15T12:00:01Z": 0, "2026-01-16T00:00:00Z": 0, "9999-12-31T00:00:00Z": 0,
	} {
		counted := deployment.approvers with input as operations({"approvals": [{"by": "ada", "role": "", "at": at}]})
		count(counted) == n
	}
}

test_invisible_characters_make_no_person if {
	fixture.codes(deployment.deny) == {"DEP-001"} with input as approved([[" \u200b\u200f\u2060\ufeff ", "owner"]])
	deployment.approvers == {"ada"} with input as approved([["ada", ""], ["ada\u200b", ""]])
}
