//! Types: tests, names and conversions.

use regorus::Value;

use super::{Answer, Builtin, builtin, decimal, elements, failed, operand, type_name, wrong};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("cast_array", 1, |a| match elements(operand(a, 1)) {
        Some(all) => Ok(Value::from(all.into_iter().cloned().collect::<Vec<_>>())),
        None => wrong("cast_array", 1, "one of {array, set}", operand(a, 1)),
    }),
    builtin("cast_boolean", 1, |a| cast(a, "cast_boolean", "boolean")),
    builtin("cast_null", 1, |a| cast(a, "cast_null", "null")),
    builtin("cast_object", 1, |a| cast(a, "cast_object", "object")),
    builtin("cast_set", 1, |a| match elements(operand(a, 1)) {
        Some(all) => Ok(super::make_set(all.into_iter().cloned())),
        None => wrong("cast_set", 1, "one of {array, set}", operand(a, 1)),
    }),
    builtin("cast_string", 1, |a| cast(a, "cast_string", "string")),
    builtin("is_array", 1, |a| is(a, "array")),
    builtin("is_boolean", 1, |a| is(a, "boolean")),
    builtin("is_null", 1, |a| is(a, "null")),
    builtin("is_number", 1, |a| is(a, "number")),
    builtin("is_object", 1, |a| is(a, "object")),
    builtin("is_set", 1, |a| is(a, "set")),
    builtin("is_string", 1, |a| is(a, "string")),
    builtin("to_number", 1, to_number),
    builtin("type_name", 1, |a| Ok(Value::from(type_name(operand(a, 1))))),
];

fn is(arguments: &[Value], name: &str) -> Answer {
    Ok(Value::from(type_name(operand(arguments, 1)) == name))
}

fn cast(arguments: &[Value], function: &'static str, name: &'static str) -> Answer {
    let value = operand(arguments, 1);
    if type_name(value) == name { Ok(value.clone()) } else { wrong(function, 1, name, value) }
}

fn to_number(arguments: &[Value]) -> Answer {
    match operand(arguments, 1) {
        Value::Null => Ok(Value::from(0_u64)),
        Value::Bool(b) => Ok(Value::from(u64::from(*b))),
        number @ Value::Number(_) => Ok(number.clone()),
        Value::String(text) => {
            from_text(text).map_or_else(|| failed("to_number", format!("`{text}` is not a valid number")), Ok)
        }
        other => wrong("to_number", 1, "one of {null, boolean, number, string}", other),
    }
}

/// Decimal notation, as both Go's parser and JSON take it or differ from it by a sign or a point at an end.
fn from_text(text: &str) -> Option<Value> {
    decimal::parse(text)?;
    let float: f64 = text.parse().ok()?;
    if !float.is_finite() {
        return None;
    }
    Value::from_numeric_string(text).ok()
}
