package gate.deployment

# METADATA
# title: A freeze has one exception
# description: During a freeze only what an incident commander approved is deployed. Takes the place of DEP-002.
# custom:
#   code: DEP-002
#   remediation: Wait until the freeze ends, or ask the incident commander.
#   evidence: [operations]
deny contains {"code": "DEP-002", "msg": sprintf("%s holds until %s", [freeze.name, freeze.until])} if {
	some freeze in input.operations.freezes
	freeze.active
	not "incident commander" in freeze_roles
}

freeze_roles contains lower(approval.role) if {
	some approval in input.operations.approvals
	approval.by != ""
}
