//! Why an asset has its grade, as data.
//!
//! A reason holds everything that was used: inputs, rules with their version, the day. It is
//! stored, shown and exported, and [`Reason::recompute`] comes to the same grade from it alone.
//! What is derived (clocks, rule) is there for readers and is not used to recompute.

use std::borrow::Cow;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::age::{Age, years_short};
use crate::clock::{Clock, ClockInputs, ClockName, clocks};
use crate::date::for_people;
use crate::grade::{Grade, Graded, Kept, Manual};
use crate::kind::Kind;
use crate::os::OsBasis;
use crate::policy::{Counts, PolicyAge};
use crate::rule::{Condition, RuleInputs, RuleSet};

/// Why an asset has its grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The day it was judged on.
    pub on: Date,
    /// The rule that matched; `None` where none did.
    pub rule: Option<Cow<'static, str>>,
    /// The rules, with their version.
    pub rules: RuleSet,
    /// What was known.
    pub inputs: ReasonInputs,
    /// The clocks: policy age, warranty, operating system.
    pub clocks: [Clock; 3],
}

/// What was known of the asset and applied to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonInputs {
    /// Its kind.
    pub kind: Kind,
    /// When it was bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchased_on: Option<Date>,
    /// Its policy age and whose word that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyAge>,
    /// The last day of its warranty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warranty_ends_on: Option<Date>,
    /// Its operating system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<ReasonOs>,
    /// Which clocks count for its kind.
    pub counts: Counts,
    /// A person's acceptance of the risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
    /// A person's grade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual: Option<Manual>,
}

/// The operating system that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonOs {
    /// What a person reads.
    pub name: Cow<'static, str>,
    /// The last day that is covered; `None` where the maker names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<Date>,
    /// How the date is known.
    pub basis: OsBasis,
}

/// How much of a reason is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Whole,
    Brief,
}

impl Reason {
    /// Judges the inputs.
    pub(crate) fn judge(inputs: ReasonInputs, rules: RuleSet, on: Date) -> Graded {
        let clocks = inputs.clocks();
        let (grade, rule) = rules.decide(&inputs.for_rules(&clocks, on));
        let is_manual = rule.is_some_and(|rule| rule.grade.is_none());
        let rule = rule.map(|rule| rule.id.clone());
        let reason = Reason { on, rule, rules, inputs, clocks };
        Graded { grade, is_manual, reason }
    }

    /// The grade that follows from the inputs, the rules and the day of this reason.
    pub fn recompute(&self) -> Grade {
        self.on_date(self.on)
    }

    /// The grade that the same inputs and rules give on another day, past or future.
    pub fn on_date(&self, on: Date) -> Grade {
        let clocks = self.inputs.clocks();
        self.rules.decide(&self.inputs.for_rules(&clocks, on)).0
    }

    /// The age on the day it was judged.
    pub fn age(&self) -> Age {
        Age::on(self.inputs.purchased_on, self.on)
    }

    /// The reason in a few words, such as `Windows 10 ended 14 Oct 2025, 7.4 of 5 years`.
    pub fn text(&self) -> String {
        self.words(Length::Whole)
    }

    /// The reason as it stands beside the word of its grade in a list, such as
    /// `Windows 10 ended, 7.4 of 5 years`: when a clock ended is told where one asks why.
    pub fn brief(&self) -> String {
        self.words(Length::Brief)
    }

    fn words(&self, length: Length) -> String {
        let rule = self.rule.as_deref();
        let matched = self.rules.rules().iter().find(|known| Some(&*known.id) == rule);
        let parts = match matched.map(|rule| rule.when) {
            Some(Condition::Kept) => vec![self.kept_text(length)],
            Some(Condition::Manual) => vec![self.manual_text(length)],
            Some(Condition::Missing) => {
                let ended = self.clock_texts(length, |clock| clock.has_ended(self.on));
                self.missing_texts().into_iter().chain(ended).collect()
            }
            Some(Condition::Ended { only }) => self.clock_texts(length, |clock| {
                only.is_none_or(|name| name == clock.name) && clock.has_ended(self.on)
            }),
            Some(Condition::EndsWithin { months, only }) => self.clock_texts(length, |clock| {
                only.is_none_or(|name| name == clock.name) && clock.ends_within(months, self.on)
            }),
            Some(Condition::Always) => self.clock_texts(length, Clock::decides),
            None => vec!["no rule matches".to_owned()],
        };
        if parts.is_empty() {
            return "No clock counts".to_owned();
        }
        capitalised(&parts.join(", "))
    }

    fn kept_text(&self, length: Length) -> String {
        match &self.inputs.kept {
            Some(kept) if length == Length::Brief => {
                format!("until {}: {}", for_people(kept.until), kept.reason)
            }
            Some(kept) => format!("kept until {}: {}", for_people(kept.until), kept.reason),
            None => "kept".to_owned(),
        }
    }

    fn manual_text(&self, length: Length) -> String {
        match &self.inputs.manual {
            Some(manual) if length == Length::Brief => manual.reason.clone(),
            Some(manual) => format!("set to {} by hand: {}", manual.grade.title(), manual.reason),
            None => "set by hand".to_owned(),
        }
    }

    fn missing_texts(&self) -> Vec<String> {
        let missing = self.clocks.iter().filter(|clock| clock.is_missing());
        let texts: Vec<String> = missing
            .map(|clock| match clock.name {
                ClockName::PolicyAge if self.inputs.policy.is_none() => "no policy age",
                ClockName::PolicyAge => "no purchase date",
                ClockName::Warranty => "no warranty end",
                ClockName::OsSupport => "operating system not known",
            })
            .map(str::to_owned)
            .collect();
        if texts.is_empty() { vec!["no date that counts is known".to_owned()] } else { texts }
    }

    /// Operating system, warranty, age: the order people ask in.
    fn clock_texts(&self, length: Length, is_shown: impl Fn(&Clock) -> bool) -> Vec<String> {
        self.clocks
            .iter()
            .rev()
            .filter(|clock| is_shown(clock))
            .map(|clock| self.clock_text(clock, length))
            .collect()
    }

    fn clock_text(&self, clock: &Clock, length: Length) -> String {
        let has_ended = clock.has_ended(self.on);
        let verb = if has_ended { "ended" } else { "ends" };
        let is_bare = has_ended && length == Length::Brief;
        let day = |end| if is_bare { String::new() } else { format!(" {}", for_people(end)) };
        let end = clock.ends_on.map(day);
        match (clock.name, end) {
            (ClockName::PolicyAge, _) => {
                let years = self.age().years().unwrap_or_default();
                let policy = self.inputs.policy.map_or(0, |policy| policy.months);
                format!("{years} of {} years", years_short(policy))
            }
            (ClockName::Warranty, Some(end)) => format!("warranty {verb}{end}"),
            (ClockName::Warranty, None) => "no warranty end".to_owned(),
            (ClockName::OsSupport, end) => {
                let os = self.inputs.os.as_ref();
                let name = os.map_or("operating system", |os| &*os.name);
                match end {
                    Some(end) => format!("{name} {verb}{end}"),
                    None => format!("{name} has no end date"),
                }
            }
        }
    }
}

impl ReasonInputs {
    fn clocks(&self) -> [Clock; 3] {
        let inputs = ClockInputs {
            purchased_on: self.purchased_on,
            policy_months: self.policy.map(|policy| policy.months),
            warranty_ends_on: self.warranty_ends_on,
            os_ends_on: self.os.as_ref().map(|os| os.ends_on),
        };
        clocks(&inputs, self.counts)
    }

    fn for_rules<'a>(&self, clocks: &'a [Clock; 3], on: Date) -> RuleInputs<'a> {
        RuleInputs {
            kept_until: self.kept.as_ref().map(|kept| kept.until),
            manual: self.manual.as_ref().map(|manual| manual.grade),
            clocks,
            on,
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        // "macOS" keeps its own spelling.
        Some(first) if !text.starts_with("macOS") => first.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::{GradeInput, grade};
    use crate::os::OsMatcher;
    use crate::policy::Policies;

    fn day(text: &str) -> Option<Date> {
        text.parse().ok()
    }

    #[track_caller]
    fn check(kind: Kind, bought: &str, warranty: &str, os: &str, want: &str) {
        let on = Date::constant(2026, 11, 21);
        let input = GradeInput {
            purchased_on: day(bought),
            warranty_ends_on: day(warranty),
            os: OsMatcher::standard().lookup(os),
            ..GradeInput::of_kind(kind)
        };
        let graded = grade(&input, &RuleSet::default(), &Policies::default(), on);
        assert_eq!(graded.reason.text(), want);
    }

    fn brief(input: GradeInput<'_>) -> String {
        let on = Date::constant(2026, 11, 21);
        grade(&input, &RuleSet::default(), &Policies::default(), on).reason.brief()
    }

    #[test]
    fn a_list_tells_that_a_clock_ended_and_not_when() {
        let old = GradeInput {
            purchased_on: day("2019-06-10"),
            os: OsMatcher::standard().lookup("Windows 10"),
            ..GradeInput::of_kind(Kind::Workstation)
        };
        let kept = Kept { until: Date::constant(2027, 6, 30), reason: "agreed".to_owned() };
        let manual = Manual { grade: Grade::Plan, reason: "slow disk".to_owned() };
        assert_eq!(brief(GradeInput { kept: Some(&kept), ..old }), "Until 30 Jun 2027: agreed");
        assert_eq!(brief(GradeInput { manual: Some(&manual), ..old }), "Slow disk");
        assert_eq!(brief(old), "Windows 10 ended, 7.4 of 5 years");
        let server = |until| GradeInput {
            purchased_on: day("2024-11-21"),
            warranty_ends_on: day(until),
            ..GradeInput::of_kind(Kind::Server)
        };
        assert_eq!(brief(server("2026-11-20")), "Warranty ended");
        assert_eq!(brief(server("2026-12-31")), "Warranty ends 31 Dec 2026");
    }

    #[test]
    fn a_reason_reads_as_a_sentence() {
        let old = "2019-06-10";
        let (workstation, server) = (Kind::Workstation, Kind::Server);
        check(workstation, old, "-", "Windows 10", "Windows 10 ended 14 Oct 2025, 7.4 of 5 years");
        check(workstation, old, "-", "-", "7.4 of 5 years");
        check(
            workstation,
            "-",
            "-",
            "Windows 10",
            "No purchase date, Windows 10 ended 14 Oct 2025",
        );
        check(server, "2024-11-21", "2026-12-31", "-", "Warranty ends 31 Dec 2026");
        check(server, "2024-11-21", "2026-11-20", "-", "Warranty ended 20 Nov 2026");
        check(workstation, "2022-02-01", "-", "macOS 15", "4.8 of 5 years");
        check(
            workstation,
            "2025-11-21",
            "-",
            "macOS 15",
            "macOS 15 Sequoia has no end date, 1.0 of 5 years",
        );
        check(Kind::VirtualMachine, "-", "-", "-", "Operating system not known");
    }
}
