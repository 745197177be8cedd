//! Records that are only listed by their parent, such as the actions of a ticket.
//!
//! A child's remote id is `PARENT:CHILD`. Children are read when their parent's record differs
//! from what it was when they were last read: a parent that did not change costs no call.

use std::ops::Range;

use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::stream::Stream;

use crate::change_commit::ChangeCommit;
use crate::db::{Arg, Bulk, Tx, args, bulk_upsert};
use crate::error::StoreError;
use crate::tenant::TenantStore;

/// A parent whose children were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentRead {
    /// Its remote id.
    pub remote_id: RemoteId,
    /// What its record was then; `None` for a parent that is gone.
    pub sha256: Option<[u8; 32]>,
}

/// Which parents to ask for their children.
#[derive(Debug, Clone, Copy)]
pub struct ChildrenDue {
    /// Which connection.
    pub connection: ConnectionId,
    /// The stream of the children.
    pub stream: Stream,
    /// The stream of the parents.
    pub parents: Stream,
    /// Parents whose children were last read before this are due too, in milliseconds UTC.
    pub read_before: i64,
}

/// A parent is due: its children were never read, or it has changed since, or that was long ago.
const IS_DUE: &str = "FROM record p LEFT JOIN child_read c ON c.tenant_id = p.tenant_id \
    AND c.connection_id = p.connection_id AND c.stream = $4 AND c.parent = p.remote_id \
    WHERE p.tenant_id = $1 AND p.connection_id = $2 AND p.stream = $3 AND p.deleted_at IS NULL \
    AND p.problem IS NULL \
    AND (c.parent IS NULL OR c.parent_sha256 <> p.sha256 OR c.read_at < $5)";

impl TenantStore {
    /// Live parents that are due, the last changed first.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.children_due", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn children_due(
        &self,
        due: &ChildrenDue,
        limit: u32,
    ) -> Result<Vec<ParentRead>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT p.remote_id, p.sha256 {IS_DUE} ORDER BY p.changed_at DESC, p.remote_id LIMIT $6"
        );
        let mut args = self.due_args(due);
        args.push(Arg::from(limit));
        let rows = tx.rows("record", sql, args).await?;
        rows.iter()
            .map(|row| {
                Ok(ParentRead { remote_id: row.remote_id(0)?, sha256: Some(row.sha256(1)?) })
            })
            .collect()
    }

    /// How many live parents are due.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.children_due_count", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn children_due_count(&self, due: &ChildrenDue) -> Result<u64, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!("SELECT count(*) {IS_DUE}");
        let row = tx.one("record", sql, self.due_args(due)).await?;
        let count = row.map_or(Ok(0), |row| row.int(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Parents whose children were read and that are gone since.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.parents_gone", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn parents_gone(
        &self,
        due: &ChildrenDue,
        limit: u32,
    ) -> Result<Vec<ParentRead>, StoreError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows(
                "child_read",
                "SELECT c.parent FROM child_read c LEFT JOIN record p ON p.tenant_id = c.tenant_id \
                 AND p.connection_id = c.connection_id AND p.stream = $3 \
                 AND p.remote_id = c.parent AND p.deleted_at IS NULL \
                 WHERE c.tenant_id = $1 AND c.connection_id = $2 AND c.stream = $4 \
                 AND p.remote_id IS NULL ORDER BY c.parent LIMIT $5",
                args![self.id, due.connection, due.parents, due.stream, limit],
            )
            .await?;
        rows.iter()
            .map(|row| Ok(ParentRead { remote_id: row.remote_id(0)?, sha256: None }))
            .collect()
    }

    /// The live children of these parents.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.child_ids", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn child_ids(
        &self,
        connection: ConnectionId,
        stream: Stream,
        parents: &[ParentRead],
    ) -> Result<Vec<RemoteId>, StoreError> {
        let mut tx = self.read().await?;
        let mut found = Vec::new();
        for parent in parents {
            let Range { start, end } = range_of(&parent.remote_id);
            let rows = tx
                .rows(
                    "record",
                    "SELECT remote_id FROM record WHERE tenant_id = $1 AND connection_id = $2 \
                     AND stream = $3 AND remote_id >= $4 AND remote_id < $5 AND deleted_at IS NULL",
                    args![self.id, connection, stream, start, end],
                )
                .await?;
            for row in &rows {
                found.push(row.remote_id(0)?);
            }
        }
        Ok(found)
    }

    /// Notes whose children a commit brought, and forgets parents that are gone.
    pub(crate) async fn note_parents(
        &self,
        tx: &mut Tx,
        commit: &ChangeCommit<'_>,
    ) -> Result<(), StoreError> {
        for parent in commit.parents.iter().filter(|parent| parent.sha256.is_none()) {
            tx.exec(
                "DELETE FROM child_read WHERE tenant_id = $1 AND connection_id = $2 \
                 AND stream = $3 AND parent = $4",
                args![self.id, commit.connection, commit.stream, &parent.remote_id],
            )
            .await?;
        }
        let read = commit.parents.iter().filter_map(|parent| {
            let sha256 = parent.sha256.as_ref()?;
            Some(args![&parent.remote_id, sha256.as_slice()])
        });
        let bulk = Bulk {
            table: "child_read",
            shared: vec![
                ("tenant_id", Arg::from(self.id)),
                ("connection_id", Arg::from(commit.connection)),
                ("stream", Arg::from(commit.stream)),
                ("read_at", Arg::from(commit.at_ms)),
            ],
            columns: &["parent", "parent_sha256"],
            tail: " ON CONFLICT (tenant_id, connection_id, stream, parent) DO UPDATE SET \
                   parent_sha256 = excluded.parent_sha256, read_at = excluded.read_at"
                .to_owned(),
            rows: read.collect(),
        };
        bulk_upsert(tx, bulk).await.map(drop)
    }

    fn due_args(&self, due: &ChildrenDue) -> Vec<Arg<'static>> {
        args![self.id, due.connection, due.parents, due.stream, due.read_before]
    }
}

/// Where the ids of a parent's children lie; ids are sorted by bytes.
fn range_of(parent: &RemoteId) -> Range<String> {
    // The character after the colon ends the range.
    format!("{parent}:")..format!("{parent};")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_children_of_one_parent_lie_in_its_range_and_no_others() {
        let range = range_of(&RemoteId::new("10"));
        for (id, is_in) in [("10:1", true), ("10:999", true), ("1:1", false), ("100:1", false)] {
            assert_eq!(range.contains(&id.to_owned()), is_in, "{id}");
        }
    }
}
