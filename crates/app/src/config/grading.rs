//! `[grading]`.

use almanac_model::money::Currency;
use serde::{Deserialize, Serialize};

/// How assets are judged and budgeted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GradingConfig {
    /// The currency of classes' amounts.
    pub(crate) currency: Currency,
}

impl Default for GradingConfig {
    fn default() -> Self {
        Self { currency: Currency::new("USD").expect("three letters") }
    }
}
