package recipes.unknown_severity_test

codes := {verdict.code | some verdict in data.gate.security.deny}

test_blocks if "RCP-031" in codes with input as {"findings": {"by_severity": {"unknown": 1}}}

test_passes if not "RCP-031" in codes with input as {"findings": {"by_severity": {"unknown": 0, "low": 3}}}
