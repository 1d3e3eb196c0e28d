package recipes.secrets_never_waived_test

codes := {verdict.code | some verdict in data.gate.security.deny}

suppressed(category) := {"findings": {"suppressed": [{"path": "a.env", "category": category, "suppression": "tool"}]}}

test_blocks if "RCP-015" in codes with input as suppressed("secret")

test_others_pass if not "RCP-015" in codes with input as suppressed("sast")
