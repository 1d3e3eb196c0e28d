//! Numbers as OPA calculates with them: integers exactly, others in binary with 64 bits of precision.
//!
//! The interpreter keeps what is not an integer in 53 bits, so that a result is rounded once more when it is stored.
//! It never rounds an integer.

use num_bigint::{BigInt, BigUint, Sign};
use regorus::Value;

/// Bits of a calculation unless it is begun with less.
pub(super) const PRECISION: u64 = 64;

/// Whether the interpreter keeps this number as a binary fraction, such as `1.0`.
pub(super) fn is_float(value: &Value) -> bool {
    let (Value::Number(number), Value::Number(half)) = (value, &Value::from(0.5)) else { return false };
    std::mem::discriminant(number) == std::mem::discriminant(half)
}

/// A number's decimal text, as written in JSON.
pub(super) fn text(value: &Value) -> Option<String> {
    let Value::Number(number) = value else { return None };
    if !is_float(value) {
        return Some(number.format_decimal());
    }
    let float = number.as_f64()?;
    let size = float.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        return Some(super::float_text::float_text(float, 'e', None));
    }
    Some(number.format_decimal())
}

/// The number as an integer, if it is one.
pub(super) fn integer(value: &Value) -> Option<BigInt> {
    let Value::Number(number) = value else { return None };
    if let Some(small) = number.as_i64() {
        return Some(BigInt::from(small));
    }
    if is_float(value) && number.as_f64()?.fract() != 0.0 {
        return None;
    }
    number.format_decimal().parse().ok()
}

/// The value of an integer.
pub(super) fn from_integer(integer: &BigInt) -> Value {
    match i128::try_from(integer) {
        Ok(small) => Value::from(small),
        Err(_) => Value::from_numeric_string(&integer.to_string()).unwrap_or(Value::Undefined),
    }
}

/// A decimal text as integer times a power of ten.
pub(super) fn parse(text: &str) -> Option<(BigInt, i64)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let bare = digits.strip_prefix(['+', '-']).unwrap_or(&digits);
    if bare.is_empty() || !bare.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((digits.parse().ok()?, exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?))
}

/// A binary floating-point number: `sign mantissa * 2^exponent`.
#[derive(Clone, Debug)]
pub(super) struct Binary {
    mantissa: BigInt,
    exponent: i64,
    precision: u64,
}

/// Largest decimal exponent that is calculated with.
const MAX_EXPONENT: i64 = 100_000;

impl Binary {
    /// A whole number with a precision.
    pub(super) fn whole(integer: BigInt, precision: u64) -> Self {
        Self { mantissa: integer, exponent: 0, precision }.rounded(false)
    }

    /// Reads a decimal text; nothing if it is none or is too large.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let (digits, power) = parse(text)?;
        if power.abs() > MAX_EXPONENT {
            return None;
        }
        let scale = BigInt::from(10).pow(u32::try_from(power.unsigned_abs()).ok()?);
        if power >= 0 {
            return Some(Self::whole(digits * scale, PRECISION));
        }
        Some(Self::ratio(&digits, &scale, 0, PRECISION))
    }

    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => Self::from_text(&number.format_decimal()),
            _ => None,
        }
    }

    fn ratio(numerator: &BigInt, denominator: &BigInt, exponent: i64, precision: u64) -> Self {
        let shift = (precision + 2 + denominator.bits()).saturating_sub(numerator.bits()).max(2);
        let shifted = numerator << shift;
        let quotient = &shifted / denominator;
        let sticky = &quotient * denominator != shifted;
        let exponent = exponent.saturating_sub(i64::try_from(shift).unwrap_or(i64::MAX));
        Self { mantissa: quotient, exponent, precision }.rounded(sticky)
    }

    /// Rounded half to even; `sticky` if something smaller than the mantissa shows was cut off.
    fn rounded(self, sticky: bool) -> Self {
        let Self { mantissa, exponent, precision } = self;
        let bits = mantissa.bits();
        if bits <= precision {
            return Self { mantissa, exponent, precision };
        }
        let drop = bits - precision;
        let (sign, size) = mantissa.into_parts();
        let mut kept: BigUint = &size >> drop;
        let rest: BigUint = &size - (&kept << drop);
        let half: BigUint = BigUint::from(1u8) << (drop - 1);
        if rest > half || (rest == half && (sticky || kept.bit(0))) {
            kept += 1u8;
        }
        let exponent = exponent.saturating_add(i64::try_from(drop).unwrap_or(i64::MAX));
        Self { mantissa: BigInt::from_biguint(sign, kept), exponent, precision }
    }

    fn aligned(&self, other: &Self) -> Option<(BigInt, BigInt, i64)> {
        let exponent = self.exponent.min(other.exponent);
        let shift = |n: &Self| u64::try_from(n.exponent.checked_sub(exponent)?).ok();
        let (a, b) = (shift(self)?, shift(other)?);
        if a.max(b) > super::MAX_BITS {
            return None;
        }
        Some((&self.mantissa << a, &other.mantissa << b, exponent))
    }

    pub(super) fn add(&self, other: &Self) -> Option<Self> {
        let (a, b, exponent) = self.aligned(other)?;
        let precision = self.precision.max(other.precision);
        Some(Self { mantissa: a + b, exponent, precision }.rounded(false))
    }

    pub(super) fn negated(&self) -> Self {
        Self { mantissa: -&self.mantissa, ..*self }
    }

    /// The product, in the precision of the first.
    pub(super) fn times(&self, other: &Self) -> Self {
        Self {
            mantissa: &self.mantissa * &other.mantissa,
            exponent: self.exponent.saturating_add(other.exponent),
            precision: self.precision,
        }
        .rounded(false)
    }

    /// The quotient; nothing for a divisor of zero.
    pub(super) fn divided(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        let exponent = self.exponent.saturating_sub(other.exponent);
        Some(Self::ratio(&self.mantissa, &other.mantissa, exponent, PRECISION))
    }

    pub(super) fn is_zero(&self) -> bool {
        self.mantissa.sign() == Sign::NoSign
    }

    pub(super) fn is_negative(&self) -> bool {
        self.mantissa.sign() == Sign::Minus
    }

    /// The integer part; nothing if it is too large to be written down.
    pub(super) fn truncated(&self) -> Option<BigInt> {
        if let Ok(shift) = u64::try_from(self.exponent) {
            return (shift <= super::MAX_BITS).then(|| &self.mantissa << shift);
        }
        let (sign, size) = (self.mantissa.sign(), self.mantissa.magnitude());
        Some(BigInt::from_biguint(sign, size >> self.exponent.unsigned_abs()))
    }

    /// Whether it has no fraction.
    pub(super) fn is_whole(&self) -> bool {
        self.exponent >= 0
            || self.is_zero()
            || self.mantissa.trailing_zeros().unwrap_or(0) >= self.exponent.unsigned_abs()
    }

    /// As a value: an integer exactly, anything else in the interpreter's precision.
    pub(super) fn value(&self) -> Option<Value> {
        if self.is_whole() {
            return self.truncated().map(|integer| from_integer(&integer));
        }
        let short = Self { precision: 53, ..self.clone() }.rounded(false);
        let mut float = i64::try_from(&short.mantissa).ok()? as f64;
        let mut exponent = short.exponent;
        while exponent != 0 && float.is_finite() {
            let step = exponent.clamp(-1000, 1000);
            float *= 2f64.powi(i32::try_from(step).ok()?);
            exponent -= step;
        }
        Some(Value::from(float))
    }
}
