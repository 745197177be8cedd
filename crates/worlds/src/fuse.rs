//! Ends or holds a program between any two steps that last: a call to the PSA, or a commit.
//!
//! A program that was ended does nothing more, as after `kill -9`: each later step waits for ever,
//! until its runtime goes. A program that is held goes on where it stood, as one that was frozen.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst};

use almanac_store::testing::{CommitGate, CommitMoment};
use tokio::sync::Notify;

/// What happens when the steps are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Killed,
    Held,
}

/// Counts the steps of one program.
#[derive(Debug)]
pub(crate) struct Fuse(std::sync::Arc<Inner>);

#[derive(Debug)]
struct Inner {
    end: End,
    left: AtomicI64,
    is_blown: AtomicBool,
    /// Commits that the database was told of and has not answered.
    committing: AtomicI64,
    blown: Notify,
    released: Notify,
}

impl Clone for Fuse {
    fn clone(&self) -> Fuse {
        Fuse(std::sync::Arc::clone(&self.0))
    }
}

impl Fuse {
    /// Never ends anything.
    pub(crate) fn none() -> Fuse {
        Fuse::of(End::Killed, i64::MAX)
    }

    /// Ends the program after so many steps.
    pub(crate) fn killing_after(steps: u64) -> Fuse {
        Fuse::of(End::Killed, i64::try_from(steps).unwrap_or(i64::MAX))
    }

    /// Holds the program once, after so many steps.
    pub(crate) fn holding_after(steps: u64) -> Fuse {
        Fuse::of(End::Held, i64::try_from(steps).unwrap_or(i64::MAX))
    }

    fn of(end: End, left: i64) -> Fuse {
        Fuse(std::sync::Arc::new(Inner {
            end,
            left: AtomicI64::new(left),
            is_blown: AtomicBool::new(false),
            committing: AtomicI64::new(0),
            blown: Notify::new(),
            released: Notify::new(),
        }))
    }

    /// One step: returns when it may be done.
    pub(crate) async fn step(&self) {
        let Inner { end, left, is_blown, blown, released, .. } = &*self.0;
        if left.fetch_sub(1, SeqCst) == 0 {
            is_blown.store(true, SeqCst);
            blown.notify_one();
            if *end == End::Held {
                released.notified().await;
            }
        }
        if is_blown.load(SeqCst) && *end == End::Killed {
            std::future::pending::<()>().await;
        }
    }

    /// A step that a program is never held at: the next one it is.
    pub(crate) async fn step_on(&self) {
        let Inner { end, left, .. } = &*self.0;
        if *end == End::Killed || left.load(SeqCst) != 0 {
            self.step().await;
        }
    }

    /// Returns when the program is ended or held, and no commit of it is on its way.
    pub(crate) async fn blew(&self) {
        self.0.blown.notified().await;
        while self.0.committing.load(SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Lets a held program go on.
    pub(crate) fn release(&self) {
        self.0.released.notify_one();
    }
}

impl CommitGate for Fuse {
    fn pass(&self, moment: CommitMoment) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let fuse = self.clone();
        Box::pin(async move {
            if moment == CommitMoment::After {
                fuse.0.committing.fetch_sub(1, SeqCst);
                return fuse.step().await;
            }
            fuse.step().await;
            fuse.0.committing.fetch_add(1, SeqCst);
        })
    }
}
