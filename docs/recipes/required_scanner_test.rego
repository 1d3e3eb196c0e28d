package recipes.required_scanner_test

codes := {verdict.code | some verdict in data.gate.security.deny}

scan(version, usable) := {"evidence": {"files": [{"name": "s.json", "usable": usable, "incomplete": [], "producers": [{"name": "Semgrep", "version": version}]}]}}

test_old_blocks if "RCP-011" in codes with input as scan("1.49.9", true)

test_unknown_version_blocks if "RCP-011" in codes with input as scan(null, true)

test_unusable_blocks if "RCP-011" in codes with input as scan("1.50.0", false)

test_none_blocks if "RCP-011" in codes with input as {"evidence": {"files": []}}

test_new_enough_passes if not "RCP-011" in codes with input as scan("1.100.0", true)
