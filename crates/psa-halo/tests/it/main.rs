//! The Halo client against the simulator, and against servers that mean harm.

// Built for a fuzzer, every binary of the package links what counts its steps.
use bolero as _;

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
