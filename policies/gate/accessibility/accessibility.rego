# METADATA
# title: Accessibility
# description: Violations of WCAG and accessibility scores of pages.
package gate.accessibility

import data.gate.lib

limits := data.gate.thresholds.accessibility

# METADATA
# title: No WCAG 2.2 A or AA violation
# description: Open findings against a success criterion of WCAG 2.0, 2.1 or 2.2, level A or AA, of any severity.
# custom:
#   code: A11Y-001
#   remediation: Mend the elements that the report names. Each rule links to how to.
#   evidence: [accessibility]
#   thresholds: [accessibility.max_wcag_violations]
deny contains {"code": "A11Y-001", "msg": miss.msg, "select": {"wcag": true}} if {
	some miss in lib.missed(measured, "A11Y-001", "WCAG A and AA violations")
}

measured contains {"code": "A11Y-001", "label": "", "value": input.findings.wcag, "limit": limits.max_wcag_violations, "comparison": "<=", "unit": "findings"} if {
	lib.judged("accessibility", input.findings.wcag)
}

# METADATA
# title: Lighthouse accessibility score
# description: The accessibility score of every page that has one. Lighthouse weighs its audits, so that 100 does not prove that WCAG is met.
# custom:
#   code: A11Y-002
#   remediation: Mend the failed audits of the page, the heaviest first.
#   evidence: [accessibility, web_vitals]
#   thresholds: [accessibility.min_lighthouse_score]
#   not_judged: no page has a Lighthouse accessibility score
deny contains {"code": "A11Y-002", "msg": miss.msg, "page": miss.label} if {
	some miss in lib.missed(where_known, "A11Y-002", "accessibility score")
}

# What is judged only where the evidence tells it.
measured contains entry if some entry in where_known

where_known contains {"code": "A11Y-002", "label": lib.page_name(page), "value": score, "limit": limits.min_lighthouse_score, "comparison": ">=", "unit": ""} if {
	some page in input.web.pages
	score := page.scores.accessibility
	is_number(score)
}

# METADATA
# title: Every accessibility audit did its work
# description: Pages or runs on which an audit failed. What was not looked at is not accessible.
# custom:
#   code: A11Y-003
#   remediation: Mend what kept the tool from its work (the report has its message) and run it again.
#   evidence: [accessibility]
#   thresholds: [accessibility.max_tool_failures]
deny contains {"code": "A11Y-003", "msg": miss.msg, "select": {"tool_failure": true, "categories": lib.categories.accessibility}} if {
	some miss in lib.missed(measured, "A11Y-003", "failures of audits")
}

measured contains {"code": "A11Y-003", "label": "", "value": failures, "limit": limits.max_tool_failures, "comparison": "<=", "unit": "failures"} if {
	failures := lib.tool_failures("accessibility")
	lib.judged("accessibility", failures)
}

# METADATA
# title: Other accessibility findings
# description: Best practices, level AAA and other findings outside WCAG A and AA.
# custom:
#   code: A11Y-901
#   remediation: Mend them when you touch the page.
#   evidence: [accessibility]
#   thresholds: [accessibility.max_other_findings]
warn contains {"code": "A11Y-901", "msg": msg, "select": {"categories": ["accessibility"], "wcag": false, "tool_failure": false}} if {
	other := (input.findings.by_category.accessibility - input.findings.wcag) - lib.tool_failures("accessibility")
	other > limits.max_other_findings
	msg := sprintf("findings outside WCAG A and AA: %s, more than %s", [lib.text(other), lib.text(limits.max_other_findings)])
}
