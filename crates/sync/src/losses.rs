//! How much of a stream would lose its values by what was read, judged against what is stored.
//!
//! Only fields that many records would lose are counted in the stored projections, so a stream
//! where little changes costs nothing.

use std::collections::{BTreeMap, BTreeSet};

use almanac_model::id::ConnectionId;
use almanac_model::stream::Stream;
use almanac_store::{StoreError, TenantStore};

use crate::difference::has;
use crate::guard::{Brake, Loss, is_suspect, judge_losses};

/// Projections read at a time when counting who has a field.
const BATCH: u32 = 1_000;

/// What each row would take away, as long as it is not known how many there are.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    rows: Vec<Vec<String>>,
}

impl Losses {
    pub(crate) fn add(&mut self, lost: Vec<String>) {
        self.rows.push(lost);
    }

    /// Whether so much may be taken away. What is stored must still be as it was.
    pub(crate) async fn judge(
        &self,
        store: &TenantStore,
        connection: ConnectionId,
        stream: Stream,
    ) -> Result<Option<Brake>, StoreError> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for name in self.rows.iter().flatten() {
            *counts.entry(name.as_str()).or_default() += 1;
        }
        counts.retain(|_, lost| is_suspect(*lost));
        if counts.is_empty() {
            return Ok(None);
        }
        let mut losses: Vec<Loss<'_>> =
            counts.iter().map(|(field, lost)| Loss { field, filled: 0, lost: *lost }).collect();
        count_filled(store, (connection, stream), &mut losses).await?;
        let records = |fields: &[&str]| {
            let loses = |row: &&Vec<String>| row.iter().any(|name| fields.contains(&name.as_str()));
            self.rows.iter().filter(loses).count() as u64
        };
        Ok(judge_losses(&losses, records).err())
    }
}

async fn count_filled(
    store: &TenantStore,
    (connection, stream): (ConnectionId, Stream),
    losses: &mut [Loss<'_>],
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = store.projection_page(connection, stream, after.as_ref(), BATCH).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.projection.remote_id().clone());
        for row in page.iter().filter(|row| row.deleted_at.is_none()) {
            for loss in &mut *losses {
                loss.filled += u64::from(has(&row.projection, loss.field));
            }
        }
    }
}

/// The names that a row loses, as they are kept with it.
pub(crate) fn to_json(lost: &[String]) -> String {
    let unique: BTreeSet<&String> = lost.iter().collect();
    serde_json::to_string(&unique).expect("names are plain JSON")
}

/// The losses of rows that were kept aside. What cannot be read is taken for none: such a row is
/// then believed, as it would be without this brake.
pub(crate) fn from_json(rows: &[String]) -> Losses {
    let mut losses = Losses::default();
    for row in rows {
        losses.add(serde_json::from_str(row).unwrap_or_default());
    }
    losses
}
