package recipes.two_approvals_test

codes := {verdict.code | some verdict in data.gate.deployment.deny}

approved(people) := {"operations": {"approvals": [{"by": by, "role": role, "at": null} | some by, role in people]}}

test_one_blocks if "RCP-008" in codes with input as approved({"ada": "owner"})

test_one_written_twice_blocks if "RCP-008" in codes with input as approved({"ada": "owner", "Ada ": "owner"})

test_nobody_blocks if "RCP-008" in codes with input as approved({})

test_without_owner_blocks if "RCP-008" in codes with input as approved({"ada": "", "grace": ""})

test_two_pass if not "RCP-008" in codes with input as approved({"ada": "owner", "grace": "operations"})
