//! `/AssetType`: Halo's *Xtype*, with the definitions of its fields (HALO-API 3.8).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::{Seen, SeenList};

/// An asset type; the list calls its definitions `fields`, details call them `field_list` too.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AssetType {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) name: Seen<String>,
    pub(crate) assetgroup_name: Seen<String>,
    pub(crate) inactive: Seen<bool>,
    pub(crate) keyfield_id: Seen<RemoteId>,
    pub(crate) keyfield2_id: Seen<RemoteId>,
    pub(crate) keyfield3_id: Seen<RemoteId>,
    pub(crate) fields: SeenList<TypeField>,
    pub(crate) field_list: SeenList<TypeField>,
}

/// One definition. `field_id` is what an asset's own fields carry as `id`; the definition's own
/// `id` is of no use. All are decimals on the wire.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TypeField {
    pub(crate) field_id: Seen<RemoteId>,
    pub(crate) field_name: Seen<String>,
    /// `"1"`, `"2"`, `"3"` mark the key fields; others are empty or `"0"`.
    pub(crate) keyfield_id: Seen<String>,
}
