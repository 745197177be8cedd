//! The embedded database belongs to one long-running process.
//!
//! Two would wait for each other's writes and each believe that it is the only one that works. The
//! sign is a lock on a file beside the database; the kernel lets go of it with the process, however
//! that ends. Commands that come and go need none.

use std::fs::{File, OpenOptions, TryLockError};

use almanac_model::code::Code;
use almanac_store::Address;

use crate::config::Config;
use crate::context;
use crate::failure::Failure;

/// Held as long as the process serves or works.
#[derive(Debug)]
pub(crate) struct Alone {
    _lock: Option<File>,
}

impl Alone {
    /// Takes the embedded database for this process; PostgreSQL is for all.
    pub(crate) fn take(config: &Config) -> Result<Alone, Failure> {
        let Address::Sqlite(database) = context::address(config)? else {
            return Ok(Alone { _lock: None });
        };
        let path = database.with_extension("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Alone { _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => {
                let what = format!("{} is in use by `serve` or `worker`", database.display());
                Err(Failure::refused(Code::STORE_SHARED, what))
            }
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, "Whether this process is alone cannot be told here.");
                Ok(Alone { _lock: None })
            }
        }
    }
}
