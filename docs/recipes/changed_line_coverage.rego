package gate.code_quality

# METADATA
# title: Changed lines are covered
# description: At least 90 % of the changed lines are covered. A change that is not known blocks.
# custom:
#   code: RCP-001
#   remediation: Write tests for the lines that the change touches.
#   evidence: [coverage]
deny contains {"code": "RCP-001", "msg": "coverage of the changed lines is not known"} if not changed_line_percent

deny contains {"code": "RCP-001", "msg": sprintf("%d %% of the changed lines are covered, must be 90 %%", [floor(changed_line_percent)])} if {
	changed_line_percent < 90
}

changed_line_percent := (100 * lines.covered) / lines.valid if {
	lines := input.coverage.changed.lines
	lines.valid > 0
}
