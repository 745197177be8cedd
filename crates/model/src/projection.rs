//! The mapped form of one record of any stream.
//!
//! What a connector's mapper returns and the store keeps beside the raw record. It can be made
//! again from the raw record at any time.

use serde::{Deserialize, Serialize};

use crate::agent::Agent;
use crate::asset::RemoteAsset;
use crate::asset_status::AssetStatus;
use crate::asset_type::AssetType;
use crate::category::Category;
use crate::client::Client;
use crate::client_type::ClientType;
use crate::contact::Contact;
use crate::contract::Contract;
use crate::id::RemoteId;
use crate::invoice::Invoice;
use crate::opportunity::Opportunity;
use crate::priority::Priority;
use crate::project::Project;
use crate::site::Site;
use crate::stream::Stream;
use crate::team::Team;
use crate::ticket::Ticket;
use crate::ticket_action::TicketAction;
use crate::ticket_status::TicketStatus;
use crate::ticket_type::TicketType;
use crate::workflow::Workflow;

/// The mapped form of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Projection {
    /// From [`Stream::ClientTypes`].
    ClientType(ClientType),
    /// From [`Stream::Clients`].
    Client(Client),
    /// From [`Stream::Sites`].
    Site(Site),
    /// From [`Stream::Contacts`].
    Contact(Contact),
    /// From [`Stream::Agents`].
    Agent(Agent),
    /// From [`Stream::Teams`].
    Team(Team),
    /// From [`Stream::AssetTypes`].
    AssetType(AssetType),
    /// From [`Stream::AssetStatuses`].
    AssetStatus(AssetStatus),
    /// From [`Stream::Assets`].
    Asset(RemoteAsset),
    /// From [`Stream::TicketStatuses`].
    TicketStatus(TicketStatus),
    /// From [`Stream::TicketTypes`].
    TicketType(TicketType),
    /// From [`Stream::Priorities`].
    Priority(Priority),
    /// From [`Stream::Categories`].
    Category(Category),
    /// From [`Stream::Workflows`].
    Workflow(Workflow),
    /// From [`Stream::Tickets`].
    Ticket(Ticket),
    /// From [`Stream::TicketActions`].
    TicketAction(TicketAction),
    /// From [`Stream::Opportunities`].
    Opportunity(Opportunity),
    /// From [`Stream::Projects`].
    Project(Project),
    /// From [`Stream::Contracts`].
    Contract(Contract),
    /// From [`Stream::Invoices`].
    Invoice(Invoice),
}

impl Projection {
    /// The stream it came from.
    pub fn stream(&self) -> Stream {
        match self {
            Projection::ClientType(_) => Stream::ClientTypes,
            Projection::Client(_) => Stream::Clients,
            Projection::Site(_) => Stream::Sites,
            Projection::Contact(_) => Stream::Contacts,
            Projection::Agent(_) => Stream::Agents,
            Projection::Team(_) => Stream::Teams,
            Projection::AssetType(_) => Stream::AssetTypes,
            Projection::AssetStatus(_) => Stream::AssetStatuses,
            Projection::Asset(_) => Stream::Assets,
            Projection::TicketStatus(_) => Stream::TicketStatuses,
            Projection::TicketType(_) => Stream::TicketTypes,
            Projection::Priority(_) => Stream::Priorities,
            Projection::Category(_) => Stream::Categories,
            Projection::Workflow(_) => Stream::Workflows,
            Projection::Ticket(_) => Stream::Tickets,
            Projection::TicketAction(_) => Stream::TicketActions,
            Projection::Opportunity(_) => Stream::Opportunities,
            Projection::Project(_) => Stream::Projects,
            Projection::Contract(_) => Stream::Contracts,
            Projection::Invoice(_) => Stream::Invoices,
        }
    }

    /// The PSA's identifier of the record.
    pub fn remote_id(&self) -> &RemoteId {
        match self {
            Projection::ClientType(record) => &record.remote_id,
            Projection::Client(record) => &record.remote_id,
            Projection::Site(record) => &record.remote_id,
            Projection::Contact(record) => &record.remote_id,
            Projection::Agent(record) => &record.remote_id,
            Projection::Team(record) => &record.remote_id,
            Projection::AssetType(record) => &record.remote_id,
            Projection::AssetStatus(record) => &record.remote_id,
            Projection::Asset(record) => &record.remote_id,
            Projection::TicketStatus(record) => &record.remote_id,
            Projection::TicketType(record) => &record.remote_id,
            Projection::Priority(record) => &record.remote_id,
            Projection::Category(record) => &record.remote_id,
            Projection::Workflow(record) => &record.remote_id,
            Projection::Ticket(record) => &record.remote_id,
            Projection::TicketAction(record) => &record.remote_id,
            Projection::Opportunity(record) => &record.remote_id,
            Projection::Project(record) => &record.remote_id,
            Projection::Contract(record) => &record.remote_id,
            Projection::Invoice(record) => &record.remote_id,
        }
    }
}
