//! Webhooks at a PSA: what is registered, ours among it.
//!
//! A keeper touches nothing but the webhook that it made: it is known by the identifier that the PSA
//! gave, or by its address, which holds a number that nobody else has. So registering may be
//! repeated after a lost answer without making a second one.

use std::future::Future;

use secrecy::SecretString;

use crate::connector::Connector;
use crate::error::PsaError;

/// The webhook as it is to be.
#[derive(Debug, Clone)]
pub struct HookWanted {
    /// What the PSA called it when it was registered before.
    pub id: Option<String>,
    /// Where the PSA is to deliver.
    pub url: String,
    /// What it signs with.
    pub secret: SecretString,
}

/// The webhook as the PSA has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookFound {
    /// What the PSA calls it.
    pub id: String,
    /// Whether the PSA delivers to it.
    pub is_active: bool,
    /// What differs from what is made by [`HookKeeper::hook_register`], for a person.
    pub differs: Option<String>,
}

/// A PSA that tells what changes, when asked to.
pub trait HookKeeper: Connector {
    /// Makes the webhook, or puts the one that is there as it is wanted; what the PSA calls it.
    ///
    /// Errs with [`PsaError::Forbidden`] or [`PsaError::ScopeRefused`] without the right, and with
    /// [`PsaError::Refused`] in the PSA's words, also when it took the webhook but not its events.
    fn hook_register(
        &self,
        wanted: &HookWanted,
    ) -> impl Future<Output = Result<String, PsaError>> + Send;

    /// The webhook as it is now, by one call; `None` when the PSA has none of this identifier or
    /// address.
    fn hook_find(
        &self,
        id: Option<&str>,
        url: &str,
    ) -> impl Future<Output = Result<Option<HookFound>, PsaError>> + Send;

    /// Removes it. One that is not there is removed.
    fn hook_remove(
        &self,
        id: Option<&str>,
        url: &str,
    ) -> impl Future<Output = Result<(), PsaError>> + Send;
}
