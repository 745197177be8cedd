//! The database: one SQL text for SQLite and PostgreSQL.
//!
//! [`Store`] opens an engine by its address and administers; [`Store::tenant`] gives a
//! [`TenantStore`], the only way to a tenant's data. One method is one transaction and no
//! transaction leaves this crate. Instants are milliseconds UTC given by the caller: nothing here
//! reads a clock. Only this crate names `sqlx`.

mod db;
mod error;
mod keyring;
mod store;
mod tenant;

mod tenant_admin;
mod tenant_key;
mod user;

mod connection;
mod lease;
mod projection;
mod record;
mod scan;
mod stream_state;

mod asset;

mod job;
mod run;
mod schedule;

mod audit;
mod backup;

#[cfg(feature = "testing")]
pub mod testing;

pub use asset::{AssetQuery, AssetRow};
pub use audit::{Audit, AuditEntry, AuditVerdict};
pub use backup::BackupSummary;
pub use connection::{Connection, NewConnection, ReadBy};
pub use db::{Address, AddressError, Migrated};
pub use error::StoreError;
pub use job::{ClaimJobs, ClaimedJob, Enqueued, Job, JobState, NewJob};
pub use keyring::Keyring;
pub use lease::{Fence, LeaseHeld, LeaseTake};
pub use projection::{ProjectionRow, ReprojectCommit, Reprojected};
pub use record::{PageCommit, PageOutcome, RecordHead, RecordProblem, RecordRow, RecordWrite};
pub use run::{NewRun, Run, RunFinish, RunId};
pub use scan::{ScanFinish, SeenChunk};
pub use schedule::{NewSchedule, Schedule};
pub use store::Store;
pub use stream_state::{Held, OpenScan, StreamState};
pub use tenant::TenantStore;
pub use tenant_admin::{NewTenant, Tenant};
pub use user::User;
