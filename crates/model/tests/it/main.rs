//! Properties that hold for any input, one file per area.

mod chain;
mod date;
mod grade;
