//! A gate before and after each commit, so that a test can end or hold a program between any two
//! steps that last.
//!
//! The gate belongs to the thread: a simulation runs each of its programs on a thread of its own,
//! one after the other, and closes the gate when one is to be as dead as after `kill -9`.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// On which side of a commit the gate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitMoment {
    /// Nothing of the transaction lasts yet.
    Before,
    /// All of it lasts, and nobody was told.
    After,
}

/// Decides how long a commit of this thread waits; for ever, where the program is dead.
pub trait CommitGate: Send + Sync {
    /// Ends when the commit may go on.
    fn pass(&self, moment: CommitMoment) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

thread_local! {
    static GATE: RefCell<Option<Arc<dyn CommitGate>>> = const { RefCell::new(None) };
}

/// Puts a gate before the commits of this thread, or takes it away.
pub fn set_commit_gate(gate: Option<Arc<dyn CommitGate>>) {
    GATE.with(|place| *place.borrow_mut() = gate);
}

/// Waits at this thread's gate, if there is one.
pub(crate) async fn pass_gate(moment: CommitMoment) {
    let gate = GATE.with(|place| place.borrow().clone());
    if let Some(gate) = gate {
        gate.pass(moment).await;
    }
}
