//! What people call the facts of an asset, the PSA's fields, and their values.

use almanac_model::asset::RemoteField;
use almanac_model::chain::Target;
use almanac_model::fact::FactValue;
use maud::{Markup, html};

use crate::components::format;

/// What a target is called.
pub(crate) fn target_title(target: Target) -> &'static str {
    match target {
        Target::SerialNumber => "Serial number",
        Target::Notes => "Notes",
        Target::PurchaseDate => "Purchase date",
        Target::WarrantyEnd => "Warranty end",
        Target::WarrantyStart => "Warranty start",
        Target::Ram => "Memory",
        Target::OperatingSystem => "Operating system",
        Target::Manufacturer => "Manufacturer",
        Target::Model => "Model",
        Target::Hostname => "Host name",
        Target::LastUser => "Last user",
        Target::IpAddress => "IP address",
        Target::MacAddress => "MAC address",
        Target::InstallDate => "Install date",
        Target::Cpu => "Processor",
        Target::Disk => "Disk",
    }
}

/// A value as people read it.
pub(crate) fn value_text(value: &FactValue) -> String {
    match value {
        FactValue::Text(text) => text.clone(),
        FactValue::Date(date) => format::date(*date),
    }
}

/// A field of the PSA, as the PSA names it.
pub(crate) fn field(field: &RemoteField) -> Markup {
    match field {
        RemoteField::Standard(name) => html! { "field " code { (name) } },
        RemoteField::Typed { name, .. } => html! { "its type's field " code { (name) } },
        RemoteField::Custom { name, .. } => html! { "custom field " code { (name) } },
    }
}
