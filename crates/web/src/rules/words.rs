//! Edits of the rules, as people say them.

use almanac_model::age::years_short;
use almanac_model::kind::Kind;
use almanac_model::money::Money;
use almanac_model::rulebook_edit::RulebookEdit;

use super::change::Change;
use super::load::Ruled;
use super::policies::COUNTS;
use crate::components::format;

/// What a change does, line by line.
pub(super) fn lines(change: &Change, ruled: &Ruled) -> Vec<String> {
    match change {
        Change::Edits(edits) => edits.iter().map(|edit| line(edit, ruled)).collect(),
        Change::Version(0) => {
            vec!["Kinds, policies, classes and grading as Almanac brings them.".to_owned()]
        }
        Change::Version(version) => {
            vec![format!("Kinds, policies, classes and grading as in v{version}.")]
        }
    }
}

fn line(edit: &RulebookEdit, ruled: &Ruled) -> String {
    let of_type = |id| ruled.type_name(id).unwrap_or("a type that is gone").to_owned();
    let class = |id| match ruled.book().classes.get(id) {
        Some(class) => format!("{} {}", class.kind.title(), class.name),
        None => "a class that is gone".to_owned(),
    };
    match edit {
        RulebookEdit::SetKind { asset_type, kind } => {
            format!("The type {} is of the kind {}.", of_type(asset_type), kind.title())
        }
        RulebookEdit::Ignore { asset_type } => {
            format!("The type {} is ignored; its assets are hidden.", of_type(asset_type))
        }
        RulebookEdit::MatchByName { asset_type } => {
            format!("The type {} has the kind that its name suggests.", of_type(asset_type))
        }
        RulebookEdit::SetKindAge { kind, months } => {
            let before = ruled.book().policies.kind(*kind).age_months;
            format!("{}: policy age {} instead of {}.", kind.title(), age(*months), age(before))
        }
        RulebookEdit::SetClassAge { class: id, months } => match months {
            Some(_) => format!("{}: policy age {}.", class(*id), age(*months)),
            None => format!("{}: policy age as its kind's.", class(*id)),
        },
        RulebookEdit::SetClientAge { client, kind, months } => {
            let name = ruled.client_name(client).unwrap_or("a client that is gone");
            match months {
                Some(_) => format!("{name}, {}: {} is agreed.", kind.title(), age(*months)),
                None => format!("{name}, {}: nothing else is agreed.", kind.title()),
            }
        }
        RulebookEdit::SetCount { kind, clock, count } => {
            use almanac_model::clock::ClockName;
            let clock = match clock {
                ClockName::PolicyAge => "age",
                ClockName::Warranty => "warranty",
                ClockName::OsSupport => "OS support",
            };
            let words = COUNTS.iter().find(|(known, _, _)| known == count);
            format!("{}: {clock} {}.", kind.title(), words.map_or("", |(_, _, words)| words))
        }
        _ => class_line(edit, ruled, &class),
    }
}

fn class_line(
    edit: &RulebookEdit,
    ruled: &Ruled,
    class: &dyn Fn(almanac_model::class::ClassId) -> String,
) -> String {
    let money = |minor| format::money_exact(Money { minor, currency: ruled.fleet.currency() });
    match edit {
        RulebookEdit::AddClass { kind, name, amounts, .. } => format!(
            "A class {name} of {}: hardware {}, set-up {}, on site {}.",
            kind.title(),
            money(amounts.hardware),
            money(amounts.set_up),
            money(amounts.on_site)
        ),
        RulebookEdit::RenameClass { class: id, name } => {
            format!("{} is called {name}.", class(*id))
        }
        RulebookEdit::SetAmounts { class: id, amounts } => format!(
            "{}: hardware {}, set-up {}, on site {}.",
            class(*id),
            money(amounts.hardware),
            money(amounts.set_up),
            money(amounts.on_site)
        ),
        RulebookEdit::RemoveClass { class: id } => {
            format!("{} goes; its assets have the first class of their kind.", class(*id))
        }
        RulebookEdit::MakeFirst { class: id } => {
            format!("{} is the first of its kind.", class(*id))
        }
        RulebookEdit::SetRuleOrder { rules } => {
            format!("Rules in this order: {}.", rules.join(", "))
        }
        RulebookEdit::SetMonths { rule, months } => {
            format!("The rule {rule} looks {months} months ahead.")
        }
        _ => String::new(),
    }
}

fn age(months: Option<u32>) -> String {
    months.map_or_else(|| "none".to_owned(), |months| format!("{} years", years_short(months)))
}

/// A kind's title, for lists.
pub(super) fn kind_title(kind: Kind) -> &'static str {
    kind.title()
}
