//! The jobs' tests: runners on a real database of each engine, with a PSA in memory.

#![expect(clippy::unwrap_used, reason = "a test that unwraps fails where it should")]

mod connection_test;
mod runner;
mod sync_connection;
mod world;

macro_rules! on_both_engines {
    ($($rule:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                super::$rule(almanac_store::testing::Engine::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                super::$rule(almanac_store::testing::Engine::Postgres).await;
            })*
        }
    };
}
pub(crate) use on_both_engines;
