package recipes.no_latest_tags_test

codes := {verdict.code | some verdict in data.gate.security.deny}

container(version) := {"components": {"list": [{"name": "shop", "type": "container", "version": version}]}}

test_latest_blocks if "RCP-017" in codes with input as container("latest")

test_empty_blocks if "RCP-017" in codes with input as container("")

test_version_passes if not "RCP-017" in codes with input as container("1.4.2")
