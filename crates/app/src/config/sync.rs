//! `[sync]`.

use serde::{Deserialize, Serialize};

/// When background work reads Halo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SyncConfig {
    /// Hours between full reads; 0 means never.
    pub(crate) full_every_hours: u32,
    /// Seconds between rounds that read what changed; 0 means never.
    pub(crate) changes_every_seconds: u32,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self { full_every_hours: 6, changes_every_seconds: 60 }
    }
}
