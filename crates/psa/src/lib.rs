//! What Almanac asks of a PSA.
//!
//! A [`Connector`] reads pages, one record, and the state of our access; a [`Mapper`] turns a
//! record's bytes into our words and does no I/O, so that everything can be mapped again from the
//! raw records without the PSA. What a PSA cannot do is a [`Capabilities`] flag, never a question
//! of which PSA it is.
//!
//! A [`Writer`] sends one record's changes, for the outbox alone.
//!
//! A [`HookKeeper`] registers our webhook and looks after it; what a delivery says is not read here.
//!
//! Absent on purpose: any knowledge of Halo.

mod access;
mod calls;
mod connector;
mod error;
mod hooks;
mod page;
mod seen;
mod writer;

pub mod walk;
#[cfg(test)]
mod walk_tests;

#[cfg(feature = "testing")]
pub mod conformance;
#[cfg(feature = "testing")]
pub mod fake;

pub use access::{AccessCheck, AccessReport, AccessState};
pub use calls::{CallGate, GateClosed, GateFuture};
pub use connector::{BadRow, CallStats, Capabilities, Connector, Mapper};
pub use error::{PsaError, Recovery};
pub use hooks::{HookFound, HookKeeper, HookWanted};
pub use page::{Page, PageRequest, Part, RawRow};
pub use seen::SeenSet;
pub use writer::{FieldChange, RecordChange, Writer};
