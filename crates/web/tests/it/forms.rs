//! Every form of the pages, filled in as a person would, with what a page of the world carries.
//!
//! A new route that takes a form is named here, or the tests of forms fail: so none is forgotten
//! when a session ends in the middle of it, or when somebody sends it what no page would.

use almanac_model::asset::RemoteField;
use almanac_model::author::Author;
use almanac_model::chain::Target;
use almanac_model::fact::FactValue;
use almanac_model::id::RemoteId;
use almanac_model::role::Role;
use almanac_model::stream::Stream;
use almanac_model::write::{FieldWrite, WriteFeature};
use almanac_store::testing::START_MS;
use almanac_store::{
    ApiScope, ChangedBy, NewApiKey, NewSession, NewWrite, NewWritePlan, SessionLimits, User,
};
use axum::http::StatusCode;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::asset::hidden;
use crate::bulk::plan_of;
use crate::world::World;

/// What a person types where text is asked for: shown, never run.
const TEXT: &str = "Ruth \u{202e}<b>& \"Co\"";

/// A form with an address and its fields.
#[derive(Debug, Clone)]
pub(crate) struct Filled {
    pub(crate) url: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl Filled {
    fn new(url: impl Into<String>, fields: &[(&str, &str)]) -> Filled {
        let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Filled { url: url.into(), fields: fields.iter().map(text).collect() }
    }

    /// As a browser sends it.
    pub(crate) fn body(&self) -> String {
        encoded(&self.fields)
    }
}

/// Fields as a browser sends them.
pub(crate) fn encoded(fields: &[(String, String)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(fields);
    text.finish()
}

/// The first owner of the tenant, and a session of its own: the cookie.
pub(crate) async fn owner(world: &World) -> (User, String) {
    let users = world.acme.store.user_list().await.expect("read");
    let user = users.into_iter().find(|user| user.email == "owner@acme.example").expect("there");
    let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let new = NewSession {
        user: &user,
        token_sha256: Sha256::digest(&token).into(),
        address: "203.0.113.7",
        user_agent: TEXT,
        limits: SessionLimits { idle_ms_max: 3_600_000, age_ms_max: 86_400_000 },
        at_ms: START_MS,
    };
    let session = world.acme.store.session_create(new).await.expect("the database works");
    session.expect("the password is as it was");
    (user, format!("__Host-almanac={}.{token}", world.acme.tenant.id.0))
}

/// Somebody whom the owner manages; made once.
async fn colleague(world: &World) -> Uuid {
    let users = world.acme.store.user_list().await.expect("read");
    let email = "technician-limited@acme.example";
    if let Some(user) = users.iter().find(|user| user.email == email) {
        return user.id;
    }
    let clients = Some(vec![RemoteId::new("11")]);
    world.person(&world.acme, Role::Technician, clients).await;
    let users = world.acme.store.user_list().await.expect("read");
    users.into_iter().find(|user| user.email == email).expect("just made").id
}

/// An API key of the owner.
async fn key(world: &World, user: Uuid) -> Uuid {
    let new = NewApiKey {
        user,
        name: TEXT,
        scopes: &[ApiScope::Read],
        secret_sha256: Sha256::digest(Uuid::new_v4().as_bytes()).into(),
        by: ChangedBy { actor: "a test", at_ms: START_MS },
    };
    world.acme.store.api_key_create(new).await.expect("write").expect("the user is there").id
}

/// The forms of the pages at a route, as they are while `cookie` holds.
pub(crate) async fn filled(world: &World, cookie: &str, path: &'static str) -> Vec<Filled> {
    let one = |fields: &[(&str, &str)]| vec![Filled::new(path, fields)];
    let request_key = Uuid::new_v4().to_string();
    match path {
        "/setup" => one(&[
            ("code", "abcd-1234-ef56"),
            ("msp", TEXT),
            ("email", "x@y.example"),
            ("password", "four words are easier"),
        ]),
        "/sign-in" => one(&[
            ("email", "nobody@acme.example"),
            ("password", "not a password"),
            ("next", "/clients"),
            ("kept_action", "/account/profile"),
            ("kept", "name=Ruth"),
            ("kept_secrets", "client_secret"),
            ("kept_tenant", "1"),
        ]),
        "/sign-in/msp" => one(&[("tenant", "1"), ("next", "/clients"), ("kept", "name=Ruth")]),
        "/account/api-keys" => {
            one(&[("name", TEXT), ("may", "read"), ("request_key", &request_key)])
        }
        "/account/password" => one(&[
            ("password", almanac_testkit::OWNER_PASSWORD),
            ("new_password", almanac_testkit::OWNER_PASSWORD),
        ]),
        "/account/profile" => one(&[("name", TEXT), ("theme", "dark"), ("are_keys_off", "true")]),
        "/columns/{table}" => vec![Filled::new(
            "/columns/assets",
            &[("column", "name"), ("column", "grade"), ("next", "/assets?kind=laptop")],
        )],
        "/connection" => one(&[
            ("url", "https://halo.example"),
            ("auth_url", "https://auth.example"),
            ("halo_tenant", "acme"),
            ("oauth_client_id", "id-1"),
            ("client_secret", "plain-client-secret-7f3a"),
            ("is_moved", "true"),
        ]),
        "/settings/msp" => one(&[("name", TEXT)]),
        "/connection/webhook" => one(&[("base_url", "https://almanac.example")]),
        // Signed by nobody, so nothing of it is read.
        "/webhooks/halo/{connection}" => {
            let url = path.replace("{connection}", &Uuid::new_v4().to_string());
            vec![Filled::new(url, &[])]
        }
        "/connection/webhook/remove" => one(&[]),
        "/connection/test" | "/sign-out" | "/account/sign-out-everywhere" | "/sync/now" => one(&[]),
        "/sync/streams/{stream}/release" => {
            vec![Filled::new("/sync/streams/contacts/release", &[("number", "412")])]
        }
        _ if path.starts_with("/settings/users") => of_users(world, path, &request_key).await,
        _ if path.starts_with("/settings/rules") => of_rules(world, cookie, path).await,
        _ if path.starts_with("/assets/") => of_assets(world, cookie, path).await,
        _ if path.starts_with("/bulk-edits") => of_bulk(world, cookie, path).await,
        _ if path.starts_with("/write-back") => of_writes(world, path).await,
        _ => of_own(world, path).await,
    }
}

async fn of_writes(world: &World, path: &'static str) -> Vec<Filled> {
    let id = Uuid::new_v4();
    let text = id.to_string();
    let fields: &[(&str, &str)] = match path {
        "/write-back/switches/{feature}" => {
            let url = path.replace("{feature}", "asset_fields");
            return vec![Filled::new(url, &[("mode", "rehearsal")])];
        }
        "/write-back/plans" => {
            return vec![Filled::new(path, &[("id", &text), ("feature", "asset_fields")])];
        }
        "/write-back/{plan}/approve" => &[("write", "0")],
        "/write-back/{plan}/go-on" | "/write-back/{plan}/give-up" => &[],
        "/write-back/{plan}/undo" => &[("id", "00000000-0000-4000-8000-000000000007")],
        unknown => panic!("say here what a person types into the form of {unknown}"),
    };
    let day = |text: &str| Some(FactValue::Date(text.parse().expect("a day")));
    let field = FieldWrite {
        target: Target::PurchaseDate,
        field: RemoteField::Standard("purchase_date".to_owned()),
        base: day("2019-06-10"),
        wanted: day("2021-06-10"),
        seen: None,
    };
    let write = NewWrite {
        stream: Stream::Assets,
        remote_id: RemoteId::new("1201"),
        label: TEXT.to_owned(),
        client: Some(RemoteId::new("11")),
        fields: vec![field],
    };
    let plan = NewWritePlan {
        id,
        connection: world.acme.connection,
        feature: WriteFeature::AssetFields,
        undo_of: None,
        writes: &[write],
        by: &Author::program("a test"),
        at_ms: START_MS,
    };
    world.acme.store.write_plan_make(&plan).await.expect("made");
    vec![Filled::new(path.replace("{plan}", &text), fields)]
}

async fn of_own(world: &World, path: &'static str) -> Vec<Filled> {
    let (user, _) = owner(world).await;
    match path {
        "/account/sessions/{session}/end" => {
            let limits = SessionLimits { idle_ms_max: 3_600_000, age_ms_max: 86_400_000 };
            let all = world.acme.store.session_list(user.id, START_MS, limits).await.expect("read");
            let session = all.first().expect("one was just begun").id;
            vec![Filled::new(format!("/account/sessions/{session}/end"), &[])]
        }
        "/account/api-keys/{key}/revoke" | "/settings/api-keys/{key}/revoke" => {
            let key = key(world, user.id).await.to_string();
            vec![Filled::new(path.replace("{key}", &key), &[])]
        }
        unknown => panic!("say here what a person types into the form of {unknown}"),
    }
}

async fn of_users(world: &World, path: &'static str, request_key: &str) -> Vec<Filled> {
    let user = colleague(world).await.to_string();
    let url = path.replace("{user}", &user);
    let fields: &[(&str, &str)] = match path {
        "/settings/users/new" => &[
            ("email", "priya@acme.example"),
            ("name", TEXT),
            ("role", "technician"),
            ("password", "four words are easier"),
            ("request_key", request_key),
        ],
        "/settings/users/{user}/active" => &[("active", "false")],
        "/settings/users/{user}/clients" => {
            &[("reach", "some"), ("client", "11"), ("client", "12")]
        }
        "/settings/users/{user}/password" => &[("new_password", "four words are easier")],
        "/settings/users/{user}/role" => &[("role", "manager")],
        "/settings/users/{user}/sign-out" => &[],
        unknown => panic!("say here what a person types into the form of {unknown}"),
    };
    vec![Filled::new(url, fields)]
}

async fn of_rules(world: &World, cookie: &str, path: &'static str) -> Vec<Filled> {
    let years = ["6", "7"][usize::from(path.ends_with("apply"))];
    let page = world.get("/settings/rules/policies", cookie).await;
    let version = hidden(&page.body, "version");
    let fields =
        [("part", "policies"), ("version", &*version), ("years.laptop", years), ("note", TEXT)];
    let preview = Filled::new("/settings/rules/preview", &fields);
    match path {
        "/settings/rules/preview" => {
            let of = |fields: &[(&str, &str)]| {
                let own = [("version", &*version), ("note", TEXT)];
                Filled::new(path, &[fields, &own].concat())
            };
            vec![
                preview,
                of(&[("part", "kinds"), ("kind.type-Laptop", "server")]),
                of(&[("part", "classes"), ("new_name", TEXT), ("new_kind", "laptop")]),
                of(&[("part", "grading"), ("months.plan", "6")]),
            ]
        }
        "/settings/rules/apply" => {
            let seen = world.post(&preview.url, cookie, &preview.body()).await;
            assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
            let value = |name: &str| hidden(&seen.body, name);
            let (change, version, note) = (value("change"), value("version"), value("note"));
            let fields = [("change", &*change), ("version", &*version), ("note", &*note)];
            vec![Filled::new(path, &fields)]
        }
        unknown => panic!("say here what a person types into the form of {unknown}"),
    }
}

async fn of_assets(world: &World, cookie: &str, path: &'static str) -> Vec<Filled> {
    let mut all = Vec::new();
    let decisions = [
        ("1202", "manual", "replace"),
        ("1201", "purchase_date", "2024-02-29"),
        ("1201", "notes", TEXT),
        ("1203", "kept", "2027-03-01"),
    ];
    for (asset, field, value) in decisions {
        let url = format!("/assets/{asset}/edit/{field}");
        let page = world.get(&url, cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{url}");
        let version = hidden(&page.body, "version");
        let fields = [("value", value), ("reason", TEXT), ("act", "set"), ("version", &*version)];
        all.push(Filled::new(url, &fields));
    }
    match path {
        "/assets/{asset}/edit/{field}" => all,
        "/assets/{asset}/undo" => {
            let done = world.post(&all[0].url, cookie, &all[0].body()).await;
            let version = done.location().split("done=").nth(1).unwrap_or("0");
            vec![Filled::new("/assets/1202/undo", &[("version", version)])]
        }
        unknown => panic!("say here what a person types into the form of {unknown}"),
    }
}

async fn of_bulk(world: &World, cookie: &str, path: &'static str) -> Vec<Filled> {
    // A day of its own for each, so that each changes something.
    let day = if path.ends_with("undo") { "2027-04-01" } else { "2027-03-01" };
    let selected = [
        ("act", "keep"),
        ("step", "preview"),
        ("value", day),
        ("reason", TEXT),
        ("query", "kind=laptop"),
        ("client", "11"),
        ("hidden", "3"),
        ("asset", "1201"),
        ("asset", "1202"),
    ];
    let preview = Filled::new("/bulk-edits/preview", &selected);
    if path == "/bulk-edits/preview" {
        return vec![preview];
    }
    let planned = world.post(&preview.url, cookie, &preview.body()).await;
    let plan = Filled { url: "/bulk-edits".to_owned(), fields: plan_of(&planned) };
    match path {
        "/bulk-edits" => vec![plan],
        "/bulk-edits/{bulk}/undo" => {
            let done = world.post(&plan.url, cookie, &plan.body()).await;
            let id = done.location().split("done=").nth(1).expect("an id");
            let fields = [("act", "keep"), ("query", "kind=laptop"), ("client", "11")];
            vec![Filled::new(format!("/bulk-edits/{id}/undo"), &fields)]
        }
        unknown => panic!("say here what a person types into the form of {unknown}"),
    }
}
