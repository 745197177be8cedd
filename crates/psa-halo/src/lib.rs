//! HaloPSA as a connector: how it is reached, read and understood.
//!
//! [`HaloConnector`] does the I/O and keeps each row's bytes; [`HaloMapper`] turns a row into our
//! words and does none, so that everything can be mapped again without Halo. Facts about Halo are
//! cited from `HALO-API.md` and `quirks.md` (Q-nn).
//!
//! Absent on purpose: removing records in Halo, what webhooks deliver, and any knowledge of the store.

mod options;

mod address;
mod guard;
mod own_calls;
mod pacer;
mod understood;

mod excerpt;
mod exchange;
mod retry;
mod status;

mod auth;
mod decode;
mod token;
mod transport;

mod changes;
mod endpoint;
mod listing;
mod parts;

mod access;
mod connector;
mod webhook;
mod write;

mod chains;
mod map;
mod wire;

pub use chains::default_chains;
pub use connector::{HaloConnector, capabilities};
pub use map::HaloMapper;
pub use options::{
    CALL_LIMIT, HaloOptions, SCOPES_NEEDED, SCOPES_TO_HOOK, SCOPES_TO_WRITE, SCOPES_WANTED,
    SHARE_PERCENT,
};
pub use understood::{Understood, understand};
