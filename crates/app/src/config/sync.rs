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

impl SyncConfig {
    /// Age in ms at which a stream that tells what changed is read whole again, in every way of
    /// reading; where full reads by schedule are off, the usual one.
    pub(crate) fn whole_every_ms(&self) -> i64 {
        let hours = match self.full_every_hours {
            0 => Self::default().full_every_hours,
            hours => hours,
        };
        i64::from(hours) * 3_600_000
    }
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self { full_every_hours: 6, changes_every_seconds: 60 }
    }
}
