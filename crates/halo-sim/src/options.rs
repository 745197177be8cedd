//! What is fixed when the simulator starts: addresses, seed, sizes, credentials, clock.
//!
//! Everything that may change while it runs is in [`Switches`]; both are flags of
//! `almanac halo-sim`. The defaults are written once, as flag defaults: `Default` parses an empty
//! command line, so the two cannot drift apart.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser};

use crate::switches::Switches;

/// The OAuth client id that the simulator accepts unless told otherwise. A GUID, as Halo's are
/// (HALO-API.md 1.2: HA help text).
pub const DEMO_OAUTH_CLIENT_ID: &str = "6f1c2a0e-3b5d-4e7f-8a9b-0c1d2e3f4a5b";

/// The client secret that the simulator accepts unless given a file: two GUIDs joined by `-`
/// (HALO-API.md 1.2: HA, PD). It guards nothing: the simulator's data is made up.
pub const DEMO_CLIENT_SECRET: &str =
    "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9-9e8d7c6b-5a49-4837-8625-1403f2e1d0c9";

/// How to start a simulator. See `--help` for each switch.
#[derive(Debug, Clone, Args)]
pub struct SimOptions {
    /// Address of the Halo side. Port 0 picks a free one, which is printed.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    pub listen: SocketAddr,
    /// Address of the control port: GET /truth/ENTITY /state /requests /writes /webhooks; POST /settings
    /// /faults /limit /clock /scopes /agent /move /row/ENTITY /webhooks/flush.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    pub control: SocketAddr,
    /// Everything about the data follows from this number and the sizes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How much data there is.
    #[command(flatten)]
    pub sizes: Sizes,
    /// The day the data describes as today; ages and warranties are laid around it.
    #[arg(long, default_value = "2026-11-01", value_name = "DATE")]
    pub world_date: jiff::civil::Date,
    /// Simulated seconds per real second. Token lifetimes, the limit's window and the Date header
    /// follow the simulated clock.
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    pub clock_speed: f64,
    /// Seconds that the simulated clock is ahead of ours (negative: behind).
    #[arg(long, default_value_t = 0, value_name = "SECONDS", allow_negative_numbers = true)]
    pub clock_offset: i64,
    /// Halo's own "tenant", as authinfo announces it (HALO-API.md 1.1).
    #[arg(long = "halo-tenant", default_value = "almanac-demo", value_name = "NAME")]
    pub halo_tenant: String,
    /// The OAuth client id that is accepted.
    #[arg(long = "client-id", default_value = DEMO_OAUTH_CLIENT_ID, value_name = "GUID")]
    pub oauth_client_id: String,
    /// File with the client secret that is accepted. Without it, the demo's secret is.
    #[arg(long, value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// File with a key that is accepted as X-Halo-Api-Key (HALO-API.md 1.3: BL). Without it, none is.
    #[arg(long, value_name = "FILE")]
    pub api_key_file: Option<PathBuf>,
    /// What may also change while the simulator runs.
    #[command(flatten)]
    pub switches: Switches,
}

/// How many rows there are. Rows are computed when asked for, so a million cost no memory each.
#[derive(Debug, Clone, Args)]
pub struct Sizes {
    /// Clients, with the built-in "Unknown".
    #[arg(long, default_value_t = 40, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub clients: u32,
    /// Sites; each client has at least its main site. 0: one and a half per client.
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub sites: u32,
    /// Rows of /Users: people, service accounts (about 40 %, KG) and one General User per site.
    #[arg(long, default_value_t = 600, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub contacts: u32,
    /// Agents, with the built-in "Unassigned".
    #[arg(long, default_value_t = 14, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub agents: u32,
    /// Assets.
    #[arg(long, default_value_t = 1_500, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub assets: u32,
    /// Tickets, opportunities and projects together.
    #[arg(long, default_value_t = 400, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub tickets: u32,
    /// Percent of contacts and assets that belong to client 1, "Unknown".
    #[arg(long, default_value_t = 1, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub unassigned: u8,
}

/// Only there to give [`SimOptions`] its defaults.
#[derive(Parser)]
#[command(no_binary_name = true)]
struct CommandLine {
    #[command(flatten)]
    options: SimOptions,
}

impl Default for SimOptions {
    fn default() -> SimOptions {
        CommandLine::try_parse_from::<_, &str>([])
            .expect("every flag has a default, which the tests parse")
            .options
    }
}

impl Default for Sizes {
    fn default() -> Sizes {
        SimOptions::default().sizes
    }
}

impl Default for Switches {
    fn default() -> Switches {
        SimOptions::default().switches
    }
}

impl Sizes {
    /// Sites in all: as asked, never fewer than one per client.
    pub(crate) fn sites_total(&self) -> u32 {
        let wanted = if self.sites == 0 { self.clients + self.clients / 2 } else { self.sites };
        wanted.max(self.clients)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_a_small_msp_on_loopback() {
        let options = SimOptions::default();
        assert!(options.listen.ip().is_loopback() && options.control.ip().is_loopback());
        assert_eq!((options.sizes.clients, options.sizes.assets), (40, 1_500));
        assert_eq!(options.switches.page_cap, 100);
    }

    #[test]
    fn flags_are_read() {
        let line =
            ["--page-cap", "50", "--fault", "500=5", "--clock-offset", "-90", "--assets", "7"];
        let options = CommandLine::try_parse_from(line).expect("valid flags").options;
        assert_eq!(options.switches.page_cap, 50);
        assert_eq!(options.switches.faults.len(), 1);
        assert_eq!((options.clock_offset, options.sizes.assets), (-90, 7));
    }
}
