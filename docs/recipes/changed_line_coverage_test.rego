package recipes.changed_line_coverage_test

codes := {verdict.code | some verdict in data.gate.code_quality.deny}

test_blocks_below if "RCP-001" in codes with input as {"coverage": {"changed": {"lines": {"covered": 89, "valid": 100}}}}

test_blocks_when_not_known if "RCP-001" in codes with input as {"coverage": {"changed": null}}

test_blocks_nothing_of_nothing if "RCP-001" in codes with input as {"coverage": {"changed": {"lines": {"covered": 0, "valid": 0}}}}

test_passes_at_the_limit if not "RCP-001" in codes with input as {"coverage": {"changed": {"lines": {"covered": 90, "valid": 100}}}}
