//! A tenant's assets, graded on a day, in memory: what pages are made of.
//!
//! A [`Fleet`] never changes and is asked without waiting; [`Fleets`] holds one for each tenant
//! and brings it up to date by the store's change numbers when it is asked for. Grades are made
//! here and stored nowhere. Nothing in this crate must survive the process, and it never writes.

mod asset;
mod asset_query;
mod body;
mod choice_bytes;
mod error;
mod facets;
mod fleet;
mod fleets;
mod group;
mod judge;
mod load;
mod names;
mod options;
mod order;
mod place;
mod portfolio;
mod preview;
mod reference;
mod source;
mod tally;
mod visible;
mod why;
mod words;

pub use asset::FleetAsset;
pub use asset_query::{AssetPage, AssetQuery, Filter, Note, Start};
pub use body::FleetClient;
pub use error::FleetError;
pub use facets::Facets;
pub use fleet::Fleet;
pub use fleets::{Fleets, Moment};
pub use group::{Group, GroupBy};
pub use load::{Choices, choices_of, rulebook_default, rulebook_of};
pub use options::FleetOptions;
pub use order::{Sort, SortBy};
pub use portfolio::{ClientSort, Found, Portfolio, PortfolioQuery};
pub use preview::Preview;
pub use source::Warning;
pub use tally::Tally;
pub use visible::Visible;
pub use why::Why;
