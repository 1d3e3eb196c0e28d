package gate.security

# METADATA
# title: Images have a version
# description: No container in the bill of materials is called `latest` or has no version.
# custom:
#   code: RCP-017
#   remediation: Name the version or, better, the digest of the image.
#   evidence: [sbom]
deny contains {"code": "RCP-017", "msg": sprintf("the image %s has no fixed version", [component.name])} if {
	some component in input.components.list
	component.type == "container"
	lower(component.version) in {"", "latest", "stable", "edge"}
}
