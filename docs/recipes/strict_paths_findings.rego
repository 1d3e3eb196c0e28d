package gate.security

strict_finding_paths := {"src/payment/"}

# METADATA
# title: Payment code has no medium finding
# description: Below `src/payment/` an open finding of medium severity or worse blocks.
# custom:
#   code: RCP-032
#   remediation: Mend the finding at the place that the message names.
#   evidence: [security_scan]
deny contains {"code": "RCP-032", "msg": sprintf("%s:%d: %s (%s)", [finding.path, finding.line, finding.rule, finding.severity])} if {
	some finding in input.findings.open
	some prefix in strict_finding_paths
	startswith(finding.path, prefix)
	not finding.severity in {"info", "low"}
}
