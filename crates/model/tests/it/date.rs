//! Any text may arrive as a date, a serial number or an operating system.

use almanac_model::date::{add_months, parse_date, parse_instant_ms};
use almanac_model::os::OsMatcher;
use almanac_model::quick_match::quick_match;
use almanac_model::serial::serial_number;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use proptest::prelude::*;

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in ".{0,40}") {
        let _ = (parse_date(&text), parse_instant_ms(&text));
        let _ = (OsMatcher::standard().lookup(&text), quick_match(&text), serial_number(&text));
    }

    #[test]
    fn no_text_that_looks_like_a_date_makes_a_parser_panic(
        text in "[0-9]{1,4}[-/. T:+]?[0-9é]{0,3}[-/. T:+]?[0-9]{0,4}[T ]?[0-9:.,]{0,16}[Zz+-]?[0-9:]{0,5}",
    ) {
        let _ = (parse_date(&text), parse_instant_ms(&text));
    }

    #[test]
    fn an_instant_survives_being_written(ms in 347_155_200_000_i64..253_370_764_800_000) {
        let written = jiff::Timestamp::from_millisecond(ms).unwrap().to_string();
        prop_assert_eq!(parse_instant_ms(&written), Ok(Some(ms)));
        let naive = written.trim_end_matches('Z');
        prop_assert_eq!(parse_instant_ms(naive), Ok(Some(ms)));
        let date: DateTime = naive.parse().unwrap();
        prop_assert_eq!(parse_date(naive), Ok(Some(date.date())));
    }

    #[test]
    fn adding_months_never_goes_back(day in 1_i8..=31, month in 1_i8..=12, months in 0_i32..2000) {
        let Ok(date) = Date::new(2024, month, day) else { return Ok(()); };
        let by_calendar = date.checked_add(months.months()).unwrap();
        let months = u32::try_from(months).unwrap();
        prop_assert_eq!(add_months(date, months), by_calendar);
        prop_assert!(add_months(date, months) <= add_months(date, months + 1));
        prop_assert!(add_months(date, months) >= date);
    }
}
