package recipes.page_budget_test

codes := {verdict.code | some verdict in data.gate.performance.deny}

page(score, lcp) := {"web": {"pages": [{"url": "https://shop.example/", "scores": {"performance": score}, "lcp_ms": lcp}]}}

test_score_blocks if "RCP-023" in codes with input as page(89, 1000)

test_paint_blocks if "RCP-023" in codes with input as page(90, 2501)

test_unknown_blocks if "RCP-023" in codes with input as page(90, null)

test_passes_at_the_limit if not "RCP-023" in codes with input as page(90, 2500)
