//! One row of an answer, the same for both engines.
//!
//! Values are read by position. A value of another type than the schema says makes
//! `StoreError::Corrupt` with the table, the column and, where the row has one, the id.

use almanac_model::id::{ConnectionId, RemoteId, TenantId};
use almanac_model::stream::Stream;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column, Row as _};
use uuid::Uuid;

use crate::error::StoreError;

/// One row of an answer from `table`.
pub(crate) struct Row {
    pub(super) inner: Inner,
    pub(super) table: &'static str,
}

pub(super) enum Inner {
    Lite(SqliteRow),
    Pg(PgRow),
}

macro_rules! getters {
    ($($name:ident -> $type:ty;)*) => {
        $(pub(crate) fn $name(&self, at: usize) -> Result<$type, StoreError> {
            match &self.inner {
                Inner::Lite(row) => row.try_get::<$type, _>(at),
                Inner::Pg(row) => row.try_get::<$type, _>(at),
            }
            .map_err(|_| self.corrupt(at))
        })*
    };
}

impl Row {
    getters! {
        int -> i64;
        int_opt -> Option<i64>;
        bool -> bool;
        text -> String;
        text_opt -> Option<String>;
        bytes -> Vec<u8>;
        bytes_opt -> Option<Vec<u8>>;
        uuid -> Uuid;
        uuid_opt -> Option<Uuid>;
        bool_opt -> Option<bool>;
    }

    pub(crate) fn tenant_id(&self, at: usize) -> Result<TenantId, StoreError> {
        self.int(at).map(TenantId)
    }

    pub(crate) fn connection_id(&self, at: usize) -> Result<ConnectionId, StoreError> {
        self.int(at).map(ConnectionId)
    }

    pub(crate) fn remote_id(&self, at: usize) -> Result<RemoteId, StoreError> {
        self.text(at).map(RemoteId::new)
    }

    pub(crate) fn stream(&self, at: usize) -> Result<Stream, StoreError> {
        self.text(at)?.parse().map_err(|_| self.corrupt(at))
    }

    pub(crate) fn sha256(&self, at: usize) -> Result<[u8; 32], StoreError> {
        self.bytes(at)?.try_into().map_err(|_| self.corrupt(at))
    }

    /// The error for a value at `at` that cannot be read.
    pub(crate) fn corrupt(&self, at: usize) -> StoreError {
        let names: Vec<&str> = match &self.inner {
            Inner::Lite(row) => row.columns().iter().map(Column::name).collect(),
            Inner::Pg(row) => row.columns().iter().map(Column::name).collect(),
        };
        let id_at = names.iter().position(|name| *name == "remote_id" || *name == "id");
        let id = id_at.filter(|&id_at| id_at != at).and_then(|id_at| match &self.inner {
            Inner::Lite(row) => row.try_get::<String, _>(id_at).ok(),
            Inner::Pg(row) => row.try_get::<String, _>(id_at).ok(),
        });
        StoreError::corrupt(
            self.table,
            names.get(at).copied().unwrap_or("unknown column"),
            id.unwrap_or_else(|| "a row".to_owned()),
        )
    }
}
