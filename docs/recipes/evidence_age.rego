package gate.security

evidence_age_hours := {"security_scan": 24, "sbom": 168}

young_evidence contains [file.name, kind] if {
	some file in input.evidence.files
	some kind in file.kinds
	is_number(file.age_seconds)
	file.age_seconds <= evidence_age_hours[kind] * 3600
}

# METADATA
# title: Each kind of evidence has its age
# description: Security scans are at most a day old, bills of materials a week. An age that is not known blocks.
# custom:
#   code: RCP-028
#   remediation: Run the tool again.
#   evidence: [security_scan, sbom]
deny contains {"code": "RCP-028", "msg": sprintf("%s is older than %d hours, or of unknown age", [file.name, hours])} if {
	some file in input.evidence.files
	file.usable
	some kind, hours in evidence_age_hours
	kind in file.kinds
	not [file.name, kind] in young_evidence
}
