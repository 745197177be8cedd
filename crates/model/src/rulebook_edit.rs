//! Edits of a rulebook, as the settings pages make them.
//!
//! An edit gives a new rulebook and leaves the old one, so that a page can show what would change
//! before anything is saved. Each edit is refused at its own field; what it makes of the whole is
//! checked too, so an edited rulebook can be stored if the one before could.

use serde::{Deserialize, Serialize};

use crate::class::{Amounts, Class, ClassId, Classes};
use crate::clock::ClockName;
use crate::id::RemoteId;
use crate::kind::{Kind, KindChoice};
use crate::money::Currency;
use crate::policy::Count;
use crate::rule::{Condition, Rule, RuleSet};
use crate::rulebook_check::FieldProblem;
use crate::verdict::Rulebook;

/// One edit of a rulebook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RulebookEdit {
    /// Assets of a type are of a kind; an ignored type is shown again.
    SetKind {
        /// The type.
        asset_type: RemoteId,
        /// The kind.
        kind: Kind,
    },
    /// Assets of a type are hidden.
    Ignore {
        /// The type.
        asset_type: RemoteId,
    },
    /// A type is matched by its name again, ignored or not.
    MatchByName {
        /// The type.
        asset_type: RemoteId,
    },
    /// How long assets of a kind are used; `None` where age says nothing.
    SetKindAge {
        /// The kind.
        kind: Kind,
        /// In months.
        months: Option<u32>,
    },
    /// How long assets of a class are used; `None` as long as their kind's.
    SetClassAge {
        /// The class.
        class: ClassId,
        /// In months.
        months: Option<u32>,
    },
    /// How long a client's assets of a kind are used; `None` where nothing is agreed.
    SetClientAge {
        /// The client.
        client: RemoteId,
        /// The kind.
        kind: Kind,
        /// In months.
        months: Option<u32>,
    },
    /// Whether a clock counts for a kind.
    SetCount {
        /// The kind.
        kind: Kind,
        /// The clock.
        clock: ClockName,
        /// Whether it counts.
        count: Count,
    },
    /// A new class, last of its kind.
    AddClass {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: String,
        /// Its amounts.
        amounts: Amounts,
        /// Used where there is no other class yet; otherwise the currency is that of the others.
        currency: Currency,
    },
    /// Another name of a class.
    RenameClass {
        /// The class.
        class: ClassId,
        /// The name.
        name: String,
    },
    /// Other amounts of a class.
    SetAmounts {
        /// The class.
        class: ClassId,
        /// The amounts.
        amounts: Amounts,
    },
    /// A class goes; its assets have the first of their kind.
    RemoveClass {
        /// The class.
        class: ClassId,
    },
    /// A class becomes the first of its kind: what assets without a choice have.
    MakeFirst {
        /// The class.
        class: ClassId,
    },
    /// The order in which rules are tried.
    SetRuleOrder {
        /// Every rule's id, once.
        rules: Vec<String>,
    },
    /// How far ahead a rule looks.
    SetMonths {
        /// The rule's id.
        rule: String,
        /// In months.
        months: u32,
    },
}

impl Rulebook {
    /// This rulebook with one edit.
    ///
    /// # Errors
    /// What is wrong with the edit, or with the rulebook that it would make.
    pub fn edited(&self, edit: &RulebookEdit) -> Result<Rulebook, Vec<FieldProblem>> {
        let mut book = self.clone();
        book.apply(edit).map_err(|problem| vec![problem])?;
        let problems = self.brought_in_by(&book);
        if problems.is_empty() { Ok(book) } else { Err(problems) }
    }

    /// What is wrong with `book`, which comes after this one, and is not wrong here. What was wrong
    /// before is not the change's: a person must be able to mend one thing at a time.
    pub fn brought_in_by(&self, book: &Rulebook) -> Vec<FieldProblem> {
        let before = self.check();
        let mut problems = book.check();
        problems.retain(|problem| !before.contains(problem));
        problems
    }

    /// This rulebook after `newest`, as when an earlier version is taken back: numbers of classes
    /// that were given since are not given again.
    pub fn after(mut self, newest: &Rulebook) -> Rulebook {
        self.class_last = self.class_last().max(newest.class_last());
        self
    }

    fn class_last(&self) -> u32 {
        let highest = self.classes.all().iter().map(|class| class.id.0).max();
        self.class_last.max(highest.unwrap_or(0))
    }

    fn apply(&mut self, edit: &RulebookEdit) -> Result<(), FieldProblem> {
        match edit {
            RulebookEdit::SetKind { asset_type, kind } => {
                self.kinds.set(asset_type.clone(), KindChoice::Kind(*kind));
            }
            RulebookEdit::Ignore { asset_type } => {
                self.kinds.set(asset_type.clone(), KindChoice::Ignored);
            }
            RulebookEdit::MatchByName { asset_type } => self.kinds.clear(asset_type),
            RulebookEdit::SetKindAge { kind, months } => {
                let mut policy = self.policies.kind(*kind);
                policy.age_months = *months;
                self.policies.set_kind(*kind, policy);
            }
            RulebookEdit::SetClassAge { class, months: Some(months) } => {
                self.policies.set_class(*class, *months);
            }
            RulebookEdit::SetClassAge { class, months: None } => self.policies.clear_class(*class),
            RulebookEdit::SetClientAge { client, kind, months: Some(months) } => {
                self.policies.set_client(client.clone(), *kind, *months);
            }
            RulebookEdit::SetClientAge { client, kind, months: None } => {
                self.policies.clear_client(client, *kind);
            }
            RulebookEdit::SetCount { kind, clock, count } => {
                let mut policy = self.policies.kind(*kind);
                *match clock {
                    ClockName::PolicyAge => &mut policy.counts.age,
                    ClockName::Warranty => &mut policy.counts.warranty,
                    ClockName::OsSupport => &mut policy.counts.os,
                } = *count;
                self.policies.set_kind(*kind, policy);
            }
            RulebookEdit::AddClass { kind, name, amounts, currency } => {
                let id = ClassId(self.class_last() + 1);
                self.classes.add(id, *kind, name, *amounts, *currency)?;
                self.class_last = id.0;
            }
            RulebookEdit::RenameClass { class, name } => {
                name.trim().clone_into(&mut self.classes.class_mut(*class)?.name);
            }
            RulebookEdit::SetAmounts { class, amounts } => {
                let place = self.classes.class_mut(*class)?;
                *place = with_amounts(place.clone(), *amounts)?;
            }
            RulebookEdit::RemoveClass { class } => {
                self.class_last = self.class_last();
                self.classes.remove(*class)?;
                self.policies.clear_class(*class);
            }
            RulebookEdit::MakeFirst { class } => self.classes.make_first(*class)?,
            RulebookEdit::SetRuleOrder { rules } => self.rules = self.rules.ordered(rules)?,
            RulebookEdit::SetMonths { rule, months } => {
                self.rules = self.rules.looking_ahead(rule, *months)?;
            }
        }
        Ok(())
    }
}

fn with_amounts(class: Class, amounts: Amounts) -> Result<Class, FieldProblem> {
    let field = format!("classes.{}.amounts", class.id.0);
    class.with_amounts(amounts).map_err(|problem| FieldProblem::new(field, problem))
}

impl Classes {
    fn add(
        &mut self,
        id: ClassId,
        kind: Kind,
        name: &str,
        amounts: Amounts,
        currency: Currency,
    ) -> Result<(), FieldProblem> {
        let mut classes = self.all().to_vec();
        let currency = classes.first().map_or(currency, Class::currency);
        classes.push(with_amounts(Class::new(id, kind, name.trim(), currency), amounts)?);
        *self = Classes::new(classes);
        Ok(())
    }

    fn remove(&mut self, id: ClassId) -> Result<Class, FieldProblem> {
        let mut classes = self.all().to_vec();
        let at = place_of(&classes, id)?;
        let removed = classes.remove(at);
        *self = Classes::new(classes);
        Ok(removed)
    }

    fn make_first(&mut self, id: ClassId) -> Result<(), FieldProblem> {
        let class = self.remove(id)?;
        let mut classes = self.all().to_vec();
        let first = classes.iter().position(|other| other.kind == class.kind);
        classes.insert(first.unwrap_or(classes.len()), class);
        *self = Classes::new(classes);
        Ok(())
    }
}

/// Where a class stands among others.
pub(crate) fn place_of(classes: &[Class], id: ClassId) -> Result<usize, FieldProblem> {
    classes.iter().position(|class| class.id == id).ok_or_else(|| {
        FieldProblem::new(format!("classes.{}", id.0), "there is no such class any more")
    })
}

impl RuleSet {
    fn ordered(&self, ids: &[String]) -> Result<RuleSet, FieldProblem> {
        let wrong = |text: &str| FieldProblem::new("rules.order", text);
        let found = ids.iter().map(|id| self.rules().iter().find(|rule| *rule.id == **id));
        let rules: Option<Vec<Rule>> = found.map(|rule| rule.cloned()).collect();
        let rules = rules.ok_or_else(|| wrong("there is no such rule any more"))?;
        if rules.len() != self.rules().len() {
            return Err(wrong("every rule must be named once"));
        }
        self.succeeded_by(rules)
    }

    fn looking_ahead(&self, id: &str, ahead_months: u32) -> Result<RuleSet, FieldProblem> {
        let mut rules = self.rules().to_vec();
        let when = rules.iter_mut().find(|rule| rule.id == id).map(|rule| &mut rule.when);
        match when {
            Some(Condition::EndsWithin { months, .. }) => *months = ahead_months,
            _ => {
                let field = format!("rules.{id}.months");
                return Err(FieldProblem::new(field, "this rule does not look ahead"));
            }
        }
        self.succeeded_by(rules)
    }

    /// The same rules keep their version, so that reasons stay comparable.
    fn succeeded_by(&self, rules: Vec<Rule>) -> Result<RuleSet, FieldProblem> {
        if rules == self.rules() {
            return Ok(self.clone());
        }
        let version = self.version.saturating_add(1);
        RuleSet::new(version, rules).map_err(|problem| FieldProblem::new("rules", problem))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn euros() -> Currency {
        Currency::new("EUR").unwrap()
    }

    fn book() -> Rulebook {
        Rulebook { classes: Classes::placeholders(euros()), ..Rulebook::default() }
    }

    fn laptop() -> ClassId {
        book().classes.of(Kind::Laptop, None).unwrap().id
    }

    #[track_caller]
    fn edit(book: &Rulebook, edit: &RulebookEdit) -> Rulebook {
        book.edited(edit).unwrap()
    }

    #[track_caller]
    fn refused(book: &Rulebook, edit: &RulebookEdit, field: &str) {
        let problems = book.edited(edit).unwrap_err();
        assert_eq!(problems[0].field, field, "{problems:?}");
    }

    #[test]
    fn a_type_is_given_a_kind_ignored_and_matched_by_its_name_again() {
        let id = RemoteId::from(7);
        let kind = |book: &Rulebook| book.kinds.choice(Some(&id), Some("Laptops"));
        let asset_type = id.clone();
        let book = edit(&book(), &RulebookEdit::SetKind { asset_type, kind: Kind::Tablet });
        assert_eq!(kind(&book), KindChoice::Kind(Kind::Tablet));
        let book = edit(&book, &RulebookEdit::Ignore { asset_type: id.clone() });
        assert_eq!(kind(&book), KindChoice::Ignored);
        let book = edit(&book, &RulebookEdit::MatchByName { asset_type: id.clone() });
        assert_eq!(kind(&book), KindChoice::Kind(Kind::Laptop));
    }

    #[test]
    fn the_number_of_a_removed_class_is_never_given_again() {
        let add = RulebookEdit::AddClass {
            kind: Kind::Laptop,
            name: "Field".to_owned(),
            amounts: Amounts::default(),
            currency: euros(),
        };
        let first = edit(&book(), &add);
        let added = |book: &Rulebook| book.classes.all().iter().map(|one| one.id).max().unwrap();
        let class = added(&first);
        let second = edit(&edit(&first, &RulebookEdit::RemoveClass { class }), &add);
        assert_ne!(added(&second), class);
        let restored = edit(&book().after(&second), &add);
        assert!(![class, added(&second)].contains(&added(&restored)));
    }

    #[test]
    fn policy_ages_are_set_and_taken_back_by_kind_class_and_client() {
        let (client, kind, class) = (RemoteId::from(42), Kind::Laptop, laptop());
        let age = |book: &Rulebook| book.policies.age(kind, Some(class), Some(&client)).unwrap();
        let book = edit(&book(), &RulebookEdit::SetKindAge { kind, months: Some(72) });
        assert_eq!(age(&book).months, 72);
        let book = edit(&book, &RulebookEdit::SetClassAge { class, months: Some(48) });
        assert_eq!(age(&book).months, 48);
        let months = Some(36);
        let agreed = RulebookEdit::SetClientAge { client: client.clone(), kind, months };
        let book = edit(&book, &agreed);
        assert_eq!(age(&book).months, 36);
        let none = RulebookEdit::SetClientAge { client: client.clone(), kind, months: None };
        let book = edit(&book, &none);
        assert_eq!(book.policies.clients().count(), 0);
        let book = edit(&book, &RulebookEdit::SetClassAge { class, months: None });
        assert_eq!(age(&book).months, 72);
        let months = Some(361);
        refused(&book, &RulebookEdit::SetKindAge { kind, months }, "policies.laptop.age");
        let gone = ClassId(99);
        refused(
            &book,
            &RulebookEdit::SetClassAge { class: gone, months: Some(48) },
            "classes.99.age",
        );
    }

    #[test]
    fn clocks_count_as_they_are_told() {
        let kind = Kind::Laptop;
        let set = |clock, count| RulebookEdit::SetCount { kind, clock, count };
        let book = edit(&book(), &set(ClockName::Warranty, Count::Needed));
        assert_eq!(book.policies.kind(kind).counts.warranty, Count::Needed);
        assert_eq!(book.policies.kind(Kind::Tablet).counts.warranty, Count::No);
        let book = edit(&book, &set(ClockName::OsSupport, Count::No));
        assert_eq!(book.policies.kind(kind).counts.os, Count::No);
    }

    #[test]
    fn classes_are_added_renamed_priced_reordered_and_removed() {
        let add = |name: &str, hardware| RulebookEdit::AddClass {
            kind: Kind::Laptop,
            name: name.to_owned(),
            amounts: Amounts { hardware, ..Amounts::default() },
            currency: Currency::new("USD").unwrap(),
        };
        let book = edit(&book(), &add(" Power ", 250_000));
        let power = book.classes.all().last().unwrap().clone();
        assert_eq!(
            (power.name.as_str(), power.id, power.currency()),
            ("Power", ClassId(16), euros())
        );
        let class = power.id;
        let name = "Standard".to_owned();
        refused(&book, &RulebookEdit::RenameClass { class, name }, "classes.16.name");
        let book = edit(&book, &RulebookEdit::RenameClass { class, name: "Power user".to_owned() });
        let amounts = Amounts { hardware: 260_000, set_up: 1, on_site: 2 };
        let book = edit(&book, &RulebookEdit::SetAmounts { class, amounts });
        assert_eq!(book.classes.get(class).unwrap().total().minor, 260_003);
        let below = Amounts { hardware: -1, ..amounts };
        refused(&book, &RulebookEdit::SetAmounts { class, amounts: below }, "classes.16.amounts");
        let book = edit(&book, &RulebookEdit::MakeFirst { class });
        assert_eq!(book.classes.of(Kind::Laptop, None).unwrap().id, class);
        let book = edit(&book, &RulebookEdit::SetClassAge { class, months: Some(36) });
        let book = edit(&book, &RulebookEdit::RemoveClass { class });
        assert_eq!(book.classes.of(Kind::Laptop, None).unwrap().id, laptop());
        assert_eq!(book.policies.classes().count(), 0, "its policy age goes with it");
        refused(&book, &RulebookEdit::RemoveClass { class }, "classes.16");
    }

    #[test]
    fn rules_are_reordered_and_look_further_ahead() {
        let order = |ids: &[&str]| RulebookEdit::SetRuleOrder {
            rules: ids.iter().map(|id| (*id).to_owned()).collect(),
        };
        let swapped = ["manual", "kept", "unknown", "replace", "plan", "healthy"];
        let book = edit(&book(), &order(&swapped));
        assert_eq!((book.rules.version, &*book.rules.rules()[0].id), (2, "manual"));
        assert_eq!(edit(&book, &order(&swapped)).rules.version, 2, "nothing changed");
        refused(&book, &order(&swapped[1..]), "rules.order");
        refused(
            &book,
            &order(&["manual", "manual", "kept", "plan", "x", "healthy"]),
            "rules.order",
        );
        let last = ["kept", "manual", "unknown", "replace", "healthy", "plan"];
        refused(&book, &order(&last), "rules.healthy.order");
        let ahead = |rule: &str, months| RulebookEdit::SetMonths { rule: rule.to_owned(), months };
        let book = edit(&book, &ahead("plan", 18));
        let within = Condition::EndsWithin { months: 18, only: None };
        assert_eq!((book.rules.version, book.rules.rules()[4].when), (3, within));
        refused(&book, &ahead("plan", 0), "rules.plan.months");
        refused(&book, &ahead("replace", 6), "rules.replace.months");
    }

    #[test]
    fn an_edit_mends_one_thing_where_another_is_wrong_too() {
        let mut wrong = book();
        wrong.policies.set_class(ClassId(98), 48);
        wrong.policies.set_class(ClassId(99), 48);
        let mended = edit(&wrong, &RulebookEdit::SetClassAge { class: ClassId(98), months: None });
        assert_eq!(mended.check().len(), 1);
        assert_eq!(wrong.brought_in_by(&mended), []);
        assert_eq!(mended.brought_in_by(&wrong).len(), 1, "to go back brings the other in again");
    }

    proptest! {
        #[test]
        fn an_edited_rulebook_can_be_stored(
            months in proptest::option::of(0_u32..500), hardware in -5_i64..5, name in " ?[a-c]{0,2}",
        ) {
            let kind = Kind::Laptop;
            let amounts = Amounts { hardware, ..Amounts::default() };
            let edits = [
                RulebookEdit::AddClass { kind, name: name.clone(), amounts, currency: euros() },
                RulebookEdit::RenameClass { class: laptop(), name },
                RulebookEdit::SetKindAge { kind, months },
                RulebookEdit::SetClassAge { class: laptop(), months },
                RulebookEdit::SetMonths { rule: "plan".to_owned(), months: months.unwrap_or(0) },
            ];
            let mut book = book();
            for edit in &edits {
                if let Ok(edited) = book.edited(edit) {
                    book = edited;
                }
                prop_assert_eq!(book.check(), Vec::new());
                let stored = serde_json::to_string(&book).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Rulebook>(&stored).unwrap(), &book);
            }
        }
    }
}
