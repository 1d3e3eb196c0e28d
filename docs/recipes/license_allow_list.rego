package gate.security

license_allow_list := {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Apache-2.0 OR MIT", "MIT OR Apache-2.0"}

# METADATA
# title: Only licences that we know
# description: Every component has a licence of the list. A component without licence blocks.
# custom:
#   code: RCP-005
#   remediation: Have the licence added to the list, or replace the component.
#   evidence: [sbom]
deny contains {"code": "RCP-005", "msg": sprintf("%s %s has no licence of the list", [component.name, component.version])} if {
	some component in input.components.list
	count({license | some license in component.licenses; license in license_allow_list}) == 0
}
