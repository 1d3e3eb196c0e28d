package gate.integration

# METADATA
# title: Few flaky tests
# description: At most three tests pass only after a retry.
# custom:
#   code: RCP-018
#   remediation: Mend the flaky tests, or take them out until somebody does.
#   evidence: [tests]
deny contains {"code": "RCP-018", "msg": sprintf("%d flaky tests, must be at most 3", [input.tests.all.flaky]), "select": {"tests": ["flaky"]}} if input.tests.all.flaky > 3
