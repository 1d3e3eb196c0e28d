package gate.lib_test

import data.gate.fixture
import data.gate.lib

test_unknown_severity_ranks_highest if {
	lib.rank("unknown") > lib.rank("critical")
	lib.rank("Critcal") == lib.rank("unknown")
}

test_severities_are_ordered if {
	[lib.rank(s) | some s in ["info", "low", "medium", "high", "critical"]] == [0, 1, 2, 3, 4]
}

test_counts_from_a_severity_upwards if {
	counts := {"info": 1, "low": 10, "medium": 100, "high": 1000, "critical": 10000, "unknown": 100000}
	lib.count_at_least(counts, "high") == 111000
	lib.count_at_least(counts, "info") == 111111
	lib.count_at_least(counts, "unknown") == 100000
}

test_misspelt_floor_counts_everything if lib.count_at_least({"info": 1, "high": 2}, "hihg") == 3

test_severity_outside_the_scale_counts_always if lib.count_at_least({"info": 1, "urgent": 2}, "critical") == 2

test_present_needs_a_usable_file if {
	lib.present("tests") with input as fixture.clean
	not lib.present("tests") with input as fixture.empty
	not lib.present("test") with input as fixture.clean
}

test_a_count_above_zero_is_judged_without_evidence_of_its_kind if {
	lib.judged("tests", 1) with input as fixture.empty
	not lib.judged("tests", 0) with input as fixture.empty
	lib.judged("tests", 0) with input as fixture.clean
}

test_tool_failures_of_a_gate if {
	lib.tool_failures("security") == 3 with input as fixture.but({"findings": {"tool_failures": {"security": 3}}})
	lib.tool_failures("security") == 0 with input as fixture.clean
}

test_percent if {
	lib.percent(4, 5) == 80
	lib.percent(0, 5) == 0
	lib.percent(999, 1000) == 99.9
}

test_nothing_of_nothing_has_no_percentage if count([p | p := lib.percent(0, 0)]) == 0

test_page_without_url_is_called_by_its_file if {
	lib.page_name(fixture.page) == "https://shop.example/"
	lib.page_name(object.union(fixture.page, {"url": ""})) == "lighthouse.json"
}

test_comparisons if {
	comparisons := {[c, v] | some c in ["<=", ">=", "<", ">"]; some v in [1, 2, 3]; lib.holds(c, v, 2)}
	comparisons == {["<=", 1], ["<=", 2], [">=", 2], [">=", 3], ["<", 1], [">", 3]}
}

test_what_is_missed_is_told_with_its_limit if {
	entries := {
		{"code": "X-1", "label": "a", "value": 3, "limit": 2, "comparison": "<=", "unit": "ms"},
		{"code": "X-1", "label": "b", "value": 2, "limit": 2, "comparison": "<=", "unit": "ms"},
		{"code": "X-2", "label": "", "value": 1, "limit": 2, "comparison": ">=", "unit": "tests"},
	}
	lib.missed(entries, "X-1", "delay") == {{"label": "a", "limit": 2, "msg": "a: delay: 3 ms, must be at most 2 ms"}}
	lib.missed(entries, "X-2", "tests") == {{"label": "", "limit": 2, "msg": "tests: 1, must be at least 2"}}
	lib.missed(entries, "X-3", "nothing") == set()
}

test_sentences_by_comparison_and_unit if {
	entry := {"label": "", "value": 1.5, "limit": 1, "comparison": "<", "unit": "%"}
	lib.sentence(entry, "rate") == "rate: 1.5 %, must be below 1 %"
	lib.sentence(object.union(entry, {"comparison": ">", "unit": "/s", "limit": 7}), "rate") == "rate: 1.5/s, must be above 7/s"
	lib.sentence(object.union(entry, {"unit": "days"}), "age") == "age: 1.5 days, must be below 1 days"
}

test_numbers_as_text if {
	cases := {
		0: "0", 7: "7", 80.0: "80", 79.996: "80", 79.994: "79.99", 0.1: "0.1", 0.05: "0.05", 10.5: "10.5", 100: "100",
		1234567.891: "1234567.89", -3: "-3", -0.25: "-0.25", 99.95: "99.95", 1.005: "1.01", 1000000000000: "1000000000000",
	}
	every number, expected in cases {
		lib.text(number) == expected
	}
}

test_repeating_fraction_as_text if lib.text(200 / 3) == "66.67"

test_rounding_does_not_hide_a_miss if {
	lib.near(79.999, 80) == "just under 80"
	lib.near(80.001, 80) == "just over 80"
	lib.near(80, 80) == "80"
	lib.near(79.99, 80) == "79.99"
}

test_rounding_to_parts if {
	lib.rounded(1.26, 10) == 1.3
	lib.rounded(0.3, 100) == 0.3
	lib.rounded(0.25, 10) == 0.3
}

test_letters if {
	limits := [0, 0.5, 1, 5]
	[lib.letter(v, limits) | some v in [0, 0.1, 0.5, 0.6, 1, 2, 5, 5.1, 1000]] == ["A", "B", "B", "C", "C", "D", "D", "E", "E"]
	lib.letter(9, [1, 2, 3, 4, 5, 6]) == "E"
}

# Thresholds, catalogue and environments belong together.

test_every_threshold_is_in_the_catalogue if {
	every gate, thresholds in data.gate.thresholds {
		object.keys(thresholds) == object.keys(data.gate.catalogue[gate])
	}
	object.keys(data.gate.thresholds) == object.keys(data.gate.catalogue)
}

test_every_catalogue_entry_is_complete if {
	every entries in data.gate.catalogue {
		every entry in entries {
			object.keys(entry) == {"title", "unit", "description"}
			entry.unit in {"%", "ms", "/s", "count", "days", "severity", "list", "bool", ""}
			entry.title != ""
			entry.description != ""
		}
	}
}

test_environments_speak_of_known_things if {
	every environment in data.gate.environments {
		every gate, settings in environment.gates {
			gate in object.keys(data.gate.thresholds)
			settings.mode in {"enforce", "warn", "off"}
			every kind in settings.evidence {
				kind in object.keys(fixture.clean.evidence.kinds)
			}
		}
		every gate, thresholds in object.get(environment, "thresholds", {}) {
			every name, _ in thresholds {
				name in object.keys(data.gate.thresholds[gate])
			}
		}
	}
}

test_environments_ask_for_more_step_by_step if {
	environments := data.gate.environments
	environments.staging.extends == "development"
	environments.production.extends == "staging"
	{gate: settings.evidence | some gate, settings in environments.development.gates} == {
		"code_quality": ["coverage"],
		"security": ["security_scan"],
		"performance": [],
		"accessibility": [],
		"integration": ["tests"],
		"deployment": [],
	}
	environments.staging.gates.performance.evidence == ["load"]
	environments.staging.gates.accessibility.evidence == ["accessibility"]
	environments.production.gates.security.evidence == ["security_scan", "sbom"]
	environments.production.gates.code_quality.evidence == ["coverage", "static_analysis"]
	environments.production.gates.deployment.evidence == ["operations"]
	environments.production.thresholds == {
		"performance": {"required_statistics": ["p95", "p99"]},
		"security": {"require_complete_sbom": true},
	}
	environments.production.max_age == "30d"
}

test_categories_cover_the_findings if {
	{category | some names in lib.categories; some category in names} == object.keys(fixture.clean.findings.by_category)
}
