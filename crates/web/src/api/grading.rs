//! Why an asset has its grade, as the API writes it: the clocks, the policy, the rule.

use almanac_model::clock::{Clock, ClockName};
use almanac_model::policy::{Count, PolicySource};
use almanac_model::reason::Reason;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

/// Why an asset has its grade.
#[derive(Serialize, ToSchema)]
pub(super) struct Grading {
    /// The day it was judged on.
    on: Date,
    /// The rule that matched.
    rule: Option<String>,
    /// The version of the rules.
    rules_version: u32,
    /// The policy age in months and whose word it is.
    policy: Option<PolicyItem>,
    /// The three clocks.
    clocks: Vec<ClockItem>,
}

/// A policy age.
#[derive(Serialize, ToSchema)]
#[schema(as = Policy)]
struct PolicyItem {
    /// In months.
    months: u32,
    /// Whose word it is.
    source: PolicyOf,
}

/// Whose word a policy age is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PolicyOf {
    /// The kind's.
    Kind,
    /// The class's.
    Class,
    /// Agreed with the client for the kind.
    Client,
}

/// One of the three clocks.
#[derive(Serialize, ToSchema)]
#[schema(as = Clock)]
struct ClockItem {
    /// Which one.
    name: ClockOf,
    /// When it ends; null is not known, or never.
    ends_on: Option<Date>,
    /// Whether it is known; one may be known to have no end.
    is_known: bool,
    /// Whether it counts.
    counts: ClockCounts,
    /// Whether it counts and has ended.
    has_ended: bool,
}

/// Which clock.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ClockOf {
    /// Age by policy, from the purchase date.
    PolicyAge,
    /// The maker's warranty.
    Warranty,
    /// Support of the operating system by its maker.
    OsSupport,
}

/// Whether a clock counts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ClockCounts {
    /// It decides nothing.
    No,
    /// It decides where its date is known.
    WhenKnown,
    /// It decides, and without its date the asset cannot be graded.
    Needed,
}

impl From<ClockName> for ClockOf {
    fn from(name: ClockName) -> ClockOf {
        match name {
            ClockName::PolicyAge => ClockOf::PolicyAge,
            ClockName::Warranty => ClockOf::Warranty,
            ClockName::OsSupport => ClockOf::OsSupport,
        }
    }
}

impl From<Count> for ClockCounts {
    fn from(count: Count) -> ClockCounts {
        match count {
            Count::No => ClockCounts::No,
            Count::WhenKnown => ClockCounts::WhenKnown,
            Count::Needed => ClockCounts::Needed,
        }
    }
}

impl From<&Reason> for Grading {
    fn from(reason: &Reason) -> Grading {
        let policy = reason.inputs.policy.map(|policy| PolicyItem {
            months: policy.months,
            source: match policy.source {
                PolicySource::Kind => PolicyOf::Kind,
                PolicySource::Class => PolicyOf::Class,
                PolicySource::Client => PolicyOf::Client,
            },
        });
        let clock = |clock: &Clock| ClockItem {
            name: clock.name.into(),
            ends_on: clock.ends_on,
            is_known: clock.is_known,
            counts: clock.count.into(),
            has_ended: clock.has_ended(reason.on),
        };
        Grading {
            on: reason.on,
            rule: reason.rule.as_deref().map(str::to_owned),
            rules_version: reason.rules.version,
            policy,
            clocks: reason.clocks.iter().map(clock).collect(),
        }
    }
}
