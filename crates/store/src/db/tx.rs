//! A transaction on either engine, and the three functions every statement goes through.
//!
//! A transaction is bound to a [`Scope`] when it begins. On PostgreSQL a tenant's transaction
//! gives up the connecting role for [`TENANT_ROLE`] in its first statement, so that row-level
//! security holds for everything after it; both settings end with the transaction, which also
//! suits a pooler in transaction mode. Dropping a transaction rolls it back.

use almanac_model::id::TenantId;
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, SqlStr, Sqlite, Transaction};

use super::args::{self, Arg, args};
use super::row::{Inner, Row};
use crate::error::{StoreError, from_sqlx};

/// The PostgreSQL role under which all work for a tenant runs. It owns nothing, cannot log in
/// and cannot bypass row-level security.
pub(crate) const TENANT_ROLE: &str = "almanac_app";

/// Whose rows a transaction may touch.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope {
    /// Every tenant's: administration only.
    Root,
    /// One tenant's.
    Tenant(TenantId),
}

/// Which engine is behind a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EngineKind {
    Lite,
    Pg,
}

/// An open transaction.
pub(crate) enum Tx {
    Lite(Transaction<'static, Sqlite>),
    Pg(Transaction<'static, Postgres>),
}

macro_rules! on {
    ($tx:expr, $connection:ident, $bind:ident => $args:expr, $run:expr) => {
        match $tx {
            Tx::Lite(tx) => {
                let $connection = &mut **tx;
                let $bind = args::lite($args).map_err(from_sqlx)?;
                $run.map_err(from_sqlx)
            }
            Tx::Pg(tx) => {
                let $connection = &mut **tx;
                let $bind = args::pg($args).map_err(from_sqlx)?;
                $run.map_err(from_sqlx)
            }
        }
    };
}

impl Tx {
    /// Runs a statement; returns how many rows it changed.
    pub(crate) async fn exec(
        &mut self,
        sql: impl Into<Sql>,
        args: Vec<Arg<'_>>,
    ) -> Result<u64, StoreError> {
        let sql = sql.into().0;
        on!(self, c, bound => args, sqlx::query_with(sql, bound).execute(c).await.map(|done| done.rows_affected()))
    }

    /// Every row of an answer. `table` names the origin in errors.
    pub(crate) async fn rows(
        &mut self,
        table: &'static str,
        sql: impl Into<Sql>,
        args: Vec<Arg<'_>>,
    ) -> Result<Vec<Row>, StoreError> {
        let sql = sql.into().0;
        match self {
            Tx::Lite(tx) => {
                let bound = args::lite(args).map_err(from_sqlx)?;
                let rows = sqlx::query_with(sql, bound).fetch_all(&mut **tx).await;
                let rows = rows.map_err(from_sqlx)?;
                Ok(rows.into_iter().map(|row| Row { inner: Inner::Lite(row), table }).collect())
            }
            Tx::Pg(tx) => {
                let bound = args::pg(args).map_err(from_sqlx)?;
                let rows = sqlx::query_with(sql, bound).fetch_all(&mut **tx).await;
                let rows = rows.map_err(from_sqlx)?;
                Ok(rows.into_iter().map(|row| Row { inner: Inner::Pg(row), table }).collect())
            }
        }
    }

    /// The first row of an answer, if there is one.
    pub(crate) async fn one(
        &mut self,
        table: &'static str,
        sql: impl Into<Sql>,
        args: Vec<Arg<'_>>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(table, sql, args).await?.into_iter().next())
    }

    /// Runs several statements without arguments, such as a migration.
    pub(crate) async fn script(&mut self, sql: String) -> Result<(), StoreError> {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Tx::Lite(tx) => script.execute(&mut **tx).await.map(drop),
            Tx::Pg(tx) => script.execute(&mut **tx).await.map(drop),
        }
        .map_err(from_sqlx)
    }

    /// Makes everything since the beginning durable.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        #[cfg(feature = "testing")]
        crate::testing::pass_gate(crate::testing::CommitMoment::Before).await;
        let committed = match self {
            Tx::Lite(tx) => tx.commit().await,
            Tx::Pg(tx) => tx.commit().await,
        };
        #[cfg(feature = "testing")]
        crate::testing::pass_gate(crate::testing::CommitMoment::After).await;
        committed.map_err(from_sqlx)
    }

    pub(crate) fn engine(&self) -> EngineKind {
        match self {
            Tx::Lite(_) => EngineKind::Lite,
            Tx::Pg(_) => EngineKind::Pg,
        }
    }

    /// The clause that locks the rows of a select until the end of the transaction. SQLite needs
    /// none: its writers come one after the other.
    pub(crate) fn for_update(&self) -> &'static str {
        match self {
            Tx::Lite(_) => "",
            Tx::Pg(_) => " FOR UPDATE",
        }
    }

    /// As [`Tx::for_update`], leaving out the rows of `table` that another transaction has locked.
    pub(crate) fn skip_locked(&self) -> &'static str {
        match self {
            Tx::Lite(_) => "",
            Tx::Pg(_) => " FOR UPDATE OF job SKIP LOCKED",
        }
    }

    /// Binds the transaction to its scope. Must be the first statement.
    pub(super) async fn enter(&mut self, scope: Scope) -> Result<(), StoreError> {
        let (Scope::Tenant(tenant), EngineKind::Pg) = (scope, self.engine()) else {
            return Ok(());
        };
        let entered = self
            .exec(
                "SELECT set_config('role', $1, true), set_config('app.tenant', $2, true)",
                args![TENANT_ROLE, tenant.to_string()],
            )
            .await;
        entered.map(drop)
    }
}

/// A statement's text: a literal, or built here from literals and `$N`. Values never become text.
pub(crate) struct Sql(SqlStr);

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Sql(text.into_sql_str())
    }
}

impl From<String> for Sql {
    fn from(text: String) -> Self {
        Sql(AssertSqlSafe(text).into_sql_str())
    }
}
