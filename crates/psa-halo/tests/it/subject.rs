//! A simulator, a connector to it, and the simulator's control port as the conformance suite
//! needs it.

use std::collections::BTreeSet;
use std::sync::Once;

use almanac_halo_sim::{DEMO_CLIENT_SECRET, DEMO_OAUTH_CLIENT_ID, RunningSim, SimOptions, start};
use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_psa::conformance::Subject;
use almanac_psa_halo::{HaloConnector, HaloMapper, HaloOptions};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The options of a connector to a server on loopback, without a limit of calls.
pub(crate) fn options(base_url: &str) -> HaloOptions {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().expect("the first provider");
    });
    let secret = DEMO_CLIENT_SECRET.to_owned().into();
    let mut options = HaloOptions::new(base_url, DEMO_OAUTH_CLIENT_ID, secret, now);
    options.allow_private_hosts = vec!["127.0.0.1".to_owned()];
    options.call_limit = None;
    options
}

#[expect(clippy::disallowed_methods, reason = "the simulator's clock is the machine's")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// A simulator with a connector to it.
pub(crate) struct SimSubject {
    pub(crate) sim: RunningSim,
    pub(crate) connector: HaloConnector,
    control: reqwest::Client,
}

/// A small MSP: more than one page of clients, contacts and assets.
pub(crate) fn small() -> SimOptions {
    let mut options = SimOptions::default();
    options.sizes.clients = 130;
    options.sizes.contacts = 320;
    options.sizes.assets = 430;
    options.sizes.tickets = 120;
    options
}

impl SimSubject {
    /// Starts a small simulator, changed so.
    pub(crate) async fn start(change: impl FnOnce(&mut SimOptions)) -> Self {
        Self::start_with(change, |_| {}).await
    }

    /// Starts a small simulator and a connector, each changed so.
    pub(crate) async fn start_with(
        change: impl FnOnce(&mut SimOptions),
        change_client: impl FnOnce(&mut HaloOptions),
    ) -> Self {
        let mut sim_options = small();
        change(&mut sim_options);
        let sim = start(sim_options).await.expect("a simulator");
        let mut options = options(&sim.base_url());
        change_client(&mut options);
        let connector = HaloConnector::new(options).expect("a connector");
        Self { sim, connector, control: reqwest::Client::new() }
    }

    /// Every webhook and notification of the simulator.
    pub(crate) async fn webhooks(&self) -> Value {
        let url = format!("{}/webhooks", self.sim.control_url());
        let answer = self.control.get(url).send().await.expect("an answer");
        serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON")
    }

    /// One line of the simulator's truth for each row.
    pub(crate) async fn truth_lines(&self, path: &str) -> Vec<String> {
        let url = format!("{}/truth/{path}", self.sim.control_url());
        let answer = self.control.get(url).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        let text = answer.text().await.expect("a body");
        text.lines().map(str::to_owned).collect()
    }

    /// The simulator's truth about a stream.
    pub(crate) async fn truth_of(&self, stream: Stream) -> Vec<String> {
        let mut lines = Vec::new();
        for path in truth_paths(stream) {
            lines.extend(self.truth_lines(path).await);
        }
        lines
    }

    /// How many requests the simulator saw under a path.
    pub(crate) fn seen(&self, path: &str) -> u64 {
        let by_path = self.sim.counts().by_path;
        let of_path = by_path.iter().filter(|(key, _)| key.to_lowercase().contains(path));
        of_path.map(|(_, count)| *count).sum()
    }

    async fn row(&self, body: Value) -> Value {
        self.row_of("Client", body).await
    }

    /// Changes a row of the simulator.
    pub(crate) async fn row_of(&self, entity: &str, body: Value) -> Value {
        let url = format!("{}/row/{entity}", self.sim.control_url());
        let request = self.control.post(url).header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{body}: {}", answer.status());
        let text = answer.text().await.expect("a body");
        serde_json::from_str(&text).expect("JSON")
    }
}

/// Where the truth about a stream is.
pub(crate) fn truth_paths(stream: Stream) -> Vec<&'static str> {
    if stream == Stream::Invoices {
        vec!["Invoice", "RecurringInvoice"]
    } else {
        vec![truth_path(stream)]
    }
}

fn truth_path(stream: Stream) -> &'static str {
    match stream {
        Stream::ClientTypes => "Lookup?lookupid=33",
        Stream::Clients => "Client",
        Stream::Sites => "Site",
        Stream::Contacts => "Users",
        Stream::Agents => "Agent",
        Stream::Teams => "Team",
        Stream::AssetTypes => "AssetType",
        Stream::AssetStatuses => "Lookup?lookupid=61",
        Stream::Assets => "Asset?assetfields=1",
        Stream::TicketStatuses => "Status",
        Stream::TicketTypes => "TicketType",
        Stream::Priorities => "Priority",
        Stream::Categories => "Category",
        Stream::Workflows => "Workflow",
        Stream::Tickets => "Tickets",
        Stream::TicketActions => "Actions",
        Stream::Opportunities => "Opportunities",
        Stream::Projects => "Projects",
        Stream::Contracts => "ClientContract",
        Stream::Invoices => "Invoice",
    }
}

fn number(remote_id: &RemoteId) -> i64 {
    remote_id.as_str().parse().expect("the simulator's identifiers are numbers")
}

impl Subject for SimSubject {
    type Connector = HaloConnector;
    type Mapper = HaloMapper;

    fn connector(&self) -> &HaloConnector {
        &self.connector
    }

    fn mapper(&self) -> &HaloMapper {
        &HaloMapper
    }

    async fn truth(&self, stream: Stream) -> BTreeSet<RemoteId> {
        let id = |line: &String| {
            let row: Value = serde_json::from_str(line).expect("a row");
            let own = match row["id"].as_str() {
                Some(guid) => RemoteId::new(guid),
                None => RemoteId::from(row["id"].as_f64().expect("an id") as i64),
            };
            match stream {
                Stream::TicketActions => RemoteId::new(format!("{}:{own}", row["ticket_id"])),
                _ => own,
            }
        };
        self.truth_of(stream).await.iter().map(id).collect()
    }

    async fn add_client(&self, name: &str) -> RemoteId {
        let added =
            self.row(json!({"op": "insert", "values": {"name": name, "inactive": false}})).await;
        RemoteId::from(added["id"].as_i64().expect("an id"))
    }

    async fn deactivate_client(&self, remote_id: &RemoteId) {
        self.row(json!({"op": "deactivate", "id": number(remote_id)})).await;
    }

    async fn remove_client(&self, remote_id: &RemoteId) {
        self.row(json!({"op": "delete", "id": number(remote_id)})).await;
    }
}
