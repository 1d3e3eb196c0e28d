package recipes.only_new_findings_test

codes := {verdict.code | some verdict in data.gate.security.deny}

finding(state, severity) := {"findings": {"open": [{"state": state, "severity": severity, "category": "sast"}]}}

test_new_blocks if "SEC-001" in codes with input as finding("new", "high")

test_unknown_severity_blocks if "SEC-001" in codes with input as finding("new", "unknown")

test_existing_passes if not "SEC-001" in codes with input as finding("existing", "critical")

test_low_passes if not "SEC-001" in codes with input as finding("new", "low")
