//! The order of values in OPA, where an object is less than a set; the interpreter has them the other way round.

use std::cmp::Ordering;

use regorus::Value;

use super::pairs;

fn rank(value: &Value) -> u8 {
    match value {
        Value::Undefined => 0,
        Value::Null => 1,
        Value::Bool(_) => 2,
        Value::Number(_) => 3,
        Value::String(_) => 4,
        Value::Array(_) => 5,
        Value::Object(_) => 6,
        Value::Set(_) => 7,
    }
}

fn lists<'a>(a: impl IntoIterator<Item = &'a Value>, b: impl IntoIterator<Item = &'a Value>) -> Ordering {
    let (mut a, mut b) = (a.into_iter(), b.into_iter());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match compare(a, b) {
                Ordering::Equal => {}
                other => return other,
            },
        }
    }
}

/// Which of two values comes first.
pub(super) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => lists(a.iter(), b.iter()),
        (Value::Set(_), Value::Set(_)) => {
            let (a, b) = (sorted(a), sorted(b));
            lists(a, b)
        }
        (Value::Object(_), Value::Object(_)) => {
            let (a, b) = (pairs(a), pairs(b));
            lists(a.into_iter().flat_map(|(k, v)| [k, v]), b.into_iter().flat_map(|(k, v)| [k, v]))
        }
        _ if rank(a) == rank(b) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

/// The elements of a collection in OPA's order; none for other values.
pub(super) fn sorted(value: &Value) -> Vec<&Value> {
    let mut elements = super::elements(value).unwrap_or_default();
    elements.sort_by(|a, b| compare(a, b));
    elements
}
