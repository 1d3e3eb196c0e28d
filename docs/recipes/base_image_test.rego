package recipes.base_image_test

codes := {verdict.code | some verdict in data.gate.security.deny}

image(name, version) := {"components": {"list": [{"name": name, "version": version, "type": "operating-system"}]}}

test_other_blocks if "RCP-009" in codes with input as image("ubuntu", "16.04")

test_none_blocks if "RCP-009" in codes with input as {"components": {"list": []}}

test_listed_passes if not "RCP-009" in codes with input as image("debian", "12")
