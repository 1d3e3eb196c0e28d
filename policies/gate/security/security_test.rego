package gate.security_test

import data.gate.fixture
import data.gate.security

few(severity, n) := object.union(fixture.none, {severity: n})

components(changes) := fixture.but({"components": changes})

test_clean if {
	count(security.deny) == 0 with input as fixture.clean
	count(security.warn) == 0 with input as fixture.clean
	fixture.codes(security.measured) == {"SEC-001", "SEC-002", "SEC-003", "SEC-004", "SEC-006", "SEC-007"} with input as fixture.clean
}

test_nothing_is_said_without_evidence if {
	count(security.deny) == 0 with input as fixture.empty
	count(security.warn) == 0 with input as fixture.empty
	count(security.measured) == 0 with input as fixture.empty
}

test_finding_at_the_blocking_severity_fails if {
	security.deny == {{
		"code": "SEC-001",
		"msg": "open findings, high or worse: 1, must be at most 0",
		"select": {"min_severity": "high", "categories": ["sast", "sca", "container", "iac", "dast", "license"]},
	}} with input as fixture.found("sast", few("high", 1))
}

test_finding_below_the_blocking_severity_passes if {
	count(security.deny) == 0 with input as fixture.found("sast", object.union(few("medium", 9), {"low": 9, "info": 9}))
}

test_worse_and_unknown_severities_block if {
	every severity in ["high", "critical", "unknown"] {
		fixture.codes(security.deny) == {"SEC-001"} with input as fixture.found("sca", few(severity, 1))
	}
}

test_every_category_of_security_blocks if {
	blocking := {category |
		some category, _ in fixture.clean.findings.by_category
		denied := security.deny with input as fixture.found(category, few("critical", 1))
		"SEC-001" in fixture.codes(denied)
	}
	blocking == {"sast", "sca", "container", "iac", "dast", "license"}
}

test_findings_up_to_the_limit_pass if {
	two := fixture.found("sca", few("high", 2))
	count(security.deny) == 0 with input as two with data.gate.thresholds.security.max_findings as 2
	fixture.measures(security.measured, "SEC-001") == {["", 2, "<=", 2, "findings"]} with input as two with data.gate.thresholds.security.max_findings as 2
	fixture.said(security.deny) == {"SEC-001 open findings, high or worse: 2, must be at most 1"} with input as two with data.gate.thresholds.security.max_findings as 1
}

test_blocking_severity_is_data if {
	fixture.codes(security.deny) == {"SEC-001"} with input as fixture.found("sca", few("low", 1)) with data.gate.thresholds.security.block_severity as "low"
	count(security.deny) == 0 with input as fixture.found("sca", few("high", 1)) with data.gate.thresholds.security.block_severity as "critical"
	fixture.codes(security.deny) == {"SEC-001"} with input as fixture.found("sca", few("info", 1)) with data.gate.thresholds.security.block_severity as "hihg"
}

test_misspelt_category_fails if {
	fixture.said(security.deny) == {"SEC-001 the threshold block_categories names sats, which is no category"} with input as fixture.clean
		with data.gate.thresholds.security.block_categories as ["sats", "sca"]
}

test_exploited_vulnerability_fails_at_any_severity if {
	security.deny == {{
		"code": "SEC-002",
		"msg": "findings known to be exploited: 1, must be at most 0",
		"select": {"kev": true},
	}} with input as fixture.but({"findings": {"kev": 1}})
	count(security.deny) == 0 with input as fixture.but({"findings": {"kev": 1}}) with data.gate.thresholds.security.max_exploited as 1
}

test_secret_fails_at_any_severity if {
	security.deny == {{
		"code": "SEC-003",
		"msg": "secrets: 1, must be at most 0",
		"select": {"categories": ["secret"]},
	}} with input as fixture.found("secret", few("info", 1))
	count(security.deny) == 0 with input as fixture.found("secret", few("info", 1)) with data.gate.thresholds.security.max_secrets as 1
}

test_failed_scanner_fails if {
	security.deny == {{
		"code": "SEC-007",
		"msg": "failures of scanners: 1, must be at most 0",
		"select": {"tool_failure": true, "categories": ["sast", "sca", "secret", "container", "iac", "dast", "license"]},
	}} with input as fixture.but({"findings": {"tool_failures": {"security": 1}}})
	count(security.deny) == 0 with input as fixture.but({"findings": {"tool_failures": {"code_quality": 1}}})
	count(security.deny) == 0 with input as fixture.but({"findings": {"tool_failures": {"security": 1}}}) with data.gate.thresholds.security.max_tool_failures as 1
}

test_findings_count_even_where_no_file_is_usable if {
	fixture.codes(security.deny) == {"SEC-001", "SEC-002", "SEC-003", "SEC-004", "SEC-006", "SEC-007"} with input as object.union(fixture.empty, {
		"findings": {
			"by_category": {"secret": 1},
			"by_category_severity": {"sast": {"unknown": 1}},
			"kev": 1,
			"tool_failures": {"security": 1},
		},
		"components": {"licenses": {"SSPL-1.0": 1}, "total": 1, "without_version": 1},
	})
}

# Licences.

verdict(license) := "denied" if {
	found := security.disallowed with input as fixture.licensed_under([license])
	found == {license}
}

verdict(license) := "allowed" if {
	found := security.disallowed with input as fixture.licensed_under([license])
	found == set()
}

verdict_with(license, allowed) := count(found) == 0 if {
	found := security.disallowed with input as fixture.licensed_under([license]) with data.gate.thresholds.security.allowed_licenses as allowed
}

test_disallowed_licence_fails if {
	security.deny == {{
		"code": "SEC-004",
		"msg": "disallowed licences: 2, must be at most 0 (components: 5)",
		"select": {"licenses": ["AGPL-3.0-only", "GPL-3.0-or-later"]},
	}} with input as components({"licenses": {"AGPL-3.0-only": 2, "GPL-3.0-or-later": 3}})
	count(security.deny) == 0 with input as components({"licenses": {"AGPL-3.0-only": 2}}) with data.gate.thresholds.security.max_disallowed_licenses as 1
	fixture.measures(security.measured, "SEC-004") == {["", 1, "<=", 0, "licences"]} with input as components({"licenses": {"AGPL-3.0-only": 2}})
}

test_licences_as_people_write_them if {
	cases := {
		"MIT": "allowed",
		"LGPL-3.0-only": "allowed",
		"MPL-2.0": "allowed",
		"": "allowed",
		"NOASSERTION": "allowed",
		"The Foo License (see COPYING)": "allowed",
		"AGPL-3.0": "denied",
		"agpl-3.0-ONLY": "denied",
		"  GPL-2.0 ": "denied",
		"GPL-2.0+": "denied",
		"GPL-3.0-or-later": "denied",
		"GPLv3": "denied",
		"GPLv3+": "denied",
		"GNU General Public License v3 (GPLv3)": "denied",
		"GNU General Public License v3 or later": "denied",
		"GNU Affero General Public License v3 or later (AGPLv3+)": "denied",
		"GNU Lesser General Public License v3 or later (LGPLv3+)": "allowed",
		"SSPL-1.0": "denied",
		"busl-1.1": "denied",
	}
	every license, expected in cases {
		verdict(license) == expected
	}
}

test_expressions if {
	cases := {
		"MIT OR GPL-3.0-only": "allowed",
		"GPL-3.0-only OR MIT": "allowed",
		"GPL-3.0-only OR AGPL-3.0-only": "denied",
		"MIT AND GPL-3.0-only": "denied",
		"MIT AND Apache-2.0": "allowed",
		"mit or gpl-3.0-only": "allowed",
		"mit and gpl-3.0-only": "denied",
		"MIT\tOR\n GPL-3.0-only": "allowed",
		"GPL-2.0-only OR MIT AND GPL-3.0-only": "denied",
		"MIT OR GPL-2.0-only AND GPL-3.0-only": "allowed",
		"MIT AND BSD-3-Clause OR GPL-3.0-only": "allowed",
		"(MIT OR GPL-3.0-only)": "allowed",
		"(GPL-3.0-only)": "denied",
		"(MIT OR GPL-2.0-only) AND GPL-3.0-only": "denied",
		"(MIT OR GPL-2.0-only) AND (BSD-3-Clause OR GPL-3.0-only)": "allowed",
		"MIT OR (GPL-2.0-only AND GPL-3.0-only)": "allowed",
		"(GPL-2.0-only AND MIT) OR (GPL-3.0-only AND MIT)": "denied",
		"((MIT AND (BSD-3-Clause OR GPL-2.0-only)))": "allowed",
		"((MIT AND (GPL-3.0-only OR GPL-2.0-only)))": "denied",
		"MIT AND(GPL-3.0-only)": "denied",
		"(((( MIT ))))": "allowed",
		"(((( GPL-3.0-only ))))": "denied",
	}
	every license, expected in cases {
		verdict(license) == expected
	}
}

test_broken_or_very_deep_expressions_allow_no_choice if {
	cases := {
		"(MIT OR GPL-3.0-only": "denied",
		"MIT OR GPL-3.0-only)": "denied",
		"MIT OR Apache-2.0)": "allowed",
		"(((((GPL-3.0-only))))) OR MIT": "denied",
		"(((((GPL-3.0-only))))) OR (MIT": "denied",
		"(((((Apache-2.0))))) OR MIT": "allowed",
		")GPL-3.0-only(": "denied",
		"<1> AND GPL-3.0-only": "denied",
		"GPL-3.0-only <1>": "allowed",
	}
	every license, expected in cases {
		verdict(license) == expected
	}
}

test_exceptions if {
	cases := {
		"GPL-2.0-only WITH Classpath-exception-2.0": "allowed",
		"gpl-2.0-or-later with classpath-exception-2.0": "allowed",
		"GPL-2.0-only WITH Some-other-exception": "denied",
		"Apache-2.0 WITH LLVM-exception": "allowed",
		"Apache-2.0 WITH Some-other-exception": "allowed",
		"(GPL-2.0-only WITH Classpath-exception-2.0) AND MIT": "allowed",
		"GPL-2.0-only WITH Classpath-exception-2.0 AND GPL-3.0-only": "denied",
		"(GPL-2.0-only) WITH Classpath-exception-2.0": "denied",
	}
	every license, expected in cases {
		verdict(license) == expected
	}
	fixture.codes(security.deny) == {"SEC-004"} with input as fixture.licensed_under(["GPL-2.0-only WITH Classpath-exception-2.0 AND MIT"])
		with data.gate.thresholds.security.denied_licenses as ["GPL-2.0-only WITH Classpath-exception-2.0"]
}

test_whole_expression_may_be_denied if {
	fixture.codes(security.deny) == {"SEC-004"} with input as fixture.licensed_under(["mit or apache-2.0"])
		with data.gate.thresholds.security.denied_licenses as ["MIT OR Apache-2.0"]
}

test_list_of_allowed_licences_counts_alone if {
	allowed := ["MIT", "Apache-2.0", "GPL-3.0", "Custom (see file)"]
	cases := {
		"MIT": true,
		"mit": true,
		"GPL-3.0": true,
		"GPL-3.0-or-later": true,
		"ISC": false,
		"": false,
		"NOASSERTION": false,
		"MIT OR ISC": true,
		"MIT AND ISC": false,
		"MIT AND (ISC OR Apache-2.0)": true,
		"(MIT AND ISC) OR (BSD-3-Clause)": false,
		"Apache-2.0 WITH LLVM-exception": true,
		"GPL-2.0-only WITH Classpath-exception-2.0": false,
		"custom (see file)": true,
		"Custom (see other file)": false,
		"<1>": false,
		"GPL-2.0": false,
	}
	every license, expected in cases {
		verdict_with(license, allowed) == expected
	}
	verdict_with("GPL-3.0-only", ["GPL-3.0-or-later"]) == false
}

# Bill of materials.

test_components_are_not_judged_by_age_without_a_limit if {
	count(security.deny) == 0 with input as components({"oldest_days": 10000})
	fixture.measures(security.measured, "SEC-005") == set() with input as components({"oldest_days": 10000})
}

test_old_component_fails if {
	old := components({"oldest_days": 366})
	security.deny == {{
		"code": "SEC-005",
		"msg": "age of the oldest component: 366 days, must be at most 365 days",
		"select": {"components": "released_before_days:365"},
	}} with input as old with data.gate.thresholds.security.max_component_age_days as 365
	count(security.deny) == 0 with input as components({"oldest_days": 365}) with data.gate.thresholds.security.max_component_age_days as 365
	fixture.measures(security.measured, "SEC-005") == {["", 366, "<=", 365, "days"]} with input as old with data.gate.thresholds.security.max_component_age_days as 365
}

test_age_that_is_not_known_is_not_judged if {
	count(security.deny) == 0 with input as components({"oldest_days": null}) with data.gate.thresholds.security.max_component_age_days as 365
	fixture.measures(security.measured, "SEC-005") == set() with input as components({"oldest_days": null}) with data.gate.thresholds.security.max_component_age_days as 365
}

test_empty_bill_of_materials_fails if {
	security.deny == {{"code": "SEC-006", "msg": "components: 0, must be at least 1"}} with input as components({"total": 0})
	count(security.deny) == 0 with input as components({"total": 1})
}

test_evidence_without_an_inventory_fails if {
	fixture.said(security.deny) == {"SEC-006 bills of materials: 0, must be at least 1"} with input as components({"documents": 0})
}

test_components_without_version_fail if {
	security.deny == {{
		"code": "SEC-006",
		"msg": "components without version: 15 %, must be at most 10 %",
		"select": {"components": "without_version"},
	}} with input as components({"without_version": 3})
	count(security.deny) == 0 with input as components({"without_version": 2})
	fixture.measures(security.measured, "SEC-006") == {
		["bills of materials", 1, ">=", 1, "documents"],
		["components", 20, ">=", 1, "components"],
		["components without version", 10, "<=", 10, "%"],
	} with input as components({"without_version": 2})
}

test_incomplete_bill_of_materials_fails_where_a_complete_one_is_asked if {
	incomplete := components({"declared_incomplete": 1})
	count(security.deny) == 0 with input as incomplete
	security.deny == {{"code": "SEC-006", "msg": "bills of materials that call themselves incomplete: 1"}} with input as incomplete
		with data.gate.thresholds.security.require_complete_sbom as true
	count(security.deny) == 0 with input as fixture.clean with data.gate.thresholds.security.require_complete_sbom as true
}

test_components_without_licence_are_a_warning if {
	count(security.deny) == 0 with input as components({"without_license": 2})
	security.warn == {{
		"code": "SEC-901",
		"msg": "components without licence: 2 of 20, more than 0",
		"select": {"components": "without_license"},
	}} with input as components({"without_license": 2})
	count(security.warn) == 0 with input as components({"without_license": 2}) with data.gate.thresholds.security.max_components_without_license as 2
}

test_unread_security_scan if {
	fixture.said(security.warn) == {"SEC-902 unread elements of security scans: 3, more than 0 (a, b)"} with input as fixture.unread("security_scan", [["b", true, 2], ["a", true, 1], ["c", true, 0]])
	fixture.said(security.warn) == {"SEC-902 unread elements of security scans: 5, more than 0 (a, b, c and 2 more)"} with input as fixture.unread("security_scan", [[name, true, 1] | some name in ["e", "d", "c", "b", "a"]])
	fixture.said(security.warn) == {"SEC-902 unread elements of security scans: 3, more than 2 (a)"} with input as fixture.unread("security_scan", [["a", true, 3]]) with data.gate.thresholds.security.max_skipped as 2
	count(security.warn) == 0 with input as fixture.unread("security_scan", [["a", true, 2]]) with data.gate.thresholds.security.max_skipped as 2
	count(security.warn) == 0 with input as fixture.unread("security_scan", [["a", true, 0]])
	count(security.warn) == 0 with input as fixture.unread("security_scan", [["a", false, 3]])
	count(security.warn) == 0 with input as fixture.unread("sbom", [["a", true, 3]])
}
