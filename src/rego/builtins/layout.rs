//! Go's layouts of dates and times: the reference time `Mon Jan 2 15:04:05 MST 2006`, written as one wants it.

use std::fmt::Write;

/// A moment as written down in some zone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Civil {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) nanosecond: i64,
    /// Seconds east of Greenwich.
    pub(super) offset: i64,
    pub(super) zone: String,
}

/// The layouts that OPA knows by name.
const NAMED: [(&str, &str); 10] = [
    ("ANSIC", "Mon Jan _2 15:04:05 2006"),
    ("UnixDate", "Mon Jan _2 15:04:05 MST 2006"),
    ("RubyDate", "Mon Jan 02 15:04:05 -0700 2006"),
    ("RFC822", "02 Jan 06 15:04 MST"),
    ("RFC822Z", "02 Jan 06 15:04 -0700"),
    ("RFC850", "Monday, 02-Jan-06 15:04:05 MST"),
    ("RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"),
    ("RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"),
    ("RFC3339", RFC3339),
    ("RFC3339Nano", RFC3339_NANO),
];

pub(super) const RFC3339: &str = "2006-01-02T15:04:05Z07:00";
pub(super) const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";

/// The layout of a name, or the layout itself.
pub(super) fn named(layout: &str) -> &str {
    NAMED.iter().find(|(name, _)| *name == layout).map_or(layout, |(_, layout)| layout)
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

fn month_name(month: i64) -> &'static str {
    usize::try_from(month - 1).ok().and_then(|m| MONTHS.get(m)).copied().unwrap_or_default()
}

/// Days since 1970 of a date; months and days may be beyond their year and month.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let months = year.saturating_mul(12).saturating_add(month).saturating_sub(1);
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let year = if month <= 2 { year.saturating_sub(1) } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5;
    let of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    era.saturating_mul(146_097)
        .saturating_add(of_era)
        .saturating_sub(719_468)
        .saturating_add(day)
        .saturating_sub(1)
}

/// Year, month and day of a number of days since 1970.
pub(super) fn date(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

pub(super) fn weekday(days: i64) -> &'static str {
    usize::try_from(days.saturating_add(4).rem_euclid(7))
        .ok()
        .and_then(|d| DAYS.get(d))
        .copied()
        .unwrap_or_default()
}

/// The elements of a layout, the longer ones first where one begins like another.
const ELEMENTS: [&str; 37] = [
    "January",
    "Jan",
    "Monday",
    "Mon",
    "MST",
    "2006",
    "_2",
    "__2",
    "002",
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "15",
    "1",
    "2",
    "3",
    "4",
    "5",
    "PM",
    "pm",
    "-07:00:00",
    "-070000",
    "-07:00",
    "-0700",
    "-07",
    "Z07:00:00",
    "Z070000",
    "Z07:00",
    "Z0700",
    "Z07",
    ".0",
    ",0",
    ".9",
    ",9",
];

/// The literal text up to the next element, the element, and the rest.
fn next(layout: &str) -> (&str, Option<&str>, &str) {
    for (i, _) in layout.char_indices() {
        let Some((before, rest)) = layout.split_at_checked(i) else { continue };
        if rest.starts_with("_2006") {
            continue;
        }
        for element in ELEMENTS {
            if !rest.starts_with(element) {
                continue;
            }
            let lower_follows = |length: usize| {
                rest.get(length..).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_lowercase()))
            };
            let length = match element {
                "Jan" | "Mon" if lower_follows(3) => continue,
                ".0" | ",0" | ".9" | ",9" => {
                    let digit = if element.ends_with('0') { '0' } else { '9' };
                    let count = rest.chars().skip(1).take_while(|c| *c == digit).count();
                    let length = count.saturating_add(1);
                    if rest.get(length..).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit())) {
                        continue;
                    }
                    length
                }
                _ => element.len(),
            };
            if let Some((element, after)) = rest.split_at_checked(length) {
                return (before, Some(element), after);
            }
        }
    }
    (layout, None, "")
}

/// Writes a time by a layout.
pub(super) fn format(layout: &str, at: &Civil) -> String {
    let mut out = String::new();
    let mut rest = layout;
    while !rest.is_empty() {
        let (literal, element, after) = next(rest);
        out.push_str(literal);
        if let Some(element) = element {
            write_element(element, at, &mut out);
        }
        rest = after;
    }
    out
}

fn write_element(element: &str, at: &Civil, out: &mut String) {
    let twelve = match at.hour % 12 {
        0 => 12,
        hour => hour,
    };
    let day_number = days(at.year, at.month, at.day);
    let of_year = day_number - days(at.year, 1, 1) + 1;
    let day_name = weekday(day_number);
    let _ = match element {
        "January" => write!(out, "{}", month_name(at.month)),
        "Jan" => write!(out, "{:.3}", month_name(at.month)),
        "Monday" => write!(out, "{day_name}"),
        "Mon" => write!(out, "{day_name:.3}"),
        "2006" => write!(out, "{:04}", at.year),
        "06" => write!(out, "{:02}", at.year.rem_euclid(100)),
        "1" => write!(out, "{}", at.month),
        "01" => write!(out, "{:02}", at.month),
        "2" => write!(out, "{}", at.day),
        "_2" => write!(out, "{:2}", at.day),
        "02" => write!(out, "{:02}", at.day),
        "__2" => write!(out, "{of_year:3}"),
        "002" => write!(out, "{of_year:03}"),
        "15" => write!(out, "{:02}", at.hour),
        "3" => write!(out, "{twelve}"),
        "03" => write!(out, "{twelve:02}"),
        "4" => write!(out, "{}", at.minute),
        "04" => write!(out, "{:02}", at.minute),
        "5" => write!(out, "{}", at.second),
        "05" => write!(out, "{:02}", at.second),
        "PM" => write!(out, "{}", if at.hour >= 12 { "PM" } else { "AM" }),
        "pm" => write!(out, "{}", if at.hour >= 12 { "pm" } else { "am" }),
        "MST" => write!(out, "{}", at.zone),
        _ if element.starts_with(['.', ',']) => {
            let count = element.len().saturating_sub(1);
            let digits: String =
                format!("{:09}", at.nanosecond).chars().chain(std::iter::repeat('0')).take(count).collect();
            let kept = if element.ends_with('9') { digits.trim_end_matches('0') } else { &digits };
            if !kept.is_empty() {
                out.extend(element.chars().next());
                out.push_str(kept);
            }
            Ok(())
        }
        _ if element.starts_with('Z') && at.offset == 0 => write!(out, "Z"),
        _ => {
            let (sign, size) = (if at.offset < 0 { '-' } else { '+' }, at.offset.abs());
            let (hours, minutes, seconds) = (size / 3600, size / 60 % 60, size % 60);
            match element.get(1..).unwrap_or_default() {
                "07:00:00" => write!(out, "{sign}{hours:02}:{minutes:02}:{seconds:02}"),
                "070000" => write!(out, "{sign}{hours:02}{minutes:02}{seconds:02}"),
                "07:00" => write!(out, "{sign}{hours:02}:{minutes:02}"),
                "0700" => write!(out, "{sign}{hours:02}{minutes:02}"),
                _ => write!(out, "{sign}{hours:02}"),
            }
        }
    };
}

/// A text that is being read.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn digits(&self) -> usize {
        self.0.bytes().take_while(u8::is_ascii_digit).count()
    }

    fn take(&mut self, length: usize) -> Option<&'a str> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn exactly(&mut self, length: usize) -> Option<i64> {
        let taken = self.take(length)?;
        taken.bytes().all(|b| b.is_ascii_digit()).then(|| taken.parse().ok()).flatten()
    }

    /// One or two digits, or two.
    fn number(&mut self, fixed: bool) -> Option<i64> {
        match self.digits() {
            0 => None,
            1 if fixed => None,
            1 => self.exactly(1),
            _ => self.exactly(2),
        }
    }

    fn name(&mut self, names: &[&str], length: usize) -> Option<i64> {
        for (i, name) in names.iter().enumerate() {
            let wanted = name.get(..length.min(name.len()))?;
            if self.0.get(..wanted.len()).is_some_and(|found| found.eq_ignore_ascii_case(wanted)) {
                self.take(wanted.len());
                return i64::try_from(i).ok();
            }
        }
        None
    }

    fn literal(&mut self, literal: &str) -> Option<()> {
        let mut wanted = literal;
        while let Some(c) = wanted.chars().next() {
            if c == ' ' {
                if !self.0.is_empty() && !self.0.starts_with(' ') {
                    return None;
                }
                wanted = wanted.trim_start_matches(' ');
                self.0 = self.0.trim_start_matches(' ');
            } else {
                self.0 = self.0.strip_prefix(c)?;
                wanted = wanted.get(c.len_utf8()..)?;
            }
        }
        Some(())
    }

    /// The digits after a point, as nanoseconds; of more than nine the first nine.
    fn fraction(&mut self, length: usize) -> Option<i64> {
        let taken = self.take(length)?;
        let digits = taken.strip_prefix(['.', ','])?;
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        digits.chars().chain(std::iter::repeat('0')).take(9).collect::<String>().parse().ok()
    }

    fn has_fraction(&self) -> bool {
        self.0.starts_with(['.', ','])
            && self.0.get(1..).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()))
    }

    fn fraction_length(&self) -> usize {
        self.0.bytes().skip(1).take_while(u8::is_ascii_digit).count().saturating_add(1)
    }

    fn offset(&mut self, form: &str) -> Option<i64> {
        let sign = match self.take(1)? {
            "+" => 1,
            "-" => -1,
            _ => return None,
        };
        let hours = self.exactly(2)?;
        let colon = form.contains(':');
        let mut rest = [0, 0];
        let count = form.bytes().filter(u8::is_ascii_digit).count() / 2;
        for part in rest.iter_mut().take(count.saturating_sub(1)) {
            if colon {
                self.0 = self.0.strip_prefix(':')?;
            }
            *part = self.exactly(2)?;
        }
        let [minutes, seconds] = rest;
        if hours > 24 || minutes > 60 || seconds > 60 {
            return None;
        }
        Some(sign * (hours * 3600 + minutes * 60 + seconds))
    }

    /// Passes over the abbreviation of a zone. As in Go it says nothing of the offset, even `GMT+3` does not.
    fn zone(&mut self) -> Option<()> {
        if let Some(rest) = self.0.strip_prefix("UTC") {
            self.0 = rest;
            return Some(());
        }
        if let Some(rest) = self.0.strip_prefix("ChST").or_else(|| self.0.strip_prefix("MeST")) {
            self.0 = rest;
            return Some(());
        }
        let signed = |text: &'a str| -> Option<&'a str> {
            let digits = text.strip_prefix(['+', '-'])?;
            let length = digits.bytes().take_while(u8::is_ascii_digit).count();
            digits.get(..length)?.parse::<i64>().ok().filter(|hours| *hours <= 23)?;
            digits.get(length..)
        };
        if let Some(rest) = self.0.strip_prefix("GMT") {
            self.0 = signed(rest).unwrap_or(rest);
            return Some(());
        }
        if self.0.starts_with(['+', '-']) {
            self.0 = signed(self.0)?;
            return Some(());
        }
        let length = self.0.bytes().take_while(u8::is_ascii_uppercase).count();
        let fits = match length {
            3 => true,
            4 => self.0.get(..4).is_some_and(|z| z.ends_with('T') || z == "WITA"),
            5 => self.0.get(..5).is_some_and(|z| z.ends_with('T')),
            _ => false,
        };
        fits.then(|| self.take(length)).flatten().map(drop)
    }
}

/// Reads a time by a layout; nothing if the text is another.
pub(super) fn parse(layout: &str, text: &str) -> Option<Civil> {
    let mut at = Civil {
        year: 0,
        month: 0,
        day: 0,
        hour: 0,
        minute: 0,
        second: 0,
        nanosecond: 0,
        offset: 0,
        zone: String::new(),
    };
    let (mut of_year, mut afternoon) = (None, None);
    let mut reader = Reader(text);
    let mut rest = layout;
    loop {
        let (literal, element, after) = next(rest);
        reader.literal(literal)?;
        rest = after;
        let Some(element) = element else { break };
        match element {
            "2006" => at.year = reader.exactly(4)?,
            "06" => {
                let year = reader.exactly(2)?;
                at.year = if year >= 69 { year + 1900 } else { year + 2000 };
            }
            "January" => at.month = reader.name(&MONTHS, 9)? + 1,
            "Jan" => at.month = reader.name(&MONTHS, 3)? + 1,
            "1" | "01" => at.month = reader.number(element == "01").filter(|m| (1..=12).contains(m))?,
            "Monday" => drop(reader.name(&DAYS, 9)?),
            "Mon" => drop(reader.name(&DAYS, 3)?),
            "2" | "_2" | "02" => {
                if element == "_2" {
                    reader.0 = reader.0.strip_prefix(' ').unwrap_or(reader.0);
                }
                at.day = reader.number(element == "02").filter(|d| *d > 0)?;
            }
            "002" => of_year = Some(reader.exactly(3)?),
            "__2" => {
                let spaces = reader.0.bytes().take(2).take_while(|b| *b == b' ').count();
                reader.take(spaces);
                of_year = Some(reader.exactly(3_usize.saturating_sub(spaces))?);
            }
            "15" => at.hour = reader.number(false).filter(|h| *h < 24)?,
            "3" | "03" => at.hour = reader.number(element == "03").filter(|h| *h <= 12)?,
            "4" | "04" => at.minute = reader.number(element == "04").filter(|m| *m < 60)?,
            "5" | "05" => {
                at.second = reader.number(element == "05").filter(|s| *s < 60)?;
                let fraction_follows = matches!(next(rest), ("", Some(e), _) if e.starts_with(['.', ',']));
                if !fraction_follows && reader.has_fraction() {
                    at.nanosecond = reader.fraction(reader.fraction_length())?;
                }
            }
            "PM" | "pm" => {
                let names = if element == "PM" { ["AM", "PM"] } else { ["am", "pm"] };
                let found = reader.take(2)?;
                afternoon = Some(names.iter().position(|name| *name == found)? == 1);
            }
            "MST" => reader.zone()?,
            _ if element.starts_with(['.', ',']) => {
                if element.ends_with('0') {
                    at.nanosecond = reader.fraction(element.len())?;
                } else if reader.has_fraction() {
                    at.nanosecond = reader.fraction(reader.fraction_length().min(10))?;
                }
            }
            _ if element.starts_with('Z') && reader.0.starts_with('Z') => {
                reader.take(1);
                at.offset = 0;
            }
            form => at.offset = reader.offset(form)?,
        }
    }
    if !reader.0.is_empty() {
        return None;
    }
    match afternoon {
        Some(true) if at.hour < 12 => at.hour += 12,
        Some(false) if at.hour == 12 => at.hour = 0,
        _ => {}
    }
    if let Some(number) = of_year {
        let (year, month, day) = date(days(at.year, 1, number));
        if number < 1
            || year != at.year
            || (at.month > 0 && at.month != month)
            || (at.day > 0 && at.day != day)
        {
            return None;
        }
        (at.month, at.day) = (month, day);
    }
    (at.month, at.day) = (at.month.max(1), at.day.max(1));
    let (_, month, day) = date(days(at.year, at.month, at.day));
    ((month, day) == (at.month, at.day)).then_some(at)
}
