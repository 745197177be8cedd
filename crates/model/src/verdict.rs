//! From one asset to everything the product says of it: kind, age, grade, quarter, budget.
//!
//! This only puts the rules of the other files together, in one order, so that a table, an
//! export and a page never differ. Whether an asset is shown at all (placeholder, inactive, out
//! of scope) is not judged here.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::age::Age;
use crate::asset::RemoteAsset;
use crate::budget::{BudgetLine, Replacement, replacement};
use crate::chain::Target;
use crate::class::{ClassId, Classes};
use crate::fact::Facts;
use crate::grade::{GradeInput, Graded, Kept, Manual, grade};
use crate::id::RemoteId;
use crate::kind::{Kind, KindChoice, KindMap};
use crate::os::{OsMemo, OsSupport};
use crate::policy::Policies;
use crate::rule::RuleSet;

/// Everything a tenant decided about judging assets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rulebook {
    /// Which kind each asset type is.
    pub kinds: KindMap,
    /// How long assets are used, and which clocks count.
    pub policies: Policies,
    /// What replacing costs.
    pub classes: Classes,
    /// How clocks become grades.
    pub rules: RuleSet,
    /// The highest number that a class had, as far as removed ones tell it: a number is given once,
    /// since assets keep the number of the class they were given.
    #[serde(default)]
    pub class_last: u32,
}

/// What people decided about one asset.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AssetChoices {
    /// Its class; without one it has the first of its kind.
    pub class: Option<ClassId>,
    /// The risk is accepted until a day.
    pub kept: Option<Kept>,
    /// Its grade was given by hand.
    pub manual: Option<Manual>,
}

/// One asset with all that is known of it.
#[derive(Debug, Clone, Copy)]
pub struct AssetCase<'a> {
    /// What the PSA says.
    pub asset: &'a RemoteAsset,
    /// What the chains made of it.
    pub facts: &'a Facts,
    /// Its operating system, from [`os_support`].
    pub os: Option<OsSupport>,
    /// What people decided.
    pub choices: &'a AssetChoices,
}

/// What judging needs of an asset once its kind is known.
#[derive(Debug, Clone, Copy)]
pub struct JudgeInput<'a> {
    /// What it is.
    pub kind: Kind,
    /// Whose it is.
    pub client: Option<&'a RemoteId>,
    /// When it was bought.
    pub purchased_on: Option<Date>,
    /// The last day of its warranty.
    pub warranty_ends_on: Option<Date>,
    /// Its operating system.
    pub os: Option<OsSupport>,
    /// What people decided.
    pub choices: &'a AssetChoices,
}

/// What the product says of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssetVerdict {
    /// What it is.
    pub kind: Kind,
    /// How old it is.
    pub age: Age,
    /// What should become of it, and why.
    pub graded: Graded,
    /// When it is due; `None` where no counted clock runs out.
    pub replacement: Option<Replacement>,
    /// What that costs; `None` where it is never due or its kind has no class.
    pub budget: Option<BudgetLine>,
}

/// The end of support of the operating system that an asset's facts name.
pub fn os_support(facts: &Facts, memo: &mut OsMemo) -> Option<OsSupport> {
    memo.lookup(facts.text(Target::OperatingSystem)?)
}

impl Rulebook {
    /// Judges one asset on a day. `None` is an asset of an ignored type.
    pub fn judge(&self, case: &AssetCase<'_>, on: Date) -> Option<AssetVerdict> {
        let AssetCase { asset, facts, os, choices } = *case;
        let type_name = asset.asset_type_name.as_deref();
        let kind = match self.kinds.choice(asset.asset_type.as_ref(), type_name) {
            KindChoice::Kind(kind) => kind,
            KindChoice::Ignored => return None,
        };
        let dates = JudgeInput {
            kind,
            client: asset.client.as_ref(),
            purchased_on: facts.date(Target::PurchaseDate),
            warranty_ends_on: facts.date(Target::WarrantyEnd),
            os,
            choices,
        };
        Some(self.judge_input(&dates, on))
    }

    /// Judges what is needed of an asset whose type is not ignored: what [`Rulebook::judge`] comes
    /// to, for those who hold only that.
    pub fn judge_input(&self, input: &JudgeInput<'_>, on: Date) -> AssetVerdict {
        let JudgeInput { kind, client, purchased_on, warranty_ends_on, os, choices } = *input;
        let class = self.classes.of(kind, choices.class);
        let input = GradeInput {
            kind,
            class: class.map(|class| class.id),
            client,
            purchased_on,
            warranty_ends_on,
            os,
            kept: choices.kept.as_ref(),
            manual: choices.manual.as_ref(),
        };
        let graded = grade(&input, &self.rules, &self.policies, on);
        let replacement = replacement(&graded);
        let budget =
            replacement.zip(class).map(|(replacement, class)| BudgetLine::new(replacement, class));
        AssetVerdict { kind, age: graded.reason.age(), graded, replacement, budget }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::{RemoteField, RemoteValue};
    use crate::chain::{Chains, Link, resolve};
    use crate::grade::Grade;
    use crate::money::Currency;

    fn asset(type_name: &str, values: &[(&str, &str)]) -> RemoteAsset {
        let value = |(name, value): &(&str, &str)| RemoteValue {
            field: RemoteField::Standard((*name).to_owned()),
            value: (*value).to_owned(),
        };
        RemoteAsset {
            remote_id: RemoteId::from(1201),
            tag: Some("PC-0042".to_owned()),
            client: Some(RemoteId::from(42)),
            site: None,
            asset_type: Some(RemoteId::from(130)),
            asset_type_name: Some(type_name.to_owned()),
            status: None,
            is_inactive: false,
            is_placeholder: false,
            values: values.iter().map(value).collect(),
        }
    }

    fn chains() -> Chains {
        let standard = |name: &str| [Link::Standard(name.to_owned())];
        Chains::new()
            .with(Target::PurchaseDate, standard("bought"))
            .with(Target::OperatingSystem, standard("os"))
    }

    #[test]
    fn an_asset_of_the_psa_becomes_a_verdict() {
        let asset =
            asset("Laptops", &[("bought", "2019-06-10T00:00:00"), ("os", "Windows 10 Pro")]);
        let facts = resolve(&chains(), &asset.values);
        let mut book = Rulebook {
            classes: Classes::placeholders(Currency::new("EUR").unwrap()),
            ..Rulebook::default()
        };
        let case = AssetCase {
            asset: &asset,
            facts: &facts,
            os: os_support(&facts, &mut OsMemo::default()),
            choices: &AssetChoices::default(),
        };
        let on = Date::constant(2026, 11, 21);
        let verdict = book.judge(&case, on).unwrap();
        assert_eq!(verdict.kind, Kind::Laptop);
        assert_eq!(verdict.age.years().as_deref(), Some("7.4"));
        assert_eq!(verdict.graded.grade, Grade::Replace);
        let text = verdict.graded.reason.text();
        assert_eq!(text, "Windows 10 ended 14 Oct 2025, 7.4 of 5 years");
        let line = verdict.budget.unwrap();
        assert_eq!(line.replacement.quarter.to_string(), "2026 Q4");
        assert_eq!(line.amount.minor, 180_000);

        book.kinds.set(RemoteId::from(130), KindChoice::Ignored);
        let stored = serde_json::to_string(&book).unwrap();
        assert_eq!(serde_json::from_str::<Rulebook>(&stored).unwrap(), book);
        assert_eq!(book.judge(&case, on), None);
    }
}
