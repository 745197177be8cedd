//! The simulator seen from outside: every test speaks HTTP to a started one.
//!
//! Tests named `q_NN_...` show the quirk of that number from the server's side.

mod access;
mod actions;
mod control;
mod data;
mod faults;
mod http;
mod limits;
mod paging;
mod spec;
mod tickets;
mod tokens;
mod webhooks;
mod writes;
