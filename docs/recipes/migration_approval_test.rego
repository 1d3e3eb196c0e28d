package recipes.migration_approval_test

codes := {verdict.code | some verdict in data.gate.deployment.deny}

change(migration, role) := {"operations": {"change": {"migration": migration}, "approvals": [{"by": "ada", "role": role}]}}

test_migration_blocks if "RCP-035" in codes with input as change(true, "owner")

test_undescribed_blocks if "RCP-035" in codes with input as {"operations": {"change": null, "approvals": []}}

test_approved_passes if not "RCP-035" in codes with input as change(true, "dba")

test_without_migration_passes if not "RCP-035" in codes with input as change(false, "owner")
