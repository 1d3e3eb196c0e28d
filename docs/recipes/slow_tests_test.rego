package recipes.slow_tests_test

codes := {verdict.code | some verdict in data.gate.integration.warn}

case(kind, seconds) := {"tests": {"cases": [{"class": "a", "name": "b", "kind": kind, "seconds": seconds}]}}

test_warns if "RCP-019" in codes with input as case("unit", 10.5)

test_passes_at_the_limit if not "RCP-019" in codes with input as case("unit", 10)

test_others_may if not "RCP-019" in codes with input as case("e2e", 90)

test_unknown_passes if not "RCP-019" in codes with input as case("unit", null)
