//! Groups of a table of assets, in the order people expect, each with its count and sums.

use almanac_model::grade::Grade;
use almanac_model::kind::Kind;

use crate::asset::{FleetAsset, NO_CLIENT};
use crate::fleet::Fleet;
use crate::names::Symbol;
use crate::order::{quarter, urgency};
use crate::tally::Tally;

/// What a table can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// By kind, in the order of lists.
    Kind,
    /// By grade, the most urgent first.
    Grade,
    /// By the quarter it is due in.
    Quarter,
    /// By client.
    Client,
    /// By site.
    Site,
    /// By type in the PSA.
    Type,
    /// By class.
    Class,
    /// By status.
    Status,
    /// By maker.
    Manufacturer,
    /// By model.
    Model,
}

impl GroupBy {
    /// Everything a table can be grouped by.
    pub const ALL: [GroupBy; 10] = [
        GroupBy::Kind,
        GroupBy::Grade,
        GroupBy::Quarter,
        GroupBy::Client,
        GroupBy::Site,
        GroupBy::Type,
        GroupBy::Class,
        GroupBy::Status,
        GroupBy::Manufacturer,
        GroupBy::Model,
    ];

    /// The public name, such as `kind`, as it stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            GroupBy::Kind => "kind",
            GroupBy::Grade => "grade",
            GroupBy::Quarter => "quarter",
            GroupBy::Client => "client",
            GroupBy::Site => "site",
            GroupBy::Type => "type",
            GroupBy::Class => "class",
            GroupBy::Status => "status",
            GroupBy::Manufacturer => "manufacturer",
            GroupBy::Model => "model",
        }
    }
}

/// One group of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What its assets share; `None` where they have no value.
    pub title: Option<String>,
    /// Counts and sums over the group, whole.
    pub tally: Tally,
}

/// The groups of a table's rows.
pub(crate) struct Groups {
    by: GroupBy,
    groups: Vec<Group>,
    /// What sorts each row into its group.
    pub(crate) keys: Vec<GroupKey>,
}

/// What the assets of a group share; sorts as the groups do, those without a value last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum GroupKey {
    Number(i64),
    None,
}

impl Groups {
    pub(crate) fn new(fleet: &Fleet, by: GroupBy, rows: &[u32]) -> Groups {
        let keys: Vec<GroupKey> = rows.iter().map(|&at| key(fleet, by, fleet.asset(at))).collect();
        let mut known = keys.clone();
        known.sort_unstable();
        known.dedup();
        let mut found = vec![(Tally::default(), 0); known.len()];
        for (key, &at) in keys.iter().zip(rows) {
            let place = known.binary_search(key).expect("every key is known");
            let (tally, one) = &mut found[place];
            tally.add(fleet.asset(at), &fleet.body.frame.calendar);
            *one = at;
        }
        let groups = found
            .into_iter()
            .map(|(tally, at)| Group { title: title(fleet, by, fleet.asset(at)), tally });
        Groups { by, groups: groups.collect(), keys }
    }

    /// Counts and sums over all groups.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for group in &self.groups {
            tally.add_all(&group.tally);
        }
        tally
    }

    /// What sorts any asset into its group.
    pub(crate) fn key(&self, fleet: &Fleet, at: u32) -> GroupKey {
        key(fleet, self.by, fleet.asset(at))
    }

    pub(crate) fn into_groups(self) -> Vec<Group> {
        self.groups
    }
}

fn key(fleet: &Fleet, by: GroupBy, asset: &FleetAsset) -> GroupKey {
    let names = &fleet.body.frame.names;
    let rank = |symbol: Option<Symbol>| symbol.map(|symbol| i64::from(names.rank(symbol)));
    let number = match by {
        GroupBy::Kind => Some(asset.kind as i64),
        GroupBy::Grade => Some(urgency(asset.grade)),
        GroupBy::Quarter => asset.quarter.map(quarter),
        GroupBy::Client => (asset.client != NO_CLIENT).then(|| i64::from(asset.client)),
        GroupBy::Site => rank(asset.site),
        GroupBy::Type => rank(asset.type_name),
        GroupBy::Class => asset.class.map(|class| i64::from(class.0)),
        GroupBy::Status => rank(asset.status),
        GroupBy::Manufacturer => rank(asset.manufacturer),
        GroupBy::Model => rank(asset.model),
    };
    number.map_or(GroupKey::None, GroupKey::Number)
}

fn title(fleet: &Fleet, by: GroupBy, asset: &FleetAsset) -> Option<String> {
    let of_class =
        |class: &almanac_model::class::Class| format!("{} {}", Kind::title(class.kind), class.name);
    match by {
        GroupBy::Kind => Some(asset.kind.title().to_owned()),
        GroupBy::Grade => Some(Grade::title(asset.grade).to_owned()),
        GroupBy::Quarter => asset.quarter.map(|quarter| quarter.to_string()),
        GroupBy::Client => fleet.client_of(asset).map(|client| client.name.clone()),
        GroupBy::Site => fleet.site_of(asset).map(str::to_owned),
        GroupBy::Type => fleet.type_of(asset).map(str::to_owned),
        GroupBy::Class => fleet.class_of(asset).map(of_class),
        GroupBy::Status => fleet.status_of(asset).map(str::to_owned),
        GroupBy::Manufacturer => fleet.manufacturer_of(asset).map(str::to_owned),
        GroupBy::Model => fleet.model_of(asset).map(str::to_owned),
    }
}
