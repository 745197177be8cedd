//! How a job went: the runner decides by nothing else whether and when it runs again.

use almanac_model::code::Code;
use almanac_store::ClaimedJob;
use almanac_sync::{SyncError, with_causes};

/// How a job went.
#[derive(Debug)]
pub(crate) enum JobEnd {
    /// It did what it is for.
    Done,
    /// Another does the same at this moment; it costs no attempt to look again.
    Busy(String),
    /// As [`JobEnd::Busy`], for what is over within seconds.
    Soon(String),
    /// It is worth trying again later.
    Later(String),
    /// A person must act before it is worth trying again.
    Person(String),
}

impl JobEnd {
    /// By the code with which it failed; empty when there is none.
    pub(crate) fn by_code(code: &str, why: String) -> JobEnd {
        if code == Code::SYNC_BUSY.code {
            JobEnd::Busy(why)
        } else if code.is_empty() || Code::heals_by_itself(code) {
            JobEnd::Later(why)
        } else {
            JobEnd::Person(why)
        }
    }

    /// Of a job whose arguments this version does not understand.
    pub(crate) fn unreadable(job: &ClaimedJob) -> JobEnd {
        JobEnd::Person(format!("its arguments are not readable: {}", job.args))
    }
}

impl From<SyncError> for JobEnd {
    fn from(error: SyncError) -> JobEnd {
        JobEnd::by_code(error.code().map_or("", |code| code.code), with_causes(&error))
    }
}
