package gate.security

# METADATA
# title: Two scanners agree on what is critical
# description: A critical finding that only one evidence file reports. Only a warning. Look whether the other scanner is blind.
# custom:
#   code: RCP-030
#   remediation: Compare the configuration of the scanners.
#   evidence: [security_scan]
warn contains {"code": "RCP-030", "msg": sprintf("only %s reports %s", [finding.evidence[0], finding.rule])} if {
	input.evidence.kinds.security_scan > 1
	some finding in input.findings.open
	finding.category == "sca"
	finding.severity == "critical"
	count(finding.evidence) == 1
}
