package gate.code_quality

strict_coverage_paths := {"src/payment/", "src/auth/"}

# METADATA
# title: Payment code is covered better than the rest
# description: Every file below `src/payment/` or `src/auth/` has 95 % of its lines covered.
# custom:
#   code: RCP-002
#   remediation: Write tests for the file that the message names.
#   evidence: [coverage]
deny contains {"code": "RCP-002", "msg": sprintf("%s: %d of %d lines are covered, must be 95 %%", [file.path, file.lines.covered, file.lines.valid])} if {
	some file in input.coverage.files
	some prefix in strict_coverage_paths
	startswith(file.path, prefix)
	file.lines.covered * 100 < file.lines.valid * 95
}
