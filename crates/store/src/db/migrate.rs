//! Brings the schema up to date.
//!
//! Migrations are the numbered files of `migrations/`, never edited once released: their checksum
//! is kept and compared. All that are missing run in one transaction; two programs that migrate
//! at once come one after the other, by SQLite's write lock or PostgreSQL's advisory lock.

use sha2::{Digest, Sha256};

use super::args::args;
use super::tx::{EngineKind, Scope, Tx};
use super::{Db, write_tx};
use crate::error::StoreError;

/// Name and text of each migration; its version is its place, from 1.
const MIGRATIONS: &[(&str, &str)] = &[
    ("first", include_str!("../../migrations/0001_first.sql")),
    ("accounts", include_str!("../../migrations/0002_accounts.sql")),
    ("changes", include_str!("../../migrations/0003_changes.sql")),
    ("choices", include_str!("../../migrations/0004_choices.sql")),
    ("runs", include_str!("../../migrations/0005_runs.sql")),
    ("bulk_edits", include_str!("../../migrations/0006_bulk_edits.sql")),
    ("writes", include_str!("../../migrations/0007_writes.sql")),
    ("streams", include_str!("../../migrations/0008_streams.sql")),
    ("call_budget", include_str!("../../migrations/0009_call_budget.sql")),
    ("receipts", include_str!("../../migrations/0010_receipts.sql")),
    ("hooks", include_str!("../../migrations/0011_hooks.sql")),
];

/// What the line `-- wall` stands for on PostgreSQL: each table that has no row-level security yet
/// gets it, with its policy and the grants. As unchangeable as a released migration.
const WALL: &str = "
DO $$
DECLARE
    name text;
    own text := '(tenant_id = (SELECT nullif(current_setting(''app.tenant'', true), '''')::bigint))';
BEGIN
    FOR name IN
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
        AND a.attname = 'tenant_id' AND NOT c.relrowsecurity ORDER BY c.relname
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_tenant ON %I TO almanac_app USING %s WITH CHECK %s', name, own, own
        );
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO almanac_app', name);
    END LOOP;
END
$$;
";

/// Any number, as long as every Almanac uses the same.
const ADVISORY_LOCK: i64 = 0x616c_6d61_6e61_6300;

/// What a migration did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The version found; 0 is an empty database.
    pub from: u32,
    /// The version now.
    pub to: u32,
}

/// The version this program needs.
pub(crate) fn version_newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).expect("migrations are few")
}

/// Applies what is missing.
pub(crate) async fn migrate(db: &Db, now_ms: i64) -> Result<Migrated, StoreError> {
    write_tx!(db, Scope::Root, |tx| apply(tx, version_newest(), now_ms).await?)
}

/// The version of the schema; 0 when there is none.
pub(crate) async fn schema_version(db: &Db) -> Result<u32, StoreError> {
    let mut tx = db.read(Scope::Root).await?;
    let found = tx.one("_migration", "SELECT max(version) FROM _migration", args![]).await;
    match found {
        Ok(Some(row)) => version_from(row.int_opt(0)?),
        Ok(None) | Err(StoreError::Unmigrated) => Ok(0),
        Err(error) => Err(error),
    }
}

/// Applies what is missing up to `version`, within a transaction.
pub(crate) async fn apply(tx: &mut Tx, version: u32, now_ms: i64) -> Result<Migrated, StoreError> {
    if tx.engine() == EngineKind::Pg {
        tx.rows("_migration", "SELECT pg_advisory_xact_lock($1)", args![ADVISORY_LOCK]).await?;
    }
    let create = "CREATE TABLE IF NOT EXISTS _migration (version BIGINT NOT NULL PRIMARY KEY, \
                  name {text} NOT NULL, checksum {text} NOT NULL, at BIGINT NOT NULL)";
    tx.script(translate(create, tx.engine())).await?;
    let rows = tx
        .rows("_migration", "SELECT version, checksum FROM _migration ORDER BY version", args![])
        .await?;
    let from = match rows.last() {
        Some(row) => version_from(Some(row.int(0)?))?,
        None => 0,
    };
    if from > version_newest() {
        return Err(StoreError::Newer { database: from, program: version_newest() });
    }
    for (row, (name, text)) in rows.iter().zip(MIGRATIONS) {
        if row.text(1)? != checksum(text) {
            return Err(StoreError::corrupt("_migration", "checksum", *name));
        }
    }
    for (number, (name, text)) in (1_u32..).zip(MIGRATIONS) {
        if number <= from || number > version {
            continue;
        }
        tx.script(translate(text, tx.engine())).await?;
        tx.exec(
            "INSERT INTO _migration (version, name, checksum, at) VALUES ($1, $2, $3, $4)",
            args![number, *name, checksum(text), now_ms],
        )
        .await?;
    }
    Ok(Migrated { from, to: from.max(version) })
}

fn version_from(found: Option<i64>) -> Result<u32, StoreError> {
    u32::try_from(found.unwrap_or(0))
        .map_err(|_| StoreError::corrupt("_migration", "version", "the newest"))
}

fn checksum(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One engine's text of a migration: tokens replaced, blocks of the other engine left out.
fn translate(text: &str, engine: EngineKind) -> String {
    let tokens = match engine {
        EngineKind::Lite => {
            [("{text}", "TEXT"), ("{json}", "TEXT"), ("{uuid}", "BLOB"), ("{bytes}", "BLOB")]
        }
        // jsonb would reorder keys, refuse \u0000 and cost twice the time to write.
        EngineKind::Pg => [
            ("{text}", "TEXT COLLATE \"C\""),
            ("{json}", "TEXT COLLATE \"C\""),
            ("{uuid}", "UUID"),
            ("{bytes}", "BYTEA"),
        ],
    };
    let mut out = String::with_capacity(text.len());
    let mut is_pg_only = false;
    for line in text.lines() {
        match line.trim() {
            "-- pg-only" => is_pg_only = true,
            "-- end" => is_pg_only = false,
            "-- wall" if engine == EngineKind::Pg => out.push_str(WALL),
            _ if is_pg_only && engine == EngineKind::Lite => {}
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    for (token, word) in tokens {
        out = out.replace(token, word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_engines_block_is_left_out() {
        let text = "CREATE TABLE a (b {text}, c {bytes});\n-- pg-only\nGRANT x;\n-- end\nSELECT 1;";
        let lite = translate(text, EngineKind::Lite);
        assert_eq!(lite, "CREATE TABLE a (b TEXT, c BLOB);\nSELECT 1;\n");
        assert!(translate(text, EngineKind::Pg).contains("GRANT x;"));
    }

    #[test]
    fn the_wall_is_built_on_postgresql_only() {
        let text = "CREATE TABLE a (b {text});\n-- wall\n";
        assert!(translate(text, EngineKind::Pg).contains("ENABLE ROW LEVEL SECURITY"));
        assert!(!translate(text, EngineKind::Lite).contains("ROW LEVEL"));
    }

    #[test]
    fn no_migration_keeps_a_token() {
        for (name, text) in MIGRATIONS {
            for engine in [EngineKind::Lite, EngineKind::Pg] {
                let sql = translate(text, engine);
                let code: Vec<&str> = sql.lines().filter(|line| !line.starts_with("--")).collect();
                assert!(!code.join("\n").contains('{'), "{name}");
            }
        }
    }
}
