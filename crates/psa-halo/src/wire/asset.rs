//! `/Asset`: Halo's *Device* (HALO-API 3.7). It has no name.

use std::collections::BTreeMap;

use almanac_model::id::RemoteId;
use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::seen::{Seen, SeenList};

/// Properties that every asset has and that a field chain may ask for, by Halo's name.
pub(crate) const STANDARD: [&str; 26] = [
    "inventory_number",
    "key_field",
    "key_field2",
    "key_field3",
    "username",
    "item_name",
    "notes",
    "warranty_start",
    "warranty_end",
    "warranty_note",
    "labour_warranty_start",
    "labour_warranty_end",
    "supplier_purchasedate",
    "supplier_expirydate",
    "supplier_name",
    "commissiondate",
    "stock_date",
    "contract_ref",
    "contract_end_date",
    "business_owner_name",
    "technical_owner_name",
    "manufacturer_name",
    "phone_number",
    "ethernetMacAddress",
    "physicalMemoryInBytes",
    "third_party_id_string",
];

/// An asset row: references, flags, and every standard property by its name.
#[derive(Debug, Default)]
pub(crate) struct Asset {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) client_id: Seen<RemoteId>,
    pub(crate) site_id: Seen<RemoteId>,
    pub(crate) assettype_id: Seen<RemoteId>,
    pub(crate) assettype_name: Seen<String>,
    pub(crate) status_id: Seen<RemoteId>,
    pub(crate) inactive: Seen<bool>,
    pub(crate) standard: BTreeMap<&'static str, Seen<String>>,
    pub(crate) fields: SeenList<AssetField>,
    pub(crate) customfields: SeenList<CustomField>,
}

/// A field of the asset's type. `id` is the definition's `field_id`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AssetField {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) name: Seen<String>,
    pub(crate) value: Seen<String>,
    pub(crate) display: Seen<String>,
    /// A lookup's number when `value` is a code of it.
    pub(crate) lookup: Seen<RemoteId>,
}

/// A field of the tenant (HALO-API 3.19). `type` 2 and 3 are selections: `display` is the label.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CustomField {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) name: Seen<String>,
    pub(crate) label: Seen<String>,
    pub(crate) value: Seen<String>,
    pub(crate) display: Seen<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Seen<RemoteId>,
}

/// By hand, because the standard properties are a table and a key that comes twice must not spoil
/// the row.
impl<'de> Deserialize<'de> for Asset {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;
        impl<'de> Visitor<'de> for Walk {
            type Value = Asset;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an asset")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Asset, A::Error> {
                let mut asset = Asset::default();
                while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    match key.as_ref() {
                        "id" => asset.id = map.next_value()?,
                        "client_id" => asset.client_id = map.next_value()?,
                        "site_id" => asset.site_id = map.next_value()?,
                        "assettype_id" => asset.assettype_id = map.next_value()?,
                        "assettype_name" => asset.assettype_name = map.next_value()?,
                        "status_id" => asset.status_id = map.next_value()?,
                        "inactive" => asset.inactive = map.next_value()?,
                        "fields" => asset.fields = map.next_value()?,
                        "customfields" => asset.customfields = map.next_value()?,
                        other => match STANDARD.iter().find(|name| **name == other) {
                            Some(name) => {
                                asset.standard.insert(name, map.next_value()?);
                            }
                            None => {
                                map.next_value::<IgnoredAny>()?;
                            }
                        },
                    }
                }
                Ok(asset)
            }
        }
        deserializer.deserialize_map(Walk)
    }
}
