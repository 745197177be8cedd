//! Halo's rows as Halo spells them: one file for each entity.
//!
//! Every property is optional and lenient, unknown ones are ignored. Nothing outside this
//! folder and `map` knows these names.

pub(crate) mod seen;

pub(crate) mod action;
pub(crate) mod agent;
pub(crate) mod asset;
pub(crate) mod asset_type;
pub(crate) mod category;
pub(crate) mod client;
pub(crate) mod contract;
pub(crate) mod invoice;
pub(crate) mod lookup;
pub(crate) mod priority;
pub(crate) mod site;
pub(crate) mod status;
pub(crate) mod team;
pub(crate) mod ticket;
pub(crate) mod ticket_type;
pub(crate) mod user;
pub(crate) mod workflow;
