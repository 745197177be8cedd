//! How numbers, money, dates and ages are written (DESIGN 12 and 18).
//!
//! `ui/src/ages.ts` keeps ages true in the browser by the same steps: change both together.

use almanac_model::age::years_with_decimal;
use almanac_model::budget::Quarter;
use almanac_model::money::{Currency, Money};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use maud::html;

use super::sample::Sample;

/// A minus that is as wide as a digit; the hyphen is for words.
const MINUS: char = '\u{2212}';
const NO_BREAK: char = '\u{a0}';
/// A weekday helps within two weeks, and only then.
const WEEKDAY_DAYS_MAX: i32 = 14;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A whole number with thousands: `15,295`, `−3`.
pub(crate) fn number(value: i64) -> String {
    let mut text = String::new();
    push_number(&mut text, value);
    text
}

/// The same at the end of a text: a page has hundreds of them.
fn push_number(text: &mut String, value: i64) {
    // Twenty digits and a comma between each three of them.
    let mut digits = [0; 26];
    let (mut at, mut rest, mut count) = (digits.len(), value.unsigned_abs(), 0);
    loop {
        if count > 0 && count % 3 == 0 {
            at -= 1;
            digits[at] = b',';
        }
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        (rest, count) = (rest / 10, count + 1);
        if rest == 0 {
            break;
        }
    }
    text.reserve(digits.len() - at + MINUS.len_utf8());
    if value < 0 {
        text.push(MINUS);
    }
    text.extend(digits[at..].iter().map(|&digit| char::from(digit)));
}

/// A difference: `+6`, `−3`, `0`.
pub(crate) fn difference(value: i64) -> String {
    if value > 0 { format!("+{}", number(value)) } else { number(value) }
}

/// A share of a whole in percent, rounded down, so that nothing is done before it is: `64%`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    format!("{}%", share_percent(part, whole))
}

/// The whole percents of a share, 0 to 100; of nothing, all is done.
pub(crate) fn share_percent(part: u64, whole: u64) -> u64 {
    if whole == 0 { 100 } else { (u128::from(part) * 100 / u128::from(whole)).min(100) as u64 }
}

/// A count with its noun: `1 asset`, `118 assets`.
pub(crate) fn count(value: i64, one: &str, many: &str) -> String {
    format!("{} {}", number(value), if value == 1 { one } else { many })
}

/// Money without decimals, for lists: `£63,660`. Half a unit and more rounds away from zero.
pub(crate) fn money(money: Money) -> String {
    let unit = minor_per_unit(money);
    let half = unit / 2 * money.minor.signum();
    amount(money, (money.minor + half) / unit, None)
}

/// Money with decimals, for details and exports: `£63,660.50`.
pub(crate) fn money_exact(money: Money) -> String {
    let unit = minor_per_unit(money);
    let decimals = (unit > 1).then(|| format!(".{:02}", money.minor.unsigned_abs() % 100));
    amount(money, money.minor / unit, decimals)
}

/// Currencies without a smaller unit are few; ISO 4217 lists them.
fn minor_per_unit(money: Money) -> i64 {
    match money.currency.code() {
        "JPY" | "KRW" | "ISK" | "CLP" | "VND" | "XAF" | "XOF" | "XPF" => 1,
        _ => 100,
    }
}

fn amount(money: Money, units: i64, decimals: Option<String>) -> String {
    let sign = if money.minor < 0 && (units != 0 || decimals.is_some()) { "\u{2212}" } else { "" };
    let mut text = String::from(sign);
    match money.currency.code() {
        "GBP" => text.push('£'),
        "EUR" => text.push('€'),
        "USD" => text.push('$'),
        "AUD" => text.push_str("A$"),
        "CAD" => text.push_str("C$"),
        "NZD" => text.push_str("NZ$"),
        code => {
            text.push_str(code);
            text.push(NO_BREAK);
        }
    }
    push_number(&mut text, units.saturating_abs());
    text.push_str(&decimals.unwrap_or_default());
    text
}

/// A day: `26 Nov 2026`.
pub(crate) fn date(day: Date) -> String {
    format!("{} {} {}", day.day(), month(day.month()), day.year())
}

/// A day that is near: with its weekday within two weeks, without its year within half a year.
pub(crate) fn near_date(day: Date, today: Date) -> String {
    let days = (day - today).get_days();
    if (0..=WEEKDAY_DAYS_MAX).contains(&days) {
        return format!("{} {} {}", weekday(day), day.day(), month(day.month()));
    }
    let is_near = today.checked_add(6.months()).is_ok_and(|end| day >= today && day < end);
    if is_near { format!("{} {}", day.day(), month(day.month())) } else { date(day) }
}

fn weekday(day: Date) -> &'static str {
    const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let at = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default();
    WEEKDAYS[at]
}

fn month(number: i8) -> &'static str {
    MONTHS[usize::try_from(number - 1).expect("months are 1 to 12")]
}

/// A calendar quarter by its months, since nobody should need to know whose year it is:
/// `Jan–Mar 2027`.
pub(crate) fn quarter(quarter: Quarter) -> String {
    let first = (quarter.number() - 1) * 3 + 1;
    format!("{}–{} {}", month(first), month(first + 2), quarter.year())
}

/// An age in years to one decimal, from whole months: `7.4 y`, rounded as the reasons of grades are.
pub(crate) fn years(months: u32) -> String {
    format!("{}{NO_BREAK}y", years_with_decimal(months))
}

/// How long something took: `0.4 s`, `36 s`, `2 min 51 s`, `1 h 5 min`.
pub(crate) fn duration(ms: i64) -> String {
    let ms = ms.max(0);
    let seconds = ms / 1000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, ms % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// The age of an instant: seconds, then minutes, then clock time, then date.
pub(crate) fn age(at_ms: i64, now_ms: i64, zone: &TimeZone) -> String {
    let seconds = (now_ms - at_ms).max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        _ => {
            let (at, now) = (civil(at_ms, zone), civil(now_ms, zone));
            if at.date() == now.date() {
                format!("{:02}:{:02}", at.hour(), at.minute())
            } else {
                date(at.date())
            }
        }
    }
}

/// Whether an age by [`age`] counts from now, unlike a clock time or a date.
pub(crate) fn is_span(age: &str) -> bool {
    age.ends_with(" s") || age.ends_with(" min")
}

/// When something was, in a sentence: `40 s ago`, `4 min ago`, `at 07:11`, `on 22 Nov 2026`.
pub(crate) fn ago(at_ms: i64, now_ms: i64, zone: &TimeZone) -> String {
    match age(at_ms, now_ms, zone) {
        span if is_span(&span) => format!("{span} ago"),
        time if time.contains(':') => format!("at {time}"),
        date => format!("on {date}"),
    }
}

/// Since when something lasts, in a sentence: `for 4 min`, `since 07:11`, `since 22 Nov 2026`.
pub(crate) fn lasting(from_ms: i64, now_ms: i64, zone: &TimeZone) -> String {
    let age = age(from_ms, now_ms, zone);
    format!("{} {age}", if is_span(&age) { "for" } else { "since" })
}

/// A clock time to the second: `09:40:22`.
pub(crate) fn clock_time(at_ms: i64, zone: &TimeZone) -> String {
    let at = civil(at_ms, zone);
    format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
}

/// A day and a clock time: `26 Nov 2026, 09:40`.
pub(crate) fn date_time(at_ms: i64, zone: &TimeZone) -> String {
    let at = civil(at_ms, zone);
    format!("{}, {:02}:{:02}", date(at.date()), at.hour(), at.minute())
}

/// For machines, in `datetime` attributes and exports: `2026-11-26T09:40:22Z`.
pub(crate) fn iso(at_ms: i64) -> String {
    timestamp(at_ms).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn civil(at_ms: i64, zone: &TimeZone) -> jiff::civil::DateTime {
    zone.to_datetime(timestamp(at_ms))
}

/// What lies outside of time as the calendar knows it is shown as its nearest end.
fn timestamp(at_ms: i64) -> Timestamp {
    let end = if at_ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(at_ms).unwrap_or(end)
}

/// Samples for the styleguide, at Monday 23 November 2026, 09:41.
pub(super) fn samples() -> Vec<Sample> {
    const NOW_MS: i64 = 1_795_426_860_000;
    let pounds = Currency::new("GBP").expect("three letters");
    let sum = Money { minor: 6_366_050, currency: pounds };
    let (today, zone) = (Date::constant(2026, 11, 23), TimeZone::UTC);
    let rows = [
        (
            "Numbers",
            [number(15_295), difference(-3), percent(2180, 3412), count(118, "asset", "assets")],
        ),
        ("Money", [money(sum), money_exact(sum), years(89), quarter(Quarter::of(today))]),
        (
            "Days",
            [
                date(today),
                near_date(Date::constant(2026, 11, 26), today),
                date_time(NOW_MS, &zone),
                iso(NOW_MS),
            ],
        ),
        (
            "Times",
            [
                age(NOW_MS - 40_000, NOW_MS, &zone),
                clock_time(NOW_MS, &zone),
                duration(171_000),
                duration(400),
            ],
        ),
    ];
    let sample = html! {
        ul.guide-rows {
            @for (name, values) in rows {
                li { span { (name) } span.sample.tabular { @for value in values { span { (value) } } } }
            }
        }
    };
    vec![Sample::new("Numbers, money, dates", html! { div.pad { (sample) } })]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(minor: i64, code: &str) -> Money {
        Money { minor, currency: Currency::new(code).unwrap() }
    }

    #[test]
    fn numbers_have_thousands_and_a_real_minus() {
        let all: Vec<_> = [0, 7, 999, 1000, 15_295, -61, -1_234_567, i64::MIN].map(number).into();
        assert_eq!(
            all,
            ["0", "7", "999", "1,000", "15,295", "−61", "−1,234,567", "−9,223,372,036,854,775,808"]
        );
        assert_eq!([6, 0, -3].map(difference), ["+6", "0", "−3"]);
        assert_eq!(count(1, "asset", "assets"), "1 asset");
        assert_eq!(count(1118, "asset", "assets"), "1,118 assets");
    }

    #[test]
    fn a_share_is_never_rounded_up() {
        assert_eq!(percent(2180, 3412), "63%");
        assert_eq!(percent(3411, 3412), "99%");
        assert_eq!(percent(0, 0), "100%");
        assert_eq!(percent(u64::MAX, u64::MAX - 1), "100%");
    }

    #[test]
    fn money_is_short_in_lists_and_exact_in_details() {
        assert_eq!(money(of(6_366_050, "GBP")), "£63,661");
        assert_eq!(money_exact(of(6_366_050, "GBP")), "£63,660.50");
        assert_eq!(money(of(-49, "EUR")), "€0");
        assert_eq!(money_exact(of(-49, "EUR")), "−€0.49");
        assert_eq!(money(of(-94_000, "USD")), "−$940");
        assert_eq!(money(of(124_000, "CHF")), "CHF\u{a0}1,240");
        assert_eq!(money_exact(of(1240, "JPY")), "JPY\u{a0}1,240");
    }

    #[test]
    fn days_quarters_and_ages_of_things() {
        let today = Date::constant(2026, 11, 23);
        assert_eq!(date(Date::constant(2026, 11, 26)), "26 Nov 2026");
        assert_eq!(near_date(Date::constant(2026, 11, 26), today), "Thu 26 Nov");
        assert_eq!(near_date(Date::constant(2027, 1, 12), today), "12 Jan");
        assert_eq!(near_date(Date::constant(2026, 11, 22), today), "22 Nov 2026");
        assert_eq!(near_date(Date::constant(2027, 8, 1), today), "1 Aug 2027");
        assert_eq!(quarter(Quarter::of(Date::constant(2027, 2, 1))), "Jan–Mar 2027");
        assert_eq!(quarter(Quarter::of(Date::constant(2026, 12, 31))), "Oct–Dec 2026");
        assert_eq!(years(89), "7.4\u{a0}y");
        assert_eq!(years(0), "0.0\u{a0}y");
    }

    #[test]
    fn durations_fit_their_size() {
        let all = [-5, 400, 9999, 36_400, 171_000, 3_900_000].map(duration);
        assert_eq!(all, ["0.0 s", "0.4 s", "9.9 s", "36 s", "2 min 51 s", "1 h 5 min"]);
    }

    #[test]
    fn ages_go_from_seconds_to_minutes_to_clock_time_to_date() {
        let now = "2026-11-23T09:41:02Z".parse::<Timestamp>().unwrap().as_millisecond();
        let said = |seconds: i64| age(now - seconds * 1000, now, &TimeZone::UTC);
        assert_eq!(said(-5), "0 s");
        assert_eq!(said(40), "40 s");
        assert_eq!(said(240), "4 min");
        assert_eq!(said(9000), "07:11");
        assert_eq!(said(86_400), "22 Nov 2026");
        let in_sentences = |seconds: i64| {
            let at = now - seconds * 1000;
            (ago(at, now, &TimeZone::UTC), lasting(at, now, &TimeZone::UTC))
        };
        assert_eq!(in_sentences(40), ("40 s ago".to_owned(), "for 40 s".to_owned()));
        assert_eq!(in_sentences(240), ("4 min ago".to_owned(), "for 4 min".to_owned()));
        assert_eq!(in_sentences(9000), ("at 07:11".to_owned(), "since 07:11".to_owned()));
        let yesterday = ("on 22 Nov 2026".to_owned(), "since 22 Nov 2026".to_owned());
        assert_eq!(in_sentences(86_400), yesterday);
        assert_eq!(clock_time(now, &TimeZone::UTC), "09:41:02");
        assert_eq!(date_time(now, &TimeZone::UTC), "23 Nov 2026, 09:41");
        assert_eq!(iso(now), "2026-11-23T09:41:02Z");
        assert_eq!(iso(i64::MAX), "9999-12-30T22:00:00Z");
    }
}
