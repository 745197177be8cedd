//! Time as a parameter.

/// Milliseconds since 1970-01-01T00:00:00Z, from wherever the caller takes them.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now_ms(&self) -> i64;
}

impl<F: Fn() -> i64 + Send + Sync + 'static> Clock for F {
    fn now_ms(&self) -> i64 {
        self()
    }
}
