package recipes.strict_paths_coverage_test

codes := {verdict.code | some verdict in data.gate.code_quality.deny}

file(path, covered) := {"coverage": {"files": [{"path": path, "lines": {"covered": covered, "valid": 100}}]}}

test_blocks if "RCP-002" in codes with input as file("src/payment/card.py", 94)

test_passes_at_the_limit if not "RCP-002" in codes with input as file("src/payment/card.py", 95)

test_leaves_others_alone if not "RCP-002" in codes with input as file("src/shop/list.py", 10)
