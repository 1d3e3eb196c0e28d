//! Floating-point numbers as Go writes them.

/// With a point always, and with the zeros that `%g` leaves out.
pub(super) fn pointed(shown: String, verb: char, precision: Option<usize>) -> String {
    let at = shown.find(['e', 'E']).unwrap_or(shown.len());
    let (mantissa, exponent) = shown.split_at_checked(at).unwrap_or((&shown, ""));
    if !matches!(verb, 'e' | 'E' | 'f' | 'F' | 'g' | 'G') {
        return shown;
    }
    let point = if mantissa.contains('.') { "" } else { "." };
    let significant = mantissa.trim_start_matches(['0', '.']).bytes().filter(u8::is_ascii_digit).count();
    let wanted = if matches!(verb, 'g' | 'G') { precision.unwrap_or(6) } else { 0 };
    format!("{mantissa}{point}{}{exponent}", "0".repeat(wanted.saturating_sub(significant)))
}

/// A floating-point number in Go's format `verb`; as many digits as needed without a precision.
pub(super) fn float_text(f: f64, verb: char, precision: Option<usize>) -> String {
    let sign = if f.is_sign_negative() { "-" } else { "" };
    let size = f.abs();
    let body = match verb {
        'e' | 'E' => scientific(size, precision),
        'f' => precision.map_or_else(|| format!("{size}"), |p| format!("{size:.p$}")),
        'b' => {
            let (mantissa, exponent) = parts(size);
            format!("{mantissa}p{exponent:+}")
        }
        'x' | 'X' => hexadecimal(size, precision),
        _ => {
            let digits = precision.map(|p| p.max(1).saturating_sub(1));
            let rounded = digits.map_or_else(|| format!("{size:e}"), |d| format!("{size:.d$e}"));
            let (mantissa, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
            let exponent: i64 = exponent.parse().unwrap_or(0);
            let kept = mantissa.contains('.').then(|| mantissa.trim_end_matches('0').trim_end_matches('.'));
            let kept = kept.unwrap_or(mantissa);
            let count =
                i64::try_from(kept.len().saturating_sub(usize::from(kept.contains('.')))).unwrap_or(0);
            let limit = match precision {
                None => 6,
                Some(p) => {
                    let p = i64::try_from(p.max(1)).unwrap_or(i64::MAX);
                    if p > count && count > exponent { count } else { p }
                }
            };
            let decimals = usize::try_from(count.saturating_sub(1).saturating_sub(exponent)).unwrap_or(0);
            if size != 0.0 && (exponent < -4 || exponent >= limit) {
                scientific(size, Some(usize::try_from(count.saturating_sub(1)).unwrap_or(0)))
            } else {
                format!("{size:.decimals$}")
            }
        }
    };
    let body = if verb.is_ascii_uppercase() { body.to_uppercase() } else { body };
    format!("{sign}{body}")
}

fn scientific(size: f64, precision: Option<usize>) -> String {
    let shown = precision.map_or_else(|| format!("{size:e}"), |p| format!("{size:.p$e}"));
    let (mantissa, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs())
}

/// Mantissa and exponent, as the bits have them.
fn parts(size: f64) -> (u64, i64) {
    let bits = size.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match i64::try_from((bits >> 52) & 0x7ff).unwrap_or(0) {
        0 => (fraction, -1074),
        exponent => (fraction | (1 << 52), exponent.saturating_sub(1075)),
    }
}

fn hexadecimal(size: f64, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = parts(size);
    if mantissa == 0 {
        exponent = 0;
    } else {
        while mantissa < 1 << 52 {
            mantissa <<= 1;
            exponent = exponent.saturating_sub(1);
        }
        exponent = exponent.saturating_add(52);
    }
    if let Some(precision) = precision.filter(|p| *p < 13) {
        let drop = 52_u32.saturating_sub(u32::try_from(precision).unwrap_or(0).saturating_mul(4));
        let (kept, rest) = (mantissa >> drop, mantissa & ((1 << drop) - 1));
        let half = 1 << (drop - 1);
        let kept = kept + u64::from(rest > half || (rest == half && kept & 1 == 1));
        mantissa = kept << drop;
        if mantissa >= 1 << 53 {
            mantissa >>= 1;
            exponent = exponent.saturating_add(1);
        }
    }
    let mut digits = format!("{:013x}", mantissa & ((1 << 52) - 1));
    match precision {
        None => digits.truncate(digits.trim_end_matches('0').len()),
        Some(precision) => {
            digits.truncate(precision);
            digits = format!("{digits:0<precision$}");
        }
    }
    let point = if digits.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("0x{}{point}{digits}p{sign}{:02}", mantissa >> 52, exponent.unsigned_abs())
}
