//! `sprintf`: Go's formatting, of what OPA hands to it.
//!
//! An integer is formatted as one, other numbers as floating-point numbers, a string as it is, and everything else as
//! the string that OPA prints for it. A verb that does not fit is shown in the result, as Go does; it is no error.

use num_bigint::{BigInt, Sign};
use regorus::Value;

use super::{Answer, Builtin, MAX_TEXT, array, beyond, builtin, decimal, float_text, string, text};

pub(super) const BUILTINS: &[Builtin] = &[builtin("sprintf", 2, sprintf)];

fn sprintf(arguments: &[Value]) -> Answer {
    let format = string("sprintf", arguments, 1)?;
    let operands: Vec<Operand> = array("sprintf", arguments, 2)?.iter().map(Operand::of).collect();
    match print(format, &operands) {
        Some(out) => Ok(Value::from(out)),
        None => beyond("sprintf", "bytes in a string", MAX_TEXT),
    }
}

/// What Go formats.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Integer(i64),
    Big(BigInt),
    Float(f64),
    Text(String),
    Bool(bool),
}

impl Operand {
    /// As OPA's `sprintf` hands a value to Go.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.to_string()),
            Value::Number(number) if decimal::is_float(value) => {
                number.as_f64().map_or_else(|| Self::Text(number.format_decimal()), Self::Float)
            }
            Value::Number(number) => match (number.as_i64(), decimal::integer(value)) {
                (Some(small), _) => Self::Integer(small),
                (None, Some(big)) => Self::Big(big),
                (None, None) => Self::Text(number.format_decimal()),
            },
            other => Self::Text(text::value_text(other)),
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Integer(_) => "int64",
            Self::Big(_) => "*big.Int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::Bool(_) => "bool",
        }
    }
}

/// What stands between `%` and the verb.
#[derive(Clone, Copy, Debug, Default)]
struct Spec {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

impl Spec {
    fn pad(&self, text: &str) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        if self.minus {
            return format!("{text}{}", " ".repeat(missing));
        }
        let fill = if self.zero { "0" } else { " " };
        format!("{}{text}", fill.repeat(missing))
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.space) {
            (true, _, _) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        }
    }
}

/// Largest width, precision or operand number that Go takes.
const MAX_NUMBER: usize = 1_000_000;

/// The format, read character by character.
struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Reader<'_> {
    fn number(&mut self) -> Option<usize> {
        let mut number: Option<usize> = None;
        while let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(10)) {
            self.rest.next();
            number = Some(number.unwrap_or(0).saturating_mul(10).saturating_add(digit as usize));
        }
        number.filter(|n| *n <= MAX_NUMBER)
    }
}

/// Where the next operand is taken from.
#[derive(Default)]
struct Cursor {
    next: usize,
    reordered: bool,
    good: bool,
}

impl Cursor {
    /// Reads `[n]`, if it stands here.
    fn index(&mut self, reader: &mut Reader<'_>, count: usize) -> bool {
        if reader.rest.peek() != Some(&'[') {
            return false;
        }
        self.reordered = true;
        let mut ahead = reader.rest.clone();
        ahead.next();
        let inside: String = ahead.by_ref().take_while(|c| *c != ']').collect();
        let closed = reader.rest.clone().any(|c| c == ']');
        if !closed {
            reader.rest.next();
            self.good = false;
            return true;
        }
        reader.rest = ahead;
        match inside.parse::<usize>() {
            Ok(n) if n >= 1 && n <= count => self.next = n.saturating_sub(1),
            _ => self.good = false,
        }
        true
    }
}

/// Formats; nothing if the result would be too large.
pub(super) fn print(format: &str, operands: &[Operand]) -> Option<String> {
    let mut out = String::new();
    let mut cursor = Cursor::default();
    let mut reader = Reader { rest: format.chars().peekable() };
    while let Some(c) = reader.rest.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        directive(&mut reader, &mut cursor, operands, &mut out);
        if out.len() > MAX_TEXT {
            return None;
        }
    }
    if !cursor.reordered && cursor.next < operands.len() {
        out.push_str("%!(EXTRA ");
        let extra: Vec<String> = operands
            .iter()
            .skip(cursor.next)
            .map(|o| format!("{}={}", o.type_name(), one(o, 'v', &Spec::default())))
            .collect();
        out.push_str(&extra.join(", "));
        out.push(')');
    }
    (out.len() <= MAX_TEXT).then_some(out)
}

fn directive(reader: &mut Reader<'_>, cursor: &mut Cursor, operands: &[Operand], out: &mut String) {
    let mut spec = Spec::default();
    cursor.good = true;
    while let Some(flag) = reader.rest.peek() {
        match flag {
            '#' => spec.sharp = true,
            '0' => spec.zero = true,
            '+' => spec.plus = true,
            '-' => spec.minus = true,
            ' ' => spec.space = true,
            _ => break,
        }
        reader.rest.next();
    }
    let mut after_index = cursor.index(reader, operands.len());
    if reader.rest.peek() == Some(&'*') {
        reader.rest.next();
        match starred(cursor, operands) {
            Some(width) => {
                spec.minus |= width < 0;
                spec.width = Some(usize::try_from(width.unsigned_abs()).unwrap_or(0));
            }
            None => out.push_str("%!(BADWIDTH)"),
        }
        after_index = false;
    } else {
        spec.width = reader.number();
        if after_index && spec.width.is_some() {
            cursor.good = false;
        }
    }
    if reader.rest.peek() == Some(&'.') {
        reader.rest.next();
        if after_index {
            cursor.good = false;
        }
        after_index = cursor.index(reader, operands.len());
        if reader.rest.peek() == Some(&'*') {
            reader.rest.next();
            match starred(cursor, operands).and_then(|p| usize::try_from(p).ok()) {
                Some(precision) => spec.precision = Some(precision),
                None => out.push_str("%!(BADPREC)"),
            }
            after_index = false;
        } else {
            spec.precision = Some(reader.number().unwrap_or(0));
        }
    }
    if !after_index {
        cursor.index(reader, operands.len());
    }
    let Some(verb) = reader.rest.next() else {
        out.push_str("%!(NOVERB)");
        return;
    };
    if verb == '%' {
        out.push('%');
    } else if !cursor.good {
        out.push_str(&format!("%!{verb}(BADINDEX)"));
    } else if let Some(operand) = operands.get(cursor.next) {
        cursor.next = cursor.next.saturating_add(1);
        out.push_str(&one(operand, verb, &spec));
    } else {
        out.push_str(&format!("%!{verb}(MISSING)"));
    }
}

/// The operand that a `*` stands for.
fn starred(cursor: &mut Cursor, operands: &[Operand]) -> Option<i64> {
    let operand = operands.get(cursor.next)?;
    cursor.next = cursor.next.saturating_add(1);
    match operand {
        Operand::Integer(n) if n.unsigned_abs() <= MAX_NUMBER as u64 => Some(*n),
        _ => None,
    }
}

fn one(operand: &Operand, verb: char, spec: &Spec) -> String {
    if verb == 'T' {
        return spec.pad(operand.type_name());
    }
    // With `%+v` and `%#v` Go asks for another presentation, not for a sign or a prefix.
    let plain = Spec { plus: false, sharp: false, ..*spec };
    let shown = match operand {
        Operand::Integer(n) if verb == 'v' => small(*n, verb, &plain),
        Operand::Float(f) if verb == 'v' => float(*f, verb, &plain),
        Operand::Integer(n) => small(*n, verb, spec),
        Operand::Big(n) => return big(n, verb, spec),
        Operand::Float(f) => float(*f, verb, spec),
        Operand::Text(s) => strings(s, verb, spec),
        Operand::Bool(b) => matches!(verb, 'v' | 't').then(|| spec.pad(if *b { "true" } else { "false" })),
    };
    shown.unwrap_or_else(|| format!("%!{verb}({}={})", operand.type_name(), one(operand, 'v', spec)))
}

fn small(n: i64, verb: char, spec: &Spec) -> Option<String> {
    let rune = || u32::try_from(n).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
    match verb {
        'c' => Some(spec.pad(&rune().to_string())),
        'q' => Some(spec.pad(&text::quoted(&rune().to_string(), '\'', spec.plus))),
        'U' => {
            let code = format!("{:0digits$X}", n, digits = spec.precision.unwrap_or(4).max(4));
            let shown = if spec.sharp && u32::try_from(n).ok().and_then(char::from_u32).is_some() {
                format!("U+{code} '{}'", rune())
            } else {
                format!("U+{code}")
            };
            Some(Spec { zero: false, ..*spec }.pad(&shown))
        }
        _ => {
            let (radix, upper) = radix(verb)?;
            let mut digits = BigInt::from(n).magnitude().to_str_radix(radix);
            let sign = spec.sign(n < 0);
            let least = match spec.precision {
                Some(0) if n == 0 => return Some(Spec { zero: false, ..*spec }.pad("")),
                Some(precision) => precision,
                None if spec.zero && !spec.minus => spec.width.unwrap_or(0).saturating_sub(sign.len()),
                None => 0,
            };
            digits = format!("{}{digits}", "0".repeat(least.saturating_sub(digits.len())));
            if upper {
                digits = digits.to_uppercase();
            }
            let prefix = prefix(verb, spec.sharp, &digits);
            Some(Spec { zero: false, ..*spec }.pad(&format!("{sign}{prefix}{digits}")))
        }
    }
}

fn radix(verb: char) -> Option<(u32, bool)> {
    match verb {
        'd' | 'v' => Some((10, false)),
        'b' => Some((2, false)),
        'o' | 'O' => Some((8, false)),
        'x' => Some((16, false)),
        'X' => Some((16, true)),
        _ => None,
    }
}

fn prefix(verb: char, sharp: bool, digits: &str) -> &'static str {
    match verb {
        'O' => "0o",
        'b' if sharp => "0b",
        'o' if sharp && !digits.starts_with('0') => "0",
        'x' if sharp => "0x",
        'X' if sharp => "0X",
        _ => "",
    }
}

fn big(n: &BigInt, verb: char, spec: &Spec) -> String {
    let Some((radix, upper)) = radix(if verb == 's' { 'd' } else { verb }) else {
        return format!("%!{verb}(big.Int={n})");
    };
    let mut digits = n.magnitude().to_str_radix(radix);
    if upper {
        digits = digits.to_uppercase();
    }
    let sign = spec.sign(n.sign() == Sign::Minus);
    let prefix = match verb {
        'o' if spec.sharp => "0",
        _ => prefix(verb, spec.sharp, "1"),
    };
    let zeros = spec.precision.unwrap_or(0).saturating_sub(digits.len());
    let shown = sign.len().saturating_add(prefix.len()).saturating_add(zeros).saturating_add(digits.len());
    let missing = spec.width.unwrap_or(0).saturating_sub(shown);
    let (left, zeros, right) = if spec.minus {
        (0, zeros, missing)
    } else if spec.zero && spec.precision.is_none() {
        (0, missing, 0)
    } else {
        (missing, zeros, 0)
    };
    format!("{}{sign}{prefix}{}{digits}{}", " ".repeat(left), "0".repeat(zeros), " ".repeat(right))
}

fn float(f: f64, verb: char, spec: &Spec) -> Option<String> {
    let shown = match verb {
        'v' => float_text::float_text(f.abs(), 'g', spec.precision),
        'e' | 'E' | 'f' => float_text::float_text(f.abs(), verb, Some(spec.precision.unwrap_or(6))),
        'F' => float_text::float_text(f.abs(), 'f', Some(spec.precision.unwrap_or(6))),
        'g' | 'G' | 'b' | 'x' | 'X' => float_text::float_text(f.abs(), verb, spec.precision),
        _ => return None,
    };
    let shown = if spec.sharp { float_text::pointed(shown, verb, spec.precision) } else { shown };
    let sign = spec.sign(f.is_sign_negative());
    if spec.zero && !spec.minus {
        let missing = spec.width.unwrap_or(0).saturating_sub(shown.len().saturating_add(sign.len()));
        return Some(format!("{sign}{}{shown}", "0".repeat(missing)));
    }
    Some(spec.pad(&format!("{sign}{shown}")))
}

fn strings(s: &str, verb: char, spec: &Spec) -> Option<String> {
    let cut = || -> String { s.chars().take(spec.precision.unwrap_or(usize::MAX)).collect() };
    match verb {
        'v' if spec.sharp => strings(s, 'q', &Spec { sharp: false, ..*spec }),
        'v' | 's' => Some(spec.pad(&cut())),
        'q' => {
            let cut = cut();
            let plain = cut.chars().all(|c| c == '\t' || (c != '`' && !c.is_control() && c != '\u{feff}'));
            if spec.sharp && plain {
                return Some(spec.pad(&format!("`{cut}`")));
            }
            Some(spec.pad(&text::quoted(&cut, '"', spec.plus)))
        }
        'x' | 'X' => {
            let bytes = s.bytes().take(spec.precision.unwrap_or(usize::MAX));
            let pairs: Vec<String> = bytes
                .map(|b| match (verb, spec.sharp && spec.space) {
                    ('x', false) => format!("{b:02x}"),
                    ('x', true) => format!("0x{b:02x}"),
                    (_, false) => format!("{b:02X}"),
                    (_, true) => format!("0X{b:02X}"),
                })
                .collect();
            let joined = pairs.join(if spec.space { " " } else { "" });
            let start = match (spec.sharp && !spec.space && !joined.is_empty(), verb) {
                (true, 'x') => "0x",
                (true, _) => "0X",
                _ => "",
            };
            Some(spec.pad(&format!("{start}{joined}")))
        }
        _ => None,
    }
}
