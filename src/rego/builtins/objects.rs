//! Objects: parts, unions, subsets.

use std::collections::BTreeMap;

use regorus::Value;

use super::{
    Answer, Builtin, Error, array, builtin, elements, failed, get, object, operand, pairs, type_name, wrong,
};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("object.filter", 2, filter),
    builtin("object.get", 3, object_get),
    builtin("object.keys", 1, |a| {
        Ok(super::make_set(pairs(object("object.keys", a, 1)?).into_iter().map(|(key, _)| key.clone())))
    }),
    builtin("object.remove", 2, remove),
    builtin("object.subset", 2, subset),
    builtin("object.union", 2, |a| Ok(merged(object("object.union", a, 1)?, object("object.union", a, 2)?))),
    builtin("object.union_n", 1, union_n),
];

type Pairs<'a> = Vec<(&'a Value, &'a Value)>;

/// The pairs of the first operand by whether the second names their key.
fn parted<'a>(name: &'static str, arguments: &'a [Value]) -> Result<(Pairs<'a>, Pairs<'a>), Error> {
    let all = pairs(object(name, arguments, 1)?);
    let named = operand(arguments, 2);
    let keys: std::collections::BTreeSet<&Value> = match (named, elements(named)) {
        (Value::Object(_), _) => pairs(named).into_iter().map(|(key, _)| key).collect(),
        (_, Some(keys)) => keys.into_iter().collect(),
        _ => return wrong(name, 2, "one of {object, set, array}", named),
    };
    Ok(all.into_iter().partition(|(key, _)| keys.contains(key)))
}

fn built(pairs: Pairs<'_>) -> Value {
    super::make_object(pairs.into_iter().map(|(k, v)| (k.clone(), v.clone())))
}

fn filter(arguments: &[Value]) -> Answer {
    Ok(built(parted("object.filter", arguments)?.0))
}

fn remove(arguments: &[Value]) -> Answer {
    Ok(built(parted("object.remove", arguments)?.1))
}

fn object_get(arguments: &[Value]) -> Answer {
    let start = object("object.get", arguments, 1)?;
    let found = match operand(arguments, 2) {
        Value::Array(path) => path.iter().try_fold(start, |value, key| get(value, key)),
        key => get(start, key),
    };
    Ok(found.unwrap_or(operand(arguments, 3)).clone())
}

fn merged(a: &Value, b: &Value) -> Value {
    let (Value::Object(_), Value::Object(_)) = (a, b) else { return b.clone() };
    let mut all: BTreeMap<Value, Value> = pairs(a).into_iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    for (key, value) in pairs(b) {
        let value = all.get(key).map_or_else(|| value.clone(), |before| merged(before, value));
        all.insert(key.clone(), value);
    }
    Value::from(all)
}

fn union_n(arguments: &[Value]) -> Answer {
    let all = array("object.union_n", arguments, 1)?;
    if let Some(other) = all.iter().find(|v| !matches!(v, Value::Object(_))) {
        return failed(
            "object.union_n",
            format!("operand 1 must be array of objects but got array containing {}", type_name(other)),
        );
    }
    Ok(all.iter().fold(Value::new_object(), |union, next| merged(&union, next)))
}

fn subset(arguments: &[Value]) -> Answer {
    let (large, small) = (operand(arguments, 1), operand(arguments, 2));
    match holds(large, small) {
        Some(answer) => Ok(Value::from(answer)),
        None => failed("object.subset", "both arguments must be of the same type or array and set"),
    }
}

/// Whether one collection holds the other; nothing for kinds that do not go together.
fn holds(large: &Value, small: &Value) -> Option<bool> {
    match (large, small) {
        (Value::Object(_), Value::Object(_)) => Some(pairs(small).into_iter().all(|(key, wanted)| {
            get(large, key).is_some_and(|found| {
                let same_kind = type_name(found) == type_name(wanted);
                found == wanted || (same_kind && holds(found, wanted) == Some(true))
            })
        })),
        (Value::Set(large), Value::Set(small)) => Some(small.iter().all(|v| large.contains(v))),
        (Value::Array(large), Value::Array(small)) => Some(within(large.as_slice(), small.as_slice())),
        // OPA counts matches until all are found, so an empty set is in no empty array.
        (Value::Array(large), Value::Set(small)) => {
            let found = large.iter().filter(|v| small.contains(v)).count();
            Some(!large.is_empty() && found >= small.len())
        }
        _ => None,
    }
}

/// Whether one array holds the other in a row. As in OPA, a search that fails half-way goes on one element later.
fn within(large: &[Value], small: &[Value]) -> bool {
    small.is_empty() || large.windows(small.len()).any(|window| window == small)
}
