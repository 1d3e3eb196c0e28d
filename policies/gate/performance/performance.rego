# METADATA
# title: Performance
# description: Load tests, each run by itself, and Core Web Vitals, each page by itself.
package gate.performance

import data.gate.lib

limits := data.gate.thresholds.performance

# METADATA
# title: 95th percentile of the latency
# description: 95 of 100 requests must be answered faster than the limit. A required percentile that was not recorded fails.
# custom:
#   code: PERF-001
#   remediation: Profile the slowest requests. The tool's own report has the latency by request.
#   evidence: [load]
#   thresholds: [performance.p95_below_ms, performance.required_statistics]
#   not_judged: no load test recorded the 95th percentile, and none has to
deny contains {"code": "PERF-001", "msg": miss.msg, "load_test": miss.label} if {
	some miss in lib.missed(where_known, "PERF-001", "p95")
}

deny contains {"code": "PERF-001", "msg": sprintf("%s, for k6 add it to --summary-trend-stats", [msg])} if {
	"p95" in limits.required_statistics
	some msg in unmeasured("p95_ms", "p95")
}

deny contains {"code": "PERF-001", "msg": sprintf("the threshold required_statistics names %v, known are p95 and p99", [statistic])} if {
	lib.present("load")
	some statistic in limits.required_statistics
	not statistic in {"p95", "p99"}
}

# What a load test does not tell.
unmeasured(field, what) := {msg |
	some run in input.load.runs
	run[field] == null
	msg := sprintf("%s: %s was not measured", [run.evidence, what])
}

# What is judged only where the evidence tells it.
measured contains entry if some entry in where_known

where_known contains {"code": "PERF-001", "label": run.evidence, "value": run.p95_ms, "limit": limits.p95_below_ms, "comparison": "<", "unit": "ms"} if {
	some run in input.load.runs
	is_number(run.p95_ms)
}

# METADATA
# title: 99th percentile of the latency
# description: 99 of 100 requests must be answered faster than the limit. Judged where it was recorded; where it is required, a test without it fails.
# custom:
#   code: PERF-002
#   remediation: Look for what only few requests meet, such as cold caches, locks, retries and garbage collection.
#   evidence: [load]
#   thresholds: [performance.p99_below_ms, performance.required_statistics]
#   not_judged: no load test recorded the 99th percentile, and none has to
deny contains {"code": "PERF-002", "msg": miss.msg, "load_test": miss.label} if {
	some miss in lib.missed(where_known, "PERF-002", "p99")
}

deny contains {"code": "PERF-002", "msg": sprintf("%s, for k6 add it to --summary-trend-stats", [msg])} if {
	"p99" in limits.required_statistics
	some msg in unmeasured("p99_ms", "p99")
}

where_known contains {"code": "PERF-002", "label": run.evidence, "value": run.p99_ms, "limit": limits.p99_below_ms, "comparison": "<", "unit": "ms"} if {
	some run in input.load.runs
	is_number(run.p99_ms)
}

# METADATA
# title: Error rate
# description: The share of requests that failed must be below the limit. A load test that does not tell fails.
# custom:
#   code: PERF-003
#   remediation: Look at the failed requests in the service's log at the time of the test.
#   evidence: [load]
#   thresholds: [performance.error_rate_below]
deny contains {"code": "PERF-003", "msg": miss.msg, "load_test": miss.label} if {
	some miss in lib.missed(measured, "PERF-003", "error rate")
}

deny contains {"code": "PERF-003", "msg": msg} if some msg in unmeasured("error_percent", "error rate")

measured contains {"code": "PERF-003", "label": run.evidence, "value": run.error_percent, "limit": limits.error_rate_below, "comparison": "<", "unit": "%"} if {
	some run in input.load.runs
	is_number(run.error_percent)
}

# METADATA
# title: Throughput
# description: Requests per second must be above the limit. A load test that does not tell fails.
# custom:
#   code: PERF-004
#   remediation: Check that the test asks for enough (users, arrival rate) before you look for the bottleneck in the service.
#   evidence: [load]
#   thresholds: [performance.throughput_above]
deny contains {"code": "PERF-004", "msg": miss.msg, "load_test": miss.label} if {
	some miss in lib.missed(measured, "PERF-004", "throughput")
}

deny contains {"code": "PERF-004", "msg": msg} if some msg in unmeasured("throughput", "throughput")

measured contains {"code": "PERF-004", "label": run.evidence, "value": run.throughput, "limit": limits.throughput_above, "comparison": ">", "unit": "/s"} if {
	some run in input.load.runs
	is_number(run.throughput)
}

# METADATA
# title: Availability
# description: The share of requests that did not fail. A load test that does not tell fails.
# custom:
#   code: PERF-005
#   remediation: Look at the failed requests in the service's log at the time of the test.
#   evidence: [load]
#   thresholds: [performance.min_availability]
deny contains {"code": "PERF-005", "msg": miss.msg, "load_test": miss.label} if {
	some miss in lib.missed(measured, "PERF-005", "availability")
}

deny contains {"code": "PERF-005", "msg": msg} if some msg in unmeasured("availability_percent", "availability")

measured contains {"code": "PERF-005", "label": run.evidence, "value": run.availability_percent, "limit": limits.min_availability, "comparison": ">=", "unit": "%"} if {
	some run in input.load.runs
	is_number(run.availability_percent)
}

# METADATA
# title: Thresholds of the load test itself
# description: Every threshold that the test sets for itself holds.
# custom:
#   code: PERF-006
#   remediation: The report names each crossed threshold. Mend what it measures.
#   evidence: [load]
#   thresholds: [performance.max_failed_thresholds]
#   not_judged: no load test carries thresholds
deny contains {"code": "PERF-006", "msg": miss.msg, "select": {"thresholds": true}, "load_test": miss.label} if {
	some miss in lib.missed(where_known, "PERF-006", "crossed thresholds")
}

where_known contains {"code": "PERF-006", "label": run.evidence, "value": crossed, "limit": limits.max_failed_thresholds, "comparison": "<=", "unit": "thresholds"} if {
	some run in input.load.runs
	crossed := count(run.thresholds_failed)
	carries_thresholds(run)
}

carries_thresholds(run) if run.thresholds_known

carries_thresholds(run) if count(run.thresholds_failed) > 0

# METADATA
# title: The load test did something
# description: A run without requests, or in which every request failed, proves nothing, even when all its thresholds are green.
# custom:
#   code: PERF-007
#   remediation: Check that the test reaches the service (address, credentials, start-up) and run it again.
#   evidence: [load]
#   thresholds: [performance.min_requests]
deny contains {"code": "PERF-007", "msg": miss.msg, "load_test": miss.label} if {
	some miss in lib.missed(measured, "PERF-007", "requests")
}

deny contains {"code": "PERF-007", "msg": msg} if some msg in unmeasured("requests", "the number of requests")

deny contains {"code": "PERF-007", "msg": sprintf("%s: every request failed", [run.evidence]), "load_test": run.evidence} if {
	some run in input.load.runs
	all_failed(run)
}

all_failed(run) if run.error_percent >= 100

all_failed(run) if {
	run.requests > 0
	run.failed_requests >= run.requests
}

measured contains {"code": "PERF-007", "label": run.evidence, "value": run.requests, "limit": limits.min_requests, "comparison": ">=", "unit": "requests"} if {
	some run in input.load.runs
	is_number(run.requests)
}

# METADATA
# title: Load test without thresholds
# description: This shape of report cannot carry the verdicts of the test's own thresholds, so that they are not judged.
# custom:
#   code: PERF-901
#   remediation: For k6, use --summary-export or handleSummary, which carry them.
#   evidence: [load]
#   thresholds: []
warn contains {"code": "PERF-901", "msg": msg, "load_test": run.evidence} if {
	some run in input.load.runs
	run.thresholds_known == false
	msg := sprintf("%s: this shape of report does not carry the test's own thresholds", [run.evidence])
}

# METADATA
# title: Largest contentful paint
# description: When the largest element of a page is there, by page. A page on which vitals were measured but not this one fails.
# custom:
#   code: PERF-101
#   remediation: Make the largest element arrive sooner. Preload its image, shorten the server's answer, remove render-blocking files.
#   evidence: [web_vitals]
#   thresholds: [performance.max_lcp_ms]
deny contains {"code": "PERF-101", "msg": miss.msg, "page": miss.label} if {
	some miss in lib.missed(measured, "PERF-101", "LCP")
}

deny contains {"code": "PERF-101", "msg": sprintf("%s: LCP was not measured", [lib.page_name(page)])} if {
	some page in vitals
	page.lcp_ms == null
}

# Pages on which any vital was measured. An audit of accessibility alone measures none.
vitals contains page if {
	some page in input.web.pages
	some value in [page.lcp_ms, page.cls, page.inp_ms, page.tbt_ms, page.fcp_ms]
	is_number(value)
}

measured contains {"code": "PERF-101", "label": lib.page_name(page), "value": page.lcp_ms, "limit": limits.max_lcp_ms, "comparison": "<=", "unit": "ms"} if {
	some page in vitals
	is_number(page.lcp_ms)
}

# METADATA
# title: Cumulative layout shift
# description: How much a page moves while it loads, by page.
# custom:
#   code: PERF-102
#   remediation: Reserve the space of images, advertisements and late content.
#   evidence: [web_vitals]
#   thresholds: [performance.max_cls]
deny contains {"code": "PERF-102", "msg": miss.msg, "page": miss.label} if {
	some miss in lib.missed(measured, "PERF-102", "CLS")
}

deny contains {"code": "PERF-102", "msg": sprintf("%s: CLS was not measured", [lib.page_name(page)])} if {
	some page in vitals
	page.cls == null
}

measured contains {"code": "PERF-102", "label": lib.page_name(page), "value": page.cls, "limit": limits.max_cls, "comparison": "<=", "unit": ""} if {
	some page in vitals
	is_number(page.cls)
}

# METADATA
# title: Interaction to next paint
# description: How soon a page answers to an interaction, by page. The total blocking time stands in where nobody interacted.
# custom:
#   code: PERF-103
#   remediation: Break up long tasks and load less script.
#   evidence: [web_vitals]
#   thresholds: [performance.max_inp_ms, performance.max_tbt_ms]
deny contains {"code": "PERF-103", "msg": miss.msg, "page": miss.label} if {
	some miss in lib.missed(measured, "PERF-103", "time to answer")
}

deny contains {"code": "PERF-103", "msg": sprintf("%s: neither INP nor TBT was measured", [lib.page_name(page)])} if {
	some page in vitals
	page.inp_ms == null
	page.tbt_ms == null
}

measured contains {"code": "PERF-103", "label": sprintf("%s INP", [lib.page_name(page)]), "value": page.inp_ms, "limit": limits.max_inp_ms, "comparison": "<=", "unit": "ms"} if {
	some page in vitals
	is_number(page.inp_ms)
}

measured contains {"code": "PERF-103", "label": sprintf("%s TBT", [lib.page_name(page)]), "value": page.tbt_ms, "limit": limits.max_tbt_ms, "comparison": "<=", "unit": "ms"} if {
	some page in vitals
	page.inp_ms == null
	is_number(page.tbt_ms)
}
