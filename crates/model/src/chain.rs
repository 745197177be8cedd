//! Which of a PSA's fields give each fact about an asset, and which one did.
//!
//! A target takes an ordered chain of links; the first link that has a usable value wins, and
//! the fact says which link that was. A sentinel date or an unusable text is no value: the next
//! link is asked. The order in which the PSA lists values never matters: several values for one
//! link are tried in the order of their field's identifier.
//!
//! Chains for a particular PSA are built by its connector; none is here.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::asset::RemoteValue;
use crate::fact::{FactValue, Facts};
use crate::resolver::Resolver;

/// A fact about an asset that the product uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The maker's serial number; placeholders are not one.
    SerialNumber,
    /// Free text.
    Notes,
    /// When it was bought: what age counts from.
    PurchaseDate,
    /// The last day of the maker's warranty.
    WarrantyEnd,
    /// The first day of the maker's warranty.
    WarrantyStart,
    /// Memory, as written.
    Ram,
    /// Operating system, as written.
    OperatingSystem,
    /// Maker.
    Manufacturer,
    /// The maker's model.
    Model,
    /// Network name.
    Hostname,
    /// Who signed in last.
    LastUser,
    /// Network address.
    IpAddress,
    /// Hardware address.
    MacAddress,
    /// When it was put to use.
    InstallDate,
    /// Processor, as written.
    Cpu,
    /// Storage, as written.
    Disk,
}

impl Target {
    /// Every target, in the order lists show them.
    pub const ALL: [Target; 16] = [
        Target::SerialNumber,
        Target::Notes,
        Target::PurchaseDate,
        Target::WarrantyEnd,
        Target::WarrantyStart,
        Target::Ram,
        Target::OperatingSystem,
        Target::Manufacturer,
        Target::Model,
        Target::Hostname,
        Target::LastUser,
        Target::IpAddress,
        Target::MacAddress,
        Target::InstallDate,
        Target::Cpu,
        Target::Disk,
    ];

    /// The public name, such as `purchase_date`.
    pub fn name(self) -> &'static str {
        match self {
            Target::SerialNumber => "serial_number",
            Target::Notes => "notes",
            Target::PurchaseDate => "purchase_date",
            Target::WarrantyEnd => "warranty_end",
            Target::WarrantyStart => "warranty_start",
            Target::Ram => "ram",
            Target::OperatingSystem => "operating_system",
            Target::Manufacturer => "manufacturer",
            Target::Model => "model",
            Target::Hostname => "hostname",
            Target::LastUser => "last_user",
            Target::IpAddress => "ip_address",
            Target::MacAddress => "mac_address",
            Target::InstallDate => "install_date",
            Target::Cpu => "cpu",
            Target::Disk => "disk",
        }
    }

    /// Whether its values are dates.
    pub fn is_date(self) -> bool {
        matches!(
            self,
            Target::PurchaseDate
                | Target::WarrantyEnd
                | Target::WarrantyStart
                | Target::InstallDate
        )
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One place to look for a value. Names are compared without case, spaces and punctuation;
/// identifiers exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// A property that every asset has, by the PSA's exact name for it.
    Standard(String),
    /// A field that the asset type defines, by identifier.
    TypedId(String),
    /// A field that the asset type defines, by name.
    TypedName(String),
    /// A custom field, by identifier.
    CustomId(String),
    /// A custom field, by name.
    CustomName(String),
}

/// The chain of every target. A target without a chain has no fact.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Chains {
    targets: BTreeMap<Target, Vec<Link>>,
    /// Where the links begin that only stand in for a target.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    stand_ins: BTreeMap<Target, usize>,
    /// Minutes east of UTC of the people who enter dates (quirk Q-26).
    #[serde(default)]
    zone_offset_min: i16,
}

impl Chains {
    /// No chains, dates taken as they are written.
    pub fn new() -> Chains {
        Chains::default()
    }

    /// Sets a target's chain, over any earlier one.
    pub fn with(mut self, target: Target, links: impl IntoIterator<Item = Link>) -> Chains {
        self.targets.insert(target, links.into_iter().collect());
        self.stand_ins.remove(&target);
        self
    }

    /// Adds links that are asked last and give something else in the target's place, such as the
    /// day of installation for that of purchase.
    pub fn with_stand_ins(
        mut self,
        target: Target,
        links: impl IntoIterator<Item = Link>,
    ) -> Chains {
        let chain = self.targets.entry(target).or_default();
        let own = chain.len();
        chain.extend(links);
        if chain.len() > own {
            self.stand_ins.entry(target).or_insert(own);
        }
        self
    }

    /// Sets the zone of the people who enter dates, in minutes east of UTC.
    pub fn with_zone_offset_min(mut self, minutes: i16) -> Chains {
        self.zone_offset_min = minutes;
        self
    }

    /// A target's chain, empty if it has none.
    pub fn links(&self, target: Target) -> &[Link] {
        self.targets.get(&target).map_or(&[], Vec::as_slice)
    }

    /// The places of a target itself: its chain without what stands in for it.
    pub fn own_links(&self, target: Target) -> &[Link] {
        let links = self.links(target);
        let own = self.stand_ins.get(&target).copied().unwrap_or(links.len());
        links.get(..own).unwrap_or(links)
    }

    /// The chains of all targets that have one.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Target, &[Link])> {
        self.targets.iter().map(|(&target, links)| (target, links.as_slice()))
    }

    /// The zone of the people who enter dates.
    pub fn zone(&self) -> Offset {
        Offset::from_seconds(i32::from(self.zone_offset_min) * 60).unwrap_or(Offset::UTC)
    }
}

/// What the chains make of an asset's values. The order of `values` does not matter. For many
/// assets, make a [`crate::resolver::Resolver`] once.
pub fn resolve(chains: &Chains, values: &[RemoteValue]) -> Facts {
    Resolver::new(chains).resolve(values)
}

impl Facts {
    /// A target's date, a locked one first; `None` if it is not set or not a date.
    pub fn date(&self, target: Target) -> Option<Date> {
        match *self.value(target)? {
            FactValue::Date(date) => Some(date),
            FactValue::Text(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::RemoteField;

    /// `standard:NAME`, `typed:ID:NAME` or `custom:ID:NAME`.
    fn field(text: &str) -> RemoteField {
        let mut parts = text.trim().splitn(3, ':');
        let (form, first) = (parts.next().unwrap(), parts.next().unwrap().to_owned());
        let name = parts.next().unwrap_or_default().to_owned();
        match form {
            "typed" => RemoteField::Typed { field_id: first, name },
            "custom" => RemoteField::Custom { field_id: first, name },
            _ => RemoteField::Standard(first),
        }
    }

    fn chains() -> Chains {
        Chains::new()
            .with(
                Target::PurchaseDate,
                [
                    Link::TypedName("Purchase Date".into()),
                    Link::TypedName("Install Date".into()),
                    Link::Standard("warranty_start".into()),
                ],
            )
            .with(
                Target::SerialNumber,
                [Link::TypedId("103".into()), Link::CustomName("CF Serial".into())],
            )
            .with(Target::Notes, [Link::Standard("notes".into())])
    }

    /// Walks a case: values on the left of `=>`, separated by `;`, each `field=value`.
    #[track_caller]
    fn check(target: Target, line: &str) {
        let (values, want) = line.split_once("=>").unwrap();
        let mut values: Vec<RemoteValue> = values
            .split(';')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| RemoteValue { field: field(name), value: value.trim().into() })
            .collect();
        let facts = resolve(&chains(), &values);
        let shown = facts
            .get(target)
            .map_or("none".to_owned(), |fact| format!("{} by link {}", fact.value, fact.link));
        let shown = format!("{shown}, {} problems", facts.problems.len());
        assert_eq!(shown, want.trim(), "{line}");
        values.reverse();
        assert_eq!(resolve(&chains(), &values), facts, "order: {line}");
    }

    #[test]
    fn the_first_link_with_a_date_wins() {
        let cases = "
            typed:101:Purchase Date=2024-03-01 ; typed:102:Install Date=2024-04-01 => 2024-03-01 by link 0, 0 problems
            typed:101:purchase_date=2024-03-01T00:00:00 => 2024-03-01 by link 0, 0 problems
            typed:101:Purchase Date=1900-01-01T00:00:00 ; typed:102:Install Date=2024-04-01 => 2024-04-01 by link 1, 0 problems
            typed:101:Purchase Date=last spring ; standard:warranty_start=2024-05-01 => 2024-05-01 by link 2, 1 problems
            typed:101:Purchase Date=01/03/2024 => none, 1 problems
            typed:9:Purchase Date=2021-01-01 ; typed:101:Purchase Date=2020-01-01 => 2021-01-01 by link 0, 0 problems
            typed:9:Purchase Date=1900-01-01 ; typed:101:Purchase Date=2020-01-01 => 2020-01-01 by link 0, 0 problems
            custom:101:Purchase Date=2024-03-01 => none, 0 problems
        ";
        for line in cases.lines().filter(|line| line.contains("=>")) {
            check(Target::PurchaseDate, line);
        }
    }

    #[test]
    fn a_placeholder_serial_number_passes_to_the_next_link() {
        let cases = "
            typed:103:Serial=5CG1 => 5CG1 by link 0, 0 problems
            typed:103:Serial=To be filled by O.E.M. ; custom:7:CFSerial=5CG2 => 5CG2 by link 1, 1 problems
            typed:103:Serial=0 => none, 1 problems
        ";
        for line in cases.lines().filter(|line| line.contains("=>")) {
            check(Target::SerialNumber, line);
        }
    }

    #[test]
    fn q_24_a_sentinel_warranty_is_not_a_warranty_that_ended_in_1900() {
        let chains =
            Chains::new().with(Target::WarrantyEnd, [Link::Standard("warranty_end".into())]);
        let value = RemoteValue {
            field: RemoteField::Standard("warranty_end".into()),
            value: "1900-01-01T00:00:00".into(),
        };
        let facts = resolve(&chains, &[value]);
        assert_eq!(facts, Facts::default());
    }

    #[test]
    fn every_target_has_its_public_name() {
        for target in Target::ALL {
            assert_eq!(serde_json::to_value(target).unwrap(), target.name());
        }
        let chains = chains().with_zone_offset_min(600);
        let text = serde_json::to_string(&chains).unwrap();
        assert_eq!(serde_json::from_str::<Chains>(&text).unwrap(), chains);
    }
}
