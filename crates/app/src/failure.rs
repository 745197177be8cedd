//! What ends the program early, as a person or a script sees it.
//!
//! Standard error gets the code, what happened, why, and what to do; with `--json`, standard
//! output gets one JSON document with the same parts. The exit code says who must act.

use std::process::ExitCode;

use almanac_model::code::Code;
use almanac_psa::{PsaError, Recovery};
use almanac_store::StoreError;
use almanac_sync::{SyncError, with_causes};

/// Who must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 1: failed; trying again may not help.
    Failed,
    /// 2: the call or the configuration is wrong.
    Usage,
    /// 3: a person must decide.
    Person,
    /// 75: try again later.
    Later,
}

/// What ends the program early.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    code: Option<Code>,
    message: String,
}

impl Exit {
    /// The public number.
    pub(crate) fn number(self) -> u8 {
        match self {
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Person => 3,
            Exit::Later => 75,
        }
    }
}

impl Failure {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, code: None, message: message.into() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, code: None, message: message.into() }
    }

    /// What cannot be done as it was asked for, with the code that says what to do instead.
    pub(crate) fn refused(code: Code, message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, code: Some(code), message: message.into() }
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, code: Some(Code::CONFIG_INVALID), message: message.into() }
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Tells the person, and the script if it asked for JSON.
    #[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the program's voice")]
    pub(crate) fn report(&self, wants_json: bool) -> ExitCode {
        if wants_json {
            let error = serde_json::json!({
                "error": {
                    "code": self.code.map(|code| code.code),
                    "title": self.code.map(|code| code.title),
                    "detail": self.message,
                    "remedy": self.code.map(|code| code.remedy),
                }
            });
            println!("{error}");
        }
        match self.code {
            Some(code) => eprintln!(
                "error {code}: {}\n  what: {}\n  why:  {}\n  do:   {}\n  more: docs/errors.md#{}",
                code.title,
                self.message,
                code.cause,
                code.remedy,
                code.code.to_lowercase()
            ),
            None => eprintln!("error: {}", self.message),
        }
        ExitCode::from(self.exit.number())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = error.code();
        let exit = match code {
            Some(Code::STORE_UNREACHABLE | Code::STORE_LOCKED | Code::STORE_FULL) => Exit::Later,
            Some(Code::STORE_NEWER | Code::STORE_UNMIGRATED | Code::STORE_PRIVILEGE) => Exit::Usage,
            Some(Code::KEY_MISSING) => Exit::Usage,
            _ => Exit::Failed,
        };
        Self { exit, code, message: with_causes(&error) }
    }
}

impl From<PsaError> for Failure {
    fn from(error: PsaError) -> Self {
        let exit = match (&error, error.recovery()) {
            (PsaError::BadAddress { .. } | PsaError::PrivateAddress { .. }, _) => Exit::Usage,
            (_, Recovery::Retry(_) | Recovery::Verify) => Exit::Later,
            (_, Recovery::Reauthenticate | Recovery::Skip | Recovery::Halt) => Exit::Person,
        };
        Self { exit, code: Some(error.code()), message: with_causes(&error) }
    }
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Store(error) => error.into(),
            SyncError::Psa(error) => error.into(),
            SyncError::Busy { .. } | SyncError::TakenOver => {
                Self { exit: Exit::Later, code: error.code(), message: error.to_string() }
            }
            SyncError::Task(_) => Self::failed(with_causes(&error)),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error.to_string())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.code {
            Some(code) => write!(f, "{code} {}: {}. {}", code.title, self.message, code.remedy),
            None => f.write_str(&self.message),
        }
    }
}
