//! One test per engine from one rule.

/// Makes one test per engine from asynchronous functions that take the [`Engine`](crate::Engine).
/// A rule ends early where its engine is not at hand.
#[macro_export]
macro_rules! on_both_engines {
    ($($rule:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                super::$rule($crate::Engine::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                super::$rule($crate::Engine::Postgres).await;
            })*
        }
    };
}
