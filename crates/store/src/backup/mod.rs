//! A backup: the whole database in one file that either engine can read.
//!
//! ```text
//! gzip of lines:
//!   {"almanac_backup":1,"schema":1}
//!   {"table":"agent","columns":["deleted_at",…],"kinds":["int",…]}
//!   [null,"…",…]                       a row; bytes and UUIDs are Base64
//!   …                                  every table, empty ones too, sorted by name
//!   {"rows":{"agent":1,…},"sha256":"…"}   over every byte before this line
//! ```
//!
//! Tables of [`LEFT_OUT`] are written without rows: a restored copy must not sign anybody in whose
//! session was ended since, and what its other rows hold is over within a day.
//!
//! It is read inside one snapshot while others write, page by page. Secrets stay sealed: without
//! the key file a backup gives none away, and is worth keeping only together with that file.

mod read;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::db::ColumnKind;

/// The newest form of the file this program writes and reads.
const FORMAT: u32 = 1;

/// Tables whose rows no backup carries.
const LEFT_OUT: [&str; 3] = ["request_key", "session", "throttle"];

/// Lines wait between the database and the file; this bounds their memory.
const BATCHES_MAX: usize = 4;

/// What a backup or a restore moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSummary {
    /// The version of the schema in the file.
    pub schema: u32,
    /// How many rows of each table.
    pub rows: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    almanac_backup: u32,
    schema: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct TableHead {
    table: String,
    columns: Vec<String>,
    kinds: Vec<Kind>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Foot {
    rows: BTreeMap<String, u64>,
    sha256: String,
}

/// How a column's values are written. A UUID is its bytes, as SQLite keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Int,
    Bool,
    Text,
    Bytes,
}

impl From<ColumnKind> for Kind {
    fn from(kind: ColumnKind) -> Kind {
        match kind {
            ColumnKind::Int => Kind::Int,
            ColumnKind::Bool => Kind::Bool,
            ColumnKind::Text => Kind::Text,
            ColumnKind::Bytes | ColumnKind::Uuid => Kind::Bytes,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
