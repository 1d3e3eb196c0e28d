package recipes.branch_rule_test

codes := {verdict.code | some verdict in data.gate.deployment.deny}

from(environment, ref) := {"environment": environment, "subject": {"ref": ref}}

test_feature_blocks if "RCP-027" in codes with input as from("production", "refs/heads/feature/x")

test_unknown_blocks if "RCP-027" in codes with input as from("production", null)

test_main_passes if not "RCP-027" in codes with input as from("production", "refs/heads/main")

test_release_passes if not "RCP-027" in codes with input as from("production", "refs/heads/release/1.2")

test_elsewhere_passes if not "RCP-027" in codes with input as from("staging", "refs/heads/feature/x")
