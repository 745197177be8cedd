//! Grading: what should become of an asset, judged on a day.
//!
//! Grading is a pure function of its inputs, the rules and the day, past or future. It allocates
//! nothing for an asset that nobody touched by hand: names are borrowed, rules shared. The
//! judgement itself is in [`Reason::recompute`]; [`grade`] only gathers what it needs, so that a
//! reason proves its grade by construction.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::class::ClassId;
use crate::clock::Clock;
use crate::id::RemoteId;
use crate::kind::Kind;
use crate::os::OsSupport;
use crate::policy::Policies;
use crate::reason::{Reason, ReasonInputs, ReasonOs};
use crate::rule::RuleSet;

/// What should become of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// A person accepted the risk until a day.
    Kept,
    /// A needed input is missing.
    Unknown,
    /// A counted clock has ended.
    Replace,
    /// A counted clock ends soon.
    Plan,
    /// Nothing to do.
    Healthy,
}

impl Grade {
    /// Every grade, in the order of the default rules.
    pub const ALL: [Grade; 5] =
        [Grade::Kept, Grade::Unknown, Grade::Replace, Grade::Plan, Grade::Healthy];

    /// The public name, such as `replace`.
    pub fn name(self) -> &'static str {
        match self {
            Grade::Kept => "kept",
            Grade::Unknown => "unknown",
            Grade::Replace => "replace",
            Grade::Plan => "plan",
            Grade::Healthy => "healthy",
        }
    }

    /// What a person reads.
    pub fn title(self) -> &'static str {
        match self {
            Grade::Kept => "Kept",
            Grade::Unknown => "Unknown",
            Grade::Replace => "Replace",
            Grade::Plan => "Plan",
            Grade::Healthy => "Healthy",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A person's acceptance of a risk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The last day it holds.
    pub until: Date,
    /// In the person's words.
    pub reason: String,
}

/// A grade that a person gave. It is kept through every sync and shown as manual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    /// The grade.
    pub grade: Grade,
    /// In the person's words.
    pub reason: String,
}

/// What an asset is graded by.
#[derive(Debug, Clone, Copy)]
pub struct GradeInput<'a> {
    /// Its kind.
    pub kind: Kind,
    /// Its class, for the policy age.
    pub class: Option<ClassId>,
    /// Its client, for the policy age.
    pub client: Option<&'a RemoteId>,
    /// When it was bought.
    pub purchased_on: Option<Date>,
    /// The last day of its warranty.
    pub warranty_ends_on: Option<Date>,
    /// The end of support of its operating system; `None` where that is not known.
    pub os: Option<OsSupport>,
    /// A person's acceptance of the risk.
    pub kept: Option<&'a Kept>,
    /// A person's grade.
    pub manual: Option<&'a Manual>,
}

impl GradeInput<'_> {
    /// An asset of which nothing is known but its kind.
    pub fn of_kind(kind: Kind) -> GradeInput<'static> {
        GradeInput {
            kind,
            class: None,
            client: None,
            purchased_on: None,
            warranty_ends_on: None,
            os: None,
            kept: None,
            manual: None,
        }
    }
}

/// A grade with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Graded {
    /// The grade.
    pub grade: Grade,
    /// Whether a person gave it.
    pub is_manual: bool,
    /// Why, as data.
    pub reason: Reason,
}

impl Graded {
    /// The three clocks: policy age, warranty, operating system.
    pub fn clocks(&self) -> &[Clock; 3] {
        &self.reason.clocks
    }
}

/// Grades an asset on a day. The same inputs give the same grade, whatever the order they were
/// gathered in and whenever it is asked.
pub fn grade(input: &GradeInput<'_>, rules: &RuleSet, policies: &Policies, on: Date) -> Graded {
    let inputs = ReasonInputs {
        kind: input.kind,
        purchased_on: input.purchased_on,
        policy: policies.age(input.kind, input.class, input.client),
        warranty_ends_on: input.warranty_ends_on,
        os: input.os.map(|os| ReasonOs {
            name: Cow::Borrowed(os.name),
            ends_on: os.ends_on,
            basis: os.basis,
        }),
        counts: policies.kind(input.kind).counts,
        kept: input.kept.cloned(),
        manual: input.manual.cloned(),
    };
    Reason::judge(inputs, rules.clone(), on)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::OsMatcher;

    #[derive(Default)]
    struct Hand {
        kept: Option<Kept>,
        manual: Option<Manual>,
    }

    /// `kept:2027-01-01` or `manual:replace` or nothing.
    fn hand(text: &str) -> Hand {
        let reason = || "as agreed".to_owned();
        let mut hand = Hand::default();
        for word in text.split_whitespace() {
            match word.split_once(':') {
                Some(("kept", until)) => {
                    let until = until.parse().unwrap();
                    hand.kept = Some(Kept { until, reason: reason() });
                }
                Some((_, name)) => {
                    let grade = Grade::ALL.into_iter().find(|grade| grade.name() == name).unwrap();
                    hand.manual = Some(Manual { grade, reason: reason() });
                }
                None => {}
            }
        }
        hand
    }

    #[test]
    fn an_asset_is_graded_by_the_first_rule_that_matches() {
        // kind | bought | warranty ends | operating system | by hand | day | grade and rule
        let cases = "
            workstation | 2024-01-10 | -          | Windows 11 Pro 25H2 | - | 2025-01-10 | healthy healthy
            workstation | 2024-01-10 | -          | Windows 11 Pro 25H2 | - | 2026-10-12 | plan plan
            workstation | 2024-01-10 | -          | Windows 11 Pro 25H2 | - | 2027-10-12 | plan plan
            workstation | 2024-01-10 | -          | Windows 11 Pro 25H2 | - | 2027-10-13 | replace replace
            workstation | 2024-01-10 | -          | -                   | - | 2028-01-09 | healthy healthy
            workstation | 2024-01-10 | -          | -                   | - | 2028-01-10 | plan plan
            workstation | 2024-01-10 | -          | -                   | - | 2029-01-09 | plan plan
            workstation | 2024-01-10 | -          | -                   | - | 2029-01-10 | replace replace
            workstation | 2024-01-10 | 2020-01-01 | -                   | - | 2025-01-10 | healthy healthy
            workstation | -          | -          | Windows 10          | - | 2026-11-21 | unknown unknown
            laptop      | 2030-01-01 | -          | -                   | - | 2026-11-21 | healthy healthy
            server      | 2024-01-10 | 2026-11-21 | -                   | - | 2026-11-21 | plan plan
            server      | 2024-01-10 | 2026-11-20 | -                   | - | 2026-11-21 | replace replace
            server      | 2024-01-10 | -          | Windows Server 2012 R2 | - | 2023-10-10 | plan plan
            server      | 2024-01-10 | -          | Windows Server 2012 R2 | - | 2023-10-11 | replace replace
            switch      | 2024-01-10 | -          | -                   | - | 2026-11-21 | healthy healthy
            virtual_machine | -      | -          | Windows Server 2022 | - | 2026-11-21 | healthy healthy
            virtual_machine | -      | -          | macOS 26            | - | 2026-11-21 | healthy healthy
            virtual_machine | -      | -          | -                   | - | 2026-11-21 | unknown unknown
            laptop      | 2010-01-01 | -          | - | kept:2027-03-31 | 2027-03-31 | kept kept
            laptop      | 2010-01-01 | -          | - | kept:2027-03-31 | 2027-04-01 | replace replace
            laptop      | 2026-01-01 | -          | - | manual:replace  | 2026-11-21 | replace manual
            laptop      | -          | -          | - | manual:healthy  | 2026-11-21 | healthy manual
            laptop      | 2010-01-01 | -          | - | kept:2027-03-31 manual:plan | 2027-03-31 | kept kept
            laptop      | 2010-01-01 | -          | - | kept:2027-03-31 manual:plan | 2027-04-01 | plan manual
        ";
        for line in cases.lines().filter(|line| line.contains('|')) {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let hand = hand(cells[4]);
            let input = GradeInput {
                purchased_on: cells[1].parse().ok(),
                warranty_ends_on: cells[2].parse().ok(),
                os: OsMatcher::standard().lookup(cells[3]),
                kept: hand.kept.as_ref(),
                manual: hand.manual.as_ref(),
                ..GradeInput::of_kind(
                    Kind::ALL.into_iter().find(|kind| kind.name() == cells[0]).unwrap(),
                )
            };
            let on = cells[5].parse().unwrap();
            let graded = grade(&input, &RuleSet::default(), &Policies::default(), on);
            let rule = graded.reason.rule.clone().unwrap();
            assert_eq!(format!("{} {rule}", graded.grade), cells[6], "{line}");
            assert_eq!(graded.is_manual, rule == "manual", "{line}");
            assert_eq!(graded.reason.recompute(), graded.grade, "{line}");
        }
    }

    #[test]
    fn a_grade_is_asked_for_any_day_from_one_reason() {
        let bought = Date::constant(2020, 1, 15);
        let input = GradeInput { purchased_on: Some(bought), ..GradeInput::of_kind(Kind::Laptop) };
        let on = Date::constant(2026, 11, 21);
        let reason = grade(&input, &RuleSet::default(), &Policies::default(), on).reason;
        assert_eq!(reason.recompute(), Grade::Replace);
        assert_eq!(reason.on_date(Date::constant(2025, 1, 14)), Grade::Plan);
        assert_eq!(reason.on_date(Date::constant(2021, 1, 1)), Grade::Healthy);
    }
}
