//! Halo's rows as Halo spells them: one file for each entity.
//!
//! Every property is optional and lenient, unknown ones are ignored. Nothing outside this
//! folder and `map` knows these names.

pub(crate) mod seen;

pub(crate) mod agent;
pub(crate) mod asset;
pub(crate) mod asset_type;
pub(crate) mod client;
pub(crate) mod lookup;
pub(crate) mod site;
pub(crate) mod team;
pub(crate) mod user;
