//! Pages and the JSON API: what a browser or a probe asks of a running Almanac.
//!
//! No handler waits on a PSA: this crate cannot reach one. What needs the PSA becomes a job.

mod headers;
mod health;
mod home;
mod server;

pub use server::{WebState, router, serve};
