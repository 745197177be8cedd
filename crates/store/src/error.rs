//! What can go wrong with the database, as far as a caller can act on it.
//!
//! [`from_sqlx`] is the one table from the engines' errors to ours; nothing else in this crate
//! looks at an SQLSTATE or an SQLite result code.

use almanac_model::code::Code;

/// The engine's own error, kept for the log.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A value that must be unique is taken already; names the constraint.
    #[error("a value is already taken ({0})")]
    Conflict(String),
    /// Another user of the tenant has the address.
    #[error("a user with this e-mail address is there already")]
    EmailTaken,
    /// The tenant would be left without an active owner.
    #[error("this is the last active owner; make another one first")]
    LastOwner,
    /// The database was migrated by a newer program.
    #[error("the database has version {database}, this program knows versions up to {program}")]
    Newer {
        /// The version found.
        database: u32,
        /// The newest version this program knows.
        program: u32,
    },
    /// The schema is missing or older than the program needs.
    #[error("the database is not set up for this version")]
    Unmigrated,
    /// The engine does not answer, or refused the user.
    #[error("the database is not reachable")]
    Unreachable(#[source] Source),
    /// The database could not grow. Nothing of the transaction was kept.
    #[error("the disk is full")]
    Full(#[source] Source),
    /// Another process kept the database busy for longer than every retry.
    #[error("the database is busy")]
    Locked(#[source] Source),
    /// Another owner took the lease over; what was to be written was not.
    #[error("the lease was lost to another owner")]
    LeaseLost,
    /// A stored value has a form that this program does not write.
    #[error("{table}.{column} of {id} is not readable")]
    Corrupt {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The key of the row, as far as it is known.
        id: String,
    },
    /// Tenants could not be kept apart by the database; the statements mend it.
    #[error("the role of tenants' work is not safe; run: {}", statements.join(" "))]
    Privilege {
        /// What an administrator of PostgreSQL must run.
        statements: Vec<String>,
    },
    /// The key file cannot be used, or lacks the key that sealed a value.
    #[error("key file: {0}")]
    Key(String),
    /// An address other than the one that the records at hand were read from.
    #[error("the records here were read from {kept}; those of another PSA must not mix with them")]
    OtherPsa {
        /// Where the records were read from.
        kept: String,
    },
    /// A backup cannot be written or restored.
    #[error("backup: {0}")]
    Backup(String),
    /// An argument that the store refuses.
    #[error("{0}")]
    Invalid(String),
    /// Anything else; only for the log.
    #[error("the database failed")]
    Backend(#[source] Source),
}

impl StoreError {
    /// The code under which an operator finds the remedy, if there is one.
    pub fn code(&self) -> Option<Code> {
        Some(match self {
            Self::Newer { .. } => Code::STORE_NEWER,
            Self::Unmigrated => Code::STORE_UNMIGRATED,
            Self::Unreachable(_) => Code::STORE_UNREACHABLE,
            Self::Full(_) => Code::STORE_FULL,
            Self::Locked(_) => Code::STORE_LOCKED,
            Self::LeaseLost => Code::SYNC_BUSY,
            Self::Corrupt { .. } => Code::STORE_CORRUPT,
            Self::Privilege { .. } => Code::STORE_PRIVILEGE,
            Self::Key(_) => Code::KEY_MISSING,
            Self::Backup(_) => Code::BACKUP_UNREADABLE,
            Self::Conflict(_)
            | Self::EmailTaken
            | Self::LastOwner
            | Self::OtherPsa { .. }
            | Self::Invalid(_)
            | Self::Backend(_) => {
                return None;
            }
        })
    }

    /// Whether the same transaction may succeed when it is run again at once.
    pub(crate) fn is_retryable(&self) -> bool {
        matches!(self, Self::Locked(_))
    }

    pub(crate) fn corrupt(table: &str, column: &str, id: impl Into<String>) -> Self {
        Self::Corrupt { table: table.to_owned(), column: column.to_owned(), id: id.into() }
    }
}

/// The one table from an engine's error to ours.
pub(crate) fn from_sqlx(error: sqlx::Error) -> StoreError {
    let Some(database) = error.as_database_error() else {
        return match error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) => StoreError::Unreachable(error.into()),
            sqlx::Error::PoolTimedOut => StoreError::Locked(error.into()),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                StoreError::Unreachable(error.into())
            }
            _ => StoreError::Backend(error.into()),
        };
    };
    let code = database.code().unwrap_or_default().into_owned();
    if database.is_unique_violation() {
        let constraint = database.constraint().map_or_else(
            || database.message().rsplit(": ").next().unwrap_or_default().to_owned(),
            str::to_owned,
        );
        return StoreError::Conflict(constraint);
    }
    if database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
        return from_sqlstate(&code, error);
    }
    let is_table_missing = database.message().starts_with("no such table");
    from_sqlite(code.parse().unwrap_or(0), is_table_missing, error)
}

fn from_sqlstate(code: &str, error: sqlx::Error) -> StoreError {
    match code {
        "40001" | "40P01" | "55P03" => StoreError::Locked(error.into()),
        "53100" => StoreError::Full(error.into()),
        // Undefined table or column: the schema is not ours, or not yet.
        "42P01" | "42703" => StoreError::Unmigrated,
        "3D000" | "53300" | "57P01" | "57P02" | "57P03" => StoreError::Unreachable(error.into()),
        _ if code.starts_with("08") || code.starts_with("28") => {
            StoreError::Unreachable(error.into())
        }
        _ => StoreError::Backend(error.into()),
    }
}

/// `code` is SQLite's extended result code; its low byte is the primary one.
fn from_sqlite(code: i64, is_table_missing: bool, error: sqlx::Error) -> StoreError {
    // SQLITE_IOERR_WRITE, _FSYNC, _TRUNCATE, _SHMSIZE: a quota or a limit on file sizes is told so.
    const CANNOT_GROW: [i64; 4] = [778, 1034, 1546, 4874];
    match code & 0xff {
        10 if CANNOT_GROW.contains(&code) => StoreError::Full(error.into()),
        5 | 6 => StoreError::Locked(error.into()),
        11 | 26 => StoreError::corrupt("database file", "page", "unknown"),
        13 => StoreError::Full(error.into()),
        14 => StoreError::Unreachable(error.into()),
        1 if is_table_missing => StoreError::Unmigrated,
        _ => StoreError::Backend(error.into()),
    }
}
