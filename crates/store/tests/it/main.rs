//! The store's tests: one conformance list run whole on each engine, and what compares engines.

mod compare;
mod conformance;
mod fixture;
mod sql;
