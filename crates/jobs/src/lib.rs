//! Background work: the runner and one thin file per job.
//!
//! A job is at least once, so every job is idempotent and says in its header why. The runner
//! claims by lease, beats while a job runs, and reads only what a job says about trying again.

mod connection_test;
mod job_end;
mod poke;
mod psa;
mod push_writes;
mod runner;
mod shared_calls;
mod source;
mod sync_changes;
mod sync_connection;
mod webhook;

pub use connection_test::test_connection;
pub use psa::Psa;
pub use runner::{Runner, RunnerOptions};
pub use shared_calls::SharedCalls;
pub use sync_changes::{SCAN_EVERY_MS, schedule_changes};
pub use sync_connection::{schedule_sync, unschedule_sync};
