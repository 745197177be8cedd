//! Public names as the description of the API lists them.
//!
//! The values come from the model's own lists, so that a new one is described by itself.

use std::borrow::Cow;

use almanac_fleet::{ClientSort, Sort, SortBy};
use almanac_model::chain::Target;
use almanac_model::choice::ChoiceField;
use almanac_model::grade::Grade;
use almanac_model::kind::Kind;
use almanac_model::role::Role;
use almanac_model::stream::Stream;
use almanac_model::write::{WriteFeature, WriteState};
use almanac_store::ApiScope;
use serde::Deserialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

fn names(values: Vec<String>, description: &str) -> RefOr<Schema> {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(values));
    schema.build().into()
}

macro_rules! public_names {
    ($($name:ident = $public:literal, $doc:literal, $values:expr;)*) => {
        $(
            #[doc = $doc]
            pub(crate) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    names($values.into_iter().map(|value| value.to_string()).collect(), $doc)
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed($public)
                }
            }
        )*
    };
}

public_names! {
    GradeName = "Grade", "What should become of an asset.", Grade::ALL;
    KindName = "Kind", "What an asset is.", Kind::ALL;
    TargetName = "Target", "A fact about an asset.", Target::ALL.map(Target::name);
    FieldName = "ChoiceField", "Something about an asset that a person can decide.",
        Target::ALL.map(Target::name).into_iter()
            .chain([ChoiceField::Manual, ChoiceField::Kept, ChoiceField::Class].map(ChoiceField::name));
    RoleName = "Role", "What a user is in the tenant.", Role::ALL;
    ScopeName = "Scope", "What a key may be used for.", ApiScope::ALL.map(ApiScope::name);
    StreamName = "Stream", "One kind of record.", Stream::ALL.map(Stream::name);
    WriteFeatureName = "WriteFeature", "What of an asset is written.",
        WriteFeature::ALL.map(WriteFeature::name);
    WriteStateName = "WriteState",
        "Where a write stands; conflict, refused, not_taken and gone wait for a person.",
        WriteState::ALL.map(WriteState::name);
    ManualGradeName = "ManualGrade", "A grade that a person can give.",
        [Grade::Replace, Grade::Plan, Grade::Healthy];
}

/// The number of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct ClassNumber(pub(crate) u32);

impl PartialSchema for ClassNumber {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .maximum(Some(u32::MAX));
        schema.build().into()
    }
}

impl ToSchema for ClassNumber {}

/// A column of a list of assets; with a minus before it, the last comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct AssetSort(pub(crate) Sort);

impl TryFrom<String> for AssetSort {
    type Error = String;

    fn try_from(text: String) -> Result<AssetSort, String> {
        let (name, is_descending) = split(&text);
        let by = SortBy::ALL.into_iter().find(|by| by.name() == name);
        let by = by.ok_or_else(|| "there is no such column to sort by".to_owned())?;
        Ok(AssetSort(Sort { by, is_descending }))
    }
}

impl PartialSchema for AssetSort {
    fn schema() -> RefOr<Schema> {
        names(both_ways(SortBy::ALL.map(SortBy::name)), "A column; with a minus, the last first.")
    }
}

impl ToSchema for AssetSort {}

/// A column of the list of clients; with a minus before it, the last comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ClientOrder {
    /// The column.
    pub(crate) by: ClientSort,
    /// Whether the last comes first.
    pub(crate) is_descending: bool,
}

impl TryFrom<String> for ClientOrder {
    type Error = String;

    fn try_from(text: String) -> Result<ClientOrder, String> {
        let (name, is_descending) = split(&text);
        let by = ClientSort::ALL.into_iter().find(|by| by.name() == name);
        let by = by.ok_or_else(|| "there is no such column to sort by".to_owned())?;
        Ok(ClientOrder { by, is_descending })
    }
}

impl PartialSchema for ClientOrder {
    fn schema() -> RefOr<Schema> {
        let all = both_ways(ClientSort::ALL.map(ClientSort::name));
        names(all, "A column; with a minus, the last first.")
    }
}

impl ToSchema for ClientOrder {}

fn split(text: &str) -> (&str, bool) {
    match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => (text, false),
    }
}

fn both_ways<const N: usize>(columns: [&str; N]) -> Vec<String> {
    columns.iter().flat_map(|name| [(*name).to_owned(), format!("-{name}")]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minus_turns_an_order_around() {
        let sort = |text: &str| AssetSort::try_from(text.to_owned()).map(|sort| sort.0);
        assert_eq!(sort("age"), Ok(Sort::up(SortBy::Age)));
        assert_eq!(sort("-age"), Ok(Sort::down(SortBy::Age)));
        assert!(sort("--age").is_err() && sort("").is_err() && sort("Age").is_err());
    }
}
