//! A grade follows from its inputs alone, and time makes nothing younger.

use almanac_model::clock::ClockName;
use almanac_model::grade::{Grade, GradeInput, Graded, Kept, Manual, grade};
use almanac_model::kind::Kind;
use almanac_model::os::{OsMatcher, OsSupport};
use almanac_model::policy::{Count, Counts, KindPolicy, Policies};
use almanac_model::reason::Reason;
use almanac_model::rule::{Condition, Rule, RuleSet};
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;
use proptest::sample::select;

#[derive(Debug, Clone)]
struct Case {
    kind: Kind,
    purchased_on: Option<Date>,
    warranty_ends_on: Option<Date>,
    os: Option<OsSupport>,
    kept: Option<Kept>,
    manual: Option<Manual>,
    policies: Policies,
    rules: RuleSet,
    on: Date,
}

impl Case {
    fn graded_on(&self, on: Date) -> Graded {
        let input = GradeInput {
            purchased_on: self.purchased_on,
            warranty_ends_on: self.warranty_ends_on,
            os: self.os,
            kept: self.kept.as_ref(),
            manual: self.manual.as_ref(),
            ..GradeInput::of_kind(self.kind)
        };
        grade(&input, &self.rules, &self.policies, on)
    }
}

fn date() -> impl Strategy<Value = Date> {
    (0_i32..25_000).prop_map(|days| Date::constant(1981, 1, 1) + days.days())
}

fn os() -> impl Strategy<Value = Option<OsSupport>> {
    let facts = OsMatcher::standard().facts();
    proptest::option::of((0..facts.len()).prop_map(|at| OsSupport::from(&facts[at])))
}

fn policies() -> impl Strategy<Value = Policies> {
    let count = || select(vec![Count::No, Count::WhenKnown, Count::Needed]);
    let months = proptest::option::of(0_u32..200);
    (select(Kind::ALL.to_vec()), months, count(), count(), count()).prop_map(
        |(kind, age_months, age, warranty, os)| {
            let mut policies = Policies::default();
            let counts = Counts { age, warranty, os };
            policies.set_kind(kind, KindPolicy { age_months, counts });
            policies
        },
    )
}

fn rules() -> impl Strategy<Value = RuleSet> {
    let clock = || {
        let names = [ClockName::PolicyAge, ClockName::Warranty, ClockName::OsSupport];
        proptest::option::of(select(names.to_vec()))
    };
    let condition = prop_oneof![
        Just(Condition::Kept),
        Just(Condition::Manual),
        Just(Condition::Missing),
        Just(Condition::Always),
        clock().prop_map(|only| Condition::Ended { only }),
        (0_u32..40, clock()).prop_map(|(months, only)| Condition::EndsWithin { months, only }),
    ];
    let grades = proptest::option::of(select(Grade::ALL.to_vec()));
    let edited = proptest::collection::vec((condition, grades), 0..6).prop_map(|rules| {
        let rules = ('a'..).zip(rules).map(|(id, (when, grade))| Rule {
            id: id.to_string().into(),
            when,
            grade,
        });
        RuleSet::new(2, rules.collect()).expect("each letter is used once")
    });
    prop_oneof![Just(RuleSet::default()), edited]
}

fn case() -> impl Strategy<Value = Case> {
    let reason = || "as agreed".to_owned();
    let kept = date().prop_map(move |until| Kept { until, reason: reason() });
    let manual =
        select(Grade::ALL.to_vec()).prop_map(move |grade| Manual { grade, reason: reason() });
    let by_hand = (proptest::option::weighted(0.2, kept), proptest::option::weighted(0.2, manual));
    let dates = (proptest::option::of(date()), proptest::option::of(date()), date());
    (select(Kind::ALL.to_vec()), dates, os(), by_hand, policies(), rules()).prop_map(
        |(kind, (purchased_on, warranty_ends_on, on), os, (kept, manual), policies, rules)| Case {
            kind,
            purchased_on,
            warranty_ends_on,
            os,
            kept,
            manual,
            policies,
            rules,
            on,
        },
    )
}

fn urgency(grade: Grade) -> u8 {
    match grade {
        Grade::Healthy => 0,
        Grade::Plan => 1,
        Grade::Replace => 2,
        Grade::Kept | Grade::Unknown => 3,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn recomputing_a_stored_reason_gives_the_grade(case in case()) {
        let graded = case.graded_on(case.on);
        prop_assert_eq!(graded.reason.recompute(), graded.grade);
        let stored = serde_json::to_string(&graded.reason).unwrap();
        let read: Reason = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(read.recompute(), graded.grade);
        prop_assert_eq!(read.text(), graded.reason.text());
        prop_assert_eq!(read, graded.reason);
    }

    #[test]
    fn a_reason_always_has_words(case in case()) {
        let graded = case.graded_on(case.on);
        prop_assert!(!graded.reason.text().is_empty());
    }

    #[test]
    fn any_day_can_be_asked_from_a_reason_of_another(case in case(), other in date()) {
        let asked = case.graded_on(case.on).reason.on_date(other);
        prop_assert_eq!(asked, case.graded_on(other).grade);
    }

    #[test]
    fn time_makes_nothing_healthier(case in case(), days in 0_i32..5_000) {
        let rules = RuleSet::default();
        let case = Case { kept: None, manual: None, rules, ..case };
        let later = case.on.checked_add(days.days()).unwrap();
        let (before, after) = (case.graded_on(case.on).grade, case.graded_on(later).grade);
        prop_assert!(urgency(before) <= urgency(after), "{before} {after}");
    }

    #[test]
    fn rules_after_the_one_that_matched_do_not_matter(case in case()) {
        let graded = case.graded_on(case.on);
        let Some(id) = &graded.reason.rule else { return Ok(()); };
        let rules = case.rules.rules();
        let at = rules.iter().position(|rule| rule.id == *id).unwrap();
        let mut reordered = rules.to_vec();
        reordered[at + 1..].reverse();
        let rules = RuleSet::new(3, reordered).unwrap();
        let case = Case { rules, ..case };
        prop_assert_eq!(case.graded_on(case.on).grade, graded.grade);
    }
}
