//! The sync engine: pull, project, scan, push.
//!
//! It knows connectors and the store, never a particular PSA. Deciding is pure (`guard`, and the
//! page walk of `almanac-psa`; `resolve`); `scan` and `push` carry it out. One value commits what belongs together: a
//! page's records, their projections and the checkpoint that covers them.
//!
//! Absent on purpose: retries (the connector has its own patience; the next run is the retry), a
//! wall clock (time is a parameter), and any write to the PSA that nobody approved.

mod absence;
mod calls;
mod changes;
mod checkpoint;
mod children;
mod clock;
mod commit;
mod conclude;
mod correction;
mod difference;
mod engine;
mod error;
mod guard;
mod lease;
mod losses;
mod mapping;
mod mode;
mod page;
mod plan;
mod planning;
mod poke;
mod progress;
mod push;
mod reproject;
mod resolve;
mod scan;
mod status;
mod task;
mod verify;

pub use calls::note_calls;
pub use clock::Clock;
pub use engine::{CHANGES_KIND, RUN_KIND, SyncJob, run};
pub use error::{SyncError, with_causes};
pub use guard::{Brake, Loss, Removal, judge_losses, judge_removal};
pub use lease::Owner;
pub use mode::ReadMode;
pub use plan::{PLAN_MS, Plan, PlanInput, PlanStream, PlannedMode, PlannedRead, plan};
pub use planning::{Planning, plan_of};
pub use poke::{PokeJob, poke};
pub use progress::{Progress, ProgressEvent, Quiet};
pub use push::{PushJob, PushStatus, push};
pub use status::{HeldStatus, Outcome, RunStatus, StreamStatus};
pub use task::{Task, TaskEnded, leave_behind};
pub use verify::{StreamVerification, VERIFY_KIND, Verification, VerifyJob, verify};
