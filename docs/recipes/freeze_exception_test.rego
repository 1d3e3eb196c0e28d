package recipes.freeze_exception_test

codes := {verdict.code | some verdict in data.gate.deployment.deny}

frozen(active, role) := {"operations": {
	"freezes": [{"name": "year end", "until": "2027-01-02T00:00:00Z", "active": active}],
	"approvals": [{"by": "ada", "role": role, "at": null}],
}}

test_freeze_blocks if "DEP-002" in codes with input as frozen(true, "owner")

test_exception_passes if not "DEP-002" in codes with input as frozen(true, "Incident Commander")

test_without_freeze_passes if not "DEP-002" in codes with input as frozen(false, "owner")
