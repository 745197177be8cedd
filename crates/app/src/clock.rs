//! The one place where the program reads the clock.

use jiff::civil::Date;

/// Now.
pub(crate) fn now() -> jiff::Timestamp {
    #[expect(clippy::disallowed_methods, reason = "time enters the program here")]
    jiff::Timestamp::now()
}

/// Milliseconds since 1970-01-01T00:00:00Z.
pub(crate) fn now_ms() -> i64 {
    now().as_millisecond()
}

/// Today, by UTC: grades change at the same instant for every node.
pub(crate) fn today() -> Date {
    date_of(now_ms())
}

fn date_of(at_ms: i64) -> Date {
    instant(at_ms).to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// ISO text of an instant.
pub(crate) fn iso(at_ms: i64) -> String {
    instant(at_ms).to_string()
}

fn instant(at_ms: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default()
}
