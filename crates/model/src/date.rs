//! Dates and instants as PSAs write them.
//!
//! A value without a zone is UTC (HALO-API.md 2.4). "Not set" is a value too: an empty text, a
//! sentinel, a year that no record can have. It is never an error, and never a date.

use jiff::SignedDuration;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

/// Years up to this one are stand-ins for "no date" (HALO-API.md 2.4: 1899, 1900 and 1901 are
/// seen; nothing that an MSP manages is older than 1980).
const SENTINEL_YEAR_MAX: i16 = 1980;

/// .NET's largest date, used for "never ends".
const SENTINEL_YEAR_MIN: i16 = 9999;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A text that is neither a date nor a way to say "not set".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is not a date that can be read one way only")]
pub struct UnreadableDate;

/// Reads an instant in milliseconds since 1970 UTC; `None` is "not set".
///
/// Accepts ISO 8601 with any number of fraction digits (cut to milliseconds), with or without
/// zone, and a date alone (midnight UTC). Human forms have no instant and are an error.
pub fn parse_instant_ms(text: &str) -> Result<Option<i64>, UnreadableDate> {
    let text = text.trim();
    if is_blank(text) {
        return Ok(None);
    }
    let written = parse_iso(text).ok_or(UnreadableDate)?;
    if is_sentinel(written.date) {
        return Ok(None);
    }
    Ok(Some(written.instant_ms()))
}

/// Reads a calendar date as it is written, without moving it between zones; `None` is "not set".
///
/// Accepts what [`parse_instant_ms`] does, and human forms that can be read one way only:
/// `13/03/2024`, `2024/3/1`, `1 Mar 2024`, `March 1, 2024`. `01/03/2024` is an error.
pub fn parse_date(text: &str) -> Result<Option<Date>, UnreadableDate> {
    parse_date_in(text, Offset::UTC)
}

/// Reads a calendar date that the PSA keeps as an instant, for people in the zone `offset`.
///
/// A date that was entered at local noon or midnight arrives as the UTC time of that moment and
/// may carry the day before or after (quirk Q-26), so an ISO time is moved into the zone first.
/// Exact UTC midnight is a date alone and stays.
pub fn parse_date_in(text: &str, offset: Offset) -> Result<Option<Date>, UnreadableDate> {
    let text = text.trim();
    if is_blank(text) {
        return Ok(None);
    }
    let date = match parse_iso(text) {
        Some(written) => written.date_in(offset),
        None => parse_human(text).ok_or(UnreadableDate)?,
    };
    Ok((!is_sentinel(date)).then_some(date))
}

/// An ISO 8601 text in its parts.
struct Written {
    date: Date,
    time: Time,
    /// `None` is no zone, which means UTC.
    offset_s: Option<i32>,
}

impl Written {
    fn instant_ms(&self) -> i64 {
        let days = i64::from((self.date - Date::constant(1970, 1, 1)).get_days());
        let time_ms = i64::from(self.time.hour()) * 3_600_000
            + i64::from(self.time.minute()) * 60_000
            + i64::from(self.time.second()) * 1_000
            + i64::from(self.time.millisecond());
        days * 86_400_000 + time_ms - i64::from(self.offset_s.unwrap_or(0)) * 1_000
    }

    fn date_in(&self, offset: Offset) -> Date {
        // A zone in the text is the writer's own: the date is the one they saw.
        if self.offset_s.is_some_and(|s| s != 0)
            || offset == Offset::UTC
            || self.time == Time::midnight()
        {
            return self.date;
        }
        let moved = SignedDuration::from_secs(i64::from(offset.seconds()));
        self.date.to_datetime(self.time).checked_add(moved).map_or(self.date, |moved| moved.date())
    }
}

fn is_blank(text: &str) -> bool {
    text.is_empty() || text.starts_with("0000-00-00") || text.eq_ignore_ascii_case("null")
}

fn is_sentinel(date: Date) -> bool {
    date.year() <= SENTINEL_YEAR_MAX || date.year() >= SENTINEL_YEAR_MIN
}

/// The number at the start of `text`, exactly `digits` long, and what follows.
fn take_number(text: &str, digits: usize) -> Option<(i32, &str)> {
    let head = text.get(..digits)?;
    if !head.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((head.parse().ok()?, &text[digits..]))
}

fn civil(year: i32, month: i32, day: i32) -> Option<Date> {
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

fn parse_iso(text: &str) -> Option<Written> {
    let (year, rest) = take_number(text, 4)?;
    let (month, rest) = take_number(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = take_number(rest.strip_prefix('-')?, 2)?;
    let date = civil(year, month, day)?;
    if rest.is_empty() {
        let time = Time::midnight();
        return Some(Written { date, time, offset_s: None });
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (hour, rest) = take_number(rest, 2)?;
    let (minute, rest) = take_number(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => take_number(rest, 2)?,
        None => (0, rest),
    };
    let (millisecond, rest) = take_fraction(rest)?;
    let time = Time::new(
        hour.try_into().ok()?,
        minute.try_into().ok()?,
        second.try_into().ok()?,
        millisecond * 1_000_000,
    )
    .ok()?;
    let offset_s = take_offset(rest.trim_start())?;
    Some(Written { date, time, offset_s })
}

/// The fraction of a second in milliseconds, and what follows. No fraction is zero.
fn take_fraction(text: &str) -> Option<(i32, &str)> {
    let Some(rest) = text.strip_prefix(['.', ',']) else {
        return Some((0, text));
    };
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return None;
    }
    let mut milliseconds = 0;
    for position in 0..3 {
        let digit = if position < length { rest.as_bytes()[position] - b'0' } else { 0 };
        milliseconds = milliseconds * 10 + i32::from(digit);
    }
    Some((milliseconds, &rest[length..]))
}

/// The zone in seconds east of UTC; `Some(None)` where the text has none.
fn take_offset(text: &str) -> Option<Option<i32>> {
    if text.is_empty() {
        return Some(None);
    }
    if text.eq_ignore_ascii_case("z") {
        return Some(Some(0));
    }
    let sign = match text.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, rest) = take_number(&text[1..], 2)?;
    let (minutes, rest) = match rest.strip_prefix(':').unwrap_or(rest) {
        "" => (0, ""),
        rest => take_number(rest, 2)?,
    };
    if !rest.is_empty() || hours > 14 || minutes > 59 {
        return None;
    }
    Some(Some(sign * (hours * 3600 + minutes * 60)))
}

/// A date in one of the forms people type; a time of day after it is left out.
fn parse_human(text: &str) -> Option<Date> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let (year, rest) = take_number(text, 4)?;
        let (month, rest) = take_number(rest, 2)?;
        let (day, _) = take_number(rest, 2)?;
        return civil(year, month, day);
    }
    let mut parts = text
        .split(|c: char| c.is_whitespace() || matches!(c, '/' | '.' | '-' | ','))
        .filter(|part| !part.is_empty());
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    let is_clock = parts.next().is_none_or(|word| word.contains(':'));
    let is_half = parts
        .next()
        .is_none_or(|word| word.eq_ignore_ascii_case("am") || word.eq_ignore_ascii_case("pm"));
    if !is_clock || !is_half || parts.next().is_some() {
        return None;
    }
    if let Some(month) = month_named(a) {
        return civil(year_of(c)?, month, day_of(b)?);
    }
    if let Some(month) = month_named(b) {
        return civil(year_of(c)?, month, day_of(a)?);
    }
    if let Some(year) = year_of(a) {
        return civil(year, number(b)?, number(c)?);
    }
    let (first, second, year) = (number(a)?, number(b)?, year_of(c)?);
    match (first > 12, second > 12) {
        (true, false) => civil(year, second, first),
        (false, true) => civil(year, first, second),
        (false, false) if first == second => civil(year, first, second),
        _ => None,
    }
}

fn month_named(word: &str) -> Option<i32> {
    if word.len() < 3 || !word.is_ascii() {
        return None;
    }
    let word = word.to_ascii_lowercase();
    let at = MONTHS
        .iter()
        .position(|month| month.starts_with(&word) || word == "sept" && *month == "september")?;
    i32::try_from(at + 1).ok()
}

fn year_of(word: &str) -> Option<i32> {
    match take_number(word, 4)? {
        (year, "") => Some(year),
        _ => None,
    }
}

fn day_of(word: &str) -> Option<i32> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = &word[digits.len()..];
    if !matches!(suffix.to_ascii_lowercase().as_str(), "" | "st" | "nd" | "rd" | "th") {
        return None;
    }
    number(digits)
}

/// A number of one or two digits.
fn number(word: &str) -> Option<i32> {
    let is_short = (1..=2).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
    is_short.then(|| word.parse().ok()).flatten()
}

/// `date` moved by whole months, held to the last day of a shorter month and to the calendar's
/// ends: 31 January and one month is 28 or 29 February.
pub fn add_months(date: Date, months: u32) -> Date {
    // Plain numbers: this runs several times for each asset that is graded.
    let total = i64::from(date.year()) * 12 + i64::from(date.month()) - 1 + i64::from(months);
    let (Ok(year), Ok(month)) =
        (i16::try_from(total.div_euclid(12)), i8::try_from(total.rem_euclid(12) + 1))
    else {
        return Date::MAX;
    };
    Date::new(year, month, date.day())
        .or_else(|_| Date::new(year, month, 1).map(Date::last_of_month))
        .unwrap_or(Date::MAX)
}

/// `2025-10-14` as people read it: `14 Oct 2025`.
pub fn for_people(date: Date) -> String {
    let index = usize::try_from(date.month() - 1).expect("a month is 1 to 12");
    let month = MONTHS[index];
    let (initial, rest) = (month[..1].to_ascii_uppercase(), &month[1..3]);
    format!("{} {initial}{rest} {}", date.day(), date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match parse_date(text) {
            Ok(Some(date)) => date.to_string(),
            Ok(None) => "unset".to_owned(),
            Err(UnreadableDate) => "error".to_owned(),
        }
    }

    #[test]
    fn each_form_gives_the_date_it_says() {
        let cases = "
            2024-03-01                     | 2024-03-01
            2024-03-01T00:00:00            | 2024-03-01
            2024-03-01 23:59               | 2024-03-01
            2026-01-29T20:00:00.000Z       | 2026-01-29
            2024-03-01T00:00:00+02:00      | 2024-03-01
            2024/3/1                       | 2024-03-01
            2024.03.01                     | 2024-03-01
            20240301                       | 2024-03-01
            13/03/2024                     | 2024-03-13
            03/13/2024                     | 2024-03-13
            3/13/2024 12:00:00 AM          | 2024-03-13
            3/13/2024 12:00:00             | 2024-03-13
            05/05/2024                     | 2024-05-05
            01/03/2024                     | error
            1 Mar 2024                     | 2024-03-01
            01-Mar-2024                    | 2024-03-01
            March 1st, 2024                | 2024-03-01
            Sept 30 2023                   | 2023-09-30
            01/03/24                       | error
            2024-02-30                     | error
            2024-03-01T25:00:00            | error
            2024-03-01T10:00:00.Z          | error
            2024-03-01T10:00:00+25:00      | error
            next year                      | error
            5 years                        | error
            0000-00-00                     | unset
            1980-12-31                     | unset
            1981-01-01                     | 1981-01-01
            9999-12-31T23:59:59            | unset
        ";
        for line in cases.lines().filter(|line| line.contains('|')) {
            let (text, want) = line.split_once('|').unwrap();
            assert_eq!(shown(text), want.trim(), "{line}");
        }
    }

    #[test]
    fn q_24_sentinel_dates_are_not_set() {
        for text in [
            "1899-12-30T09:00:00",
            "1900-01-01T00:00:00",
            "1901-01-01T17:00:00",
            "1900-01-01",
            "0001-01-01T00:00:00",
            "01/01/1900",
            "",
            "   ",
            "null",
        ] {
            assert_eq!(parse_date(text), Ok(None), "{text:?}");
        }
        assert_eq!(parse_instant_ms("1900-01-01T00:00:00"), Ok(None));
    }

    #[test]
    fn q_25_fraction_digits_and_z_name_the_same_zone() {
        let second = parse_instant_ms("2026-10-03T06:24:10").unwrap().unwrap();
        assert_eq!(second, 1_791_008_650_000);
        let cases = [
            ("2026-10-03T06:24:10.00", 0),
            ("2026-10-03T06:24:10Z", 0),
            ("2026-10-03T06:24:10.967", 967),
            ("2026-10-03T06:24:10.38", 380),
            ("2026-10-03T06:24:10.4", 400),
            ("2026-10-03T06:24:10.9679999", 967),
            ("2026-10-03T08:24:10.967+02:00", 967),
            ("2026-10-03T01:24:10.967-0500", 967),
        ];
        for (text, ms) in cases {
            assert_eq!(parse_instant_ms(text), Ok(Some(second + ms)), "{text}");
        }
        assert_eq!(parse_instant_ms("2026-01-01"), Ok(Some(1_767_225_600_000)));
    }

    #[test]
    fn q_26_a_date_entered_at_local_noon_keeps_its_day() {
        let cases = [
            ("2024-02-29T23:00:00", 13, "2024-03-01"),
            ("2024-03-01T23:00:00", -11, "2024-03-01"),
            ("2024-03-01T00:00:00", 13, "2024-03-01"),
            ("2024-03-01T00:00:00", -11, "2024-03-01"),
            ("2026-01-29T20:00:00.000Z", 4, "2026-01-30"),
        ];
        for (text, hours, want) in cases {
            let date = parse_date_in(text, Offset::constant(hours)).unwrap();
            assert_eq!(date.unwrap().to_string(), want, "{text} {hours}");
        }
    }

    #[test]
    fn months_are_held_to_the_last_day() {
        let leap = Date::constant(2020, 2, 29);
        assert_eq!(add_months(leap, 60), Date::constant(2025, 2, 28));
        assert_eq!(add_months(leap, 10), Date::constant(2020, 12, 29));
        assert_eq!(add_months(leap, u32::MAX), Date::MAX);
        assert_eq!(add_months(Date::constant(9999, 12, 1), 1), Date::MAX);
        assert_eq!(for_people(Date::constant(2025, 10, 14)), "14 Oct 2025");
    }
}
