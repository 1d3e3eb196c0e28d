//! Thresholds and durations as people write them: `"80%"`, `"2s"`, `"100/s"`, `high`.

use serde_json::Value;

/// A threshold over its default: of a map, each value by itself, and what is not named stays.
///
/// # Errors
/// As [`threshold`], or when a map is expected or not expected.
pub fn threshold_over(default: &Value, value: &Value, unit: &str) -> Result<Value, String> {
    match (default, value) {
        (Value::Object(known), Value::Object(given)) => {
            let mut merged = known.clone();
            for (key, value) in given {
                let default = known.get(key).or_else(|| known.values().next()).unwrap_or(&Value::Null);
                merged.insert(key.clone(), threshold_over(default, value, unit)?);
            }
            Ok(Value::Object(merged))
        }
        (Value::Object(known), _) => {
            let keys: Vec<&str> = known.keys().map(String::as_str).collect();
            Err(format!(
                "expected a map such as `{{ {}: ... }}`, found {}",
                keys.join(": ..., "),
                shown(value)
            ))
        }
        (Value::Array(_), _) => threshold(value, "list"),
        (Value::String(_), Value::String(_)) if unit.is_empty() => Ok(value.clone()),
        (known, Value::Null) if !known.is_null() => Err("expected a value, found none".to_owned()),
        _ => threshold(value, unit),
    }
}

/// A threshold in the unit that policies expect.
///
/// `unit` is that of the catalogue: `%`, `ms`, `/s`, `days`, `count`, `severity`, `list`, `bool` or empty.
///
/// # Errors
/// When the value cannot be meant in that unit; the message says what was expected.
pub fn threshold(value: &Value, unit: &str) -> Result<Value, String> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    match unit {
        "severity" => match value.as_str() {
            Some(word) if ["info", "low", "medium", "high", "critical"].contains(&word) => Ok(value.clone()),
            _ => {
                Err(format!("expected `info`, `low`, `medium`, `high` or `critical`, found {}", shown(value)))
            }
        },
        "list" => match value.as_array() {
            Some(items) if items.iter().all(|item| item.is_string() || item.is_number()) => Ok(value.clone()),
            _ => Err(format!("expected a list, found {}", shown(value))),
        },
        "bool" => {
            if value.is_boolean() {
                Ok(value.clone())
            } else {
                Err(format!("expected `true` or `false`, found {}", shown(value)))
            }
        }
        _ => number(value, unit),
    }
}

fn number(value: &Value, unit: &str) -> Result<Value, String> {
    let expected = match unit {
        "%" => "a percentage from 0 to 100 such as `80%`",
        "ms" => "a duration such as `2000ms` or `2s`",
        "/s" => "a rate such as `100/s`",
        "days" => "days such as `90d`",
        _ => "a number",
    };
    let wrong = || format!("expected {expected}, found {}", shown(value));
    let number = match value {
        Value::Number(number) => number.as_f64().ok_or_else(wrong)?,
        Value::String(text) => {
            let text = text.trim();
            let split = text
                .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')))
                .unwrap_or(text.len());
            let (digits, suffix) = text.split_at(split);
            let number: f64 = digits.parse().map_err(|_| wrong())?;
            let factor = match (unit, suffix.trim()) {
                (_, "")
                | ("%", "%")
                | ("ms", "ms")
                | ("/s", "/s" | "rps" | "req/s")
                | ("days", "d" | "day" | "days") => 1.0,
                ("ms", "s") => 1000.0,
                ("ms", "min") => 60_000.0,
                ("/s", "/min") => 1.0 / 60.0,
                ("days", "w" | "week" | "weeks") => 7.0,
                ("days", "y" | "year" | "years") => 365.0,
                _ => return Err(wrong()),
            };
            number * factor
        }
        _ => return Err(wrong()),
    };
    if unit == "%" && value.is_number() && number > 0.0 && number < 1.0 {
        return Err(format!(
            "found {}, which may be meant as a fraction: write `{}%`, or `{number}%` if you mean less than one percent",
            shown(value),
            number * 100.0
        ));
    }
    let in_range = match unit {
        "%" => (0.0..=100.0).contains(&number),
        _ => number >= 0.0 && number.is_finite(),
    };
    if !in_range {
        return Err(wrong());
    }
    Ok(if number.fract() == 0.0 && number < 9e15 { Value::from(number as u64) } else { Value::from(number) })
}

/// A threshold as a person would write it.
pub fn render(value: &Value, unit: &str) -> String {
    match value {
        Value::Null => "not set".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let names: Vec<String> = items.iter().take(4).map(|item| render(item, unit)).collect();
            let more = items.len().saturating_sub(names.len());
            let names = names.join(", ");
            match (items.is_empty(), more) {
                (true, _) => "none".to_owned(),
                (_, 0) => names,
                _ => format!("{names} and {more} more"),
            }
        }
        Value::Object(map) => {
            map.iter().map(|(k, v)| format!("{k} {}", render(v, unit))).collect::<Vec<_>>().join(", ")
        }
        other => match unit {
            "%" | "/s" => format!("{other}{unit}"),
            "" | "count" | "severity" | "bool" | "list" => other.to_string(),
            _ => format!("{other} {unit}"),
        },
    }
}

/// A duration such as `90s`, `15m`, `24h`, `7d`.
///
/// # Errors
/// When it is none.
pub fn duration(text: &str) -> Result<jiff::SignedDuration, String> {
    let wrong = || format!("expected a duration such as `90s`, `15m`, `24h` or `7d`, found `{text}`");
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (digits, unit) = trimmed.split_at(split);
    let number: i64 = digits.parse().map_err(|_| wrong())?;
    let seconds = match unit.trim() {
        "ms" => return Ok(jiff::SignedDuration::from_millis(number)),
        "s" => Some(number),
        "m" | "min" => number.checked_mul(60),
        "h" => number.checked_mul(3600),
        "d" => number.checked_mul(86_400),
        "w" => number.checked_mul(604_800),
        _ => None,
    };
    seconds.map(jiff::SignedDuration::from_secs).ok_or_else(wrong)
}

/// Bytes such as `1GiB`, `500MB`, or a number.
pub(super) fn bytes(value: &Value) -> Result<u64, String> {
    let wrong = || format!("expected a size such as `1GiB` or `500MB`, found {}", shown(value));
    if let Some(number) = value.as_u64() {
        return Ok(number);
    }
    let text = value.as_str().ok_or_else(wrong)?.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let factor = match unit.trim() {
        "" | "B" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(wrong()),
    };
    digits.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).ok_or_else(wrong)
}

fn shown(value: &Value) -> String {
    format!("`{}`", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}
