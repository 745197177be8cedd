//! What Halo says about itself: authinfo, InstanceInfo, swagger.json, the acting agent.

use serde_json::{Map, Value, json};

use crate::list::{ACTIVITY, COMMON, UPDATES};
use crate::world::World;
use crate::world::agent;
use crate::world::kind::{ALL, Kind, Shape};

/// Routes that are no kind, and the parameters that their lists honour.
const TABLES: [(&str, &[&str]); 4] = [
    ("Actions", &["ticket_id", "excludeprivate"]),
    ("Webhook", &["type"]),
    ("Notification", &["type", "webhook_id"]),
    ("WebhookEvent", &["webhook_id", "count", "pageinate", "page_no", "page_size"]),
];

/// `GET /api/authinfo`, anonymous: at least `auth_url` and `tenant_id` (HALO-API.md 1.1: HA). The
/// rest of the body was never recorded.
pub(crate) fn auth_info(auth_url: &str, halo_tenant: &str) -> Vec<u8> {
    json!({"auth_url": auth_url, "tenant_id": halo_tenant}).to_string().into_bytes()
}

/// `GET /api/InstanceInfo`, anonymous on current builds (HCLI).
pub(crate) fn instance_info(build: &str) -> Vec<u8> {
    json!({"version": build, "product": "HaloPSA", "hosted": true}).to_string().into_bytes()
}

/// `GET /api/Agent/me`: a large envelope of claims, 108 of them, not an agent's record (HCLI). The
/// names of most claims are made up.
pub(crate) fn agent_me(world: &World, oauth_client_id: &str) -> Vec<u8> {
    let index = world.base.sizes.agents - 1;
    let mut claims = vec![
        json!({"type": "sub", "value": agent::remote_id(index).to_string()}),
        json!({"type": "name", "value": agent::name(&world.base, index)}),
        json!({"type": "agent_id", "value": agent::remote_id(index).to_string()}),
        json!({"type": "client_id", "value": oauth_client_id}),
        json!({"type": "isapiagent", "value": "True"}),
    ];
    claims.extend((claims.len()..108).map(
        |number| json!({"type": format!("permission_{number}"), "value": (number % 3).to_string()}),
    ));
    json!({"claims": claims}).to_string().into_bytes()
}

/// `GET /api/swagger/v2/swagger.json`, anonymous (RELAY): the routes and parameters that are here,
/// which are fewer than Halo's.
pub(crate) fn swagger(build: &str) -> Vec<u8> {
    let mut paths = Map::new();
    for kind in ALL {
        let parameters: Vec<Value> = parameters(*kind)
            .map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}}))
            .collect();
        let list = json!({"get": {"tags": [kind.route()], "parameters": parameters,
            "responses": {"200": {"description": "OK"}}}});
        paths.insert(format!("/{}", kind.route()), list);
        if kind.has_get() {
            let one = json!({"get": {"tags": [kind.route()],
                "parameters": [{"name": "id", "in": "path", "required": true},
                    {"name": "includedetails", "in": "query"}],
                "responses": {"200": {"description": "OK"}, "404": {"description": "Not Found"}}}});
            paths.insert(format!("/{}/{{id}}", kind.route()), one);
        }
    }
    for (route, names) in TABLES {
        let named =
            |name: &&str| json!({"name": name, "in": "query", "schema": {"type": "string"}});
        let parameters: Vec<Value> = names.iter().map(named).collect();
        let list = json!({"get": {"tags": [route], "parameters": parameters,
            "responses": {"200": {"description": "OK"}}}});
        paths.insert(format!("/{route}"), list);
    }
    for route in ["AuthInfo", "InstanceInfo", "Agent/me"] {
        let get = json!({"get": {"responses": {"200": {"description": "OK"}}}});
        paths.insert(format!("/{route}"), get);
    }
    json!({"openapi": "3.0.1", "info": {"title": "HaloPSA simulator", "version": build},
        "servers": [{"url": "/api"}], "paths": paths,
        "components": {"securitySchemes": {"Bearer": {"type": "http", "scheme": "bearer"}}}})
    .to_string()
    .into_bytes()
}

/// Every list parameter that a kind honours.
pub(crate) fn parameters(kind: &dyn Kind) -> impl Iterator<Item = &'static str> {
    let is_paged = matches!(kind.shape(), Shape::Envelope(_));
    let common = is_paged.then_some(COMMON).into_iter().flatten();
    let activity = (is_paged && kind.inactive_param().is_some()).then_some(ACTIVITY);
    let id_list = (is_paged && kind.has_id_list()).then_some("idonly");
    let updates = kind.has_update_filter().then_some(UPDATES);
    let own = kind.filters().iter().map(|(name, _)| *name);
    common
        .chain(activity.into_iter().flatten())
        .chain(id_list)
        .chain(updates.into_iter().flatten())
        .chain(own)
        .chain(kind.includes().iter().copied())
        .chain(kind.inactive_param())
}
