package gate.deployment

# METADATA
# title: Migrations are approved by a database owner
# description: A change with a database migration has the approval of somebody in the role `dba`. A change that is not described blocks.
# custom:
#   code: RCP-035
#   remediation: Ask a database owner, and describe the change.
#   evidence: [operations]
deny contains {"code": "RCP-035", "msg": "the change is not described"} if input.operations.change == null

deny contains {"code": "RCP-035", "msg": "no database owner approved the migration"} if {
	input.operations.change.migration
	count({approval.by | some approval in input.operations.approvals; approval.role == "dba"}) == 0
}
