package gate.accessibility

pages_to_audit := {"https://shop.example/", "https://shop.example/checkout"}

audited_pages contains page.url if {
	some page in input.accessibility.pages
	page.rules_tested > 0
}

# METADATA
# title: The pages that matter were audited
# description: Each page of the list was tested with at least one rule.
# custom:
#   code: RCP-022
#   remediation: Add the page to the accessibility audit.
#   evidence: [accessibility]
deny contains {"code": "RCP-022", "msg": sprintf("%s was not audited", [page])} if some page in (pages_to_audit - audited_pages)
