package gate.security

base_images := {"debian 12", "debian 13", "alpine 3.22"}

found_base_images contains trim_space(sprintf("%s %s", [component.name, component.version])) if {
	some component in input.components.list
	component.type == "operating-system"
}

# METADATA
# title: Base image of the list
# description: The operating system of every scanned image is one that we maintain. A bill of materials without one blocks.
# custom:
#   code: RCP-009
#   remediation: Build from a base image of the list.
#   evidence: [sbom]
deny contains {"code": "RCP-009", "msg": sprintf("the base image %s is not on the list", [image])} if some image in (found_base_images - base_images)

deny contains {"code": "RCP-009", "msg": "no bill of materials names the operating system"} if count(found_base_images) == 0
