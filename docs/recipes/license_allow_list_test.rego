package recipes.license_allow_list_test

codes := {verdict.code | some verdict in data.gate.security.deny}

component(licenses) := {"components": {"list": [{"name": "left", "version": "1", "licenses": licenses}]}}

test_blocks if "RCP-005" in codes with input as component(["GPL-3.0-only"])

test_blocks_without_licence if "RCP-005" in codes with input as component([])

test_passes if not "RCP-005" in codes with input as component(["MIT"])
