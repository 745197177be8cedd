//! How a person wants pages to look. Kept with the user as JSON that the store does not read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A person's choices. What a later version added has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Preferences {
    /// Light, dark, or what the system says.
    pub(crate) theme: Theme,
    /// How high the rows of tables are.
    pub(crate) density: Density,
    /// Whether single keys do nothing.
    pub(crate) are_keys_off: bool,
    /// The columns of each table, in their order; a table without an entry has its own.
    pub(crate) columns: BTreeMap<String, Vec<String>>,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// How high the rows of tables are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Density {
    /// 30 px.
    Compact,
    /// As each table has them.
    #[default]
    Normal,
    /// 44 px.
    Roomy,
}

impl Density {
    /// The value of the attribute on `<html>`; normal has none.
    pub(crate) fn attribute(self) -> Option<&'static str> {
        match self {
            Density::Compact => Some("compact"),
            Density::Normal => None,
            Density::Roomy => Some("roomy"),
        }
    }
}

impl Preferences {
    /// Reads what was kept; what cannot be read counts as not chosen.
    pub(crate) fn read(text: &str) -> Preferences {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// As it is kept.
    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("choices are plain data")
    }
}
