//! How old an asset is.
//!
//! Age counts whole months, so that an age reaches a policy of N months on exactly the day that
//! [`add_months`] names; years are only a way to show it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::date::add_months;

/// The age of an asset on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Age {
    /// Whole months since the purchase date.
    Months(u32),
    /// The purchase date is later than the day: shown as 0, with a warning.
    Future,
    /// There is no purchase date.
    Unknown,
}

impl Age {
    /// The age on `on` of what was bought on `purchased_on`.
    pub fn on(purchased_on: Option<Date>, on: Date) -> Age {
        match purchased_on {
            None => Age::Unknown,
            Some(bought) if bought > on => Age::Future,
            Some(bought) => Age::Months(whole_months(bought, on)),
        }
    }

    /// Whole months; 0 for a future date, `None` when unknown.
    pub fn months(self) -> Option<u32> {
        match self {
            Age::Months(months) => Some(months),
            Age::Future => Some(0),
            Age::Unknown => None,
        }
    }

    /// Years with one decimal, such as `7.4`; `None` when unknown.
    pub fn years(self) -> Option<String> {
        self.months().map(years_with_decimal)
    }

    /// What is doubtful about it, in words.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Age::Future => Some("The purchase date is in the future."),
            Age::Months(_) | Age::Unknown => None,
        }
    }
}

/// Whole months from `from` to `to`, 0 when `to` is earlier.
fn whole_months(from: Date, to: Date) -> u32 {
    let months = (i32::from(to.year()) - i32::from(from.year())) * 12 + i32::from(to.month())
        - i32::from(from.month());
    let months = u32::try_from(months).unwrap_or(0);
    if add_months(from, months) > to { months.saturating_sub(1) } else { months }
}

fn tenths(months: u32) -> u64 {
    (u64::from(months) * 10 + 6) / 12
}

/// Months as years with one decimal, halves rounded up.
pub fn years_with_decimal(months: u32) -> String {
    let tenths = tenths(months);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Months as years, without the decimal where it is 0: `5`, `5.5`.
pub fn years_short(months: u32) -> String {
    let tenths = tenths(months);
    if tenths.is_multiple_of(10) { (tenths / 10).to_string() } else { years_with_decimal(months) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_is_whole_months_shown_as_years() {
        let cases = "
            2020-01-15 2025-01-14 | 59 4.9
            2020-01-15 2025-01-15 | 60 5.0
            2020-02-29 2025-02-28 | 60 5.0
            2020-02-29 2025-02-27 | 59 4.9
            2024-01-31 2024-02-29 | 1 0.1
            2024-01-31 2024-02-28 | 0 0.0
            2019-06-01 2026-11-21 | 89 7.4
            2026-11-21 2026-11-21 | 0 0.0
            2026-11-22 2026-11-21 | 0 0.0
            none       2026-11-21 | unknown unknown
        ";
        for line in cases.lines().filter(|line| line.contains('|')) {
            let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "|").collect();
            let age = Age::on(words[0].parse().ok(), words[1].parse().unwrap());
            let months = age.months().map_or("unknown".to_owned(), |m| m.to_string());
            let years = age.years().unwrap_or("unknown".to_owned());
            assert_eq!([months.as_str(), years.as_str()], words[2..], "{line}");
        }
    }

    #[test]
    fn a_future_purchase_date_is_age_zero_with_a_warning() {
        let age = Age::on(Some(Date::constant(2030, 1, 1)), Date::constant(2026, 1, 1));
        assert_eq!(age, Age::Future);
        assert_eq!(age.years().as_deref(), Some("0.0"));
        assert!(age.warning().is_some());
    }

    #[test]
    fn a_policy_drops_its_decimal_when_it_has_none() {
        assert_eq!(years_short(60), "5");
        assert_eq!(years_short(66), "5.5");
    }
}
