//! Regular expressions of Go, written as the `regex` crate reads them.
//!
//! Both are descendants of RE2. The classes `\d`, `\s`, `\w` and word boundaries are those of ASCII in Go; it has
//! octal escapes and `\Q...\E`, takes `{` for itself where no repetition follows, repeats nothing twice, and knows
//! neither set operations nor the flags `x`, `u` and `R`. What Go refuses is refused.

use std::fmt::Write;

/// Most repetitions that Go takes.
const MAX_REPEAT: u32 = 1000;

struct Translator<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    out: String,
    depth: usize,
    /// Whether something stands here that can be repeated; `None` if it already is.
    repeatable: Option<bool>,
}

/// The expression for the crate; the reason if Go would refuse it.
pub(super) fn translated(pattern: &str) -> Result<String, &'static str> {
    let mut translator = Translator {
        rest: pattern.chars().peekable(),
        out: String::new(),
        depth: 0,
        repeatable: Some(false),
    };
    translator.expression()?;
    if translator.depth > 0 {
        return Err("missing closing )");
    }
    Ok(translator.out)
}

fn literal(c: char, out: &mut String) {
    if c.is_ascii_alphanumeric() {
        out.push(c);
    } else {
        let _ = write!(out, "\\x{{{:x}}}", u32::from(c));
    }
}

/// A class of a letter after a backslash, as what stands between brackets.
fn perl_class(c: char) -> Option<(&'static str, bool)> {
    Some(match c {
        'd' => ("0-9", false),
        'D' => ("0-9", true),
        's' => (r"\t\n\x0c\r\x20", false),
        'S' => (r"\t\n\x0c\r\x20", true),
        'w' => ("0-9A-Za-z_", false),
        'W' => ("0-9A-Za-z_", true),
        _ => return None,
    })
}

impl Translator<'_> {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
        self.repeatable = Some(true);
    }

    fn expression(&mut self) -> Result<(), &'static str> {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.open()?,
                ')' => {
                    self.depth = self.depth.checked_sub(1).ok_or("unexpected )")?;
                    self.text(")");
                }
                '|' => {
                    self.out.push('|');
                    self.repeatable = Some(false);
                }
                '*' | '+' | '?' => self.repeat(&c.to_string())?,
                '{' => match self.counted() {
                    Some(Ok(count)) => self.repeat(&count)?,
                    Some(Err(reason)) => return Err(reason),
                    None => self.text(r"\{"),
                },
                '.' | '^' | '$' => self.text(&c.to_string()),
                other => {
                    literal(other, &mut self.out);
                    self.repeatable = Some(true);
                }
            }
        }
        Ok(())
    }

    fn repeat(&mut self, operator: &str) -> Result<(), &'static str> {
        match self.repeatable {
            Some(true) => {}
            Some(false) => return Err("missing argument to repetition operator"),
            None => return Err("invalid nested repetition operator"),
        }
        self.out.push_str(operator);
        if self.rest.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        self.repeatable = None;
        Ok(())
    }

    /// A repetition after its brace; nothing if the brace stands for itself.
    fn counted(&mut self) -> Option<Result<String, &'static str>> {
        let mut ahead = self.rest.clone();
        let inside: String = ahead.by_ref().take_while(|c| *c != '}').collect();
        if !self.rest.clone().any(|c| c == '}') {
            return None;
        }
        let (least, most) = match inside.split_once(',') {
            Some((least, "")) => (least, None),
            Some((least, most)) => (least, Some(most)),
            None => (inside.as_str(), Some(inside.as_str())),
        };
        let number = |text: &str| {
            let plain = !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_digit())
                && (text.len() == 1 || !text.starts_with('0'));
            plain.then(|| text.parse::<u32>().unwrap_or(u32::MAX))
        };
        let least = number(least)?;
        let most = match most {
            Some(most) => Some(number(most)?),
            None => None,
        };
        self.rest = ahead;
        if least > MAX_REPEAT || most.is_some_and(|most| most > MAX_REPEAT || most < least) {
            return Some(Err("invalid repeat count"));
        }
        Some(Ok(format!("{{{inside}}}")))
    }

    fn open(&mut self) -> Result<(), &'static str> {
        self.repeatable = Some(false);
        if self.rest.next_if_eq(&'?').is_none() {
            self.depth = self.depth.saturating_add(1);
            self.out.push('(');
            return Ok(());
        }
        let mut ahead = self.rest.clone();
        let named = match (ahead.next(), ahead.next()) {
            (Some('P'), Some('<')) => Some(2),
            (Some('<'), _) => Some(1),
            _ => None,
        };
        if let Some(skip) = named {
            for _ in 0..skip {
                self.rest.next();
            }
            let name: String = self.rest.by_ref().take_while(|c| *c != '>').collect();
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err("invalid named capture");
            }
            self.depth = self.depth.saturating_add(1);
            // The crate wants a letter in front; the name is of use to nothing but `$name`.
            let _ = write!(self.out, "(?P<{name}>");
            return Ok(());
        }
        let mut negated = false;
        let mut flags = String::from("(?");
        let mut any = false;
        loop {
            match self.rest.next().ok_or("missing argument to group")? {
                c @ ('i' | 'm' | 's' | 'U') => {
                    flags.push(c);
                    any = true;
                }
                '-' if !negated => {
                    negated = true;
                    any = false;
                    flags.push('-');
                }
                c @ (')' | ':') => {
                    if negated && !any {
                        return Err("invalid or unsupported Perl syntax");
                    }
                    if c == ':' {
                        self.depth = self.depth.saturating_add(1);
                    }
                    flags.push(c);
                    if flags != "(?)" {
                        self.out.push_str(&flags);
                    }
                    return Ok(());
                }
                _ => return Err("invalid or unsupported Perl syntax"),
            }
        }
    }

    fn escape(&mut self) -> Result<(), &'static str> {
        let c = self.rest.next().ok_or("trailing backslash at end of expression")?;
        match c {
            'A' | 'z' => self.text(&format!("\\{c}")),
            'b' => self.text(r"(?-u:\b)"),
            'B' => self.text(r"(?-u:\B)"),
            'C' => return Err("\\C is not supported"),
            'Q' => {
                while let Some(c) = self.rest.next() {
                    if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                        break;
                    }
                    literal(c, &mut self.out);
                    self.repeatable = Some(true);
                }
            }
            'E' => return Err("invalid escape sequence"),
            'p' | 'P' => {
                let class = self.unicode(c)?;
                self.text(&class);
            }
            c => match perl_class(c) {
                Some((class, negated)) => {
                    self.text(&format!("[{}{class}]", if negated { "^" } else { "" }));
                }
                None => {
                    let c = self.character(c)?;
                    literal(c, &mut self.out);
                    self.repeatable = Some(true);
                }
            },
        }
        Ok(())
    }

    /// `\p{Name}`, after the letter.
    fn unicode(&mut self, letter: char) -> Result<String, &'static str> {
        let first = self.rest.next().ok_or("invalid character class range")?;
        let name: String = if first == '{' {
            self.rest.by_ref().take_while(|c| *c != '}').collect()
        } else {
            first.to_string()
        };
        let (bare, negated) = name.strip_prefix('^').map_or((name.as_str(), false), |bare| (bare, true));
        if bare == "Any" {
            return Ok(if negated != (letter == 'P') {
                "[^\\x00-\\x{10ffff}]"
            } else {
                "[\\x00-\\x{10ffff}]"
            }
            .to_owned());
        }
        // Go knows scripts and categories by their exact names.
        if !bare.starts_with(|c: char| c.is_ascii_uppercase()) || bare.contains(['=', ':', ' ', '-']) {
            return Err("invalid character class range");
        }
        let letter = if negated != (letter == 'P') { 'P' } else { 'p' };
        Ok(format!("\\{letter}{{{bare}}}"))
    }

    /// An escaped single character.
    fn character(&mut self, c: char) -> Result<char, &'static str> {
        let bad = "invalid escape sequence";
        Ok(match c {
            'a' => '\x07',
            'f' => '\x0c',
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'v' => '\x0b',
            'x' => {
                let digits: String = if self.rest.next_if_eq(&'{').is_some() {
                    self.rest.by_ref().take_while(|c| *c != '}').collect()
                } else {
                    self.rest.by_ref().take(2).collect()
                };
                u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).ok_or(bad)?
            }
            '0'..='7' => {
                // A single digit but zero would be a reference, which there is none of.
                if c != '0' && !self.rest.peek().is_some_and(|c| matches!(c, '0'..='7')) {
                    return Err(bad);
                }
                let mut code = c.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    if let Some(digit) = self.rest.next_if(|c| matches!(c, '0'..='7')) {
                        code = code.saturating_mul(8).saturating_add(digit.to_digit(8).unwrap_or(0));
                    }
                }
                char::from_u32(code).ok_or(bad)?
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
            _ => return Err(bad),
        })
    }

    fn class(&mut self) -> Result<(), &'static str> {
        let missing = "missing closing ]";
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let c = self.rest.next().ok_or(missing)?;
            if c == ']' && !first {
                break;
            }
            first = false;
            if c == '[' && self.rest.peek() == Some(&':') {
                let inside: String =
                    self.rest.clone().skip(1).take_while(|c| c.is_ascii_lowercase() || *c == '^').collect();
                let closing: String =
                    self.rest.clone().skip(inside.len().saturating_add(1)).take(2).collect();
                if closing == ":]" {
                    const NAMES: [&str; 14] = [
                        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print",
                        "punct", "space", "upper", "word", "xdigit",
                    ];
                    if !NAMES.contains(&inside.trim_start_matches('^')) {
                        return Err("invalid character class range");
                    }
                    let _ = write!(self.out, "[:{inside}:]");
                    for _ in 0..inside.len().saturating_add(3) {
                        self.rest.next();
                    }
                    continue;
                }
            }
            let Some(low) = self.class_character(c)? else { continue };
            literal(low, &mut self.out);
            let mut ahead = self.rest.clone();
            if ahead.next() == Some('-') && ahead.peek().is_some_and(|c| *c != ']') {
                self.rest.next();
                let c = self.rest.next().ok_or(missing)?;
                let high = self.class_character(c)?.ok_or("invalid character class range")?;
                if high < low {
                    return Err("invalid character class range");
                }
                self.out.push('-');
                literal(high, &mut self.out);
            }
        }
        self.text("]");
        Ok(())
    }

    /// A character within brackets; nothing if it was a class, which is written already.
    fn class_character(&mut self, c: char) -> Result<Option<char>, &'static str> {
        if c != '\\' {
            return Ok(Some(c));
        }
        let c = self.rest.next().ok_or("trailing backslash at end of expression")?;
        if let Some((class, negated)) = perl_class(c) {
            let _ = if negated { write!(self.out, "[^{class}]") } else { write!(self.out, "{class}") };
            return Ok(None);
        }
        if matches!(c, 'p' | 'P') {
            let class = self.unicode(c)?;
            self.out.push_str(&class);
            return Ok(None);
        }
        self.character(c).map(Some)
    }
}
