//! What handlers share.

use std::sync::Arc;

use almanac_fleet::Fleets;
use almanac_model::chain::Chains;
use almanac_store::Store;
use jiff::civil::Date;
use secrecy::SecretString;

use crate::psa_address::AddressReader;
use crate::psa_limit::CallLimits;
use crate::psa_plan::CallPlanner;

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub struct WebState {
    /// The database.
    pub store: Store,
    /// The tenants' graded assets.
    pub fleets: Arc<Fleets>,
    /// What the operator decided.
    pub options: Arc<WebOptions>,
}

/// What the operator decided.
pub struct WebOptions {
    /// The time, in milliseconds UTC.
    pub now_ms: fn() -> i64,
    /// Lets the first person set Almanac up; `None` where that is done on the command line.
    pub setup_code: Option<SecretString>,
    /// Whether the style guide is served: in the demo and in development.
    pub has_styleguide: bool,
    /// What the sign-in page of a demo says; `None` elsewhere.
    pub demo_hint: Option<String>,
    /// Whether each answer says how long it took: for measurements only.
    pub has_server_timing: bool,
    /// Whether requests come through a proxy of the operator's that sets `X-Forwarded-For`.
    pub is_behind_proxy: bool,
    /// Reads an address of the PSA as a person typed it, by the operator's rules.
    pub understand_address: AddressReader,
    /// The limit on calls to the PSA at an address.
    pub call_limits: CallLimits,
    /// The calls to the PSA that background work makes next.
    pub call_planner: CallPlanner,
    /// The places that each fact is taken from, and so the fields that it is written to.
    pub chains: Chains,
}

impl WebState {
    /// Now, in milliseconds UTC.
    pub(crate) fn now_ms(&self) -> i64 {
        (self.options.now_ms)()
    }

    /// Today, by UTC.
    pub(crate) fn today(&self) -> Date {
        let now = jiff::Timestamp::from_millisecond(self.now_ms()).unwrap_or_default();
        now.to_zoned(jiff::tz::TimeZone::UTC).date()
    }
}
