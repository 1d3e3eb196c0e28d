package gate.security

# METADATA
# title: Waivers end
# description: The reason of every waiver names its last day as `until 2026-01-31`, and that day is not over.
# custom:
#   code: RCP-007
#   remediation: Mend the finding, or have the waiver renewed.
#   evidence: [security_scan]
deny contains {"code": "RCP-007", "msg": sprintf("the waiver of %s in %s has ended or names no last day", [finding.rule, finding.path])} if {
	some finding in input.findings.suppressed
	finding.suppression == "waiver"
	not finding.id in waivers_in_force
}

waivers_in_force contains finding.id if {
	some finding in input.findings.suppressed
	some words in regex.find_n(`until [0-9]{4}-[0-9]{2}-[0-9]{2}`, finding.suppression_reason, 1)
	substring(words, 6, 10) >= substring(input.now, 0, 10)
}
