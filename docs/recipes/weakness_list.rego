package gate.security

weakness_list := {"CWE-78", "CWE-89", "CWE-79"}

# METADATA
# title: Injection always blocks
# description: An open finding with a weakness of the list blocks, whatever its severity.
# custom:
#   code: RCP-033
#   remediation: Use parameters instead of text that is put together.
#   evidence: [security_scan]
deny contains {"code": "RCP-033", "msg": sprintf("%s:%d: %s", [finding.path, finding.line, weakness])} if {
	some finding in input.findings.open
	some weakness in finding.cwe
	weakness in weakness_list
}
