package gate.performance_test

import data.gate.fixture
import data.gate.performance

runs(these) := fixture.but({"load": {"runs": these}})

run(changes) := runs([object.union(fixture.run, changes)])

page(changes) := fixture.but({"web": {"pages": [object.union(fixture.page, changes)]}})

test_clean if {
	count(performance.deny) == 0 with input as fixture.clean
	count(performance.warn) == 0 with input as fixture.clean
	fixture.codes(performance.measured) == {
		"PERF-001", "PERF-002", "PERF-003", "PERF-004", "PERF-005", "PERF-006", "PERF-007",
		"PERF-101", "PERF-102", "PERF-103",
	} with input as fixture.clean
}

test_nothing_is_said_without_evidence if {
	count(performance.deny) == 0 with input as fixture.empty
	count(performance.warn) == 0 with input as fixture.empty
	count(performance.measured) == 0 with input as fixture.empty
}

test_every_run_is_judged_by_itself if {
	slow := object.union(fixture.run, {"evidence": "slow.json", "p95_ms": 3000})
	performance.deny == {{
		"code": "PERF-001",
		"msg": "slow.json: p95: 3000 ms, must be below 2000 ms",
		"load_test": "slow.json",
	}} with input as runs([fixture.run, slow])
	fixture.measures(performance.measured, "PERF-001") == {
		["k6.json", 400, "<", 2000, "ms"],
		["slow.json", 3000, "<", 2000, "ms"],
	} with input as runs([fixture.run, slow])
}

test_p95_at_the_limit_fails if {
	fixture.said(performance.deny) == {"PERF-001 k6.json: p95: 2000 ms, must be below 2000 ms"} with input as run({"p95_ms": 2000})
	count(performance.deny) == 0 with input as run({"p95_ms": 1999.99})
	count(performance.deny) == 0 with input as run({"p95_ms": 0})
}

test_p95_just_over_the_limit_is_told_as_such if {
	fixture.said(performance.deny) == {"PERF-001 k6.json: p95: just over 2000 ms, must be below 2000 ms"} with input as run({"p95_ms": 2000.001})
}

test_required_p95_that_was_not_recorded_fails if {
	fixture.said(performance.deny) == {"PERF-001 k6.json: p95 was not measured, for k6 add it to --summary-trend-stats"} with input as run({"p95_ms": null})
}

test_p95_that_is_not_required_is_not_judged_without_a_record if {
	count(performance.deny) == 0 with input as run({"p95_ms": null})
		with data.gate.thresholds.performance.required_statistics as []
	fixture.measures(performance.measured, "PERF-001") == set() with input as run({"p95_ms": null})
}

test_unknown_required_statistic_fails if {
	fixture.said(performance.deny) == {"PERF-001 the threshold required_statistics names p999, known are p95 and p99"} with input as fixture.clean
		with data.gate.thresholds.performance.required_statistics as ["p95", "p999"]
	count(performance.deny) == 0 with input as fixture.empty
		with data.gate.thresholds.performance.required_statistics as ["p95", "p999"]
}

test_p99_at_the_limit_fails if {
	performance.deny == {{
		"code": "PERF-002",
		"msg": "k6.json: p99: 5000 ms, must be below 5000 ms",
		"load_test": "k6.json",
	}} with input as run({"p99_ms": 5000})
	count(performance.deny) == 0 with input as run({"p99_ms": 4999})
	fixture.measures(performance.measured, "PERF-002") == {["k6.json", 4999, "<", 5000, "ms"]} with input as run({"p99_ms": 4999})
}

test_p99_that_is_not_required_is_not_judged_without_a_record if {
	count(performance.deny) == 0 with input as run({"p99_ms": null})
	fixture.measures(performance.measured, "PERF-002") == set() with input as run({"p99_ms": null})
}

test_required_p99_that_was_not_recorded_fails if {
	fixture.said(performance.deny) == {"PERF-002 k6.json: p99 was not measured, for k6 add it to --summary-trend-stats"} with input as run({"p99_ms": null})
		with data.gate.thresholds.performance.required_statistics as ["p95", "p99"]
}

test_error_rate_at_the_limit_fails if {
	performance.deny == {{
		"code": "PERF-003",
		"msg": "k6.json: error rate: 1 %, must be below 1 %",
		"load_test": "k6.json",
	}} with input as run({"error_percent": 1})
	count(performance.deny) == 0 with input as run({"error_percent": 0.99})
	count(performance.deny) == 0 with input as run({"error_percent": 0})
	fixture.measures(performance.measured, "PERF-003") == {["k6.json", 0, "<", 1, "%"]} with input as run({"error_percent": 0})
}

test_error_rate_that_was_not_measured_fails if {
	fixture.said(performance.deny) == {"PERF-003 k6.json: error rate was not measured"} with input as run({"error_percent": null})
}

test_throughput_at_the_limit_fails if {
	performance.deny == {{
		"code": "PERF-004",
		"msg": "k6.json: throughput: 100/s, must be above 100/s",
		"load_test": "k6.json",
	}} with input as run({"throughput": 100})
	count(performance.deny) == 0 with input as run({"throughput": 100.5})
	fixture.codes(performance.deny) == {"PERF-004"} with input as run({"throughput": 0})
	fixture.measures(performance.measured, "PERF-004") == {["k6.json", 100.5, ">", 100, "/s"]} with input as run({"throughput": 100.5})
}

test_throughput_that_was_not_measured_fails if {
	fixture.said(performance.deny) == {"PERF-004 k6.json: throughput was not measured"} with input as run({"throughput": null})
}

test_availability_below_the_limit_fails if {
	performance.deny == {{
		"code": "PERF-005",
		"msg": "k6.json: availability: 99.89 %, must be at least 99.9 %",
		"load_test": "k6.json",
	}} with input as run({"availability_percent": 99.89})
	count(performance.deny) == 0 with input as run({"availability_percent": 99.9})
	fixture.measures(performance.measured, "PERF-005") == {["k6.json", 99.9, ">=", 99.9, "%"]} with input as run({"availability_percent": 99.9})
}

test_availability_that_was_not_measured_fails if {
	fixture.said(performance.deny) == {"PERF-005 k6.json: availability was not measured"} with input as run({"availability_percent": null})
}

test_crossed_threshold_fails if {
	performance.deny == {{
		"code": "PERF-006",
		"msg": "k6.json: crossed thresholds: 1, must be at most 0",
		"select": {"thresholds": true},
		"load_test": "k6.json",
	}} with input as run({"thresholds_failed": ["http_req_duration p(95)<300"]})
	count(performance.deny) == 0 with input as run({"thresholds_failed": ["http_req_duration p(95)<300"]})
		with data.gate.thresholds.performance.max_failed_thresholds as 1
}

test_crossed_threshold_fails_even_where_thresholds_are_called_unknown if {
	fixture.codes(performance.deny) == {"PERF-006"} with input as run({"thresholds_known": false, "thresholds_failed": ["x"]})
}

test_shape_without_thresholds_is_a_warning if {
	performance.warn == {{
		"code": "PERF-901",
		"msg": "k6.json: this shape of report does not carry the test's own thresholds",
		"load_test": "k6.json",
	}} with input as run({"thresholds_known": false})
	fixture.measures(performance.measured, "PERF-006") == set() with input as run({"thresholds_known": false})
}

test_run_without_requests_fails if {
	performance.deny == {{
		"code": "PERF-007",
		"msg": "k6.json: requests: 0, must be at least 1",
		"load_test": "k6.json",
	}} with input as run({"requests": 0, "failed_requests": 0})
	count(performance.deny) == 0 with input as run({"requests": 1, "failed_requests": 0})
	fixture.measures(performance.measured, "PERF-007") == {["k6.json", 1, ">=", 1, "requests"]} with input as run({"requests": 1})
}

test_run_that_does_not_tell_its_requests_fails if {
	fixture.said(performance.deny) == {"PERF-007 k6.json: the number of requests was not measured"} with input as run({"requests": null})
}

test_run_in_which_every_request_failed_fails if {
	fixture.said(performance.deny) == {"PERF-007 k6.json: every request failed"} with input as run({"requests": 50, "failed_requests": 50})
	fixture.said(performance.deny) == {
		"PERF-003 k6.json: error rate: 100 %, must be below 1 %",
		"PERF-007 k6.json: every request failed",
	} with input as run({"requests": 50, "failed_requests": null, "error_percent": 100})
	count(performance.deny) == 0 with input as run({"requests": 50, "failed_requests": 49})
}

test_slow_largest_paint_fails if {
	performance.deny == {{
		"code": "PERF-101",
		"msg": "https://shop.example/: LCP: 2500.5 ms, must be at most 2500 ms",
		"page": "https://shop.example/",
	}} with input as page({"lcp_ms": 2500.5})
	count(performance.deny) == 0 with input as page({"lcp_ms": 2500})
	fixture.measures(performance.measured, "PERF-101") == {["https://shop.example/", 2500, "<=", 2500, "ms"]} with input as page({"lcp_ms": 2500})
}

test_largest_paint_that_was_not_measured_fails if {
	fixture.said(performance.deny) == {"PERF-101 https://shop.example/: LCP was not measured"} with input as page({"lcp_ms": null})
}

test_layout_shift_fails if {
	performance.deny == {{
		"code": "PERF-102",
		"msg": "https://shop.example/: CLS: 0.11, must be at most 0.1",
		"page": "https://shop.example/",
	}} with input as page({"cls": 0.11})
	count(performance.deny) == 0 with input as page({"cls": 0.1})
	count(performance.deny) == 0 with input as page({"cls": 0})
	fixture.measures(performance.measured, "PERF-102") == {["https://shop.example/", 0, "<=", 0.1, ""]} with input as page({"cls": 0})
}

test_layout_shift_that_was_not_measured_fails if {
	fixture.said(performance.deny) == {"PERF-102 https://shop.example/: CLS was not measured"} with input as page({"cls": null})
}

test_slow_answer_to_an_interaction_fails if {
	fixture.said(performance.deny) == {"PERF-103 https://shop.example/ INP: time to answer: 201 ms, must be at most 200 ms"} with input as page({"inp_ms": 201})
	count(performance.deny) == 0 with input as page({"inp_ms": 200})
}

test_inp_goes_before_tbt if {
	count(performance.deny) == 0 with input as page({"inp_ms": 100, "tbt_ms": 900})
	count(performance.deny) == 0 with input as page({"inp_ms": 100, "tbt_ms": null})
	fixture.measures(performance.measured, "PERF-103") == {["https://shop.example/ INP", 100, "<=", 200, "ms"]} with input as page({"inp_ms": 100, "tbt_ms": 900})
}

test_tbt_stands_in_for_inp if {
	fixture.said(performance.deny) == {"PERF-103 https://shop.example/ TBT: time to answer: 250 ms, must be at most 200 ms"} with input as page({"tbt_ms": 250})
	count(performance.deny) == 0 with input as page({"tbt_ms": 200})
	fixture.said(performance.deny) == {"PERF-103 https://shop.example/ TBT: time to answer: 250 ms, must be at most 200 ms"} with input as page({"tbt_ms": 250})
		with data.gate.thresholds.performance.max_inp_ms as 300
}

test_neither_inp_nor_tbt_fails if {
	fixture.said(performance.deny) == {"PERF-103 https://shop.example/: neither INP nor TBT was measured"} with input as page({"tbt_ms": null})
}

test_page_on_which_no_vital_was_measured_is_not_judged if {
	nothing := {"lcp_ms": null, "cls": null, "inp_ms": null, "tbt_ms": null, "fcp_ms": null}
	count(performance.deny) == 0 with input as page(nothing)
	every code in {"PERF-101", "PERF-102", "PERF-103"} {
		fixture.measures(performance.measured, code) == set() with input as page(nothing)
	}
}

test_page_with_a_paint_alone_must_have_the_vitals if {
	painted := {"lcp_ms": null, "cls": null, "inp_ms": null, "tbt_ms": null}
	fixture.codes(performance.deny) == {"PERF-101", "PERF-102", "PERF-103"} with input as page(painted)
}

test_what_was_not_measured_is_not_in_measured if {
	every code, field in {"PERF-001": "p95_ms", "PERF-002": "p99_ms", "PERF-003": "error_percent", "PERF-004": "throughput", "PERF-005": "availability_percent", "PERF-007": "requests"} {
		fixture.measures(performance.measured, code) == set() with input as run({field: null})
	}
	every code, field in {"PERF-101": "lcp_ms", "PERF-102": "cls", "PERF-103": "tbt_ms"} {
		fixture.measures(performance.measured, code) == set() with input as page({field: null})
	}
}
