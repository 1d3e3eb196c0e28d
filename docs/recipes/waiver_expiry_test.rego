package recipes.waiver_expiry_test

codes := {verdict.code | some verdict in data.gate.security.deny}

waived(reason) := {"now": "2026-01-15T12:00:00Z", "findings": {"suppressed": [{"id": "1", "rule": "r", "path": "p", "suppression": "waiver", "suppression_reason": reason}]}}

test_ended_blocks if "RCP-007" in codes with input as waived("no fix yet, until 2026-01-14")

test_endless_blocks if "RCP-007" in codes with input as waived("no fix yet")

test_last_day_passes if not "RCP-007" in codes with input as waived("no fix yet, until 2026-01-15")
