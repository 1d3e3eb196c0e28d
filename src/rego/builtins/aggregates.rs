//! Whole collections: how many, the sum, the product, the least and the greatest, the order, membership.

use num_bigint::BigInt;
use regorus::Value;

use super::decimal::{self, Binary};
use super::{
    Answer, Builtin, Error, MAX_BITS, beyond, builtin, elements, failed, operand, order, type_name, wrong,
};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("all", 1, |a| Ok(Value::from(of("all", a, "one of {array, set}")?.iter().all(|v| is_true(v))))),
    builtin("any", 1, |a| Ok(Value::from(of("any", a, "one of {array, set}")?.iter().any(|v| is_true(v))))),
    builtin("count", 1, count),
    builtin("gt", 2, |a| Ok(Value::from(order::compare(operand(a, 1), operand(a, 2)).is_gt()))),
    builtin("gte", 2, |a| Ok(Value::from(order::compare(operand(a, 1), operand(a, 2)).is_ge()))),
    builtin("internal.member_2", 2, |a| Ok(Value::from(member(operand(a, 1), operand(a, 2))))),
    builtin("internal.member_3", 3, |a| {
        Ok(Value::from(super::get(operand(a, 3), operand(a, 1)) == Some(operand(a, 2))))
    }),
    builtin("lt", 2, |a| Ok(Value::from(order::compare(operand(a, 1), operand(a, 2)).is_lt()))),
    builtin("lte", 2, |a| Ok(Value::from(order::compare(operand(a, 1), operand(a, 2)).is_le()))),
    builtin("max", 1, |a| Ok(sorted("max", a)?.last().map_or(Value::Undefined, |v| (*v).clone()))),
    builtin("min", 1, |a| Ok(sorted("min", a)?.first().map_or(Value::Undefined, |v| (*v).clone()))),
    builtin("product", 1, product),
    builtin("sort", 1, |a| Ok(Value::from(sorted("sort", a)?.into_iter().cloned().collect::<Vec<_>>()))),
    builtin("sum", 1, sum),
];

fn is_true(value: &Value) -> bool {
    *value == Value::Bool(true)
}

fn of<'a>(
    name: &'static str,
    arguments: &'a [Value],
    expected: &'static str,
) -> Result<Vec<&'a Value>, Error> {
    let value = operand(arguments, 1);
    elements(value).map_or_else(|| wrong(name, 1, expected, value), Ok)
}

fn sorted<'a>(name: &'static str, arguments: &'a [Value]) -> Result<Vec<&'a Value>, Error> {
    of(name, arguments, "one of {set, array}")?;
    Ok(order::sorted(operand(arguments, 1)))
}

fn count(arguments: &[Value]) -> Answer {
    Ok(Value::from(match operand(arguments, 1) {
        Value::Array(array) => array.len(),
        Value::Set(set) => set.len(),
        Value::Object(object) => object.len(),
        Value::String(text) => text.chars().count(),
        other => return wrong("count", 1, "one of {array, object, set, string}", other),
    }))
}

fn member(value: &Value, collection: &Value) -> bool {
    match collection {
        Value::Set(set) => set.contains(value),
        Value::Array(array) => array.contains(value),
        Value::Object(_) => super::pairs(collection).into_iter().any(|(_, v)| v == value),
        _ => false,
    }
}

fn numbers<'a>(name: &'static str, arguments: &'a [Value]) -> Result<Vec<&'a Value>, Error> {
    let all = of(name, arguments, "one of {set, array}")?;
    let kind = type_name(operand(arguments, 1));
    match all.iter().find(|v| !matches!(v, Value::Number(_))) {
        Some(other) => failed(
            name,
            format!("operand 1 must be {kind} of numbers but got {kind} containing {}", type_name(other)),
        ),
        None => Ok(all),
    }
}

fn sum(arguments: &[Value]) -> Answer {
    let all = numbers("sum", arguments)?;
    if let Some(integers) = all.iter().map(|v| decimal::integer(v)).collect::<Option<Vec<_>>>() {
        return Ok(decimal::from_integer(&integers.iter().sum::<BigInt>()));
    }
    let zero = Binary::whole(BigInt::ZERO, decimal::PRECISION);
    let sum = all.iter().try_fold(zero, |sum, v| sum.add(&Binary::of(v)?));
    sum.and_then(|sum| sum.value()).map_or_else(|| failed("sum", "a number is too large"), Ok)
}

fn product(arguments: &[Value]) -> Answer {
    let all = numbers("product", arguments)?;
    if let Some(integers) = all.iter().map(|v| decimal::integer(v)).collect::<Option<Vec<_>>>() {
        let mut product = BigInt::from(1);
        for factor in integers {
            if product.bits().saturating_add(factor.bits()) > MAX_BITS {
                return beyond("product", "bits in an integer", MAX_BITS);
            }
            product *= factor;
        }
        return Ok(decimal::from_integer(&product));
    }
    // OPA begins with a number of 53 bits, and the precision of a product is that of its first factor.
    let one = Binary::whole(BigInt::from(1), 53);
    let product = all.iter().try_fold(one, |product, v| Some(product.times(&Binary::of(v)?)));
    product.and_then(|p| p.value()).map_or_else(|| failed("product", "a number is too large"), Ok)
}
