//! Worlds for tests: tenants with clients and assets, in a store of their own.
//!
//! What stands in a world is named by the test; everything else has a default. A world writes
//! through the store's own methods, so that what a test sees is what a sync would have left.

mod approved;
mod clock;
mod engine;
mod projection;
mod seed;
mod synced;

pub use almanac_store::testing::Engine;
pub use approved::{Approved, ArrivedWrite, approved, expect_approved, field_name, unapproved};
pub use clock::ManualClock;
pub use projection::{asset_type, client, site};
pub use seed::{AssetSeed, OWNER_PASSWORD, SeededTenant, chains};
pub use synced::{Synced, new_connection};
