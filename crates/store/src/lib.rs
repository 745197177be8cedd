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
mod tenant_name;

mod api_key;
mod password;
mod request_key;
mod session;
mod sign_in_proof;
mod throttle;
mod user;
mod user_change;

mod change;
mod change_commit;
mod child;
mod connection;
mod lease;
mod projection;
mod pulse;
mod record;
mod record_read;
mod release;
mod reproject;
mod scan;
mod stream_state;
mod sync_progress;
mod withheld;

mod asset;
mod bulk_edit;
mod choice;
mod fact_change;
mod rulebook;

mod outbox;
mod write_plan;
mod write_plan_read;
mod write_push;
mod write_switch;

mod webhook;
mod webhook_poke;

mod ask;
mod call_budget;
mod job;
mod probe;
mod psa_call;
mod run;
mod schedule;
mod vitals;

mod audit;
mod backup;
mod receipt;
mod sign;

#[cfg(feature = "testing")]
pub mod testing;

pub use api_key::{ApiKey, ApiScope, NewApiKey};
pub use ask::{
    CONNECTION_TEST, ConnectionArgs, POKE, PRIORITY_PERSON, PRIORITY_POKE, PUSH_WRITES,
    SAME_SYNC_MS, SYNC_CHANGES, SYNC_CONNECTION, SYNC_NOW, SyncArgs, SyncAsked, WEBHOOK_CHECK,
    WEBHOOK_SETUP,
};
pub use asset::{AssetBrief, AssetBriefs, AssetQuery, AssetRow};
pub use audit::{Audit, AuditEntry, AuditVerdict};
pub use backup::BackupSummary;
pub use bulk_edit::{
    BULK_ASSETS_MAX, BULK_UNDO_MS, BulkChange, BulkEdit, BulkRefused, NewBulkEdit, UndoBulkEdit,
};
pub use change::{ChangeHead, ChangedIds};
pub use change_commit::{ChangeCommit, ChangeOutcome};
pub use child::{ChildrenDue, ParentRead};
pub use choice::{AssetChoiceRow, ChangeAsset, EditConflict, EditRefused};
pub use connection::{Connection, NewConnection, ReadBy};
pub use db::{Address, AddressError, Migrated};
pub use error::StoreError;
pub use fact_change::{ChangeCause, FactChange};
pub use job::{ClaimJobs, ClaimedJob, Enqueued, Job, JobState, NewJob};
pub use keyring::Keyring;
pub use lease::{Fence, LeaseHeld, LeaseTake};
pub use outbox::{OpenWrite, OutboxEntry, Settle};
pub use password::{NewPassword, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};
pub use probe::{Probe, ProbeId};
pub use projection::ProjectionRow;
pub use psa_call::{CALL_SPAN_MS, CallSpan};
pub use pulse::{Pulse, StreamPulse};
pub use receipt::{
    Corrected, NewReceipt, RECEIPTS_MAX, Receipt, ReceiptKind, ReceiptTold, ReceiptVerdict,
};
pub use record::{PageCommit, PageOutcome, RecordHead, RecordWrite};
pub use record_read::{RecordProblem, RecordRow};
pub use release::{ReleaseRefused, ReleaseStream};
pub use reproject::{ReprojectCommit, Reprojected};
pub use request_key::RequestKeyTake;
pub use rulebook::{RulebookHead, RulebookMoved, RulebookVersion, SaveRulebook};
pub use run::{NewRun, Run, RunCause, RunFinish, RunId};
pub use scan::{ScanFinish, SeenChunk};
pub use schedule::{NewSchedule, Schedule};
pub use session::{NewSession, Session, SessionLimits, SignedIn, Visit};
pub use store::Store;
pub use stream_state::{FilterFinding, Held, OpenScan, Release, ScanProgress, StreamState};
pub use sync_progress::{ActiveRun, StreamProgress, SyncProgress, sync_lease_name};
pub use tenant::TenantStore;
pub use tenant_admin::{NewTenant, Tenant};
pub use throttle::ThrottleKey;
pub use user::{ChangedBy, NewUser, User};
pub use vitals::{CallVitals, JobVitals, StreamVitals, Vitals, WebhookVitals, WriteVitals};
pub use webhook::{SECRET_GRACE_MS, Webhook, WebhookOf, WebhookProblem, WebhookTrouble};
pub use webhook_poke::{Delivery, Heard, POKE_EVERY_MS, Taking};
pub use withheld::WithheldRow;
pub use write_plan::{
    ApproveWrites, NewWrite, NewWritePlan, PlanRefused, WRITE_UNDO_MS, WRITES_MAX,
};
pub use write_plan_read::{WriteCount, WritePlan};
pub use write_switch::{WriteMode, WriteSwitch};
