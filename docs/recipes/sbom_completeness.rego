package gate.security

sbom_share_limits := {"package URL": [input.components.without_purl, 2], "licence": [input.components.without_license, 5]}

# METADATA
# title: The bill of materials tells nearly all
# description: At most 2 % of the components lack a package URL, at most 5 % a licence, and there are some.
# custom:
#   code: RCP-016
#   remediation: Generate the bill of materials after the dependencies are installed.
#   evidence: [sbom]
deny contains {"code": "RCP-016", "msg": "the bill of materials lists nothing"} if input.components.total == 0

deny contains {"code": "RCP-016", "msg": sprintf("%d of %d components have no %s, must be at most %d %%", [n, input.components.total, what, limit])} if {
	some what, [n, limit] in sbom_share_limits
	n * 100 > input.components.total * limit
}
