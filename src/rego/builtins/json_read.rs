//! Reading JSON without losing anything of a number, and with Go's leniency about surrogates.

use std::collections::BTreeMap;

use regorus::Value;

use super::decimal;

/// Deepest nesting of a text.
const MAX_DEPTH: usize = super::MAX_DEPTH;
/// Largest power of ten.
const MAX_EXPONENT: i64 = 20_000;

type Read<T> = Result<T, String>;

struct Reader<'a> {
    rest: &'a str,
}

/// The value of a text.
pub(super) fn read(text: &str) -> Read<Value> {
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    reader.blank();
    if reader.rest.is_empty() { Ok(value) } else { Err("something follows the value".to_owned()) }
}

impl<'a> Reader<'a> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn accept(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take(&mut self, length: usize) -> Read<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or("unexpected end")?;
        self.rest = rest;
        Ok(taken)
    }

    fn value(&mut self, depth: usize) -> Read<Value> {
        if depth > MAX_DEPTH {
            return Err(format!("the limit of {MAX_DEPTH} levels of nesting is exceeded"));
        }
        let inner = depth.saturating_add(1);
        self.blank();
        match self.rest.chars().next() {
            Some('{') => self.object(inner),
            Some('[') => self.array(inner),
            Some('"') => self.string().map(Value::from),
            Some('-' | '0'..='9') => self.number(),
            _ if self.accept("null") => Ok(Value::Null),
            _ if self.accept("true") => Ok(Value::Bool(true)),
            _ if self.accept("false") => Ok(Value::Bool(false)),
            Some(_) => Err("unexpected character".to_owned()),
            None => Err("unexpected end".to_owned()),
        }
    }

    fn object(&mut self, depth: usize) -> Read<Value> {
        let mut all = BTreeMap::new();
        self.take(1)?;
        self.blank();
        if self.accept("}") {
            return Ok(Value::new_object());
        }
        loop {
            self.blank();
            let key = self.string()?;
            self.blank();
            if !self.accept(":") {
                return Err("`:` is missing after a key".to_owned());
            }
            all.insert(Value::from(key), self.value(depth)?);
            self.blank();
            if self.accept("}") {
                return Ok(Value::from(all));
            }
            if !self.accept(",") {
                return Err("`,` or `}` is missing".to_owned());
            }
        }
    }

    fn array(&mut self, depth: usize) -> Read<Value> {
        let mut all = Vec::new();
        self.take(1)?;
        self.blank();
        if self.accept("]") {
            return Ok(Value::new_array());
        }
        loop {
            all.push(self.value(depth)?);
            self.blank();
            if self.accept("]") {
                return Ok(Value::from(all));
            }
            if !self.accept(",") {
                return Err("`,` or `]` is missing".to_owned());
            }
        }
    }

    fn number(&mut self) -> Read<Value> {
        let bad = || "a number is malformed".to_owned();
        let length =
            self.rest.find(|c: char| !c.is_ascii_digit() && !"+-.eE".contains(c)).unwrap_or(self.rest.len());
        let text = self.take(length)?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
        let size = mantissa.strip_prefix('-').unwrap_or(mantissa);
        let (whole, fraction) = size.split_once('.').map_or((size, None), |(w, f)| (w, Some(f)));
        let fits = digits(whole)
            && (whole.len() == 1 || !whole.starts_with('0'))
            && fraction.is_none_or(digits)
            && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)));
        if !fits {
            return Err(bad());
        }
        match decimal::parse(text) {
            Some((_, power)) if power.abs() <= MAX_EXPONENT => {}
            _ => return Err(format!("the limit of {MAX_EXPONENT} digits of a number is exceeded")),
        }
        Value::from_numeric_string(text).map_err(|_| bad())
    }

    fn string(&mut self) -> Read<String> {
        if !self.accept("\"") {
            return Err("a string is expected".to_owned());
        }
        let mut out = String::new();
        loop {
            let end =
                self.rest.find(|c: char| c < ' ' || matches!(c, '"' | '\\')).ok_or("a string has no end")?;
            out.push_str(self.take(end)?);
            match self.take(1)? {
                "\"" => return Ok(out),
                "\\" => out.push(self.escape()?),
                _ => return Err("a control character stands in a string".to_owned()),
            }
        }
    }

    fn unit(&mut self) -> Read<u32> {
        let digits = self.take(4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err("an escape is malformed".to_owned());
        }
        u32::from_str_radix(digits, 16).map_err(|_| "an escape is malformed".to_owned())
    }

    fn escape(&mut self) -> Read<char> {
        Ok(match self.take(1)? {
            "\"" => '"',
            "\\" => '\\',
            "/" => '/',
            "b" => '\x08',
            "f" => '\x0c',
            "n" => '\n',
            "r" => '\r',
            "t" => '\t',
            "u" => {
                let first = self.unit()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                // Two halves make one character; a half alone is replaced.
                let alone = self.rest;
                if self.accept("\\u") {
                    let second = self.unit()?;
                    if (0xdc00..0xe000).contains(&second) {
                        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                        return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    self.rest = alone;
                }
                char::REPLACEMENT_CHARACTER
            }
            _ => return Err("an escape is malformed".to_owned()),
        })
    }
}
