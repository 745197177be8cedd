//! The words of this area: names of what can be decided, and decided values as people read them.

use almanac_fleet::Fleet;
use almanac_model::choice::ChoiceField;
use almanac_model::class::ClassId;
use almanac_model::grade::Grade;

use crate::components::format;
pub(super) use crate::fact_words::{target_title, value_text};

/// What something to decide is called.
pub(super) fn field_title(field: ChoiceField) -> &'static str {
    match field {
        ChoiceField::Fact(target) => target_title(target),
        ChoiceField::Manual => "Grade by hand",
        ChoiceField::Kept => "Kept until",
        ChoiceField::Class => "Class",
    }
}

/// A title in the middle of a sentence; abbreviations keep their capitals.
pub(super) fn lower(title: &str) -> String {
    let is_short = title.chars().nth(1).is_some_and(char::is_uppercase);
    if is_short { title.to_owned() } else { title.to_lowercase() }
}

/// A value as the history keeps it, as people read it.
pub(super) fn kept_text(fleet: &Fleet, field: ChoiceField, text: &str) -> String {
    let date = || text.parse().ok().map(format::date);
    let shown = match field {
        ChoiceField::Fact(target) if target.is_date() => date(),
        ChoiceField::Fact(_) => None,
        ChoiceField::Kept => date(),
        ChoiceField::Manual => grade(text).map(|grade| grade.title().to_owned()),
        ChoiceField::Class => text.parse().ok().map(|id| class_name(fleet, ClassId(id))),
    };
    shown.unwrap_or_else(|| text.to_owned())
}

/// A grade by its public name.
pub(super) fn grade(name: &str) -> Option<Grade> {
    Grade::ALL.into_iter().find(|grade| grade.name() == name)
}

/// A class's name.
pub(super) fn class_name(fleet: &Fleet, id: ClassId) -> String {
    let class = fleet.rulebook().classes.get(id);
    class.map_or_else(|| format!("class {}, which is gone", id.0), |class| class.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_in_sentences_keep_abbreviations() {
        assert_eq!(lower("Purchase date"), "purchase date");
        assert_eq!(lower("IP address"), "IP address");
    }
}
