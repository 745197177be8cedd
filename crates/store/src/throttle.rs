//! How often a sign-in may be tried, by account and by address.
//!
//! An attempt is counted as failed when it begins and forgiven when it succeeds: many at once then
//! wait as well, since none of them can start before the others are counted. Rows belong to no
//! tenant (number 0), because whose account it is shows only afterwards; an address that nobody
//! has is throttled like any other. What was typed is kept as a hash: people type passwords into
//! the wrong field.

use std::net::IpAddr;

use almanac_model::id::TenantId;
use sha2::{Digest, Sha256};

use crate::db::{Row, Scope, Tx, args, placeholders, write_tx};
use crate::error::StoreError;
use crate::store::Store;
use crate::user::email_key;

/// Rows that are no tenant's.
const NOBODY: TenantId = TenantId(0);

/// Failures count together until so long after the last one, or after the wait it brought.
const WINDOW_MS: i64 = 15 * 60_000;

/// A person who knows the password finds it within so many attempts.
const ACCOUNT_FREE: i64 = 5;

/// An office of people behind one address shares its attempts.
const ADDRESS_FREE: i64 = 20;

/// Short enough for a person to wait.
const WAIT_MS_MIN: i64 = 30_000;

/// Some hundred attempts a day, of no use against a long password; and an account that a stranger
/// throttles is back within it.
const WAIT_MS_MAX: i64 = 15 * 60_000;

/// What attempts are counted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThrottleKey {
    /// The account, by the e-mail address as typed.
    Account(String),
    /// Where the request came from. The last half of an IPv6 address is the sender's to choose, so
    /// only the first counts.
    Address(IpAddr),
}

impl ThrottleKey {
    fn text(&self) -> String {
        let (kind, value) = match self {
            ThrottleKey::Account(email) => ("account", email_key(email)),
            ThrottleKey::Address(address) => match address.to_canonical() {
                IpAddr::V4(address) => ("address", address.to_string()),
                IpAddr::V6(address) => ("address", format!("{:x?}", &address.segments()[..4])),
            },
        };
        let hash = Sha256::digest(value.as_bytes());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{kind}:{hex}")
    }

    fn free(&self) -> i64 {
        match self {
            ThrottleKey::Account(_) => ACCOUNT_FREE,
            ThrottleKey::Address(_) => ADDRESS_FREE,
        }
    }
}

/// What is known of a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counter {
    failures: i64,
    failed_at: i64,
    wait_until: i64,
}

impl Counter {
    fn from_row(row: &Row) -> Result<Counter, StoreError> {
        Ok(Counter { failures: row.int(1)?, failed_at: row.int(2)?, wait_until: row.int(3)? })
    }

    /// A clock that was set back must not make anybody wait for longer than ever told.
    fn wait_ms(self, now_ms: i64) -> i64 {
        self.wait_until.saturating_sub(now_ms).clamp(0, WAIT_MS_MAX)
    }

    fn failed(self, free: i64, now_ms: i64) -> Counter {
        let last = self.failed_at.max(self.wait_until);
        let failures = if now_ms.saturating_sub(last) > WINDOW_MS { 1 } else { self.failures + 1 };
        let wait_ms = match u32::try_from(failures - free) {
            Ok(beyond) => WAIT_MS_MIN.saturating_mul(1 << beyond.min(20)).min(WAIT_MS_MAX),
            Err(_) => 0,
        };
        Counter { failures, failed_at: now_ms, wait_until: now_ms.saturating_add(wait_ms) }
    }
}

impl Store {
    /// How long an attempt with these keys must wait, in milliseconds; 0 is not at all. Counts
    /// nothing, so it decides nothing: tests look through it.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[cfg(feature = "testing")]
    #[tracing::instrument(name = "store.throttle_wait_ms", level = "debug", skip_all)]
    pub async fn throttle_wait_ms(
        &self,
        keys: &[ThrottleKey],
        now_ms: i64,
    ) -> Result<i64, StoreError> {
        let mut tx = self.db().read(Scope::Root).await?;
        let counters = load(&mut tx, &sorted(keys), "").await?;
        Ok(wait_ms(&counters, now_ms))
    }

    /// Begins an attempt: returns how long it must wait, in milliseconds, or counts it as failed
    /// and returns 0. Call it before the password is looked at, and [`Store::throttle_clear`]
    /// when that was right.
    ///
    /// # Errors
    /// When the database fails; then there should be no attempt.
    #[tracing::instrument(name = "store.throttle_begin", level = "debug", skip_all)]
    pub async fn throttle_begin(
        &self,
        keys: &[ThrottleKey],
        now_ms: i64,
    ) -> Result<i64, StoreError> {
        let keys = sorted(keys);
        write_tx!(self.db(), Scope::Root, |tx| begin(tx, &keys, now_ms).await?)
    }

    /// Forgives the one attempt that was successful, and no other: whoever has an account at an
    /// address, or one of the same e-mail address in another tenant, could else try others' without
    /// end.
    ///
    /// # Errors
    /// When the database fails; the attempt then stays counted.
    #[tracing::instrument(name = "store.throttle_clear", level = "debug", skip_all)]
    pub async fn throttle_clear(&self, keys: &[ThrottleKey]) -> Result<(), StoreError> {
        let keys = sorted(keys);
        let less = "UPDATE throttle SET failures = failures - 1, wait_until = 0 \
                    WHERE tenant_id = $1 AND key = $2 AND failures > 0";
        write_tx!(self.db(), Scope::Root, |tx| {
            for (text, _) in &keys {
                tx.exec(less, args![NOBODY, text]).await?;
            }
        })
    }
}

/// Keys with their texts, each once, in the one order in which rows are locked.
fn sorted(keys: &[ThrottleKey]) -> Vec<(String, ThrottleKey)> {
    let mut texts: Vec<_> = keys.iter().map(|key| (key.text(), key.clone())).collect();
    texts.sort_by(|a, b| a.0.cmp(&b.0));
    texts.dedup_by(|a, b| a.0 == b.0);
    texts
}

/// The counters of keys, in their order.
async fn load(
    tx: &mut Tx,
    keys: &[(String, ThrottleKey)],
    lock: &'static str,
) -> Result<Vec<Counter>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT key, failures, failed_at, wait_until FROM throttle \
         WHERE tenant_id = $1 AND key IN ({}) ORDER BY key{lock}",
        placeholders(2, keys.len())
    );
    let mut args = args![NOBODY];
    args.extend(keys.iter().map(|(text, _)| text.into()));
    let mut counters = vec![Counter::default(); keys.len()];
    for row in tx.rows("throttle", sql, args).await? {
        let text = row.text(0)?;
        if let Some(at) = keys.iter().position(|(known, _)| *known == text) {
            counters[at] = Counter::from_row(&row)?;
        }
    }
    Ok(counters)
}

fn wait_ms(counters: &[Counter], now_ms: i64) -> i64 {
    counters.iter().map(|counter| counter.wait_ms(now_ms)).max().unwrap_or(0)
}

async fn begin(
    tx: &mut Tx,
    keys: &[(String, ThrottleKey)],
    now_ms: i64,
) -> Result<i64, StoreError> {
    // Keys come and go with whoever tries: the table holds the last quarter of an hour only.
    let sql = "DELETE FROM throttle WHERE tenant_id = $1 AND failed_at < $2 AND wait_until < $2";
    tx.exec(sql, args![NOBODY, now_ms.saturating_sub(WINDOW_MS)]).await?;
    // A row is there before it is locked, so two first attempts meet at the lock.
    for (text, _) in keys {
        tx.exec(
            "INSERT INTO throttle (tenant_id, key, failures, failed_at, wait_until) \
             VALUES ($1, $2, 0, $3, 0) ON CONFLICT (tenant_id, key) DO NOTHING",
            args![NOBODY, text, now_ms],
        )
        .await?;
    }
    let lock = tx.for_update();
    let counters = load(tx, keys, lock).await?;
    let wait_ms = wait_ms(&counters, now_ms);
    if wait_ms > 0 {
        return Ok(wait_ms);
    }
    for ((text, key), counter) in keys.iter().zip(counters) {
        let counter = counter.failed(key.free(), now_ms);
        tx.exec(
            "UPDATE throttle SET failures = $3, failed_at = $4, wait_until = $5 \
             WHERE tenant_id = $1 AND key = $2",
            args![NOBODY, text, counter.failures, counter.failed_at, counter.wait_until],
        )
        .await?;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let (mut counter, mut now_ms, mut waits) = (Counter::default(), 1_000_000_000, Vec::new());
        for _ in 0..12 {
            counter = counter.failed(ACCOUNT_FREE, now_ms);
            waits.push(counter.wait_ms(now_ms) / 1_000);
            now_ms = counter.wait_until.max(now_ms);
        }
        assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
        // Quiet for long enough, it begins anew; not a moment earlier.
        assert_eq!(counter.failed(ACCOUNT_FREE, now_ms + WINDOW_MS).failures, 13);
        assert_eq!(counter.failed(ACCOUNT_FREE, now_ms + WINDOW_MS + 1).failures, 1);
    }

    #[test]
    fn a_clock_that_was_set_back_makes_nobody_wait_for_ever() {
        let counter = Counter { failures: 9, failed_at: 1 << 40, wait_until: 1 << 40 };
        assert_eq!(counter.wait_ms(0), WAIT_MS_MAX);
        let many = Counter { failures: i64::from(u32::MAX), ..counter };
        assert_eq!(many.failed(ACCOUNT_FREE, 1 << 40).wait_ms(1 << 40), WAIT_MS_MAX);
    }

    #[test]
    fn one_sender_is_one_key() {
        let key = |address: &str| ThrottleKey::Address(address.parse().expect("an address")).text();
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        let account = |email: &str| ThrottleKey::Account(email.to_owned()).text();
        assert_eq!(account(" Ada@Acme.Example"), account("ada@acme.example"));
        assert!(!account("ada@acme.example").contains("ada"));
    }
}
