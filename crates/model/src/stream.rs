//! The streams: one kind of record from one connection.
//!
//! Names are public (command line, exports, status JSON); changing one is a decision record. The
//! order of [`Stream::ALL`] is the order of dependency: a stream refers only to earlier ones, and
//! those that assets stand on come before all others.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One kind of record from one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// What kinds of client the MSP tells apart.
    ClientTypes,
    /// Companies that the MSP serves.
    Clients,
    /// Locations of clients.
    Sites,
    /// People at clients.
    Contacts,
    /// Technicians of the MSP.
    Agents,
    /// Groups of agents.
    Teams,
    /// Kinds of asset, each with its field definitions.
    AssetTypes,
    /// States an asset can be in.
    AssetStatuses,
    /// Managed items.
    Assets,
    /// States a ticket can be in.
    TicketStatuses,
    /// Kinds of ticket.
    TicketTypes,
    /// Degrees of urgency, each of one service level.
    Priorities,
    /// What tickets are about.
    Categories,
    /// Ways that tickets take.
    Workflows,
    /// Service records.
    Tickets,
    /// Entries on tickets.
    TicketActions,
    /// Sales that may come.
    Opportunities,
    /// Pieces of work with an end, and their tasks.
    Projects,
    /// What clients have agreed to.
    Contracts,
    /// What clients were asked to pay.
    Invoices,
}

impl Stream {
    /// Every stream that is read today, in order of dependency.
    pub const ALL: [Stream; 20] = [
        Stream::ClientTypes,
        Stream::Clients,
        Stream::Sites,
        Stream::Contacts,
        Stream::Agents,
        Stream::Teams,
        Stream::AssetTypes,
        Stream::AssetStatuses,
        Stream::Assets,
        Stream::TicketStatuses,
        Stream::TicketTypes,
        Stream::Priorities,
        Stream::Categories,
        Stream::Workflows,
        Stream::Tickets,
        Stream::TicketActions,
        Stream::Opportunities,
        Stream::Projects,
        Stream::Contracts,
        Stream::Invoices,
    ];

    /// The public name.
    pub fn name(self) -> &'static str {
        match self {
            Stream::ClientTypes => "client_types",
            Stream::Clients => "clients",
            Stream::Sites => "sites",
            Stream::Contacts => "contacts",
            Stream::Agents => "agents",
            Stream::Teams => "teams",
            Stream::AssetTypes => "asset_types",
            Stream::AssetStatuses => "asset_statuses",
            Stream::Assets => "assets",
            Stream::TicketStatuses => "ticket_statuses",
            Stream::TicketTypes => "ticket_types",
            Stream::Priorities => "priorities",
            Stream::Categories => "categories",
            Stream::Workflows => "workflows",
            Stream::Tickets => "tickets",
            Stream::TicketActions => "ticket_actions",
            Stream::Opportunities => "opportunities",
            Stream::Projects => "projects",
            Stream::Contracts => "contracts",
            Stream::Invoices => "invoices",
        }
    }

    /// Whether assets and their pages stand on it. Almanac needs these; a connection that may not
    /// read one of the others works without it.
    pub fn is_of_assets(self) -> bool {
        self <= Stream::Assets
    }
}

/// A name that is not a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no stream {0:?}; streams are: {names}", names = names())]
pub struct UnknownStream(pub String);

fn names() -> String {
    Stream::ALL.map(Stream::name).join(", ")
}

impl FromStr for Stream {
    type Err = UnknownStream;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Stream::ALL
            .into_iter()
            .find(|stream| stream.name() == name)
            .ok_or_else(|| UnknownStream(name.to_owned()))
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_stream() {
        for stream in Stream::ALL {
            assert_eq!(stream.name().parse(), Ok(stream));
        }
        assert!("asset".parse::<Stream>().is_err());
    }
}
