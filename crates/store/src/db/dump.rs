//! What the schema holds, read from the engine itself.
//!
//! Backup, restore and the removal of a tenant walk this list, so that a new table cannot be
//! forgotten by any of them.

use super::args::args;
use super::tx::{EngineKind, Tx};
use crate::error::StoreError;

/// A table of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// In the order of their names, which is the same on both engines.
    pub(crate) columns: Vec<Column>,
    /// The columns of the primary key in its order.
    pub(crate) key: Vec<String>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
}

/// The column types of our schema. SQLite has no UUID: there it is bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    Int,
    Bool,
    Text,
    Bytes,
    Uuid,
}

/// Every table that holds data, sorted by name. The list of migrations is not among them.
pub(crate) async fn tables(tx: &mut Tx) -> Result<Vec<Table>, StoreError> {
    let sql = match tx.engine() {
        EngineKind::Lite => {
            "SELECT m.name, p.name, p.type, p.pk FROM sqlite_master m, pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> '_migration' \
             ORDER BY m.name, p.name"
        }
        EngineKind::Pg => {
            "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), \
             coalesce(array_position(i.indkey::smallint[], a.attnum) + 1, 0)::bigint \
             FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
             LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary \
             WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') \
             AND c.relname <> '_migration' ORDER BY c.relname::text COLLATE \"C\", a.attname::text COLLATE \"C\""
        }
    };
    let mut tables: Vec<Table> = Vec::new();
    let mut places: Vec<(i64, String)> = Vec::new();
    for row in tx.rows("schema", sql, args![]).await? {
        let (table, name, place) = (row.text(0)?, row.text(1)?, row.int(3)?);
        let kind = kind_of(&row.text(2)?).ok_or_else(|| row.corrupt(2))?;
        if tables.last().is_none_or(|last| last.name != table) {
            finish_key(&mut tables, &mut places);
            tables.push(Table { name: table, columns: Vec::new(), key: Vec::new() });
        }
        if place > 0 {
            places.push((place, name.clone()));
        }
        let last = tables.last_mut().expect("one was pushed above");
        last.columns.push(Column { name, kind });
    }
    finish_key(&mut tables, &mut places);
    Ok(tables)
}

fn finish_key(tables: &mut [Table], places: &mut Vec<(i64, String)>) {
    if let Some(last) = tables.last_mut() {
        places.sort();
        last.key = places.drain(..).map(|(_, name)| name).collect();
    }
}

fn kind_of(declared: &str) -> Option<ColumnKind> {
    Some(match declared.to_ascii_lowercase().as_str() {
        "bigint" => ColumnKind::Int,
        "boolean" => ColumnKind::Bool,
        "text" => ColumnKind::Text,
        "blob" | "bytea" => ColumnKind::Bytes,
        "uuid" => ColumnKind::Uuid,
        _ => return None,
    })
}
