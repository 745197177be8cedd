//! When an asset is due to be replaced, and what that puts into the budget.
//!
//! The replacement quarter is the calendar quarter in which the first counted clock runs out.
//! What has run out already is overdue and falls into the quarter of the day it is judged on.
//! Two decisions of a person move it: a kept asset is not due before the quarter in which the
//! acceptance ends, and one graded Replace by hand is due now. Other grades given by hand leave
//! the money where the clocks put it.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::class::{Class, ClassId};
use crate::clock::Clock;
use crate::grade::{Grade, Graded};
use crate::money::Money;

/// A calendar quarter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Quarter {
    year: i16,
    quarter: i8,
}

impl Quarter {
    /// The quarter that holds a day.
    pub fn of(date: Date) -> Quarter {
        Quarter { year: date.year(), quarter: (date.month() - 1) / 3 + 1 }
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// 1 to 4.
    pub fn number(self) -> i8 {
        self.quarter
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Q{}", self.year, self.quarter)
    }
}

/// When an asset is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// The quarter it is due in.
    pub quarter: Quarter,
    /// Whether a counted clock has ended already.
    pub is_overdue: bool,
}

/// What one asset puts into the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetLine {
    /// When.
    pub replacement: Replacement,
    /// The class that gives the amount.
    pub class: ClassId,
    /// The class's total.
    pub amount: Money,
}

impl BudgetLine {
    /// The line of an asset of this class.
    pub fn new(replacement: Replacement, class: &Class) -> BudgetLine {
        BudgetLine { replacement, class: class.id, amount: class.total() }
    }
}

/// When a graded asset is due, `None` where no counted clock runs out.
pub fn replacement(graded: &Graded) -> Option<Replacement> {
    let reason = &graded.reason;
    let on = reason.on;
    let now = Quarter::of(on);
    let by_clocks = reason
        .clocks
        .iter()
        .filter(|clock| clock.decides())
        .filter_map(|clock: &Clock| Some((clock.ends_on?, clock.has_ended(on))))
        .min()
        .map(|(ends_on, has_ended)| Replacement {
            quarter: if has_ended { now } else { Quarter::of(ends_on) },
            is_overdue: has_ended,
        });
    match graded.grade {
        Grade::Kept => {
            let kept = reason.inputs.kept.as_ref().map(|kept| Quarter::of(kept.until));
            by_clocks.map(|due| Replacement {
                quarter: kept.map_or(due.quarter, |kept| due.quarter.max(kept)),
                is_overdue: false,
            })
        }
        Grade::Replace if graded.is_manual => Some(Replacement {
            quarter: now,
            is_overdue: by_clocks.is_some_and(|due| due.is_overdue),
        }),
        _ => by_clocks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::{GradeInput, Kept, Manual, grade};
    use crate::kind::Kind;
    use crate::policy::Policies;
    use crate::rule::RuleSet;

    fn due(input: &GradeInput<'_>) -> String {
        let on = Date::constant(2026, 11, 21);
        let graded = grade(input, &RuleSet::default(), &Policies::default(), on);
        match replacement(&graded) {
            None => "never".to_owned(),
            Some(Replacement { quarter, is_overdue: true }) => format!("{quarter} overdue"),
            Some(Replacement { quarter, is_overdue: false }) => quarter.to_string(),
        }
    }

    fn server(bought: &str, warranty: &str) -> GradeInput<'static> {
        GradeInput {
            purchased_on: bought.parse().ok(),
            warranty_ends_on: warranty.parse().ok(),
            ..GradeInput::of_kind(Kind::Server)
        }
    }

    #[test]
    fn an_asset_is_due_in_the_quarter_of_the_first_clock() {
        for (bought, warranty, want) in [
            ("2024-04-01", "-", "2031 Q2"),
            ("2024-03-31", "-", "2031 Q1"),
            ("2024-04-01", "2027-03-31", "2027 Q1"),
            ("2024-04-01", "2026-11-21", "2026 Q4"),
            ("2024-04-01", "2026-11-20", "2026 Q4 overdue"),
            ("2010-04-01", "2030-01-01", "2026 Q4 overdue"),
            ("-", "2030-01-01", "2030 Q1"),
            ("-", "-", "never"),
        ] {
            assert_eq!(due(&server(bought, warranty)), want, "{bought} {warranty}");
        }
    }

    #[test]
    fn a_kept_asset_waits_and_one_replaced_by_hand_does_not() {
        let reason = "as agreed".to_owned();
        let kept = Kept { until: Date::constant(2027, 8, 1), reason: reason.clone() };
        let old = GradeInput { kept: Some(&kept), ..server("2010-04-01", "-") };
        assert_eq!(due(&old), "2027 Q3");
        let young = GradeInput { kept: Some(&kept), ..server("2024-04-01", "-") };
        assert_eq!(due(&young), "2031 Q2");
        let manual = Manual { grade: Grade::Replace, reason };
        let young = GradeInput { manual: Some(&manual), ..server("2024-04-01", "-") };
        assert_eq!(due(&young), "2026 Q4");
    }
}
