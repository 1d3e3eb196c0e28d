package gate.security

# METADATA
# title: Secrets are never waived
# description: A secret cannot be suppressed, by nobody and for no reason.
# custom:
#   code: RCP-015
#   remediation: Revoke the credential, take it out, and take the suppression out.
#   evidence: [security_scan]
deny contains {"code": "RCP-015", "msg": sprintf("a secret in %s is suppressed (%s)", [finding.path, finding.suppression])} if {
	some finding in input.findings.suppressed
	finding.category == "secret"
}
