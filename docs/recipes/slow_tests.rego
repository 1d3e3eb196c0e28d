package gate.integration

# METADATA
# title: Unit tests are fast
# description: No unit test takes longer than 10 seconds. Only a warning.
# custom:
#   code: RCP-019
#   remediation: Replace what the test waits for, or call it an integration test.
#   evidence: [tests]
warn contains {"code": "RCP-019", "msg": sprintf("%s.%s took %v s", [case.class, case.name, case.seconds])} if {
	some case in input.tests.cases
	case.kind == "unit"
	is_number(case.seconds)
	case.seconds > 10
}
