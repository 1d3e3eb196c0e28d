package recipes.flaky_tests_test

codes := {verdict.code | some verdict in data.gate.integration.deny}

test_blocks if "RCP-018" in codes with input as {"tests": {"all": {"flaky": 4}}}

test_passes_at_the_limit if not "RCP-018" in codes with input as {"tests": {"all": {"flaky": 3}}}
