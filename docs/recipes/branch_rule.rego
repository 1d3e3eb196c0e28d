package gate.deployment

is_release_ref if input.subject.ref == "refs/heads/main"

is_release_ref if {
	is_string(input.subject.ref)
	startswith(input.subject.ref, "refs/heads/release/")
}

# METADATA
# title: Production comes from main or a release branch
# description: In `production` the ref is `main` or below `release/`. A ref that is not known blocks.
# custom:
#   code: RCP-027
#   remediation: Merge the change, then deploy from that branch.
deny contains {"code": "RCP-027", "msg": "production is deployed from main or release/ only"} if {
	input.environment == "production"
	not is_release_ref
}
