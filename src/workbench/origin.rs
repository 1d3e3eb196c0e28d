//! Which line set a threshold: of gate.yaml where it does, else of the shipped data.

use crate::policy::shipped_data;

/// Where the shipped data lies in the project.
const SHIPPED: &str = "policies/data.json";

/// `gate.yaml:12`, by the environment and those that it extends, then by what holds for all.
pub(super) fn threshold(
    config: Option<(&str, &str)>,
    environments: &[String],
    gate: &str,
    key: &str,
) -> String {
    let of_environment = |environment: &String| {
        vec![
            "environments".to_owned(),
            environment.clone(),
            "thresholds".to_owned(),
            gate.to_owned(),
            key.to_owned(),
        ]
    };
    let mut paths: Vec<Vec<String>> = environments.iter().map(of_environment).collect();
    paths.push(vec!["thresholds".to_owned(), gate.to_owned(), key.to_owned()]);
    if let Some((path, text)) = config
        && let Some(line) = paths.iter().find_map(|keys| line_of(text, keys))
    {
        return format!("{path}:{line}");
    }
    let below_gate = |keys: &Vec<String>| [vec!["gate".to_owned()], keys.clone()].concat();
    match paths.iter().find_map(|keys| line_of(shipped_data(), &below_gate(keys))) {
        Some(line) => format!("{SHIPPED}:{line}"),
        None => SHIPPED.to_owned(),
    }
}

/// The line of a key in YAML or JSON that is written with a key a line, deeper ones further in. A key in braces behind
/// the one above it is found too.
fn line_of(text: &str, keys: &[String]) -> Option<usize> {
    let mut above: Vec<(usize, &str)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        let Some((key, rest)) = key_of(trimmed) else { continue };
        let indent = line.len() - trimmed.len();
        above.retain(|(other, _)| *other < indent);
        above.push((indent, key));
        let matching = above.iter().zip(keys).take_while(|((_, a), b)| a == b).count();
        if matching < above.len() {
            continue;
        }
        let left = keys.get(matching..).unwrap_or_default();
        if left.is_empty() || (rest.contains('{') && left.iter().all(|key| has_key(rest, key))) {
            return Some(index + 1);
        }
    }
    None
}

/// The key that a line begins with, and what follows its colon.
fn key_of(line: &str) -> Option<(&str, &str)> {
    if line.starts_with('#') {
        return None;
    }
    let (key, rest) = line.split_once(':')?;
    let key = key.trim().trim_matches(|c| c == '"' || c == '\'');
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    is_key.then_some((key, rest))
}

/// Whether a text in braces has a key.
fn has_key(text: &str, key: &str) -> bool {
    text.split(['{', ','])
        .filter_map(|part| part.split_once(':'))
        .any(|(name, _)| name.trim().trim_matches(|c| c == '"' || c == '\'') == key)
}
