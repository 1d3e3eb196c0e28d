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
    /// A status that is no known word.
    pub(super) unknown: Option<Text>,
    pub(super) message: Option<Text>,
    /// Why it was skipped.
    pub(super) reason: Option<Text>,
}

impl Outcomes {
    /// GoogleTest and others say in an attribute what elsewhere is an element.
    pub(super) fn attribute(&mut self, name: &str, value: &str) {
        let word = value.trim();
        match (name, Said::of(word)) {
            ("success", Said::Failed | Said::Error) => self.failure = true,
            ("status" | "result", said) => match said {
                Said::Passed => {}
                Said::Skipped => self.skipped = true,
                Said::Failed => self.failure = true,
                Said::Error => self.error = true,
                Said::Unknown => self.unknown = Some(short(word)),
            },
            _ => {}
        }
    }

    /// What stands directly in the case.
    pub(super) fn child(&mut self, x: &mut Xml<'_>, e: &Element<'_>, text: bool) -> Result<(), ParseError> {
        match known_name(e.name()) {
            "flakyFailure" | "flakyError" => self.flaky = true,
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
            _ => return self.below(x, e, text),
        }
        if self.message.is_none() {
            self.message = message(x, e, text)?;
        }
        Ok(())
    }

    /// What fails a case also fails it from deeper down; what excuses it does not.
    fn below(&mut self, x: &mut Xml<'_>, e: &Element<'_>, text: bool) -> Result<(), ParseError> {
        match known_name(e.name()) {
            "error" => self.error = true,
            "failure" => self.failure = true,
            "rerunFailure" | "rerunError" => {
                self.rerun = true;
                return Ok(());
            }
            "flakyFailure" | "flakyError" | "skipped" | "system-out" | "system-err" => return Ok(()),
            name => {
                if name == "testcase" {
                    let mut inner = Self::default();
                    e.attributes(|name, value| {
                        inner.attribute(name, &value);
                        Ok(())
                    })?;
                    self.failure |= inner.failure;
                    self.error |= inner.error;
                    self.unknown = self.unknown.take().or(inner.unknown);
                }
                return x.children(|x, e| self.below(x, e, text));
            }
        }
        if self.message.is_none() {
            self.message = message(x, e, text)?;
        }
        Ok(())
    }
}

/// What a word of `status` or `result` says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Passed,
    Skipped,
    Failed,
    Error,
    Unknown,
}

impl Said {
    pub(super) fn of(word: &str) -> Self {
        const PASSED: [&str; 14] = [
            "",
            "run",
            "passed",
            "pass",
            "success",
            "successful",
            "succeeded",
            "ok",
            "completed",
            "complete",
            "finished",
            "executed",
            "done",
            "true",
        ];
        const SKIPPED: [&str; 10] = [
            "notrun",
            "disabled",
            "skipped",
            "suppressed",
            "ignored",
            "pending",
            "not_run",
            "skip",
            "todo",
            "not run",
        ];
        const FAILED: [&str; 10] = [
            "fail",
            "failed",
            "failure",
            "false",
            "timedout",
            "timed_out",
            "timeout",
            "aborted",
            "unsuccessful",
            "canceled",
        ];
        const ERROR: [&str; 6] = ["error", "errored", "broken", "crashed", "crash", "killed"];
        let is = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
        if is(&PASSED) {
            Self::Passed
        } else if is(&FAILED) {
            Self::Failed
        } else if is(&ERROR) {
            Self::Error
        } else if is(&SKIPPED) {
            Self::Skipped
        } else {
            Self::Unknown
        }
    }

    pub(super) fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Error)
    }
}

/// The usual spelling of an element's name: some writers use capitals of their own.
pub(super) fn known_name(name: &str) -> &str {
    const NAMES: [&str; 13] = [
        "testcase",
        "testsuite",
        "testsuites",
        "properties",
        "error",
        "failure",
        "skipped",
        "system-out",
        "system-err",
        "flakyFailure",
        "flakyError",
        "rerunFailure",
        "rerunError",
    ];
    if !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return name;
    }
    NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name)
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
