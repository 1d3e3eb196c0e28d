package gate.deployment

young_approvals contains lower(approval.by) if {
	some approval in input.operations.approvals
	approval.at != null
	age := time.parse_rfc3339_ns(input.now) - time.parse_rfc3339_ns(approval.at)
	age >= 0
	age <= ((7 * 24) * 3600) * 1000000000
}

# METADATA
# title: Approvals are not older than a week
# description: An approval counts for seven days. One without a time does not count.
# custom:
#   code: RCP-006
#   remediation: Ask for a new approval.
#   evidence: [operations]
deny contains {"code": "RCP-006", "msg": "nobody approved within the last 7 days"} if count(young_approvals) == 0
