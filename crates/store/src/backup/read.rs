//! Restoring a backup.
//!
//! Everything happens in one transaction, the schema of an empty target included, and it commits
//! only after the last line proved that nothing is missing or damaged. The file is read and
//! checked on a thread of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{BATCHES_MAX, BackupSummary, FORMAT, Foot, Head, Kind, LEFT_OUT, TableHead, hex};
use crate::db::{
    self, Arg, Bulk, ColumnKind, ROWS_MAX, Scope, Table, Tx, apply, args, bulk_upsert, ensure_role,
    tables, version_newest,
};
use crate::error::StoreError;
use crate::store::Store;

/// A longer line is damage: it would be a body of some fifty megabytes.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A batch of rows ends at this size even when it has few.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

impl Store {
    /// Fills an empty database from a backup of either engine, then brings the schema up to date.
    /// All or nothing.
    ///
    /// # Errors
    /// `Backup` when the file is damaged, incomplete or newer than this program, or the target
    /// holds data; the target is then as it was.
    #[tracing::instrument(name = "store.restore", level = "debug", skip_all)]
    pub async fn restore(
        &self,
        reader: impl Read + Send + 'static,
        now_ms: i64,
    ) -> Result<BackupSummary, StoreError> {
        ensure_role(self.db()).await?;
        let (send, mut events) = mpsc::channel(BATCHES_MAX);
        let file = tokio::task::spawn_blocking(move || {
            if let Err(error) = read_file(reader, &send) {
                // When nobody listens any more, the restore has failed already.
                let _ = send.blocking_send(Event::Damaged(error));
            }
        });
        // Not tried again when the engine is busy: the file can be read only once.
        let loaded = async {
            let mut tx = self.db().write(Scope::Root).await?;
            let summary = load(&mut tx, &mut events, now_ms).await?;
            tx.commit().await?;
            Ok(summary)
        }
        .await;
        drop(events);
        file.await.map_err(|error| StoreError::Backend(error.into()))?;
        let summary = loaded?;
        db::migrate(self.db(), now_ms).await?;
        db::check_separation(self.db()).await?;
        Ok(summary)
    }
}

enum Event {
    Head(Head),
    Table(TableHead),
    Rows(Vec<Vec<u8>>),
    End(Foot),
    Damaged(String),
}

fn refused<T>(reason: impl Into<String>) -> Result<T, StoreError> {
    Err(StoreError::Backup(reason.into()))
}

/// Splits the file into events. The last event is `End`, sent only when its checksum is right.
fn read_file(reader: impl Read, send: &mpsc::Sender<Event>) -> Result<(), String> {
    let mut lines = BufReader::with_capacity(64 * 1024, GzDecoder::new(reader));
    let mut sha256 = Sha256::new();
    let mut batch: Vec<Vec<u8>> = Vec::new();
    let mut batch_bytes = 0;
    let mut is_first = true;
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut lines).take(LINE_BYTES_MAX);
        limited.read_until(b'\n', &mut line).map_err(|error| format!("cannot be read: {error}"))?;
        if line.last() != Some(&b'\n') {
            return Err("is incomplete".to_owned());
        }
        let is_row = line.first() == Some(&b'[');
        let is_batch_over = !is_row || batch.len() == ROWS_MAX || batch_bytes > BATCH_BYTES;
        if is_batch_over && !batch.is_empty() {
            batch_bytes = 0;
            if send.blocking_send(Event::Rows(std::mem::take(&mut batch))).is_err() {
                return Ok(());
            }
        }
        if is_row && !is_first {
            sha256.update(&line);
            batch_bytes += line.len();
            batch.push(line);
            continue;
        }
        let event = parse_head(&line, is_first, &sha256).ok_or("is damaged")?;
        sha256.update(&line);
        is_first = false;
        let is_end = matches!(event, Event::End(_));
        if send.blocking_send(event).is_err() || is_end {
            return Ok(());
        }
    }
}

fn parse_head(line: &[u8], is_first: bool, sha256: &Sha256) -> Option<Event> {
    if is_first {
        return serde_json::from_slice(line).ok().map(Event::Head);
    }
    if let Ok(table) = serde_json::from_slice(line) {
        return Some(Event::Table(table));
    }
    let foot: Foot = serde_json::from_slice(line).ok()?;
    (foot.sha256 == hex(&sha256.clone().finalize())).then_some(Event::End(foot))
}

async fn load(
    tx: &mut Tx,
    events: &mut mpsc::Receiver<Event>,
    now_ms: i64,
) -> Result<BackupSummary, StoreError> {
    let schema = match events.recv().await {
        Some(Event::Head(head)) => check_head(&head)?,
        Some(Event::Damaged(reason)) => return refused(format!("the file {reason}")),
        _ => return refused("the file is not a backup"),
    };
    if apply(tx, schema, now_ms).await?.to != schema {
        return refused("the target was set up by a newer version; use an empty one");
    }
    let targets = tables(tx).await?;
    for table in targets.iter().filter(|table| !LEFT_OUT.contains(&table.name.as_str())) {
        check_empty(tx, table).await?;
    }
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    let mut current: Option<Current<'_>> = None;
    loop {
        match events.recv().await {
            Some(Event::Table(head)) => {
                rows.insert(head.table.clone(), 0);
                current = Some(Current::new(&targets, head)?);
            }
            Some(Event::Rows(lines)) => {
                let Some(current) = &current else { return refused("the file is damaged") };
                let written = current.insert(tx, &lines).await?;
                *rows.entry(current.table.name.clone()).or_default() += written;
            }
            Some(Event::End(foot)) if foot.rows == rows && rows.len() == targets.len() => {
                return Ok(BackupSummary { schema, rows });
            }
            Some(Event::Damaged(reason)) => return refused(format!("the file {reason}")),
            _ => return refused("the file is damaged"),
        }
    }
}

fn check_head(head: &Head) -> Result<u32, StoreError> {
    if head.almanac_backup > FORMAT || head.schema > version_newest() {
        return refused(format!(
            "the file is of format {} and schema {}, this program knows {FORMAT} and {}",
            head.almanac_backup,
            head.schema,
            version_newest()
        ));
    }
    Ok(head.schema)
}

async fn check_empty(tx: &mut Tx, table: &Table) -> Result<(), StoreError> {
    let sql =
        format!("SELECT count(*) FROM (SELECT tenant_id FROM {} LIMIT 1) AS first_row", table.name);
    match tx.one("backup", sql, args![]).await? {
        Some(row) if row.int(0)? > 0 => refused("the target already holds data"),
        _ => Ok(()),
    }
}

/// The table that rows belong to until the next head.
struct Current<'a> {
    table: &'a Table,
    columns: Vec<String>,
    kinds: Vec<ColumnKind>,
}

impl<'a> Current<'a> {
    fn new(targets: &'a [Table], head: TableHead) -> Result<Current<'a>, StoreError> {
        let fits = |table: &&Table| {
            let columns = table.columns.iter().map(|column| &column.name);
            let kinds = table.columns.iter().map(|column| Kind::from(column.kind));
            table.name == head.table
                && columns.eq(head.columns.iter())
                && kinds.eq(head.kinds.iter().copied())
        };
        let Some(table) = targets.iter().find(fits) else {
            return refused(format!("table {} does not fit its schema", head.table));
        };
        let kinds = table.columns.iter().map(|column| column.kind).collect();
        Ok(Current { table, columns: head.columns, kinds })
    }

    async fn insert(&self, tx: &mut Tx, lines: &[Vec<u8>]) -> Result<u64, StoreError> {
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let mut rows = Vec::with_capacity(lines.len());
        for line in lines {
            match self.parse(line) {
                Some(row) => rows.push(row),
                None => return refused(format!("a row of {} is damaged", self.table.name)),
            }
        }
        let table = &self.table.name;
        let bulk = Bulk { table, shared: Vec::new(), columns: &columns, tail: String::new(), rows };
        match bulk_upsert(tx, bulk).await {
            Err(StoreError::Conflict(_)) => refused(format!("a row of {table} is there twice")),
            written => written,
        }
    }

    fn parse(&self, line: &[u8]) -> Option<Vec<Arg<'static>>> {
        let values: Vec<Value> = serde_json::from_slice(line).ok()?;
        if values.len() != self.kinds.len() {
            return None;
        }
        values.into_iter().zip(&self.kinds).map(|(value, kind)| arg(value, *kind)).collect()
    }
}

fn arg(value: Value, kind: ColumnKind) -> Option<Arg<'static>> {
    if value.is_null() {
        return Some(match kind {
            ColumnKind::Int => Arg::Int(None),
            ColumnKind::Bool => Arg::Bool(None),
            ColumnKind::Text => Arg::Text(None),
            ColumnKind::Bytes => Arg::Bytes(None),
            ColumnKind::Uuid => Arg::Uuid(None),
        });
    }
    Some(match (kind, value) {
        (ColumnKind::Int, Value::Number(number)) => Arg::from(number.as_i64()?),
        (ColumnKind::Bool, Value::Bool(value)) => Arg::from(value),
        (ColumnKind::Text, Value::String(text)) => Arg::from(text),
        (ColumnKind::Bytes, Value::String(text)) => Arg::from(BASE64.decode(text).ok()?),
        (ColumnKind::Uuid, Value::String(text)) => {
            Arg::from(Uuid::from_slice(&BASE64.decode(text).ok()?).ok()?)
        }
        _ => return None,
    })
}
