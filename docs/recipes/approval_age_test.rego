package recipes.approval_age_test

codes := {verdict.code | some verdict in data.gate.deployment.deny}

approved(at) := {"now": "2026-01-15T12:00:00Z", "operations": {"approvals": [{"by": "ada", "role": "", "at": at}]}}

test_old_blocks if "RCP-006" in codes with input as approved("2026-01-08T11:59:59Z")

test_future_blocks if "RCP-006" in codes with input as approved("2026-01-16T00:00:00Z")

test_without_time_blocks if "RCP-006" in codes with input as approved(null)

test_young_passes if not "RCP-006" in codes with input as approved("2026-01-08T12:00:00Z")
