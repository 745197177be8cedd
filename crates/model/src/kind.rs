//! What an asset is to us: policies, classes and rules hang on kinds.
//!
//! Kinds are few and ours; a PSA's asset types are many and the MSP's. [`KindMap`] holds which
//! kind each type is, with the quick match of its name where nobody decided. The names of kinds
//! are public (exports, stored maps) and never change.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::asset_type::AssetType;
use crate::id::RemoteId;
use crate::quick_match::{SCORE_ACCEPTED_MIN, quick_match};

/// What an asset is to us.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A computer that stays on its desk, thin clients included.
    Workstation,
    /// A computer that is carried.
    Laptop,
    /// A tablet.
    Tablet,
    /// A mobile phone.
    MobilePhone,
    /// A physical server or a hypervisor's host.
    Server,
    /// A machine without hardware of its own.
    VirtualMachine,
    /// A storage appliance, tape included.
    Storage,
    /// A firewall or another security appliance.
    Firewall,
    /// A router, modem or gateway.
    Router,
    /// A network switch.
    Switch,
    /// A wireless access point.
    AccessPoint,
    /// A printer, copier or scanner.
    Printer,
    /// An uninterruptible power supply.
    Ups,
    /// A desk or conference phone.
    Phone,
    /// A screen.
    Monitor,
    /// A surveillance camera or its recorder.
    Camera,
    /// Anything else.
    #[default]
    Other,
}

impl Kind {
    /// Every kind, in the order lists show them.
    pub const ALL: [Kind; 17] = [
        Kind::Workstation,
        Kind::Laptop,
        Kind::Tablet,
        Kind::MobilePhone,
        Kind::Server,
        Kind::VirtualMachine,
        Kind::Storage,
        Kind::Firewall,
        Kind::Router,
        Kind::Switch,
        Kind::AccessPoint,
        Kind::Printer,
        Kind::Ups,
        Kind::Phone,
        Kind::Monitor,
        Kind::Camera,
        Kind::Other,
    ];

    /// The public name, such as `access_point`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Workstation => "workstation",
            Kind::Laptop => "laptop",
            Kind::Tablet => "tablet",
            Kind::MobilePhone => "mobile_phone",
            Kind::Server => "server",
            Kind::VirtualMachine => "virtual_machine",
            Kind::Storage => "storage",
            Kind::Firewall => "firewall",
            Kind::Router => "router",
            Kind::Switch => "switch",
            Kind::AccessPoint => "access_point",
            Kind::Printer => "printer",
            Kind::Ups => "ups",
            Kind::Phone => "phone",
            Kind::Monitor => "monitor",
            Kind::Camera => "camera",
            Kind::Other => "other",
        }
    }

    /// What a person reads, such as `Access point`.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Workstation => "Workstation",
            Kind::Laptop => "Laptop",
            Kind::Tablet => "Tablet",
            Kind::MobilePhone => "Mobile phone",
            Kind::Server => "Server",
            Kind::VirtualMachine => "Virtual machine",
            Kind::Storage => "Storage",
            Kind::Firewall => "Firewall",
            Kind::Router => "Router",
            Kind::Switch => "Switch",
            Kind::AccessPoint => "Access point",
            Kind::Printer => "Printer",
            Kind::Ups => "UPS",
            Kind::Phone => "Phone",
            Kind::Monitor => "Monitor",
            Kind::Camera => "Camera",
            Kind::Other => "Other",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What was decided for one asset type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KindChoice {
    /// Its assets are of this kind.
    Kind(Kind),
    /// Its assets are hidden; reversible.
    Ignored,
}

/// Which kind each asset type of a connection is; many types may share one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KindMap {
    choices: BTreeMap<RemoteId, KindChoice>,
}

impl KindMap {
    /// Every type with its quick match where the score is high enough, otherwise
    /// [`Kind::Other`].
    pub fn quick<'a>(types: impl IntoIterator<Item = &'a AssetType>) -> KindMap {
        let choices = types
            .into_iter()
            .map(|asset_type| (asset_type.remote_id.clone(), quick_choice(&asset_type.name)))
            .collect();
        KindMap { choices }
    }

    /// Sets what a type is, over any earlier choice.
    pub fn set(&mut self, asset_type: RemoteId, choice: KindChoice) {
        self.choices.insert(asset_type, choice);
    }

    /// Takes a choice back: the type is matched by its name again.
    pub fn clear(&mut self, asset_type: &RemoteId) {
        self.choices.remove(asset_type);
    }

    /// What was decided, by asset type. A type that is not here is matched by its name.
    pub fn choices(&self) -> impl Iterator<Item = (&RemoteId, KindChoice)> {
        self.choices.iter().map(|(asset_type, &choice)| (asset_type, choice))
    }

    /// What a type is. One that is not in the map is matched by its name.
    pub fn choice(&self, asset_type: Option<&RemoteId>, type_name: Option<&str>) -> KindChoice {
        asset_type
            .and_then(|id| self.choices.get(id).copied())
            .or_else(|| type_name.map(quick_choice))
            .unwrap_or(KindChoice::Kind(Kind::Other))
    }
}

fn quick_choice(type_name: &str) -> KindChoice {
    let proposal = quick_match(type_name).filter(|found| found.score >= SCORE_ACCEPTED_MIN);
    KindChoice::Kind(proposal.map_or(Kind::Other, |found| found.kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_public_name() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn a_choice_wins_over_the_quick_match_and_can_hide_a_type() {
        let mut map = KindMap::default();
        let (id, name) = (RemoteId::from(7), Some("Server Rack"));
        assert_eq!(map.choice(Some(&id), name), KindChoice::Kind(Kind::Other));
        assert_eq!(map.choice(Some(&id), Some("Laptops")), KindChoice::Kind(Kind::Laptop));
        map.set(id.clone(), KindChoice::Ignored);
        assert_eq!(map.choice(Some(&id), Some("Laptops")), KindChoice::Ignored);
        assert_eq!(map.choice(None, None), KindChoice::Kind(Kind::Other));
    }
}
