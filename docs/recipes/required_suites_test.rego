package recipes.required_suites_test

codes := {verdict.code | some verdict in data.gate.integration.deny}

ran(integration, e2e) := {"tests": {"by_kind": {"integration": {"executed": integration}, "e2e": {"executed": e2e}}}}

test_missing_blocks if "RCP-020" in codes with input as ran(12, 0)

test_both_missing_block if "RCP-020" in codes with input as ran(0, 0)

test_passes if not "RCP-020" in codes with input as ran(1, 1)
