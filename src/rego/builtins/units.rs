//! `units.parse` and `units.parse_bytes`.

use num_bigint::BigInt;
use regorus::Value;

use super::decimal::{self, Binary};
use super::{Answer, Builtin, builtin, failed, string};

pub(super) const BUILTINS: &[Builtin] =
    &[builtin("units.parse", 1, parse), builtin("units.parse_bytes", 1, parse_bytes)];

/// Most digits of an exponent, as in OPA.
const MAX_EXPONENT_DIGITS: usize = 6;

/// Number and unit; an error for an exponent that is too long.
fn cut(text: &str) -> Result<(&str, &str), &'static str> {
    let bytes = text.as_bytes();
    let at = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let mut i = 0;
    while i < bytes.len() {
        match at(i) {
            b'0'..=b'9' | b'.' | b'+' | b'-' => {}
            b'e' | b'E' if matches!(at(i.saturating_add(1)), b'0'..=b'9' | b'+' | b'-') => {
                if matches!(at(i.saturating_add(1)), b'+' | b'-') {
                    i = i.saturating_add(1);
                }
                let rest = bytes.get(i.saturating_add(1)..).unwrap_or_default();
                if rest.iter().take_while(|b| b.is_ascii_digit()).count() > MAX_EXPONENT_DIGITS {
                    return Err("exponent too large");
                }
            }
            _ => break,
        }
        i = i.saturating_add(1);
    }
    Ok(text.split_at_checked(i).unwrap_or((text, "")))
}

fn prepared(text: &str) -> Result<(&str, &str), &'static str> {
    if text.contains(' ') {
        return Err("spaces not allowed in resource strings");
    }
    let (number, unit) = cut(text)?;
    if number.is_empty() { Err("no amount provided") } else { Ok((number, unit)) }
}

/// Factor of a letter, and of the letter before an `i`.
fn factor(letter: &str, binary: bool) -> Option<u64> {
    let power = match letter {
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        "e" => 6,
        _ => return None,
    };
    Some(if binary { 1024_u64.pow(power) } else { 1000_u64.pow(power) })
}

fn parse(arguments: &[Value]) -> Answer {
    let name = "units.parse";
    let text = string(name, arguments, 1)?.replace('"', "");
    let (number, unit) = match prepared(&text) {
        Ok(parts) => parts,
        Err(message) => return failed(name, message),
    };
    let lower = unit.to_lowercase();
    let (multiplier, divisor) = match (unit, lower.strip_suffix('i')) {
        ("", _) => (Some(1), 1),
        // Milli is a binary fraction in OPA, which shows only in more digits than it gives.
        ("m", _) => (Some(1), 1000),
        ("M", _) => (Some(1_000_000), 1),
        (_, Some(letter)) => (factor(letter, true), 1),
        _ => (factor(&lower, false), 1),
    };
    let Some(multiplier) = multiplier else { return failed(name, format!("unit {unit} not recognized")) };
    let Some((digits, power)) = decimal::parse(number).filter(|(_, power)| power.abs() <= 20_000) else {
        return failed(name, "could not parse amount to a number, or it is beyond 20000 digits");
    };
    let scale = BigInt::from(10).pow(u32::try_from(power.unsigned_abs()).unwrap_or(0));
    let (mut top, mut bottom) = (digits * multiplier, BigInt::from(divisor));
    if power >= 0 {
        top *= scale;
    } else {
        bottom *= scale;
    }
    if (&top % &bottom) == BigInt::ZERO {
        return Ok(decimal::from_integer(&(top / bottom)));
    }
    // Ten digits after the point, half away from zero.
    let scaled: BigInt = top * BigInt::from(10_000_000_000_u64) * 2;
    let sign = if scaled.sign() == num_bigint::Sign::Minus { -1 } else { 1 };
    let rounded: BigInt = (scaled + &bottom * sign) / (bottom * 2);
    Value::from_numeric_string(&format!("{rounded}e-10"))
        .map_or_else(|_| failed(name, "could not parse amount to a number"), Ok)
}

fn parse_bytes(arguments: &[Value]) -> Answer {
    let name = "units.parse_bytes";
    let text = string(name, arguments, 1)?.to_lowercase().replace('"', "");
    let (number, unit) = match prepared(&text) {
        Ok(parts) => parts,
        Err(message) => return failed(name, message),
    };
    let bare = unit.strip_suffix('b').unwrap_or(unit);
    let multiplier = match (unit, bare.strip_suffix('i')) {
        ("", _) => Some(1),
        (_, Some(letter)) => factor(letter, true),
        _ => factor(bare, false),
    };
    let Some(multiplier) = multiplier else {
        return failed(name, format!("byte unit {unit} not recognized"));
    };
    let Some(amount) = Binary::from_text(number) else {
        return failed(name, "could not parse byte amount to a number");
    };
    let bytes = amount.times(&Binary::whole(BigInt::from(multiplier), decimal::PRECISION)).truncated();
    bytes.map_or_else(|| failed(name, "the amount is too large"), |bytes| Ok(decimal::from_integer(&bytes)))
}
