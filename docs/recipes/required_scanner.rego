package gate.security

good_scans contains file.name if {
	some file in input.evidence.files
	file.usable
	count(file.incomplete) == 0
	some producer in file.producers
	lower(producer.name) in {"semgrep", "semgrep oss"}
	semver.is_valid(producer.version)
	semver.compare(producer.version, "1.50.0") >= 0
}

# METADATA
# title: The scanner is the required one
# description: A usable, complete report of Semgrep 1.50.0 or later is there. A version that is not told does not count.
# custom:
#   code: RCP-011
#   remediation: Run the scanner in a version that the message names.
#   evidence: [security_scan]
deny contains {"code": "RCP-011", "msg": "no complete report of Semgrep 1.50.0 or later"} if count(good_scans) == 0
