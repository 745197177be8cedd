//! The wish of a system or a person that this process ends.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and Ctrl-C, noticed from [`StopSignal::listen`] on.
///
/// A process listens before it says that it is there: whoever stops it at that very word gets an
/// orderly end too.
#[derive(Debug)]
pub(crate) struct StopSignal {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignal {
    pub(crate) fn listen() -> std::io::Result<StopSignal> {
        Ok(StopSignal {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Resolves when the process is asked to end.
    pub(crate) async fn asked(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
