//! Literals: their numbers as the interpreter reads them, their nesting, whether they are constants.

use crate::rego::ast::{Term, TermKind};

/// A number without exponent, where it is not out of proportion.
pub(super) fn plain_number(text: String) -> String {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return text };
    let Ok(exponent) = exponent.parse::<i64>() else { return text };
    if !(0..=300).contains(&exponent) {
        return text;
    }
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let shift = usize::try_from(exponent).unwrap_or(0);
    let mut shifted: String = whole.to_owned();
    let mut rest = fraction.chars();
    for _ in 0..shift {
        shifted.push(rest.next().unwrap_or('0'));
    }
    let rest: String = rest.collect();
    let shifted = shifted.trim_start_matches('0');
    let whole = if shifted.is_empty() { "0" } else { shifted };
    format!("{sign}{whole}.{}", if rest.is_empty() { "0" } else { &rest })
}

/// Whether a number has an exponent beyond those of the interpreter's numbers.
pub(super) fn is_out_of_proportion(text: &str) -> bool {
    text.split_once(['e', 'E']).is_some_and(|(_, exponent)| {
        !exponent.parse::<i64>().is_ok_and(|exponent| (-300..=300).contains(&exponent))
    })
}

/// How deep literals stand in each other.
pub(super) fn literal_depth(term: &Term) -> usize {
    match &term.kind {
        TermKind::Array(items) | TermKind::Set(items) => {
            1 + items.iter().map(literal_depth).max().unwrap_or(0)
        }
        TermKind::Object(items) => {
            1 + items
                .iter()
                .map(|(key, value)| literal_depth(key).max(literal_depth(value)))
                .max()
                .unwrap_or(0)
        }
        TermKind::Paren(inner) => literal_depth(inner),
        TermKind::ArrayComprehension(value, _) | TermKind::SetComprehension(value, _) => {
            1 + literal_depth(value)
        }
        TermKind::ObjectComprehension(key, value, _) => 1 + literal_depth(key).max(literal_depth(value)),
        TermKind::Call(_, args) => args.iter().map(literal_depth).max().unwrap_or(0),
        TermKind::Infix(_, left, right) => literal_depth(left).max(literal_depth(right)),
        _ => 0,
    }
}

/// Whether a term is a constant: no variables, calls, references or comprehensions.
pub(super) fn is_ground(term: &Term) -> bool {
    match &term.kind {
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => true,
        TermKind::Array(items) | TermKind::Set(items) => items.iter().all(is_ground),
        TermKind::Object(items) => items.iter().all(|(key, value)| is_ground(key) && is_ground(value)),
        TermKind::Paren(inner) => is_ground(inner),
        _ => false,
    }
}
