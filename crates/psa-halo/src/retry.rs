//! How often a failed read is tried again, and after what pause.
//!
//! Reading twice does no harm, so the only question is when to stop. What is tried again is read
//! from the error's `Recovery`; throttling is not here but in the pacer.

use std::time::Duration;

use almanac_psa::{PsaError, Recovery};

use crate::exchange::is_time_out;

const ATTEMPTS_MAX: u32 = 8;
/// A page instead of JSON may be a proxy's in mid-scan or a wrong address for ever: less patience.
const ATTEMPTS_MAX_FOREIGN: u32 = 5;
/// Each time-out has cost its whole time already, so the second one is the last.
const TIME_OUTS_MAX: u32 = 2;
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// The patience of one call.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    failed: u32,
    time_outs: u32,
}

impl Patience {
    /// Waits before the next attempt, or gives the error back when there shall be none.
    pub(crate) async fn wait_or_fail(&mut self, error: PsaError) -> Result<(), PsaError> {
        self.failed += 1;
        let attempts_max = match (&error, error.recovery()) {
            (PsaError::NotThePsa { status, .. }, _) if !(300..400).contains(status) => {
                ATTEMPTS_MAX_FOREIGN
            }
            // The pacer has sat it out already.
            (PsaError::RateLimited { .. }, _) => 1,
            (_, Recovery::Retry(_)) => ATTEMPTS_MAX,
            _ => 1,
        };
        self.time_outs += u32::from(is_time_out(&error));
        let has_stalled = is_time_out(&error) && self.time_outs >= TIME_OUTS_MAX;
        if self.failed >= attempts_max || has_stalled {
            return Err(error);
        }
        tracing::debug!(attempt = self.failed, code = %error.code(), "halo call is tried again");
        let pause = (PAUSE_FIRST * 2u32.pow(self.failed - 1)).min(PAUSE_MAX);
        tokio::time::sleep(pause.mul_f64(0.75 + fastrand::f64() * 0.5)).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::time_out;

    #[tokio::test(start_paused = true)]
    async fn faults_are_tried_eight_times_pages_five_times_refusals_once() {
        for (error, attempts) in [
            (fault as fn() -> PsaError, 8),
            (page, 5),
            (redirect, 1),
            (|| PsaError::Refused { path: "/x".into(), message: "no".into() }, 1),
            (|| PsaError::RateLimited { retry_after: None, detail: String::new() }, 1),
        ] {
            let mut patience = Patience::default();
            let mut made = 1;
            while patience.wait_or_fail(error()).await.is_ok() {
                made += 1;
            }
            assert_eq!(made, attempts, "{:?}", error());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_stalls_twice_is_not_asked_a_third_time_whatever_came_between() {
        let mut patience = Patience::default();
        assert!(patience.wait_or_fail(stall()).await.is_ok());
        assert!(patience.wait_or_fail(fault()).await.is_ok());
        assert!(patience.wait_or_fail(stall()).await.is_err());
    }

    fn stall() -> PsaError {
        time_out("https://h.example".into())
    }

    fn fault() -> PsaError {
        PsaError::ServerFault { path: "/x".into(), status: 500, excerpt: String::new() }
    }

    fn page() -> PsaError {
        not_the_psa(200)
    }

    fn redirect() -> PsaError {
        not_the_psa(302)
    }

    fn not_the_psa(status: u16) -> PsaError {
        PsaError::NotThePsa {
            path: "/x".into(),
            status,
            found: "text/html".into(),
            excerpt: String::new(),
        }
    }
}
