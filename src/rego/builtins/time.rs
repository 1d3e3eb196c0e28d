//! Times as nanoseconds since 1970: reading, writing, calculating. The time zones are those that are built in.
//!
//! What the time is now is not known here.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regorus::Value;

use super::layout::{self, Civil};
use super::{Answer, Builtin, Error, builtin, failed, integer, operand, string, wrong};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("time.add_date", 4, add_date),
    builtin("time.clock", 1, |a| {
        let at = moment("time.clock", a, 1)?.civil();
        Ok(numbers(&[at.hour, at.minute, at.second]))
    }),
    builtin("time.date", 1, |a| {
        let at = moment("time.date", a, 1)?.civil();
        Ok(numbers(&[at.year, at.month, at.day]))
    }),
    builtin("time.diff", 2, diff),
    builtin("time.format", 1, |a| {
        let moment = moment("time.format", a, 1)?;
        let layout =
            if moment.layout.is_empty() { layout::RFC3339_NANO } else { layout::named(&moment.layout) };
        Ok(Value::from(layout::format(layout, &moment.civil())))
    }),
    builtin("time.parse_duration_ns", 1, parse_duration),
    builtin("time.parse_ns", 2, |a| {
        let name = "time.parse_ns";
        parsed(name, layout::named(string(name, a, 1)?), string(name, a, 2)?)
    }),
    builtin("time.parse_rfc3339_ns", 1, |a| {
        let name = "time.parse_rfc3339_ns";
        parsed(name, layout::RFC3339, string(name, a, 1)?)
    }),
    builtin("time.weekday", 1, |a| {
        let at = moment("time.weekday", a, 1)?.civil();
        Ok(Value::from(layout::weekday(layout::days(at.year, at.month, at.day))))
    }),
];

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400;

fn numbers(all: &[i64]) -> Value {
    Value::from(all.iter().map(|n| Value::from(*n)).collect::<Vec<_>>())
}

/// A time, the zone to show it in, and how.
struct Moment {
    nanoseconds: i64,
    zone: TimeZone,
    layout: String,
}

impl Moment {
    fn offset(&self, seconds: i64) -> i64 {
        Timestamp::from_second(seconds).map_or(0, |at| i64::from(self.zone.to_offset(at).seconds()))
    }

    fn civil(&self) -> Civil {
        let (seconds, nanosecond) =
            (self.nanoseconds.div_euclid(SECOND), self.nanoseconds.rem_euclid(SECOND));
        let zone = Timestamp::from_second(seconds)
            .map_or_else(|_| String::new(), |at| self.zone.to_offset_info(at).abbreviation().to_owned());
        let offset = self.offset(seconds);
        let local = seconds.saturating_add(offset);
        let (year, month, day) = layout::date(local.div_euclid(DAY));
        let second = local.rem_euclid(DAY);
        Civil {
            year,
            month,
            day,
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
            nanosecond,
            offset,
            zone,
        }
    }
}

const EXPECTED: &str = "either number (ns) or [number (ns), string (tz)]";

fn moment(name: &'static str, arguments: &[Value], number: usize) -> Result<Moment, Error> {
    let value = operand(arguments, number);
    let parts = match value {
        Value::Number(_) => std::slice::from_ref(value),
        Value::Array(array) if !array.is_empty() => array.as_slice(),
        other => return wrong(name, 1, EXPECTED, other),
    };
    let nanoseconds = match operand(parts, 1) {
        Value::Number(n) => n.as_i64(),
        other => return wrong(name, 1, "number", other),
    };
    let Some(nanoseconds) = nanoseconds else { return failed(name, "timestamp too big") };
    let zone = match parts.get(1) {
        None => "",
        Some(_) => string(name, parts, 2)?,
    };
    let layout = match parts.get(2) {
        None => "",
        Some(_) => string(name, parts, 3)?,
    };
    Ok(Moment { nanoseconds, zone: time_zone(name, zone)?, layout: layout.to_owned() })
}

/// The zone of a name. `Local` is none: it would be another one on each machine.
fn time_zone(name: &'static str, zone: &str) -> Result<TimeZone, Error> {
    if zone.is_empty() || zone == "UTC" {
        return Ok(TimeZone::UTC);
    }
    match TimeZone::get(zone) {
        Ok(found) if found.iana_name() == Some(zone) => Ok(found),
        _ => failed(name, format!("unknown time zone {zone}")),
    }
}

/// Nanoseconds of days, seconds and nanoseconds since 1970, if they can be counted.
fn safe(name: &'static str, seconds: i64, nanosecond: i64) -> Answer {
    let all = i128::from(seconds) * i128::from(SECOND) + i128::from(nanosecond);
    i64::try_from(all)
        .map_or_else(|_| failed(name, "time outside of valid range"), |all| Ok(Value::from(all)))
}

fn seconds(at: &Civil, days: i64) -> i64 {
    days.saturating_mul(DAY).saturating_add(at.hour * 3600 + at.minute * 60 + at.second)
}

fn parsed(name: &'static str, layout: &str, text: &str) -> Answer {
    let Some(at) = layout::parse(layout, text) else {
        return failed(
            name,
            format!("parsing time \"{text}\" as \"{layout}\": it is written in another way"),
        );
    };
    let local = seconds(&at, layout::days(at.year, at.month, at.day));
    safe(name, local.saturating_sub(at.offset), at.nanosecond)
}

fn add_date(arguments: &[Value]) -> Answer {
    let name = "time.add_date";
    let moment = moment(name, arguments, 1)?;
    let at = moment.civil();
    let year = at.year.saturating_add(integer(name, arguments, 2)?);
    let month = at.month.saturating_add(integer(name, arguments, 3)?);
    let day = at.day.saturating_add(integer(name, arguments, 4)?);
    let local = seconds(&at, layout::days(year, month, day));
    // The offset there may be another one than here.
    let first = moment.offset(local);
    let offset = moment.offset(local.saturating_sub(first));
    safe(name, local.saturating_sub(offset), at.nanosecond)
}

fn diff(arguments: &[Value]) -> Answer {
    let (mut a, mut b) = (moment("time.diff", arguments, 1)?, moment("time.diff", arguments, 2)?);
    b.zone = a.zone.clone();
    if a.nanoseconds > b.nanoseconds {
        std::mem::swap(&mut a, &mut b);
    }
    let (a, b) = (a.civil(), b.civil());
    let mut parts = [
        b.year - a.year,
        b.month - a.month,
        b.day - a.day,
        b.hour - a.hour,
        b.minute - a.minute,
        b.second - a.second,
    ];
    let in_month = layout::days(a.year, a.month + 1, 1) - layout::days(a.year, a.month, 1);
    let mut carry = 0;
    for (part, size) in parts.iter_mut().zip([i64::MAX, 12, in_month, 24, 60, 60]).rev() {
        *part -= carry;
        carry = i64::from(*part < 0);
        if carry == 1 {
            *part = part.saturating_add(size);
        }
    }
    Ok(numbers(&parts))
}

fn parse_duration(arguments: &[Value]) -> Answer {
    let name = "time.parse_duration_ns";
    let text = string(name, arguments, 1)?;
    duration(text)
        .map_or_else(|| failed(name, format!("time: invalid duration \"{text}\"")), |n| Ok(Value::from(n)))
}

fn duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(letters)?;
        rest = after;
        let hours = match unit {
            "d" => 24.0,
            "w" => 7.0 * 24.0,
            "y" => 365.0 * 24.0,
            _ => 0.0,
        };
        let (number, unit) = if hours > 0.0 {
            (format!("{}", number.parse::<f64>().ok()? * hours), "h")
        } else {
            (number.to_owned(), unit)
        };
        total = total.checked_add(segment(&number, unit)?).filter(|t| *t <= 1 << 63)?;
    }
    if negative {
        return 0_i64.checked_sub_unsigned(total);
    }
    i64::try_from(total).ok()
}

fn segment(number: &str, unit: &str) -> Option<u64> {
    let size: u64 = match unit {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // What a multiplication in binary gives is cut off, as in Go.
    let digits: String = fraction.chars().take(18).collect();
    let scale = 10_f64.powi(i32::try_from(digits.len()).ok()?);
    let part = if digits.is_empty() {
        0
    } else {
        (digits.parse::<u64>().ok()? as f64 * (size as f64 / scale)) as u64
    };
    whole.checked_mul(size)?.checked_add(part)
}
