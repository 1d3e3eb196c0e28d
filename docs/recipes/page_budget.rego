package gate.performance

pages_in_budget contains page.url if {
	some page in input.web.pages
	page.scores.performance >= 90
	is_number(page.lcp_ms)
	page.lcp_ms <= 2500
}

# METADATA
# title: Pages keep their budget
# description: Lighthouse scores performance 90 or better, and the largest paint comes within 2.5 s. A number that is not measured blocks.
# custom:
#   code: RCP-023
#   remediation: Look at what the page loads before its largest element.
#   evidence: [web_vitals]
deny contains {"code": "RCP-023", "msg": sprintf("%s is over its budget", [page.url])} if {
	some page in input.web.pages
	not page.url in pages_in_budget
}
