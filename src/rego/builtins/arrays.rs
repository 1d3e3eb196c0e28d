//! Arrays and sets.

use regorus::Value;

use super::{
    Answer, Builtin, Error, MAX_ELEMENTS, array, beyond, builtin, elements, failed, integer, operand, wrong,
};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("and", 2, |a| both("and", a, |x, y| x.into_iter().filter(|v| y.contains(v)).collect())),
    builtin("array.concat", 2, concat),
    builtin("array.flatten", 1, flatten),
    builtin("array.reverse", 1, |a| {
        Ok(Value::from(array("array.reverse", a, 1)?.iter().rev().cloned().collect::<Vec<_>>()))
    }),
    builtin("array.slice", 3, slice),
    builtin("intersection", 1, intersection),
    builtin("or", 2, |a| both("or", a, |x, y| x.into_iter().chain(y).collect())),
    builtin("set_diff", 2, |a| {
        both("set_diff", a, |x, y| x.into_iter().filter(|v| !y.contains(v)).collect())
    }),
    builtin("union", 1, |a| Ok(super::make_set(sets("union", a)?.into_iter().flatten().cloned()))),
];

fn made(name: &'static str, values: Vec<Value>) -> Answer {
    if values.len() > MAX_ELEMENTS {
        return beyond(name, "elements", MAX_ELEMENTS);
    }
    Ok(Value::from(values))
}

fn concat(arguments: &[Value]) -> Answer {
    let name = "array.concat";
    let (a, b) = (array(name, arguments, 1)?, array(name, arguments, 2)?);
    made(name, [a, b].concat())
}

fn flatten(arguments: &[Value]) -> Answer {
    let mut flat = Vec::new();
    for element in array("array.flatten", arguments, 1)? {
        match element {
            Value::Array(inner) => flat.extend(inner.iter().cloned()),
            other => flat.push(other.clone()),
        }
    }
    made("array.flatten", flat)
}

fn slice(arguments: &[Value]) -> Answer {
    let name = "array.slice";
    let all = array(name, arguments, 1)?;
    let clamp = |n: i64| usize::try_from(n.max(0)).unwrap_or(usize::MAX).min(all.len());
    let stop = clamp(integer(name, arguments, 3)?);
    let start = clamp(integer(name, arguments, 2)?).min(stop);
    Ok(Value::from(all.get(start..stop).unwrap_or_default().to_vec()))
}

type Members<'a> = std::collections::BTreeSet<&'a Value>;

fn set<'a>(name: &'static str, number: usize, value: &'a Value) -> Result<Members<'a>, Error> {
    match value {
        Value::Set(set) => Ok(set.iter().collect()),
        other => wrong(name, number, "set", other),
    }
}

fn both(
    name: &'static str,
    arguments: &[Value],
    combined: for<'a> fn(Members<'a>, Members<'a>) -> Members<'a>,
) -> Answer {
    let (a, b) = (set(name, 1, operand(arguments, 1))?, set(name, 2, operand(arguments, 2))?);
    Ok(super::make_set(combined(a, b).into_iter().cloned()))
}

fn sets<'a>(name: &'static str, arguments: &'a [Value]) -> Result<Vec<Members<'a>>, Error> {
    let outer = operand(arguments, 1);
    match (outer, elements(outer)) {
        (Value::Set(_), Some(all)) => all.into_iter().map(|inner| set(name, 1, inner)).collect(),
        _ => wrong(name, 1, "set", outer),
    }
}

fn intersection(arguments: &[Value]) -> Answer {
    let common =
        sets("intersection", arguments)?.into_iter().reduce(|a, b| a.intersection(&b).copied().collect());
    Ok(super::make_set(common.unwrap_or_default().into_iter().cloned()))
}

/// The difference of two sets, for `minus`.
pub(super) fn difference(arguments: &[Value]) -> Answer {
    match (operand(arguments, 1), operand(arguments, 2)) {
        (Value::Set(a), Value::Set(b)) => Ok(Value::from(a.difference(b))),
        _ => failed("minus", "operands must be two numbers or two sets"),
    }
}
