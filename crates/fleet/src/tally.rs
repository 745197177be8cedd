//! Counts and sums over assets: of a client, of a filter, of everything.
//!
//! An asset is due when it is graded Replace (now) or Plan (within 12 months by the default
//! rules), so that counts agree with the filter by grade. Amounts are minor units of the fleet's
//! one currency; an asset whose class is in another one is counted apart, never added.

use almanac_model::age::Age;
use almanac_model::budget::Quarter;
use almanac_model::date::add_months;
use almanac_model::grade::Grade;
use almanac_model::money::Currency;
use jiff::civil::Date;

use crate::asset::FleetAsset;

/// Counts and sums over assets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many assets.
    pub assets: u32,
    /// How many of each grade, in the order of [`Grade::ALL`].
    pub grades: [u32; Grade::ALL.len()],
    /// How many have a counted clock that has ended, those kept left out.
    pub overdue: u32,
    /// How many have no purchase date.
    pub undated: u32,
    /// What replacing those graded Replace costs, in minor units.
    pub money_now: i64,
    /// What replacing those graded Replace or Plan costs, in minor units.
    pub money_due: i64,
    /// What falls into the current financial year by replacement quarter, in minor units.
    pub money_this_year: i64,
    /// What falls into the next financial year, in minor units.
    pub money_next_year: i64,
    /// How many have an amount in another currency, which no sum holds.
    pub other_currency: u32,
}

/// The financial years around a day, and the currency of sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Calendar {
    pub(crate) currency: Currency,
    this_year: Quarter,
    next_year: Quarter,
    year_after: Quarter,
}

impl Calendar {
    /// The years around `on` that begin with the month `first_month`, 1 to 12. A quarter belongs
    /// to the year that its last day is in, which matters only to years that begin inside one.
    pub(crate) fn new(currency: Currency, first_month: i8, on: Date) -> Calendar {
        let first_month = first_month.clamp(1, 12);
        let year = if on.month() >= first_month { on.year() } else { on.year() - 1 };
        let start = Date::new(year, first_month, 1).unwrap_or(on);
        Calendar {
            currency,
            this_year: Quarter::of(start),
            next_year: Quarter::of(add_months(start, 12)),
            year_after: Quarter::of(add_months(start, 24)),
        }
    }
}

impl Tally {
    /// How many are graded so.
    pub fn of(&self, grade: Grade) -> u32 {
        self.grades[place(grade)]
    }

    /// How many are due now or within 12 months.
    pub fn due(&self) -> u32 {
        self.of(Grade::Replace) + self.of(Grade::Plan)
    }

    pub(crate) fn add(&mut self, asset: &FleetAsset, calendar: &Calendar) {
        self.assets += 1;
        self.grades[place(asset.grade)] += 1;
        self.overdue += u32::from(asset.is_overdue);
        self.undated += u32::from(asset.age == Age::Unknown);
        let (Some(money), Some(quarter)) = (asset.amount, asset.quarter) else { return };
        if money.currency != calendar.currency {
            self.other_currency += 1;
            return;
        }
        if asset.grade == Grade::Replace {
            self.money_now += money.minor;
        }
        if asset.is_due() {
            self.money_due += money.minor;
        }
        if (calendar.this_year..calendar.next_year).contains(&quarter) {
            self.money_this_year += money.minor;
        } else if (calendar.next_year..calendar.year_after).contains(&quarter) {
            self.money_next_year += money.minor;
        }
    }

    /// Adds what another tally holds.
    pub fn add_all(&mut self, other: &Tally) {
        self.assets += other.assets;
        for (sum, count) in self.grades.iter_mut().zip(other.grades) {
            *sum += count;
        }
        self.overdue += other.overdue;
        self.undated += other.undated;
        self.money_now += other.money_now;
        self.money_due += other.money_due;
        self.money_this_year += other.money_this_year;
        self.money_next_year += other.money_next_year;
        self.other_currency += other.other_currency;
    }
}

/// A grade's place in [`Grade::ALL`].
pub(crate) fn place(grade: Grade) -> usize {
    match grade {
        Grade::Kept => 0,
        Grade::Unknown => 1,
        Grade::Replace => 2,
        Grade::Plan => 3,
        Grade::Healthy => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grade_counts_at_its_own_place() {
        for (at, grade) in Grade::ALL.into_iter().enumerate() {
            assert_eq!(place(grade), at);
        }
    }

    #[test]
    fn a_financial_year_begins_with_its_month() {
        let currency = Currency::new("GBP").unwrap();
        let quarter = |text: &str| Quarter::of(text.parse().unwrap());
        for (on, first_month, this_year, next_year) in [
            ("2026-11-21", 1, "2026-01-01", "2027-01-01"),
            ("2026-11-21", 4, "2026-04-01", "2027-04-01"),
            ("2026-03-31", 4, "2025-04-01", "2026-04-01"),
            ("2026-04-01", 4, "2026-04-01", "2027-04-01"),
            ("2026-01-15", 2, "2025-01-01", "2026-01-01"),
        ] {
            let calendar = Calendar::new(currency, first_month, on.parse().unwrap());
            assert_eq!(calendar.this_year, quarter(this_year), "{on} {first_month}");
            assert_eq!(calendar.next_year, quarter(next_year), "{on} {first_month}");
        }
    }
}
