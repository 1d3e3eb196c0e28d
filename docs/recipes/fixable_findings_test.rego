package recipes.fixable_findings_test

codes := {verdict.code | some verdict in data.gate.security.deny}

finding(severity, fixed) := {"findings": {"open": [{"rule": "CVE-2026-1", "package": "p", "version": "1", "severity": severity, "fixed_version": fixed}]}}

test_blocks if "RCP-012" in codes with input as finding("medium", "2")

test_unknown_severity_blocks if "RCP-012" in codes with input as finding("unknown", "2")

test_without_fix_passes if not "RCP-012" in codes with input as finding("critical", "")

test_low_passes if not "RCP-012" in codes with input as finding("low", "2")
