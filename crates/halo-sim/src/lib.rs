//! A server that behaves like HaloPSA: seeded, repeatable, and able to misbehave.
//!
//! It is a program of the product, not a mock: the demo, tests and benchmarks run against it, and
//! anyone can try the product without a Halo account. It shares no code and no types with the Halo
//! client; if both used one struct they would share its mistakes. Behaviour follows
//! `HALO-API.md` section 6 and the numbered quirks; each unknown of its section 7 is a switch.
//!
//! Sources are cited by the keys of that document (HCLI, TL, KG, ...).

mod about;
mod access;
mod answer;
mod auth;
mod clock;
mod connection;
mod control;
mod date;
mod fault;
mod limit;
mod list;
mod options;
mod params;
mod recording;
mod row;
mod running;
mod server;
mod switches;
mod ticket_event;
mod webhook;
mod window;
mod world;
mod write;
mod write_action;
mod write_asset;

pub use fault::{Fault, FaultKind};
pub use options::{DEMO_CLIENT_SECRET, DEMO_OAUTH_CLIENT_ID, SimOptions, Sizes};
pub use recording::{Counts, RequestLine, WriteChange, WriteLine};
pub use running::{RunningSim, SimError, run, start};
pub use switches::{
    AssetFields, Denial, IdOnly, PastEnd, PostAnswer, RecordCount, SwitchError, Switches, Toggle,
    TokenPaths,
};
pub use webhook::WebhookSwitches;
