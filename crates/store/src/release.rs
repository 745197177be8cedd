//! A person lets the next scan of a held stream conclude what it found, and no more than that.
//!
//! The number is typed, so that whoever releases has read it. It counts for one scan: one that
//! finds more is held again, and one that finds less leaves nothing over for later.

use almanac_model::author::Author;
use almanac_model::id::ConnectionId;
use almanac_model::stream::Stream;

use crate::ask::{SYNC_NOW, SyncArgs, for_person};
use crate::audit::{self, Audit};
use crate::db::{args, write_tx};
use crate::error::StoreError;
use crate::job::{self, NewJob};
use crate::tenant::TenantStore;

/// What a person releases.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseStream<'a> {
    /// Which connection.
    pub connection: ConnectionId,
    /// Which stream.
    pub stream: Stream,
    /// The number as it was typed: how many records may be taken away or lose a value.
    pub number: u64,
    /// Who releases it.
    pub by: &'a Author,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

/// Why a stream is not released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseRefused {
    /// It is not held.
    NotHeld,
    /// It is held for a reason that a person cannot lift by a number, such as a lost right.
    NoNumber,
    /// It is held at another number.
    OtherNumber {
        /// The number that it is held at.
        held: u64,
    },
}

impl TenantStore {
    /// Lets the next scan of a held stream conclude as much as it was held for, with a line of the
    /// audit, and asks for that scan.
    ///
    /// # Errors
    /// The outer error when the database fails; the inner one when nothing was released.
    #[tracing::instrument(name = "store.stream_release", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn stream_release(
        &self,
        release: &ReleaseStream<'_>,
    ) -> Result<Result<(), ReleaseRefused>, StoreError> {
        let ReleaseStream { connection, stream, number, by, at_ms } = *release;
        let keyring = &self.shared.keyring;
        let author = serde_json::to_string(by).expect("an author is plain data");
        let number_kept = i64::try_from(number).unwrap_or(i64::MAX);
        let sync = SyncArgs { connection, by: Some(by.clone()) };
        let sync = serde_json::to_string(&sync).expect("arguments are plain data");
        write_tx!(self.db(), self.scope(), |tx| {
            let lock = tx.for_update();
            let sql = format!(
                "SELECT held_code, held_number FROM stream_state \
                 WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3{lock}"
            );
            let row = tx.one("stream_state", sql, args![self.id, connection, stream]).await?;
            let held = match row {
                Some(row) => {
                    row.text_opt(0)?.map(|code| Ok((code, row.int_opt(1)?))).transpose()?
                }
                None => None,
            };
            match held {
                None => Err(ReleaseRefused::NotHeld),
                Some((_, None)) => Err(ReleaseRefused::NoNumber),
                Some((_, Some(held))) if held != number_kept => {
                    Err(ReleaseRefused::OtherNumber { held: u64::try_from(held).unwrap_or(0) })
                }
                Some((code, Some(_))) => {
                    tx.exec(
                        "UPDATE stream_state SET release_code = $4, release_number = $5, \
                         release_by = $6, release_at = $7 \
                         WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3",
                        args![self.id, connection, stream, &code, number_kept, &author, at_ms],
                    )
                    .await?;
                    let new =
                        NewJob { args: sync.clone(), ..for_person(SYNC_NOW, connection, at_ms) };
                    // One that waits already reads the stream as well.
                    job::enqueue(tx, self.id, &new, None).await?;
                    let detail = serde_json::json!({
                        "user": by.user, "code": code, "number": number,
                    });
                    let entry = Audit {
                        at: at_ms,
                        actor: by.name.clone(),
                        action: "sync.release".to_owned(),
                        subject: format!("{stream} of connection {connection}"),
                        detail: detail.to_string(),
                    };
                    audit::append(tx, keyring, self.id, &entry).await?;
                    Ok(())
                }
            }
        })
    }
}
