//! What is wrong with a rulebook, by field, before anyone is judged by it.
//!
//! A rulebook that passes can be stored. The same check runs on a form, on the JSON API and in
//! the store, so what is stored was checked whoever sent it.

use std::collections::BTreeSet;
use std::fmt;

use crate::class::Class;
use crate::kind::Kind;
use crate::policy::Count;
use crate::rule::{Condition, Rule};
use crate::verdict::Rulebook;

/// A policy age shorter than a year would replace what was just bought.
pub const POLICY_MONTHS_MIN: u32 = 12;

/// Nothing that an MSP manages is meant to last longer than 30 years.
pub const POLICY_MONTHS_MAX: u32 = 360;

/// How far ahead a rule may look.
pub const AHEAD_MONTHS_MAX: u32 = 120;

/// A class's name is at most this long, in characters.
pub const CLASS_NAME_MAX: usize = 80;

/// So many classes are more than a person can choose among.
pub const CLASSES_MAX: usize = 500;

/// Something wrong, at one field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct FieldProblem {
    /// Where, such as `policies.laptop.age` or `classes.3.name`.
    pub field: String,
    /// What is wrong, and what is allowed.
    pub problem: String,
}

impl FieldProblem {
    pub(crate) fn new(field: impl Into<String>, problem: impl fmt::Display) -> FieldProblem {
        FieldProblem { field: field.into(), problem: problem.to_string() }
    }
}

impl Rulebook {
    /// Everything that is wrong with it, by field; empty when it can be used.
    pub fn check(&self) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        self.check_policies(&mut problems);
        self.check_classes(&mut problems);
        check_rules(self.rules.rules(), &mut problems);
        problems
    }

    fn check_policies(&self, problems: &mut Vec<FieldProblem>) {
        for kind in Kind::ALL {
            let policy = self.policies.kind(kind);
            let field = format!("policies.{kind}.age");
            match policy.age_months {
                Some(months) => check_age(months, &field, problems),
                None if policy.counts.age == Count::Needed => {
                    let text = "age is needed for a grade, so a policy age is needed too";
                    problems.push(FieldProblem::new(field, text));
                }
                None => {}
            }
        }
        for (class, months) in self.policies.classes() {
            let field = format!("classes.{}.age", class.0);
            check_age(months, &field, problems);
            if self.classes.get(class).is_none() {
                problems.push(FieldProblem::new(field, "there is no such class"));
            }
        }
        for (client, kind, months) in self.policies.clients() {
            check_age(months, &format!("clients.{client}.{kind}.age"), problems);
        }
    }

    fn check_classes(&self, problems: &mut Vec<FieldProblem>) {
        let classes = self.classes.all();
        if classes.len() > CLASSES_MAX {
            let text = format!("there are more than {CLASSES_MAX} classes");
            problems.push(FieldProblem::new("classes", text));
        }
        let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
        for class in classes {
            let field = |name: &str| format!("classes.{}.{name}", class.id.0);
            if let Err(problem) = check_name(&class.name) {
                problems.push(FieldProblem::new(field("name"), problem));
            }
            if !ids.insert(class.id) {
                problems.push(FieldProblem::new(field("id"), "two classes have this number"));
            }
            if !names.insert((class.kind, class.name.trim().to_lowercase())) {
                let text = format!("another class of {} has this name", class.kind.title());
                problems.push(FieldProblem::new(field("name"), text));
            }
            if class.currency() != classes[0].currency() {
                problems.push(FieldProblem::new(field("currency"), other_currency(&classes[0])));
            }
        }
    }
}

fn other_currency(first: &Class) -> String {
    format!("amounts of two currencies are never added; the others are in {}", first.currency())
}

fn check_age(months: u32, field: &str, problems: &mut Vec<FieldProblem>) {
    if !(POLICY_MONTHS_MIN..=POLICY_MONTHS_MAX).contains(&months) {
        let (min, max) = (POLICY_MONTHS_MIN / 12, POLICY_MONTHS_MAX / 12);
        let text = format!("a policy age is between {min} and {max} years");
        problems.push(FieldProblem::new(field, text));
    }
}

/// Whether a class may have this name.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    match name.trim().chars().count() {
        0 => Err("a name is needed".to_owned()),
        long if long > CLASS_NAME_MAX => {
            Err(format!("the name is longer than {CLASS_NAME_MAX} characters"))
        }
        _ => Ok(()),
    }
}

fn check_rules(rules: &[Rule], problems: &mut Vec<FieldProblem>) {
    if rules.is_empty() {
        problems.push(FieldProblem::new("rules", "without a rule every asset is unknown"));
    }
    let last = rules.len().saturating_sub(1);
    for (at, rule) in rules.iter().enumerate() {
        let field = |name: &str| format!("rules.{}.{name}", rule.id);
        match rule.when {
            Condition::EndsWithin { months, .. } if !(1..=AHEAD_MONTHS_MAX).contains(&months) => {
                let text = format!("a rule looks between 1 and {AHEAD_MONTHS_MAX} months ahead");
                problems.push(FieldProblem::new(field("months"), text));
            }
            Condition::Always if at < last => {
                let text = "it matches every asset, so no rule after it is ever asked";
                problems.push(FieldProblem::new(field("order"), text));
            }
            _ => {}
        }
        if rule.grade.is_none() && rule.when != Condition::Manual {
            problems.push(FieldProblem::new(field("grade"), "it gives no grade"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::{ClassId, Classes};
    use crate::id::RemoteId;
    use crate::money::Currency;
    use crate::policy::Counts;
    use crate::rule::RuleSet;

    fn euros() -> Currency {
        Currency::new("EUR").unwrap()
    }

    fn book() -> Rulebook {
        Rulebook { classes: Classes::placeholders(euros()), ..Rulebook::default() }
    }

    #[track_caller]
    fn check(book: &Rulebook, fields: &[&str]) {
        let problems = book.check();
        let found: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(found, fields, "{problems:?}");
    }

    #[test]
    fn what_a_tenant_begins_with_is_sound() {
        check(&Rulebook::default(), &[]);
        check(&book(), &[]);
    }

    #[test]
    fn policy_ages_are_between_one_and_thirty_years() {
        for (months, is_sound) in [(11, false), (12, true), (360, true), (361, false), (0, false)] {
            let mut book = book();
            let mut policy = book.policies.kind(Kind::Laptop);
            policy.age_months = Some(months);
            book.policies.set_kind(Kind::Laptop, policy);
            book.policies.set_class(ClassId(1), months);
            book.policies.set_client(RemoteId::from(42), Kind::Server, months);
            let all = ["policies.laptop.age", "classes.1.age", "clients.42.server.age"];
            check(&book, if is_sound { &[] } else { &all });
        }
    }

    #[test]
    fn an_age_that_is_needed_must_be_given() {
        let mut book = book();
        let mut policy = book.policies.kind(Kind::Laptop);
        policy.age_months = None;
        book.policies.set_kind(Kind::Laptop, policy);
        check(&book, &["policies.laptop.age"]);
        policy.counts = Counts { age: Count::No, ..policy.counts };
        book.policies.set_kind(Kind::Laptop, policy);
        check(&book, &[]);
    }

    #[test]
    fn classes_have_distinct_names_and_one_currency() {
        let class =
            |id, name: &str, currency| Class::new(ClassId(id), Kind::Laptop, name, currency);
        let dollars = Currency::new("USD").unwrap();
        let mut book = book();
        book.classes = Classes::new(vec![
            class(1, "Basic", euros()),
            class(2, " basic", euros()),
            class(2, "Power", dollars),
            class(4, " ", euros()),
        ]);
        book.policies.set_class(ClassId(9), 48);
        check(
            &book,
            &[
                "classes.9.age",
                "classes.2.name",
                "classes.2.id",
                "classes.2.currency",
                "classes.4.name",
            ],
        );
    }

    #[test]
    fn rules_that_cannot_work_are_named() {
        let mut rules = RuleSet::default().rules().to_vec();
        rules.swap(4, 5);
        rules[5].when = Condition::EndsWithin { months: 121, only: None };
        rules[3].grade = None;
        let mut book = book();
        book.rules = RuleSet::new(2, rules).unwrap();
        check(&book, &["rules.replace.grade", "rules.healthy.order", "rules.plan.months"]);
        book.rules = RuleSet::new(3, Vec::new()).unwrap();
        check(&book, &["rules"]);
    }
}
