# METADATA
# title: Security
# description: Open findings of security scanners, secrets, licences and the bill of materials.
package gate.security

import data.gate.lib

limits := data.gate.thresholds.security

# METADATA
# title: No open finding at or above the blocking severity
# description: Open findings of the blocking categories whose severity is the blocking one or worse. An unknown severity counts.
# custom:
#   code: SEC-001
#   remediation: Upgrade to the fixed version, or mend the code.
#   evidence: [security_scan]
#   thresholds: [security.block_severity, security.block_categories, security.max_findings]
deny contains {"code": "SEC-001", "msg": miss.msg, "select": {"min_severity": limits.block_severity, "categories": limits.block_categories}} if {
	some miss in lib.missed(measured, "SEC-001", sprintf("open findings, %s or worse", [limits.block_severity]))
}

deny contains {"code": "SEC-001", "msg": sprintf("the threshold block_categories names %v, which is no category", [category])} if {
	some category in limits.block_categories
	not category in object.keys(input.findings.by_category_severity)
}

serious := sum([n |
	some category in limits.block_categories
	n := lib.count_at_least(input.findings.by_category_severity[category], limits.block_severity)
])

measured contains {"code": "SEC-001", "label": "", "value": serious, "limit": limits.max_findings, "comparison": "<=", "unit": "findings"} if {
	lib.judged("security_scan", serious)
}

# METADATA
# title: No vulnerability that is being exploited
# description: Open findings listed in CISA's catalogue of known exploited vulnerabilities, of any severity.
# custom:
#   code: SEC-002
#   remediation: Upgrade now. Attackers use these vulnerabilities already.
#   evidence: [security_scan]
#   thresholds: [security.max_exploited]
deny contains {"code": "SEC-002", "msg": miss.msg, "select": {"kev": true}} if {
	some miss in lib.missed(measured, "SEC-002", "findings known to be exploited")
}

measured contains {"code": "SEC-002", "label": "", "value": input.findings.kev, "limit": limits.max_exploited, "comparison": "<=", "unit": "findings"} if {
	lib.judged("security_scan", input.findings.kev)
}

# METADATA
# title: No secret
# description: Credentials that a scanner found in code, history or image, of any severity.
# custom:
#   code: SEC-003
#   remediation: Revoke the credential first, then take it out of the code. It stays in the history.
#   evidence: [security_scan]
#   thresholds: [security.max_secrets]
deny contains {"code": "SEC-003", "msg": miss.msg, "select": {"categories": ["secret"]}} if {
	some miss in lib.missed(measured, "SEC-003", "secrets")
}

measured contains {"code": "SEC-003", "label": "", "value": input.findings.by_category.secret, "limit": limits.max_secrets, "comparison": "<=", "unit": "secrets"} if {
	lib.judged("security_scan", input.findings.by_category.secret)
}

# METADATA
# title: No disallowed licence
# description: >-
#   Licences of components that are denied or, when there is a list of allowed ones, not on it. Of `A OR B` one must be allowed,
#   of `A AND B` both. An allowed exception makes `A WITH E` allowed unless there is a list of allowed licences.
# custom:
#   code: SEC-004
#   remediation: Replace the component, ask for another licence, or have the licence added to the allowed ones.
#   evidence: [sbom]
#   thresholds: [security.denied_licenses, security.allowed_licenses, security.allowed_license_exceptions, security.max_disallowed_licenses]
deny contains {"code": "SEC-004", "msg": sprintf("%s (components: %s)", [miss.msg, lib.text(components)]), "select": {"licenses": sort(disallowed)}} if {
	some miss in lib.missed(measured, "SEC-004", "disallowed licences")
	components := sum([input.components.licenses[license] | some license in disallowed])
}

measured contains {"code": "SEC-004", "label": "", "value": count(disallowed), "limit": limits.max_disallowed_licenses, "comparison": "<=", "unit": "licences"} if {
	lib.judged("sbom", count(disallowed))
}

disallowed contains license if {
	some license, _ in input.components.licenses
	not allowed(normal(license))
}

denied_set := {normal(license) | some license in limits.denied_licenses}

allowed_set := {normal(license) | some license in limits.allowed_licenses}

exception_set := {upper(exception) | some exception in limits.allowed_license_exceptions}

# One spelling: capitals, single spaces, spaces around brackets. "or later" is part of a name and no choice.
# `<` and `>` are kept for the marks of `step`.
normal(license) := strings.replace_n({" OR LATER": "-OR-LATER", "+": "-OR-LATER"}, single) if {
	spaces := {"\t": " ", "\n": " ", "\r": " ", "(": " ( ", ")": " ) ", "<": "", ">": ""}
	words := split(strings.replace_n(spaces, upper(license)), " ")
	single := concat(" ", [word | some word in words; word != ""])
}

allowed(expression) if expression in allowed_set

allowed(expression) if {
	not expression in denied_set
	acceptable(unbracketed(expression))
}

# The expression with every bracket replaced by a mark. Where brackets are left, because they are unbalanced or more than
# four deep, all licences must be allowed.
unbracketed(expression) := expression if not bracketed(expression)

unbracketed(expression) := strict(step(step(step(step(expression))))) if bracketed(expression)

bracketed(expression) if contains(expression, "(")

bracketed(expression) if contains(expression, ")")

strict(expression) := expression if not bracketed(expression)

strict(expression) := strings.replace_n({"(": " ", ")": " ", " OR ": " AND "}, expression) if bracketed(expression)

# Replaces innermost brackets: what follows a "(" and holds a ")" before the next "(".
step(expression) := concat("", [closed(i, part) | some i, part in split(expression, "(")])

closed(0, part) := part

closed(i, part) := sprintf("(%s", [part]) if {
	i > 0
	not contains(part, ")")
}

closed(i, part) := concat("", [mark(substring(part, 0, end)), substring(part, end + 1, -1)]) if {
	i > 0
	end := indexof(part, ")")
	end >= 0
}

mark(expression) := "<1>" if acceptable(expression)

mark(expression) := "<0>" if not acceptable(expression)

# AND binds closer than OR.
acceptable(expression) if {
	some alternative in split(expression, " OR ")
	every term in split(alternative, " AND ") {
		licensed(trim_space(term))
	}
}

licensed(term) if term == "<1>"

licensed(term) if count(names(term) & allowed_set) > 0

licensed(term) if {
	count(allowed_set) == 0
	not contains(term, "<0>")
	count(names(term) & denied_set) == 0
}

licensed(term) if {
	count(allowed_set) == 0
	not contains(term, "<0>")
	not term in denied_set
	split(term, " WITH ")[1] in exception_set
}

# The names that a list may have for a licence: as written, without its exception, and without "only" or "or later".
names(term) := {term, base, trim_suffix(trim_suffix(base, "-OR-LATER"), "-ONLY")} if base := split(term, " WITH ")[0]

# METADATA
# title: Components are not older than allowed
# description: Days since the release of the oldest component, where the bill of materials tells.
# custom:
#   code: SEC-005
#   remediation: Upgrade the oldest components, or replace those that nobody maintains.
#   evidence: [sbom]
#   thresholds: [security.max_component_age_days]
#   not_judged: no limit is set, or no bill of materials tells when its components were released
deny contains {"code": "SEC-005", "msg": miss.msg, "select": {"components": sprintf("released_before_days:%s", [lib.text(miss.limit)])}} if {
	some miss in lib.missed(where_known, "SEC-005", "age of the oldest component")
}

# What is judged only where the evidence tells it.
measured contains entry if some entry in where_known

where_known contains {"code": "SEC-005", "label": "", "value": input.components.oldest_days, "limit": limits.max_component_age_days, "comparison": "<=", "unit": "days"} if {
	limits.max_component_age_days != null
	is_number(input.components.oldest_days)
}

# METADATA
# title: The bill of materials is complete
# description: It lists components, nearly all with a version and, where that is asked, does not call itself incomplete.
# custom:
#   code: SEC-006
#   remediation: Generate the bill of materials from the lock file or the image, after dependencies are installed.
#   evidence: [sbom]
#   thresholds: [security.min_components, security.max_components_without_version_percent, security.require_complete_sbom]
deny contains {"code": "SEC-006", "msg": miss.msg} if {
	some miss in lib.missed(measured, "SEC-006", "")
	miss.label != "components without version"
}

deny contains {"code": "SEC-006", "msg": miss.msg, "select": {"components": "without_version"}} if {
	some miss in lib.missed(measured, "SEC-006", "")
	miss.label == "components without version"
}

deny contains {"code": "SEC-006", "msg": msg} if {
	limits.require_complete_sbom != false
	input.components.declared_incomplete > 0
	msg := sprintf("bills of materials that call themselves incomplete: %s", [lib.text(input.components.declared_incomplete)])
}

measured contains {"code": "SEC-006", "label": "bills of materials", "value": input.components.documents, "limit": 1, "comparison": ">=", "unit": "documents"} if {
	lib.present("sbom")
}

measured contains {"code": "SEC-006", "label": "components", "value": input.components.total, "limit": limits.min_components, "comparison": ">=", "unit": "components"} if {
	lib.present("sbom")
}

measured contains {"code": "SEC-006", "label": "components without version", "value": percent, "limit": limits.max_components_without_version_percent, "comparison": "<=", "unit": "%"} if {
	percent := lib.percent(input.components.without_version, input.components.total)
}

# METADATA
# title: Every scanner did its work
# description: Files or runs on which a security scanner failed. What was not scanned is not clean.
# custom:
#   code: SEC-007
#   remediation: Mend what kept the scanner from its work (the report has its message) and run it again.
#   evidence: [security_scan]
#   thresholds: [security.max_tool_failures]
deny contains {"code": "SEC-007", "msg": miss.msg, "select": {"tool_failure": true, "categories": lib.categories.security}} if {
	some miss in lib.missed(measured, "SEC-007", "failures of scanners")
}

measured contains {"code": "SEC-007", "label": "", "value": failures, "limit": limits.max_tool_failures, "comparison": "<=", "unit": "failures"} if {
	failures := lib.tool_failures("security")
	lib.judged("security_scan", failures)
}

# METADATA
# title: Components without licence
# description: Components whose licence the bill of materials does not tell. No licence rule can judge them.
# custom:
#   code: SEC-901
#   remediation: Have the generator resolve licences, or add them to the bill of materials.
#   evidence: [sbom]
#   thresholds: [security.max_components_without_license]
warn contains {"code": "SEC-901", "msg": msg, "select": {"components": "without_license"}} if {
	input.components.without_license > limits.max_components_without_license
	msg := sprintf("components without licence: %s of %s, more than %s", [
		lib.text(input.components.without_license),
		lib.text(input.components.total),
		lib.text(limits.max_components_without_license),
	])
}

# METADATA
# title: Security scans could be read whole
# description: Elements of usable files that could not be read. What was not read is not judged.
# custom:
#   code: SEC-902
#   remediation: Look at the files that the message names. They are cut off, damaged, or of a shape that is not known.
#   evidence: [security_scan]
#   thresholds: [security.max_skipped]
warn contains {"code": "SEC-902", "msg": msg} if {
	number := lib.unread_total("security_scan")
	number > limits.max_skipped
	msg := sprintf("unread elements of security scans: %s, more than %s%s", [
		lib.text(number),
		lib.text(limits.max_skipped),
		lib.unread_names("security_scan"),
	])
}
