//! An address as a person typed it, made into the one that is called.
//!
//! People paste what they see: with `/api`, with `/auth/token?tenant=acme`, in capitals, without
//! a scheme. What can be mended is mended and shown as it was understood; what would weaken the
//! connection (plain http, a name and password in the address) is refused with the reason.

use almanac_psa::PsaError;
use url::{Host, Url};

use crate::guard::is_public;

/// Host names under which Halo itself serves tenants (HALO-API 1.1): always at the root, so any
/// path that was pasted along is a page of the web application.
const HALO_SUFFIXES: [&str; 5] =
    [".halopsa.com", ".haloitsm.com", ".haloservicedesk.com", ".halocrm.com", ".usehalo.com"];

/// Where one Halo is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    root: Url,
}

/// An authorisation address as typed: the token URLs to try, and the tenant if it named one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenAddress {
    /// In the order in which to try them; never empty.
    pub(crate) candidates: Vec<Url>,
    /// From `?tenant=`.
    pub(crate) halo_tenant: Option<String>,
}

impl Address {
    /// Reads what a person typed. Plain http and other ports than 443 only for named hosts.
    pub(crate) fn parse(given: &str, named_hosts: &[String]) -> Result<Self, PsaError> {
        let mut root = parse_url(given, named_hosts)?;
        let segments: Vec<String> = match root.path_segments() {
            Some(parts) => parts.filter(|s| !s.is_empty()).map(str::to_owned).collect(),
            None => Vec::new(),
        };
        let kept: Vec<&String> = segments
            .iter()
            .take_while(|s| !["api", "auth", "token"].contains(&s.to_lowercase().as_str()))
            .collect();
        let host = root.host_str().unwrap_or_default();
        let path = if HALO_SUFFIXES.iter().any(|suffix| host.ends_with(suffix)) {
            String::new()
        } else {
            kept.iter().fold(String::new(), |path, s| path + "/" + s)
        };
        root.set_path(&path);
        root.set_query(None);
        root.set_fragment(None);
        Ok(Self { root })
    }

    /// The address as it was understood, without a slash at the end.
    pub(crate) fn as_understood(&self) -> String {
        self.root.as_str().trim_end_matches('/').to_owned()
    }

    /// The URL of a path under `/api`.
    pub(crate) fn api(&self, path: &str) -> Url {
        join(&self.root, &["api", path.trim_start_matches('/')])
    }

    /// Where tokens come from when nothing says otherwise (HALO-API 1.1, on-premises row).
    pub(crate) fn default_token_url(&self) -> Url {
        join(&self.root, &["auth", "token"])
    }

    /// Whether tokens at this URL come from the same host and port.
    fn is_same_host(&self, other: &Url) -> bool {
        self.root.host() == other.host()
            && self.root.port_or_known_default() == other.port_or_known_default()
    }

    /// Reads the authorisation address that this Halo gives of itself, which may be a path alone.
    pub(crate) fn own_token_address(
        &self,
        given: &str,
        named_hosts: &[String],
    ) -> Result<TokenAddress, PsaError> {
        let given = given.trim();
        let is_path = given.starts_with('/') && !given.starts_with("//");
        if is_path && let Ok(joined) = self.root.join(given) {
            return self.token_address(joined.as_str(), named_hosts);
        }
        self.token_address(given, named_hosts)
    }

    /// Reads an authorisation address, with or without `/auth`, `/token` and `?tenant=`.
    ///
    /// Halo shows it without `/token`, guides show it with; shared hosts have `/token`, own hosts
    /// `/auth/token`, trials `/token` without `/auth` (HALO-API 1.1, Q-17).
    pub(crate) fn token_address(
        &self,
        given: &str,
        named_hosts: &[String],
    ) -> Result<TokenAddress, PsaError> {
        let mut url = parse_url(given, named_hosts)?;
        let halo_tenant = url
            .query_pairs()
            .find(|(key, value)| key.eq_ignore_ascii_case("tenant") && !value.is_empty())
            .map(|(_, value)| value.into_owned());
        url.set_query(None);
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        let lower = path.to_lowercase();
        let candidates = if lower.ends_with("/token") {
            vec![url]
        } else if lower.is_empty() {
            let plain = join(&url, &["token"]);
            let nested = join(&url, &["auth", "token"]);
            if self.is_same_host(&url) { vec![nested, plain] } else { vec![plain, nested] }
        } else {
            vec![join(&url, &["token"])]
        };
        Ok(TokenAddress { candidates, halo_tenant })
    }
}

/// Scheme, host and port of a URL, for messages.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Whether the operator named this host (exactly, case aside).
pub(crate) fn is_named(host: &str, named_hosts: &[String]) -> bool {
    let plain = |name: &str| {
        name.trim()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .trim_end_matches('.')
            .to_lowercase()
    };
    let host = plain(host);
    !host.is_empty() && named_hosts.iter().any(|named| plain(named) == host)
}

fn join(root: &Url, parts: &[&str]) -> Url {
    let mut url = root.clone();
    let mut path = root.path().trim_end_matches('/').to_owned();
    for part in parts {
        path.push('/');
        path.push_str(part);
    }
    url.set_path(&path);
    url
}

fn parse_url(given: &str, named_hosts: &[String]) -> Result<Url, PsaError> {
    let bad = |problem: &str| PsaError::BadAddress {
        given: without_userinfo(given),
        problem: problem.to_owned(),
    };
    let trimmed = given
        .trim_matches(|c: char| c.is_whitespace() || "\"'<>\u{200b}\u{feff}".contains(c))
        .trim_end_matches(['.', ',']);
    if trimmed.is_empty() {
        return Err(bad("it is empty"));
    }
    if trimmed.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(bad("there is a space in it"));
    }
    let lower = trimmed.to_lowercase();
    let text = if lower.starts_with("https://") || lower.starts_with("http://") {
        trimmed.to_owned()
    } else if let Some(rest) = trimmed.strip_prefix("//") {
        format!("https://{rest}")
    } else if lower.contains("://") {
        return Err(bad("only https addresses can be used"));
    } else {
        format!("https://{trimmed}")
    };
    let url = Url::parse(&text).map_err(|error| bad(&error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad(
            "a name or password does not belong in the address; give the client id and secret",
        ));
    }
    let is_host_named = url.host_str().is_some_and(|host| is_named(host, named_hosts));
    let private = match url.host() {
        None => return Err(bad("there is no host in it")),
        Some(Host::Ipv4(address)) => (!is_public(address.into())).then(|| address.to_string()),
        Some(Host::Ipv6(address)) => (!is_public(address.into())).then(|| address.to_string()),
        // Only the network we stand in knows a name without a domain.
        Some(Host::Domain(host)) => (!host.trim_end_matches('.').contains('.'))
            .then(|| "a name without a domain".to_owned()),
    };
    if let Some(address) = private.filter(|_| !is_host_named) {
        let host = url.host_str().unwrap_or_default().to_owned();
        return Err(PsaError::PrivateAddress { host, address });
    }
    if url.scheme() == "http" && !is_host_named {
        return Err(bad(
            "plain http is for hosts named in halo.allow_private_hosts only; use https://",
        ));
    }
    if url.port().is_some_and(|port| port != 443) && !is_host_named {
        return Err(bad(
            "other ports than 443 are for hosts named in halo.allow_private_hosts only",
        ));
    }
    Ok(url)
}

/// What was typed, with a password cut out, so that it may be shown.
fn without_userinfo(given: &str) -> String {
    let after_scheme = given.find("://").map_or(0, |at| at + 3);
    let (head, rest) = given.split_at(after_scheme);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{head}…@{}", &rest[at + 1..]),
        None => given.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named() -> Vec<String> {
        vec!["127.0.0.1".into(), "halo.lan".into(), "[::1]".into(), "sim".into()]
    }

    #[test]
    fn what_can_be_mended_is_mended() {
        for (given, understood) in [
            ("https://acme.halopsa.com", "https://acme.halopsa.com"),
            ("  https://acme.halopsa.com/ ", "https://acme.halopsa.com"),
            ("HTTPS://ACME.HaloPSA.com/API/", "https://acme.halopsa.com"),
            ("acme.halopsa.com/auth", "https://acme.halopsa.com"),
            ("acme.halopsa.com/auth/token?tenant=acme", "https://acme.halopsa.com"),
            ("https://acme.halopsa.com/tickets?area=1#x", "https://acme.halopsa.com"),
            ("//acme.halopsa.com", "https://acme.halopsa.com"),
            ("<https://acme.halopsa.com>", "https://acme.halopsa.com"),
            ("https://acme.halopsa.com:443/api", "https://acme.halopsa.com"),
            ("https://help.acme.example/halo/api", "https://help.acme.example/halo"),
            ("http://127.0.0.1:8080/api", "http://127.0.0.1:8080"),
            ("http://halo.lan", "http://halo.lan"),
            ("http://[::1]:9", "http://[::1]:9"),
            ("http://sim:9", "http://sim:9"),
            ("http://2130706433:9", "http://127.0.0.1:9"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            let address = Address::parse(given, &named()).expect(given);
            assert_eq!(address.as_understood(), understood, "{given}");
        }
    }

    #[test]
    fn what_would_weaken_the_connection_is_refused_with_the_reason() {
        for (given, reason) in [
            ("", "empty"),
            ("   ", "empty"),
            ("http://acme.halopsa.com", "plain http"),
            ("http://127.0.0.2:8080", "private address"),
            ("https://169.254.169.254/latest", "private address"),
            ("localhost:8080", "private address"),
            ("ftp://acme.halopsa.com", "only https"),
            ("file:///etc/passwd", "only https"),
            ("https://me:secret@acme.halopsa.com", "name or password"),
            ("https://acme.halopsa.com:8443", "443"),
            ("acme halopsa com", "space"),
            ("https://", "host"),
            ("acme", "without a domain"),
            ("https://[::1", "IPv6"),
        ] {
            let error = Address::parse(given, &named()).expect_err(given);
            let text = error.to_string();
            assert!(text.contains(reason), "{given}: {text}");
            assert!(!text.contains("secret@"), "{text}");
        }
    }

    #[test]
    fn q_17_the_token_address_is_taken_with_or_without_its_path() {
        let address = Address::parse("acme.halopsa.com", &[]).expect("good");
        for (given, first, count, tenant) in [
            (
                "https://auth.haloservicedesk.com/token?tenant=acme",
                "https://auth.haloservicedesk.com/token",
                1,
                Some("acme"),
            ),
            ("https://auth.haloservicedesk.com", "https://auth.haloservicedesk.com/token", 2, None),
            ("https://uk-trial.halopsa.com/token", "https://uk-trial.halopsa.com/token", 1, None),
            ("acme.halopsa.com", "https://acme.halopsa.com/auth/token", 2, None),
            ("https://acme.halopsa.com/auth/", "https://acme.halopsa.com/auth/token", 1, None),
            ("https://acme.halopsa.com/auth/token", "https://acme.halopsa.com/auth/token", 1, None),
        ] {
            let token = address.token_address(given, &[]).expect(given);
            assert_eq!(token.candidates[0].as_str(), first, "{given}");
            assert_eq!(token.candidates.len(), count, "{given}");
            assert_eq!(token.halo_tenant.as_deref(), tenant, "{given}");
        }
    }

    #[test]
    fn paths_are_joined_under_api() {
        let address = Address::parse("https://h.example/halo/", &[]).expect("good");
        assert_eq!(address.api("/Client").as_str(), "https://h.example/halo/api/Client");
        assert_eq!(address.default_token_url().as_str(), "https://h.example/halo/auth/token");
    }
}
