package recipes.checkout_latency_test

codes := {verdict.code | some verdict in data.gate.performance.deny}

metric(name, value) := {"load": {"metrics": [{"name": name, "statistic": "p95", "value": value, "unit": "ms"}]}}

test_slow_blocks if "RCP-010" in codes with input as metric("http_req_duration{name:checkout}", 300)

test_missing_blocks if "RCP-010" in codes with input as metric("http_req_duration", 10)

test_fast_passes if not "RCP-010" in codes with input as metric("http_req_duration{name:checkout}", 299.5)
