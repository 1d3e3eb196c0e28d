package recipes.about_this_artifact_test

codes := {verdict.code | some verdict in data.gate.deployment.deny}

file(environment, matched) := {"environment": environment, "evidence": {"files": [{"name": "a.json", "usable": true, "subject_match": matched}]}}

test_unknown_blocks if "RCP-034" in codes with input as file("production", "unknown")

test_match_passes if not "RCP-034" in codes with input as file("production", "match")

test_elsewhere_passes if not "RCP-034" in codes with input as file("staging", "unknown")
