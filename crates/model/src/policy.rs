//! Policies: how long an asset is meant to be used, and which clocks count for it.
//!
//! The nearer word wins: what was agreed with a client for a kind, then the class, then the
//! kind. Nothing here looks at an asset; `clock` does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::class::ClassId;
use crate::id::RemoteId;
use crate::kind::Kind;

/// Whether a clock counts for a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// It is shown and decides nothing.
    No,
    /// It decides where its date is known; a missing date is not held against the asset.
    WhenKnown,
    /// It decides, and without its date the asset cannot be graded.
    Needed,
}

/// Which clocks count for a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Policy age.
    pub age: Count,
    /// The maker's warranty.
    pub warranty: Count,
    /// Support of the operating system.
    pub os: Count,
}

/// The policy of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindPolicy {
    /// Policy age in months; `None` where age says nothing.
    pub age_months: Option<u32>,
    /// Which clocks count.
    pub counts: Counts,
}

/// Every policy of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policies {
    kinds: BTreeMap<Kind, KindPolicy>,
    #[serde(default)]
    classes: BTreeMap<ClassId, u32>,
    #[serde(default)]
    clients: BTreeMap<RemoteId, BTreeMap<Kind, u32>>,
}

/// Whose word a policy age is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicySource {
    /// The kind's.
    Kind,
    /// The class's.
    Class,
    /// Agreed with the client for the kind.
    Client,
}

/// The policy age that applies to one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyAge {
    /// In months.
    pub months: u32,
    /// Whose word it is.
    pub source: PolicySource,
}

impl Default for Policies {
    /// The policies a tenant begins with. Workstations, laptops and printers 5 years, servers and
    /// network 7; warranty counts for servers and network; operating systems count for computers.
    /// The others are what is usual: batteries age phones, tablets and UPS sooner, disks wear
    /// in 5 years, desk phones, screens and cameras last 7. A virtual machine has no age of its
    /// own and stands on its operating system; of other things nothing is known but their age,
    /// 5 years.
    ///
    /// Warranty and operating system count where they are known: many switches have a lifetime
    /// warranty and so no end date, and a missing one must not hide an old machine.
    fn default() -> Policies {
        let kinds = Kind::ALL.map(|kind| (kind, default_of(kind)));
        Policies {
            kinds: kinds.into_iter().collect(),
            classes: BTreeMap::new(),
            clients: BTreeMap::new(),
        }
    }
}

fn default_of(kind: Kind) -> KindPolicy {
    use Count::{Needed, No, WhenKnown};
    let (years, warranty, os) = match kind {
        Kind::Workstation | Kind::Laptop => (Some(5), No, WhenKnown),
        Kind::Tablet => (Some(4), No, WhenKnown),
        Kind::MobilePhone => (Some(3), No, WhenKnown),
        Kind::Server => (Some(7), WhenKnown, WhenKnown),
        Kind::VirtualMachine => (None, No, Needed),
        Kind::Storage => (Some(5), WhenKnown, No),
        Kind::Firewall | Kind::Router | Kind::Switch | Kind::AccessPoint => {
            (Some(7), WhenKnown, No)
        }
        Kind::Printer | Kind::Ups | Kind::Other => (Some(5), No, No),
        Kind::Phone | Kind::Monitor | Kind::Camera => (Some(7), No, No),
    };
    KindPolicy {
        age_months: years.map(|years| years * 12),
        counts: Counts { age: if years.is_some() { Needed } else { No }, warranty, os },
    }
}

impl Policies {
    /// The policy of a kind; a kind that is not set has its default.
    pub fn kind(&self, kind: Kind) -> KindPolicy {
        self.kinds.get(&kind).copied().unwrap_or_else(|| default_of(kind))
    }

    /// Sets a kind's policy.
    pub fn set_kind(&mut self, kind: Kind, policy: KindPolicy) {
        self.kinds.insert(kind, policy);
    }

    /// Sets a class's policy age in months, over its kind's.
    pub fn set_class(&mut self, class: ClassId, months: u32) {
        self.classes.insert(class, months);
    }

    /// A class has its kind's policy age again.
    pub fn clear_class(&mut self, class: ClassId) {
        self.classes.remove(&class);
    }

    /// Sets the policy age in months agreed with a client for a kind, over class and kind.
    pub fn set_client(&mut self, client: RemoteId, kind: Kind, months: u32) {
        self.clients.entry(client).or_default().insert(kind, months);
    }

    /// Nothing is agreed with a client for a kind any more.
    pub fn clear_client(&mut self, client: &RemoteId, kind: Kind) {
        if let Some(kinds) = self.clients.get_mut(client) {
            kinds.remove(&kind);
            if kinds.is_empty() {
                self.clients.remove(client);
            }
        }
    }

    /// The classes that have a policy age of their own, with it, in months.
    pub fn classes(&self) -> impl Iterator<Item = (ClassId, u32)> {
        self.classes.iter().map(|(&class, &months)| (class, months))
    }

    /// What was agreed with clients: client, kind, months.
    pub fn clients(&self) -> impl Iterator<Item = (&RemoteId, Kind, u32)> {
        self.clients.iter().flat_map(|(client, kinds)| {
            kinds.iter().map(move |(&kind, &months)| (client, kind, months))
        })
    }

    /// The policy age of an asset, `None` where age says nothing.
    pub fn age(
        &self,
        kind: Kind,
        class: Option<ClassId>,
        client: Option<&RemoteId>,
    ) -> Option<PolicyAge> {
        let of_client = || {
            let months = *self.clients.get(client?)?.get(&kind)?;
            Some(PolicyAge { months, source: PolicySource::Client })
        };
        let of_class = || {
            let months = *self.classes.get(&class?)?;
            Some(PolicyAge { months, source: PolicySource::Class })
        };
        let of_kind = || {
            let months = self.kind(kind).age_months?;
            Some(PolicyAge { months, source: PolicySource::Kind })
        };
        of_client().or_else(of_class).or_else(of_kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_ages_are_those_decided() {
        let policies = Policies::default();
        for (kind, years) in [
            (Kind::Workstation, 5),
            (Kind::Laptop, 5),
            (Kind::Server, 7),
            (Kind::Firewall, 7),
            (Kind::Switch, 7),
            (Kind::AccessPoint, 7),
            (Kind::Router, 7),
            (Kind::Printer, 5),
        ] {
            assert_eq!(policies.kind(kind).age_months, Some(years * 12), "{kind}");
        }
        for kind in [Kind::Server, Kind::Firewall, Kind::Switch] {
            assert_ne!(policies.kind(kind).counts.warranty, Count::No, "{kind}");
        }
        assert_eq!(policies.kind(Kind::Laptop).counts.warranty, Count::No);
        assert_eq!(policies.kind(Kind::Laptop).counts.os, Count::WhenKnown);
    }

    #[test]
    fn the_nearer_word_wins() {
        let mut policies = Policies::default();
        let (class, client) = (ClassId(4), RemoteId::from(42));
        let age = |policies: &Policies| {
            let age = policies.age(Kind::Laptop, Some(class), Some(&client)).unwrap();
            (age.months, age.source)
        };
        assert_eq!(age(&policies), (60, PolicySource::Kind));
        policies.set_class(class, 48);
        assert_eq!(age(&policies), (48, PolicySource::Class));
        policies.set_client(client.clone(), Kind::Server, 120);
        assert_eq!(age(&policies), (48, PolicySource::Class));
        policies.set_client(client.clone(), Kind::Laptop, 36);
        assert_eq!(age(&policies), (36, PolicySource::Client));
        let stored = serde_json::to_string(&policies).unwrap();
        assert_eq!(serde_json::from_str::<Policies>(&stored).unwrap(), policies);
    }
}
