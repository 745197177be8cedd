//! Address and credentials as typed, checked and understood.
//!
//! A secret is never sent back. An empty one keeps the stored one, but only where it went before:
//! to another address or application it must be typed again, or whoever may change the address
//! could have the secret sent to a server of theirs.

use almanac_store::Connection;
use secrecy::SecretString;
use serde::Deserialize;

use crate::extract::Faults;
use crate::psa_address::AddressReader;

const URL_CHARS_MAX: usize = 300;
const NAME_CHARS_MAX: usize = 200;
const SECRET_CHARS_MAX: usize = 1_000;

/// As typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ConnectionForm {
    pub(super) url: String,
    pub(super) auth_url: String,
    pub(super) halo_tenant: String,
    pub(super) oauth_client_id: String,
    pub(super) client_secret: String,
    /// Said by the person: the same Halo at another address.
    pub(super) is_moved: bool,
}

/// Checked and understood.
pub(super) struct Checked {
    pub(super) base_url: String,
    pub(super) auth_url: Option<String>,
    pub(super) psa_tenant: Option<String>,
    pub(super) oauth_client_id: String,
    /// `None` keeps the stored one.
    pub(super) secret: Option<SecretString>,
}

impl ConnectionForm {
    /// What is stored, without its secret.
    pub(super) fn of(connection: &Connection) -> ConnectionForm {
        ConnectionForm {
            url: connection.base_url.clone(),
            auth_url: connection.auth_url.clone().unwrap_or_default(),
            halo_tenant: connection.psa_tenant.clone().unwrap_or_default(),
            oauth_client_id: connection.oauth_client_id.clone(),
            ..ConnectionForm::default()
        }
    }

    /// The values, or what is wrong with each field.
    pub(super) fn check(
        &self,
        stored: Option<&Connection>,
        read: &AddressReader,
    ) -> Result<Checked, Faults> {
        let mut faults = Faults::default();
        let auth_url = optional(&self.auth_url);
        let understood = if is_longer(&self.url, URL_CHARS_MAX) {
            faults.add(
                "url",
                "Give the address you sign in to Halo with; this is too long to be one.",
            );
            None
        } else if is_longer(&self.auth_url, URL_CHARS_MAX) {
            faults.add("auth_url", "Shorten the address; this is too long to be one.");
            None
        } else {
            match read(&self.url, auth_url) {
                Ok(understood) => Some(understood),
                Err(refused) => {
                    faults
                        .add(if refused.is_auth_url { "auth_url" } else { "url" }, refused.repair);
                    None
                }
            }
        };
        let repair = "Copy the client ID of the application in Halo.";
        let oauth_client_id = faults.check("oauth_client_id", name(&self.oauth_client_id, repair));
        let psa_tenant = optional(&self.halo_tenant);
        if let Some(tenant) = psa_tenant {
            let repair = "Copy the tenant from Halo API in Halo, or leave this empty.";
            faults.check("halo_tenant", name(tenant, repair));
        }
        let secret = self.client_secret.trim();
        if is_longer(secret, SECRET_CHARS_MAX) || secret.chars().any(char::is_control) {
            faults.add("client_secret", "Paste the secret alone, as Halo shows it.");
        }
        let (Some(understood), Some(oauth_client_id)) = (understood, oauth_client_id) else {
            if secret.is_empty() && stored.is_none() {
                faults.add("client_secret", SECRET_MISSING);
            }
            return Err(faults);
        };
        let checked = Checked {
            base_url: understood.base_url,
            auth_url: understood.auth_url,
            psa_tenant: psa_tenant.map(str::to_owned),
            oauth_client_id,
            secret: (!secret.is_empty()).then(|| SecretString::from(secret)),
        };
        if checked.secret.is_none() {
            match stored {
                None => faults.add("client_secret", SECRET_MISSING),
                Some(stored) if !checked.goes_where(stored) => {
                    faults.add("client_secret", SECRET_ELSEWHERE);
                }
                Some(_) => {}
            }
        }
        if faults.is_empty() { Ok(checked) } else { Err(faults) }
    }
}

const SECRET_MISSING: &str = "Paste the secret. Halo shows it once; make a new key if it is lost.";
const SECRET_ELSEWHERE: &str = "Paste the secret again: the stored one is only sent to the address and application \
                                that it was given for.";

impl Checked {
    /// Whether the stored secret would be sent where it was sent before.
    fn goes_where(&self, stored: &Connection) -> bool {
        self.base_url == stored.base_url
            && self.auth_url == stored.auth_url
            && self.psa_tenant == stored.psa_tenant
            && self.oauth_client_id == stored.oauth_client_id
    }
}

fn optional(typed: &str) -> Option<&str> {
    Some(typed.trim()).filter(|text| !text.is_empty())
}

fn is_longer(text: &str, chars_max: usize) -> bool {
    text.chars().nth(chars_max).is_some()
}

fn name(typed: &str, repair: &'static str) -> Result<String, &'static str> {
    let name = typed.trim();
    let is_name = !name.is_empty()
        && !is_longer(name, NAME_CHARS_MAX)
        && !name.chars().any(|c| c.is_control() || c.is_whitespace());
    is_name.then(|| name.to_owned()).ok_or(repair)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use almanac_model::id::{ConnectionId, TenantId};

    use super::*;
    use crate::psa_address::{AddressRefused, UnderstoodAddress};

    fn reader() -> AddressReader {
        Arc::new(|url, auth_url| {
            let host = url.trim().trim_end_matches('/').to_lowercase();
            if host.is_empty() {
                let repair = "Give an address.".to_owned();
                return Err(AddressRefused { is_auth_url: false, repair });
            }
            let auth_url = auth_url.map(str::to_owned);
            Ok(UnderstoodAddress { base_url: format!("https://{host}"), auth_url })
        })
    }

    fn stored() -> Connection {
        Connection {
            tenant: TenantId(1),
            id: ConnectionId(1),
            base_url: "https://acme.halopsa.com".to_owned(),
            auth_url: None,
            psa_tenant: None,
            oauth_client_id: "id-1".to_owned(),
            created_at: 0,
            updated_at: 0,
        }
    }

    fn form(url: &str, id: &str, secret: &str) -> ConnectionForm {
        let [url, id, secret] = [url, id, secret].map(str::to_owned);
        ConnectionForm {
            url,
            oauth_client_id: id,
            client_secret: secret,
            ..ConnectionForm::default()
        }
    }

    #[test]
    fn an_empty_secret_is_kept_only_where_it_went_before() {
        let stored = stored();
        let same = form("Acme.halopsa.com/", " id-1 ", " ");
        let checked =
            same.check(Some(&stored), &reader()).unwrap_or_else(|_| panic!("nothing changed"));
        assert!(checked.secret.is_none());
        for other in [form("evil.example", "id-1", ""), form("acme.halopsa.com", "id-2", "")] {
            let faults =
                other.check(Some(&stored), &reader()).err().expect("the secret is missing");
            assert_eq!(faults.of("client_secret"), Some(SECRET_ELSEWHERE));
        }
        let mut auth = form("acme.halopsa.com", "id-1", "");
        auth.auth_url = "https://evil.example/token".to_owned();
        assert!(auth.check(Some(&stored), &reader()).is_err());
        assert!(form("acme.halopsa.com", "id-2", "new").check(Some(&stored), &reader()).is_ok());
    }

    #[test]
    fn every_field_says_its_repair() {
        let faults = form("", "", "").check(None, &reader()).err().expect("all is missing");
        let fields: Vec<&str> = faults.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["client_secret", "oauth_client_id", "url"]);
        let long = "x".repeat(5_000);
        for hostile in [
            form(&long, "id", "s"),
            form("a.example", &long, "s"),
            form("a.example", "id", &long),
            form("a.example", "i\u{0}d", "s"),
            form("a.example", "id", "s\u{0}t"),
        ] {
            assert!(hostile.check(None, &reader()).is_err());
        }
    }
}
