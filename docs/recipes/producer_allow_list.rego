package gate.security

scanner_allow_list := {"bandit", "semgrep", "semgrep oss", "gitleaks", "trivy"}

# METADATA
# title: Scans come from our scanners
# description: Every usable security scan was produced by tools of the list only. A scan that names no tool blocks.
# custom:
#   code: RCP-029
#   remediation: Use a scanner of the list, or have the scanner added.
#   evidence: [security_scan]
deny contains {"code": "RCP-029", "msg": sprintf("%s was produced by %s", [file.name, producer.name])} if {
	some file in input.evidence.files
	file.usable
	"security_scan" in file.kinds
	some producer in file.producers
	not lower(producer.name) in scanner_allow_list
}

deny contains {"code": "RCP-029", "msg": sprintf("%s does not say what produced it", [file.name])} if {
	some file in input.evidence.files
	file.usable
	"security_scan" in file.kinds
	count(file.producers) == 0
}
