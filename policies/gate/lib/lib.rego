# METADATA
# title: What the gates share
# description: Functions and tables only. No gate judges by this package.
package gate.lib

# Severities by rank. `unknown` ranks highest, and so does a word that is not listed.
ranks := {"info": 0, "low": 1, "medium": 2, "high": 3, "critical": 4, "unknown": 5}

rank(severity) := object.get(ranks, severity, 5)

# Categories of findings, by the gate that counts them.
categories := {
	"code_quality": ["lint", "type", "format", "complexity", "duplication"],
	"security": ["sast", "sca", "secret", "container", "iac", "dast", "license"],
	"accessibility": ["accessibility"],
}

# Findings of severity `floor` or worse. A floor that is not listed counts them all: a misspelt limit lets nothing pass.
count_at_least(by_severity, floor) := sum([n |
	some severity, n in by_severity
	rank(severity) >= object.get(ranks, floor, 0)
])

# Whether there is usable evidence of a kind.
present(kind) if input.evidence.kinds[kind] > 0

# Whether a count can be judged: there is evidence of the kind, or the count itself is evidence.
judged(kind, _) if present(kind)

judged(_, number) if number > 0

# Findings that say that a tool failed, for one gate.
tool_failures(gate) := object.get(input.findings.tool_failures, gate, 0)

# Undefined for nothing of nothing, which is "not measured".
percent(part, whole) := (part * 100) / whole if whole > 0

# What a page is called: its URL, else the file that speaks of it.
page_name(page) := page.url if page.url != ""

page_name(page) := page.evidence if page.url == ""

# What `measured` has for a rule and does not stand to its limit as it must, each with a sentence that says so.
missed(measured, code, what) := {miss |
	some entry in measured
	entry.code == code
	not holds(entry.comparison, entry.value, entry.limit)
	miss := {"label": entry.label, "limit": entry.limit, "msg": sentence(entry, what)}
}

holds("<=", value, limit) if value <= limit

holds(">=", value, limit) if value >= limit

holds("<", value, limit) if value < limit

holds(">", value, limit) if value > limit

sentence(entry, what) := sprintf("%s: %s%s, must be %s %s%s", [
	concat(": ", [part | some part in [entry.label, what]; part != ""]),
	near(entry.value, entry.limit),
	object.get(units, entry.unit, ""),
	{"<=": "at most", ">=": "at least", "<": "below", ">": "above"}[entry.comparison],
	text(entry.limit),
	object.get(units, entry.unit, ""),
])

units := {"%": " %", "ms": " ms", "/s": "/s", "days": " days"}

# A number with two decimals at most, in the same characters under every evaluator.
text(number) := sprintf("%s%s%s", [sign, format_int(floor(cents / 100), 10), trim_right(decimals, ".")]) if {
	cents := round((abs(number) * 100) + nudge)
	decimals := trim_right(sprintf(".%s", [substring(format_int((cents - (floor(cents / 100) * 100)) + 100, 10), 1, 2)]), "0")
	sign := concat("", ["-" | number < 0])
}

# Rounded to a number of parts of one. What is halfway in decimals is not always halfway in binary: the nudge decides.
rounded(number, parts) := round((number * parts) + nudge) / parts

nudge := 0.000123

# Rounding must not make a value look like the limit that it misses.
near(value, limit) := text(value) if text(value) != text(limit)

near(value, limit) := text(value) if value == limit

near(value, limit) := sprintf("just %s %s", [side, text(limit)]) if {
	value != limit
	text(value) == text(limit)
	side := {true: "under", false: "over"}[value < limit]
}

# The letter for a value by ascending limits: the most that A, B, C and D allow.
letter(value, limits) := substring("ABCDE", min([4, count([limit | some limit in limits; value > limit])]), 1)

# Usable files that prove a kind and of which some elements could not be read.
unread(kind) := [file |
	some file in input.evidence.files
	file.usable
	kind in file.kinds
	file.skipped > 0
]

unread_total(kind) := sum([file.skipped | some file in unread(kind)])

# The files of which elements could not be read, in brackets, at most three.
unread_names(kind) := sprintf(" (%s)", [listed({file.name | some file in unread(kind)}, 3)]) if count(unread(kind)) > 0

unread_names(kind) := "" if count(unread(kind)) == 0

# The first of some names in order, and how many more there are.
listed(names, most) := concat(", ", sort(names)) if count(names) <= most

listed(names, most) := sprintf("%s and %s more", [concat(", ", array.slice(sort(names), 0, most)), text(count(names) - most)]) if {
	count(names) > most
}

# What one sees of a word: without characters that have no width, and without space at its ends.
visible(word) := trim_space(strings.replace_n(invisible, word))

invisible := {"\u200b": "", "\u200c": "", "\u200d": "", "\u200e": "", "\u200f": "", "\u2060": "", "\ufeff": ""}
