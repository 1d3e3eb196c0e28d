package recipes.change_size_approvals_test

codes := {verdict.code | some verdict in data.gate.deployment.deny}

change(lines, people) := {"operations": {"change": {"lines": lines}, "approvals": [{"by": by} | some by in people]}}

test_small_needs_one if "RCP-026" in codes with input as change(200, [])

test_medium_needs_two if "RCP-026" in codes with input as change(201, ["ada"])

test_unknown_needs_three if "RCP-026" in codes with input as change(null, ["ada", "grace"])

test_one_for_small_passes if not "RCP-026" in codes with input as change(200, ["ada"])

test_three_for_large_pass if not "RCP-026" in codes with input as change(4000, ["ada", "grace", "mary"])
