package recipes.evidence_age_test

codes := {verdict.code | some verdict in data.gate.security.deny}

file(kind, age) := {"evidence": {"files": [{"name": "a.json", "usable": true, "kinds": [kind], "age_seconds": age}]}}

test_old_scan_blocks if "RCP-028" in codes with input as file("security_scan", 86401)

test_unknown_age_blocks if "RCP-028" in codes with input as file("sbom", null)

test_same_age_passes_for_another_kind if not "RCP-028" in codes with input as file("sbom", 86401)

test_others_pass if not "RCP-028" in codes with input as file("coverage", 99999999)
