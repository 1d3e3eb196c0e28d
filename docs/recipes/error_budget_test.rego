package recipes.error_budget_test

codes := {verdict.code | some verdict in data.gate.deployment.deny}

state(left, change) := {"operations": {"slos": [{"name": "checkout", "budget_left": left}], "change": change}}

test_large_blocks if "RCP-024" in codes with input as state(24, {"lines": 51})

test_unknown_size_blocks if "RCP-024" in codes with input as state(24, null)

test_small_passes if not "RCP-024" in codes with input as state(24, {"lines": 50})

test_full_budget_passes if not "RCP-024" in codes with input as state(25, {"lines": 5000})
