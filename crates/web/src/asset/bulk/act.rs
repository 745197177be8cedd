//! What can be decided about many assets at once, and its words.

use almanac_model::choice::ChoiceField;

use crate::components::format;

/// What is decided about each asset of a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BulkAct {
    /// The risk is accepted until a day.
    Keep,
    /// The rules grade again what was kept.
    Unkeep,
    /// A class of their kind.
    Class,
}

impl BulkAct {
    const ALL: [BulkAct; 3] = [BulkAct::Keep, BulkAct::Unkeep, BulkAct::Class];

    /// The act of a name; the first where the name is none, as when a form is sent by Enter.
    pub(super) fn read(name: &str) -> BulkAct {
        BulkAct::ALL.into_iter().find(|act| act.name() == name).unwrap_or(BulkAct::Keep)
    }

    /// The name in forms.
    pub(super) fn name(self) -> &'static str {
        match self {
            BulkAct::Keep => "keep",
            BulkAct::Unkeep => "unkeep",
            BulkAct::Class => "class",
        }
    }

    /// What it decides.
    pub(super) fn field(self) -> ChoiceField {
        match self {
            BulkAct::Keep | BulkAct::Unkeep => ChoiceField::Kept,
            BulkAct::Class => ChoiceField::Class,
        }
    }

    /// Whether something has to be typed.
    pub(super) fn asks(self) -> bool {
        self != BulkAct::Unkeep
    }

    /// What the page is called before all is known.
    pub(super) fn title(self, count: usize) -> String {
        let assets = assets(count);
        match self {
            BulkAct::Keep => format!("Keep {assets} until a date"),
            BulkAct::Unkeep => format!("Return {assets} to {} grade", its(count)),
            BulkAct::Class => format!("Choose a class for {assets}"),
        }
    }

    /// The one button.
    pub(super) fn button(self, count: usize) -> String {
        let assets = assets(count);
        match self {
            BulkAct::Keep => format!("Keep {assets}"),
            BulkAct::Unkeep => format!("Return {assets}"),
            BulkAct::Class => format!("Change {assets}"),
        }
    }
}

/// "12 assets".
pub(super) fn assets(count: usize) -> String {
    format::count(i64::try_from(count).unwrap_or(i64::MAX), "asset", "assets")
}

/// "its" of one, "their" of many.
pub(super) fn its(count: usize) -> &'static str {
    if count == 1 { "its" } else { "their" }
}
