package recipes.audited_pages_test

codes := {verdict.code | some verdict in data.gate.accessibility.deny}

pages(urls, rules) := {"accessibility": {"pages": [{"url": url, "rules_tested": rules} | some url in urls]}}

both := ["https://shop.example/", "https://shop.example/checkout"]

test_missing_blocks if "RCP-022" in codes with input as pages(["https://shop.example/"], 40)

test_without_rules_blocks if "RCP-022" in codes with input as pages(both, 0)

test_passes if not "RCP-022" in codes with input as pages(both, 40)
