package gate.deployment

recipe_approvers contains lower(trim_space(approval.by)) if {
	some approval in input.operations.approvals
	trim_space(approval.by) != ""
}

recipe_roles contains approval.role if some approval in input.operations.approvals

# METADATA
# title: Two people approve
# description: Two different people approved, one of them as owner. Case does not make two people of one.
# custom:
#   code: RCP-008
#   remediation: Ask a second person, and an owner.
#   evidence: [operations]
deny contains {"code": "RCP-008", "msg": sprintf("approved by %d, must be 2 people", [count(recipe_approvers)])} if count(recipe_approvers) < 2

deny contains {"code": "RCP-008", "msg": "no owner approved"} if not "owner" in recipe_roles
