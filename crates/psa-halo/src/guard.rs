//! The address guard: which hosts this client may connect to.
//!
//! A tenant types the address, so without a guard this server would be a way into the network it
//! stands in. Names are checked after resolution and the checked answer is the one connected to
//! (no second look-up to rebind); addresses written as numbers bypass the resolver and are
//! checked before each request. Hosts that the operator named skip the check.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use almanac_psa::PsaError;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::address::is_named;

/// Decides whether a host may be connected to.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    named_hosts: Arc<[String]>,
}

/// A name that resolved to a private address.
#[derive(Debug)]
pub(crate) struct PrivateAnswer {
    host: String,
    address: IpAddr,
}

impl fmt::Display for PrivateAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} resolves to the private {}", self.host, self.address)
    }
}

impl std::error::Error for PrivateAnswer {}

impl From<&PrivateAnswer> for PsaError {
    fn from(answer: &PrivateAnswer) -> Self {
        PsaError::PrivateAddress { host: answer.host.clone(), address: answer.address.to_string() }
    }
}

impl Guard {
    /// A guard that lets public addresses pass, and these hosts.
    pub(crate) fn new(named_hosts: &[String]) -> Self {
        Self { named_hosts: named_hosts.into() }
    }

    /// Checks a URL whose host is written as a number. Names are checked when they resolve.
    pub(crate) fn check_url(&self, url: &Url) -> Result<(), PsaError> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        let host = url.host_str().unwrap_or_default();
        if is_public(address) || is_named(host, &self.named_hosts) {
            return Ok(());
        }
        Err(PsaError::PrivateAddress { host: host.to_owned(), address: address.to_string() })
    }

    /// One private answer condemns the name: a public one beside it proves nothing.
    fn check_answers(&self, host: &str, answers: &[SocketAddr]) -> Result<(), PrivateAnswer> {
        if is_named(host, &self.named_hosts) {
            return Ok(());
        }
        match answers.iter().find(|answer| !is_public(answer.ip())) {
            Some(answer) => Err(PrivateAnswer { host: host.to_owned(), address: answer.ip() }),
            None => Ok(()),
        }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let answers: Vec<SocketAddr> =
                tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            guard.check_answers(&host, &answers)?;
            Ok(Box::new(answers.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public internet (IANA special-purpose registries).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        // Mapped (::ffff:0:0/96) and NAT64 (64:ff9b::/96) lead to an IPv4 host.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            embedded(high, low)
        }
        // 6to4 (2002::/16) as well.
        [0x2002, high, low, ..] => embedded(high, low),
        // Teredo, benchmarking, ORCHID and the rest of 2001::/23; documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // All else outside global unicast (2000::/3): loopback, unspecified, ULA, link-local,
        // site-local, multicast, local NAT64, discard.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_of_every_kind_are_refused_and_public_ones_pass() {
        for (address, public) in [
            ("8.8.8.8", true),
            ("52.247.76.89", true),
            ("100.63.255.255", true),
            ("172.32.0.1", true),
            ("192.0.1.1", true),
            ("2606:4700::1111", true),
            ("64:ff9b::8.8.8.8", true),
            ("2002:0808:0808::1", true),
            ("::ffff:8.8.8.8", true),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("127.9.9.9", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.1", false),
            ("192.0.2.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("198.51.100.7", false),
            ("203.0.113.9", false),
            ("224.0.0.1", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::127.0.0.1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:169.254.169.254", false),
            ("64:ff9b::10.0.0.1", false),
            ("64:ff9b:1::1", false),
            ("2002:7f00:0001::1", false),
            ("2001:0:1::1", false),
            ("2001:db8::1", false),
            ("3fff::1", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
            ("100::1", false),
        ] {
            let parsed: IpAddr = address.parse().expect(address);
            assert_eq!(is_public(parsed), public, "{address}");
        }
    }

    #[test]
    fn numbers_in_a_url_are_checked_in_every_spelling() {
        let guard = Guard::new(&["10.0.0.5".into()]);
        for (url, passes) in [
            ("https://10.0.0.5/api", true),
            ("https://10.0.0.6/api", false),
            ("https://2130706433/", false),
            ("https://0x7f.1/", false),
            ("https://0177.0.0.1/", false),
            ("https://[::ffff:10.0.0.5]/", false),
            ("https://[::1]/", false),
            ("https://8.8.8.8/", true),
            ("https://acme.halopsa.com/", true),
        ] {
            let parsed = Url::parse(url).expect(url);
            assert_eq!(guard.check_url(&parsed).is_ok(), passes, "{url}");
        }
    }

    #[test]
    fn one_private_answer_condemns_a_name_unless_the_operator_named_it() {
        let guard = Guard::new(&["Halo.LAN".into()]);
        let answers = ["8.8.8.8:0", "10.0.0.1:0"].map(|a| a.parse().expect("an address"));
        assert!(guard.check_answers("evil.example", &answers).is_err());
        assert!(guard.check_answers("evil.example", &answers[..1]).is_ok());
        assert!(guard.check_answers("halo.lan", &answers).is_ok());
        assert!(guard.check_answers("nothalo.lan", &answers).is_err());
    }

    #[tokio::test]
    async fn localhost_by_name_is_refused_by_the_resolver() {
        let name: Name = "localhost".parse().expect("a name");
        let Err(error) = Guard::new(&[]).resolve(name).await else {
            panic!("localhost passed");
        };
        assert!(error.downcast_ref::<PrivateAnswer>().is_some(), "{error}");
        let name: Name = "localhost".parse().expect("a name");
        assert!(Guard::new(&["localhost".into()]).resolve(name).await.is_ok());
    }
}
