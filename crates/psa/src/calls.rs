//! Who says when a connector may call: a gate that several connectors pass.
//!
//! A connector knows its PSA; how many calls all processes make together it cannot know. It asks
//! a [`CallGate`] for small grants, and tells at once what the others must know. The rules are
//! the model's, so that a gate kept by one process and one kept by the database are the same.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use almanac_model::call_budget::{CallAsk, CallTold, CallTurn};

/// What a gate answers, later.
pub type GateFuture<'g, T> = Pin<Box<dyn Future<Output = Result<T, GateClosed>> + Send + 'g>>;

/// The gate could not be asked: its database does not answer. A connector then paces itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the shared budget of calls could not be asked: {0}")]
pub struct GateClosed(pub String);

/// The budget of calls of one connection, shared by all that read it.
pub trait CallGate: fmt::Debug + Send + Sync {
    /// Grants calls or tells how long to wait.
    fn take(&self, ask: CallAsk) -> GateFuture<'_, CallTurn>;

    /// Notes what cannot wait until the next question; false when a refusal outlived all patience.
    fn tell(&self, told: CallTold) -> GateFuture<'_, bool>;
}
