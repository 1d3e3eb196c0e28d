# METADATA
# title: Integration
# description: API, contract, integration and end-to-end tests, and every other test that was reported.
package gate.integration

import data.gate.lib

limits := data.gate.thresholds.integration

# METADATA
# title: No failed test
# description: Tests that failed or could not be run to their end, in any report. A test that passed when retried is flaky, not failed.
# custom:
#   code: INT-001
#   remediation: Mend the code or the test. The report names each failed test with its message.
#   evidence: [tests]
#   thresholds: [integration.max_failed]
deny contains {"code": "INT-001", "msg": miss.msg, "select": {"tests": ["failed", "error"]}} if {
	some miss in lib.missed(measured, "INT-001", "failed tests")
}

failed := input.tests.all.failed + input.tests.all.errors

measured contains {"code": "INT-001", "label": "", "value": failed, "limit": limits.max_failed, "comparison": "<=", "unit": "tests"} if {
	lib.judged("tests", failed)
}

# METADATA
# title: Tests were executed
# description: A report without an executed test proves nothing. Skipped tests are not executed.
# custom:
#   code: INT-002
#   remediation: Look why no test was selected or why all were skipped, and run them.
#   evidence: [tests]
#   thresholds: [integration.min_executed]
deny contains {"code": "INT-002", "msg": miss.msg, "select": {"tests": ["skipped"]}} if {
	some miss in lib.missed(measured, "INT-002", "executed tests")
}

measured contains {"code": "INT-002", "label": "", "value": input.tests.all.executed, "limit": limits.min_executed, "comparison": ">=", "unit": "tests"} if {
	lib.present("tests")
}

# METADATA
# title: Few flaky tests
# description: The share of executed tests that passed only when they were retried.
# custom:
#   code: INT-003
#   remediation: Make the flaky tests deterministic, or take them out of the suite until they are.
#   evidence: [tests]
#   thresholds: [integration.max_flaky_percent]
#   not_judged: no test was executed
deny contains {"code": "INT-003", "msg": miss.msg, "select": {"tests": ["flaky"]}} if {
	some miss in lib.missed(where_known, "INT-003", "flaky tests")
}

# What is judged only where the evidence tells it.
measured contains entry if some entry in where_known

where_known contains {"code": "INT-003", "label": "", "value": percent, "limit": limits.max_flaky_percent, "comparison": "<=", "unit": "%"} if {
	percent := lib.percent(input.tests.all.flaky, input.tests.all.executed)
}

# METADATA
# title: Tests that need a look
# description: A flaky test hides a fault in the code or in the test, and a suite that is mostly skipped tests little.
# custom:
#   code: INT-901
#   remediation: Mend flaky tests, and run or remove skipped ones.
#   evidence: [tests]
#   thresholds: [integration.warn_skipped_percent]
warn contains {"code": "INT-901", "msg": msg, "select": {"tests": ["flaky"]}} if {
	input.tests.all.flaky > 0
	msg := sprintf("passed only when retried: %s of %s tests", [lib.text(input.tests.all.flaky), lib.text(input.tests.all.executed)])
}

warn contains {"code": "INT-901", "msg": msg, "select": {"tests": ["skipped"]}} if {
	skipped := lib.percent(input.tests.all.skipped, input.tests.all.total)
	skipped > limits.warn_skipped_percent
	msg := sprintf("skipped: %s of %s tests, more than %s %%", [
		lib.text(input.tests.all.skipped),
		lib.text(input.tests.all.total),
		lib.text(limits.warn_skipped_percent),
	])
}

# METADATA
# title: Test reports could be read whole
# description: Elements of usable files that could not be read. What was not read is not judged.
# custom:
#   code: INT-902
#   remediation: Look at the files that the message names. They are cut off, damaged, or of a shape that is not known.
#   evidence: [tests]
#   thresholds: [integration.max_skipped]
deny contains {"code": "INT-902", "msg": msg} if {
	some miss in lib.missed(measured, "INT-902", "unread elements of test reports")
	msg := concat("", [miss.msg, lib.unread_names("tests")])
}

measured contains {"code": "INT-902", "label": "", "value": number, "limit": limits.max_skipped, "comparison": "<=", "unit": "elements"} if {
	number := lib.unread_total("tests")
	lib.judged("tests", number)
}
