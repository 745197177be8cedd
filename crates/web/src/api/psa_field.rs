//! A field of the PSA, wherever the API names one.

use almanac_model::asset::RemoteField;
use serde::Serialize;
use utoipa::ToSchema;

/// A field of the PSA.
#[derive(Serialize, ToSchema)]
#[schema(as = PsaField)]
pub(super) struct Field {
    /// Whether every asset has it, its type defines it, or the tenant does.
    source: FieldSource,
    /// The PSA's identifier of the field; null for one that every asset has.
    id: Option<String>,
    /// Its name.
    name: String,
}

/// Whose field it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FieldSource {
    /// Every asset's.
    Standard,
    /// Its asset type's.
    Typed,
    /// The tenant's.
    Custom,
}

impl From<&RemoteField> for Field {
    fn from(field: &RemoteField) -> Field {
        let (source, id, name) = match field {
            RemoteField::Standard(name) => (FieldSource::Standard, None, name),
            RemoteField::Typed { field_id, name } => (FieldSource::Typed, Some(field_id), name),
            RemoteField::Custom { field_id, name } => (FieldSource::Custom, Some(field_id), name),
        };
        Field { source, id: id.cloned(), name: name.clone() }
    }
}
