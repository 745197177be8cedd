//! The columns of a table of assets: their words, their order, and what stands in a cell.
//!
//! Names of columns stand in people's preferences, so they never change. A value that is missing is a
//! word that says why, never an empty cell.

use almanac_fleet::{Fleet, FleetAsset, SortBy};
use almanac_model::age::Age;
use almanac_model::grade::Grade;

use crate::components::format;
use crate::components::table::ColumnKind;
use crate::places;
use crate::route::Route;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AssetColumn {
    /// Its name, with the model beside it.
    Name,
    /// Its client.
    Client,
    /// Its kind.
    Kind,
    /// Its type in the PSA.
    Type,
    /// Its site.
    Site,
    /// Its class.
    Class,
    /// Its status in the PSA.
    Status,
    /// Its maker.
    Manufacturer,
    /// Its model.
    Model,
    /// Its serial number.
    Serial,
    /// Its operating system.
    Os,
    /// Who signed in last.
    User,
    /// When it was bought.
    Purchased,
    /// How old it is.
    Age,
    /// Until when it has a warranty.
    Warranty,
    /// Its grade with the reason.
    Grade,
    /// The quarter it is due in.
    Quarter,
    /// What replacing it costs.
    Amount,
}

/// What stands in a cell, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AssetCell {
    /// The name, a link, with the model.
    Name {
        /// The name.
        label: String,
        /// Where it leads.
        href: String,
        /// The model.
        beside: Option<String>,
    },
    /// A secondary value.
    Text(String),
    /// A link to something else.
    Link {
        /// Its words.
        label: String,
        /// Where it leads.
        href: String,
    },
    /// A value.
    Value(String),
    /// The value that one came for.
    Strong(String),
    /// Why there is no value.
    Void(&'static str),
    /// A grade.
    Grade {
        /// The grade.
        grade: Grade,
        /// Why.
        reason: String,
        /// Where that is explained.
        why_href: String,
        /// Whether a person gave it.
        is_manual: bool,
    },
}

impl AssetColumn {
    /// Every column, in the order of the chooser.
    pub(crate) const ALL: [AssetColumn; 18] = [
        AssetColumn::Name,
        AssetColumn::Client,
        AssetColumn::Kind,
        AssetColumn::Type,
        AssetColumn::Site,
        AssetColumn::Class,
        AssetColumn::Status,
        AssetColumn::Manufacturer,
        AssetColumn::Model,
        AssetColumn::Serial,
        AssetColumn::Os,
        AssetColumn::User,
        AssetColumn::Purchased,
        AssetColumn::Age,
        AssetColumn::Warranty,
        AssetColumn::Grade,
        AssetColumn::Quarter,
        AssetColumn::Amount,
    ];

    /// The columns of a table that nobody changed.
    pub(crate) fn own(has_client: bool) -> Vec<AssetColumn> {
        use AssetColumn::{Age, Amount, Class, Client, Grade, Kind, Name, Quarter, Warranty};
        if has_client {
            return vec![Name, Client, Kind, Age, Grade, Quarter, Amount];
        }
        vec![Name, Kind, Class, Age, Warranty, Grade, Quarter, Amount]
    }

    /// The public name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            AssetColumn::Name => "name",
            AssetColumn::Client => "client",
            AssetColumn::Kind => "kind",
            AssetColumn::Type => "type",
            AssetColumn::Site => "site",
            AssetColumn::Class => "class",
            AssetColumn::Status => "status",
            AssetColumn::Manufacturer => "manufacturer",
            AssetColumn::Model => "model",
            AssetColumn::Serial => "serial",
            AssetColumn::Os => "os",
            AssetColumn::User => "user",
            AssetColumn::Purchased => "purchased",
            AssetColumn::Age => "age",
            AssetColumn::Warranty => "warranty",
            AssetColumn::Grade => "grade",
            AssetColumn::Quarter => "quarter",
            AssetColumn::Amount => "amount",
        }
    }

    /// What its head says.
    pub(crate) fn label(self) -> &'static str {
        match self {
            AssetColumn::Name => "Asset",
            AssetColumn::Client => "Client",
            AssetColumn::Kind => "Kind",
            AssetColumn::Type => "Type in Halo",
            AssetColumn::Site => "Site",
            AssetColumn::Class => "Class",
            AssetColumn::Status => "Status",
            AssetColumn::Manufacturer => "Manufacturer",
            AssetColumn::Model => "Model",
            AssetColumn::Serial => "Serial number",
            AssetColumn::Os => "Operating system",
            AssetColumn::User => "Last user",
            AssetColumn::Purchased => "Purchased",
            AssetColumn::Age => "Age",
            AssetColumn::Warranty => "Warranty",
            AssetColumn::Grade => "Grade and reason",
            AssetColumn::Quarter => "Replace in",
            AssetColumn::Amount => "Budget",
        }
    }

    /// How it stands.
    pub(crate) fn kind(self) -> ColumnKind {
        match self {
            AssetColumn::Name => ColumnKind::Name,
            AssetColumn::Age | AssetColumn::Amount => ColumnKind::Number,
            _ => ColumnKind::Text,
        }
    }

    /// What it is sorted by. The purchase date sorts as the age does; the last user not at all.
    pub(crate) fn sort(self) -> Option<SortBy> {
        Some(match self {
            AssetColumn::Name => SortBy::Name,
            AssetColumn::Client => SortBy::Client,
            AssetColumn::Kind => SortBy::Kind,
            AssetColumn::Type => SortBy::Type,
            AssetColumn::Site => SortBy::Site,
            AssetColumn::Class => SortBy::Class,
            AssetColumn::Status => SortBy::Status,
            AssetColumn::Manufacturer => SortBy::Manufacturer,
            AssetColumn::Model => SortBy::Model,
            AssetColumn::Serial => SortBy::Serial,
            AssetColumn::Os => SortBy::Os,
            AssetColumn::User | AssetColumn::Purchased => return None,
            AssetColumn::Age => SortBy::Age,
            AssetColumn::Warranty => SortBy::Warranty,
            AssetColumn::Grade => SortBy::Grade,
            AssetColumn::Quarter => SortBy::Due,
            AssetColumn::Amount => SortBy::Amount,
        })
    }

    /// When it goes for lack of width.
    pub(crate) fn drop(self) -> Option<u8> {
        match self {
            AssetColumn::Name
            | AssetColumn::Client
            | AssetColumn::Grade
            | AssetColumn::Quarter
            | AssetColumn::Amount => None,
            AssetColumn::Age | AssetColumn::Warranty => Some(2),
            _ => Some(1),
        }
    }

    /// Whether it is always shown.
    pub(crate) fn is_fixed(self) -> bool {
        use AssetColumn::{Amount, Grade, Name, Quarter};
        matches!(self, Name | Grade | Quarter | Amount)
    }

    /// What stands in its cell.
    pub(crate) fn cell(self, fleet: &Fleet, asset: &FleetAsset) -> AssetCell {
        match self {
            AssetColumn::Name => AssetCell::Name {
                label: asset.name().to_owned(),
                href: places::Asset { asset: asset.remote_id().to_owned() }.url(),
                beside: fleet.model_of(asset).map(str::to_owned),
            },
            AssetColumn::Client => client(fleet, asset),
            AssetColumn::Kind => AssetCell::Text(asset.kind.title().to_owned()),
            AssetColumn::Type => text(fleet.type_of(asset), "no type"),
            AssetColumn::Site => text(fleet.site_of(asset), "no site"),
            AssetColumn::Class => {
                text(fleet.class_of(asset).map(|class| class.name.as_str()), "no class")
            }
            AssetColumn::Status => text(fleet.status_of(asset), "no status"),
            AssetColumn::Manufacturer => text(fleet.manufacturer_of(asset), "no record"),
            AssetColumn::Model => text(fleet.model_of(asset), "no record"),
            AssetColumn::Serial => text(asset.serial(), "no record"),
            AssetColumn::Os => text(fleet.os_of(asset), "no record"),
            AssetColumn::User => text(asset.last_user(), "no record"),
            AssetColumn::Purchased => match asset.purchased_on() {
                Some(day) => AssetCell::Value(format::date(day)),
                None => AssetCell::Void("needs a date"),
            },
            // The model's own rounding, so that the age agrees with the reason beside it.
            AssetColumn::Age => match (asset.age, asset.age.years()) {
                (Age::Months(_), Some(years)) => AssetCell::Value(format!("{years}\u{a0}y")),
                (Age::Future, _) => AssetCell::Void("in the future"),
                _ => AssetCell::Void("needs a date"),
            },
            AssetColumn::Warranty => match asset.warranty_ends_on() {
                Some(day) if day < fleet.on() => {
                    AssetCell::Text(format!("ended {}", format::date(day)))
                }
                Some(day) => AssetCell::Value(format::date(day)),
                None => AssetCell::Void("no record"),
            },
            AssetColumn::Grade => AssetCell::Grade {
                grade: asset.grade,
                reason: fleet.brief_of(asset),
                why_href: places::AssetWhy { asset: asset.remote_id().to_owned() }.url(),
                is_manual: asset.is_manual,
            },
            AssetColumn::Quarter => quarter(asset),
            AssetColumn::Amount => match asset.amount {
                Some(amount) => AssetCell::Value(format::money(amount)),
                None if asset.class.is_none() => AssetCell::Void("no class"),
                None => AssetCell::Void("not due"),
            },
        }
    }
}

fn text(value: Option<&str>, why_none: &'static str) -> AssetCell {
    value.map_or(AssetCell::Void(why_none), |value| AssetCell::Text(value.to_owned()))
}

fn client(fleet: &Fleet, asset: &FleetAsset) -> AssetCell {
    let Some(client) = fleet.client_of(asset) else { return AssetCell::Void("no client") };
    let id = client.remote_id.as_str().to_owned();
    AssetCell::Link { label: client.name.clone(), href: places::ClientAssets { client: id }.url() }
}

/// What is due is what one came for.
fn quarter(asset: &FleetAsset) -> AssetCell {
    match asset.quarter {
        Some(quarter) if asset.is_due() => AssetCell::Strong(format::quarter(quarter)),
        Some(quarter) => AssetCell::Text(format::quarter(quarter)),
        None if asset.grade == Grade::Unknown => AssetCell::Void("needs a date"),
        None => AssetCell::Void("no clock"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset_table::params::named;

    #[test]
    fn a_column_is_found_by_its_name_and_can_be_shown() {
        for column in AssetColumn::ALL {
            assert_eq!(named(&AssetColumn::ALL, AssetColumn::name, column.name()), Some(column));
        }
        let own = AssetColumn::own(true);
        assert!(
            AssetColumn::ALL.into_iter().all(|column| !column.is_fixed() || own.contains(&column))
        );
        assert!(own.contains(&AssetColumn::Client));
        assert!(!AssetColumn::own(false).contains(&AssetColumn::Client));
    }
}
