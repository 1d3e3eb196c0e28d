//! Is a repeated decision the stored one? Byte for byte, and where not: what differs.
//!
//! Compares and words; whoever calls it has repeated the decision by [`crate::decide::evaluate`].

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use crate::model::Decision;

/// The name of this version of the answer.
pub const REPLAY_SCHEMA: &str = "gate.replay/v1";
/// So many differences are kept.
const MOST: usize = 1000;
/// So many of them people are shown.
const SHOWN: usize = 40;

/// What came of repeating a decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(title = "gate replay")]
pub struct Replay {
    /// Always `gate.replay/v1`.
    pub schema: String,
    /// Id that the stored decision states.
    pub decision: String,
    /// Whether the repeated decision has the stored one's bytes.
    pub equal: bool,
    /// The stored answer.
    pub recorded_outcome: String,
    /// The repeated answer.
    pub replayed_outcome: String,
    /// Version of gate that made the stored decision.
    pub recorded_version: String,
    /// Version of gate that repeated it.
    pub replayed_version: String,
    /// What is to be known beside the differences.
    pub notes: Vec<String>,
    /// What differs: changed or missing inputs first, then the decision itself in its own order.
    pub differences: Vec<Difference>,
    /// How many differences there are in all.
    pub differences_total: u64,
}

/// One thing that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Difference {
    /// `file`, `evidence`, `policy`, `config`, `input` or `decision`.
    pub kind: String,
    /// Where: an evidence file, or a place in the decision such as `gates/security/rules/SEC-001/status`.
    pub place: String,
    /// What the stored decision says; empty when it says nothing.
    pub recorded: String,
    /// What came out now; empty when nothing did.
    pub replayed: String,
}

/// How evidence was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// No file has its name or its digest.
    Missing,
    /// The file of its name has another digest.
    Changed(String),
    /// It cannot be read as the format that was recorded.
    Unreadable(String),
}

impl Difference {
    /// A difference of evidence.
    pub fn of_evidence(name: &str, sha256: &str, found: &Evidence) -> Self {
        let replayed = match found {
            Evidence::Missing => "missing".to_owned(),
            Evidence::Changed(other) => format!("changed: sha256 {other}"),
            Evidence::Unreadable(why) => format!("unreadable: {why}"),
        };
        Self::new("evidence", name, &format!("sha256 {sha256}"), &replayed)
    }

    /// A difference of some kind.
    pub fn new(kind: &str, place: &str, recorded: &str, replayed: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            place: place.to_owned(),
            recorded: recorded.to_owned(),
            replayed: replayed.to_owned(),
        }
    }
}

/// Compares a stored decision, as its bytes and as read, with the repeated one, as its bytes and as made.
///
/// `known` are differences of the inputs that are known already.
pub fn compare(
    stored: (&[u8], &Decision),
    repeated: (&[u8], &Decision),
    known: Vec<Difference>,
    mut notes: Vec<String>,
) -> Replay {
    let (bytes, recorded) = stored;
    let (again, replayed) = repeated;
    let mut differences = known;
    let content = crate::decide::id_of(recorded);
    if recorded.id != content {
        differences.insert(0, Difference::new("file", "id", &recorded.id, &content));
        notes.push(
            "the stored decision does not have the id of its content: it was changed after it was made"
                .to_owned(),
        );
    }
    if recorded.gate_version != replayed.gate_version {
        notes.push(format!(
            "made by gate {}, repeated by gate {}: what differs may be the version's doing",
            recorded.gate_version, replayed.gate_version
        ));
    }
    let mut found = Vec::new();
    let values = (serde_json::to_value(recorded), serde_json::to_value(replayed));
    if let (Ok(a), Ok(b)) = values {
        walk("", &a, &b, &mut found);
    }
    // The id follows from the rest: it says something only when nothing else does.
    let only_id = found.iter().all(|d| d.place == "id");
    found.retain(|d| only_id && differences.is_empty() || d.place != "id");
    differences.extend(found);
    if differences.is_empty() && bytes != again {
        let at = bytes.iter().zip(again).position(|(a, b)| a != b).unwrap_or(bytes.len().min(again.len()));
        differences.push(Difference::new(
            "file",
            &format!("byte {at}"),
            &format!("{} bytes", bytes.len()),
            &format!("{} bytes", again.len()),
        ));
        notes.push("the same decision, written in other bytes".to_owned());
    }
    let total = differences.len() as u64;
    let equal = differences.is_empty() && bytes == again;
    differences.truncate(MOST);
    Replay {
        schema: REPLAY_SCHEMA.to_owned(),
        decision: recorded.id.clone(),
        equal,
        recorded_outcome: recorded.outcome.as_str().to_owned(),
        replayed_outcome: replayed.outcome.as_str().to_owned(),
        recorded_version: recorded.gate_version.clone(),
        replayed_version: replayed.gate_version.clone(),
        notes,
        differences,
        differences_total: total,
    }
}

/// The field by which the members of a list are known.
fn key_of(list: &str) -> Option<&'static str> {
    Some(match list {
        "gates" | "evidence" | "ignored" | "latency" => "name",
        "rules" => "code",
        "verdicts" | "errors" | "excluded" => "message",
        "measured" => "label",
        "items" => "id",
        "findings_by_severity" => "severity",
        "coverage" => "path",
        _ => return None,
    })
}

fn walk(place: &str, a: &Value, b: &Value, found: &mut Vec<Difference>) {
    let below = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}/{name}") };
    let list = place.rsplit('/').next().unwrap_or_default();
    match (a, b) {
        _ if a == b => {}
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            for name in names {
                walk(
                    &below(name),
                    a.get(name).unwrap_or(&Value::Null),
                    b.get(name).unwrap_or(&Value::Null),
                    found,
                );
            }
        }
        (Value::Array(a), Value::Array(b)) if key_of(list).is_some() => {
            let key = key_of(list).unwrap_or_default();
            let (a, b) = (named(a, key), named(b, key));
            for (name, value) in &a {
                match b.iter().find(|(other, _)| other == name) {
                    Some((_, other)) => walk(&below(name), value, other, found),
                    None => found.push(Difference::new("decision", &below(name), &brief(value), "")),
                }
            }
            for (name, value) in b.iter().filter(|(name, _)| !a.iter().any(|(other, _)| other == name)) {
                found.push(Difference::new("decision", &below(name), "", &brief(value)));
            }
        }
        _ => found.push(Difference::new("decision", place, &brief(a), &brief(b))),
    }
}

/// The members of a list by name; the second of a name is `name (2)`.
fn named<'a>(list: &'a [Value], key: &str) -> Vec<(String, &'a Value)> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    list.iter()
        .map(|value| {
            let name = value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let count = seen.entry(name.clone()).or_default();
            *count = count.saturating_add(1);
            (if *count == 1 { name } else { format!("{name} ({count})") }, value)
        })
        .collect()
}

/// A value in a few words: a status where it has one.
fn brief(value: &Value) -> String {
    let word = ["status", "level", "outcome", "message"].iter().find_map(|key| value.get(key)?.as_str());
    match (value, word) {
        (Value::String(text), _) => text.clone(),
        (Value::Object(_), Some(word)) => word.to_owned(),
        _ => value.to_string(),
    }
}

/// The answer for people.
pub fn replay_text(replay: &Replay, inert: &dyn Fn(&str) -> String) -> String {
    let clip = |text: &str| {
        let text = inert(text);
        let mut short: String = text.chars().take(200).collect();
        if short.len() < text.len() {
            short.push_str("...");
        }
        short
    };
    let mut out = String::new();
    let word = if replay.equal { "EQUAL   " } else { "DIFFERS " };
    let _ = writeln!(out, "{word} decision {}", clip(&replay.decision));
    let _ = if replay.equal {
        writeln!(out, "         repeated byte for byte: {}", clip(&replay.recorded_outcome))
    } else {
        writeln!(
            out,
            "         recorded {}, replayed {}",
            clip(&replay.recorded_outcome),
            clip(&replay.replayed_outcome)
        )
    };
    for note in &replay.notes {
        let _ = writeln!(out, "note: {}", clip(note));
    }
    for difference in replay.differences.iter().take(SHOWN) {
        let place = match difference.kind.as_str() {
            "decision" => clip(&difference.place),
            kind => format!("{kind} {}", clip(&difference.place)),
        };
        let _ = writeln!(out, "\n{place}");
        for (word, text) in [("recorded", &difference.recorded), ("replayed", &difference.replayed)] {
            let text = if text.is_empty() { "nothing".to_owned() } else { clip(text) };
            let _ = writeln!(out, "  {word}: {text}");
        }
    }
    let rest = replay.differences_total.saturating_sub(SHOWN as u64);
    if rest > 0 {
        let _ = writeln!(out, "\n... and {rest} more differences");
    }
    out
}
