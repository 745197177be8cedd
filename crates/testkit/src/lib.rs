//! Worlds for tests: tenants with clients and assets, in a store of their own.
//!
//! What stands in a world is named by the test; everything else has a default. A world writes
//! through the store's own methods, so that what a test sees is what a sync would have left.

mod seed;

pub use seed::{AssetSeed, OWNER_PASSWORD, SeededTenant, client, site};
