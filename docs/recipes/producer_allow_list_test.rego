package recipes.producer_allow_list_test

codes := {verdict.code | some verdict in data.gate.security.deny}

scan(producers) := {"evidence": {"files": [{"name": "a.json", "usable": true, "kinds": ["security_scan"], "producers": producers}]}}

test_other_blocks if "RCP-029" in codes with input as scan([{"name": "Homemade", "version": null}])

test_nobody_blocks if "RCP-029" in codes with input as scan([])

test_listed_passes if not "RCP-029" in codes with input as scan([{"name": "Trivy", "version": "0.60.0"}])
