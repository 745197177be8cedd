//! A form as an edit of an asset, or what to mend, field by field.

use almanac_model::chain::Target;
use almanac_model::choice::{AssetEdit, ChoiceField, EditProblem, REASON_MAX};
use almanac_model::class::{Class, ClassId};
use almanac_model::fact::FactValue;
use almanac_model::grade::{Grade, Kept, Manual};
use almanac_model::lock::NotAValue;
use almanac_model::typed::typed;
use jiff::civil::Date;
use serde::Deserialize;

use super::words;
use crate::extract::Faults;

/// The grades that a person can give.
pub(super) const BY_HAND: [Grade; 3] = [Grade::Replace, Grade::Plan, Grade::Healthy];

/// A form of an edit, as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct EditForm {
    /// The version of the asset's choices that the editor saw.
    pub(super) version: String,
    /// The value: a date as ISO, a text, a grade's name, a class's number.
    pub(super) value: String,
    /// Why, in the person's words.
    pub(super) reason: String,
    /// `clear` takes the decision back; anything else decides.
    pub(super) act: String,
    /// After a conflict: whose value to keep.
    pub(super) keep: String,
}

/// What a form is read against.
pub(super) struct EditContext<'a> {
    /// Today.
    pub(super) today: Date,
    /// The classes of the asset's kind.
    pub(super) classes: &'a [Class],
}

impl EditForm {
    /// The version that the editor saw; one that cannot be read was seen by nobody.
    pub(super) fn expected_version(&self) -> i64 {
        self.version.trim().parse().unwrap_or(0)
    }

    /// An edit as the form that would ask for it.
    pub(super) fn of(edit: &AssetEdit, version: i64) -> EditForm {
        let (value, act) = match edit {
            AssetEdit::Lock { value, .. } => (value.to_string(), "set"),
            AssetEdit::Manual(manual) => (manual.grade.name().to_owned(), "set"),
            AssetEdit::Keep(kept) => (kept.until.to_string(), "set"),
            AssetEdit::Class(class) => (class.0.to_string(), "set"),
            _ => (String::new(), "clear"),
        };
        EditForm {
            version: version.to_string(),
            value,
            reason: edit.reason().to_owned(),
            act: act.to_owned(),
            keep: String::new(),
        }
    }

    /// What the form asks for.
    pub(super) fn read(
        &self,
        field: ChoiceField,
        context: &EditContext<'_>,
    ) -> Result<AssetEdit, Faults> {
        let mut faults = Faults::default();
        let edit = if self.act == "clear" {
            Some(clear(field))
        } else {
            faults.check("value", self.set(field, context))
        };
        if let Some(Err(problem)) = edit.as_ref().map(|edit| edit.check_on(context.today)) {
            let place = if problem.is_of_reason() { "reason" } else { "value" };
            faults.add(place, repair(problem));
        }
        // Said together with what is wrong with the value.
        if faults.of("value").is_some() && self.needs_reason(field) {
            faults.add("reason", repair(EditProblem::NoReason));
        }
        match edit {
            Some(edit) if faults.is_empty() => Ok(edit),
            _ => Err(faults),
        }
    }

    fn needs_reason(&self, field: ChoiceField) -> bool {
        matches!(field, ChoiceField::Kept | ChoiceField::Manual) && typed(&self.reason).is_empty()
    }

    fn set(&self, field: ChoiceField, context: &EditContext<'_>) -> Result<AssetEdit, String> {
        let reason = typed(&self.reason);
        let value = typed(&self.value);
        match field {
            ChoiceField::Fact(target) => {
                let value = read_value(target, &value)?;
                Ok(AssetEdit::Lock { target, value, reason })
            }
            ChoiceField::Manual => {
                let grade = words::grade(&value).filter(|grade| BY_HAND.contains(grade));
                let grade = grade.ok_or("Choose Replace, Plan or Healthy.")?;
                Ok(AssetEdit::Manual(Manual { grade, reason }))
            }
            ChoiceField::Kept => {
                let until = read_until(&value)?;
                Ok(AssetEdit::Keep(Kept { until, reason }))
            }
            ChoiceField::Class => {
                let id = value.parse().ok().map(ClassId);
                let class = context.classes.iter().find(|class| Some(class.id) == id);
                let class = class.ok_or("Choose one of the classes of its kind.")?;
                Ok(AssetEdit::Class(class.id))
            }
        }
    }
}

fn clear(field: ChoiceField) -> AssetEdit {
    match field {
        ChoiceField::Fact(target) => AssetEdit::Unlock { target },
        ChoiceField::Manual => AssetEdit::ClearManual,
        ChoiceField::Kept => AssetEdit::ClearKeep,
        ChoiceField::Class => AssetEdit::ClearClass,
    }
}

fn read_value(target: Target, text: &str) -> Result<FactValue, String> {
    FactValue::of_person(target, text).map_err(|wrong| match wrong {
        NotAValue::Empty if text.is_empty() => "Give a value, or leave Halo's as it is.".to_owned(),
        NotAValue::Empty => "Halo writes this date for “not set”. Give the real one.".to_owned(),
        NotAValue::UnreadableDate => "Write the date as 2024-03-31.".to_owned(),
        NotAValue::PlaceholderSerial => {
            "This text stands in for a serial number on many machines. Give the one on the label."
                .to_owned()
        }
        NotAValue::TooLong => "Shorten it to 2,000 characters.".to_owned(),
    })
}

fn read_until(text: &str) -> Result<Date, String> {
    match FactValue::of_person(Target::WarrantyEnd, text) {
        Ok(FactValue::Date(until)) => Ok(until),
        Err(NotAValue::Empty) if text.is_empty() => {
            Err("Give the last day that the risk is accepted for.".to_owned())
        }
        _ => Err("Write the date as 2027-03-31.".to_owned()),
    }
}

fn repair(problem: EditProblem) -> String {
    let text = match problem {
        EditProblem::NoReason => "Say why, so that others can judge it later.",
        EditProblem::LongReason => {
            return format!("Shorten the reason to {REASON_MAX} characters.");
        }
        EditProblem::OtherType | EditProblem::NotByHand => "Choose another value.",
        EditProblem::FutureDay => "This day is in the future. Give today or an earlier day.",
        EditProblem::FarDay => "This is more than 30 years ahead. Check the year.",
        EditProblem::PastDay => "This day is past. Give today or a later day.",
        EditProblem::LongKeep => "Give a day within 10 years; then the risk is looked at again.",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date::constant(2026, 11, 23);
    const BOUGHT: ChoiceField = ChoiceField::Fact(Target::PurchaseDate);

    fn form(value: &str, reason: &str) -> EditForm {
        let [value, reason] = [value, reason].map(str::to_owned);
        EditForm { value, reason, act: "set".to_owned(), ..EditForm::default() }
    }

    fn read(field: ChoiceField, value: &str, reason: &str) -> Result<AssetEdit, Faults> {
        form(value, reason).read(field, &EditContext { today: TODAY, classes: &[] })
    }

    #[test]
    fn dates_that_cannot_be_are_refused_with_their_repair() {
        let repair = |field, value| {
            let faults = read(field, value, "why").expect_err("it is refused");
            faults.of("value").expect("a fault of the value").to_owned()
        };
        assert!(repair(BOUGHT, "2027-01-01").contains("in the future"));
        assert!(repair(BOUGHT, "1900-01-01").contains("not set"));
        assert!(repair(BOUGHT, "").contains("Give a value"));
        assert!(repair(BOUGHT, "next week").contains("2024-03-31"));
        assert!(
            repair(ChoiceField::Fact(Target::WarrantyEnd), "2999-01-01").contains("Check the year")
        );
        assert!(repair(ChoiceField::Fact(Target::SerialNumber), "None").contains("stands in"));
        assert!(repair(ChoiceField::Kept, "2026-11-22").contains("past"));
        assert!(repair(ChoiceField::Kept, "2099-01-01").contains("within 10 years"));
        assert!(repair(ChoiceField::Manual, "kept").contains("Replace, Plan or Healthy"));
        assert!(repair(ChoiceField::Class, "7").contains("Choose one"));
        assert!(read(ChoiceField::Fact(Target::WarrantyEnd), "2031-01-01", "").is_ok());
    }

    #[test]
    fn a_risk_is_not_accepted_without_a_reason() {
        let faults = read(ChoiceField::Kept, "2027-03-01", " \u{0} ").expect_err("no reason");
        assert!(faults.of("reason").is_some() && faults.of("value").is_none());
        let both = read(ChoiceField::Kept, "", "").expect_err("nothing");
        assert!(both.of("reason").is_some() && both.of("value").is_some());
        assert!(read(ChoiceField::Manual, "plan", &"x".repeat(2_000)).is_err());
    }

    #[test]
    fn characters_that_nobody_types_are_left_out() {
        let target = Target::Model;
        let read = read(ChoiceField::Fact(target), "Opti\u{0}Plex\u{7f}", "a\u{0}b");
        let expected = AssetEdit::Lock {
            target,
            value: FactValue::Text("OptiPlex".to_owned()),
            reason: "ab".to_owned(),
        };
        assert_eq!(read, Ok(expected.clone()));
        let form = EditForm::of(&expected, 3);
        assert_eq!((form.version.as_str(), form.value.as_str()), ("3", "OptiPlex"));
        assert_eq!(
            form.read(ChoiceField::Fact(target), &EditContext { today: TODAY, classes: &[] }),
            Ok(expected)
        );
    }
}
