//! Many rows in one statement: multi-row `VALUES` with a conflict clause.
//!
//! The fastest shape that both engines share. Values that are equal in all rows (tenant,
//! connection, instant) are bound once. A statement holds at most [`ROWS_MAX`] rows and
//! [`BINDS_MAX`] arguments.

use super::args::Arg;
use super::tx::Tx;
use crate::error::StoreError;

/// SQLite's default limit of arguments in one statement; PostgreSQL's is twice that.
pub(crate) const BINDS_MAX: usize = 32_766;

/// More rows in one statement gain nothing on either engine.
pub(crate) const ROWS_MAX: usize = 500;

/// Rows to insert or update.
pub(crate) struct Bulk<'a> {
    /// The table.
    pub(crate) table: &'a str,
    /// Columns with one value for all rows.
    pub(crate) shared: Vec<(&'static str, Arg<'a>)>,
    /// Columns with a value for each row.
    pub(crate) columns: &'a [&'a str],
    /// What follows the values, such as `ON CONFLICT (…) DO UPDATE SET …`.
    pub(crate) tail: String,
    /// The rows, each as long as `columns`.
    pub(crate) rows: Vec<Vec<Arg<'a>>>,
}

/// Writes all rows; returns how many the engine inserted or updated.
pub(crate) async fn bulk_upsert(tx: &mut Tx, bulk: Bulk<'_>) -> Result<u64, StoreError> {
    let Bulk { table, shared, columns, tail, rows } = bulk;
    let rows_max = ROWS_MAX.min((BINDS_MAX - shared.len()) / columns.len().max(1));
    let names: Vec<&str> =
        shared.iter().map(|(name, _)| *name).chain(columns.iter().copied()).collect();
    let head = format!("INSERT INTO {table} ({}) VALUES ", names.join(", "));
    let shared: Vec<Arg<'_>> = shared.into_iter().map(|(_, arg)| arg).collect();
    let mut written = 0;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut args = shared.clone();
        let mut count = 0;
        for row in rows.by_ref().take(rows_max) {
            debug_assert_eq!(row.len(), columns.len());
            args.extend(row);
            count += 1;
        }
        let mut sql = head.clone();
        push_values(&mut sql, shared.len(), columns.len(), count);
        sql.push_str(&tail);
        written += tx.exec(sql, args).await?;
    }
    Ok(written)
}

/// Appends `($1, $2, $3), ($1, $2, $4), …`: first the shared arguments, then the row's own.
fn push_values(sql: &mut String, shared: usize, own: usize, rows: usize) {
    use std::fmt::Write;
    sql.reserve(rows * (shared + own) * 6);
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        let first = shared + row * own;
        for (at, number) in (1..=shared).chain(first + 1..=first + own).enumerate() {
            if at > 0 {
                sql.push_str(", ");
            }
            write!(sql, "${number}").expect("a String takes every write");
        }
        sql.push(')');
    }
}

/// Appends `$first, $first+1, …` for an `IN` list of `count` arguments.
pub(crate) fn placeholders(first: usize, count: usize) -> String {
    let names: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_arguments_are_numbered_once() {
        let mut sql = String::new();
        push_values(&mut sql, 2, 1, 2);
        assert_eq!(sql, "($1, $2, $3), ($1, $2, $4)");
        assert_eq!(placeholders(4, 3), "$4, $5, $6");
    }
}
