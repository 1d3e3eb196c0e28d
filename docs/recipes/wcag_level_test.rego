package recipes.wcag_level_test

codes := {verdict.code | some verdict in data.gate.accessibility.deny}

finding(page) := {"findings": {"open": [{"category": "accessibility", "path": page, "rule": "color-contrast-enhanced", "tags": ["cat.color", "wcag2aaa"]}]}}

test_blocks if "RCP-021" in codes with input as finding("https://shop.example/help/returns")

test_other_pages_pass if not "RCP-021" in codes with input as finding("https://shop.example/admin")
