package recipes.weakness_list_test

codes := {verdict.code | some verdict in data.gate.security.deny}

finding(cwe) := {"findings": {"open": [{"path": "a.py", "line": 3, "severity": "info", "cwe": [cwe]}]}}

test_blocks if "RCP-033" in codes with input as finding("CWE-89")

test_others_pass if not "RCP-033" in codes with input as finding("CWE-563")
