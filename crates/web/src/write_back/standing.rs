//! What keeps an approved plan from going on: a PSA that is away, or something that a person mends.

use almanac_store::{Job, JobState};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::WritePlanGoOn;
use crate::components::banner::Level;
use crate::components::button::{Button, act};
use crate::components::format;
use crate::components::trouble::{Trouble, trouble};
use crate::places::Connection;
use crate::route::Route;

/// A job that is due later than this waits because it failed before.
const SOON_MS: i64 = 2_000;

/// Why a plan that is under way does not go on by itself now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is tried again by itself, at this time.
    Waits { why: String, at_ms: i64 },
    /// It is not tried again until somebody says so.
    Stopped { why: String },
}

impl Standing {
    /// By the latest job that carries the plan out; `None` while that runs or is about to.
    pub(super) fn of(job: Option<&Job>, now_ms: i64) -> Option<Standing> {
        let Some(job) = job else {
            let why = "its work is not in the queue any more".to_owned();
            return Some(Standing::Stopped { why });
        };
        let why = || job.last_error.clone().unwrap_or_default();
        match job.state {
            JobState::Running => None,
            JobState::Queued if job.run_at <= now_ms + SOON_MS => None,
            JobState::Queued => Some(Standing::Waits { why: why(), at_ms: job.run_at }),
            JobState::Failed => Some(Standing::Stopped { why: why() }),
            // It looked before the last writes were queued, or they are another job's.
            JobState::Done => {
                let why = "its work ended before every write had".to_owned();
                Some(Standing::Stopped { why })
            }
        }
    }

    /// What happened, what it means, and the button.
    pub(super) fn panel(&self, plan: uuid::Uuid) -> Markup {
        let go_on = WritePlanGoOn { plan }.url();
        let waits;
        let (level, title, why, mends, label) = match self {
            Standing::Waits { why, at_ms } => {
                waits = format!(
                    "Nothing. It is tried again by itself on {}.",
                    format::date_time(*at_ms, &TimeZone::UTC)
                );
                (Level::Warning, "Halo could not be written to", why, waits.as_str(), "Try now")
            }
            Standing::Stopped { why } => {
                let mends = "Mend what Halo says, test the connection, then go on here.";
                (Level::Halt, "Writing has stopped", why, mends, "Go on")
            }
        };
        let actions = html! {
            (act(&Button { busy_label: Some("Asking"), ..Button::new(label) }, &go_on, &[]))
            a href=(Connection {}.url()) { "Test the connection" }
        };
        trouble(&Trouble {
            level,
            title,
            what: "What was written stays written. The rest was not sent.",
            why,
            act: mends,
            code: None,
            actions: Some(actions),
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn job(state: JobState, run_at: i64) -> Job {
        Job {
            id: Uuid::nil(),
            kind: "push_writes".to_owned(),
            key: String::new(),
            state,
            run_at,
            attempt: 1,
            last_error: Some("no answer".to_owned()),
            ended_at: None,
        }
    }

    #[test]
    fn only_what_does_not_go_on_by_itself_now_is_said() {
        let of = |state, run_at| Standing::of(Some(&job(state, run_at)), 10_000);
        assert_eq!(of(JobState::Running, 0), None);
        assert_eq!(of(JobState::Queued, 10_000), None);
        let why = "no answer".to_owned();
        let waits = Standing::Waits { why: why.clone(), at_ms: 70_000 };
        assert_eq!(of(JobState::Queued, 70_000), Some(waits));
        assert_eq!(of(JobState::Failed, 0), Some(Standing::Stopped { why }));
        assert!(matches!(of(JobState::Done, 0), Some(Standing::Stopped { .. })));
        assert!(matches!(Standing::of(None, 0), Some(Standing::Stopped { .. })));
    }
}
