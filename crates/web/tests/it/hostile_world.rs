//! A world whose every text is hostile, and a walk over every page of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use almanac_model::asset_type::{AssetType, FieldDefinition};
use almanac_model::author::Author;
use almanac_model::chain::Target;
use almanac_model::client::Client;
use almanac_model::id::RemoteId;
use almanac_model::probe::{ProbeFinding, ProbeReport, ProbeResult, ProbeRight, RightState};
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_store::testing::START_MS;
use almanac_store::{Held, NewRun, RunCause, RunFinish};
use almanac_testkit::{AssetSeed, client, site};
use almanac_web::route_list;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};

use crate::forms::{filled, owner};
use crate::world::{Answer, World, send};

/// Ends a text, an attribute and a tag, and begins a script and a picture.
pub(crate) const MARK: &str =
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u{202e}{{1+1}}";

/// More pages than this is more of the same.
const PAGES_MAX: usize = 400;

/// So many pages differ in their parameters only.
const VARIANTS_MAX: usize = 6;

/// What is shown of a text is text.
#[track_caller]
pub(crate) fn assert_harmless(answer: &Answer, what: &str) {
    let kind = answer.headers.get("content-type").map_or("", |kind| kind.to_str().unwrap_or(""));
    assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{what}");
    if ["application/", "text/csv"].iter().any(|data| kind.starts_with(data)) {
        return;
    }
    let body = answer.body.to_lowercase();
    for live in ["<script>", "<img src=x", "onerror=alert(1)>", "=\"javascript:", "\0"] {
        assert!(!body.contains(live), "{what} holds {live:?}: {}", answer.body);
    }
}

/// The addresses that a page leads to.
fn links(body: &str) -> Vec<String> {
    let mut found = Vec::new();
    for start in ["href=\"/", "src=\"/", "data-href=\"/"] {
        for rest in body.split(start).skip(1) {
            let link = rest.split(['"', '#']).next().unwrap_or_default();
            found.push(format!("/{}", link.replace("&amp;", "&")));
        }
    }
    found.retain(|link| !link.starts_with("/static/") && !link.starts_with("/styleguide"));
    found
}

/// Asks for every page that can be reached, whole and as a part; how many there are.
pub(crate) async fn crawl(world: &World, cookie: &str) -> usize {
    let gets = route_list().into_iter().filter(|route| route.method == Method::GET);
    let mut waiting: VecDeque<String> =
        gets.map(|route| route.path.to_owned()).filter(|path| !path.contains('{')).collect();
    let (mut seen, mut variants) = (BTreeSet::new(), BTreeMap::<String, usize>::new());
    let mut pages = 0;
    while let Some(url) = waiting.pop_front() {
        let path = url.split('?').next().unwrap_or_default().to_owned();
        let count = variants.entry(path).or_default();
        if *count >= VARIANTS_MAX || pages >= PAGES_MAX || !seen.insert(url.clone()) {
            continue;
        }
        *count += 1;
        let whole = world.get(&url, cookie).await;
        assert!(!whole.status.is_server_error(), "{url}: {}", whole.body);
        assert_harmless(&whole, &url);
        waiting.extend(links(&whole.body));
        let part = Request::get(&url).header("cookie", cookie).header("hx-request", "true");
        let part = send(&world.app, part.body(Body::empty()).expect("a request")).await;
        assert!(!part.status.is_server_error(), "{url}: {}", part.body);
        assert_harmless(&part, &url);
        pages += usize::from(whole.status == StatusCode::OK);
    }
    pages
}

fn clients() -> Vec<Projection> {
    let odd = Projection::Client(Client {
        remote_id: RemoteId::new("12"),
        name: format!("=HYPERLINK(1) {MARK}"),
        client_type: Some(RemoteId::new(MARK)),
        website: Some(format!("javascript:alert(1)//{MARK}")),
        is_inactive: false,
        is_placeholder: false,
    });
    vec![client("11", MARK), odd, client(MARK, MARK)]
}

fn assets() -> Vec<AssetSeed> {
    let mut all: Vec<AssetSeed> = ["1201", "1202", "1203", MARK]
        .into_iter()
        .map(|id| AssetSeed::new(id, MARK, "11", "Laptop").with(Target::PurchaseDate, "2019-06-10"))
        .collect();
    for target in Target::ALL {
        let asset = all[1].clone().with(target, MARK);
        all[1] = asset;
    }
    all[3].client = MARK.to_owned();
    all[3].type_name = MARK.to_owned();
    all
}

/// The same world after a scan whose every text is hostile, with people who answered in kind.
pub(crate) async fn hostile_world(mut world: World) -> World {
    world.acme.scan(clients(), &assets()).await;
    let acme = &world.acme;
    let kind = AssetType {
        remote_id: RemoteId::new("type-Laptop"),
        name: MARK.to_owned(),
        group_name: Some(MARK.to_owned()),
        fields: vec![FieldDefinition {
            field_id: MARK.to_owned(),
            name: MARK.to_owned(),
            key_position: Some(1),
        }],
        is_inactive: false,
        is_placeholder: false,
    };
    let other = AssetType { remote_id: RemoteId::new("7"), ..kind.clone() };
    let types = vec![Projection::AssetType(kind), Projection::AssetType(other)];
    acme.scan_stream(Stream::AssetTypes, types).await;
    acme.scan_stream(Stream::Sites, vec![site("5", MARK, Some(RemoteId::new("11")))]).await;
    let body = format!("{{\"id\":1301,\"inventory_number\":{}}}", serde_json::json!(MARK));
    acme.commit_bad(Stream::Assets, &RemoteId::new("1301"), &body, MARK).await;
    acme.commit_bad(Stream::Sites, &RemoteId::new(MARK), "not json <script>", MARK).await;
    let held =
        Held { code: "SYNC-010".to_owned(), text: MARK.to_owned(), number: Some(26), since: 0 };
    acme.hold(Stream::Contacts, &held).await;
    runs(&world).await;
    probe(&world).await;
    people(&world).await;
    world
}

async fn runs(world: &World) {
    let author = Author::user("7".to_owned(), MARK);
    let mark = serde_json::json!(MARK);
    for (outcome, status) in [
        (MARK, format!("{{\"error\":{{\"code\":{mark},\"text\":{mark}}}}}")),
        (
            "held",
            format!(
                "{{\"requests\":7,\"streams\":[{{\"stream\":{mark},\"mode\":{mark},\"read\":1,\
                 \"held\":{{\"code\":{mark},\"text\":{mark}}}}}]}}"
            ),
        ),
        ("done", MARK.to_owned()),
    ] {
        let cause = RunCause::Asked { by: Some(author.clone()) };
        let connection = Some(world.acme.connection);
        let new = NewRun { kind: "sync", cause: &cause, connection, at_ms: START_MS };
        let id = world.acme.store.run_start(new).await.expect("write");
        let finish = RunFinish { outcome, status: &status, at_ms: START_MS + 5_000 };
        world.acme.store.run_finish(id, finish).await.expect("write");
    }
}

async fn probe(world: &World) {
    let (store, connection) = (&world.acme.store, world.acme.connection);
    let author = Author::user("7".to_owned(), MARK);
    store.probe_ask(connection, &author, START_MS + 50_000).await.expect("write");
    let probe = store.probe_start(connection, START_MS + 50_000).await.expect("write");
    let probe = probe.expect("it was asked for");
    let mark = || Some(MARK.to_owned());
    let check = |stream| ProbeRight {
        stream,
        state: if stream == Stream::Contacts { RightState::Missing } else { RightState::Granted },
        records: Some(7),
        remedy: mark(),
        detail: mark(),
    };
    let finding = ProbeFinding {
        code: MARK.to_owned(),
        title: MARK.to_owned(),
        text: MARK.to_owned(),
        remedy: MARK.to_owned(),
    };
    let report = ProbeReport {
        url: MARK.to_owned(),
        token_url: MARK.to_owned(),
        version: mark(),
        clock_offset_seconds: Some(-4),
        scopes: vec![MARK.to_owned()],
        excess_scopes: vec![MARK.to_owned()],
        checks: Stream::ALL.map(check).to_vec(),
        findings: vec![finding],
        writing: None,
    };
    let result = ProbeResult::Report(report);
    store.probe_finish(connection, probe.id, &result, START_MS + 50_000).await.expect("write");
}

/// What people write: names, reasons, notes, names of classes and of keys.
async fn people(world: &World) {
    let (_, cookie) = owner(world).await;
    for path in [
        "/account/profile",
        "/account/api-keys",
        "/settings/msp",
        "/settings/users/new",
        "/settings/rules/apply",
        "/assets/{asset}/edit/{field}",
        "/bulk-edits",
    ] {
        for mut form in filled(world, &cookie, path).await {
            for (name, value) in &mut form.fields {
                let is_text = ["name", "reason", "note"].contains(&name.as_str());
                if is_text || (form.url.ends_with("/notes") && name == "value") {
                    MARK.clone_into(value);
                }
            }
            let answer = world.post(&form.url, &cookie, &form.body()).await;
            assert!(!answer.status.is_client_error(), "{}: {}", form.url, answer.body);
        }
    }
}
