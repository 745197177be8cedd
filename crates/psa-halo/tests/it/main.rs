//! The Halo client against the simulator, and against servers that mean harm.

mod conformance;
mod hooks;
mod hostile;
mod quirks;
mod remainder;
mod secrets;
mod server;
mod subject;
mod tickets;
mod tokens;
mod writes;
