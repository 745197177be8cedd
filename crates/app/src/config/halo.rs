//! `[halo]`.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// What Almanac reads, and no more. Without those after the second it works without their streams.
const SCOPES: [&str; 7] = [
    "read:customers",
    "read:assets",
    "read:tickets",
    "read:sales",
    "read:projects",
    "read:contracts",
    "read:invoices",
];

/// How Halo may be called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HaloConfig {
    /// Hosts at private addresses that may be called.
    pub(crate) allow_private_hosts: Vec<String>,
    /// Calls that Halo allows in five minutes; 0 means no limit.
    pub(crate) call_limit: u32,
    /// The share of the limit that background work may use, in percent.
    pub(crate) share: u32,
    /// Scopes to ask for.
    pub(crate) scopes: Vec<String>,
}

impl Default for HaloConfig {
    fn default() -> Self {
        Self {
            allow_private_hosts: Vec::new(),
            call_limit: 700,
            share: 50,
            scopes: SCOPES.map(str::to_owned).to_vec(),
        }
    }
}

impl HaloConfig {
    /// Lays the environment over the file.
    pub(crate) fn with_environment(
        mut self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        if let Some(hosts) = variable("ALMANAC_HALO_ALLOW_PRIVATE_HOSTS") {
            self.allow_private_hosts = list(&hosts);
        }
        if let Some(scopes) = variable("ALMANAC_HALO_SCOPES") {
            self.scopes = list(&scopes);
        }
        if let Some(limit) = variable("ALMANAC_HALO_CALL_LIMIT") {
            self.call_limit = number("ALMANAC_HALO_CALL_LIMIT", &limit)?;
        }
        if let Some(share) = variable("ALMANAC_HALO_SHARE") {
            self.share = number("ALMANAC_HALO_SHARE", &share)?;
        }
        if !(1..=100).contains(&self.share) {
            return Err(Failure::config(format!("halo.share is {}, not 1 to 100", self.share)));
        }
        Ok(self)
    }
}

fn list(text: &str) -> Vec<String> {
    text.split([',', ' '])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn number(name: &str, text: &str) -> Result<u32, Failure> {
    text.parse().map_err(|_| Failure::config(format!("{name} is {text:?}, not a whole number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_goes_over_the_file() {
        let hosts = |name: &str| match name {
            "ALMANAC_HALO_ALLOW_PRIVATE_HOSTS" => Some("127.0.0.1, halo.lan".to_owned()),
            "ALMANAC_HALO_SHARE" => Some("80".to_owned()),
            _ => None,
        };
        let config = HaloConfig::default().with_environment(hosts).unwrap();
        assert_eq!(config.allow_private_hosts, ["127.0.0.1", "halo.lan"]);
        assert_eq!(config.share, 80);
        assert!(HaloConfig::default().with_environment(|_| Some("x".to_owned())).is_err());
    }
}
