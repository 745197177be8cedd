//! The jobs' tests: runners on a real database of each engine, with a PSA in memory.

#![expect(clippy::unwrap_used, reason = "a test that unwraps fails where it should")]

mod connection_test;
mod push_writes;
mod runner;
mod sync_changes;
mod sync_connection;
mod webhook;
mod world;
