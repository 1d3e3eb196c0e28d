//! The rules of a gate's package that are asked, and names that were meant to be one of them.
//!
//! Knows names only: what a rule says is judged elsewhere.

use crate::suggest::nearest;

/// The rules of a gate's package that are read.
pub(crate) const ENTRIES: [&str; 5] = ["deny", "violation", "warn", "measured", "report"];

/// Names that were meant to be one of them.
const ALMOST: [&str; 18] = [
    "allow",
    "block",
    "reject",
    "fail",
    "denies",
    "denied",
    "dney",
    "deney",
    "dany",
    "den",
    "warning",
    "warnings",
    "warns",
    "wran",
    "violations",
    "measure",
    "measures",
    "reports",
];

/// What to do in a module of a gate that has no entry rule.
pub(crate) const NONE: &str = "an entry rule is named `deny`, `warn`, `violation`, `measured` or `report`; put helpers in a package of their own";

/// Whether a name is that of an entry rule.
pub(crate) fn is_entry(name: &str) -> bool {
    ENTRIES.contains(&name)
}

/// Whether the value of an entry rule is a set of verdicts or measurements.
pub(crate) fn is_set(name: &str) -> bool {
    is_entry(name) && name != "report"
}

/// Whether a name is one that people write for an entry rule.
pub(super) fn is_almost(name: &str) -> bool {
    ALMOST.contains(&name.to_ascii_lowercase().as_str())
}

/// Message and remedy for a rule whose name is almost that of an entry rule: it would never be asked.
pub(crate) fn misnamed(name: &str) -> Option<(String, String)> {
    let is_meant = |entry: &str| {
        entry != name
            && (entry.eq_ignore_ascii_case(name)
                || name.strip_prefix(entry).is_some_and(|rest| rest.starts_with('_')))
    };
    if !is_almost(name) && !ENTRIES.iter().any(|entry| is_meant(entry)) {
        return None;
    }
    let near = nearest(name, &ENTRIES).unwrap_or("deny");
    Some((
        format!("rule `{name}` would never be asked"),
        format!(
            "entry rules are named `deny`, `warn`, `violation`, `measured` and `report`; did you mean `{near}`?"
        ),
    ))
}

/// What to do about an entry rule that is no set.
pub(crate) fn as_set(name: &str) -> String {
    format!("write it as `{name} contains {{\"code\": ..., \"msg\": ...}} if {{ ... }}`")
}
