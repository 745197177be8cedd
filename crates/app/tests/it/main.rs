//! The whole program from outside: the binary, a simulated Halo, both databases.
//!
//! Each test starts its own simulator and its own database and speaks to nothing but loopback.

#![expect(clippy::unwrap_used, reason = "a test that unwraps fails where it should")]

mod approved;
mod bad_input;
mod faults;
mod first_sync;
mod kill;
mod kill_migration;
mod kill_push;
mod secrets;
mod serve;
mod undo;
mod world;
