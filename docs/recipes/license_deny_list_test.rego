package recipes.license_deny_list_test

codes := {verdict.code | some verdict in data.gate.security.deny}

test_blocks if "RCP-004" in codes with input as {"components": {"licenses": {"SSPL-1.0": 1, "MIT": 4}}}

test_passes if not "RCP-004" in codes with input as {"components": {"licenses": {"MIT": 4}}}
