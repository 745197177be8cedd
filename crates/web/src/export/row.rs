//! One asset as a row of a file: raw values, dates as ISO, money with decimals.

use almanac_fleet::{Fleet, FleetAsset};
use jiff::civil::Date;

/// The heads of the columns, in order. Programs read them, so they never change.
pub(super) const HEADS: [&str; 27] = [
    "id",
    "name",
    "client",
    "client_id",
    "site",
    "type",
    "kind",
    "class",
    "status",
    "manufacturer",
    "model",
    "serial_number",
    "hostname",
    "operating_system",
    "last_user",
    "purchased_on",
    "age_months",
    "warranty_ends_on",
    "grade",
    "reason",
    "is_manual",
    "kept_until",
    "is_overdue",
    "due_on",
    "quarter",
    "amount",
    "currency",
];

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Nothing is known.
    None,
    /// Words. They come from Halo, so they are never trusted.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Money in minor units, two of them after the point.
    Money(i64),
    /// A day.
    Day(Date),
    /// Yes or no.
    Flag(bool),
}

fn text(value: Option<&str>) -> Value {
    value.map_or(Value::None, |value| Value::Text(value.to_owned()))
}

fn day(value: Option<Date>) -> Value {
    value.map_or(Value::None, Value::Day)
}

/// An asset's values, one for each of [`HEADS`].
pub(super) fn row(fleet: &Fleet, asset: &FleetAsset) -> [Value; HEADS.len()] {
    let client = fleet.client_of(asset);
    let months = asset.age.months().map_or(Value::None, |months| Value::Number(months.into()));
    [
        text(Some(asset.remote_id())),
        text(Some(asset.name())),
        text(client.map(|client| client.name.as_str())),
        text(client.map(|client| client.remote_id.as_str())),
        text(fleet.site_of(asset)),
        text(fleet.type_of(asset)),
        text(Some(asset.kind.name())),
        text(fleet.class_of(asset).map(|class| class.name.as_str())),
        text(fleet.status_of(asset)),
        text(fleet.manufacturer_of(asset)),
        text(fleet.model_of(asset)),
        text(asset.serial()),
        text(asset.hostname()),
        text(fleet.os_of(asset)),
        text(asset.last_user()),
        day(asset.purchased_on()),
        months,
        day(asset.warranty_ends_on()),
        text(Some(asset.grade.name())),
        Value::Text(fleet.reason_of(asset)),
        Value::Flag(asset.is_manual),
        day(asset.kept_until()),
        Value::Flag(asset.is_overdue),
        day(asset.due_on),
        asset.quarter.map_or(Value::None, |quarter| Value::Text(quarter.to_string())),
        asset.amount.map_or(Value::None, |amount| Value::Money(amount.minor)),
        asset.amount.map_or(Value::None, |amount| Value::Text(amount.currency.code().to_owned())),
    ]
}
