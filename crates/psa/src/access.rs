//! What a check of our access found.

use almanac_model::code::Code;
use almanac_model::stream::Stream;

/// How an area answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessState {
    /// Readable; the PSA says there are this many records.
    Granted(Option<u64>),
    /// Refused.
    Missing,
    /// The check itself failed, so nothing is known.
    Unknown,
}

/// One area of the PSA.
#[derive(Debug, Clone)]
pub struct AccessCheck {
    /// The stream it feeds.
    pub stream: Stream,
    /// How it answered.
    pub state: AccessState,
    /// What to tick where, in the PSA's own words, when it is missing.
    pub remedy: Option<String>,
    /// What the PSA answered, in few words.
    pub detail: Option<String>,
}

/// What a check of our access found.
#[derive(Debug, Clone)]
pub struct AccessReport {
    /// The address as it was understood.
    pub base_url: String,
    /// Where tokens come from.
    pub token_url: String,
    /// The PSA's version, if it says so.
    pub version: Option<String>,
    /// The PSA's clock minus ours.
    pub clock_offset_seconds: Option<i64>,
    /// Scopes that the token carries, if it says so.
    pub scopes: Vec<String>,
    /// Scopes granted that no feature needs.
    pub excess_scopes: Vec<String>,
    /// One entry for each stream.
    pub checks: Vec<AccessCheck>,
    /// Findings that need a person, such as a clock far off.
    pub findings: Vec<(Code, String)>,
}
