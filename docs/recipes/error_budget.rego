package gate.deployment

low_budgets contains slo.name if {
	some slo in input.operations.slos
	is_number(slo.budget_left)
	slo.budget_left < 25
}

is_small_change if {
	is_number(input.operations.change.lines)
	input.operations.change.lines <= 50
}

# METADATA
# title: A small budget allows small changes
# description: With less than 25 % of an error budget left only changes of at most 50 lines are deployed. A size that is not known blocks.
# custom:
#   code: RCP-024
#   remediation: Deploy in smaller steps, or wait until the budget recovers.
#   evidence: [operations]
deny contains {"code": "RCP-024", "msg": sprintf("less than 25 %% is left of the error budget of %s", [name])} if {
	some name in low_budgets
	not is_small_change
}
