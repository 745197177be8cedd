//! Dates as Halo writes them, and as HTTP does.
//!
//! Written by hand because every list row has several and a page must cost far less than a
//! millisecond. Halo's form is naive UTC with 0 to 3 digits after the second (HALO-API.md 2.4).

/// Seconds in a day.
pub(crate) const DAY: i64 = 86_400;

/// "No date", as Halo stores it.
pub(crate) const SENTINELS: [&str; 3] =
    ["1900-01-01T00:00:00", "1899-12-30T00:00:00", "1901-01-01T00:00:00"];

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// Year, month and day of a count of days since 1970 (proleptic Gregorian).
pub(crate) fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_shifted + 2) / 5 + 1;
    let month = if month_shifted < 10 { month_shifted + 3 } else { month_shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

/// The year of an instant in seconds since 1970.
pub(crate) fn year(seconds: i64) -> i64 {
    civil(seconds.div_euclid(DAY)).0
}

/// Appends `2026-10-03T06:24:10`.
pub(crate) fn push_naive(out: &mut Vec<u8>, seconds: i64) {
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    let of_day = seconds.rem_euclid(DAY);
    push_digits(out, year, 4);
    for (sign, value) in [
        (b'-', i64::from(month)),
        (b'-', i64::from(day)),
        (b'T', of_day / 3_600),
        (b':', of_day / 60 % 60),
        (b':', of_day % 60),
    ] {
        out.push(sign);
        push_digits(out, value, 2);
    }
}

/// Appends `2026-10-03T06:24:10.967`, dropping zeros at the end as .NET's serialiser does
/// (`.38`, none at all for whole seconds: HCLI).
pub(crate) fn push_naive_millis(out: &mut Vec<u8>, millis: i64) {
    push_naive(out, millis.div_euclid(1_000));
    let mut fraction = millis.rem_euclid(1_000);
    if fraction == 0 {
        return;
    }
    let mut digits = 3;
    while fraction % 10 == 0 {
        fraction /= 10;
        digits -= 1;
    }
    out.push(b'.');
    push_digits(out, fraction, digits);
}

/// `20/02/2024`: how Halo's `display` of a date field reads on a British tenant.
pub(crate) fn display(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    format!("{day:02}/{month:02}/{year:04}")
}

/// `Sat, 21 Nov 2026 19:26:54 GMT`.
pub(crate) fn http(millis: i64) -> String {
    let seconds = millis.div_euclid(1_000);
    let days = seconds.div_euclid(DAY);
    let (year, month, day) = civil(days);
    let weekday = WEEKDAYS[usize::try_from(days.rem_euclid(7)).unwrap_or(0)];
    let month = MONTHS[usize::try_from(month - 1).unwrap_or(0)];
    let of_day = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Milliseconds since 1970 of a date a client sent: with or without time, fraction or zone
/// (without one it is UTC, KG). `None` when it is no date.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.as_millisecond());
    }
    let naive = text.parse::<jiff::civil::DateTime>().ok()?;
    naive.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_millisecond())
}

fn push_digits(out: &mut Vec<u8>, value: i64, width: usize) {
    let mut digits = [b'0'; 8];
    let mut rest = value.unsigned_abs();
    for place in (0..width).rev() {
        digits[place] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    out.extend_from_slice(&digits[..width]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(millis: i64) -> String {
        let mut out = Vec::new();
        push_naive_millis(&mut out, millis);
        String::from_utf8(out).expect("digits")
    }

    #[test]
    fn halos_form_has_no_zone_and_drops_zeros() {
        assert_eq!(naive(1_791_008_650_967), "2026-10-03T06:24:10.967");
        assert_eq!(naive(1_791_008_650_380), "2026-10-03T06:24:10.38");
        assert_eq!(naive(1_791_008_650_000), "2026-10-03T06:24:10");
        assert_eq!(naive(-2_208_988_800_000), "1900-01-01T00:00:00");
    }

    #[test]
    fn every_day_of_two_centuries_agrees_with_jiff() {
        let mut date = jiff::civil::date(1899, 12, 30);
        for days in -25_569..40_000 {
            let (year, month, day) = civil(days);
            let theirs = (i64::from(date.year()), date.month() as u32, date.day() as u32);
            assert_eq!((year, month, day), theirs);
            date = date.tomorrow().expect("within range");
        }
    }

    #[test]
    fn http_dates_name_the_weekday() {
        assert_eq!(http(1_795_289_214_000), "Sat, 21 Nov 2026 19:26:54 GMT");
        assert_eq!(http(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn dates_are_read_with_and_without_zone() {
        let noon = parse("2026-10-03T12:00:00Z");
        assert!(noon.is_some());
        assert_eq!(parse("2026-10-03T12:00:00"), noon);
        assert_eq!(parse("2026-10-03T13:00:00+01:00"), noon);
        assert_eq!(parse("2026-10-03"), noon.map(|noon| noon - 43_200_000));
        assert_eq!(parse("true"), None);
    }
}
