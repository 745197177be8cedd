//! A budget of calls that one process keeps for itself: where there is no database to share, or it
//! does not answer.

use std::sync::{Mutex, PoisonError};

use almanac_model::call_budget::{CallAsk, CallBudget, CallTold, CallTurn};
use almanac_psa::{CallGate, GateFuture};
use tokio::time::Instant;

/// Keeps the budget in memory.
#[derive(Debug)]
pub(crate) struct OwnCalls {
    began_at: Instant,
    budget: Mutex<CallBudget>,
}

/// The rules count from a time long before anything was called.
const BEGIN_MS: i64 = 86_400_000;

impl OwnCalls {
    pub(crate) fn new() -> Self {
        Self { began_at: Instant::now(), budget: Mutex::default() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut CallBudget, i64) -> T) -> T {
        let passed_ms = i64::try_from(self.began_at.elapsed().as_millis()).unwrap_or(i64::MAX / 2);
        // No code under the lock can panic half-way through a change.
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut budget, BEGIN_MS + passed_ms)
    }
}

impl CallGate for OwnCalls {
    fn take(&self, ask: CallAsk) -> GateFuture<'_, CallTurn> {
        let turn = self.with(|budget, now_ms| budget.take(&ask, now_ms));
        Box::pin(std::future::ready(Ok(turn)))
    }

    fn tell(&self, told: CallTold) -> GateFuture<'_, bool> {
        let is_patient = self.with(|budget, now_ms| budget.tell(told, now_ms));
        Box::pin(std::future::ready(Ok(is_patient)))
    }
}
