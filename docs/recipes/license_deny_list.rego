package gate.security

license_deny_list := {"AGPL-3.0-only", "AGPL-3.0-or-later", "SSPL-1.0"}

# METADATA
# title: No strong copyleft
# description: No component under a licence of the list, as its bill of materials writes it.
# custom:
#   code: RCP-004
#   remediation: Replace the component, or ask for another licence.
#   evidence: [sbom]
deny contains {"code": "RCP-004", "msg": sprintf("%d components under %s", [n, license]), "select": {"licenses": [license]}} if {
	some license, n in input.components.licenses
	license in license_deny_list
}
