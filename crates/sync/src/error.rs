//! What ends a run before its end.

use almanac_model::code::Code;
use almanac_psa::PsaError;
use almanac_store::StoreError;

use crate::task::TaskEnded;

/// What ends a run before its end. Everything less is part of the run's status.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The database failed; what was committed stays.
    #[error("the database failed")]
    Store(#[source] StoreError),
    /// The PSA failed in a way that no other stream would survive.
    #[error("the PSA failed")]
    Psa(#[from] PsaError),
    /// Another run of the same connection holds the lease.
    #[error("another sync of this connection is running ({owner})")]
    Busy {
        /// Who holds the lease.
        owner: String,
    },
    /// The lease was lost while running, to a run that took over.
    #[error("another run took over this sync")]
    TakenOver,
    /// A task of this run ended by a panic.
    #[error("reading ahead failed")]
    Task(#[from] TaskEnded),
}

impl From<StoreError> for SyncError {
    fn from(error: StoreError) -> SyncError {
        match error {
            StoreError::LeaseLost => SyncError::TakenOver,
            error => SyncError::Store(error),
        }
    }
}

impl SyncError {
    /// The public code, when there is one.
    pub fn code(&self) -> Option<Code> {
        match self {
            SyncError::Store(error) => error.code(),
            SyncError::Psa(error) => Some(error.code()),
            SyncError::Busy { .. } | SyncError::TakenOver => Some(Code::SYNC_BUSY),
            SyncError::Task(_) => None,
        }
    }
}

/// The message of an error with its causes; each part once, whoever repeats its source.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    text
}
