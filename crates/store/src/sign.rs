//! Codes under which entries of a chain are kept, so that a change of one shows.
//!
//! Each purpose has a key of its own, derived from the tenant's data key, which also seals secrets.

use almanac_model::id::TenantId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::db::Tx;
use crate::error::StoreError;
use crate::keyring::Keyring;
use crate::tenant_key::{self, DataKey};

/// The data keys needed while checking; nearly always one.
pub(crate) struct Keys<'a> {
    keyring: &'a Keyring,
    tenant: TenantId,
    last: Option<DataKey>,
}

impl<'a> Keys<'a> {
    pub(crate) fn new(keyring: &'a Keyring, tenant: TenantId) -> Keys<'a> {
        Keys { keyring, tenant, last: None }
    }

    pub(crate) async fn get(&mut self, tx: &mut Tx, id: u32) -> Result<&DataKey, StoreError> {
        if self.last.as_ref().is_none_or(|key| key.id != id) {
            self.last = Some(tenant_key::data_key(tx, self.keyring, self.tenant, id).await?);
        }
        Ok(self.last.as_ref().expect("set above"))
    }
}

/// The code of these parts, each with its length in front, so that no two lists of parts look
/// alike.
pub(crate) fn code(key: &DataKey, purpose: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut derive = hmac(key.key.as_slice());
    derive.update(purpose);
    let mut mac = hmac(&derive.finalize().into_bytes());
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}
