//! The mapped form of one record of any stream.
//!
//! What a connector's mapper returns and the store keeps beside the raw record. It can be made
//! again from the raw record at any time.

use serde::{Deserialize, Serialize};

use crate::agent::Agent;
use crate::asset::RemoteAsset;
use crate::asset_status::AssetStatus;
use crate::asset_type::AssetType;
use crate::client::Client;
use crate::client_type::ClientType;
use crate::contact::Contact;
use crate::id::RemoteId;
use crate::site::Site;
use crate::stream::Stream;
use crate::team::Team;

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
        }
    }
}
