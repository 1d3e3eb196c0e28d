# METADATA
# title: Deployment
# description: Whether the change may be deployed now, and how.
package gate.deployment

import data.gate.lib

limits := data.gate.thresholds.deployment

# METADATA
# title: Approvals
# description: Enough different people approved, and one of each required role.
# custom:
#   code: DEP-001
#   remediation: Ask for the approvals that are missing, then evaluate again.
#   evidence: [operations]
#   thresholds: [deployment.min_approvals, deployment.required_roles]
deny contains {"code": "DEP-001", "msg": concat("", [miss.msg, so_far])} if {
	some miss in lib.missed(measured, "DEP-001", "approvals")
}

deny contains {"code": "DEP-001", "msg": sprintf("nobody in the role %s approved%s", [role, so_far]), "role": role} if {
	lib.present("operations")
	some role in limits.required_roles
	not role in approved_roles
}

# Approvals by somebody, and not of a time that is yet to come.
approvals contains {"by": by, "role": approval.role} if {
	some approval in input.operations.approvals
	by := lower(lib.visible(approval.by))
	by != ""
	given(approval.at)
}

# Days are compared first: the years that nanoseconds reach are few. Both times are in UTC.
given(at) if at == null

given(at) if substring(at, 0, 10) < substring(input.now, 0, 10)

given(at) if {
	substring(at, 0, 10) == substring(input.now, 0, 10)
	time.parse_rfc3339_ns(at) <= time.parse_rfc3339_ns(input.now)
}

# Different people, however often and however spelt they approved.
approvers contains approval.by if some approval in approvals

approved_roles contains approval.role if some approval in approvals

so_far := "" if count(approvers) == 0

so_far := sprintf(" (so far: %s)", [lib.listed(approvers, 5)]) if count(approvers) > 0

measured contains {"code": "DEP-001", "label": "", "value": count(approvers), "limit": limits.min_approvals, "comparison": ">=", "unit": "approvals"} if {
	lib.present("operations")
}

# METADATA
# title: No change freeze
# description: No freeze holds at the time of the decision.
# custom:
#   code: DEP-002
#   remediation: Wait until the freeze ends.
#   evidence: [operations]
#   thresholds: [deployment.max_active_freezes]
deny contains {"code": "DEP-002", "msg": msg, "freezes": freezes} if {
	some miss in lib.missed(measured, "DEP-002", "active freezes")
	msg := sprintf("%s (%s)", [miss.msg, lib.listed(freezes, 3)])
}

freezes contains sprintf("%s until %s", [freeze.name, freeze.until]) if {
	some freeze in input.operations.freezes
	freeze.active
}

measured contains {"code": "DEP-002", "label": "", "value": count(freezes), "limit": limits.max_active_freezes, "comparison": "<=", "unit": "freezes"} if {
	lib.judged("operations", count(freezes))
}

# METADATA
# title: Service level objectives
# description: Every objective is met as measured.
# custom:
#   code: DEP-003
#   remediation: Bring the service back to its objective before you change it.
#   evidence: [operations]
#   thresholds: []
#   not_judged: no objective was measured
deny contains {"code": "DEP-003", "msg": miss.msg, "slo": miss.label} if {
	some miss in lib.missed(where_known, "DEP-003", "measured")
}

# What is judged only where the evidence tells it.
measured contains entry if some entry in where_known

where_known contains {"code": "DEP-003", "label": slo.name, "value": slo.measured, "limit": slo.objective, "comparison": ">=", "unit": "%"} if {
	some slo in input.operations.slos
}

# METADATA
# title: Error budget
# description: Something is left of every error budget that the evidence tells.
# custom:
#   code: DEP-004
#   remediation: Deploy only what makes the service more reliable until the budget recovers.
#   evidence: [operations]
#   thresholds: [deployment.min_error_budget_percent]
#   not_judged: no error budget was measured
deny contains {"code": "DEP-004", "msg": miss.msg, "slo": miss.label} if {
	some miss in lib.missed(where_known, "DEP-004", "error budget left")
}

where_known contains {"code": "DEP-004", "label": slo.name, "value": slo.budget_left, "limit": limits.min_error_budget_percent, "comparison": ">", "unit": "%"} if {
	some slo in input.operations.slos
	is_number(slo.budget_left)
}

# METADATA
# title: The change is described
# description: Without its size and nature the risk of a change is guessed to be medium.
# custom:
#   code: DEP-901
#   remediation: Add the change (lines, files, migration, breaking) to the operations evidence.
#   evidence: [operations]
#   thresholds: []
warn contains {"code": "DEP-901", "msg": "the change to be deployed is not described"} if {
	lib.present("operations")
	input.operations.change == null
}

# How to deploy: the risk is that of the worst reason, and each risk has its strategy and steps in the thresholds.
# Replace these rules to judge otherwise.
report := object.union({"risk": risk, "reasons": sort(reasons[risk])}, limits.strategies[risk])

default risk := "low"

risk := "high" if count(reasons.high) > 0

risk := "medium" if {
	count(reasons.high) == 0
	count(reasons.medium) > 0
}

reasons := {"high": high, "medium": medium, "low": {"a small change, and nothing speaks against it"}}

high contains "a database migration is part of the change" if input.operations.change.migration

high contains "an interface that others use is broken" if input.operations.change.breaking

high contains msg if msg := size("line", input.operations.change.lines, limits.high_risk_lines)

high contains msg if msg := size("file", input.operations.change.files, limits.high_risk_files)

high contains "a test failed" if input.tests.all.failed + input.tests.all.errors > 0

high contains sprintf("the objective of %s is not met", [miss.label]) if {
	some miss in lib.missed(where_known, "DEP-003", "")
}

medium contains msg if msg := size("line", input.operations.change.lines, limits.medium_risk_lines)

medium contains msg if msg := size("file", input.operations.change.files, limits.medium_risk_files)

medium contains "the size of the change is not known" if input.operations.change == null

medium contains "the size of the change is not known" if {
	input.operations.change.lines == null
	input.operations.change.files == null
}

medium contains "the changed lines are not covered well enough" if {
	lines := input.coverage.changed.lines
	lib.percent(lines.covered, lines.valid) < data.gate.thresholds.code_quality.changed_line_coverage
}

size(noun, number, limit) := sprintf("%ss changed: %s, more than %s", [noun, lib.text(number), lib.text(limit)]) if number > limit
