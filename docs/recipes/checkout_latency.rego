package gate.performance

checkout_p95 contains metric.value if {
	some metric in input.load.metrics
	metric.name == "http_req_duration{name:checkout}"
	metric.statistic == "p95"
}

# METADATA
# title: The checkout is fast
# description: The 95th percentile of the requests that the load test tags `name:checkout` is below 300 ms. A run without that submetric blocks.
# custom:
#   code: RCP-010
#   remediation: Look at the requests of the checkout, or restore the submetric in the load test.
#   evidence: [load]
deny contains {"code": "RCP-010", "msg": sprintf("p95 of the checkout is %v ms, must be below 300 ms", [value])} if {
	some value in checkout_p95
	value >= 300
}

deny contains {"code": "RCP-010", "msg": "the load test has no p95 of the checkout"} if count(checkout_p95) == 0
