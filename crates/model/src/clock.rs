//! The three clocks that run out: policy age, warranty, support of the operating system.
//!
//! When a clock has ended on a day differs: a policy of 60 months is reached on its end date, so
//! it has ended from that day on; a warranty and an operating system are covered through their
//! end date, so they have ended from the day after. [`Clock::over_from`] is the one place that
//! knows.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::date::add_months;
use crate::policy::{Count, Counts};

/// Which clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockName {
    /// Age by policy, from the purchase date.
    PolicyAge,
    /// The maker's warranty.
    Warranty,
    /// Support of the operating system by its maker.
    OsSupport,
}

/// One clock of one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Which one.
    pub name: ClockName,
    /// When it ends: the day the policy age is reached, or the last day covered. `None` is not
    /// known, or never.
    pub ends_on: Option<Date>,
    /// Whether it counts for the asset.
    pub count: Count,
    /// Whether it is known: an operating system may be known to have no end date.
    pub is_known: bool,
}

impl Clock {
    /// The first day on which it has ended.
    pub fn over_from(&self) -> Option<Date> {
        let ends_on = self.ends_on?;
        match self.name {
            ClockName::PolicyAge => Some(ends_on),
            ClockName::Warranty | ClockName::OsSupport => ends_on.tomorrow().ok(),
        }
    }

    /// Whether it decides anything: it counts and is known.
    pub fn decides(&self) -> bool {
        self.count != Count::No && self.is_known
    }

    /// Whether it counts and has ended on `on`.
    pub fn has_ended(&self, on: Date) -> bool {
        self.decides() && self.over_from().is_some_and(|over| over <= on)
    }

    /// Whether it counts and its end date is at most `months` after `on`, or past.
    pub fn ends_within(&self, months: u32, on: Date) -> bool {
        self.decides() && self.ends_on.is_some_and(|end| end <= add_months(on, months))
    }

    /// Whether the asset cannot be graded for want of it.
    pub fn is_missing(&self) -> bool {
        self.count == Count::Needed && !self.is_known
    }
}

/// What clocks are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClockInputs {
    pub(crate) purchased_on: Option<Date>,
    pub(crate) policy_months: Option<u32>,
    pub(crate) warranty_ends_on: Option<Date>,
    /// The outer `None` is an unknown system, the inner one a system without an end date.
    pub(crate) os_ends_on: Option<Option<Date>>,
}

/// The three clocks, always in this order: policy age, warranty, operating system.
pub(crate) fn clocks(inputs: &ClockInputs, counts: Counts) -> [Clock; 3] {
    let policy_ends = match (inputs.purchased_on, inputs.policy_months) {
        (Some(bought), Some(months)) => Some(add_months(bought, months)),
        _ => None,
    };
    let clock =
        |name, ends_on: Option<Date>, count, is_known| Clock { name, ends_on, count, is_known };
    let warranty = inputs.warranty_ends_on;
    let os = inputs.os_ends_on;
    [
        clock(ClockName::PolicyAge, policy_ends, counts.age, policy_ends.is_some()),
        clock(ClockName::Warranty, warranty, counts.warranty, warranty.is_some()),
        clock(ClockName::OsSupport, os.flatten(), counts.os, os.is_some()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_ends_on_its_date_and_a_cover_the_day_after() {
        let end = Date::constant(2025, 10, 14);
        let before = end.yesterday().unwrap();
        let after = end.tomorrow().unwrap();
        for (name, want) in [
            (ClockName::PolicyAge, [false, true, true]),
            (ClockName::Warranty, [false, false, true]),
            (ClockName::OsSupport, [false, false, true]),
        ] {
            let clock = Clock { name, ends_on: Some(end), count: Count::WhenKnown, is_known: true };
            let ended = [before, end, after].map(|on| clock.has_ended(on));
            assert_eq!(ended, want, "{name:?}");
            let ignored = Clock { count: Count::No, ..clock };
            assert!(!ignored.has_ended(after));
        }
    }

    #[test]
    fn a_system_without_an_end_date_is_known_and_never_ends() {
        let inputs = ClockInputs {
            purchased_on: None,
            policy_months: Some(60),
            warranty_ends_on: None,
            os_ends_on: Some(None),
        };
        let counts = Counts { age: Count::Needed, warranty: Count::WhenKnown, os: Count::Needed };
        let [age, warranty, os] = clocks(&inputs, counts);
        assert!(age.is_missing() && !warranty.is_missing() && !os.is_missing());
        assert!(os.decides() && !os.has_ended(Date::MAX));
    }
}
