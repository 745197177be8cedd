//! A transaction's first statement, which nobody may interrupt.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use sqlx::postgres::{PgPool, Postgres};
use tokio::runtime::Handle;

use crate::error::{StoreError, from_sqlx};

type Begin =
    Pin<Box<dyn Future<Output = sqlx::Result<sqlx::Transaction<'static, Postgres>>> + Send>>;

/// Begins a transaction of PostgreSQL by this statement, or by plain `BEGIN`.
///
/// A request whose browser went away is dropped wherever it waits. The driver rolls back a
/// transaction that it knows of, but not one whose `BEGIN` was sent and not yet answered: its
/// connection would go back to the pool in the middle of a transaction, read-only or with an old
/// view of the data, for whoever takes it next. So the beginning is brought to its end without
/// those who asked.
pub(super) async fn begin_pg(
    pool: &PgPool,
    statement: Option<&'static str>,
) -> Result<sqlx::Transaction<'static, Postgres>, StoreError> {
    let pool = pool.clone();
    let begin = async move {
        match statement {
            Some(statement) => pool.begin_with(statement).await,
            None => pool.begin().await,
        }
    };
    ToItsEnd(Some(Box::pin(begin))).await.map_err(from_pg_pool)
}

/// Goes on in the background when it is dropped before its end.
struct ToItsEnd(Option<Begin>);

impl Future for ToItsEnd {
    type Output = sqlx::Result<sqlx::Transaction<'static, Postgres>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let begin = self.0.as_mut().expect("it is not polled after its end");
        let polled = begin.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl Drop for ToItsEnd {
    fn drop(&mut self) {
        let (Some(begin), Ok(runtime)) = (self.0.take(), Handle::try_current()) else { return };
        drop(runtime.spawn(async move { drop(begin.await) }));
    }
}

/// Waiting for a connection of SQLite's pool in vain means that another holds it; of PostgreSQL's,
/// that the server does not answer: the pool keeps trying until then.
fn from_pg_pool(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::PoolTimedOut => StoreError::Unreachable(error.into()),
        other => from_sqlx(other),
    }
}
