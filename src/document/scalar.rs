//! Numbers as conftest's documents hold them: 64-bit floats, whole ones written without a fraction.

use serde_json::{Number, Value};

/// Up to here every whole number is a float of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A float as a value; nothing for infinities and NaN, which JSON lacks.
pub(super) fn number(value: f64) -> Option<Value> {
    if value.fract() == 0.0 && value.abs() < EXACT {
        return Some(Value::from(value as i64));
    }
    Number::from_f64(value).map(Value::Number)
}
