//! What was understood of the addresses that a person typed, before any call is made.

use almanac_psa::PsaError;

use crate::address::{Address, is_named};

/// Addresses as they were understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// Where Halo is, without `/api` and the like.
    pub base_url: String,
    /// The authorisation server as typed, once it was found to be an address.
    pub auth_url: Option<String>,
    /// Whether the operator named the host: then it may be private, and is likely on premises.
    pub is_named_host: bool,
}

/// Forgives what can be mended (a trailing slash, `/api`, capitals, a missing `https://`).
///
/// # Errors
/// `BadAddress` for what is no address, `PrivateAddress` for a private one that was not named.
pub fn understand(
    base_url: &str,
    auth_url: Option<&str>,
    named_hosts: &[String],
) -> Result<Understood, PsaError> {
    let address = Address::parse(base_url, named_hosts)?;
    if let Some(auth_url) = auth_url {
        address.token_address(auth_url, named_hosts)?;
    }
    let host = address.api("").host_str().unwrap_or_default().to_owned();
    Ok(Understood {
        base_url: address.as_understood(),
        auth_url: auth_url.map(|url| url.trim().to_owned()),
        is_named_host: is_named(&host, named_hosts),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_shown_as_understood() {
        let named = ["halo.lan".to_owned()];
        let understood = understand("HTTP://Halo.LAN:8080/api/", None, &named).unwrap();
        assert_eq!(understood.base_url, "http://halo.lan:8080");
        assert!(understood.is_named_host);
        let understood = understand("acme.halopsa.com/api", Some("x y"), &named);
        assert!(understood.is_err());
        let hosted = understand("acme.halopsa.com/api", None, &named).unwrap();
        assert_eq!(
            (hosted.base_url.as_str(), hosted.is_named_host),
            ("https://acme.halopsa.com", false)
        );
    }
}
