//! Semantic versions, with or without a leading `v`.

use std::cmp::Ordering;

use regorus::Value;

use super::{Answer, Builtin, builtin, failed, operand, string};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("semver.compare", 2, compare),
    builtin("semver.is_valid", 1, |a| {
        Ok(Value::from(matches!(operand(a, 1), Value::String(text) if parse(text).is_some())))
    }),
];

struct Version<'a> {
    numbers: [i64; 3],
    pre: &'a str,
}

fn identifiers(text: &str) -> bool {
    text.split('.').all(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

fn is_decimal(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn parse(text: &str) -> Option<Version<'_>> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, metadata) = text.split_once('+').map_or((text, None), |(t, m)| (t, Some(m)));
    let (text, pre) = text.split_once('-').map_or((text, None), |(t, p)| (t, Some(p)));
    let leading_zero = |id: &str| id.len() > 1 && id.starts_with('0') && is_decimal(id);
    if metadata.is_some_and(|m| !identifiers(m))
        || pre.is_some_and(|p| !identifiers(p) || p.split('.').any(leading_zero))
    {
        return None;
    }
    let numbers: Option<Vec<i64>> = text
        .split('.')
        .map(|n| n.parse().ok().filter(|_| !n.is_empty() && is_decimal(n) && !leading_zero(n)))
        .collect();
    Some(Version { numbers: numbers?.try_into().ok()?, pre: pre.unwrap_or_default() })
}

fn compare(arguments: &[Value]) -> Answer {
    let name = "semver.compare";
    let (a, b) = (string(name, arguments, 1)?, string(name, arguments, 2)?);
    let (Some(x), Some(y)) = (parse(a), parse(b)) else {
        let (number, text) = if parse(a).is_none() { (1, a) } else { (2, b) };
        return failed(name, format!("operand {number}: string \"{text}\" is not a valid SemVer"));
    };
    Ok(Value::from(match x.numbers.cmp(&y.numbers).then_with(|| pre_releases(x.pre, y.pre)) {
        Ordering::Less => -1_i64,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }))
}

fn pre_releases(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        _ => {}
    }
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => match (is_decimal(x), is_decimal(y)) {
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                // Numbers without leading zeros: the longer one is the greater one.
                (true, true) => x.len().cmp(&y.len()).then_with(|| x.cmp(y)),
                (false, false) => x.cmp(y),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}
