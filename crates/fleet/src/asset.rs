//! One graded asset of a fleet.
//!
//! Small and cheap to clone: its texts are shared. What a table shows of it beyond these fields
//! is asked of [`crate::Fleet`], which holds the names.

use std::sync::Arc;

use almanac_model::age::Age;
use almanac_model::budget::Quarter;
use almanac_model::choice::AssetChoice;
use almanac_model::class::ClassId;
use almanac_model::grade::Grade;
use almanac_model::kind::Kind;
use almanac_model::money::Money;
use almanac_model::verdict::AssetVerdict;
use jiff::civil::Date;

use crate::names::Symbol;
use crate::source::{Source, Warning};

/// The place of who has no client: after all that have one.
pub(crate) const NO_CLIENT: u32 = u32::MAX;

/// One graded asset.
#[derive(Debug, Clone)]
pub struct FleetAsset {
    pub(crate) source: Arc<Source>,
    pub(crate) client: u32,
    pub(crate) site: Option<Symbol>,
    pub(crate) type_name: Option<Symbol>,
    pub(crate) status: Option<Symbol>,
    // Copies of the source's: looking there for each of thousands of assets costs more than all
    // else that a search does.
    pub(crate) model: Option<Symbol>,
    pub(crate) manufacturer: Option<Symbol>,
    pub(crate) os_text: Option<Symbol>,
    /// What it is.
    pub kind: Kind,
    /// What should become of it.
    pub grade: Grade,
    /// Whether a person gave the grade.
    pub is_manual: bool,
    /// Whether a counted clock has ended and nobody accepted the risk.
    pub is_overdue: bool,
    /// Its class, where its kind has any.
    pub class: Option<ClassId>,
    /// How old it is.
    pub age: Age,
    /// The quarter it is due in; `None` where no counted clock runs out.
    pub quarter: Option<Quarter>,
    /// The day a decision is due by: the end of the first counted clock, or of the acceptance.
    pub due_on: Option<Date>,
    /// What replacing it costs; `None` where it is never due or its kind has no class.
    pub amount: Option<Money>,
}

/// Where an asset's references lead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct References {
    pub(crate) client: Option<u32>,
    pub(crate) site: Option<Symbol>,
    pub(crate) type_name: Option<Symbol>,
    pub(crate) status: Option<Symbol>,
}

impl FleetAsset {
    pub(crate) fn new(
        source: Arc<Source>,
        references: References,
        class: Option<ClassId>,
        verdict: &AssetVerdict,
    ) -> FleetAsset {
        FleetAsset {
            client: references.client.unwrap_or(NO_CLIENT),
            site: references.site,
            type_name: references.type_name,
            status: references.status,
            model: source.model,
            manufacturer: source.manufacturer,
            os_text: source.os_text,
            kind: verdict.kind,
            grade: verdict.graded.grade,
            is_manual: verdict.graded.is_manual,
            is_overdue: verdict.replacement.is_some_and(|due| due.is_overdue),
            class,
            age: verdict.age,
            quarter: verdict.replacement.map(|due| due.quarter),
            due_on: due_on(verdict, source.choices().kept.as_ref().map(|kept| kept.until)),
            amount: verdict.budget.map(|line| line.amount),
            source,
        }
    }

    /// Where its references lead.
    pub(crate) fn references(&self) -> References {
        References {
            client: (self.client != NO_CLIENT).then_some(self.client),
            site: self.site,
            type_name: self.type_name,
            status: self.status,
        }
    }

    /// The PSA's identifier.
    pub fn remote_id(&self) -> &str {
        self.source.remote_id()
    }

    /// What people call it: tag, else host name, else serial number, else remote id.
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// The maker's serial number.
    pub fn serial(&self) -> Option<&str> {
        self.source.serial()
    }

    /// Its host name, where that is not its name.
    pub fn hostname(&self) -> Option<&str> {
        self.source.hostname()
    }

    /// Who signed in last.
    pub fn last_user(&self) -> Option<&str> {
        self.source.last_user()
    }

    /// When it was bought.
    pub fn purchased_on(&self) -> Option<Date> {
        self.source.purchased_on
    }

    /// The last day of its warranty.
    pub fn warranty_ends_on(&self) -> Option<Date> {
        self.source.warranty_ends_on
    }

    /// What people decided about it; `None` where nobody did.
    pub fn choice(&self) -> Option<&AssetChoice> {
        self.source.choice.as_deref()
    }

    /// The last day that a person accepted the risk for, past or not.
    pub fn kept_until(&self) -> Option<Date> {
        self.source.choices().kept.as_ref().map(|kept| kept.until)
    }

    /// Whether a person set a value over the PSA's.
    pub fn is_locked(&self) -> bool {
        self.source.choice.as_ref().is_some_and(|choice| !choice.locks.is_empty())
    }

    /// Whether it is due now or within 12 months, so that somebody must decide.
    pub fn is_due(&self) -> bool {
        matches!(self.grade, Grade::Replace | Grade::Plan)
    }

    /// Whether any of its values is doubtful.
    pub fn has_warnings(&self) -> bool {
        self.source.has_warnings(self.age)
    }

    /// What is doubtful about its values.
    pub fn warnings(&self) -> Vec<Warning> {
        self.source.warnings(self.age)
    }
}

/// When a decision is due by.
fn due_on(verdict: &AssetVerdict, kept_until: Option<Date>) -> Option<Date> {
    let clocks = verdict.graded.clocks().iter().filter(|clock| clock.decides());
    let by_clocks = clocks.filter_map(|clock| clock.ends_on).min();
    match verdict.graded.grade {
        Grade::Kept => by_clocks.max(kept_until),
        Grade::Replace if verdict.graded.is_manual => {
            let on = verdict.graded.reason.on;
            Some(by_clocks.map_or(on, |ends_on| ends_on.min(on)))
        }
        _ => by_clocks,
    }
}
