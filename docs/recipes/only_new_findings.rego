package gate.security

new_and_serious contains finding if {
	some finding in input.findings.open
	finding.state == "new"
	finding.severity in {"high", "critical", "unknown"}
	finding.category in {"sast", "sca", "container", "iac", "dast", "license"}
}

# METADATA
# title: Only new findings block
# description: A finding blocks when the baseline does not have it. Takes the place of SEC-001. Without a baseline every finding is new.
# custom:
#   code: SEC-001
#   remediation: Mend what this change brought.
#   evidence: [security_scan]
deny contains {
	"code": "SEC-001",
	"msg": sprintf("new findings, high or worse: %d", [count(new_and_serious)]),
	"select": {"states": ["new"], "min_severity": "high"},
} if {
	count(new_and_serious) > 0
}
