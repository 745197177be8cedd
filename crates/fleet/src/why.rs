//! Everything about one asset, read when it is asked for: values, provenance, decisions, grade.

use almanac_model::asset::RemoteAsset;
use almanac_model::choice::AssetChoice;
use almanac_model::fact::Facts;
use almanac_model::id::RemoteId;
use almanac_model::os::OsMemo;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_model::verdict::{AssetCase, AssetVerdict, os_support};
use almanac_store::{StoreError, TenantStore};

use crate::error::FleetError;
use crate::fleet::Fleet;

/// Everything about one asset.
#[derive(Debug, Clone)]
pub struct Why {
    /// What the PSA says.
    pub asset: RemoteAsset,
    /// What the chains made of it, with the locks laid over.
    pub facts: Facts,
    /// What people decided.
    pub choice: AssetChoice,
    /// What the fleet's rulebook says on its day; `None` for an asset of an ignored type.
    pub verdict: Option<AssetVerdict>,
    /// When the PSA was found to have it no longer, in milliseconds UTC.
    pub deleted_at: Option<i64>,
}

impl Fleet {
    /// Reads everything about one asset, judged by this fleet's rulebook on its day. `None` where
    /// the connection has no such asset. One that is not in the fleet (deactivated, gone, of an
    /// ignored type) is read all the same.
    ///
    /// # Errors
    /// When the database cannot be read, or what is stored of the asset is damaged.
    pub async fn why(
        &self,
        store: &TenantStore,
        remote_id: &RemoteId,
    ) -> Result<Option<Why>, FleetError> {
        let Some(connection) = self.connection() else { return Ok(None) };
        let ids = std::slice::from_ref(remote_id);
        let row = store.projection_load(connection, Stream::Assets, ids).await?.pop();
        let Some(row) = row else { return Ok(None) };
        let Projection::Asset(asset) = row.projection else { return Ok(None) };
        let facts: Facts = match row.facts.as_deref().map(serde_json::from_str).transpose() {
            Ok(facts) => facts.unwrap_or_default(),
            Err(_) => return Err(unreadable(remote_id).into()),
        };
        let choice = store.asset_choice(connection, remote_id).await?;
        let choice = choice.map(|row| row.choice).unwrap_or_default();
        let facts = facts.with_locks(&choice.locks);
        let os = os_support(&facts, &mut OsMemo::default());
        let case = AssetCase { asset: &asset, facts: &facts, os, choices: &choice.choices };
        let verdict = self.rulebook().judge(&case, self.on());
        Ok(Some(Why { asset, facts, choice, verdict, deleted_at: row.deleted_at }))
    }
}

fn unreadable(remote_id: &RemoteId) -> StoreError {
    StoreError::Corrupt {
        table: "asset".to_owned(),
        column: "facts".to_owned(),
        id: remote_id.to_string(),
    }
}
