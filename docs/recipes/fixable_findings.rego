package gate.security

# METADATA
# title: What can be upgraded is upgraded
# description: No open finding of medium severity or worse for which a fixed version is known.
# custom:
#   code: RCP-012
#   remediation: Upgrade the package to the version that the message names.
#   evidence: [security_scan]
deny contains {"code": "RCP-012", "msg": sprintf("%s in %s %s is fixed in %s", [finding.rule, finding.package, finding.version, finding.fixed_version])} if {
	some finding in input.findings.open
	finding.fixed_version != ""
	not finding.severity in {"info", "low"}
}
