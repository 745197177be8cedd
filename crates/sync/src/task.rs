//! Work beside other work: a task that belongs to whoever holds it.
//!
//! A raw spawned task outlives its maker unseen. This one ends when it is dropped, and a panic in
//! it is an error of whoever waits.

use std::future::Future;

use tokio::task::JoinHandle;

/// A task that is given up when it is dropped.
#[derive(Debug)]
pub struct Task<T>(JoinHandle<T>);

/// A task that ended by a panic, or was given up.
#[derive(Debug, thiserror::Error)]
#[error("a task ended early: {0}")]
pub struct TaskEnded(String);

impl<T: Send + 'static> Task<T> {
    /// Begins.
    pub fn start(work: impl Future<Output = T> + Send + 'static) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the handle is owned and ends the task")]
        Self(tokio::spawn(work))
    }

    /// Waits for the end. May be given up and called again.
    pub async fn wait(&mut self) -> Result<T, TaskEnded> {
        (&mut self.0).await.map_err(|error| TaskEnded(error.to_string()))
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Does a last thing on the way out, where nobody can wait for it.
pub fn leave_behind(work: impl Future<Output = ()> + Send + 'static) {
    #[expect(clippy::disallowed_methods, reason = "a destructor cannot wait")]
    drop(tokio::spawn(work));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_a_dropped_task_ends() {
        let mut task = Task::start(async { panic!("as asked") });
        assert!(task.wait().await.is_err());
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let task = Task::start(async move {
            std::future::pending::<()>().await;
            drop(sender);
        });
        drop(task);
        assert!(receiver.await.is_err(), "the sender went with the task");
    }
}
