//! What may change about webhooks while the simulator runs.
//!
//! Flags begin with `--webhook-`; in `POST /settings` they are the group `webhooks`. By default
//! deliveries are in order, each once, as soon as the queue lets them.

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::switches::Toggle;

/// How webhooks behave. Field names are the keys of `webhooks` in `POST /settings`.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSwitches {
    /// Scopes that /Webhook, /WebhookEvent and writes to /Notification need, all of them; `all` has
    /// them too (HALO-API.md 5.1, Q-63: AttunedIT). Without them the answer is 401.
    #[arg(
        id = "webhook_scopes",
        long = "webhook-scope",
        default_value = "all:standard,admin:webhooks",
        value_name = "SCOPES",
        value_delimiter = ','
    )]
    pub scopes: Vec<String>,
    /// Whether GET /Webhook/ID finds a webhook that a client made: 404 on some builds (Q-63:
    /// AttunedIT), found on 2.250 (HCLI).
    #[arg(id = "webhook_readable", long = "webhook-readable", value_enum, default_value_t = Toggle::On)]
    pub readable: Toggle,
    /// Deliver to addresses beyond loopback as well. Only plain http is spoken.
    #[arg(id = "webhook_any_target", long = "webhook-any-target")]
    pub any_target: bool,
    /// Real milliseconds until a delivery without an answer has failed. Halo's own is unknown.
    #[arg(
        id = "webhook_timeout_ms", long = "webhook-timeout-ms", default_value_t = 10_000, value_name = "MS",
        value_parser = clap::value_parser!(u32).range(1..=120_000)
    )]
    pub timeout_ms: u32,
    /// Occurrences in one delivery, as an array; 0 is no batching (Q-58: WHG, since v2.164; that a
    /// batch is an array is inferred).
    #[arg(
        id = "webhook_batch", long = "webhook-batch", default_value_t = 0, value_name = "N",
        value_parser = clap::value_parser!(u32).range(0..=1_000)
    )]
    pub batch: u32,
    /// Real milliseconds that an occurrence waits for others to share its delivery.
    #[arg(
        id = "webhook_batch_ms", long = "webhook-batch-ms", default_value_t = 200, value_name = "MS",
        value_parser = clap::value_parser!(u32).range(0..=60_000)
    )]
    pub batch_ms: u32,
    /// Percent of occurrences that are lost: never sent, in no log (Q-59: no documented retry).
    #[arg(
        id = "webhook_drop", long = "webhook-drop", default_value_t = 0, value_name = "PERCENT",
        value_parser = clap::value_parser!(u8).range(0..=100)
    )]
    pub drop: u8,
    /// Percent of occurrences that are delivered twice.
    #[arg(
        id = "webhook_double", long = "webhook-double", default_value_t = 0, value_name = "PERCENT",
        value_parser = clap::value_parser!(u8).range(0..=100)
    )]
    pub double: u8,
    /// Percent of occurrences that are delivered late.
    #[arg(
        id = "webhook_delay", long = "webhook-delay", default_value_t = 0, value_name = "PERCENT",
        value_parser = clap::value_parser!(u8).range(0..=100)
    )]
    pub delay: u8,
    /// Real milliseconds by which they are late.
    #[arg(
        id = "webhook_delay_ms", long = "webhook-delay-ms", default_value_t = 5_000, value_name = "MS",
        value_parser = clap::value_parser!(u32).range(0..=600_000)
    )]
    pub delay_ms: u32,
    /// Percent of occurrences that the next one overtakes; without a next one they are late.
    #[arg(
        id = "webhook_reorder", long = "webhook-reorder", default_value_t = 0, value_name = "PERCENT",
        value_parser = clap::value_parser!(u8).range(0..=100)
    )]
    pub reorder: u8,
    /// Failures in a row after which a webhook is made inactive; 0 is never. A webhook's own
    /// auto_disable_attempts comes first (Q-59, HALO-API.md 3.21).
    #[arg(
        id = "webhook_auto_disable",
        long = "webhook-auto-disable",
        default_value_t = 0,
        value_name = "N"
    )]
    pub auto_disable: u32,
    /// Whether deliveries carry id, webhook_id, event and timestamp beside the records; unverified
    /// (HALO-API.md 3.21).
    #[arg(id = "webhook_envelope", long = "webhook-envelope", value_enum, default_value_t = Toggle::Off)]
    pub envelope: Toggle,
    /// The envelope key of /WebhookEvent, which nobody has recorded (HALO-API.md 7).
    #[arg(
        id = "webhook_event_key",
        long = "webhook-event-key",
        default_value = "events",
        value_name = "KEY"
    )]
    pub event_key: String,
}
