package gate.deployment

# METADATA
# title: Evidence names this artifact
# description: In `production` every usable file names the commit or digest that is deployed.
# custom:
#   code: RCP-034
#   remediation: Have the tool write the commit or digest, or declare it.
deny contains {"code": "RCP-034", "msg": sprintf("%s does not say which commit or artifact it is about", [file.name])} if {
	input.environment == "production"
	some file in input.evidence.files
	file.usable
	file.subject_match != "match"
}
