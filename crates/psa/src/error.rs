//! What can go wrong with a PSA, and what to do about it.
//!
//! One table leads from an error to its [`Recovery`]; runners read only that. A message says only
//! its own part and never holds a token, a secret or a body beyond a short excerpt.

use std::time::Duration;

use almanac_model::code::Code;

/// What the caller should do about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Try again, no sooner than the given delay if the remote named one.
    Retry(Option<Duration>),
    /// A write may or may not have happened: look before trying again.
    Verify,
    /// Get a fresh token, then try again once.
    Reauthenticate,
    /// Record it against this one item and carry on with the rest.
    Skip,
    /// Stop this stream and tell a person.
    Halt,
}

/// A failed call to a PSA.
#[derive(Debug, thiserror::Error)]
pub enum PsaError {
    /// No connection, or it was lost, or no answer in time.
    #[error("{address} is not reachable: {detail}")]
    Unreachable {
        /// Scheme, host and port.
        address: String,
        /// What the network said.
        detail: String,
    },
    /// The certificate or the protocol was refused.
    #[error("TLS with {address} failed: {detail}")]
    Tls {
        /// Scheme, host and port.
        address: String,
        /// What the library said.
        detail: String,
    },
    /// The host is private and the operator did not name it.
    #[error("{host} is a private address ({address})")]
    PrivateAddress {
        /// The host as given.
        host: String,
        /// What it resolved to.
        address: String,
    },
    /// The address is not one.
    #[error("{given:?} is not an address: {problem}")]
    BadAddress {
        /// As typed.
        given: String,
        /// What is wrong.
        problem: String,
    },
    /// An answer that the PSA would not give.
    #[error("{path} answered {status} with {found} instead of JSON from the PSA: {excerpt}")]
    NotThePsa {
        /// The path asked for.
        path: String,
        /// The HTTP status.
        status: u16,
        /// What came (its media type, or "JSON of another shape").
        found: String,
        /// The first 300 bytes at most, as text.
        excerpt: String,
    },
    /// Client id or secret refused.
    #[error("client id or secret refused: {detail}")]
    SecretRefused {
        /// The PSA's words.
        detail: String,
    },
    /// A scope refused.
    #[error("scope refused; asked for: {asked}")]
    ScopeRefused {
        /// The scopes asked for, separated by spaces.
        asked: String,
    },
    /// The token was refused once.
    #[error("the token was refused")]
    TokenRefused,
    /// Refused with a fresh token: no permission.
    #[error("{path} is not allowed ({status} with a fresh token)")]
    Forbidden {
        /// The path asked for.
        path: String,
        /// The HTTP status (401 or 403).
        status: u16,
    },
    /// Too many calls.
    #[error("throttled: {detail}")]
    RateLimited {
        /// When the PSA said to come back, if it did.
        retry_after: Option<Duration>,
        /// The PSA's words.
        detail: String,
    },
    /// 5xx.
    #[error("{path} failed with {status}: {excerpt}")]
    ServerFault {
        /// The path asked for.
        path: String,
        /// The HTTP status.
        status: u16,
        /// The first 300 bytes at most, as text.
        excerpt: String,
    },
    /// An answer that was cut off or is not JSON although it says so.
    #[error("the answer of {path} is damaged: {detail}")]
    Damaged {
        /// The path asked for.
        path: String,
        /// What is wrong.
        detail: String,
    },
    /// An answer beyond the size limit.
    #[error("the answer of {path} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The path asked for.
        path: String,
        /// The limit.
        limit_bytes: u64,
    },
    /// The PSA refused the request (400).
    #[error("{path} refused the request: {message}")]
    Refused {
        /// The path asked for.
        path: String,
        /// The PSA's words.
        message: String,
    },
    /// 404 for a list: the area does not exist at this address.
    #[error("{path} does not exist there (404)")]
    NoSuchPath {
        /// The path asked for.
        path: String,
    },
    /// A change was sent and no answer says what became of it.
    #[error("what became of the change sent to {path} is not known: {detail}")]
    OutcomeUnknown {
        /// The path that it was sent to.
        path: String,
        /// What happened instead of an answer.
        detail: String,
    },
    /// The PSA ignored a filter: rows came that do not satisfy it.
    #[error("{path} ignored the filter {filter}")]
    FilterIgnored {
        /// The path asked for.
        path: String,
        /// The filter.
        filter: String,
    },
}

impl PsaError {
    /// The policy, in one table.
    pub fn recovery(&self) -> Recovery {
        match self {
            PsaError::Unreachable { .. }
            | PsaError::ServerFault { .. }
            | PsaError::Damaged { .. } => Recovery::Retry(None),
            PsaError::RateLimited { retry_after, .. } => Recovery::Retry(*retry_after),
            // A page from a proxy in the middle of a scan passes; a wrong address does not. The
            // transport tries a few times before this error is seen.
            PsaError::NotThePsa { .. } => Recovery::Halt,
            PsaError::OutcomeUnknown { .. } => Recovery::Verify,
            PsaError::TokenRefused => Recovery::Reauthenticate,
            PsaError::TooLarge { .. } => Recovery::Skip,
            PsaError::Tls { .. }
            | PsaError::PrivateAddress { .. }
            | PsaError::BadAddress { .. }
            | PsaError::SecretRefused { .. }
            | PsaError::ScopeRefused { .. }
            | PsaError::Forbidden { .. }
            | PsaError::Refused { .. }
            | PsaError::NoSuchPath { .. }
            | PsaError::FilterIgnored { .. } => Recovery::Halt,
        }
    }

    /// The public code.
    pub fn code(&self) -> Code {
        match self {
            PsaError::Unreachable { .. } | PsaError::ServerFault { .. } => Code::CONN_UNREACHABLE,
            PsaError::Tls { .. } => Code::CONN_TLS,
            PsaError::PrivateAddress { .. } => Code::CONN_PRIVATE_ADDRESS,
            PsaError::BadAddress { .. } => Code::CONFIG_INVALID,
            PsaError::NotThePsa { .. } | PsaError::NoSuchPath { .. } => Code::CONN_NOT_HALO,
            PsaError::SecretRefused { .. } => Code::CONN_SECRET_REFUSED,
            PsaError::ScopeRefused { .. } => Code::CONN_SCOPE_REFUSED,
            PsaError::TokenRefused | PsaError::Forbidden { .. } => Code::CONN_NO_PERMISSION,
            PsaError::RateLimited { .. } => Code::SYNC_THROTTLED,
            PsaError::OutcomeUnknown { .. } => Code::WRITE_UNKNOWN,
            PsaError::Damaged { .. }
            | PsaError::TooLarge { .. }
            | PsaError::Refused { .. }
            | PsaError::FilterIgnored { .. } => Code::SYNC_INCOMPLETE,
        }
    }
}
