package gate.integration

# METADATA
# title: Integration and end-to-end tests ran
# description: At least one test of each of these kinds was executed. Skipped ones do not count.
# custom:
#   code: RCP-020
#   remediation: Run the suite, and declare its files with `tests:` in gate.yaml.
#   evidence: [tests]
deny contains {"code": "RCP-020", "msg": sprintf("no %s test was executed", [kind])} if {
	some kind in ["integration", "e2e"]
	input.tests.by_kind[kind].executed == 0
}
