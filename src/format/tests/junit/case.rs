//! What stands in and below one test case: outcomes, messages, times.

use crate::model::Text;
use crate::read::{Element, ParseError, Xml};

/// How much of a failure's message is kept, in bytes.
const MESSAGE: usize = 2000;

/// What the children of a case say.
#[derive(Default)]
pub(super) struct Outcomes {
    pub(super) error: bool,
    pub(super) failure: bool,
    pub(super) skipped: bool,
    /// Node's `todo`: expected to fail.
    pub(super) todo: bool,
    /// Passed after failed tries.
    pub(super) flaky: bool,
    /// Failed at every try.
    pub(super) rerun: bool,
    pub(super) message: Option<Text>,
    /// Why it was skipped.
    pub(super) reason: Option<Text>,
}

impl Outcomes {
    /// GoogleTest and others say in an attribute what elsewhere is an element.
    pub(super) fn status(&mut self, word: &str) {
        const SKIPPED: [&str; 8] =
            ["notrun", "disabled", "skipped", "suppressed", "ignored", "pending", "not_run", "skip"];
        const FAILED: [&str; 5] = ["fail", "failed", "failure", "false", "timedout"];
        const ERROR: [&str; 3] = ["error", "errored", "broken"];
        let is = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
        self.skipped |= is(&SKIPPED);
        self.failure |= is(&FAILED);
        self.error |= is(&ERROR);
    }

    pub(super) fn child(&mut self, x: &mut Xml<'_>, e: &Element<'_>, text: bool) -> Result<(), ParseError> {
        match e.name() {
            "error" => self.error = true,
            "failure" => self.failure = true,
            "flakyFailure" | "flakyError" => self.flaky = true,
            "rerunFailure" | "rerunError" => {
                self.rerun = true;
                return Ok(());
            }
            "skipped" => {
                self.skipped = true;
                return e.attributes(|name, value| {
                    match name {
                        "type" => self.todo |= value == "todo",
                        "message" if !value.is_empty() => self.reason = Some(short(&value)),
                        _ => {}
                    }
                    Ok(())
                });
            }
            _ => return Ok(()),
        }
        if self.message.is_none() {
            self.message = message(x, e, text)?;
        }
        Ok(())
    }
}

/// The message of a failure: the attribute, else the start of the text, else the type.
pub(super) fn message(x: &mut Xml<'_>, e: &Element<'_>, text: bool) -> Result<Option<Text>, ParseError> {
    let (mut message, mut kind) = (None, None);
    e.attributes(|name, value| {
        match name {
            "message" if !value.trim().is_empty() => message = Some(short(&value)),
            "type" if !value.trim().is_empty() => kind = Some(short(&value)),
            _ => {}
        }
        Ok(())
    })?;
    if message.is_none() && text {
        let text = x.text(MESSAGE)?;
        message = Some(text.trim()).filter(|text| !text.is_empty()).map(Text::from);
    }
    Ok(message.or(kind))
}

fn short(text: &str) -> Text {
    let mut end = text.len().min(MESSAGE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Text::from(text.get(..end).unwrap_or_default().trim())
}

/// Seconds, also with commas between thousands. Negative, infinite and other unusable times are none.
pub(super) fn seconds(value: &str) -> Option<f64> {
    if let Some(number) = short_decimal(value.as_bytes()) {
        return Some(number);
    }
    let value = value.trim();
    let number: f64 = match value.parse() {
        Ok(number) => number,
        Err(_) => without_thousands(value)?.parse().ok()?,
    };
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// A plain decimal of up to fifteen digits, for which one division gives the nearest number.
fn short_decimal(bytes: &[u8]) -> Option<f64> {
    let (mut number, mut digits, mut scale, mut fraction) = (0_u64, 0, 1_u64, false);
    for byte in bytes {
        match byte {
            b'0'..=b'9' if digits < 15 => {
                number = number * 10 + u64::from(byte - b'0');
                digits += 1;
                if fraction {
                    scale *= 10;
                }
            }
            b'.' if !fraction => fraction = true,
            _ => return None,
        }
    }
    (digits > 0).then(|| number as f64 / scale as f64)
}

/// `2,503.1` without its commas, if they stand where those of thousands do.
fn without_thousands(value: &str) -> Option<String> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    let mut groups = whole.split(',');
    let first = groups.next().filter(|g| (1..=3).contains(&g.len()) && !g.starts_with('0'))?;
    let mut digits = first.to_owned();
    for group in groups {
        if group.len() != 3 {
            return None;
        }
        digits.push_str(group);
    }
    Some(format!("{digits}.{fraction}"))
}
