//! What a decision about a selection would do, asset by asset.

use std::collections::BTreeMap;

use almanac_fleet::FleetAsset;
use almanac_model::choice::AssetEdit;
use almanac_model::class::Class;
use almanac_model::grade::Grade;
use almanac_model::id::RemoteId;
use almanac_model::money::Money;
use almanac_store::BULK_ASSETS_MAX;

use super::act::BulkAct;
use super::form::BulkForm;
use crate::components::format;
use crate::places::Asset;
use crate::route::Route;
use crate::shown::Shown;

/// The assets that a form means, as far as the visitor may see them.
pub(super) struct Picked {
    /// Their places in the fleet, in its order.
    pub(super) found: Vec<u32>,
    /// So many are gone, or not the visitor's to see.
    pub(super) missing: usize,
    /// So many were meant.
    pub(super) total: usize,
}

/// How an asset is, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) grade: Grade,
    /// The reason, or the class with what it costs.
    pub(super) words: String,
    pub(super) is_manual: bool,
}

/// An asset with its name, as a line begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) id: RemoteId,
    pub(super) name: String,
    pub(super) url: String,
    pub(super) client: String,
}

/// One asset that changes.
pub(super) struct PlanLine {
    pub(super) asset: Named,
    pub(super) before: Standing,
    pub(super) after: Standing,
    /// The version of its choices.
    pub(super) version: i64,
}

/// Everything that a decision would do.
pub(super) struct Plan {
    pub(super) edit: AssetEdit,
    pub(super) lines: Vec<PlanLine>,
    /// What stays as it is, and why.
    pub(super) left: Vec<(Named, String)>,
    /// How many go from one grade to another.
    pub(super) turns: BTreeMap<(Grade, Grade), usize>,
    /// By how much what is due within 12 months changes, in the tenant's currency.
    pub(super) due: Money,
}

impl Picked {
    /// Looks the assets of a form up. Of a filter one more than may be is looked up, to tell.
    pub(super) fn of(shown: &Shown, form: &BulkForm) -> Picked {
        let Shown { fleet, visible } = shown;
        if form.is_all {
            let query = form.params.query(visible.clone(), None, BULK_ASSETS_MAX + 1);
            let page = fleet.asset_page(&query);
            return Picked { total: page.total(), found: page.rows, missing: 0 };
        }
        let meant: Vec<&RemoteId> = form.assets.iter().chain(form.seen.keys()).collect();
        let is_shown = |at: &u32| visible.shows_asset(fleet, fleet.asset(*at));
        let find = |id: &&RemoteId| fleet.find(id).filter(is_shown);
        let mut found: Vec<u32> = meant.iter().filter_map(find).collect();
        found.sort_unstable();
        found.dedup();
        Picked { missing: meant.len() - found.len(), total: meant.len(), found }
    }

    /// Whether one bulk edit may not be about so many.
    pub(super) fn is_too_many(&self) -> bool {
        self.total > BULK_ASSETS_MAX
    }

    /// The classes of the kinds among them.
    pub(super) fn classes(&self, shown: &Shown) -> Vec<Class> {
        let fleet = &shown.fleet;
        let is_among =
            |class: &&Class| self.found.iter().any(|at| fleet.asset(*at).kind == class.kind);
        fleet.rulebook().classes.all().iter().filter(is_among).cloned().collect()
    }
}

impl Named {
    pub(super) fn of(shown: &Shown, asset: &FleetAsset) -> Named {
        let client = shown.fleet.client_of(asset);
        Named {
            id: RemoteId::new(asset.remote_id()),
            name: asset.name().to_owned(),
            url: Asset { asset: asset.remote_id().to_owned() }.url(),
            client: client.map_or_else(|| "no client".to_owned(), |client| client.name.clone()),
        }
    }
}

impl Standing {
    pub(super) fn of(shown: &Shown, act: BulkAct, asset: &FleetAsset) -> Standing {
        let words = match act {
            BulkAct::Keep | BulkAct::Unkeep => shown.fleet.brief_of(asset),
            BulkAct::Class => match shown.fleet.class_of(asset) {
                Some(class) => format!("{}, {}", class.name, format::money(class.total())),
                None => "no class".to_owned(),
            },
        };
        Standing { grade: asset.grade, words, is_manual: asset.is_manual }
    }
}

impl Plan {
    /// What `edit` does to each; nothing is changed.
    pub(super) fn new(shown: &Shown, picked: &Picked, act: BulkAct, edit: AssetEdit) -> Plan {
        let fleet = &shown.fleet;
        let mut plan = Plan {
            lines: Vec::new(),
            left: Vec::new(),
            turns: BTreeMap::new(),
            due: Money { minor: 0, currency: fleet.currency() },
            edit,
        };
        for at in &picked.found {
            let asset = fleet.asset(*at);
            match (left_because(shown, asset, &plan.edit), fleet.after_edit(asset, &plan.edit)) {
                (Some(why), _) => plan.left.push((Named::of(shown, asset), why)),
                (None, None) => {
                    plan.left.push((Named::of(shown, asset), "its type is ignored".to_owned()));
                }
                (None, Some(after)) => plan.add(shown, act, asset, &after),
            }
        }
        plan
    }

    fn add(&mut self, shown: &Shown, act: BulkAct, asset: &FleetAsset, after: &FleetAsset) {
        if asset.grade != after.grade {
            *self.turns.entry((asset.grade, after.grade)).or_default() += 1;
        }
        self.due.minor += due(after, self.due) - due(asset, self.due);
        self.lines.push(PlanLine {
            asset: Named::of(shown, asset),
            before: Standing::of(shown, act, asset),
            after: Standing::of(shown, act, after),
            version: asset.choice().map_or(0, |choice| choice.version),
        });
    }
}

/// What an asset costs within 12 months, if that is in the currency of the sum.
fn due(asset: &FleetAsset, sum: Money) -> i64 {
    let amount = asset.amount.filter(|amount| amount.currency == sum.currency && asset.is_due());
    amount.map_or(0, |amount| amount.minor)
}

fn left_because(shown: &Shown, asset: &FleetAsset, edit: &AssetEdit) -> Option<String> {
    if let AssetEdit::Class(id) = edit
        && let Some(class) = shown.fleet.class(*id)
        && class.kind != asset.kind
    {
        let (is, of) = (asset.kind.title(), class.kind.title());
        return Some(format!("is a {is}, and {} is a class of {of}", class.name));
    }
    let applies = match asset.choice() {
        Some(choice) => choice.applies(edit),
        None => almanac_model::choice::AssetChoice::default().applies(edit),
    };
    applies.then(|| match edit {
        AssetEdit::Keep(_) => "is kept until that day already".to_owned(),
        AssetEdit::ClearKeep => "is not kept".to_owned(),
        _ => "is so already".to_owned(),
    })
}
