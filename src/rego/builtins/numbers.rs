//! Arithmetic, bits and ranges. Integers are exact in any size; see [`decimal`] for the others.

use num_bigint::{BigInt, Sign};
use regorus::Value;

use super::decimal::{self, Binary};
use super::{
    Answer, Builtin, Error, MAX_BITS, MAX_ELEMENTS, arrays, beyond, builtin, failed, operand, wrong,
};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("abs", 1, |a| unary("abs", a, |x| Some(if x.is_negative() { x.negated() } else { x.clone() }))),
    builtin("bits.and", 2, |a| bits("bits.and", a, |x, y| x & y)),
    builtin("bits.lsh", 2, shift_left),
    builtin("bits.negate", 1, |a| Ok(decimal::from_integer(&!whole("bits.negate", a, 1)?))),
    builtin("bits.or", 2, |a| bits("bits.or", a, |x, y| x | y)),
    builtin("bits.rsh", 2, shift_right),
    builtin("bits.xor", 2, |a| bits("bits.xor", a, |x, y| x ^ y)),
    builtin("ceil", 1, |a| rounded("ceil", a, Rounding::Up)),
    builtin("div", 2, divide),
    builtin("floor", 1, |a| rounded("floor", a, Rounding::Down)),
    builtin("format_int", 2, format_int),
    builtin("minus", 2, minus),
    builtin("mul", 2, |a| binary("mul", a, |x, y| x * y, |x, y| Some(x.times(y)))),
    builtin("numbers.range", 2, |a| range("numbers.range", a, &BigInt::from(1))),
    builtin("numbers.range_step", 3, |a| range("numbers.range_step", a, &whole("numbers.range_step", a, 3)?)),
    builtin("plus", 2, |a| binary("plus", a, |x, y| x + y, Binary::add)),
    builtin("rem", 2, remainder),
    builtin("round", 1, |a| rounded("round", a, Rounding::HalfAway)),
];

fn number<'a>(name: &'static str, arguments: &'a [Value], number: usize) -> Result<&'a Value, Error> {
    match operand(arguments, number) {
        found @ Value::Number(_) => Ok(found),
        other => wrong(name, number, "number", other),
    }
}

fn whole(name: &'static str, arguments: &[Value], at: usize) -> Result<BigInt, Error> {
    decimal::integer(number(name, arguments, at)?).map_or_else(
        || failed(name, format!("operand {at} must be integer number but got floating-point number")),
        Ok,
    )
}

fn float(name: &'static str, arguments: &[Value], at: usize) -> Result<Binary, Error> {
    Binary::of(number(name, arguments, at)?).map_or_else(|| failed(name, "a number is too large"), Ok)
}

fn answer(name: &'static str, result: Option<Binary>) -> Answer {
    result.and_then(|r| r.value()).map_or_else(|| failed(name, "the result is too large"), Ok)
}

fn fits(name: &'static str, bits: u64) -> Result<(), Error> {
    if bits > MAX_BITS { beyond(name, "bits in an integer", MAX_BITS) } else { Ok(()) }
}

fn binary(
    name: &'static str,
    arguments: &[Value],
    exact: fn(&BigInt, &BigInt) -> BigInt,
    rounded: fn(&Binary, &Binary) -> Option<Binary>,
) -> Answer {
    let (a, b) = (number(name, arguments, 1)?, number(name, arguments, 2)?);
    if let (Some(a), Some(b)) = (decimal::integer(a), decimal::integer(b)) {
        fits(name, a.bits().saturating_add(b.bits()))?;
        return Ok(decimal::from_integer(&exact(&a, &b)));
    }
    answer(name, rounded(&float(name, arguments, 1)?, &float(name, arguments, 2)?))
}

fn unary(name: &'static str, arguments: &[Value], rounded: fn(&Binary) -> Option<Binary>) -> Answer {
    let small = match number(name, arguments, 1)? {
        Value::Number(n) => n.as_i64(),
        _ => None,
    };
    if let Some(small) = small {
        let exact = Binary::whole(BigInt::from(small), decimal::PRECISION);
        return answer(name, rounded(&exact));
    }
    answer(name, rounded(&float(name, arguments, 1)?))
}

fn minus(arguments: &[Value]) -> Answer {
    if let (Value::Set(_), Value::Set(_)) = (operand(arguments, 1), operand(arguments, 2)) {
        return arrays::difference(arguments);
    }
    binary("minus", arguments, |x, y| x - y, |x, y| x.add(&y.negated()))
}

fn divide(arguments: &[Value]) -> Answer {
    let (a, b) = (number("div", arguments, 1)?, number("div", arguments, 2)?);
    // A quotient without remainder is exact where OPA's numbers are machine integers.
    if let (Value::Number(a), Value::Number(b)) = (a, b)
        && let (Some(a), Some(b)) = (a.as_i64(), b.as_i64())
        && a.checked_rem(b) == Some(0)
        && let Some(quotient) = a.checked_div(b)
    {
        return Ok(Value::from(quotient));
    }
    let (a, b) = (float("div", arguments, 1)?, float("div", arguments, 2)?);
    if b.is_zero() {
        return failed("div", "divide by zero");
    }
    answer("div", a.divided(&b))
}

fn remainder(arguments: &[Value]) -> Answer {
    let (a, b) = (number("rem", arguments, 1)?, number("rem", arguments, 2)?);
    let (Some(a), Some(b)) = (decimal::integer(a), decimal::integer(b)) else {
        return failed("rem", "modulo on floating-point number");
    };
    if b.sign() == Sign::NoSign {
        return failed("rem", "modulo by zero");
    }
    Ok(decimal::from_integer(&(a % b)))
}

enum Rounding {
    Up,
    Down,
    HalfAway,
}

fn rounded(name: &'static str, arguments: &[Value], rounding: Rounding) -> Answer {
    if let Some(exact) = decimal::integer(number(name, arguments, 1)?) {
        return Ok(decimal::from_integer(&exact));
    }
    let x = float(name, arguments, 1)?;
    let half = Binary::from_text("0.5");
    let moved = match (&rounding, half) {
        (Rounding::HalfAway, Some(half)) if x.is_negative() => x.add(&half.negated()),
        (Rounding::HalfAway, Some(half)) => x.add(&half),
        _ => Some(x.clone()),
    };
    let Some(mut cut) = moved.and_then(|m| m.truncated()) else {
        return failed(name, "the number is too large");
    };
    match rounding {
        Rounding::Up if !x.is_negative() => cut += 1,
        Rounding::Down if x.is_negative() => cut -= 1,
        _ => {}
    }
    Ok(decimal::from_integer(&cut))
}

fn bits(name: &'static str, arguments: &[Value], combined: fn(BigInt, BigInt) -> BigInt) -> Answer {
    Ok(decimal::from_integer(&combined(whole(name, arguments, 1)?, whole(name, arguments, 2)?)))
}

fn shift(name: &'static str, arguments: &[Value]) -> Result<(BigInt, u64), Error> {
    let (n, by) = (whole(name, arguments, 1)?, whole(name, arguments, 2)?);
    if by.sign() == Sign::Minus {
        return failed(name, "operand 2 must be an unsigned integer number but got a negative integer");
    }
    // Go takes the low 64 bits.
    let by = by.iter_u64_digits().next().unwrap_or(0);
    Ok((n, by))
}

fn shift_left(arguments: &[Value]) -> Answer {
    let (n, by) = shift("bits.lsh", arguments)?;
    fits("bits.lsh", n.bits().saturating_add(by))?;
    Ok(decimal::from_integer(&(n << by)))
}

fn shift_right(arguments: &[Value]) -> Answer {
    let (n, by) = shift("bits.rsh", arguments)?;
    Ok(decimal::from_integer(&(n >> by)))
}

fn format_int(arguments: &[Value]) -> Answer {
    let name = "format_int";
    let n = number(name, arguments, 1)?;
    let radix = match number(name, arguments, 2)? {
        Value::Number(radix) => radix.as_u64().filter(|r| [2, 8, 10, 16].contains(r)),
        _ => None,
    };
    let Some(radix) = radix.and_then(|r| u32::try_from(r).ok()) else {
        return failed(name, "operand 2 must be one of {2, 8, 10, 16}");
    };
    let integer = decimal::integer(n).or_else(|| Binary::of(n)?.truncated());
    integer.map_or_else(
        || failed(name, "the number is too large"),
        |integer| Ok(Value::from(integer.to_str_radix(radix))),
    )
}

fn range(name: &'static str, arguments: &[Value], step: &BigInt) -> Answer {
    let (from, to) = (whole(name, arguments, 1)?, whole(name, arguments, 2)?);
    if step.sign() != Sign::Plus {
        return failed(name, "step must be a positive integer");
    }
    let distance = BigInt::from((&to - &from).magnitude().clone());
    let count = usize::try_from(&distance / step).unwrap_or(usize::MAX);
    if count >= MAX_ELEMENTS {
        return beyond(name, "elements", MAX_ELEMENTS);
    }
    let step = if to < from { -step } else { step.clone() };
    let mut next = from;
    let mut all = Vec::with_capacity(count.saturating_add(1));
    for _ in 0..=count {
        all.push(decimal::from_integer(&next));
        next += &step;
    }
    Ok(Value::from(all))
}
