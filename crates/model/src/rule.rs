//! Grading rules: ordered, versioned, editable as data. The first rule that matches grades.
//!
//! A rule set is immutable and shared: each reason carries the set that graded, so that a grade
//! can be proved again after the rules were edited. An edited set has a higher version.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};

use crate::clock::{Clock, ClockName};
use crate::grade::Grade;

/// How far ahead the default rules plan.
const PLAN_MONTHS: u32 = 12;

/// An ordered list of rules with its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredRules")]
pub struct RuleSet {
    /// Grows with each edit.
    pub version: u32,
    #[serde(serialize_with = "write_rules")]
    rules: Arc<[Rule]>,
}

#[derive(Deserialize)]
struct StoredRules {
    version: u32,
    rules: Vec<Rule>,
}

/// Two rules of a set have the same id, so that a reason could not say which one matched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two rules have the id {0:?}")]
pub struct RepeatedRule(pub String);

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Stays the same through edits, such as `replace`.
    pub id: Cow<'static, str>,
    /// What an asset must be for it to match.
    pub when: Condition,
    /// The grade it gives; `None` is the grade that a person gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
}

/// What an asset must be for a rule to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// A person accepted the risk, and the day is not past.
    Kept,
    /// A person gave a grade.
    Manual,
    /// The date of a clock that is needed is missing, or no clock decides at all.
    Missing,
    /// A counted clock has ended; `only` limits it to one.
    Ended {
        /// The only clock to look at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        only: Option<ClockName>,
    },
    /// A counted clock has ended or ends within this many months; `only` limits it to one.
    EndsWithin {
        /// Calendar months from the day of grading.
        months: u32,
        /// The only clock to look at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        only: Option<ClockName>,
    },
    /// Every asset.
    Always,
}

/// What rules look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RuleInputs<'a> {
    pub(crate) kept_until: Option<Date>,
    pub(crate) manual: Option<Grade>,
    pub(crate) clocks: &'a [Clock; 3],
    pub(crate) on: Date,
}

impl Default for RuleSet {
    /// Version 1: kept, then a person's grade, then unknown, replace, plan, healthy. Kept stands
    /// before a person's grade because it ends by itself: when its day is past, the other shows
    /// again.
    fn default() -> RuleSet {
        let rule = |id: &'static str, when, grade| Rule { id: Cow::Borrowed(id), when, grade };
        let within = Condition::EndsWithin { months: PLAN_MONTHS, only: None };
        RuleSet {
            version: 1,
            rules: Arc::new([
                rule("kept", Condition::Kept, Some(Grade::Kept)),
                rule("manual", Condition::Manual, None),
                rule("unknown", Condition::Missing, Some(Grade::Unknown)),
                rule("replace", Condition::Ended { only: None }, Some(Grade::Replace)),
                rule("plan", within, Some(Grade::Plan)),
                rule("healthy", Condition::Always, Some(Grade::Healthy)),
            ]),
        }
    }
}

impl RuleSet {
    /// A set of rules, tried in this order. Errs where two have the same id.
    pub fn new(version: u32, rules: Vec<Rule>) -> Result<RuleSet, RepeatedRule> {
        for (at, rule) in rules.iter().enumerate() {
            if rules[..at].iter().any(|earlier| earlier.id == rule.id) {
                return Err(RepeatedRule(rule.id.to_string()));
            }
        }
        Ok(RuleSet { version, rules: rules.into() })
    }

    /// The rules, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The grade, and the rule that gave it. Where no rule matches the grade is unknown.
    pub(crate) fn decide(&self, inputs: &RuleInputs<'_>) -> (Grade, Option<&Rule>) {
        for rule in &*self.rules {
            if rule.when.matches(inputs)
                && let Some(grade) = rule.grade.or(inputs.manual)
            {
                return (grade, Some(rule));
            }
        }
        (Grade::Unknown, None)
    }
}

impl Condition {
    fn matches(self, inputs: &RuleInputs<'_>) -> bool {
        let is_looked_at =
            |clock: &Clock, only: Option<ClockName>| only.is_none_or(|name| name == clock.name);
        match self {
            Condition::Kept => inputs.kept_until.is_some_and(|until| inputs.on <= until),
            Condition::Manual => inputs.manual.is_some(),
            Condition::Missing => {
                inputs.clocks.iter().any(Clock::is_missing)
                    || !inputs.clocks.iter().any(Clock::decides)
            }
            Condition::Ended { only } => inputs
                .clocks
                .iter()
                .any(|clock| is_looked_at(clock, only) && clock.has_ended(inputs.on)),
            Condition::EndsWithin { months, only } => inputs
                .clocks
                .iter()
                .any(|clock| is_looked_at(clock, only) && clock.ends_within(months, inputs.on)),
            Condition::Always => true,
        }
    }
}

fn write_rules<S: Serializer>(rules: &Arc<[Rule]>, to: S) -> Result<S::Ok, S::Error> {
    rules.as_ref().serialize(to)
}

impl TryFrom<StoredRules> for RuleSet {
    type Error = RepeatedRule;

    fn try_from(stored: StoredRules) -> Result<RuleSet, RepeatedRule> {
        RuleSet::new(stored.version, stored.rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_rules_keep_their_stored_form() {
        let stored = serde_json::to_string(&RuleSet::default()).unwrap();
        assert_eq!(
            stored,
            concat!(
                r#"{"version":1,"rules":[{"id":"kept","when":"kept","grade":"kept"},"#,
                r#"{"id":"manual","when":"manual"},"#,
                r#"{"id":"unknown","when":"missing","grade":"unknown"},"#,
                r#"{"id":"replace","when":{"ended":{}},"grade":"replace"},"#,
                r#"{"id":"plan","when":{"ends_within":{"months":12}},"grade":"plan"},"#,
                r#"{"id":"healthy","when":"always","grade":"healthy"}]}"#
            )
        );
        let read: RuleSet = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, RuleSet::default());
    }

    #[test]
    fn two_rules_with_one_id_are_refused_also_when_stored() {
        let mut rules = RuleSet::default().rules().to_vec();
        rules[5].id = "plan".into();
        assert_eq!(RuleSet::new(2, rules), Err(RepeatedRule("plan".into())));
        let rule = r#"{"id":"a","when":"always","grade":"healthy"}"#;
        let stored = format!(r#"{{"version":2,"rules":[{rule},{rule}]}}"#);
        assert!(serde_json::from_str::<RuleSet>(&stored).is_err());
    }
}
