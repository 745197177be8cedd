//! Where a Halo usually keeps each fact about an asset: the chains a new connection starts with.
//!
//! Halo has properties of its own for warranty, purchase and notes (HALO-API 3.7); the rest are
//! fields that the asset types define, under names that people and RMM integrations chose. A
//! person changes the chains by mapping; a name that a tenant does not use costs nothing.

use almanac_model::chain::{Chains, Link, Target};

/// The chains for Halo.
///
/// Key fields are not asked: what they copy differs by asset type, and the field itself is in
/// `fields[]`.
pub fn default_chains() -> Chains {
    Target::ALL.into_iter().fold(Chains::new(), |chains, target| {
        let stand_ins = stand_ins(target).iter().flat_map(|other| places(*other));
        chains.with(target, places(target)).with_stand_ins(target, stand_ins)
    })
}

/// Where a fact itself is kept: Halo's own property, then fields by their names.
fn places(target: Target) -> impl Iterator<Item = Link> {
    let own = standard(target).iter().map(|name| Link::Standard((*name).to_owned()));
    let typed = names(target).iter().map(|name| Link::TypedName((*name).to_owned()));
    let custom = names(target).iter().map(|name| Link::CustomName((*name).to_owned()));
    own.chain(typed).chain(custom)
}

/// What stands in for a fact that is not kept: an asset without a purchase date ages from its
/// installation, else from the start of its warranty. The fact tells which it was.
fn stand_ins(target: Target) -> &'static [Target] {
    match target {
        Target::PurchaseDate => &[Target::InstallDate, Target::WarrantyStart],
        _ => &[],
    }
}

/// Halo's own properties, asked first.
fn standard(target: Target) -> &'static [&'static str] {
    match target {
        Target::Notes => &["notes"],
        Target::PurchaseDate => &["supplier_purchasedate"],
        Target::WarrantyEnd => &["warranty_end"],
        Target::WarrantyStart => &["warranty_start"],
        Target::InstallDate => &["commissiondate"],
        Target::LastUser => &["username"],
        Target::MacAddress => &["ethernetMacAddress"],
        Target::Manufacturer => &["manufacturer_name"],
        Target::SerialNumber
        | Target::Ram
        | Target::OperatingSystem
        | Target::Model
        | Target::Hostname
        | Target::IpAddress
        | Target::Cpu
        | Target::Disk => &[],
    }
}

/// Names of fields, most telling first; case, spaces and punctuation do not count.
fn names(target: Target) -> &'static [&'static str] {
    match target {
        Target::SerialNumber => {
            &["Serial Number", "Serial No", "Serial", "Service Tag", "Device Serial Number"]
        }
        Target::Notes => &["Notes", "Comments"],
        Target::PurchaseDate => {
            &["Purchase Date", "Date Purchased", "Purchased", "Date of Purchase", "Invoice Date"]
        }
        Target::WarrantyEnd => &[
            "Warranty End",
            "Warranty End Date",
            "Warranty Expiry",
            "Warranty Expiry Date",
            "Warranty Expiration",
            "Warranty Expiration Date",
            "Warranty Expires",
        ],
        Target::WarrantyStart => &["Warranty Start", "Warranty Start Date"],
        Target::Ram => &["RAM", "Memory", "Physical Memory", "Total Memory", "Installed RAM"],
        Target::OperatingSystem => &[
            "Operating System",
            "OS",
            "OS Name",
            "OS Version",
            "Operating System Version",
            "Firmware",
            "Firmware Version",
        ],
        Target::Manufacturer => &["Manufacturer", "Make", "Vendor", "Brand"],
        Target::Model => &["Model", "Model Number", "Product", "Hardware Model"],
        Target::Hostname => {
            &["Hostname", "Host Name", "Computer Name", "Device Name", "Machine Name", "Name"]
        }
        Target::LastUser => &[
            "Last User",
            "Last Logged In User",
            "Last Logged On User",
            "Last Login User",
            "Logged In User",
            "Username",
        ],
        Target::IpAddress => &["IP Address", "IP", "IPv4 Address", "Internal IP", "LAN IP"],
        Target::MacAddress => &["MAC Address", "MAC", "Ethernet MAC Address"],
        Target::InstallDate => {
            &["Install Date", "Installation Date", "Installed", "Date Installed", "Commission Date"]
        }
        Target::Cpu => &["CPU", "Processor", "Processor Name", "CPU Name"],
        Target::Disk => {
            &["Disk", "Hard Disk", "Hard Drive", "Storage", "Disk Size", "Total Disk", "Disk Space"]
        }
    }
}

#[cfg(test)]
mod tests {
    use almanac_model::asset::{RemoteField, RemoteValue};
    use almanac_model::chain::resolve;

    use super::*;

    fn value(field: RemoteField, value: &str) -> RemoteValue {
        RemoteValue { field, value: value.to_owned() }
    }

    #[test]
    fn every_target_has_a_chain_without_repetition() {
        let chains = default_chains();
        for target in Target::ALL {
            let links = chains.links(target);
            assert!(!links.is_empty(), "{target}");
            for (at, link) in links.iter().enumerate() {
                assert!(!links[..at].contains(link), "{target}: {link:?}");
            }
        }
    }

    #[test]
    fn an_asset_without_a_purchase_date_ages_from_its_installation_or_warranty() {
        let start = value(RemoteField::Standard("warranty_start".into()), "2021-03-01T00:00:00");
        let installed = RemoteField::Typed { field_id: "9".into(), name: "Install date".into() };
        let installed = value(installed, "2021-04-02T00:00:00");
        let month = |values: &[RemoteValue]| {
            let facts = resolve(&default_chains(), values);
            facts.date(Target::PurchaseDate).expect("a stand-in").month()
        };
        assert_eq!(month(std::slice::from_ref(&start)), 3);
        assert_eq!(month(&[start, installed]), 4);
    }

    #[test]
    fn halos_own_property_wins_over_a_field_of_the_type() {
        let typed = |id: &str, name: &str| RemoteField::Typed {
            field_id: id.to_owned(),
            name: name.to_owned(),
        };
        let values = [
            value(typed("24", "Purchase Date"), "2020-05-01T00:00:00"),
            value(RemoteField::Standard("supplier_purchasedate".into()), "2021-06-02T00:00:00"),
            value(typed("29", "serial number"), "ABC1234"),
        ];
        let facts = resolve(&default_chains(), &values);
        let own = facts.values.get(&Target::PurchaseDate).expect("a fact");
        assert_eq!(own.link, 0);
        assert!(facts.values.contains_key(&Target::SerialNumber));
        let facts = resolve(&default_chains(), &values[..1]);
        assert!(facts.values.contains_key(&Target::PurchaseDate));
    }
}
