//! Receipts: what a scan or a comparison found in a stream, in a chain that shows tampering.
//!
//! Each stream of a connection has a chain of its own. A receipt's code is an HMAC over the code
//! before it and what it tells, under a key derived from the tenant's data key; the head holds a
//! code of the chain's end and of the oldest receipt that is kept, so that cut ones show at either
//! end. Only the newest [`RECEIPTS_MAX`] of a stream are kept.

use std::collections::BTreeMap;

use almanac_model::id::{ConnectionId, RemoteId, TenantId};
use almanac_model::stream::Stream;
use serde::{Deserialize, Serialize};

use crate::db::{Row, Tx, args, write_tx};
use crate::error::StoreError;
use crate::keyring::Keyring;
use crate::sign::{self, Keys};
use crate::tenant::TenantStore;
use crate::tenant_key::{self, DataKey, key_id};

/// Receipts of one stream that are kept; a stream that is scanned every five minutes leaves 288 a
/// day.
pub const RECEIPTS_MAX: i64 = 500;

/// What the codes are for, so that they are good for nothing else.
const PURPOSE: &[u8] = b"almanac receipt";

const COLUMNS: &str = "stream, seq, at, kind, told, before, key_id, mac";

/// What a receipt is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptKind {
    /// A stream was read whole and what differed was corrected.
    Scan,
    /// A stream was read whole, compared, and nothing was changed.
    Verify,
}

/// A record that was found to differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// The record.
    pub remote_id: RemoteId,
    /// `added`, `removed`, `missing`, `extra`, or the fields that differed.
    pub what: String,
}

/// What a receipt tells. Its JSON is public (`docs/sync.md`), is signed as it is stored, and
/// outlives the program: a new field needs a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReceiptTold {
    /// The run that found it.
    pub run: Option<String>,
    /// Records that the PSA has.
    pub theirs: u64,
    /// Records that are live here, afterwards.
    pub ours: u64,
    /// Records that were compared.
    pub compared: u64,
    /// Records that differed, were not here, or are gone there.
    pub differed: u64,
    /// How many of them are as the PSA has them now.
    pub corrected: u64,
    /// Whether the changes of this stream are pulled too, so that a pull or a webhook would have
    /// told what the scan found, sooner or later.
    pub is_told_otherwise: bool,
    /// Whether this was the stream's first scan: everything is new and nothing is listed.
    pub is_first: bool,
    /// In how many records each field differed.
    pub fields: BTreeMap<String, u64>,
    /// The records that differed, by name; not all when there are very many.
    pub records: Vec<Corrected>,
    /// Why the stream is held since; then nothing was taken away.
    pub held: Option<String>,
}

/// A receipt to write.
#[derive(Debug, Clone)]
pub struct NewReceipt {
    /// What it is of.
    pub kind: ReceiptKind,
    /// What it tells; how many are live here is filled in as it is written.
    pub told: ReceiptTold,
}

/// A receipt as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Of which stream.
    pub stream: Stream,
    /// Its number in the stream's chain, from 1.
    pub seq: i64,
    /// Milliseconds UTC.
    pub at: i64,
    /// What it is of.
    pub kind: ReceiptKind,
    /// What it tells.
    pub told: ReceiptTold,
    /// Whether its signature holds.
    pub is_genuine: bool,
}

/// What checking a stream's chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptVerdict {
    /// Which stream.
    pub stream: Stream,
    /// How many receipts are kept.
    pub count: u64,
    /// The first number at which the chain does not hold; `None` when every receipt is as it was
    /// written and none was cut.
    pub broken_at: Option<i64>,
}

/// A receipt with what only its check needs.
struct Line {
    receipt: Receipt,
    /// As it is stored, which is what is signed.
    signed: (String, String),
    before: Vec<u8>,
    key_id: u32,
    mac: Vec<u8>,
}

impl Line {
    fn from_row(row: &Row) -> Result<Line, StoreError> {
        let (kind, told) = (row.text(3)?, row.text(4)?);
        let quoted = serde_json::Value::String(kind.clone());
        Ok(Line {
            receipt: Receipt {
                stream: row.stream(0)?,
                seq: row.int(1)?,
                at: row.int(2)?,
                kind: serde_json::from_value(quoted).map_err(|_| row.corrupt(3))?,
                told: serde_json::from_str(&told).map_err(|_| row.corrupt(4))?,
                is_genuine: false,
            },
            signed: (kind, told),
            before: row.bytes(5)?,
            key_id: key_id(row, 6)?,
            mac: row.bytes(7)?,
        })
    }

    fn code(&self, key: &DataKey, place: Place) -> Vec<u8> {
        let Receipt { stream, seq, at, .. } = self.receipt;
        let (kind, told) = &self.signed;
        entry_code(key, Place { stream, ..place }, &self.before, (seq, at, kind, told))
    }
}

/// Whose chain.
#[derive(Clone, Copy)]
struct Place {
    tenant: TenantId,
    connection: ConnectionId,
    stream: Stream,
}

impl TenantStore {
    /// Writes a receipt of what changed nothing.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.receipt_add", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn receipt_add(
        &self,
        connection: ConnectionId,
        stream: Stream,
        receipt: &NewReceipt,
        at_ms: i64,
    ) -> Result<i64, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| {
            append(tx, keyring, (self.id, (connection, stream)), receipt, at_ms).await?
        })
    }

    /// Receipts of one stream, or of all, from the newest back.
    ///
    /// # Errors
    /// When the database cannot be read, or the key file lacks a key that is needed.
    #[tracing::instrument(name = "store.receipt_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn receipt_list(
        &self,
        connection: ConnectionId,
        stream: Option<Stream>,
        limit: u32,
    ) -> Result<Vec<Receipt>, StoreError> {
        let name = stream.map_or("", Stream::name);
        let sql = format!(
            "SELECT {COLUMNS} FROM receipt WHERE tenant_id = $1 AND connection_id = $2 \
             AND ($3 = '' OR stream = $3) ORDER BY at DESC, stream, seq DESC LIMIT $4"
        );
        let mut tx = self.read().await?;
        let rows = tx.rows("receipt", sql, args![self.id, connection, name, limit]).await?;
        self.checked(&mut tx, connection, &rows).await
    }

    /// The newest receipt of each stream.
    ///
    /// # Errors
    /// When the database cannot be read, or the key file lacks a key that is needed.
    #[tracing::instrument(name = "store.receipt_latest", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn receipt_latest(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<Receipt>, StoreError> {
        let columns: Vec<String> = COLUMNS.split(", ").map(|name| format!("r.{name}")).collect();
        let sql = format!(
            "SELECT {} FROM receipt_head h JOIN receipt r ON r.tenant_id = h.tenant_id \
             AND r.connection_id = h.connection_id AND r.stream = h.stream AND r.seq = h.seq \
             WHERE h.tenant_id = $1 AND h.connection_id = $2",
            columns.join(", ")
        );
        let mut tx = self.read().await?;
        let rows = tx.rows("receipt", sql, args![self.id, connection]).await?;
        self.checked(&mut tx, connection, &rows).await
    }

    /// Checks the chain of every stream that has one.
    ///
    /// # Errors
    /// `Key` when the key file lacks a key that is needed; then nothing can be said.
    #[tracing::instrument(name = "store.receipt_check", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn receipt_check(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<ReceiptVerdict>, StoreError> {
        let mut tx = self.read().await?;
        let mut keys = Keys::new(&self.shared.keyring, self.id);
        let sql = "SELECT stream FROM receipt WHERE tenant_id = $1 AND connection_id = $2 \
                   UNION SELECT stream FROM receipt_head \
                   WHERE tenant_id = $1 AND connection_id = $2";
        let rows = tx.rows("receipt", sql, args![self.id, connection]).await?;
        let mut streams = rows.iter().map(|row| row.stream(0)).collect::<Result<Vec<_>, _>>()?;
        streams.sort();
        let mut verdicts = Vec::with_capacity(streams.len());
        for stream in streams {
            let place = Place { tenant: self.id, connection, stream };
            verdicts.push(check_chain(&mut tx, &mut keys, place).await?);
        }
        Ok(verdicts)
    }

    async fn checked(
        &self,
        tx: &mut Tx,
        connection: ConnectionId,
        rows: &[Row],
    ) -> Result<Vec<Receipt>, StoreError> {
        let mut keys = Keys::new(&self.shared.keyring, self.id);
        let mut receipts = Vec::with_capacity(rows.len());
        for row in rows {
            let line = Line::from_row(row)?;
            let place = Place { tenant: self.id, connection, stream: line.receipt.stream };
            let key = keys.get(tx, line.key_id).await?;
            let is_genuine = line.code(key, place) == line.mac;
            receipts.push(Receipt { is_genuine, ..line.receipt });
        }
        Ok(receipts)
    }
}

async fn check_chain(
    tx: &mut Tx,
    keys: &mut Keys<'_>,
    place: Place,
) -> Result<ReceiptVerdict, StoreError> {
    let Place { tenant, connection, stream } = place;
    let head = head(tx, place, "").await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM receipt WHERE tenant_id = $1 AND connection_id = $2 \
         AND stream = $3 ORDER BY seq"
    );
    let rows = tx.rows("receipt", sql, args![tenant, connection, stream]).await?;
    let count = rows.len() as u64;
    let broken = |seq| ReceiptVerdict { stream, count, broken_at: Some(seq) };
    let Some(head) = head else { return Ok(broken(1)) };
    let mut seq = head.first_seq - 1;
    let mut mac: Option<Vec<u8>> = None;
    for row in &rows {
        let line = Line::from_row(row)?;
        let key = keys.get(tx, line.key_id).await?;
        let follows = mac.as_ref().is_none_or(|mac| *mac == line.before);
        if line.receipt.seq != seq + 1 || !follows || line.code(key, place) != line.mac {
            return Ok(broken(seq + 1));
        }
        seq = line.receipt.seq;
        mac = Some(line.mac);
    }
    let key = keys.get(tx, head.key_id).await?;
    let code = head_code(key, place, &mac.unwrap_or_default(), (head.seq, head.first_seq));
    let is_whole = head.seq == seq && head.mac == code;
    Ok(ReceiptVerdict { stream, count, broken_at: (!is_whole).then_some(seq + 1) })
}

/// Appends a receipt within the transaction of what it tells of; returns its number.
pub(crate) async fn append(
    tx: &mut Tx,
    keyring: &Keyring,
    (tenant, (connection, stream)): (TenantId, (ConnectionId, Stream)),
    new: &NewReceipt,
    at_ms: i64,
) -> Result<i64, StoreError> {
    let place = Place { tenant, connection, stream };
    let lock = tx.for_update();
    let head = head(tx, place, lock).await?;
    let seq = head.as_ref().map_or(0, |head| head.seq) + 1;
    let before = match &head {
        Some(head) => last_code(tx, place, head.seq).await?,
        None => Vec::new(),
    };
    let ours = "SELECT live FROM stream_state \
                WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3";
    let ours = tx.one("stream_state", ours, args![tenant, connection, stream]).await?;
    let ours = ours.map_or(Ok(0), |row| row.int(0))?;
    let told = ReceiptTold { ours: u64::try_from(ours).unwrap_or(0), ..new.told.clone() };
    // What is stored has no NUL, so what is signed must not have one either: JSON escapes it.
    let told = serde_json::to_string(&told).expect("a receipt is plain data");
    let kind = match new.kind {
        ReceiptKind::Scan => "scan",
        ReceiptKind::Verify => "verify",
    };
    let key = tenant_key::data_key_newest(tx, keyring, tenant, at_ms).await?;
    let mac = entry_code(&key, place, &before, (seq, at_ms, kind, &told));
    tx.exec(
        "INSERT INTO receipt (tenant_id, connection_id, stream, seq, at, kind, told, before, \
         key_id, mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        args![
            tenant,
            connection,
            stream,
            seq,
            at_ms,
            kind,
            &told,
            before.as_slice(),
            key.id,
            mac.as_slice()
        ],
    )
    .await?;
    let first_seq = (seq - RECEIPTS_MAX + 1).max(head.map_or(1, |head| head.first_seq));
    tx.exec(
        "DELETE FROM receipt WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3 \
         AND seq < $4",
        args![tenant, connection, stream, first_seq],
    )
    .await?;
    let code = head_code(&key, place, &mac, (seq, first_seq));
    tx.exec(
        "INSERT INTO receipt_head (tenant_id, connection_id, stream, seq, first_seq, key_id, mac) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, connection_id, stream) \
         DO UPDATE SET seq = excluded.seq, first_seq = excluded.first_seq, \
         key_id = excluded.key_id, mac = excluded.mac",
        args![tenant, connection, stream, seq, first_seq, key.id, code],
    )
    .await?;
    Ok(seq)
}

struct Head {
    seq: i64,
    first_seq: i64,
    key_id: u32,
    mac: Vec<u8>,
}

/// The end of a chain; with a lock, other appenders wait for it.
async fn head(
    tx: &mut Tx,
    Place { tenant, connection, stream }: Place,
    lock: &'static str,
) -> Result<Option<Head>, StoreError> {
    let sql = format!(
        "SELECT seq, first_seq, key_id, mac FROM receipt_head \
         WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3{lock}"
    );
    let row = tx.one("receipt_head", sql, args![tenant, connection, stream]).await?;
    let read = row.map(|row| {
        let key_id = key_id(&row, 2)?;
        Ok(Head { seq: row.int(0)?, first_seq: row.int(1)?, key_id, mac: row.bytes(3)? })
    });
    read.transpose()
}

async fn last_code(
    tx: &mut Tx,
    Place { tenant, connection, stream }: Place,
    seq: i64,
) -> Result<Vec<u8>, StoreError> {
    let sql = "SELECT mac FROM receipt WHERE tenant_id = $1 AND connection_id = $2 \
               AND stream = $3 AND seq = $4";
    // Without its last receipt the chain is broken already; the next one then shows it.
    let row = tx.one("receipt", sql, args![tenant, connection, stream, seq]).await?;
    row.map_or(Ok(Vec::new()), |row| row.bytes(0))
}

fn entry_code(
    key: &DataKey,
    Place { tenant, connection, stream }: Place,
    before: &[u8],
    (seq, at, kind, told): (i64, i64, &str, &str),
) -> Vec<u8> {
    let parts: [&[u8]; 9] = [
        b"entry",
        before,
        &tenant.0.to_be_bytes(),
        &connection.0.to_be_bytes(),
        stream.name().as_bytes(),
        &seq.to_be_bytes(),
        &at.to_be_bytes(),
        kind.as_bytes(),
        told.as_bytes(),
    ];
    sign::code(key, PURPOSE, &parts)
}

fn head_code(
    key: &DataKey,
    Place { tenant, connection, stream }: Place,
    last: &[u8],
    (seq, first_seq): (i64, i64),
) -> Vec<u8> {
    let parts: [&[u8]; 7] = [
        b"head",
        last,
        &tenant.0.to_be_bytes(),
        &connection.0.to_be_bytes(),
        stream.name().as_bytes(),
        &seq.to_be_bytes(),
        &first_seq.to_be_bytes(),
    ];
    sign::code(key, PURPOSE, &parts)
}
