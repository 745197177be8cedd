//! The domain of Almanac: its words as types, its rules as pure functions.
//!
//! Nothing in this crate does I/O, knows SQL, or spells a name as a PSA spells it on the wire.
//! Time is always a parameter.

pub mod author;
pub mod code;
pub mod id;
pub mod role;
pub mod stream;

pub mod agent;
pub mod asset;
pub mod asset_status;
pub mod asset_type;
pub mod category;
pub mod client;
pub mod client_type;
pub mod contact;
pub mod contract;
pub mod invoice;
pub mod opportunity;
pub mod priority;
pub mod project;
pub mod projection;
pub mod site;
pub mod team;
pub mod ticket;
pub mod ticket_action;
pub mod ticket_status;
pub mod ticket_type;
pub mod workflow;

pub mod date;
mod name;
pub mod serial;

pub mod chain;
pub mod fact;
pub mod fact_change;
pub mod lock;
pub mod resolver;
pub mod write;

pub mod kind;
pub mod quick_match;

pub mod os;
mod os_text;

pub mod age;
pub mod clock;
pub mod policy;

pub mod grade;
pub mod reason;
pub mod rule;

pub mod budget;
pub mod class;
pub mod money;

pub mod typed;
pub mod verdict;

pub mod choice;
pub mod rulebook_check;
pub mod rulebook_edit;

pub mod call_budget;
pub mod probe;
pub mod webhook;
