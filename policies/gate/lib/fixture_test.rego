# A complete input in which every gate has evidence and nothing is wrong, and what tests do with it.
package gate.fixture

clean := {
	"schema": "gate.input/v1",
	"now": "2026-01-15T12:00:00Z",
	"environment": "production",
	"gates": ["code_quality", "security", "performance", "accessibility", "integration", "deployment"],
	"subject": {},
	"evidence": {
		"kinds": {
			"coverage": 1,
			"static_analysis": 1,
			"security_scan": 1,
			"sbom": 1,
			"load": 1,
			"web_vitals": 1,
			"accessibility": 1,
			"tests": 1,
			"operations": 1,
		},
		"incomplete": 0,
		"mismatched": 0,
		"stale": 0,
		"age_unknown": 0,
		"warnings": {},
		"skipped": 0,
		"files": [],
	},
	"findings": {
		"total": 0,
		"open_total": 0,
		"suppressed_total": 0,
		"by_severity": none,
		"by_category": {category: 0 | some category in all_categories},
		"by_category_severity": {category: none | some category in all_categories},
		"by_state": {"new": 0, "existing": 0, "fixed": 0},
		"tool_failures": {},
		"kev": 0,
		"fixable": 0,
		"wcag": 0,
	},
	"components": {
		"documents": 1,
		"declared_incomplete": 0,
		"total": 20,
		"without_version": 0,
		"without_license": 0,
		"without_purl": 0,
		"licenses": {"MIT": 12, "Apache-2.0 OR MIT": 8},
		"oldest_days": 100,
	},
	"coverage": {
		"suites": {"unit": lines(95, 100), "integration": lines(90, 100)},
		"critical": lines(19, 20),
		"changed": lines(9, 10),
	},
	"tests": {"all": ran, "by_kind": {"unit": ran, "integration": idle, "e2e": idle, "contract": idle}},
	"load": {"runs": [run]},
	"accessibility": {"pages": [{
		"evidence": "axe.json",
		"url": "https://shop.example/",
		"rules_tested": 40,
		"violations": 0,
		"elements": 0,
		"incomplete": 0,
	}]},
	"web": {"pages": [page]},
	"operations": {
		"approvals": [{"by": "ada", "role": "owner", "at": null}],
		"freezes": [{"name": "holidays", "from": "2025-12-20T00:00:00Z", "until": "2026-01-02T00:00:00Z", "active": false}],
		"slos": [{"name": "checkout", "objective": 99.9, "measured": 99.95, "budget_left": 50}],
		"change": {"lines": 20, "files": 2, "migration": false, "breaking": false},
	},
	"signatures": [],
	"attestations": [],
	"rejected": [],
}

# Before there is any evidence.
empty := object.union(object.remove(clean, ["components", "coverage"]), {
	"evidence": {"kinds": {kind: 0 | some kind, _ in clean.evidence.kinds}},
	"components": object.union(object.remove(clean.components, ["licenses"]), {"documents": 0, "total": 0, "licenses": {}, "oldest_days": null}),
	"coverage": {"suites": {}, "critical": null, "changed": null},
	"tests": {"all": idle, "by_kind": {kind: idle | some kind, _ in clean.tests.by_kind}},
	"load": {"runs": []},
	"accessibility": {"pages": []},
	"web": {"pages": []},
	"operations": {"approvals": [], "freezes": [], "slos": [], "change": null},
})

none := {"info": 0, "low": 0, "medium": 0, "high": 0, "critical": 0, "unknown": 0}

all_categories := [
	"sast", "sca", "secret", "container", "iac", "dast", "license",
	"lint", "type", "format", "complexity", "duplication", "accessibility",
]

lines(covered, valid) := {
	"lines": {"covered": covered, "valid": valid},
	"branches": {"covered": 0, "valid": 0},
	"functions": {"covered": 0, "valid": 0},
}

idle := {"total": 0, "executed": 0, "passed": 0, "failed": 0, "errors": 0, "skipped": 0, "flaky": 0}

ran := {"total": 100, "executed": 100, "passed": 100, "failed": 0, "errors": 0, "skipped": 0, "flaky": 0}

run := {
	"evidence": "k6.json",
	"tool": "k6",
	"requests": 10000,
	"failed_requests": 5,
	"error_percent": 0.05,
	"availability_percent": 99.95,
	"throughput": 250.5,
	"p50_ms": 80,
	"p90_ms": 300,
	"p95_ms": 400,
	"p99_ms": 900,
	"max_ms": 1500,
	"thresholds_known": true,
	"thresholds": 2,
	"thresholds_failed": [],
	"checks": {"covered": 0, "valid": 0},
}

page := {
	"evidence": "lighthouse.json",
	"url": "https://shop.example/",
	"scores": {"performance": 98, "accessibility": 100},
	"lcp_ms": 1200,
	"cls": 0.02,
	"inp_ms": null,
	"tbt_ms": 50,
	"fcp_ms": 700,
}

# The clean input with some of it replaced.
but(patch) := object.union(clean, patch)

# The clean input with these suites, and no others.
suites(these) := object.union(object.remove(clean, ["coverage"]), {"coverage": {"suites": these, "critical": null, "changed": null}})

# The clean input with these licences, and no others.
licensed_under(these) := object.union(object.remove(clean, ["components"]), {"components": object.union(
	object.remove(clean.components, ["licenses"]),
	{"licenses": {license: 1 | some license in these}},
)})

# The clean input without evidence of one kind.
without(kind) := but({"evidence": {"kinds": {kind: 0}}})

# The clean input with findings of one category.
found(category, counts) := but({"findings": {
	"by_category": {category: sum([n | some n in counts])},
	"by_category_severity": {category: counts},
}})

# Verdicts in one line each.
said(verdicts) := {sprintf("%s %s", [verdict.code, verdict.msg]) | some verdict in verdicts}

codes(entries) := {entry.code | some entry in entries}

# The limits of one rule: label, value, comparison, limit and unit of each.
measures(measured, code) := {[entry.label, entry.value, entry.comparison, entry.limit, entry.unit] |
	some entry in measured
	entry.code == code
}

# The clean input with evidence files of one kind: name, usable, elements that could not be read.
unread(kind, files) := but({"evidence": {"files": [
{"name": name, "kinds": [kind], "usable": usable, "skipped": skipped} | some [name, usable, skipped] in files]}})
