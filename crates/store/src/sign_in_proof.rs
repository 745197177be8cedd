//! What a browser holds between its password and the choice of an MSP.
//!
//! One password can be right in several tenants. Which of them is meant is asked on a page of its
//! own, and the password is not asked for again: the proof names the accounts that took it, sealed
//! by a master key, so that nothing is stored of a sign-in that is not finished. It is no session:
//! it opens nothing, holds for minutes, and an account whose password changed since or that may
//! not sign in any more is not in it.

use almanac_model::id::TenantId;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::StoreError;
use crate::keyring;
use crate::store::Store;
use crate::user::User;

/// Long enough to read a short list; short enough that a screen left alone is no open door.
const AGE_MS_MAX: i64 = 5 * 60_000;

/// What the seal is bound to: it opens as nothing else.
const PLACE: &str = "sign_in_proof";

#[derive(Serialize, Deserialize)]
struct Proof {
    at_ms: i64,
    accounts: Vec<Account>,
}

#[derive(Serialize, Deserialize)]
struct Account {
    tenant: i64,
    user: Uuid,
    password_changed_at: i64,
}

impl Store {
    /// A text that proves for five minutes that these accounts took the password. Only letters,
    /// digits, `-` and `_`; whoever holds it can begin a session of any of them, so it belongs in
    /// a cookie that no script reads.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn sign_in_proof(
        &self,
        found: &[(TenantId, User)],
        at_ms: i64,
    ) -> Result<String, StoreError> {
        let account = |(tenant, user): &(TenantId, User)| Account {
            tenant: tenant.0,
            user: user.id,
            password_changed_at: user.password_changed_at,
        };
        let proof = Proof { at_ms, accounts: found.iter().map(account).collect() };
        let plain = serde_json::to_vec(&proof).expect("numbers and texts are JSON");
        let (id, key) = self.shared.keyring.newest();
        Ok(BASE64.encode(keyring::seal((id, &key), PLACE, &plain)?))
    }

    /// The accounts that a proof names, as they are now; none when it is not one of ours, too old,
    /// or from the future.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.sign_in_proven", level = "debug", skip_all)]
    pub async fn sign_in_proven(
        &self,
        proof: &str,
        now_ms: i64,
    ) -> Result<Vec<(TenantId, User)>, StoreError> {
        let Some(proof) = self.open_proof(proof) else { return Ok(Vec::new()) };
        if !(0..=AGE_MS_MAX).contains(&now_ms.saturating_sub(proof.at_ms)) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for account in proof.accounts {
            let tenant = TenantId(account.tenant);
            let user = self.tenant(tenant).user_by_id(account.user).await?;
            let is_same = |user: &User| {
                user.is_active && user.password_changed_at == account.password_changed_at
            };
            found.extend(user.filter(is_same).map(|user| (tenant, user)));
        }
        Ok(found)
    }

    fn open_proof(&self, proof: &str) -> Option<Proof> {
        let sealed = BASE64.decode(proof).ok()?;
        let key = self.shared.keyring.key(keyring::sealed_by(&sealed)?)?;
        serde_json::from_slice(&keyring::open(&key, PLACE, &sealed)?).ok()
    }
}
