//! Writing a backup.
//!
//! The database is read by the async side; compression and the file's own slowness stay on a
//! thread of their own, which hands the summary back when the last byte is flushed.

use std::collections::BTreeMap;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::{BATCHES_MAX, BackupSummary, FORMAT, Foot, Head, LEFT_OUT, TableHead, hex};
use crate::db::{Arg, ColumnKind, Row, Table, Tx, args, placeholders, tables, version_newest};
use crate::error::StoreError;
use crate::store::Store;

/// Rows in memory at once; a body is at most a few megabytes.
const PAGE_ROWS: u32 = 200;

impl Store {
    /// Writes a consistent copy of everything while others go on working.
    ///
    /// # Errors
    /// `Backup` when the file cannot be written, `Full` when its disk is full; the file is then
    /// not a backup and restore refuses it.
    #[tracing::instrument(name = "store.backup", level = "debug", skip_all)]
    pub async fn backup(
        &self,
        writer: impl Write + Send + 'static,
    ) -> Result<BackupSummary, StoreError> {
        self.check_ready().await?;
        let (lines, received) = mpsc::channel::<Vec<u8>>(BATCHES_MAX);
        let file = tokio::task::spawn_blocking(move || compress(received, writer));
        let mut out = Out { lines, sha256: Sha256::new() };
        let mut tx = self.db().snapshot().await?;
        let read = read_all(&mut tx, &mut out).await;
        drop((tx, out));
        // When the file failed, that is the reason and the closed channel its consequence.
        file.await.map_err(|error| StoreError::Backend(error.into()))?.map_err(write_failed)?;
        read?.ok_or_else(|| StoreError::Backup("the file was closed".to_owned()))
    }
}

fn write_failed(error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull => StoreError::Full(error.into()),
        _ => StoreError::Backup(format!("cannot write the file: {error}")),
    }
}

fn compress(mut lines: mpsc::Receiver<Vec<u8>>, writer: impl Write) -> io::Result<()> {
    let mut encoder = GzEncoder::new(writer, Compression::fast());
    while let Some(batch) = lines.blocking_recv() {
        encoder.write_all(&batch)?;
    }
    encoder.finish()?.flush()
}

struct Out {
    lines: mpsc::Sender<Vec<u8>>,
    sha256: Sha256,
}

impl Out {
    /// `None` when the file failed.
    async fn send(&mut self, batch: Vec<u8>) -> Option<()> {
        self.sha256.update(&batch);
        self.lines.send(batch).await.ok()
    }

    async fn send_line(&mut self, line: &impl serde::Serialize) -> Option<()> {
        let mut batch = serde_json::to_vec(line).expect("these heads are plain JSON");
        batch.push(b'\n');
        self.send(batch).await
    }
}

/// `None` when the file failed.
async fn read_all(tx: &mut Tx, out: &mut Out) -> Result<Option<BackupSummary>, StoreError> {
    let schema = version_newest();
    let mut rows = BTreeMap::new();
    if out.send_line(&Head { almanac_backup: FORMAT, schema }).await.is_none() {
        return Ok(None);
    }
    for table in tables(tx).await? {
        let Some(count) = read_table(tx, out, &table).await? else { return Ok(None) };
        rows.insert(table.name, count);
    }
    let foot = Foot { rows: rows.clone(), sha256: hex(&out.sha256.clone().finalize()) };
    let sent = out.send_line(&foot).await;
    Ok(sent.map(|()| BackupSummary { schema, rows }))
}

async fn read_table(tx: &mut Tx, out: &mut Out, table: &Table) -> Result<Option<u64>, StoreError> {
    let columns: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let select = format!("SELECT {} FROM {}", columns.join(", "), table.name);
    let order = table.key.join(", ");
    let key_places: Vec<usize> = table
        .key
        .iter()
        .filter_map(|name| columns.iter().position(|column| column == name))
        .collect();
    let kinds = table.columns.iter().map(|column| column.kind.into()).collect();
    let head = TableHead { table: table.name.clone(), columns, kinds };
    if out.send_line(&head).await.is_none() {
        return Ok(None);
    }
    if LEFT_OUT.contains(&table.name.as_str()) {
        return Ok(Some(0));
    }
    let mut count = 0;
    let mut after: Option<Vec<Arg<'static>>> = None;
    loop {
        let (sql, args) = match after {
            None => (format!("{select} ORDER BY {order} LIMIT $1"), args![PAGE_ROWS]),
            Some(mut args) => {
                let list = placeholders(1, args.len());
                let limit = args.len() + 1;
                args.push(Arg::from(PAGE_ROWS));
                let sql =
                    format!("{select} WHERE ({order}) > ({list}) ORDER BY {order} LIMIT ${limit}");
                (sql, args)
            }
        };
        let rows = tx.rows("backup", sql, args).await?;
        let Some(last) = rows.last() else { return Ok(Some(count)) };
        let key = key_places.iter().map(|&at| value(last, at, table.columns[at].kind));
        after = Some(key.collect::<Result<_, _>>()?);
        count += u64::try_from(rows.len()).expect("rows are few");
        let mut batch = Vec::new();
        for row in &rows {
            push_row(&mut batch, row, table)?;
        }
        if out.send(batch).await.is_none() {
            return Ok(None);
        }
    }
}

fn value(row: &Row, at: usize, kind: ColumnKind) -> Result<Arg<'static>, StoreError> {
    Ok(match kind {
        ColumnKind::Int => Arg::Int(row.int_opt(at)?),
        ColumnKind::Bool => Arg::Bool(row.bool_opt(at)?),
        ColumnKind::Text => Arg::Text(row.text_opt(at)?.map(Into::into)),
        ColumnKind::Bytes => Arg::Bytes(row.bytes_opt(at)?.map(Into::into)),
        ColumnKind::Uuid => Arg::Uuid(row.uuid_opt(at)?),
    })
}

fn push_row(batch: &mut Vec<u8>, row: &Row, table: &Table) -> Result<(), StoreError> {
    for (at, column) in table.columns.iter().enumerate() {
        batch.push(if at == 0 { b'[' } else { b',' });
        match value(row, at, column.kind)? {
            Arg::Int(Some(value)) => batch.extend(value.to_string().as_bytes()),
            Arg::Bool(Some(value)) => batch.extend(value.to_string().as_bytes()),
            Arg::Text(Some(text)) => {
                serde_json::to_writer(&mut *batch, &text).expect("a Vec takes every write");
            }
            Arg::Bytes(Some(bytes)) => push_bytes(batch, &bytes),
            Arg::Uuid(Some(uuid)) => push_bytes(batch, uuid.as_bytes()),
            _ => batch.extend(b"null"),
        }
    }
    batch.extend(b"]\n");
    Ok(())
}

fn push_bytes(batch: &mut Vec<u8>, bytes: &[u8]) {
    batch.push(b'"');
    batch.extend(BASE64.encode(bytes).as_bytes());
    batch.push(b'"');
}
