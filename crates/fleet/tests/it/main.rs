//! The fleet against a real store: loaded, refreshed, asked.

mod fixture;
mod holder;
mod query;
mod refresh;
mod why;
