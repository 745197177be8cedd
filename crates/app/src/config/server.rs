//! `[server]`.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// Where the web server listens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServerConfig {
    /// Address and port.
    pub(crate) listen: SocketAddr,
    /// Whether every request comes through a proxy of yours that sets `X-Forwarded-For`.
    pub(crate) behind_proxy: bool,
    /// Where metrics are served; nowhere unless named, since they name tenants.
    pub(crate) metrics_listen: Option<SocketAddr>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            behind_proxy: false,
            metrics_listen: None,
        }
    }
}
