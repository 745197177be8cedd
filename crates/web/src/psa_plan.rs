//! The calls to the PSA that background work makes next, as the pages are told of them.
//!
//! The plan follows from the database alone; who makes it knows the engine, which pages do not.

use std::pin::Pin;
use std::sync::Arc;

use almanac_model::stream::Stream;
use almanac_store::{Connection, StoreError, TenantStore};

/// The calls of the next five minutes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallPlan {
    /// What is read, in this order.
    pub reads: Vec<PlannedCalls>,
    /// What all of that takes.
    pub calls: u64,
    /// Calls of our share that are left after it; `None` where no limit is known.
    pub left: Option<u64>,
    /// When background work next begins with it, in milliseconds UTC; `None` where nothing is
    /// read by itself.
    pub begins_at: Option<i64>,
}

/// The reading of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCalls {
    /// Which stream.
    pub stream: Stream,
    /// How it is read.
    pub how: HowRead,
    /// Calls that this takes, as far as can be told before.
    pub calls: u64,
    /// Why, for a person.
    pub reason: String,
}

/// How a stream is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HowRead {
    /// What changed.
    Changes,
    /// The children of parents that changed.
    Children,
    /// Whole.
    Whole,
    /// As much of the whole as the calls that are left allow.
    Part,
}

/// A plan that is being made.
pub type PlanMade<'a> = Pin<Box<dyn Future<Output = Result<CallPlan, StoreError>> + Send + 'a>>;

/// Makes the plan for a connection at a time in milliseconds UTC.
pub type CallPlanner =
    Arc<dyn for<'a> Fn(&'a TenantStore, &'a Connection, i64) -> PlanMade<'a> + Send + Sync>;
