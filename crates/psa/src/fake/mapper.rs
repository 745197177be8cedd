//! How the fake PSA's rows look in our words: a name, of an asset its values, and nothing else
//! that is known.

use almanac_model::agent::Agent;
use almanac_model::asset::{RemoteAsset, RemoteField, RemoteValue};
use almanac_model::asset_status::AssetStatus;
use almanac_model::asset_type::AssetType;
use almanac_model::category::Category;
use almanac_model::client::Client;
use almanac_model::client_type::ClientType;
use almanac_model::contact::Contact;
use almanac_model::contract::Contract;
use almanac_model::id::RemoteId;
use almanac_model::invoice::Invoice;
use almanac_model::opportunity::Opportunity;
use almanac_model::priority::Priority;
use almanac_model::project::Project;
use almanac_model::projection::Projection;
use almanac_model::site::Site;
use almanac_model::stream::Stream;
use almanac_model::team::Team;
use almanac_model::ticket::Ticket;
use almanac_model::ticket_action::TicketAction;
use almanac_model::ticket_status::TicketStatus;
use almanac_model::ticket_type::TicketType;
use almanac_model::workflow::Workflow;
use serde_json::Value;

use crate::connector::{BadRow, Mapper};

/// Maps the fake's rows: `id`, `name`, `inactive`; of an asset also the members of `values`, of a
/// ticket when it was changed in `updated_at`.
#[derive(Debug, Clone, Copy, Default)]
pub struct FakeMapper;

impl Mapper for FakeMapper {
    fn version(&self) -> u32 {
        1
    }

    fn project(
        &self,
        stream: Stream,
        body: &[u8],
        _: Option<&Projection>,
    ) -> Result<Projection, BadRow> {
        let bad = |field: &str, problem: String| BadRow { field: field.to_owned(), problem };
        let row: Value =
            serde_json::from_slice(body).map_err(|error| bad("row", error.to_string()))?;
        let id = row["id"].as_u64().ok_or_else(|| bad("id", "is missing".to_owned()))?;
        let name = row["name"].as_str().ok_or_else(|| bad("name", "is missing".to_owned()))?;
        let is_inactive = row["inactive"].as_bool().unwrap_or(false);
        let remote_id = RemoteId::new(match row["ticket"].as_str() {
            Some(ticket) => format!("{ticket}:{id}"),
            None => id.to_string(),
        });
        let mut mapped = projection(stream, remote_id, name.to_owned(), is_inactive);
        if let Projection::Asset(asset) = &mut mapped {
            let values = row["values"].as_object();
            asset.values.extend(values.into_iter().flatten().filter_map(|(name, value)| {
                let field = RemoteField::Standard(name.clone());
                Some(RemoteValue { field, value: value.as_str()?.to_owned() })
            }));
        }
        if let Projection::Ticket(ticket) = &mut mapped {
            ticket.remote_updated_at = row["updated_at"].as_i64();
        }
        Ok(mapped)
    }
}

/// The projection of a record with this name.
fn projection(stream: Stream, remote_id: RemoteId, name: String, is_inactive: bool) -> Projection {
    let is_placeholder = false;
    match stream {
        Stream::ClientTypes => {
            Projection::ClientType(ClientType { remote_id, name, is_placeholder })
        }
        Stream::Clients => Projection::Client(Client {
            remote_id,
            name,
            client_type: None,
            website: None,
            is_inactive,
            is_placeholder,
        }),
        Stream::Sites => {
            Projection::Site(Site { remote_id, name, client: None, is_inactive, is_placeholder })
        }
        Stream::Contacts => Projection::Contact(Contact {
            remote_id,
            name,
            email: None,
            client: None,
            site: None,
            is_service_account: false,
            is_inactive,
            is_placeholder,
        }),
        Stream::Agents => {
            Projection::Agent(Agent { remote_id, name, email: None, is_inactive, is_placeholder })
        }
        Stream::Teams => Projection::Team(Team { remote_id, name, is_inactive, is_placeholder }),
        Stream::AssetTypes => Projection::AssetType(AssetType {
            remote_id,
            name,
            group_name: None,
            fields: Vec::new(),
            is_inactive,
            is_placeholder,
        }),
        Stream::AssetStatuses => {
            Projection::AssetStatus(AssetStatus { remote_id, name, is_placeholder })
        }
        Stream::Assets => Projection::Asset(RemoteAsset {
            remote_id,
            tag: Some(name),
            client: None,
            site: None,
            asset_type: None,
            asset_type_name: None,
            status: None,
            is_inactive,
            is_placeholder,
            values: Vec::new(),
        }),
        _ => of_tickets(stream, remote_id, name, is_inactive),
    }
}

/// Those of streams that assets do not stand on.
fn of_tickets(stream: Stream, remote_id: RemoteId, name: String, is_inactive: bool) -> Projection {
    match stream {
        Stream::TicketStatuses => {
            Projection::TicketStatus(TicketStatus { remote_id, name, area: None })
        }
        Stream::TicketTypes => Projection::TicketType(TicketType { remote_id, name, usage: None }),
        Stream::Priorities => {
            Projection::Priority(Priority { remote_id, name, sla: None, number: None, is_inactive })
        }
        Stream::Categories => Projection::Category(Category { remote_id, name, tree: None }),
        Stream::Workflows => Projection::Workflow(Workflow { remote_id, name, is_inactive }),
        Stream::TicketActions => {
            let ticket = remote_id.as_str().split(':').next().unwrap_or_default();
            Projection::TicketAction(TicketAction {
                ticket: RemoteId::new(ticket),
                remote_id,
                outcome: Some(name),
                author: None,
                at: None,
                is_private: true,
            })
        }
        _ => of_work(stream, remote_id, name, is_inactive),
    }
}

/// Those of tickets, and of what a client buys.
fn of_work(stream: Stream, remote_id: RemoteId, name: String, is_inactive: bool) -> Projection {
    match stream {
        Stream::Opportunities => Projection::Opportunity(Opportunity {
            remote_id,
            title: Some(name),
            client: None,
            status: None,
            ticket_type: None,
            value: None,
            target_on: None,
            remote_updated_at: None,
            is_closed: is_inactive,
        }),
        Stream::Projects => Projection::Project(Project {
            remote_id,
            title: Some(name),
            client: None,
            status: None,
            ticket_type: None,
            parent: None,
            starts_on: None,
            target_on: None,
            remote_updated_at: None,
            is_closed: is_inactive,
        }),
        Stream::Contracts => Projection::Contract(Contract {
            remote_id,
            reference: Some(name),
            client: None,
            starts_on: None,
            ends_on: None,
            is_inactive,
        }),
        Stream::Invoices => Projection::Invoice(Invoice {
            remote_id,
            number: Some(name),
            client: None,
            issued_on: None,
            due_on: None,
            is_recurring: false,
        }),
        _ => Projection::Ticket(Ticket {
            remote_id,
            title: Some(name),
            client: None,
            site: None,
            contact: None,
            agent: None,
            team_name: None,
            status: None,
            ticket_type: None,
            sla: None,
            priority_number: None,
            opened_at: None,
            remote_updated_at: None,
            closed_at: None,
            is_closed: is_inactive,
        }),
    }
}
