package gate.accessibility

aaa_pages := {"https://shop.example/help"}

aaa_tags := {"wcag2aaa", "wcag21aaa", "wcag22aaa"}

# METADATA
# title: Public pages reach level AAA
# description: Below `https://shop.example/help` findings of WCAG level AAA block too.
# custom:
#   code: RCP-021
#   remediation: Mend the elements that the report names.
#   evidence: [accessibility]
deny contains {"code": "RCP-021", "msg": sprintf("%s: %s breaks level AAA", [finding.path, finding.rule])} if {
	some finding in input.findings.open
	finding.category == "accessibility"
	some prefix in aaa_pages
	startswith(finding.path, prefix)
	some tag in finding.tags
	tag in aaa_tags
}
