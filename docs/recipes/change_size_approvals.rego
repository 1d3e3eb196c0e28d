package gate.deployment

default approvals_needed := 3

approvals_needed := 1 if {
	is_number(input.operations.change.lines)
	input.operations.change.lines <= 200
}

approvals_needed := 2 if {
	is_number(input.operations.change.lines)
	input.operations.change.lines > 200
	input.operations.change.lines <= 1000
}

# METADATA
# title: Larger changes need more people
# description: Up to 200 lines one person approves, up to 1000 two, above or when not known three.
# custom:
#   code: RCP-026
#   remediation: Ask more people, or make the change smaller.
#   evidence: [operations]
deny contains {"code": "RCP-026", "msg": sprintf("approved by %d, must be %d for a change of this size", [count(approvers_of_size), approvals_needed])} if {
	count(approvers_of_size) < approvals_needed
}

approvers_of_size := {lower(trim_space(approval.by)) | some approval in input.operations.approvals}
