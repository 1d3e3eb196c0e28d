package recipes.strict_paths_findings_test

codes := {verdict.code | some verdict in data.gate.security.deny}

finding(path, severity) := {"findings": {"open": [{"path": path, "line": 3, "rule": "r", "severity": severity}]}}

test_medium_blocks if "RCP-032" in codes with input as finding("src/payment/card.py", "medium")

test_low_passes if not "RCP-032" in codes with input as finding("src/payment/card.py", "low")

test_elsewhere_passes if not "RCP-032" in codes with input as finding("src/shop/list.py", "medium")
