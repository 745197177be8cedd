//! Records of which a test names only what matters.

use almanac_model::asset_type::AssetType;
use almanac_model::client::Client;
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::site::Site;

/// A client.
pub fn client(id: impl Into<RemoteId>, name: &str) -> Projection {
    Projection::Client(Client {
        remote_id: id.into(),
        name: name.to_owned(),
        client_type: None,
        website: None,
        is_inactive: false,
        is_placeholder: false,
    })
}

/// A site, of a client if one is named.
pub fn site(id: impl Into<RemoteId>, name: &str, client: Option<RemoteId>) -> Projection {
    Projection::Site(Site {
        remote_id: id.into(),
        name: name.to_owned(),
        client,
        is_inactive: false,
        is_placeholder: false,
    })
}

/// A type of assets without fields of its own.
pub fn asset_type(id: impl Into<RemoteId>, name: &str) -> Projection {
    Projection::AssetType(AssetType {
        remote_id: id.into(),
        name: name.to_owned(),
        group_name: None,
        fields: Vec::new(),
        is_inactive: false,
        is_placeholder: false,
    })
}
