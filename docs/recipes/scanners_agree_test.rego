package recipes.scanners_agree_test

codes := {verdict.code | some verdict in data.gate.security.warn}

finding(evidence, scans) := {"evidence": {"kinds": {"security_scan": scans}}, "findings": {"open": [{"rule": "CVE-2026-1", "category": "sca", "severity": "critical", "evidence": evidence}]}}

test_warns if "RCP-030" in codes with input as finding(["a.json"], 2)

test_agreement_passes if not "RCP-030" in codes with input as finding(["a.json", "b.json"], 2)

test_one_scanner_passes if not "RCP-030" in codes with input as finding(["a.json"], 1)
